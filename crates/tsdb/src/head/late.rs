//! Late samples of one series: those that are older than its newest, within the window that the
//! operator allows. Kept apart from what only goes forward, in any order of arrival.
//! INV-27: an instant of a series has one sample in memory, in order or late.
//!
//! Cost: 32 bytes a sample while open (at most 120, kept sorted), a block behind that; a series
//! without late samples pays 8 bytes.

use super::AppliedRow;
use super::narrow::Narrow;
use super::part::{Part, RawRun, TimesMemo, histogram_bytes};
use super::series::OPEN_ROWS_MAX;
use model::{Timestamp, Value};
use std::sync::Arc;

#[derive(Clone, Debug)]
struct LateSample {
    timestamp: i64,
    /// 0: unknown.
    start: i64,
    value: Value,
}

/// Late samples of one series.
#[derive(Debug, Default)]
pub(super) struct Late {
    /// Strictly increasing by timestamp, at most [`OPEN_ROWS_MAX`].
    open: Vec<LateSample>,
    /// Sealed and frozen parts, each with its generation; they may overlap in time.
    parts: Vec<(u32, Part)>,
}

impl Late {
    /// Memory of a box without samples.
    pub(super) const BYTES: usize = size_of::<Self>();

    /// The sample of an instant, if there is one.
    pub(super) fn find(&self, timestamp: i64) -> Option<Value> {
        match self.open.binary_search_by_key(&timestamp, |sample| sample.timestamp) {
            Ok(at) => Some(self.open[at].value.clone()),
            Err(_) => self.parts.iter().find_map(|(_, part)| part.find(timestamp)),
        }
    }

    /// Adds a sample at an instant that has none; returns how the memory changed.
    pub(super) fn insert(&mut self, row: &AppliedRow<'_>, generation: u32) -> isize {
        let timestamp = row.timestamp.ms();
        let mut change = 0;
        if self.open.len() >= OPEN_ROWS_MAX {
            change += self.seal(generation);
        }
        let at = self.open.binary_search_by_key(&timestamp, |sample| sample.timestamp);
        let at = at.expect_err("INV-27: an instant has one sample");
        let start = row.start.map_or(0, Timestamp::ms);
        let sample = LateSample { timestamp, start, value: row.value.clone() };
        change += bytes(&sample).cast_signed();
        self.open.insert(at, sample);
        change
    }

    /// Encodes the open samples, a block for each run of one type; returns how the memory changed.
    fn seal(&mut self, generation: u32) -> isize {
        let mut change = 0_isize;
        for run in runs(&self.open) {
            let times = TimesMemo::default().seal(&run.timestamps);
            let column = run.values.column(0, run.timestamps.len());
            let part = Part::seal(times, &run.timestamps, &column, &run.starts);
            change += part.memory().cast_signed();
            self.parts.push((generation, part));
        }
        change -= self.open.iter().map(bytes).sum::<usize>().cast_signed();
        self.open.clear();
        change
    }

    /// Takes the open samples as they are into the parts of `generation`; returns how the memory
    /// changed.
    pub(super) fn freeze(&mut self, generation: u32) -> isize {
        let open = std::mem::take(&mut self.open);
        let mut change = -open.iter().map(bytes).sum::<usize>().cast_signed();
        for run in runs(&open) {
            let part = Part::Raw(Arc::new(run));
            change += part.memory().cast_signed();
            self.parts.push((generation, part));
        }
        change
    }

    /// Parts up to `generation`.
    pub(super) fn frozen(&self, generation: u32) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(move |(born, _)| *born <= generation).map(|(_, part)| part)
    }

    /// Forgets parts up to `generation`; returns the memory freed.
    pub(super) fn forget(&mut self, generation: u32) -> usize {
        let gone = self.parts.extract_if(.., |(born, _)| *born <= generation);
        gone.map(|(_, part)| part.memory()).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty() && self.parts.is_empty()
    }

    /// Number of samples.
    pub(super) fn len(&self) -> usize {
        self.open.len() + self.parts.iter().map(|(_, part)| part.len()).sum::<usize>()
    }

    /// Does a sample lie within the range (judged by the spans of the parts)?
    pub(super) fn overlaps(&self, range: (i64, i64)) -> bool {
        !self.open_within(range).is_empty()
            || self.parts.iter().any(|(_, part)| part.overlaps(range))
    }

    /// What lies within the range: shared parts, and a copy of the open samples.
    pub(super) fn view(&self, range: (i64, i64)) -> Vec<Part> {
        let parts = self.parts.iter().map(|(_, part)| part).filter(|part| part.overlaps(range));
        let open = runs(self.open_within(range)).into_iter();
        parts.cloned().chain(open.map(|run| Part::Raw(Arc::new(run)))).collect()
    }

    fn open_within(&self, range: (i64, i64)) -> &[LateSample] {
        let from = self.open.partition_point(|sample| sample.timestamp < range.0);
        let to = self.open.partition_point(|sample| sample.timestamp <= range.1);
        &self.open[from..to.max(from)]
    }
}

/// Estimated bytes of memory.
fn bytes(sample: &LateSample) -> usize {
    size_of::<LateSample>()
        + match &sample.value {
            Value::Float(_) => 0,
            Value::Histogram(histogram) => histogram_bytes(histogram),
        }
}

/// Cuts samples into runs of one type.
fn runs(samples: &[LateSample]) -> Vec<RawRun> {
    let is_float = |sample: &LateSample| matches!(sample.value, Value::Float(_));
    samples.chunk_by(|a, b| is_float(a) == is_float(b)).map(run).collect()
}

fn run(samples: &[LateSample]) -> RawRun {
    let (mut floats, mut histograms) = (Vec::new(), Vec::new());
    for sample in samples {
        match &sample.value {
            Value::Float(value) => floats.push(*value),
            Value::Histogram(histogram) => histograms.push(Arc::clone(histogram)),
        }
    }
    let values =
        if histograms.is_empty() { Narrow::Floats(floats) } else { Narrow::Histograms(histograms) };
    let mut starts: Vec<i64> = samples.iter().map(|sample| sample.start).collect();
    if starts.iter().all(|start| *start == 0) {
        starts.clear();
    }
    RawRun { timestamps: samples.iter().map(|sample| sample.timestamp).collect(), values, starts }
}
