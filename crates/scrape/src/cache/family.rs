//! What a target says about its metric families: kind, help, unit; what is news goes into the
//! batch. Kept for ten scrapes after a family was seen last, as upstream does.

use super::entries::Round;
use foldhash::fast::FixedState;
use model::{Metadata, MetricKind, MetricMetadata};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// Scrapes for which metadata outlives its family.
const ROUNDS_KEPT: Round = 10;
/// Most families of one target; metadata of further ones is not kept.
const FAMILIES_MAX: usize = 100_000;

/// Metadata of a target by family, readable while the target is scraped. The lock is held for one
/// copy at most.
#[derive(Clone, Debug, Default)]
pub struct SharedMetadata(Arc<Mutex<BTreeMap<String, Metadata>>>);

impl SharedMetadata {
    /// All families, sorted.
    pub fn list(&self) -> Vec<MetricMetadata> {
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let one = |(metric, metadata): (&String, &Metadata)| MetricMetadata {
            metric: metric.clone(),
            metadata: metadata.clone(),
        };
        map.iter().map(one).collect()
    }
}

#[derive(Debug)]
struct Known {
    metric: String,
    metadata: Metadata,
    seen: Round,
    is_news: bool,
}

#[derive(Debug, Default)]
pub(super) struct Families {
    /// In the order in which they came first, which is the order in which they come again.
    known: Vec<Known>,
    index: HashMap<String, usize, FixedState>,
    /// The family of the last line; the next line is about it or its successor.
    cursor: usize,
    shared: SharedMetadata,
    /// Family and kind of the last TYPE line.
    current: (String, MetricKind),
    changed: bool,
}

impl Families {
    pub(super) fn shared(&self) -> SharedMetadata {
        self.shared.clone()
    }

    /// A page begins: no family is declared.
    pub(super) fn begin(&mut self) {
        self.cursor = 0;
        self.current.0.clear();
        self.current.1 = MetricKind::Unknown;
    }

    /// Family and kind declared last.
    pub(super) fn current(&self) -> (&str, MetricKind) {
        (&self.current.0, self.current.1)
    }

    pub(super) fn kind(&mut self, family: &str, round: Round, kind: MetricKind) {
        family.clone_into(&mut self.current.0);
        self.current.1 = kind;
        self.note(family, round, |metadata| replace(&mut metadata.kind, kind));
    }

    pub(super) fn help(&mut self, family: &str, round: Round, help: &str) {
        self.note(family, round, |metadata| replace_text(&mut metadata.help, help));
    }

    pub(super) fn unit(&mut self, family: &str, round: Round, unit: &str) {
        self.note(family, round, |metadata| replace_text(&mut metadata.unit, unit));
    }

    fn note(&mut self, family: &str, round: Round, change: impl FnOnce(&mut Metadata) -> bool) {
        let Some(place) = self.place(family) else {
            if self.known.len() < FAMILIES_MAX {
                let mut metadata = Metadata::default();
                change(&mut metadata);
                self.cursor = self.known.len();
                self.index.insert(family.to_owned(), self.cursor);
                let metric = family.to_owned();
                self.known.push(Known { metric, metadata, seen: round, is_news: true });
                self.changed = true;
            }
            return;
        };
        self.cursor = place;
        let known = &mut self.known[place];
        known.seen = round;
        if change(&mut known.metadata) {
            known.is_news = true;
            self.changed = true;
        }
    }

    fn place(&self, family: &str) -> Option<usize> {
        let near = [self.cursor, self.cursor + 1].into_iter();
        let is_there = |place: &usize| self.known.get(*place).is_some_and(|k| k.metric == family);
        near.into_iter().find(is_there).or_else(|| self.index.get(family).copied())
    }

    /// Metadata that the storage does not have yet.
    pub(super) fn news(&self, into: &mut Vec<MetricMetadata>) {
        if !self.changed {
            return;
        }
        for known in self.known.iter().filter(|known| known.is_news) {
            let (metric, metadata) = (known.metric.clone(), known.metadata.clone());
            into.push(MetricMetadata { metric, metadata });
        }
    }

    /// The news was stored; forgets what was not seen for long.
    pub(super) fn settle(&mut self, round: Round) {
        let before = self.known.len();
        self.known.retain(|known| round - known.seen <= ROUNDS_KEPT);
        if self.known.len() != before {
            let numbered = self.known.iter().enumerate();
            self.index = numbered.map(|(place, known)| (known.metric.clone(), place)).collect();
        } else if !self.changed {
            return;
        }
        self.changed = false;
        let mut map = BTreeMap::new();
        for known in &mut self.known {
            known.is_news = false;
            map.insert(known.metric.clone(), known.metadata.clone());
        }
        *self.shared.0.lock().unwrap_or_else(PoisonError::into_inner) = map;
    }
}

fn replace(old: &mut MetricKind, new: MetricKind) -> bool {
    let changed = *old != new;
    *old = new;
    changed
}

fn replace_text(old: &mut String, new: &str) -> bool {
    let changed = old != new;
    if changed {
        new.clone_into(old);
    }
    changed
}
