//! From memory to segments: freeze the head, write segments and checkpoint, register them, forget.
//! INV-18: registered by one manifest change, the journal is cut only afterwards; a crash anywhere
//! leaves the old state with its journal or the new one, never both and never neither.
//! INV-22: a file that a manifest on the disk may name is never removed or written again.

use crate::checkpoint::{self, Frozen, Pages, SERIES_PAGE_ENTRIES};
use crate::db::{Db, Maintenance, PendingFlush, State, Writer, journal_error};
use crate::encoding::{Decoded, Effort};
use crate::error::{DbError, DbResult};
use crate::head::{Part, RowCopies, Standing, View};
use crate::manifest::{Manifest, SegmentEntry};
use crate::reading::Scratch;
use crate::record::RecordParts;
use crate::segment::{Segment, SegmentWriter};
use journal::{JournalError, Position};
use model::{Labels, MetricMetadata, SampleBuf, SeriesRef};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

mod ranks;

pub(crate) use ranks::SeriesRanks;

/// Length of a flushed segment, ms.
pub(crate) const WINDOW_MS: i64 = 2 * 3600 * 1000;
/// Length of a day segment, ms.
pub(crate) const DAY_MS: i64 = 24 * 3600 * 1000;
/// Most segments of one flush; older data beyond shares one.
const SEGMENTS_MAX: usize = 64;
/// Series whose samples are looked up under the lock at once: about 50 us.
const SERIES_AT_ONCE: usize = 256;
/// Series whose spans are looked up under the lock at once: about 50 us.
const SPANS_AT_ONCE: u64 = 1024;

/// Start of the aligned span of `width` that holds an instant.
pub(crate) fn span_start(timestamp: i64, width: i64) -> i64 {
    timestamp.saturating_sub(timestamp.rem_euclid(width))
}

impl Db {
    /// Writes everything in memory into segments; `false` when there was nothing to write.
    pub fn flush(&self) -> DbResult<bool> {
        self.flush_with(&mut self.maintenance.lock())
    }

    /// A flush that failed earlier comes first, then what came since.
    pub(crate) fn flush_with(&self, maintenance: &mut Maintenance) -> DbResult<bool> {
        let finished = maintenance.pending.is_some();
        if finished {
            self.finish_pending(maintenance)?;
        }
        maintenance.pending = self.freeze()?;
        let frozen = maintenance.pending.is_some();
        if frozen {
            self.finish_pending(maintenance)?;
        }
        if self.clock_went_back.swap(false, Ordering::Relaxed) {
            let _writer = self.writer.lock();
            self.state.write().head.forgive_future(self.future_limit());
        }
        Ok(finished || frozen)
    }

    fn finish_pending(&self, maintenance: &mut Maintenance) -> DbResult<()> {
        let Some(pending) = maintenance.pending.take() else { return Ok(()) };
        match self.write_flush(maintenance, &pending) {
            Ok(()) => {
                self.counters.flushes.add(1);
                maintenance.flushed_at = self.clock.monotonic();
                Ok(())
            }
            Err(error) => {
                // The frozen part stays visible and is written again with the next call.
                self.counters.flush_failures.add(1);
                maintenance.pending = Some(pending);
                Err(error)
            }
        }
    }

    /// Cuts head and journal at one place: everything before belongs to this flush.
    fn freeze(&self) -> DbResult<Option<PendingFlush>> {
        let mut writer = self.writer.lock();
        if writer.unflushed_bytes == 0 {
            return Ok(None);
        }
        // Unsynced records may be written again behind the cut when a sync fails; so none is left.
        writer.journal.sync().map_err(|error| journal_error(&error))?;
        writer.journal.rotate();
        writer.unflushed_bytes = 0;
        let floor = writer.journal.end();
        let mut state = self.state.write();
        let generation = state.head.generation;
        let mut standing = state.head.freeze();
        let limit = self.future_limit();
        for one in &mut standing {
            // After a restart the future is forgiven as well.
            one.newest = one.newest.take().filter(|newest| newest.timestamp <= limit);
        }
        let metadata = state.head.metadata.iter().map(|(metric, metadata)| MetricMetadata {
            metric: metric.clone(),
            metadata: metadata.clone(),
        });
        let others = Frozen {
            series: Vec::new(),
            metadata: metadata.collect(),
            exemplars: state.head.exemplars.iter().cloned().collect(),
        };
        let series_ids = state.head.first_id()..state.head.next_id();
        drop((state, writer));
        let newest = standing.iter().filter_map(|one| one.newest.as_ref());
        let newest_ms = newest.map(|newest| newest.timestamp.ms()).max().unwrap_or(i64::MIN);
        let checkpoint = self.checkpoint(&standing, &others);
        Ok(Some(PendingFlush { generation, floor, series_ids, newest_ms, checkpoint }))
    }

