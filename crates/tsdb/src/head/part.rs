//! Pieces of a series in memory that selections and flushes share: raw runs and encoded blocks.
//! Made by `series`, read by everybody through [`Part`]; what is a part never changes.

use super::narrow::Narrow;
use crate::block;
use crate::encoding::bytes::Cursor;
use crate::encoding::{Decoded, Effort, ints};
use crate::reading::{ColumnKey, Scratch};
use crate::samples::{self, ColumnRef};
use model::{Histogram, SampleBuf, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// Raw samples of one type.
#[derive(Clone, Debug)]
pub(crate) enum Column {
    Floats(Vec<f64>),
    Histograms(Vec<Arc<Histogram>>),
}

impl Column {
    pub(super) fn as_ref(&self) -> ColumnRef<'_> {
        match self {
            Self::Floats(values) => ColumnRef::Floats(values),
            Self::Histograms(values) => ColumnRef::Histograms(values),
        }
    }
}

/// Samples that are not encoded yet.
#[derive(Clone, Debug)]
pub(crate) struct RawRun {
    /// Shared by series that stand in the same rows of their group.
    pub(crate) timestamps: Arc<[i64]>,
    pub(super) values: Narrow,
    /// Empty, or one start per timestamp (0: unknown).
    pub(crate) starts: Vec<i64>,
}

impl RawRun {
    fn read(&self, range: (i64, i64), scratch: &mut Scratch, into: &mut SampleBuf) {
        let wanted = samples::within(&self.timestamps, range);
        if !wanted.is_empty() {
            scratch.note_rows(in_memory(&self.timestamps), wanted.clone());
            self.values.append_to(&self.timestamps, &self.starts, wanted, into);
        }
    }

    /// Estimated bytes of memory.
    pub(super) fn memory(&self) -> usize {
        8 * self.timestamps.len() + self.values.memory() + 8 * self.starts.len()
    }
}

fn ends(timestamps: &[i64]) -> (i64, i64) {
    (timestamps[0], timestamps[timestamps.len() - 1])
}

/// A column that is at the same place as long as somebody holds it.
fn in_memory<T: ?Sized>(column: &Arc<T>) -> ColumnKey {
    ColumnKey::InMemory(Arc::as_ptr(column).addr())
}

/// Open rows of a group: its slot, the first row and the number of rows.
type RowsKey = (u32, usize, usize);

/// Copies of the open rows of groups, one for all series that stand in the same rows.
#[derive(Debug, Default)]
pub(crate) struct RowCopies {
    copies: HashMap<RowsKey, Arc<Arc<[i64]>>, foldhash::fast::FixedState>,
    /// Values are copied only where there are staleness markers.
    pub(super) presence_only: bool,
}

impl RowCopies {
    /// For a view in which floats need no values, unless they are staleness markers.
    pub(crate) fn of_presence() -> Self {
        Self { presence_only: true, ..Self::default() }
    }

    /// A copy of `rows`, which begin with this row of the group.
    pub(super) fn of(&mut self, (group, first): (u32, usize), rows: &[i64]) -> Arc<Arc<[i64]>> {
        let copy = self.copies.entry((group, first, rows.len()));
        Arc::clone(copy.or_insert_with(|| Arc::new(rows.into())))
    }
}

/// Estimated memory of a histogram.
pub(crate) fn histogram_bytes(histogram: &Histogram) -> usize {
    size_of::<Histogram>()
        + 8 * (histogram.positive_buckets.len()
            + histogram.negative_buckets.len()
            + histogram.positive_spans.len()
            + histogram.negative_spans.len()
            + histogram.custom_values.len())
}

/// An encoded timestamp column that the series of a group share.
#[derive(Debug)]
pub(crate) struct TimeColumn {
    bytes: Box<[u8]>,
    len: usize,
    first: i64,
    last: i64,
}

impl TimeColumn {
    fn decode(&self) -> Decoded<Vec<i64>> {
        let mut timestamps = Vec::with_capacity(self.len);
        ints::decode(&mut Cursor::new(&self.bytes), self.len, &mut timestamps)?;
        Ok(timestamps)
    }
}

/// The group's last sealed timestamps: series sealed at the same rows share them.
#[derive(Debug, Default)]
pub(super) struct TimesMemo {
    raw: Vec<i64>,
    sealed: Option<Arc<TimeColumn>>,
}

impl TimesMemo {
    pub(super) fn seal(&mut self, timestamps: &[i64]) -> Arc<TimeColumn> {
        if let Some(sealed) = &self.sealed
            && self.raw == timestamps
        {
            return Arc::clone(sealed);
        }
        let mut bytes = Vec::new();
        ints::encode(timestamps, Effort::Quick, &mut bytes);
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

/// Samples of one series in memory at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    /// One after the other in time.
    pub(crate) in_order: Vec<Part>,
    /// Anywhere in time; INV-27 keeps their instants apart from all others.
    pub(crate) late: Vec<Part>,
}

impl View {
    pub(crate) fn is_empty(&self) -> bool {
        self.in_order.is_empty() && self.late.is_empty()
    }

