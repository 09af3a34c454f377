//! Samples in: resolve label sets, validate rows, write the record, apply, acknowledge.
//! INV-2: a batch is applied under one lock after its record was written, so it is visible whole
//! and to every query that starts later. INV-19: what the journal refused is not applied.
//!
//! Cost of a row: 10 ns lookup, 15 ns record, 10 ns append, 15 ns sealing; of a batch: one
//! write(2).

use crate::db::{Db, RETRY_AFTER, Writer};
use crate::encoding::histograms::is_consistent;
use crate::head::{AppliedRow, Head, Newest};
use crate::options::{Durability, Limits};
use crate::record::{self, RecordParts};
use journal::{JournalErrorKind, Position};
use model::{
    AppendError, AppendErrorKind, Appender, Batch, BatchReport, Exemplar, GroupKey, Labels,
    MetricMetadata, Rejection, Row, RowFault, SeriesRef, Timestamp, Value,
};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Capacity of the record buffer that stays after a large batch.
const RECORD_BYTES_KEPT: usize = 1 << 20;
/// Longest help text that is kept.
const HELP_BYTES_MAX: usize = 64 << 10;
/// Longest label text of an exemplar that is kept (OpenMetrics allows 128 characters).
const EXEMPLAR_BYTES_MAX: usize = 4 << 10;

/// Instants between which samples are taken, and what the disk has.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    oldest: Timestamp,
    newest: Timestamp,
    /// Samples older than the newest of their series are taken from here on; `None`: never.
    late: Option<Timestamp>,
    /// Records before this place survive a power cut.
    synced: Position,
}

/// What will be stored of a batch.
#[derive(Default)]
struct Plan<'a> {
    rows: Vec<&'a Row>,
    /// Rows older than the newest of their series.
    late: Vec<&'a Row>,
    exemplars: Vec<&'a (SeriesRef, Exemplar)>,
    metadata: Vec<&'a MetricMetadata>,
    births: Vec<SeriesRef>,
    report: BatchReport,
    /// A row is older than the newest of its series, and that one lies in the future.
    clock_went_back: bool,
}

impl Appender for Db {
    fn resolve(&self, group: GroupKey, labels: &Labels) -> Result<SeriesRef, AppendError> {
        if let Some(series) = self.state.read().head.find(labels) {
            return Ok(series);
        }
        check_labels(labels, &self.options.limits)?;
        let writer = self.writer.lock();
        if writer.closed {
            return Err(AppendError::new(AppendErrorKind::Closed, "the database is closed"));
        }
        self.check_room(group, labels)?;
        let mut state = self.state.write();
        if let Some(series) = state.head.find(labels) {
            return Ok(series);
        }
        let series = state.head.insert(group, labels);
        self.head_memory.store(state.head.memory, Ordering::Relaxed);
        drop(state);
        drop(writer);
        self.counters.series_created.add(1);
        Ok(series)
    }

    fn commit(&self, batch: &Batch) -> Result<BatchReport, AppendError> {
        let (report, place) = self.commit_to_page_cache(batch)?;
        if self.durability() == Durability::Sync
            && let Some(place) = place
        {
            self.sync_to(place)?;
        }
        self.counters.note(&report);
        Ok(report)
    }
}

impl Db {
    /// Limits on new series; known ones are never refused.
    fn check_room(&self, group: GroupKey, labels: &Labels) -> Result<(), AppendError> {
        let limits = &self.options.limits;
        let state = self.state.read();
        let (all, own) = (state.head.len(), state.head.group_series(group));
        drop(state);
        let limit = |what: &str, count: usize, max: usize| {
            self.counters.series_refused.add(1);
            let text = format!("cannot add series {labels}: {count} series {what}, {max} allowed");
            Err(AppendError::new(AppendErrorKind::SeriesLimit, text))
        };
        if all >= limits.series_max {
            return limit("in memory", all, limits.series_max);
        }
        if own >= limits.series_per_group_max {
            return limit("of this target", own, limits.series_per_group_max);
        }
        let (used, max) = (self.memory_bytes(), self.options.memory_bytes_max);
        if used > max {
            self.counters.series_refused.add(1);
            let text =
                format!("cannot add series {labels}: {used} bytes of memory used, {max} allowed");
            let error = AppendError::new(AppendErrorKind::Overloaded, text);
            return Err(error.retry_after(RETRY_AFTER));
        }
        Ok(())
    }

