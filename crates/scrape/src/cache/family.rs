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
    is_news: bool,
}

/// What the comments before a sample say, for whoever meets the same comments again.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Declared {
    /// The families they are about, which stand one after another: the first one and how many.
    families: (u32, u32),
    /// Family and kind of their last TYPE line.
    typed: Option<(u32, MetricKind)>,
    /// Changes of metadata before they were heard: what was changed later they would change back.
    changes: u64,
}

impl Declared {
    /// Kind of the last TYPE line, if there is one.
    pub(super) fn kind(self) -> Option<MetricKind> {
        self.typed.map(|(_, kind)| kind)
    }
}

/// Whether the comments since the last sample can be told by their families.
#[derive(Debug, Default)]
enum Heard {
    #[default]
    Nothing,
    Families(Declared),
    /// They jump between families, or name one that is not kept.
    Mixed,
}

/// The family of the last TYPE line.
#[derive(Debug, Default)]
enum Current {
    #[default]
    None,
    Known(u32),
    /// It is not kept.
    Beyond(String),
}

#[derive(Debug, Default)]
pub(super) struct Families {
    /// In the order in which they came first, which is the order in which they come again.
    known: Vec<Known>,
    /// When each of them was seen last.
    seen: Vec<Round>,
    /// The number of the last change of each.
    changed_by: Vec<u64>,
    /// Changes so far.
    changes: u64,
    index: HashMap<String, usize, FixedState>,
    /// The family of the last line; the next line is about it or its successor.
    cursor: usize,
    shared: SharedMetadata,
    current: Current,
    /// Kind of the last TYPE line.
    kind: MetricKind,
    heard: Heard,
    changed: bool,
}

impl Families {
    pub(super) fn shared(&self) -> SharedMetadata {
        self.shared.clone()
    }

    /// A page begins: no family is declared.
    pub(super) fn begin(&mut self) {
        self.cursor = 0;
        self.current = Current::None;
        self.kind = MetricKind::Unknown;
        self.heard = Heard::Nothing;
    }

    /// Family and kind declared last.
    pub(super) fn current(&self) -> (&str, MetricKind) {
        let family = match &self.current {
            Current::None => "",
            Current::Known(place) => &self.known[*place as usize].metric,
            Current::Beyond(family) => family,
        };
        (family, self.kind)
    }

    pub(super) fn kind(&mut self, family: &str, round: Round, kind: MetricKind) {
        let place = self.note(family, round, |metadata| replace(&mut metadata.kind, kind));
        self.kind = kind;
        self.current = match place {
            Some(place) => Current::Known(place),
            None => Current::Beyond(family.to_owned()),
        };
        if let (Heard::Families(heard), Some(place)) = (&mut self.heard, place) {
            heard.typed = Some((place, kind));
        }
    }

    pub(super) fn help(&mut self, family: &str, round: Round, help: &str) {
        self.note(family, round, |metadata| replace_text(&mut metadata.help, help));
    }

    pub(super) fn unit(&mut self, family: &str, round: Round, unit: &str) {
        self.note(family, round, |metadata| replace_text(&mut metadata.unit, unit));
    }

    /// Would comments that were heard once say nothing new?
    pub(super) fn agree(&self, declared: Declared) -> bool {
        let (first, count) = declared.families;
        let changed_by = &self.changed_by[first as usize..][..count as usize];
        changed_by.iter().all(|change| *change <= declared.changes)
    }

    /// The same comments as once before, whose families [agree](Families::agree).
    pub(super) fn again(&mut self, declared: Declared, round: Round) {
        let (first, count) = declared.families;
        self.seen[first as usize..][..count as usize].fill(round);
        if count > 0 {
            self.cursor = (first + count - 1) as usize;
        }
        if let Some((place, kind)) = declared.typed {
            (self.current, self.kind) = (Current::Known(place), kind);
        }
        self.heard = Heard::Families(declared);
    }

    /// What the comments since the last sample declare, unless that cannot be told shortly.
    pub(super) fn heard(&mut self) -> Option<Declared> {
        match std::mem::take(&mut self.heard) {
            Heard::Nothing => Some(Declared::default()),
            Heard::Families(declared) => Some(Declared { changes: self.changes, ..declared }),
            Heard::Mixed => None,
        }
    }

    /// Notes what a line says about a family; gives its place, if it is kept.
    fn note(
        &mut self,
        family: &str,
        round: Round,
        change: impl FnOnce(&mut Metadata) -> bool,
    ) -> Option<u32> {
        let place = self.place(family).or_else(|| self.add(family));
        let number = place.and_then(|place| u32::try_from(place).ok());
        self.heard.add(number);
        let place = place?;
        self.cursor = place;
        self.seen[place] = round;
        let known = &mut self.known[place];
        if change(&mut known.metadata) {
            known.is_news = true;
            self.changed = true;
            self.changes += 1;
            self.changed_by[place] = self.changes;
        }
        number
    }

    fn add(&mut self, family: &str) -> Option<usize> {
        let place = self.known.len();
        if place >= FAMILIES_MAX {
            return None;
        }
        self.index.insert(family.to_owned(), place);
        let (metric, metadata) = (family.to_owned(), Metadata::default());
        self.known.push(Known { metric, metadata, is_news: true });
        self.seen.push(0);
        self.changed_by.push(0);
        self.changed = true;
        Some(place)
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

    /// The news was stored; forgets what was not seen for long. Answers whether families have
    /// other numbers now.
    pub(super) fn settle(&mut self, round: Round) -> bool {
        let is_old = |seen: &Round| round - seen > ROUNDS_KEPT;
        let moved = self.seen.iter().any(is_old);
        if moved {
            let mut seen = self.seen.iter();
            self.known.retain(|_| seen.next().is_some_and(|seen| !is_old(seen)));
            let mut seen = self.seen.iter();
            self.changed_by.retain(|_| seen.next().is_some_and(|seen| !is_old(seen)));
            self.seen.retain(|seen| !is_old(seen));
            let numbered = self.known.iter().enumerate();
            self.index = numbered.map(|(place, known)| (known.metric.clone(), place)).collect();
        } else if !self.changed {
            return false;
        }
        self.changed = false;
        let mut map = BTreeMap::new();
        for known in &mut self.known {
            known.is_news = false;
            map.insert(known.metric.clone(), known.metadata.clone());
        }
        *self.shared.0.lock().unwrap_or_else(PoisonError::into_inner) = map;
        moved
    }
}

impl Heard {
    fn add(&mut self, family: Option<u32>) {
        let Some(place) = family else {
            *self = Self::Mixed;
            return;
        };
        match self {
            Self::Nothing => {
                *self = Self::Families(Declared { families: (place, 1), ..Declared::default() });
            }
            Self::Families(Declared { families: (first, count), .. }) => {
                if place == *first + *count {
                    *count += 1;
                } else if !(*first..*first + *count).contains(&place) {
                    *self = Self::Mixed;
                }
            }
            Self::Mixed => {}
        }
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
