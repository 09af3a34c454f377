//! Properties that hold for any rules on any labels; called by the fuzz target and by the test
//! that replays its corpus. Text form: a line `name=value,...`, then one line per rule:
//! `action|source,labels|separator|regex|modulus|target|replacement`; an empty field is absent.

use crate::{Action, NameScheme, Rule, RuleSpec, apply, explain};
use model::{Labels, LabelsBuilder};

/// Applies rules written in the text form to labels.
///
/// # Panics
/// When `apply` and `explain` disagree, or a label set breaks its invariant.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.lines();
    let labels = labels(lines.next().unwrap_or_default());
    for scheme in [NameScheme::Utf8, NameScheme::Legacy] {
        let rules: Vec<Rule> =
            lines.clone().take(16).filter_map(|line| Rule::new(spec(line)?, scheme).ok()).collect();
        let mut builder = labels.to_builder();
        let kept = apply(&rules, &mut builder);
        let steps = explain(&rules, &labels);
        assert_eq!(steps.last().is_none_or(|step| step.kept), kept, "explain agrees with apply");
        if let Some(last) = steps.last().filter(|step| step.kept) {
            assert_eq!(last.labels, builder.build(), "explain ends where apply ends");
        }
    }
}

fn labels(line: &str) -> Labels {
    let mut builder = LabelsBuilder::default();
    for (name, value) in line.split(',').filter_map(|pair| pair.split_once('=')) {
        builder.set(name, value);
    }
    builder.build()
}

fn spec(line: &str) -> Option<RuleSpec> {
    let fields: Vec<&str> = line.split('|').collect();
    let field = |index: usize| fields.get(index).copied().filter(|field| !field.is_empty());
    Some(RuleSpec {
        action: Action::parse(fields[0])?,
        source_labels: field(1).map(|names| names.split(',').map(Into::into).collect()),
        separator: field(2).map(Into::into),
        regex: field(3).map(Into::into),
        modulus: field(4).and_then(|modulus| modulus.parse().ok()).unwrap_or_default(),
        target_label: field(5).unwrap_or_default().into(),
        replacement: field(6).map(Into::into),
    })
}
