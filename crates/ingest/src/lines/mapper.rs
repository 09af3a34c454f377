//! Finds the rule for a name and fills in its templates, as `statsd_exporter` does: glob rules
//! first, in the order of the file or by the earliest plain word, then expressions. Pure.
//! A look-up costs a step for every rule: callers keep what they found.

use config::{MappedKind, MappingConfig, MappingRule, NamePattern};

/// A mapping file ready for use.
#[derive(Debug, Default)]
pub(super) struct Mapper {
    config: MappingConfig,
}

/// What a name becomes.
#[derive(Debug)]
pub(super) struct Mapped<'m> {
    pub(super) rule: &'m MappingRule,
    /// Name of the metric, not escaped.
    pub(super) name: String,
    pub(super) labels: Vec<(&'m str, String)>,
}

impl Mapper {
    pub(super) fn new(config: MappingConfig) -> Self {
        Self { config }
    }

    pub(super) fn config(&self) -> &MappingConfig {
        &self.config
    }

    /// The rule for a name; `None` when no rule matches it.
    pub(super) fn find(&self, name: &str, kind: MappedKind) -> Option<Mapped<'_>> {
        let rules = || self.config.rules.iter().filter(|rule| rule.kind.is_none_or(|k| k == kind));
        let globs = rules().filter_map(|rule| match &rule.pattern {
            NamePattern::Glob(glob) => glob_words(glob, name).map(|words| (rule, words)),
            NamePattern::Regex(_) => None,
        });
        let glob = if self.config.glob_disable_ordering {
            globs.min_by_key(|(rule, _)| stars_of(rule))
        } else {
            let mut globs = globs;
            globs.next()
        };
        if let Some((rule, words)) = glob {
            return Some(Mapped::of(rule, |template| fill(template, &words)));
        }
        rules().find_map(|rule| {
            let NamePattern::Regex(pattern) = &rule.pattern else { return None };
            let captures = pattern.regex.captures(name)?;
            Some(Mapped::of(rule, |template| {
                let mut out = String::new();
                captures.expand(template, &mut out);
                out
            }))
        })
    }
}

impl<'m> Mapped<'m> {
    fn of(rule: &'m MappingRule, fill: impl Fn(&str) -> String) -> Self {
        let labels = rule.labels.iter().map(|(label, value)| (label.as_str(), fill(value)));
        Self { rule, name: fill(&rule.name), labels: labels.collect() }
    }
}

/// What the stars of a glob stand for, when it matches.
fn glob_words<'n>(glob: &str, name: &'n str) -> Option<Vec<&'n str>> {
    let (mut patterns, mut words) = (glob.split('.'), name.split('.'));
    let mut found = Vec::new();
    loop {
        match (patterns.next(), words.next()) {
            (None, None) => return Some(found),
            (Some("*"), Some(word)) => found.push(word),
            (Some(pattern), Some(word)) if pattern == word => {}
            _ => return None,
        }
    }
}

/// Which words are stars: plain words come first, word by word.
fn stars_of(rule: &MappingRule) -> Vec<bool> {
    match &rule.pattern {
        NamePattern::Glob(glob) => glob.split('.').map(|word| word == "*").collect(),
        NamePattern::Regex(_) => Vec::new(),
    }
}

/// Fills in `$1` and `${1}`; a reference to what is not there is empty.
fn fill(template: &str, words: &[&str]) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let inner = after.strip_prefix('{').unwrap_or(after);
        let digits = inner.len() - inner.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits == 0 {
            out.push('$');
            rest = after;
            continue;
        }
        let number = inner[..digits].parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        out.push_str(number.and_then(|number| words.get(number)).copied().unwrap_or_default());
        rest = &inner[digits..];
        rest = rest.strip_prefix('}').unwrap_or(rest);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests;
