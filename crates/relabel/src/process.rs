//! Applies rules to a label set, one after the other, until one drops it.
//! Called by `scrape` for targets and samples, by alert delivery for alerts; `explain` feeds the
//! user interface. Semantics: Prometheus 3.14 `relabel.ProcessBuilder`.

use crate::{Action, Rule, case, md5};
use model::{Labels, LabelsBuilder};

/// What one rule did to a label set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Index of the rule.
    pub rule: usize,
    /// False when the rule dropped the set; then no step follows.
    pub kept: bool,
    /// The set after the rule.
    pub labels: Labels,
}

/// Applies the rules in order; false when the set is dropped (its content is then unspecified).
pub fn apply(rules: &[Rule], labels: &mut LabelsBuilder) -> bool {
    rules.iter().all(|rule| rule.apply(labels))
}

/// Applies the rules and keeps the set after each of them.
pub fn explain(rules: &[Rule], labels: &Labels) -> Vec<Step> {
    let mut builder = labels.to_builder();
    let mut steps = Vec::with_capacity(rules.len());
    for (index, rule) in rules.iter().enumerate() {
        let kept = rule.apply(&mut builder);
        steps.push(Step { rule: index, kept, labels: builder.build() });
        if !kept {
            break;
        }
    }
    steps
}

impl Rule {
    /// Applies this rule; false when it drops the set.
    pub fn apply(&self, labels: &mut LabelsBuilder) -> bool {
        match self.action {
            Action::Keep => return self.pattern.is_match(&self.source(labels)),
            Action::Drop => return !self.pattern.is_match(&self.source(labels)),
            Action::KeepEqual => return self.equals_target(labels),
            Action::DropEqual => return !self.equals_target(labels),
            Action::Replace => self.replace(labels),
            Action::Lowercase => self.write(labels, &case::lower(&self.source(labels))),
            Action::Uppercase => self.write(labels, &case::upper(&self.source(labels))),
            Action::HashMod => self.write(labels, &self.hash(&self.source(labels))),
            Action::LabelMap => self.map_names(labels),
            Action::LabelDrop => drop(labels.retain(|name, _| !self.pattern.is_match(name))),
            Action::LabelKeep => drop(labels.retain(|name, _| self.pattern.is_match(name))),
        }
        true
    }

    /// Values of the source labels, joined; an absent label is empty.
    fn source(&self, labels: &LabelsBuilder) -> String {
        let mut joined = String::new();
        for (index, name) in self.source_labels.iter().enumerate() {
            if index > 0 {
                joined.push_str(&self.separator);
            }
            joined.push_str(labels.get(name).unwrap_or_default());
        }
        joined
    }

    fn equals_target(&self, labels: &LabelsBuilder) -> bool {
        labels.get(&self.target_label).unwrap_or_default() == self.source(labels)
    }

    fn write(&self, labels: &mut LabelsBuilder, value: &str) {
        labels.set(&self.target_label, value);
    }

    fn replace(&self, labels: &mut LabelsBuilder) {
        let source = self.source(labels);
        if self.default_pattern && !self.target_label.contains('$') {
            // The expression matches every text and its only group is the text itself.
            if self.replacement == "$1" {
                return self.write(labels, &source);
            }
            if !self.replacement.contains('$') {
                return self.write(labels, &self.replacement);
            }
        }
        let Some(target) = self.pattern.expand(&source, &self.target_label) else { return };
        if !self.scheme.allows_label(&target) {
            return;
        }
        if let Some(value) = self.pattern.expand(&source, &self.replacement) {
            labels.set(&target, &value);
        }
    }

    /// Upstream takes the last 8 bytes of the MD5 digest as a big-endian number.
    fn hash(&self, source: &str) -> String {
        let digest = md5::digest(source.as_bytes());
        let mut low = [0; 8];
        low.copy_from_slice(&digest[8..]);
        (u64::from_be_bytes(low) % self.modulus).to_string()
    }

    /// Copies labels; a name that becomes empty is no label and is left out.
    fn map_names(&self, labels: &mut LabelsBuilder) {
        let mapped: Vec<(String, String)> = labels
            .iter()
            .filter_map(|(name, value)| {
                let target = self.pattern.expand(name, &self.replacement)?;
                Some((target, value.to_owned()))
            })
            .filter(|(name, _)| !name.is_empty())
            .collect();
        for (name, value) in mapped {
            labels.set(&name, &value);
        }
    }
}

#[cfg(test)]
mod tests;
