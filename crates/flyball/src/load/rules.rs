//! Rule files become rule groups: expressions are parsed, defaults and group labels applied.
//! Mistakes in expressions are reported at their place in the file, not in the expression.

use config::rules::{RuleDefinition, RuleGroup, RuleKind};
use config::{Place, Problem, Warning};
use promql::{ParseError, ParserOptions, parse_with};
use relabel::NameScheme;
use rules::{AlertingSpec, GroupSpec, RecordingSpec, RuleQuery, RuleSpec};
use std::sync::Arc;
use std::time::Duration;

/// What a group gets that does not say otherwise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupDefaults {
    pub(crate) interval: Duration,
    pub(crate) query_offset: Duration,
    pub(crate) scheme: NameScheme,
    /// Parts of PromQL that expressions may use.
    pub(crate) syntax: ParserOptions,
}

/// Groups of one rule file with warnings, or everything that is wrong with it.
pub(crate) fn parse(
    path: &str,
    text: &str,
    defaults: GroupDefaults,
) -> Result<(Vec<GroupSpec>, Vec<Warning>), Vec<Problem>> {
    let loaded =
        config::rules::load(path, text, defaults.scheme).map_err(|e| e.problems().to_vec())?;
    let (problems, warnings) = (Vec::new(), loaded.warnings);
    let mut reader = Reader { path, text, syntax: defaults.syntax, problems, warnings };
    let groups = loaded.config.groups.iter().map(|group| reader.group(group, defaults)).collect();
    if reader.problems.is_empty() { Ok((groups, reader.warnings)) } else { Err(reader.problems) }
}

struct Reader<'a> {
    path: &'a str,
    text: &'a str,
    syntax: ParserOptions,
    problems: Vec<Problem>,
    warnings: Vec<Warning>,
}

impl Reader<'_> {
    fn group(&mut self, group: &RuleGroup, defaults: GroupDefaults) -> GroupSpec {
        GroupSpec {
            file: self.path.to_owned(),
            name: group.name.clone(),
            interval: group.interval.filter(|i| !i.is_zero()).unwrap_or(defaults.interval),
            limit: group.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(0),
            query_offset: group.query_offset.unwrap_or(defaults.query_offset),
            rules: group.rules.iter().filter_map(|rule| self.rule(group, rule)).collect(),
        }
    }

    fn rule(&mut self, group: &RuleGroup, rule: &RuleDefinition) -> Option<RuleSpec> {
        let query = self.query(rule)?;
        let own = |name: &str| rule.labels.iter().any(|(known, _)| known == name);
        let inherited = group.labels.iter().filter(|(name, _)| !own(name));
        let mut labels: Vec<(String, String)> =
            inherited.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        labels.extend(rule.labels.iter().cloned());
        Some(match &rule.kind {
            RuleKind::Record { metric } => {
                RuleSpec::Recording(RecordingSpec { record: metric.clone(), query, labels })
            }
            RuleKind::Alert { name, hold, keep_firing_for, annotations } => {
                self.warn_of_templates(rule.place, name, &labels, annotations);
                RuleSpec::Alerting(AlertingSpec {
                    alert: name.clone(),
                    query,
                    hold: *hold,
                    keep_firing: *keep_firing_for,
                    labels,
                    annotations: annotations.clone(),
                })
            }
        })
    }

    fn query(&mut self, rule: &RuleDefinition) -> Option<Arc<RuleQuery>> {
        let text = &rule.expr.text;
        match parse_with(text, &self.syntax) {
            Ok(expr) => Some(Arc::new(RuleQuery { expr, text: text.clone() })),
            Err(error) => {
                let place = rule.expr.place_at(error.place().start);
                let problem = Problem::new(self.path, self.text, place, sentence(&error));
                self.problems.push(problem);
                None
            }
        }
    }

    fn warn_of_templates(
        &mut self,
        place: Place,
        alert: &str,
        labels: &[(String, String)],
        annotations: &[(String, String)],
    ) {
        let templates = labels.iter().chain(annotations).filter(|(_, text)| text.contains("{{"));
        let names: Vec<&str> = templates.map(|(name, _)| name.as_str()).collect();
        if !names.is_empty() {
            let message = format!(
                "alert `{alert}`: templates are not expanded yet; {} is sent as written",
                names.join(", ")
            );
            let key = "groups.rules.annotations".to_owned();
            self.warnings.push(Warning { file: self.path.to_owned(), place, key, message });
        }
    }
}

fn sentence(error: &ParseError) -> String {
    let hint = error.suggestion().map(|hint| format!("; {hint}")).unwrap_or_default();
    format!("parse error: {}{hint}", error.message())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults() -> GroupDefaults {
        GroupDefaults {
            interval: Duration::from_secs(15),
            query_offset: Duration::ZERO,
            scheme: NameScheme::Utf8,
            syntax: ParserOptions::default(),
        }
    }

    #[test]
    fn the_default_rules_are_good() {
        let text = include_str!("../default-rules.yml");
        let (groups, warnings) = parse("default-rules.yml", text, defaults()).expect("good rules");
        assert_eq!(groups.len(), 2);
        assert!(warnings.is_empty(), "{warnings:?}");
    }

    #[test]
    fn mistakes_in_expressions_have_their_place_in_the_file() {
        let text = "groups:\n- name: a\n  rules:\n  - record: x\n    expr: rate(up)\n";
        let problems = parse("rules.yml", text, defaults()).expect_err("a type error");
        assert!(
            problems[0].to_string().starts_with("rules.yml:5:16: parse error: "),
            "{problems:?}"
        );
    }

    #[test]
    fn labels_of_the_rule_stand_above_those_of_the_group() {
        let text = "groups:\n- name: a\n  labels: {team: db, tier: '1'}\n  rules:\n  - alert: X\n\
                    \u{20}   \
                    expr: up\n    labels: {team: web}\n    annotations: {s: '{{ $value }}'}\n";
        let (groups, warnings) = parse("rules.yml", text, defaults()).expect("good rules");
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(groups[0].rules[0].labels(), [pair("tier", "1"), pair("team", "web")]);
        assert_eq!(
            warnings[0].to_string(),
            "rules.yml:5:5: alert `X`: templates are not expanded yet; s is sent as written"
        );
    }
}
