//! One series in memory: an open run of raw samples, sealed blocks behind it.
//! Neighbours: `head` owns it, selections share its sealed parts. No locks, no clock.
//!
//! Open run: 16 bytes a sample, at most 120; sealed: 0.7-2 bytes a sample and about 70 bytes a
//! block, so a series at 15 s costs about 1.3 KiB with its labels and 2 h of samples.

use crate::block;
use crate::encoding::bytes::Cursor;
use crate::encoding::{Decoded, ints};
use crate::samples::{ColumnRef, append_range};
use journal::Position;
use model::{Histogram, Labels, SampleBuf, Timestamp, Value};
use std::sync::Arc;

/// Rows after which an open run is sealed.
pub(crate) const OPEN_ROWS_MAX: usize = 120;
/// Length in ms after which an open run is sealed.
pub(crate) const OPEN_SPAN_MAX_MS: i64 = 2 * 3600 * 1000;

/// Raw samples of one type.
#[derive(Clone, Debug)]
pub(crate) enum Column {
    Floats(Vec<f64>),
    Histograms(Vec<Arc<Histogram>>),
}

impl Column {
    fn as_ref(&self) -> ColumnRef<'_> {
        match self {
            Self::Floats(values) => ColumnRef::Floats(values),
            Self::Histograms(values) => ColumnRef::Histograms(values),
        }
    }

    fn same_type(&self, value: &Value) -> bool {
        matches!(
            (self, value),
            (Self::Floats(_), Value::Float(_)) | (Self::Histograms(_), Value::Histogram(_))
        )
    }
}

/// Samples that are not encoded yet.
#[derive(Clone, Debug)]
pub(crate) struct RawRun {
    pub(crate) timestamps: Vec<i64>,
    pub(crate) column: Column,
    /// Empty, or one start per timestamp (0: unknown).
    pub(crate) starts: Vec<i64>,
}

impl RawRun {
    fn empty() -> Self {
        Self { timestamps: Vec::new(), column: Column::Floats(Vec::new()), starts: Vec::new() }
    }

    fn push(&mut self, timestamp: i64, value: &Value, start: i64) {
        match (&mut self.column, value) {
            (Column::Floats(values), Value::Float(value)) => values.push(*value),
            (Column::Histograms(values), Value::Histogram(value)) => values.push(Arc::clone(value)),
            (Column::Floats(_), Value::Histogram(value)) => {
                assert!(self.timestamps.is_empty(), "INV-10: a run has one type");
                self.column = Column::Histograms(vec![Arc::clone(value)]);
            }
            (Column::Histograms(_), Value::Float(value)) => {
                assert!(self.timestamps.is_empty(), "INV-10: a run has one type");
                self.column = Column::Floats(vec![*value]);
            }
        }
        if start != 0 || !self.starts.is_empty() {
            self.starts.resize(self.timestamps.len(), 0);
            self.starts.push(start);
        }
        self.timestamps.push(timestamp);
    }

    fn read(&self, range: (i64, i64), into: &mut SampleBuf) {
        append_range(&self.timestamps, self.column.as_ref(), &self.starts, range, into);
    }

    /// Estimated bytes of memory.
    fn memory(&self) -> usize {
        let histograms = match &self.column {
            Column::Floats(_) => 0,
            Column::Histograms(values) => values.iter().map(|h| histogram_bytes(h)).sum(),
        };
        16 * self.timestamps.len() + 8 * self.starts.len() + histograms
    }
}

/// Estimated memory of a histogram.
pub(crate) fn histogram_bytes(histogram: &Histogram) -> usize {
    size_of::<Histogram>()
        + 8 * (histogram.positive_buckets.len()
            + histogram.negative_buckets.len()
            + histogram.positive_spans.len()
            + histogram.negative_spans.len())
}

/// An encoded timestamp column that the series of a group share.
#[derive(Debug)]
pub(crate) struct TimeColumn {
    bytes: Box<[u8]>,
    len: usize,
    first: i64,
    last: i64,
}

/// The group's last sealed timestamps: series sealed at the same rows share them.
#[derive(Debug, Default)]
pub(crate) struct TimesMemo {
    raw: Vec<i64>,
    sealed: Option<Arc<TimeColumn>>,
}