    /// Everything but the sync; gives the place of the record to wait for.
    fn commit_to_page_cache(
        &self,
        batch: &Batch,
    ) -> Result<(BatchReport, Option<Position>), AppendError> {
        let mut writer = self.writer.lock();
        self.admit(&mut writer)?;
        let state = self.state.read();
        let bounds = self.bounds(&state.head);
        state.head.warm(&batch.rows);
        let plan = plan(&state.head, batch, bounds, &self.options.limits);
        if plan.clock_went_back {
            self.clock_went_back.store(true, Ordering::Relaxed);
        }
        let birth = |id: &SeriesRef| {
            let series = state.head.get(*id).expect("planned rows have living series");
            (*id, state.head.group_key(series), series.labels.clone())
        };
        let parts = RecordParts {
            group: batch.group,
            births: plan.births.iter().map(birth).collect(),
            rows: plan.rows,
            exemplars: plan.exemplars,
            metadata: plan.metadata,
            late: plan.late,
        };
        drop(state);
        if parts.is_empty() {
            // Rows that were there already may still wait for their sync.
            let wait = (plan.report.repeated > 0).then(|| last_place(&writer));
            return Ok((plan.report, wait.flatten()));
        }
        let place = self.write_record(&mut writer, &parts)?;
        self.apply(&parts, place);
        self.counters.late.add(parts.late.len() as u64);
        drop(writer);
        Ok((plan.report, Some(place)))
    }

    /// What is taken now. The window for late samples is measured against the newest sample of all
    /// series as upstream does, unless a clock that was ahead left that one in the future.
    fn bounds(&self, head: &Head) -> Bounds {
        let newest = self.future_limit();
        let late = |window: Duration| {
            let stored = Timestamp::from_ms(head.newest_ms);
            let reference = if stored > newest { self.clock.now() } else { stored };
            reference.saturating_sub(window)
        };
        Bounds {
            oldest: Timestamp::from_ms(self.horizon_ms.load(Ordering::Relaxed)),
            newest,
            late: self.out_of_order_window().map(late),
            synced: self.syncer.synced(),
        }
    }

    fn write_record(
        &self,
        writer: &mut Writer,
        parts: &RecordParts<'_>,
    ) -> Result<Position, AppendError> {
        let Writer { record, journal, .. } = writer;
        record.clear();
        parts.encode(record);
        let outcome = journal.append(record);
        let len = record.len() as u64;
        record.shrink_to(RECORD_BYTES_KEPT);
        match outcome {
            Ok(place) => {
                self.counters.journal_bytes.add(len);
                writer.trouble = None;
                writer.unflushed_bytes += len;
                Ok(place)
            }
            Err(error) if error.kind() == JournalErrorKind::RecordSize => {
                let rows = parts.rows.len() + parts.late.len();
                let text = format!("batch of {rows} rows is too large: {error}");
                Err(AppendError::new(AppendErrorKind::Overloaded, text).caused_by(error))
            }
            Err(error) => {
                self.counters.journal_failures.add(1);
                writer.note_trouble(error.to_string(), self.clock.monotonic());
                Err(writer.refusal().caused_by(error))
            }
        }
    }

    /// Makes a written batch visible (INV-2).
    fn apply(&self, parts: &RecordParts<'_>, place: Position) {
        let limits = &self.options.limits;
        let instants = parts.rows.iter().chain(&parts.late).map(|row| row.timestamp.ms());
        let oldest_ms = instants.min();
        let mut state = self.state.write();
        if let Some(oldest_ms) = oldest_ms {
            state.changes.note(oldest_ms);
        }
        let head = &mut state.head;
        for (id, ..) in &parts.births {
            head.get_mut(*id).expect("planned births live").set_born(place);
        }
        for row in &parts.rows {
            head.apply(&applied(row));
        }
        for row in &parts.late {
            head.apply_late(&applied(row));
        }
        for (id, exemplar) in &parts.exemplars {
            head.push_exemplar(*id, exemplar, limits.exemplars_max);
        }
        for entry in &parts.metadata {
            head.set_metadata(entry, limits.metadata_max);
        }
        self.head_memory.store(head.memory, Ordering::Relaxed);
    }

    fn sync_to(&self, place: Position) -> Result<(), AppendError> {
        match self.syncer.sync_to(place) {
            Ok(_) => Ok(()),
            Err(error) => {
                self.counters.sync_failures.add(1);
                let mut writer = self.writer.lock();
                writer.note_trouble(error.to_string(), self.clock.monotonic());
                Err(writer.refusal().caused_by(error))
            }
        }
    }
}

fn applied(row: &Row) -> AppliedRow<'_> {
    AppliedRow { series: row.series, timestamp: row.timestamp, value: &row.value, start: row.start }
}

