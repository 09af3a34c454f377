//! Rule groups as YAML that every YAML reader takes for the same group.

use config::format_duration;
use config::rules::{AlertExtras, OnMissing, RuleDefinition, RuleGroup, RuleKind};
use std::fmt::Write;
use std::time::Duration;

/// A group as a map, one line after the other.
pub(super) fn group(group: &RuleGroup) -> String {
    let mut out = Lines::default();
    out.text(0, "name", &group.name);
    for (key, time) in [("interval", group.interval), ("query_offset", group.query_offset)] {
        if let Some(time) = time {
            out.line(0, key, &format_duration(time));
        }
    }
    if let Some(limit) = group.limit {
        out.line(0, "limit", &limit.to_string());
    }
    let labels = group.labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    out.map(0, "labels", labels);
    out.line(0, "rules", if group.rules.is_empty() { "[]" } else { "" });
    for one in &group.rules {
        let mut lines = Lines::default();
        rule(&mut lines, one);
        for (index, line) in lines.0.lines().enumerate() {
            let lead = if index == 0 { "  - " } else { "    " };
            out.0.extend([lead, line, "\n"]);
        }
    }
    out.0
}

fn rule(out: &mut Lines, rule: &RuleDefinition) {
    let pairs = |texts: &[(String, config::rules::PlacedText)]| {
        texts.iter().map(|(name, text)| (name.clone(), text.text.clone())).collect::<Vec<_>>()
    };
    match &rule.kind {
        RuleKind::Record { metric } => {
            out.text(0, "record", metric);
            out.text(0, "expr", &rule.expr.text);
            out.map(0, "labels", pairs(&rule.labels));
        }
        RuleKind::Alert { name, hold, keep_firing_for, annotations, extras } => {
            out.text(0, "alert", name);
            out.text(0, "expr", &rule.expr.text);
            out.time("for", *hold);
            out.time("keep_firing_for", *keep_firing_for);
            beyond(out, extras);
            out.map(0, "labels", pairs(&rule.labels));
            out.map(0, "annotations", pairs(annotations));
        }
    }
}

/// Keys that Prometheus does not have.
fn beyond(out: &mut Lines, extras: &AlertExtras) {
    if let Some(recover) = &extras.recover {
        out.text(0, "recover_expr", &recover.text);
    }
    if let Some(fire_after) = extras.fire_after {
        let text = format!("{} of {}", fire_after.hits, fire_after.evaluations);
        out.line(0, "fire_after", &text);
    }
    if extras.on_missing != OnMissing::Resolve {
        out.line(0, "on_missing", extras.on_missing.as_str());
    }
    if let Some(damping) = extras.flap_damping {
        out.line(0, "flap_damping", "");
        out.line(1, "changes", &damping.changes.to_string());
        out.line(1, "within", &format_duration(damping.within));
        out.line(1, "quiet", &format_duration(damping.quiet));
    }
}

/// Lines of a map.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn line(&mut self, depth: usize, key: &str, value: &str) {
        let space = if value.is_empty() { "" } else { " " };
        let indent = "  ".repeat(depth);
        writeln!(self.0, "{indent}{key}:{space}{value}").expect("writing to a string cannot fail");
    }

    fn time(&mut self, key: &str, time: Duration) {
        if !time.is_zero() {
            self.line(0, key, &format_duration(time));
        }
    }

    /// A text: plain where nobody can misread it, as a block where it has lines, else in quotes.
    fn text(&mut self, depth: usize, key: &str, text: &str) {
        if !is_block(text) {
            return self.line(depth, key, &scalar(text));
        }
        self.line(depth, key, if text.ends_with('\n') { "|" } else { "|-" });
        let indent = "  ".repeat(depth + 1);
        for line in text.lines() {
            self.0.extend([indent.as_str(), line, "\n"]);
        }
    }

    fn map(&mut self, depth: usize, key: &str, pairs: impl IntoIterator<Item = (String, String)>) {
        let mut pairs = pairs.into_iter().peekable();
        if pairs.peek().is_none() {
            return;
        }
        self.line(depth, key, "");
        for (name, value) in pairs {
            self.text(depth + 1, &scalar(&name), &value);
        }
    }
}

/// May it stand as a block as it is? Lines must keep their ends and their beginnings.
fn is_block(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let is_good = |line: &str| {
        !line.is_empty()
            && !line.starts_with(' ')
            && !line.chars().any(|c| c.is_control() || c == '\u{feff}')
            && !line.contains(['\u{85}', '\u{2028}', '\u{2029}'])
    };
    body.contains('\n') && body.split('\n').all(is_good)
}

/// Plain words stay plain; everything else stands in JSON's quotes, which YAML reads alike.
fn scalar(text: &str) -> String {
    let mut letters = text.chars();
    let begins = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let is_word = begins && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    let lower = text.to_ascii_lowercase();
    let is_taken = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(&&*lower);
    if is_word && !is_taken { text.to_owned() } else { quoted(text) }
}

/// In JSON's quotes; characters that no YAML text may hold are escaped as well.
fn quoted(text: &str) -> String {
    let mut out = String::new();
    for character in serde_json::Value::from(text).to_string().chars() {
        match character {
            '\u{7f}'..='\u{9f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                write!(out, "\\u{:04x}", u32::from(character))
                    .expect("writing to a string cannot fail");
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests;