    /// Encodes the checkpoint of a flush. Series leave memory only at the end of a flush, so those
    /// of the freeze are there; the lock is held for a page of them at a time.
    fn checkpoint(&self, standing: &[Standing], others: &Frozen) -> Pages {
        let mut pages = Pages::default();
        for some in standing.chunks(SERIES_PAGE_ENTRIES) {
            let series = self.state.read().head.describe(some);
            pages.add(&Frozen { series, ..Frozen::default() });
        }
        pages.add(others);
        pages
    }

    fn write_flush(&self, maintenance: &mut Maintenance, pending: &PendingFlush) -> DbResult<()> {
        let mut manifest = maintenance.manifest.clone();
        let mut made = Vec::new();
        let ranks = &mut maintenance.ranks;
        ranks.cover(&pending.series_ids);
        let segments = match self.write_files(&mut manifest, pending, ranks, &mut made) {
            Ok(segments) => segments,
            Err(error) => {
                self.discard(maintenance, &made);
                return Err(error);
            }
        };
        self.register(maintenance, manifest)?;
        let kept = self.keep_before_cut(pending.floor, maintenance.manifest.checkpoint);
        let mut writer = self.writer.lock();
        {
            let mut state = self.state.write();
            state.add_segments(segments);
            state.head.forget(pending.generation);
            // A series whose name could not be kept for readers of the tail stays.
            let idle_since = pending.newest_ms.saturating_sub(2 * WINDOW_MS);
            let idle_since = if kept.is_ok() { idle_since } else { i64::MIN };
            let dropped = state.head.drop_idle(pending.generation, idle_since);
            self.counters.series_dropped.add(dropped as u64);
            self.note_head_memory(&state);
        }
        // Failing to cut the journal costs room until the next flush, nothing else; the flush
        // itself is registered and must not be repeated.
        if kept.is_err() || cut_journal(&mut writer, pending.floor).is_err() {
            self.counters.journal_failures.add(1);
        }
        drop(writer);
        self.remove_obsolete(maintenance);
        Ok(())
    }

    pub(crate) fn note_head_memory(&self, state: &State) {
        self.head_memory.store(state.head.memory, Ordering::Relaxed);
    }

    /// Writes the segments and the checkpoint of a flush and opens them; fills in the manifest and
    /// the numbers of the files made so far.
    fn write_files(
        &self,
        manifest: &mut Manifest,
        pending: &PendingFlush,
        ranks: &mut SeriesRanks,
        made: &mut Vec<u64>,
    ) -> DbResult<Vec<Arc<Segment>>> {
        let mut ranges = FlushRanges::default();
        let metrics = self.state.read().head.metrics();
        self.note_ranges(pending, &mut ranges)?;
        let mut segments = Vec::new();
        for range in ranges.finish() {
            let id = manifest.next_segment;
            manifest.next_segment += 1;
            let path = self.layout.segment(id);
            let mut writer = SegmentWriter::create(&*self.vfs, &path, Effort::Quick)?;
            let (mut samples, mut scratch) = (SampleBuf::default(), Scratch::default());
            self.for_each_frozen(&metrics, pending.generation, ranks, &mut |labels, view| {
                samples.clear();
                scratch.begin();
                view.read(range, &mut scratch, &mut samples).map_err(|damage| {
                    DbError::corrupt("encode samples in memory for", &path, &damage)
                })?;
                writer.add_series(labels, &samples)
            })?;
            made.push(id);
            writer.finish()?;
            segments.push(Arc::new(Segment::open(&*self.vfs, &path, id, &self.cache)?));
            manifest.segments.push(SegmentEntry { id, age: id });
        }
        let checkpoint = manifest.next_segment;
        manifest.next_segment += 1;
        let path = self.layout.checkpoint(checkpoint);
        made.push(checkpoint);
        checkpoint::write(&*self.vfs, &path, &pending.checkpoint)?;
        manifest.obsolete.extend(manifest.fallback.take());
        manifest.fallback = manifest.checkpoint.replace(checkpoint);
        manifest.floor = pending.floor;
        manifest.rebuilt = false;
        manifest.next_series = pending.series_ids.end;
        manifest.first_series = pending.series_ids.start;
        Ok(segments)
    }

