//! Inhibition: an alert is not told while others explain it.
//! Source: Alertmanager 0.34 `inhibit/inhibit.go`: a rule mutes a target when each of its sources
//! fires with equal labels. Unlike upstream all sources are remembered, not only the one that ends
//! last: a source that matches both sides hides none that does not.

use config::{InhibitRule, InhibitSource};
use model::{Labels, Matcher};
use std::collections::{BTreeSet, HashMap};

/// The rules, and for each of their sources the alerts that it matches.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inhibitor {
    rules: Vec<IndexedRule>,
}

#[derive(Clone, Debug)]
struct IndexedRule {
    target: Vec<Matcher>,
    sources: Vec<IndexedSource>,
}

#[derive(Clone, Debug)]
struct IndexedSource {
    source: InhibitSource,
    /// By the values of the source's `equal` labels.
    alerts: HashMap<Vec<String>, BTreeSet<Labels>>,
}

impl Inhibitor {
    pub(crate) fn new(rules: &[InhibitRule]) -> Self {
        let source = |source: &InhibitSource| IndexedSource {
            source: source.clone(),
            alerts: HashMap::new(),
        };
        let rule = |rule: &InhibitRule| IndexedRule {
            target: rule.target.clone(),
            sources: rule.sources.iter().map(source).collect(),
        };
        Self { rules: rules.iter().map(rule).collect() }
    }

    /// Notes an alert that may inhibit others while it fires.
    pub(crate) fn note(&mut self, labels: &Labels) {
        for source in self.rules.iter_mut().flat_map(|rule| &mut rule.sources) {
            if matches(&source.source.matchers, labels) {
                let key = source.key(labels);
                source.alerts.entry(key).or_default().insert(labels.clone());
            }
        }
    }

    /// Forgets an alert.
    pub(crate) fn forget(&mut self, labels: &Labels) {
        for source in self.rules.iter_mut().flat_map(|rule| &mut rule.sources) {
            let key = source.key(labels);
            let Some(alerts) = source.alerts.get_mut(&key) else { continue };
            alerts.remove(labels);
            if alerts.is_empty() {
                source.alerts.remove(&key);
            }
        }
    }

    /// Alerts that inhibit this one, of those of which `fires` says so; sorted.
    pub(crate) fn inhibiting(
        &self,
        labels: &Labels,
        fires: impl Fn(&Labels) -> bool,
    ) -> Vec<Labels> {
        let mut found = BTreeSet::new();
        for rule in self.rules.iter().filter(|rule| matches(&rule.target, labels)) {
            let of_source = |source: &IndexedSource| -> Vec<Labels> {
                let is_both = matches(&source.source.matchers, labels);
                let alerts = source.alerts.get(&source.key(labels)).into_iter().flatten();
                // Two alerts of which each matches both sides do not inhibit one another.
                let counts = |a: &&Labels| fires(a) && !(is_both && matches(&rule.target, a));
                alerts.filter(counts).cloned().collect()
            };
            let by_source: Vec<Vec<Labels>> = rule.sources.iter().map(of_source).collect();
            if by_source.iter().all(|alerts| !alerts.is_empty()) {
                found.extend(by_source.into_iter().flatten());
            }
        }
        found.into_iter().collect()
    }
}

impl IndexedSource {
    /// Values of the `equal` labels; a missing label has the empty text.
    fn key(&self, labels: &Labels) -> Vec<String> {
        self.source.equal.iter().map(|name| labels.value(name).to_owned()).collect()
    }
}

fn matches(matchers: &[Matcher], labels: &Labels) -> bool {
    matchers.iter().all(|matcher| matcher.matches_labels(labels))
}

#[cfg(test)]
mod tests;