impl TimesMemo {
    fn seal(&mut self, timestamps: &[i64]) -> Arc<TimeColumn> {
        if let Some(sealed) = &self.sealed
            && self.raw == timestamps
        {
            return Arc::clone(sealed);
        }
        let mut bytes = Vec::new();
        ints::encode(timestamps, &mut bytes);
        let sealed = Arc::new(TimeColumn {
            bytes: bytes.into(),
            len: timestamps.len(),
            first: timestamps[0],
            last: timestamps[timestamps.len() - 1],
        });
        self.raw.clear();
        self.raw.extend_from_slice(timestamps);
        self.sealed = Some(Arc::clone(&sealed));
        sealed
    }
}

/// An encoded block of the head.
#[derive(Debug)]
pub(crate) struct SealedBlock {
    times: Arc<TimeColumn>,
    bytes: Box<[u8]>,
}

/// Samples that no longer change; shared with selections.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Sealed(Arc<SealedBlock>),
    Raw(Arc<RawRun>),
}

impl Part {
    /// First and last timestamp.
    pub(crate) fn span(&self) -> (i64, i64) {
        match self {
            Self::Sealed(block) => (block.times.first, block.times.last),
            Self::Raw(run) => (run.timestamps[0], run.timestamps[run.timestamps.len() - 1]),
        }
    }

    /// Number of samples.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Sealed(block) => block.times.len,
            Self::Raw(run) => run.timestamps.len(),
        }
    }

    pub(crate) fn overlaps(&self, range: (i64, i64)) -> bool {
        let (first, last) = self.span();
        first <= range.1 && last >= range.0
    }

    /// Appends the samples within `range`.
    pub(crate) fn read(&self, range: (i64, i64), into: &mut SampleBuf) -> Decoded<()> {
        match self {
            Self::Raw(run) => {
                run.read(range, into);
                Ok(())
            }
            Self::Sealed(block) => {
                let mut timestamps = Vec::with_capacity(block.times.len);
                let mut cursor = Cursor::new(&block.times.bytes);
                ints::decode(&mut cursor, block.times.len, &mut timestamps)?;
                block::decode(&block.bytes, &timestamps, range, into)
            }
        }
    }

    fn memory(&self) -> usize {
        match self {
            Self::Sealed(block) => block.bytes.len() + 72,
            Self::Raw(run) => run.memory() + 120,
        }
    }
}

/// The newest sample a series ever had.
#[derive(Clone, Debug)]
pub(crate) struct Newest {
    pub(crate) timestamp: Timestamp,
    pub(crate) value: Value,
}

/// A series in memory.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) labels: Labels,
    /// Slot of its group.
    pub(crate) group: u32,
    /// Place of the latest journal record that brings its birth. Until that is durable, every
    /// record with its rows brings the birth again, so that no record needs a lost one.
    pub(crate) born: Option<Position>,
    pub(crate) newest: Option<Newest>,
    /// Generation in which the last sample came.
    pub(crate) touched: u64,
    open: RawRun,
    /// Frozen and sealed parts, older to newer, each with its generation.
    parts: Vec<(u64, Part)>,
}

impl Series {
    pub(crate) fn new(labels: Labels, group: u32) -> Self {
        Self {
            labels,
            group,
            born: None,
            newest: None,
            touched: 0,
            open: RawRun::empty(),
            parts: Vec::new(),
        }
    }

    /// Fixed memory of a series with its labels, index entries and table slots.
    pub(crate) fn fixed_memory(labels: &Labels) -> usize {
        size_of::<Self>() + 160 + labels.text_len() + labels.len() * 24
    }

    /// Appends a sample newer than all before (INV-13); returns how the memory changed.
    pub(crate) fn append(
        &mut self,
        timestamp: Timestamp,
        value: &Value,
        start: Option<Timestamp>,
        generation: u64,
        memo: &mut TimesMemo,
    ) -> isize {
        let newer = self.newest.as_ref().is_none_or(|newest| newest.timestamp < timestamp);
        assert!(newer, "INV-13: samples of a series in memory only go forward");
        let mut change = 0;
        if self.must_seal(timestamp.ms(), value) {
            change += self.seal(generation, memo);
        }
        self.open.push(timestamp.ms(), value, start.map_or(0, Timestamp::ms));
        self.newest = Some(Newest { timestamp, value: value.clone() });
        self.touched = generation;
        let size = match value {
            Value::Float(_) => 16,
            Value::Histogram(histogram) => 16 + histogram_bytes(histogram),
        };
        change + isize::try_from(size).expect("a sample is far below 2^63 bytes")
    }

    fn must_seal(&self, timestamp: i64, value: &Value) -> bool {
        let Some(first) = self.open.timestamps.first() else { return false };
        self.open.timestamps.len() >= OPEN_ROWS_MAX
            || timestamp.saturating_sub(*first) > OPEN_SPAN_MAX_MS
            || !self.open.column.same_type(value)
    }

