//! The groups: what was pushed under each key, and what a push changes.
//! Pure: rows come out as values. Labels of the key win over those of the samples, as upstream.

use super::page::{Families, Family, SAMPLES_MAX};
use model::{Labels, METRIC_NAME, Metadata, MetricKind, MetricMetadata, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// When a group was pushed last.
const PUSHED: (&str, &str) =
    ("push_time_seconds", "Last Unix time when changing this group in the Pushgateway succeeded.");
/// When pushing it failed last; 0: never.
const FAILED: (&str, &str) = (
    "push_failure_time_seconds",
    "Last Unix time when changing this group in the Pushgateway failed.",
);
/// Most groups.
const GROUPS_MAX: usize = 10_000;

/// All groups by their keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Groups {
    pub(super) by_key: BTreeMap<Labels, Group>,
}

/// A group.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Group {
    pub(super) families: Families,
    pub(super) pushed: Option<Timestamp>,
    pub(super) failed: Option<Timestamp>,
}

/// What a push changed.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Change {
    /// Series of the group as they are now.
    pub(super) rows: Vec<(Labels, f64)>,
    /// Series that were there before.
    pub(super) gone: Vec<Labels>,
    /// What is said of the families that were pushed.
    pub(super) metadata: Vec<MetricMetadata>,
}

impl Groups {
    /// Replaces the families of a group: all of them, or those that are pushed.
    pub(super) fn replace(
        &mut self,
        key: &Labels,
        mut families: Families,
        at: Timestamp,
        all: bool,
    ) -> Result<Change, String> {
        families.retain(|_, family| !family.samples.is_empty());
        if let Some(name) = [PUSHED.0, FAILED.0].into_iter().find(|it| families.contains_key(*it)) {
            return Err(format!("{name} is written by the gateway itself"));
        }
        let new: usize = families.values().map(|family| family.samples.len()).sum();
        let others = self.by_key.iter().filter(|(other, _)| *other != key);
        if others.map(|(_, group)| group.len()).sum::<usize>() + new > SAMPLES_MAX {
            return Err(format!("more than {SAMPLES_MAX} series are pushed"));
        }
        if self.by_key.len() >= GROUPS_MAX && !self.by_key.contains_key(key) {
            return Err(format!("more than {GROUPS_MAX} groups are pushed"));
        }
        let metadata = metadata(&families);
        let mut group = self.by_key.get(key).cloned().unwrap_or_default();
        let before: BTreeSet<Labels> = group.rows(key).map(|(labels, _)| labels).collect();
        if all {
            group.families = families;
        } else {
            group.families.extend(families);
        }
        group.pushed = Some(at);
        let rows: Vec<(Labels, f64)> = group.rows(key).collect();
        let mut now = BTreeSet::new();
        for (labels, _) in &rows {
            if !now.insert(labels) {
                return Err(format!("with the labels of the group {labels} is there twice"));
            }
        }
        let gone = before.into_iter().filter(|labels| !now.contains(labels)).collect();
        self.by_key.insert(key.clone(), group);
        Ok(Change { rows, gone, metadata })
    }

    /// Removes a group; one that is not there is removed already.
    pub(super) fn remove(&mut self, key: &Labels) -> Change {
        let group = self.by_key.remove(key);
        let rows = group.iter().flat_map(|group| group.rows(key));
        Change { gone: rows.map(|(labels, _)| labels).collect(), ..Change::default() }
    }

    /// Notes that a push was refused.
    pub(super) fn note_failure(&mut self, key: &Labels, at: Timestamp) {
        if self.by_key.len() < GROUPS_MAX || self.by_key.contains_key(key) {
            self.by_key.entry(key.clone()).or_default().failed = Some(at);
        }
    }

    /// All series.
    pub(super) fn rows(&self) -> impl Iterator<Item = (Labels, f64)> {
        self.by_key.iter().flat_map(|(key, group)| group.rows(key))
    }
}

impl Group {
    fn len(&self) -> usize {
        self.families.values().map(|family| family.samples.len()).sum()
    }