    /// At most so many samples.
    pub(crate) fn samples_max(&self) -> usize {
        self.in_order.iter().chain(&self.late).map(Part::len).sum()
    }

    /// Bytes that it takes: a run that was open is a copy, the rest is shared.
    pub(crate) fn bytes(&self) -> usize {
        let copied = |part: &Part| match part {
            Part::Sealed(_) | Part::Present(_) => 0,
            Part::Raw(run) => run.memory() + 64,
        };
        let parts = self.in_order.iter().chain(&self.late);
        parts.map(|part| size_of::<Part>() + copied(part)).sum()
    }

    /// Merges the samples within `range` into `into`, which holds older sources (INV-11).
    pub(crate) fn read(
        &self,
        range: (i64, i64),
        scratch: &mut Scratch,
        into: &mut SampleBuf,
    ) -> Decoded<()> {
        let mut in_order = self.in_order.iter().filter(|part| part.overlaps(range)).peekable();
        if let Some(first) = in_order.peek() {
            if into.timestamps.last().is_none_or(|last| *last < first.span().0) {
                in_order.try_for_each(|part| part.read(range, scratch, into))?;
            } else {
                let mut own = SampleBuf::default();
                in_order.try_for_each(|part| part.read(range, scratch, &mut own))?;
                scratch.note_mixed();
                samples::merge(into, &own);
            }
        }
        let mut own = SampleBuf::default();
        for part in self.late.iter().filter(|part| part.overlaps(range)) {
            own.clear();
            part.read(range, scratch, &mut own)?;
            scratch.note_mixed();
            samples::merge(into, &own);
        }
        Ok(())
    }
}

/// Samples that no longer change; shared with selections.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Sealed(Arc<SealedBlock>),
    Raw(Arc<RawRun>),
    /// Floats whose values nobody wants to know; only in views.
    Present(Arc<Arc<[i64]>>),
}

const _: () = assert!(size_of::<Part>() == 16, "there is one for each sealed block");

impl Part {
    /// Encodes a run whose timestamps are encoded already.
    pub(super) fn seal(
        times: Arc<TimeColumn>,
        timestamps: &[i64],
        column: &Column,
        starts: &[i64],
    ) -> Self {
        let mut bytes = Vec::new();
        block::encode(timestamps, column.as_ref(), starts, Effort::Quick, &mut bytes);
        Self::Sealed(Arc::new(SealedBlock { times, bytes: bytes.into() }))
    }

    /// First and last timestamp.
    pub(crate) fn span(&self) -> (i64, i64) {
        match self {
            Self::Sealed(block) => (block.times.first, block.times.last),
            Self::Raw(run) => ends(&run.timestamps),
            Self::Present(timestamps) => ends(timestamps),
        }
    }

    /// Number of samples.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Sealed(block) => block.times.len,
            Self::Raw(run) => run.timestamps.len(),
            Self::Present(timestamps) => timestamps.len(),
        }
    }

    pub(crate) fn overlaps(&self, range: (i64, i64)) -> bool {
        let (first, last) = self.span();
        first <= range.1 && last >= range.0
    }

    /// The sample of an instant, if there is one.
    pub(super) fn find(&self, timestamp: i64) -> Option<Value> {
        let instant = (timestamp, timestamp);
        if !self.overlaps(instant) {
            return None;
        }
        let mut found = SampleBuf::default();
        self.read(instant, &mut Scratch::default(), &mut found)
            .expect("INV-10: what was sealed in memory can be decoded");
        let float = found.values.first()?;
        let histogram = found.histograms.first();
        Some(histogram.map_or(Value::Float(*float), |(_, h)| Value::Histogram(Arc::clone(h))))
    }

    /// Appends the samples within `range`.
    pub(crate) fn read(
        &self,
        range: (i64, i64),
        scratch: &mut Scratch,
        into: &mut SampleBuf,
    ) -> Decoded<()> {
        let block = match self {
            Self::Raw(run) => {
                run.read(range, scratch, into);
                return Ok(());
            }
            Self::Present(timestamps) => {
                let wanted = samples::within(timestamps, range);
                if !wanted.is_empty() {
                    scratch.note_rows(in_memory(timestamps), wanted.clone());
                    samples::append_present(&timestamps[wanted], into);
                }
                return Ok(());
            }
            Self::Sealed(block) => block,
        };
        let column = in_memory(&block.times);
        let times = scratch.column(column, |_| block.times.decode())?;
        let wanted = samples::within(&times, range);
        if wanted.is_empty() {
            return Ok(());
        }
        scratch.note_rows(column, wanted.clone());
        scratch.decode_block(&block.bytes, &times, wanted, into)
    }

    /// Estimated bytes of memory, without timestamps: most series share them, and raw parts live
    /// for one flush.
    pub(super) fn memory(&self) -> usize {
        match self {
            Self::Sealed(block) => block.bytes.len() + 72,
            Self::Raw(run) => run.values.memory() + 8 * run.starts.len() + 120,
            Self::Present(_) => 0,
        }
    }
}