    /// Encodes the open run as a block; returns how the memory changed.
    pub(crate) fn seal(&mut self, generation: u64, memo: &mut TimesMemo) -> isize {
        if self.open.timestamps.is_empty() {
            return 0;
        }
        let before = self.open.memory();
        let times = memo.seal(&self.open.timestamps);
        let mut bytes = Vec::new();
        block::encode(
            &self.open.timestamps,
            self.open.column.as_ref(),
            &self.open.starts,
            &mut bytes,
        );
        let part = Part::Sealed(Arc::new(SealedBlock { times, bytes: bytes.into() }));
        let change = part.memory().cast_signed() - before.cast_signed();
        self.parts.push((generation, part));
        self.clear_open();
        change
    }

    /// Keeps the buffers of floats: the next run fills them again.
    fn clear_open(&mut self) {
        self.open.timestamps.clear();
        self.open.starts.clear();
        match &mut self.open.column {
            Column::Floats(values) => values.clear(),
            Column::Histograms(values) => values.clear(),
        }
    }

    /// Takes the open run as it is into the parts of `generation` and gives all of them.
    pub(crate) fn freeze(&mut self, generation: u64) -> Vec<Part> {
        if !self.open.timestamps.is_empty() {
            let run = std::mem::replace(&mut self.open, RawRun::empty());
            self.parts.push((generation, Part::Raw(Arc::new(run))));
        }
        self.parts.iter().map(|(_, part)| part.clone()).collect()
    }

    /// Forgets parts up to `generation`: they are in segments now. Returns the memory freed.
    pub(crate) fn forget(&mut self, generation: u64) -> usize {
        let mut freed = 0;
        self.parts.retain(|(born, part)| {
            let keep = *born > generation;
            freed += if keep { 0 } else { part.memory() };
            keep
        });
        self.parts.shrink_to_fit();
        freed
    }

    /// Number of samples in memory.
    pub(crate) fn samples(&self) -> usize {
        self.open.timestamps.len() + self.parts.iter().map(|(_, part)| part.len()).sum::<usize>()
    }

    /// First and last timestamp in memory.
    pub(crate) fn span(&self) -> Option<(i64, i64)> {
        let first = match self.parts.first() {
            Some((_, part)) => part.span().0,
            None => *self.open.timestamps.first()?,
        };
        let last = match self.open.timestamps.last() {
            Some(last) => *last,
            None => self.parts.last()?.1.span().1,
        };
        Some((first, last))
    }

    /// Has it samples within the range (judged by the spans of its parts)?
    pub(crate) fn overlaps(&self, range: (i64, i64)) -> bool {
        let open = RawSpan::of(&self.open.timestamps);
        open.is_some_and(|span| span.overlaps(range))
            || self.parts.iter().any(|(_, part)| part.overlaps(range))
    }

    /// What is visible now within the range: shared parts, and a copy of the open run's share.
    pub(crate) fn view(&self, range: (i64, i64)) -> Vec<Part> {
        let parts = self.parts.iter().map(|(_, part)| part).filter(|part| part.overlaps(range));
        let mut view: Vec<Part> = parts.cloned().collect();
        if RawSpan::of(&self.open.timestamps).is_some_and(|span| span.overlaps(range)) {
            let copy = self.copy_open(range);
            if !copy.timestamps.is_empty() {
                view.push(Part::Raw(Arc::new(copy)));
            }
        }
        view
    }

    fn copy_open(&self, range: (i64, i64)) -> RawRun {
        let from = self.open.timestamps.partition_point(|t| *t < range.0);
        let to = self.open.timestamps.partition_point(|t| *t <= range.1);
        let column = match &self.open.column {
            Column::Floats(values) => Column::Floats(values[from..to].to_vec()),
            Column::Histograms(values) => Column::Histograms(values[from..to].to_vec()),
        };
        let starts = if self.open.starts.is_empty() {
            Vec::new()
        } else {
            self.open.starts[from..to].to_vec()
        };
        RawRun { timestamps: self.open.timestamps[from..to].to_vec(), column, starts }
    }
}

struct RawSpan(i64, i64);

impl RawSpan {
    fn of(timestamps: &[i64]) -> Option<Self> {
        Some(Self(*timestamps.first()?, *timestamps.last()?))
    }

    fn overlaps(&self, range: (i64, i64)) -> bool {
        self.0 <= range.1 && self.1 >= range.0
    }
}