    /// Notes which windows the frozen samples touch; the lock is held for a few series at a time.
    fn note_ranges(&self, pending: &PendingFlush, ranges: &mut FlushRanges) -> DbResult<()> {
        let mut ids = pending.series_ids.clone();
        while !ids.is_empty() {
            let some = ids.start..ids.end.min(ids.start + SPANS_AT_ONCE);
            ids.start = some.end;
            let mut late = Vec::new();
            let state = self.state.read();
            for id in some {
                state.head.frozen_spans(SeriesRef(id), pending.generation, |span| {
                    ranges.note_span(span);
                });
                late.extend(state.head.frozen_late(SeriesRef(id), pending.generation));
            }
            drop(state);
            for part in late {
                ranges.note_late(&part).map_err(|damage| {
                    let path = self.layout.segments();
                    DbError::corrupt("encode samples in memory for", &path, &damage)
                })?;
            }
        }
        Ok(())
    }

    /// Calls `each` with the frozen samples of one series after another, in the order of a segment.
    /// Metric by metric, so that no list of all series is needed; the lock is held for a few of
    /// them at a time, so that writers hardly wait, and a flush holds the parts of a few only.
    fn for_each_frozen(
        &self,
        metrics: &[Option<Box<str>>],
        generation: u32,
        ranks: &mut SeriesRanks,
        each: &mut dyn FnMut(&Labels, &View) -> DbResult<()>,
    ) -> DbResult<()> {
        let mut metrics = metrics.iter();
        let mut series: Vec<(Labels, SeriesRef)> = Vec::new();
        while !metrics.as_slice().is_empty() {
            series.clear();
            {
                let state = self.state.read();
                for metric in metrics.by_ref() {
                    let first = series.len();
                    state.head.list_metric(metric.as_deref(), &mut series);
                    ranks.sort(&mut series[first..]);
                    if series.len() >= SERIES_AT_ONCE {
                        break;
                    }
                }
            }
            for some in series.chunks(SERIES_AT_ONCE) {
                let views = self.frozen_views(some, generation);
                let held = some.iter().zip(&views).filter(|(_, view)| !view.is_empty());
                held.map(|((labels, _), view)| (labels, view))
                    .try_for_each(|(labels, view)| each(labels, view))?;
            }
        }
        Ok(())
    }

    fn frozen_views(&self, some: &[(Labels, SeriesRef)], generation: u32) -> Vec<View> {
        let state = self.state.read();
        let mut copies = RowCopies::default();
        some.iter().map(|(_, id)| state.head.frozen(*id, generation, &mut copies)).collect()
    }

    /// Replaces the manifest. When that fails the disk may hold either one, so files of both stay
    /// (INV-22): numbers are not used again, and what the retry replaces becomes obsolete.
    pub(crate) fn register(
        &self,
        maintenance: &mut Maintenance,
        manifest: Manifest,
    ) -> DbResult<()> {
        let outcome = manifest.store(&*self.vfs, &self.layout.manifest());
        if outcome.is_ok() {
            maintenance.manifest = manifest;
            return outcome;
        }
        let old = &mut maintenance.manifest;
        old.next_segment = manifest.next_segment;
        let known = |id: u64| old.segments.iter().any(|segment| segment.id == id);
        let fresh = manifest.segments.iter().map(|segment| segment.id).filter(|id| !known(*id));
        let mut fresh: Vec<u64> = fresh.collect();
        fresh.extend(manifest.checkpoint.filter(|id| old.checkpoint != Some(*id)));
        // The present fallback is obsolete in the new manifest only; here it stays.
        old.obsolete.extend(fresh);
        outcome
    }

    /// Removes files that the stored manifest calls obsolete. They stay listed until their removal
    /// survives a power cut: a file that comes back must be known.
    pub(crate) fn remove_obsolete(&self, maintenance: &mut Maintenance) {
        let obsolete = &mut maintenance.manifest.obsolete;
        if obsolete.is_empty() {
            return;
        }
        let gone: Vec<u64> = obsolete.iter().copied().filter(|id| self.remove_files(*id)).collect();
        if self.vfs.sync_dir(&self.layout.segments()).is_ok() {
            obsolete.retain(|id| !gone.contains(id));
        }
    }

