//! Buckets of classic histograms written lately: the counts of a bucket contain those of the next
//! lower one, so that their difference is shorter. Used by the writer of segments for data at rest.
//! Bounded in memory, in the distance of a reference (readers of one series after another then
//! have what is referred to at hand) and in the length of chains of references.

use super::CHAIN_MAX;
use crate::encoding::floats::{Integers, Place};
use crate::encoding::presence::Presence;
use model::Labels;
use std::collections::HashMap;

/// Label of the upper bound of a bucket.
const BOUND_LABEL: &str = "le";
/// Integers kept, 4 MiB; then all of them are forgotten.
const INTEGERS_KEPT: usize = 1 << 19;
/// Integers of buckets that may lie between a block and the one it refers to.
const REACH: usize = 1 << 18;
/// Bounds are sorted as texts ("10" before "2.5"): the next lower one is one of the last two.
const BUCKETS_KEPT: usize = 2;
/// What a histogram takes besides its integers, in integers.
const GROUP_COST: usize = 32;

/// A block that others can refer to.
pub(super) struct Column {
    times: u32,
    presence: Presence,
    /// Where it stands.
    pub(super) place: Place,
    /// Blocks that it needs to be decoded, itself included.
    pub(super) chain: usize,
    /// Integers of buckets when it was written.
    at: usize,
    pub(super) integers: Integers,
}

/// A series of a histogram.
struct Bucket {
    bound: f64,
    columns: Vec<Column>,
}

/// See the module.
#[derive(Default)]
pub(super) struct Buckets {
    /// By the symbols of all labels but the bound.
    histograms: HashMap<Box<[u32]>, Vec<Bucket>, foldhash::fast::FixedState>,
    /// The series being written: its histogram and bound.
    present: Option<(Box<[u32]>, f64)>,
    kept: usize,
    seen: usize,
}

impl Buckets {
    /// Begins a series with these symbols: name and value in turn.
    pub(super) fn begin(&mut self, labels: &Labels, symbols: &[u32]) {
        let bound = labels.get(BOUND_LABEL).and_then(|bound| bound.parse::<f64>().ok());
        let bound = bound.filter(|bound| !bound.is_nan());
        self.present = bound.map(|bound| {
            let at = labels.iter().position(|(name, _)| name == BOUND_LABEL).unwrap_or(0);
            let rest = symbols[..2 * at].iter().chain(&symbols[2 * at + 2..]);
            (rest.copied().collect(), bound)
        });
    }

    /// Is the series being written a bucket?
    pub(super) fn is_bucket(&self) -> bool {
        self.present.is_some()
    }

    /// The column of the next lower bucket with the same timestamps.
    pub(super) fn below(&self, times: u32, presence: &Presence) -> Option<&Column> {
        let (histogram, bound) = self.present.as_ref()?;
        let lower = self.histograms.get(histogram)?.iter().filter(|b| b.bound < *bound);
        let next = lower.max_by(|a, b| a.bound.total_cmp(&b.bound))?;
        let same = |column: &&Column| column.times == times && column.presence == *presence;
        let column = next.columns.iter().find(same)?;
        let near = self.seen - column.at <= REACH;
        (near && column.chain < CHAIN_MAX).then_some(column)
    }

    /// Keeps a block of the series being written.
    pub(super) fn keep(
        &mut self,
        (times, presence): (u32, &Presence),
        place: Place,
        chain: usize,
        integers: Integers,
    ) {
        let Some((histogram, bound)) = &self.present else { return };
        let len = integers.values.len();
        self.seen += len;
        if self.kept + len > INTEGERS_KEPT {
            self.histograms.clear();
            self.kept = 0;
        }
        if !self.histograms.contains_key(histogram) {
            self.kept += GROUP_COST;
        }
        let buckets = self.histograms.entry(histogram.clone()).or_default();
        if buckets.last().is_none_or(|last| last.bound.to_bits() != bound.to_bits()) {
            if buckets.len() == BUCKETS_KEPT {
                let gone = buckets.remove(0);
                let lens = gone.columns.iter().map(|column| column.integers.values.len());
                self.kept -= lens.sum::<usize>();
            }
            buckets.push(Bucket { bound: *bound, columns: Vec::new() });
        }
        if let Some(last) = buckets.last_mut() {
            let (presence, at) = (presence.clone(), self.seen);
            last.columns.push(Column { times, presence, place, chain, at, integers });
            self.kept += len;
        }
    }
}

#[cfg(test)]
mod tests;