/// Place just before the end of the journal, when it is not empty.
fn last_place(writer: &Writer) -> Option<Position> {
    let end = writer.journal.end();
    let offset = end.offset.checked_sub(1)?;
    Some(Position { offset, ..end })
}

pub(crate) fn check_labels(labels: &Labels, limits: &Limits) -> Result<(), AppendError> {
    let refuse = |reason: String| {
        let text = format!("cannot add series {labels}: {reason}");
        Err(AppendError::new(AppendErrorKind::InvalidLabels, text))
    };
    if labels.is_empty() {
        return refuse("it has no labels".into());
    }
    let labels_max = limits.labels_max.min(record::LABELS_MAX);
    if labels.len() > labels_max {
        return refuse(format!("{} labels, {labels_max} allowed", labels.len()));
    }
    if labels.text_len() > record::TEXT_MAX {
        let (len, max) = (labels.text_len(), record::TEXT_MAX);
        return refuse(format!("{len} bytes of labels, {max} allowed"));
    }
    for (name, value) in labels.iter() {
        if name.is_empty() {
            return refuse("a label has no name".into());
        }
        if name.len() > limits.label_name_bytes_max {
            let (len, max) = (name.len(), limits.label_name_bytes_max);
            return refuse(format!("a label name of {len} bytes, {max} allowed"));
        }
        if value.len() > limits.label_value_bytes_max {
            let (len, max) = (value.len(), limits.label_value_bytes_max);
            return refuse(format!("value of label {name:?} has {len} bytes, {max} allowed"));
        }
    }
    Ok(())
}

/// Decides about every row; changes nothing.
fn plan<'a>(head: &Head, batch: &'a Batch, bounds: Bounds, limits: &Limits) -> Plan<'a> {
    let mut plan = Plan { rows: Vec::with_capacity(batch.rows.len()), ..Plan::default() };
    let synced = bounds.synced;
    // Without a second row of any series no overlay is needed.
    let repeats = has_repeats(&batch.rows);
    let mut overlay = Overlay::default();
    let mut born: HashSet<SeriesRef, foldhash::fast::FixedState> = HashSet::default();
    for (index, row) in batch.rows.iter().enumerate() {
        let Some(series) = head.get(row.series) else {
            plan.reject(index, RowFault::UnknownSeries);
            continue;
        };
        let stored = series.newest.as_ref().map(|Newest { timestamp, value }| (*timestamp, value));
        let newest = overlay.newest(row.series).or(stored);
        let sample_at = || match overlay.find(row) {
            Some(value) => Some(value.clone()),
            None => head.sample_at(series, row.timestamp),
        };
        match verdict(row, newest, bounds, sample_at) {
            Verdict::Accept(arrival) => {
                match arrival {
                    Arrival::InOrder => plan.rows.push(row),
                    Arrival::Late => plan.late.push(row),
                }
                plan.report.accepted += 1;
                plan.clock_went_back |= arrival == Arrival::Late && stands_ahead(newest, bounds);
                if repeats {
                    overlay.note(row, arrival, bounds.late.is_some());
                }
                let durable = series.born().is_some_and(|place| place < synced);
                if !durable && (!repeats || born.insert(row.series)) {
                    plan.births.push(row.series);
                }
            }
            Verdict::Repeated => plan.report.repeated += 1,
            Verdict::Reject(fault) => {
                plan.clock_went_back |= matches!(fault, RowFault::OutOfOrder | RowFault::TooOld)
                    && stands_ahead(newest, bounds);
                plan.reject(index, fault);
            }
        }
    }
    let births: HashSet<&SeriesRef, foldhash::fast::FixedState> = plan.births.iter().collect();
    let exemplars = batch.exemplars.iter().filter(|(id, exemplar)| {
        let Some(series) = head.get(*id) else { return false };
        (series.born().is_some() || births.contains(id))
            && exemplar.labels.text_len() <= EXEMPLAR_BYTES_MAX
            && limits.exemplars_max > 0
            && !head.exemplars.is_repeated(&series.labels, exemplar)
    });
    plan.exemplars = exemplars.collect();
    plan.metadata = new_metadata(head, batch, limits);
    plan
}

/// Span of ids per row up to which a bitmap tells them apart, so that it takes 32 bytes a row.
const BITS_PER_ROW: u64 = 256;

