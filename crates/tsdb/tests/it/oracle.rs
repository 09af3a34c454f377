//! What a database must hold: every batch in its order, and how safe it is by now.
//! Compares a reopened database with it: acknowledged rows are there bit for bit, nothing is
//! invented or doubled, a batch is there whole or not at all, losses are a tail of the order.

use crate::world::{Seen, dump, text};
use model::{Labels, Matcher, Timestamp, Value};
use std::collections::{BTreeMap, BTreeSet};
use tsdb::{Db, DbResult};

/// One stored sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) labels: Labels,
    pub(crate) ms: i64,
    pub(crate) text: String,
}

/// Samples of the series with this label within a range, both ends included.
#[derive(Clone, Debug)]
pub(crate) struct Deletion {
    pub(crate) label: (&'static str, String),
    pub(crate) range: (i64, i64),
}

impl Deletion {
    pub(crate) fn ask(&self, db: &Db) -> DbResult<()> {
        let (name, value) = &self.label;
        let (start, end) = (Timestamp::from_ms(self.range.0), Timestamp::from_ms(self.range.1));
        db.delete(&[vec![Matcher::equal(name, value)]], start, end)
    }

    fn names(&self, row: &Stored) -> bool {
        let (name, value) = &self.label;
        row.labels.value(name) == value && self.range.0 <= row.ms && row.ms <= self.range.1
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Oracle {
    /// Accepted rows of each batch, in the order of the journal.
    batches: Vec<Kept>,
    /// So many batches survive a power cut.
    durable: usize,
    /// So many batches survive a kill.
    written: usize,
    /// Batches whose commit failed: each may appear after a crash, or not.
    doubtful: Vec<Vec<Stored>>,
    /// Newest deleted sample of each series; the series remembers it.
    deleted: BTreeMap<Labels, (i64, String)>,
    /// Rows before this may be gone by retention.
    pub(crate) horizon_ms: i64,
}

/// Accepted rows of a batch.
#[derive(Clone, Debug)]
struct Kept {
    rows: Vec<Stored>,
    /// A sync failed and the process was killed: the page cache still shows the rows but will never
    /// write them, and nobody can tell. Only a flush, which writes them anew, saves them.
    cursed: bool,
}

/// How the machine stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    Kill,
    PowerCut,
}

impl Oracle {
    /// Nothing is stored, nothing may be gone.
    pub(crate) fn new() -> Self {
        Self {
            batches: vec![],
            durable: 0,
            written: 0,
            doubtful: vec![],
            deleted: BTreeMap::new(),
            horizon_ms: i64::MIN,
        }
    }

    /// A batch became visible.
    pub(crate) fn accept(&mut self, rows: Vec<Stored>) {
        if !rows.is_empty() {
            self.batches.push(Kept { rows, cursed: false });
        }
    }

    /// A batch was refused for lack of a disk.
    pub(crate) fn doubt(&mut self, rows: Vec<Stored>) {
        if !rows.is_empty() {
            self.doubtful.push(rows);
        }
    }

    /// What is visible of this is gone for good.
    pub(crate) fn delete(&mut self, deletion: &Deletion) {
        for batch in &mut self.batches {
            for row in batch.rows.extract_if(.., |row| deletion.names(row)) {
                note_newest(&mut self.deleted, &row);
            }
        }
        for rows in &mut self.doubtful {
            rows.retain(|row| !deletion.names(row));
        }
    }

    /// Series that lose rows to this deletion which a power cut may have taken before: nobody can
    /// tell whether they remember them.
    pub(crate) fn unsure_of(&self, deletion: &Deletion) -> Vec<Labels> {
        let at_risk = |(number, kept): &(usize, &Kept)| *number >= self.durable || kept.cursed;
        let batches = self.batches.iter().enumerate().filter(at_risk);
        let rows = batches.flat_map(|(_, kept)| &kept.rows).chain(self.doubtful.iter().flatten());
        let named = rows.filter(|row| deletion.names(row)).map(|row| row.labels.clone());
        named.collect::<BTreeSet<Labels>>().into_iter().collect()
    }

    /// Everything visible is on the disk.
    pub(crate) fn synced(&mut self) {
        self.durable = self.batches.len();
        self.written = self.batches.len();
    }

    /// Everything visible was written into segments, which are on the disk.
    pub(crate) fn flushed(&mut self) {
        self.batches.iter_mut().for_each(|batch| batch.cursed = false);
        self.synced();
    }

    /// Everything visible is in the page cache.
    pub(crate) fn written(&mut self) {
        self.written = self.batches.len();
    }

