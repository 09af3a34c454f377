//! Work on decoded samples: appending some of a run, merging overlapping sources without doubles.
//! Used by selections, flushes and compaction; `model::SampleBuf` is the common form.
//! INV-11: of two samples with one timestamp the one of the older source stays.

use model::{Histogram, SampleBuf};
use std::ops::Range;
use std::sync::Arc;

/// One run of samples of one type, borrowed; what a block holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ColumnRef<'a> {
    Floats(&'a [f64]),
    Histograms(&'a [Arc<Histogram>]),
}

impl ColumnRef<'_> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Floats(values) => values.len(),
            Self::Histograms(values) => values.len(),
        }
    }
}

/// The samples that lie within `range`, both ends included.
pub(crate) fn within(timestamps: &[i64], range: (i64, i64)) -> Range<usize> {
    let from = timestamps.partition_point(|t| *t < range.0);
    let to = timestamps.partition_point(|t| *t <= range.1);
    from..to.max(from)
}

/// Appends the wanted samples of one run. `starts` is empty or has one entry per timestamp.
pub(crate) fn append(
    timestamps: &[i64],
    column: ColumnRef<'_>,
    starts: &[i64],
    wanted: Range<usize>,
    into: &mut SampleBuf,
) {
    assert_eq!(timestamps.len(), column.len(), "INV-10: a timestamp per sample");
    if wanted.is_empty() {
        return;
    }
    let before = into.timestamps.len();
    append_starts(starts, wanted.clone(), into);
    match column {
        ColumnRef::Floats(values) => into.values.extend_from_slice(&values[wanted.clone()]),
        ColumnRef::Histograms(histograms) => {
            let numbered = histograms[wanted.clone()].iter().enumerate();
            into.histograms.extend(numbered.map(|(index, h)| (before + index, Arc::clone(h))));
            into.values.resize(before + wanted.len(), f64::NAN);
        }
    }
    into.timestamps.extend_from_slice(&timestamps[wanted]);
}

/// Appends samples that are there with some value.
pub(crate) fn append_present(timestamps: &[i64], into: &mut SampleBuf) {
    append_starts(&[], 0..timestamps.len(), into);
    into.timestamps.extend_from_slice(timestamps);
    into.values.resize(into.timestamps.len(), 0.0);
}

/// Appends the starts of samples that are about to be appended, if any start is known at all.
pub(crate) fn append_starts(starts: &[i64], wanted: Range<usize>, into: &mut SampleBuf) {
    let before = into.timestamps.len();
    if !starts.is_empty() {
        into.starts.resize(before, 0);
        into.starts.extend_from_slice(&starts[wanted]);
    } else if !into.starts.is_empty() {
        into.starts.resize(before + wanted.len(), 0);
    }
}

/// Appends `newer` to `older`; where they overlap in time they are merged and INV-11 decides.
pub(crate) fn merge(older: &mut SampleBuf, newer: &SampleBuf) {
    if newer.is_empty() {
        return;
    }
    let disjoint = older.timestamps.last().is_none_or(|last| *last < newer.timestamps[0]);
    if disjoint {
        append_all(older, newer);
        return;
    }
    let mut merged = SampleBuf::default();
    let (mut left, mut right) = (Reader::new(older), Reader::new(newer));
    loop {
        match (left.timestamp(), right.timestamp()) {
            (Some(l), Some(r)) if l <= r => {
                left.move_to(&mut merged);
                if l == r {
                    right.skip();
                }
            }
            (_, Some(_)) => right.move_to(&mut merged),
            (Some(_), None) => left.move_to(&mut merged),
            (None, None) => break,
        }
    }
    *older = merged;
}

fn append_all(older: &mut SampleBuf, newer: &SampleBuf) {
    let before = older.len();
    if !newer.starts.is_empty() {
        older.starts.resize(before, 0);
        older.starts.extend_from_slice(&newer.starts);
    } else if !older.starts.is_empty() {
        older.starts.resize(before + newer.len(), 0);
    }
    let moved = newer.histograms.iter().map(|(index, h)| (before + index, Arc::clone(h)));
    older.histograms.extend(moved);
    older.values.extend_from_slice(&newer.values);
    older.timestamps.extend_from_slice(&newer.timestamps);
}

/// Reads samples one by one, whatever their type.
struct Reader<'a> {
    samples: &'a SampleBuf,
    at: usize,
    histogram: usize,
}

impl<'a> Reader<'a> {
    fn new(samples: &'a SampleBuf) -> Self {
        Self { samples, at: 0, histogram: 0 }
    }

    fn timestamp(&self) -> Option<i64> {
        self.samples.timestamps.get(self.at).copied()
    }

    fn current_histogram(&self) -> Option<&Arc<Histogram>> {
        let (index, histogram) = self.samples.histograms.get(self.histogram)?;
        (*index == self.at).then_some(histogram)
    }

    fn move_to(&mut self, into: &mut SampleBuf) {
        let timestamp = self.samples.timestamps[self.at];
        let start = self.samples.starts.get(self.at).copied().unwrap_or(0);
        if start != 0 || !into.starts.is_empty() {
            into.starts.resize(into.timestamps.len(), 0);
            into.starts.push(start);
        }
        match self.current_histogram() {
            Some(histogram) => into.push_histogram(timestamp, Arc::clone(histogram)),
            None => into.push(timestamp, self.samples.values[self.at]),
        }
        self.skip();
    }

    fn skip(&mut self) {
        if self.current_histogram().is_some() {
            self.histogram += 1;
        }
        self.at += 1;
    }
}

/// Removes the samples within the ranges (both ends included), which ascend and do not touch.
pub(crate) fn remove(samples: &mut SampleBuf, ranges: &[(i64, i64)]) {
    let hit = |(first, last): &(i64, i64)| {
        let from = samples.timestamps.partition_point(|t| t < first);
        samples.timestamps.get(from).is_some_and(|t| t <= last)
    };
    if !ranges.iter().any(hit) {
        return;
    }
    let mut left = SampleBuf::default();
    let mut reader = Reader::new(samples);
    let mut ranges = ranges.iter().peekable();
    while let Some(timestamp) = reader.timestamp() {
        while ranges.next_if(|range| range.1 < timestamp).is_some() {}
        match ranges.peek() {
            Some(range) if range.0 <= timestamp => reader.skip(),
            Some(_) | None => reader.move_to(&mut left),
        }
    }
    *samples = left;
}

/// Calls `each` for every run of one type, in the order of time, with its index range.
pub(crate) fn for_each_run(samples: &SampleBuf, mut each: impl FnMut(Run)) {
    let mut at = 0;
    let mut histogram = 0;
    while at < samples.len() {
        let next = samples.histograms.get(histogram).map_or(samples.len(), |(index, _)| *index);
        if at < next {
            each(Run { first: at, count: next - at, histograms: None });
            at = next;
            continue;
        }
        let from = histogram;
        while samples.histograms.get(histogram).is_some_and(|(index, _)| *index == at) {
            at += 1;
            histogram += 1;
        }
        each(Run { first: next, count: at - next, histograms: Some(from) });
    }
}

/// Consecutive samples of one type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    /// Index of the first sample.
    pub(crate) first: usize,
    /// Number of samples.
    pub(crate) count: usize,
    /// Index of the first one in `SampleBuf::histograms`, when they are histograms.
    pub(crate) histograms: Option<usize>,
}

#[cfg(test)]
mod tests;