    /// Removes files that no manifest names. One that resists, or might come back with a power
    /// cut, becomes obsolete: its number is not used for another file, and it stays known.
    pub(crate) fn discard(&self, maintenance: &mut Maintenance, made: &[u64]) {
        let Some(last) = made.iter().max() else { return };
        let gone = made.iter().filter(|id| self.remove_files(**id)).count() == made.len();
        if gone && self.vfs.sync_dir(&self.layout.segments()).is_ok() {
            return;
        }
        let manifest = &mut maintenance.manifest;
        manifest.next_segment = manifest.next_segment.max(last + 1);
        manifest.obsolete.extend(made);
    }

    /// Removes segment and checkpoint of a number; `false` when one of them is still there.
    fn remove_files(&self, id: u64) -> bool {
        self.cache.forget(id);
        let resists = |path: &PathBuf| {
            let present = self.vfs.exists(path).unwrap_or(true);
            present && self.vfs.remove_file(path).is_err()
        };
        ![self.layout.segment(id), self.layout.checkpoint(id)].iter().any(resists)
    }
}

/// Removes from the journal what is in segments. Its last file always stays, so an empty record
/// begins a new one; and that one is on the disk before the older ones go, because the numbers of
/// further files continue from it.
fn cut_journal(writer: &mut Writer, floor: Position) -> Result<(), JournalError> {
    if writer.unflushed_bytes == 0 {
        let mut nothing = Vec::new();
        RecordParts::default().encode(&mut nothing);
        writer.journal.append(&nothing)?;
    }
    writer.journal.sync()?;
    // The file of the floor was closed there, so it goes as a whole.
    writer.journal.truncate_before(Position { segment: floor.segment + 1, offset: 0 })
}

impl State {
    /// Makes new segments visible in the order of their age.
    pub(crate) fn add_segments(&mut self, new: Vec<Arc<Segment>>) {
        let mut segments = self.segments.to_vec();
        segments.extend(new);
        self.segments = Arc::new(segments);
    }
}

/// Ranges of the segments of a flush: two-hour windows, whole days for what is older than the day
/// before the newest sample, one for everything when there would be too many.
#[derive(Default)]
struct FlushRanges {
    /// Start of each two-hour window that has samples, and the newest instant.
    starts: BTreeSet<i64>,
    /// The start noted last.
    noted: Option<i64>,
    last: Option<i64>,
    samples: SampleBuf,
}

impl FlushRanges {
    /// Notes a part in order: at most as long as a window, so its ends name all it touches.
    fn note_span(&mut self, (first, last): (i64, i64)) {
        for instant in [first, last] {
            let start = span_start(instant, WINDOW_MS);
            // Most series stand in the windows of the one before.
            if self.noted != Some(start) {
                self.starts.insert(start);
                self.noted = Some(start);
            }
        }
        self.last = self.last.max(Some(last));
    }

    fn note_late(&mut self, part: &Part) -> Decoded<()> {
        self.samples.clear();
        part.read((i64::MIN, i64::MAX), &mut Scratch::default(), &mut self.samples)?;
        let times = self.samples.timestamps.iter();
        self.starts.extend(times.map(|timestamp| span_start(*timestamp, WINDOW_MS)));
        self.last = self.last.max(self.samples.timestamps.last().copied());
        Ok(())
    }

    fn finish(self) -> Vec<(i64, i64)> {
        let recent = span_start(self.last.unwrap_or(0), DAY_MS).saturating_sub(DAY_MS);
        let wide = |start: i64| {
            if start >= recent { (start, WINDOW_MS) } else { (span_start(start, DAY_MS), DAY_MS) }
        };
        let spans: BTreeSet<(i64, i64)> = self.starts.into_iter().map(wide).collect();
        let end = |start: i64, width: i64| start.saturating_add(width - 1);
        let mut ranges: Vec<_> = spans.into_iter().map(|(s, width)| (s, end(s, width))).collect();
        if ranges.len() > SEGMENTS_MAX {
            let joined = ranges.len() - SEGMENTS_MAX;
            let oldest = (ranges[0].0, ranges[joined].1);
            ranges.drain(..=joined);
            ranges.insert(0, oldest);
        }
        ranges
    }
}

#[cfg(test)]
mod tests;
