//! Rule files become rule groups: expressions and templates are parsed, defaults and group labels
//! applied. Mistakes are reported at their place in the file, not in the expression or template.

use config::rules::{AlertExtras, PlacedText, RuleDefinition, RuleGroup, RuleKind};
use config::{Place, Problem, PrometheusConfig, UnknownKeys, Warning};
use promql::{ParseError, ParserOptions, parse_with};
use relabel::NameScheme;
use rules::{AlertingSpec, Extras, GroupSpec, RecordingSpec, RuleQuery, RuleSpec, Text};
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
    pub(crate) unknown_keys: UnknownKeys,
}

impl GroupDefaults {
    /// What a configuration says.
    pub(crate) fn of(prometheus: &PrometheusConfig, syntax: ParserOptions) -> Self {
        Self {
            interval: prometheus.global.evaluation_interval,
            query_offset: prometheus.global.rule_query_offset,
            scheme: prometheus.global.name_scheme,
            syntax,
            unknown_keys: UnknownKeys::Refused,
        }
    }
}

/// Groups of one rule file with warnings, or everything that is wrong with it.
pub(crate) fn parse(
    path: &str,
    text: &str,
    defaults: GroupDefaults,
) -> Result<(Vec<GroupSpec>, Vec<Warning>), Vec<Problem>> {
    let loaded = config::rules::load_with(path, text, defaults.scheme, defaults.unknown_keys)
        .map_err(|e| e.problems().to_vec())?;
    let mut reader = Reader { path, text, syntax: defaults.syntax, problems: Vec::new() };
    let groups = loaded.config.groups.iter().map(|group| reader.group(group, defaults)).collect();
    if reader.problems.is_empty() { Ok((groups, loaded.warnings)) } else { Err(reader.problems) }
}

/// One group by itself, as it was read and as it is evaluated, or everything that is wrong with it.
pub(crate) fn parse_group(
    path: &str,
    text: &str,
    defaults: GroupDefaults,
) -> Result<(RuleGroup, GroupSpec), Vec<Problem>> {
    let loaded = config::rules::load_group(path, text, defaults.scheme);
    let mut groups = loaded.map_err(|error| error.problems().to_vec())?.config.groups;
    let group = groups.pop().expect("a text without problems has its group");
    let mut reader = Reader { path, text, syntax: defaults.syntax, problems: Vec::new() };
    let spec = reader.group(&group, defaults);
    if reader.problems.is_empty() { Ok((group, spec)) } else { Err(reader.problems) }
}

struct Reader<'a> {
    path: &'a str,
    text: &'a str,
    syntax: ParserOptions,
    problems: Vec<Problem>,
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
        let query = self.query(&rule.expr)?;
        let own = |name: &str| rule.labels.iter().any(|(known, _)| known == name);
        let inherited = group.labels.iter().filter(|(name, _)| !own(name));
        match &rule.kind {
            RuleKind::Record { metric } => {
                let own = rule.labels.iter().map(|(name, text)| (name.as_str(), &*text.text));
                let labels = inherited.chain(own).map(|(n, v)| (n.to_owned(), v.to_owned()));
                let (record, labels) = (metric.clone(), labels.collect());
                Some(RuleSpec::Recording(RecordingSpec { record, query, labels }))
            }
            RuleKind::Alert { name, hold, keep_firing_for, annotations, extras } => {
                let known = self.problems.len();
                let mut labels = Vec::new();
                for (label, text) in inherited {
                    let what = format!("label `{label}` of group `{}`", group.name);
                    let at = |_: usize| group.place;
                    labels.extend(self.text(name, (label, text), &what, &at));
                }
                labels.extend(self.texts(name, &rule.labels, "label"));
                let annotations = self.texts(name, annotations, "annotation");
                let extras = self.extras(extras);
                (self.problems.len() == known).then(|| {
                    RuleSpec::Alerting(AlertingSpec {
                        alert: name.clone(),
                        query,
                        hold: *hold,
                        keep_firing: *keep_firing_for,
                        labels,
                        annotations,
                        extras,
                    })
                })
            }
        }
    }

    /// Templates of an alert; those that cannot be read are noted.
    fn texts(&mut self, alert: &str, texts: &[(String, PlacedText)], kind: &str) -> Vec<Text> {
        let mut read = Vec::new();
        for (name, placed) in texts {
            let line_start = |line: usize| {
                let lines = placed.text.match_indices('\n').map(|(index, _)| index + 1);
                placed.place_at(lines.take(line).last().unwrap_or(0))
            };
            let what = format!("alert `{alert}`: {kind} `{name}`");
            read.extend(self.text(alert, (name, &placed.text), &what, &line_start));
        }
        read
    }

    /// One template; `place_of` tells where a line of it, from 0, stands in the file.
    fn text(
        &mut self,
        alert: &str,
        (name, source): (&str, &str),
        what: &str,
        place_of: &dyn Fn(usize) -> Place,
    ) -> Option<Text> {
        match Text::parse(alert, name, source) {
            Ok(text) => Some(text),
            Err(error) => {
                let message = error.to_string();
                let (line, reason) = line_and_reason(&message, alert);
                let problem = format!("{what}: template: {reason}");
                let place = place_of(line.saturating_sub(1));
                self.problems.push(Problem::new(self.path, self.text, place, problem));
                None
            }
        }
    }

    /// What goes beyond Prometheus.
    fn extras(&mut self, extras: &AlertExtras) -> Extras {
        use config::rules::{FireAfter, FlapDamping, OnMissing};
        let fire_after = |FireAfter { hits, evaluations }| rules::FireAfter { hits, evaluations };
        let damping =
            |FlapDamping { changes, within, quiet }| rules::FlapDamping { changes, within, quiet };
        Extras {
            recover: extras.recover.as_ref().and_then(|recover| self.query(recover)),
            fire_after: extras.fire_after.map(fire_after),
            on_missing: match extras.on_missing {
                OnMissing::Resolve => rules::OnMissing::Resolve,
                OnMissing::Keep => rules::OnMissing::Keep,
                OnMissing::Alert => rules::OnMissing::Alert,
            },
            flap_damping: extras.flap_damping.map(damping),
        }
    }

    fn query(&mut self, placed: &PlacedText) -> Option<Arc<RuleQuery>> {
        let text = &placed.text;
        match parse_with(text, &self.syntax) {
            Ok(expr) => Some(Arc::new(RuleQuery { expr, text: text.clone() })),
            Err(error) => {
                let place = placed.place_at(error.place().start);
                let problem = Problem::new(self.path, self.text, place, sentence(&error));
                self.problems.push(problem);
                None
            }
        }
    }
}

/// Takes the line, from 1, out of `template: __alert_NAME:LINE: reason`.
fn line_and_reason<'m>(message: &'m str, alert: &str) -> (usize, &'m str) {
    let behind = message.strip_prefix(&format!("template: __alert_{alert}:"));
    let parts = behind.and_then(|rest| rest.split_once(": "));
    let parsed = parts.and_then(|(line, reason)| Some((line.parse().ok()?, reason)));
    parsed.unwrap_or((1, message))
}

fn sentence(error: &ParseError) -> String {
    let hint = error.suggestion().map(|hint| format!("; {hint}")).unwrap_or_default();
    format!("parse error: {}{hint}", error.message())
}

#[cfg(test)]
mod tests;