    /// A sync failed: what was in the page cache may be lost even to a kill.
    pub(crate) fn sync_failed(&mut self) {
        self.written = self.durable;
    }

    /// Series of which something was deleted.
    pub(crate) fn deleted_series(&self) -> impl Iterator<Item = &Labels> {
        self.deleted.keys()
    }

    /// Newest sample of every series, deleted ones among them.
    pub(crate) fn newest(&self) -> BTreeMap<Labels, (i64, String)> {
        let mut newest = self.deleted.clone();
        for row in self.batches.iter().flat_map(|batch| &batch.rows) {
            note_newest(&mut newest, row);
        }
        newest
    }

    /// What an open database must show now.
    pub(crate) fn visible(&self) -> BTreeMap<Labels, Vec<Seen>> {
        let mut all: BTreeMap<Labels, BTreeMap<i64, String>> = BTreeMap::new();
        for row in self.batches.iter().flat_map(|batch| &batch.rows) {
            let series = all.entry(row.labels.clone()).or_default();
            series.entry(row.ms).or_insert_with(|| row.text.clone());
        }
        all.into_iter().map(|(labels, rows)| (labels, rows.into_iter().collect())).collect()
    }

    /// Compares an open database with everything visible, as far as retention lets it.
    pub(crate) fn check_visible(&self, db: &Db, context: &str) {
        let (found, want) = (dump(db), self.visible());
        for (labels, rows) in &found {
            for row in rows {
                let known = want.get(labels).is_some_and(|want| want.binary_search(row).is_ok());
                assert!(known, "INV-10: invented {labels} {row:?}; {context}");
            }
        }
        for (labels, rows) in &want {
            for row in rows.iter().filter(|row| row.0 >= self.horizon_ms) {
                let there = found.get(labels).is_some_and(|rows| rows.binary_search(row).is_ok());
                assert!(there, "INV-2: missing {labels} {row:?}; {context}");
            }
        }
    }

    /// Compares a reopened database with what had to survive, and takes over what is there.
    pub(crate) fn check_reopened(&mut self, db: &Db, stop: Stop, context: &str) {
        let found = dump(db);
        let has = |row: &Stored| {
            let seen = (row.ms, row.text.clone());
            found.get(&row.labels).is_some_and(|rows| rows.binary_search(&seen).is_ok())
        };
        let horizon = self.horizon_ms;
        let present = |rows: &[Stored]| -> Option<bool> {
            let mut kept = rows.iter().filter(|row| row.ms >= horizon).map(&has);
            let first = kept.next()?;
            assert!(kept.all(|other| other == first), "INV-15: torn batch {rows:?}; {context}");
            Some(first)
        };
        let must = match stop {
            Stop::Kill => self.written,
            Stop::PowerCut => self.durable,
        };
        let risky = stop == Stop::Kill && self.written < self.batches.len();
        let mut survivors: Vec<Kept> = Vec::new();
        let mut lost = None;
        for (number, Kept { rows, cursed }) in self.batches.iter().enumerate() {
            let must_be = number < must && !(*cursed && stop == Stop::PowerCut);
            let there = present(rows).unwrap_or(must_be);
            assert!(there || !must_be, "lost batch {number} of {must}: {rows:?}; {context}");
            // A power cut or a failed sync may keep a later sector and lose an earlier one; a kill
            // may not.
            let tail = stop == Stop::PowerCut || risky || !there || lost.is_none();
            assert!(tail, "batch {number} without {lost:?}; {context}");
            if there {
                let cursed = *cursed || (risky && number >= self.durable);
                survivors.push(Kept { rows: rows.clone(), cursed });
            } else {
                lost = Some(number);
            }
        }
        for rows in std::mem::take(&mut self.doubtful) {
            let known = survivors.iter().any(|kept| kept.rows == rows);
            if present(&rows) == Some(true) && !known {
                survivors.push(Kept { rows, cursed: risky });
            }
        }
        self.batches = survivors;
        // What replay found was written; opening does not make it durable by itself.
        self.durable = self.durable.min(self.batches.len());
        self.written = self.batches.len();
        self.check_visible(db, context);
    }
}

fn note_newest(newest: &mut BTreeMap<Labels, (i64, String)>, row: &Stored) {
    let entry = newest.entry(row.labels.clone()).or_insert_with(|| (row.ms, row.text.clone()));
    if entry.0 < row.ms {
        *entry = (row.ms, row.text.clone());
    }
}

/// A row as the oracle keeps it.
pub(crate) fn stored(labels: &Labels, ms: i64, value: &Value, start: i64) -> Stored {
    Stored { labels: labels.clone(), ms, text: text(value, start) }
}