/// Has any series more than one row? A set of all ids costs more than everything else that is
/// decided about a row, and churn leaves no sender in the order of ids.
fn has_repeats(rows: &[Row]) -> bool {
    if rows.is_sorted_by(|a, b| a.series < b.series) {
        return false;
    }
    let ids = || rows.iter().map(|row| row.series.0);
    let (first, last) = (ids().min().unwrap_or(0), ids().max().unwrap_or(0));
    if last - first >= BITS_PER_ROW * rows.len() as u64 {
        let mut seen: HashSet<u64, foldhash::fast::FixedState> = HashSet::default();
        return !ids().all(|id| seen.insert(id));
    }
    let mut seen = vec![0_u64; usize::try_from((last - first) / 64 + 1).unwrap_or(usize::MAX)];
    !ids().all(|id| {
        let place = id - first;
        let word = &mut seen[usize::try_from(place / 64).expect("a place in the bitmap")];
        let bit = 1 << (place % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    })
}

/// Is the newest sample of a series further ahead than any sample taken now?
fn stands_ahead(newest: Option<(Timestamp, &Value)>, bounds: Bounds) -> bool {
    newest.is_some_and(|(timestamp, _)| timestamp > bounds.newest)
}

fn new_metadata<'a>(head: &Head, batch: &'a Batch, limits: &Limits) -> Vec<&'a MetricMetadata> {
    let mut room = limits.metadata_max.saturating_sub(head.metadata.len());
    let wanted = batch.metadata.iter().filter(|entry| {
        let fits = !entry.metric.is_empty()
            && entry.metric.len() <= limits.label_value_bytes_max
            && entry.metadata.unit.len() <= limits.label_value_bytes_max
            && entry.metadata.help.len() <= HELP_BYTES_MAX;
        let known = head.metadata.get(&entry.metric);
        let wanted = fits && known != Some(&entry.metadata) && (known.is_some() || room > 0);
        room -= usize::from(wanted && known.is_none());
        wanted
    });
    wanted.collect()
}

/// Rows accepted so far of a batch in which series repeat.
#[derive(Default)]
struct Overlay<'a> {
    newest: HashMap<SeriesRef, &'a Row, foldhash::fast::FixedState>,
    /// All of them, when late rows are taken.
    rows: HashMap<(SeriesRef, Timestamp), &'a Row, foldhash::fast::FixedState>,
}

impl<'a> Overlay<'a> {
    fn newest(&self, series: SeriesRef) -> Option<(Timestamp, &'a Value)> {
        self.newest.get(&series).map(|row| (row.timestamp, &row.value))
    }

    fn find(&self, row: &Row) -> Option<&'a Value> {
        self.rows.get(&(row.series, row.timestamp)).map(|row| &row.value)
    }

    fn note(&mut self, row: &'a Row, arrival: Arrival, takes_late: bool) {
        if arrival == Arrival::InOrder {
            self.newest.insert(row.series, row);
        }
        if takes_late {
            self.rows.insert((row.series, row.timestamp), row);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Arrival {
    InOrder,
    Late,
}

enum Verdict {
    Accept(Arrival),
    Repeated,
    Reject(RowFault),
}

/// `sample_at` looks up what the series has in memory at the time of the row.
fn verdict(
    row: &Row,
    newest: Option<(Timestamp, &Value)>,
    bounds: Bounds,
    sample_at: impl FnOnce() -> Option<Value>,
) -> Verdict {
    if row.timestamp > bounds.newest {
        return Verdict::Reject(RowFault::TooFarInFuture);
    }
    if let Value::Histogram(histogram) = &row.value
        && !is_consistent(histogram)
    {
        return Verdict::Reject(RowFault::InvalidHistogram);
    }
    let mut arrival = Arrival::InOrder;
    if let Some((timestamp, value)) = newest {
        if row.timestamp == timestamp {
            return same_instant(value, &row.value);
        }
        if row.timestamp < timestamp {
            match bounds.late {
                None => return Verdict::Reject(RowFault::OutOfOrder),
                Some(late) if row.timestamp < late => return Verdict::Reject(RowFault::TooOld),
                Some(_) => arrival = Arrival::Late,
            }
        }
    }
    if row.timestamp < bounds.oldest {
        return Verdict::Reject(RowFault::TooOld);
    }
    match arrival {
        Arrival::InOrder => Verdict::Accept(arrival),
        Arrival::Late => {
            sample_at().map_or(Verdict::Accept(arrival), |known| same_instant(&known, &row.value))
        }
    }
}

/// The first value of an instant stays.
fn same_instant(known: &Value, new: &Value) -> Verdict {
    if known.bits_eq(new) {
        Verdict::Repeated
    } else {
        Verdict::Reject(RowFault::DuplicateTimestamp)
    }
}

impl Plan<'_> {
    fn reject(&mut self, row: usize, fault: RowFault) {
        self.report.rejected.push(Rejection { row, fault });
    }
}