    /// Series with the labels of the key, and the two about the group.
    fn rows(&self, key: &Labels) -> impl Iterator<Item = (Labels, f64)> {
        let seconds = |at: Option<Timestamp>| at.map_or(0.0, |at| at.ms() as f64 / 1000.0);
        let about = [(PUSHED, self.pushed), (FAILED, self.failed)];
        let about = about
            .map(|((name, _), at)| (key.to_builder().set(METRIC_NAME, name).build(), seconds(at)));
        let own = self.families.values().flat_map(|family: &Family| &family.samples);
        let own = own.map(|(labels, value)| {
            let mut labels = labels.to_builder();
            for (name, text) in key.iter() {
                labels.set(name, text);
            }
            (labels.build(), *value)
        });
        own.chain(about)
    }
}

/// What the families of a push and the gateway's own ones say of themselves.
fn metadata(families: &Families) -> Vec<MetricMetadata> {
    let one = |metric: &str, kind, help: &str| {
        let metadata = Metadata { kind, help: help.to_owned(), unit: String::new() };
        MetricMetadata { metric: metric.to_owned(), metadata }
    };
    let own = [PUSHED, FAILED].map(|(name, help)| one(name, MetricKind::Gauge, help));
    let pushed = families.iter().map(|(name, family)| one(name, family.kind, &family.help));
    own.into_iter().chain(pushed).collect()
}

#[cfg(test)]
mod tests {
    use super::super::page::{Form, read};
    use super::*;

    fn families(text: &str) -> Families {
        read(text.as_bytes(), Form::Text).unwrap()
    }

    fn shown(change: &Change) -> Vec<String> {
        let rows = change.rows.iter().map(|(labels, value)| format!("{labels} {value}"));
        rows.chain(change.gone.iter().map(|labels| format!("{labels} gone"))).collect()
    }

    #[test]
    fn put_replaces_the_group_and_post_families() {
        let mut groups = Groups::default();
        let key = Labels::from_pairs([("job", "j"), ("x", "1")]);
        let at = Timestamp::from_ms(1500);
        let first = families("# TYPE a counter\na{x=\"own\"} 1\na{y=\"2\"} 2\nb 3\n");
        let change = groups.replace(&key, first, at, true).unwrap();
        assert_eq!(
            shown(&change),
            [
                r#"{__name__="a", job="j", x="1"} 1"#,
                r#"{__name__="a", job="j", x="1", y="2"} 2"#,
                r#"{__name__="b", job="j", x="1"} 3"#,
                r#"{__name__="push_time_seconds", job="j", x="1"} 1.5"#,
                r#"{__name__="push_failure_time_seconds", job="j", x="1"} 0"#,
            ]
        );
        let change = groups.replace(&key, families("a 5\n"), at, false).unwrap();
        assert_eq!(change.rows.len(), 4);
        assert_eq!(change.gone.len(), 1, "{change:?}");
        let change = groups.replace(&key, families("c 5\n"), at, true).unwrap();
        assert_eq!((change.rows.len(), change.gone.len()), (3, 2));
        groups.note_failure(&key, Timestamp::from_ms(2000));
        assert!(groups.rows().any(|(_, value)| value == 2.0));
        assert_eq!(groups.remove(&key).gone.len(), 3);
        assert_eq!(groups.remove(&key), Change::default());
    }

    #[test]
    fn what_cannot_be_a_group_is_refused() {
        let mut groups = Groups::default();
        let (key, at) = (Labels::from_pairs([("job", "j")]), Timestamp::from_ms(1));
        let own = groups.replace(&key, families("push_time_seconds 1\n"), at, true);
        assert!(own.unwrap_err().contains("by the gateway itself"));
        let lines: Vec<String> = (0..60_000).map(|n| format!("a{{n=\"{n}\"}} 1\n")).collect();
        let half = lines.concat();
        groups.replace(&key, families(&half), at, true).unwrap();
        groups.replace(&key, families(&half), at, true).unwrap();
        let other = Labels::from_pairs([("job", "k")]);
        let full = groups.replace(&other, families(&half), at, true);
        assert!(full.unwrap_err().starts_with("more than 100000 series"));
        let same = families("b{job=\"1\"} 1\nb{job=\"2\"} 1\n");
        let before = groups.clone();
        assert!(groups.replace(&other, same, at, true).unwrap_err().contains("is there twice"));
        assert_eq!(groups, before, "nothing of a refused push is kept");
        for (text, expected) in [
            ("a 1 5\n", "must not have timestamps: a"),
            ("a 1\na 2\n", "was collected before"),
            ("a{\n", "line 1"),
        ] {
            let error = read(text.as_bytes(), Form::Text).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
