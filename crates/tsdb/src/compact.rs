//! Few large segments instead of many small ones: windows of two hours, then days, both only when
//! they are closed; many tiny segments of an open window in between.
//! Decides from spans and sizes alone (`plan`), merges one series at a time, registers atomically.
//! INV-23: a compaction changes no answer; sources that held damage keep a name in quarantine.

use crate::db::{Db, Maintenance};
use crate::encoding::Effort;
use crate::error::{DbError, DbErrorKind, DbResult};
use crate::flush::{DAY_MS, WINDOW_MS, span_start};
use crate::manifest::SegmentEntry;
use crate::open::preserve;
use crate::reading::Scratch;
use crate::segment::{Losses, Segment, SegmentWriter, SeriesPages, SeriesPart, series_order};
use crate::tombstone::Deleted;
use model::{SampleBuf, Timestamp};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// A window or day is closed when it ended this long ago: late samples come in small segments.
const GRACE_MS: i64 = 10 * 60 * 1000;
/// Segments of an open window that are merged at once.
const TINY_COUNT: usize = 8;
/// A late segment waits for others until together they are this share of what is there.
const LATE_SHARE: u64 = 16;

/// What a plan needs to know of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) id: u64,
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) bytes: u64,
}

/// Chooses the segments of the next merge among all, which come in the order of their age; `now`
/// is the newest instant that clock and data agree on.
pub(crate) fn plan(segments: &[Candidate], now: i64, eager: bool) -> Option<Vec<u64>> {
    let closed = |start: i64, width: i64| start.saturating_add(width + GRACE_MS) <= now;
    // At the end of time everything is closed: windows would only be merged twice.
    let widths = if now == i64::MAX { [DAY_MS, WINDOW_MS] } else { [WINDOW_MS, DAY_MS] };
    let worth = |run: &[Candidate]| {
        let largest = run.iter().map(|c| c.bytes).max().unwrap_or(0);
        let others: u64 = run.iter().map(|c| c.bytes).sum::<u64>() - largest;
        run.len() >= TINY_COUNT || others * LATE_SHARE >= largest
    };
    for width in widths {
        for (start, group) in within(segments, width) {
            let due = |run: &Vec<Candidate>| run.len() > 1 && (eager || worth(run));
            let found = runs(segments, &group).into_iter().find(due);
            if found.is_some() && closed(start, width) {
                return found.map(|run| ids(&run));
            }
        }
    }
    let tiny = |group: &Vec<Candidate>| -> Option<Vec<u64>> {
        let median = group.get(group.len() / 2)?.bytes;
        let similar = group.iter().filter(|c| c.bytes <= median.saturating_mul(4));
        let similar: Vec<Candidate> = similar.copied().collect();
        let found = runs(segments, &similar).into_iter().find(|run| run.len() >= TINY_COUNT);
        found.map(|run| ids(&run))
    };
    within(segments, WINDOW_MS).values().find_map(tiny)
}

fn ids(run: &[Candidate]) -> Vec<u64> {
    run.iter().map(|candidate| candidate.id).collect()
}

/// Parts of a group that may become one segment. The result is as old as its oldest source, so a
/// segment that overlaps the group, does not belong to it and lies between two of its ages parts
/// it: the younger ones must not overtake it (INV-11).
fn runs(segments: &[Candidate], group: &[Candidate]) -> Vec<Vec<Candidate>> {
    let first = group.iter().map(|c| c.first).min().unwrap_or(i64::MAX);
    let last = group.iter().map(|c| c.last).max().unwrap_or(i64::MIN);
    let belongs = |candidate: &Candidate| group.contains(candidate);
    let concerned: Vec<Candidate> =
        segments.iter().filter(|c| c.first <= last && c.last >= first).copied().collect();
    let parts = concerned.split(|candidate| !belongs(candidate));
    parts.map(<[Candidate]>::to_vec).collect()
}

/// Segments that lie wholly within one aligned span, by its start.
fn within(segments: &[Candidate], width: i64) -> BTreeMap<i64, Vec<Candidate>> {
    let mut groups: BTreeMap<i64, Vec<Candidate>> = BTreeMap::new();
    for candidate in segments {
        let start = span_start(candidate.first, width);
        if span_start(candidate.last, width) == start {
            groups.entry(start).or_default().push(*candidate);
        }
    }
    groups
}

/// A source of a merge with the next series to be taken.
struct Source {
    segment: Arc<Segment>,
    pages: SeriesPages,
    deleted: Deleted,
    next: u32,
    losses: Losses,
}

impl Source {
    fn labels(&mut self) -> DbResult<Option<model::Labels>> {
        self.segment.labels_of(self.next, &mut self.pages)
    }
}

impl Db {
    /// Does one merge or purge if one is due; `false` when there is none.
    pub fn compact_step(&self, now: Timestamp) -> DbResult<bool> {
        self.compact_once(now, false)
    }

    /// Flushes, merges and purges until nothing is left to do; `cold` also merges windows and days
    /// that are still open.
    pub fn compact_now(&self, cold: bool) -> DbResult<()> {
        self.flush()?;
        self.merge_now(cold)
    }

    /// The same without what is in memory.
    pub fn merge_now(&self, cold: bool) -> DbResult<()> {
        let now = if cold { Timestamp::MAX } else { self.clock.now() };
        while self.compact_once(now, true)? {}
        Ok(())
    }

    fn compact_once(&self, now: Timestamp, eager: bool) -> DbResult<bool> {
        let _compactor = self.compactor.lock();
        self.set_unusable_aside()?;
        let segments = Arc::clone(&self.state.read().segments);
        let agreed = if now == Timestamp::MAX { now } else { self.agreed_now(now) };
        let candidates: Vec<Candidate> = segments.iter().map(|s| candidate(s)).collect();
        let Some(ids) = plan(&candidates, agreed.ms(), eager) else { return self.purge_one() };
        // In the order of age, because INV-11 gives the older source precedence.
        let chosen = segments.iter().filter(|segment| ids.contains(&segment.id)).cloned();
        let chosen: Vec<_> = chosen.collect();
        let effort = if now == Timestamp::MAX { Effort::Cold } else { effort_for(&chosen) };
        self.merge_counted(chosen, effort).map(|()| true)
    }

    /// One merge (of a single segment: a purge), with the compactor's turn held.
    pub(crate) fn merge_counted(&self, chosen: Vec<Arc<Segment>>, effort: Effort) -> DbResult<()> {
        let outcome = self.check_room_for(&chosen).and_then(|()| self.merge(chosen, effort));
        match outcome {
            Ok(()) => self.counters.compactions.add(1),
            Err(_) => self.counters.compaction_failures.add(1),
        }
        outcome
    }

    /// A merge needs room for its result beside its sources; on a disk nearly full it would only
    /// take the journal's room, again and again.
    fn check_room_for(&self, chosen: &[Arc<Segment>]) -> DbResult<()> {
        // A filesystem that cannot tell its space is left to its write errors.
        let Ok(space) = self.vfs.space(&self.layout.tenant) else { return Ok(()) };
        let bytes: u64 = chosen.iter().map(|segment| segment.bytes).sum();
        let needed = bytes.saturating_add(self.options.free_bytes_min);
        if space.available >= needed {
            return Ok(());
        }
        let text = format!(
            "cannot merge {} segments: {} bytes free, {needed} needed",
            chosen.len(),
            space.available
        );
        Err(DbError::new(DbErrorKind::DiskFull, text))
    }

    fn merge(&self, chosen: Vec<Arc<Segment>>, effort: Effort) -> DbResult<()> {
        // What is asked to be deleted from here on has a border above the number of the result, so
        // it hides what this merge takes along.
        let (id, tombstones) = {
            let mut maintenance = self.maintenance.lock();
            maintenance.manifest.next_segment += 1;
            let manifest = &maintenance.manifest;
            (manifest.next_segment - 1, manifest.tombstones.clone())
        };
        let mut sources = Vec::with_capacity(chosen.len());
        for segment in chosen {
            let deleted = if tombstones.iter().any(|tombstone| tombstone.concerns(&segment)) {
                Deleted::find(&tombstones, &segment, &*segment.index()?)
            } else {
                Deleted::default()
            };
            let pages = segment.series_pages()?;
            sources.push(Source { segment, pages, deleted, next: 0, losses: Losses::default() });
        }
        let path = self.layout.segment(id);
        let written = self.write_merged((&path, id), effort, &mut sources);
        let merged = written.inspect_err(|_| {
            self.discard(&mut self.maintenance.lock(), &[id]);
        })?;
        let damaged = sources.iter().filter(|source| source.losses.blocks > 0);
        for source in damaged {
            preserve(&*self.vfs, &self.layout, source.segment.path())?;
        }
        self.replace_segments(&sources, merged)
    }

    fn write_merged(
        &self,
        (path, id): (&Path, u64),
        effort: Effort,
        sources: &mut [Source],
    ) -> DbResult<Option<Arc<Segment>>> {
        let mut writer = SegmentWriter::create(&*self.vfs, path, effort)?;
        merge_series(&mut writer, sources)?;
        if writer.series() == 0 {
            return Ok(None);
        }
        writer.finish()?;
        Ok(Some(Arc::new(Segment::open(&*self.vfs, path, id, &self.cache)?)))
    }

    fn replace_segments(&self, sources: &[Source], merged: Option<Arc<Segment>>) -> DbResult<()> {
        let gone: Vec<u64> = sources.iter().map(|source| source.segment.id).collect();
        let mut maintenance = self.maintenance.lock();
        let mut manifest = maintenance.manifest.clone();
        let ages = manifest.segments.iter().filter(|entry| gone.contains(&entry.id));
        let age = ages.map(|entry| entry.age).min();
        manifest.segments.retain(|entry| !gone.contains(&entry.id));
        manifest.obsolete.extend(&gone);
        if let Some(merged) = &merged {
            let age = age.unwrap_or(merged.id);
            manifest.segments.push(SegmentEntry { id: merged.id, age });
            manifest.segments.sort_by_key(|entry| (entry.age, entry.id));
        }
        self.register(&mut maintenance, manifest)?;
        self.publish(&maintenance, merged);
        self.remove_obsolete(&mut maintenance);
        Ok(())
    }

    /// Shows queries exactly the registered segments and deletions.
    pub(crate) fn publish(&self, maintenance: &Maintenance, new: Option<Arc<Segment>>) {
        let mut state = self.state.write();
        let mut known: BTreeMap<u64, Arc<Segment>> =
            state.segments.iter().map(|segment| (segment.id, Arc::clone(segment))).collect();
        known.extend(new.map(|segment| (segment.id, segment)));
        let listed = maintenance.manifest.segments.iter();
        state.segments = Arc::new(listed.filter_map(|entry| known.remove(&entry.id)).collect());
        state.tombstones = Arc::new(maintenance.manifest.tombstones.clone());
    }

    /// Moves segments whose index is damaged to quarantine and gives those with damaged pages a
    /// second name there.
    fn set_unusable_aside(&self) -> DbResult<()> {
        let segments = Arc::clone(&self.state.read().segments);
        for segment in segments.iter() {
            if segment.is_unusable() {
                self.drop_unusable(segment)?;
            } else if !segment.damaged_pages().is_empty() {
                let mut maintenance = self.maintenance.lock();
                if maintenance.preserved.insert(segment.id) {
                    let made = preserve(&*self.vfs, &self.layout, segment.path())?;
                    self.counters.quarantined.add(u64::from(made.is_some()));
                }
            }
        }
        Ok(())
    }

    fn drop_unusable(&self, segment: &Segment) -> DbResult<()> {
        let mut maintenance = self.maintenance.lock();
        // A second name first: whatever happens next, the bytes stay.
        let made = preserve(&*self.vfs, &self.layout, segment.path())?;
        self.counters.quarantined.add(u64::from(made.is_some()));
        let mut manifest = maintenance.manifest.clone();
        manifest.segments.retain(|entry| entry.id != segment.id);
        manifest.obsolete.push(segment.id);
        self.register(&mut maintenance, manifest)?;
        self.publish(&maintenance, None);
        self.note_change(i64::MIN);
        self.remove_obsolete(&mut maintenance);
        Ok(())
    }
}

/// What goes beyond a window is at rest: it is read rarely and merged hardly ever again.
pub(crate) fn effort_for(segments: &[Arc<Segment>]) -> Effort {
    let first = segments.iter().map(|segment| segment.summary.first).min();
    let last = segments.iter().map(|segment| segment.summary.last).max();
    match first.zip(last) {
        Some((first, last)) if last.saturating_sub(first) >= WINDOW_MS => Effort::Cold,
        _ => Effort::Quick,
    }
}

fn candidate(segment: &Segment) -> Candidate {
    let (first, last) = (segment.summary.first, segment.summary.last);
    Candidate { id: segment.id, first, last, bytes: segment.bytes }
}

/// Takes the least label set of all sources, again and again.
fn merge_series(writer: &mut SegmentWriter<'_>, sources: &mut [Source]) -> DbResult<()> {
    let heads = sources.iter_mut().map(Source::labels).collect::<DbResult<Vec<_>>>();
    let mut heads: Vec<Option<model::Labels>> = heads?;
    let (mut samples, mut scratch) = (SampleBuf::default(), Scratch::of_merge());
    loop {
        let least = heads.iter().flatten().min_by(|a, b| series_order(a, b)).cloned();
        let Some(least) = least else { return Ok(()) };
        samples.clear();
        for ((number, source), head) in (0..).zip(&mut *sources).zip(&mut heads) {
            if head.as_ref() != Some(&least) {
                continue;
            }
            let Source { segment, pages, deleted, next, .. } = source;
            let (range, (index, table)) = ((i64::MIN, i64::MAX), pages.index());
            let part = SeriesPart { source: number, index, table, ordinal: *next, range, deleted };
            scratch.begin();
            let losses = segment.read_part(&part, &mut scratch, &mut samples);
            source.losses.blocks += losses.blocks;
            source.next += 1;
            let next = source.labels()?;
            if next.as_ref().is_some_and(|next| series_order(&least, next).is_ge()) {
                source.segment.mark_unusable();
                let text = format!("series of {} are not sorted", source.segment.path().display());
                return Err(DbError::new(DbErrorKind::Corrupt, text));
            }
            *head = next;
        }
        writer.add_series(&least, &samples)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::SeriesTable;

    fn candidates(list: &[(i64, i64, u64)]) -> Vec<Candidate> {
        let numbered = (1..).zip(list);
        numbered
            .map(|(id, (first, last, bytes))| Candidate {
                id,
                first: *first,
                last: *last,
                bytes: *bytes,
            })
            .collect()
    }

    const H: i64 = 3_600_000;

    #[test]
    fn only_closed_windows_and_days_are_merged() {
        let two = candidates(&[(0, H, 100), (H + 1, 2 * H - 1, 100)]);
        assert_eq!(plan(&two, 2 * H, false), None);
        assert_eq!(plan(&two, 2 * H + GRACE_MS, false), Some(vec![1, 2]));
        let day: Vec<_> = (0..12).map(|i| (i * 2 * H, i * 2 * H + H, 100)).collect();
        let day = candidates(&day);
        assert_eq!(plan(&day, 24 * H, false), None);
        assert_eq!(plan(&day, 25 * H, false).map(|ids| ids.len()), Some(12));
        assert_eq!(plan(&day[..1], 25 * H, false), None, "one segment is enough for a day");
    }

    #[test]
    fn many_tiny_segments_of_an_open_window_are_merged() {
        let tiny: Vec<_> = (0..9).map(|i| (i * 1000, i * 1000 + 999, 10)).collect();
        assert_eq!(plan(&candidates(&tiny), H, false).map(|ids| ids.len()), Some(9));
        assert_eq!(plan(&candidates(&tiny[..7]), H, false), None);
    }

    #[test]
    fn inv_11_no_segment_overtakes_an_older_one_that_it_overlaps() {
        let late_day = (0, 23 * H, 100);
        let window = (0, H, 100);
        let all = candidates(&[window, late_day, window, window]);
        assert_eq!(
            plan(&all, 3 * H, true),
            Some(vec![3, 4]),
            "the first one is older than the day"
        );
        assert_eq!(plan(&all[..3], 3 * H, true), None);
        assert_eq!(plan(&all[..3], 25 * H, true), Some(vec![1, 2, 3]), "the day is closed");
        let large = (0, H, 1000);
        let mut tiny = vec![window; 7];
        tiny.extend([large, window]);
        assert_eq!(plan(&candidates(&tiny), H, false), None, "eight, and a larger one among them");
        tiny.extend(vec![window; 7]);
        assert_eq!(plan(&candidates(&tiny), H, false), Some((9..17).collect()));
    }

    #[test]
    fn a_late_crumb_waits_for_others() {
        let late = candidates(&[(0, 23 * H, 10_000), (H, H + 5, 10)]);
        assert_eq!(plan(&late, 30 * H, false), None);
        assert_eq!(plan(&late, 30 * H, true), Some(vec![1, 2]));
        let more = candidates(&[(0, 23 * H, 10_000), (H, H + 5, 800)]);
        assert_eq!(plan(&more, 30 * H, false), Some(vec![1, 2]));
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        let ends = candidates(&[
            (i64::MIN, i64::MAX, 1),
            (i64::MAX, i64::MAX, 1),
            (i64::MIN, i64::MIN, 1),
        ]);
        assert_eq!(plan(&ends, i64::MAX, true), None);
        assert_eq!(plan(&ends, i64::MIN, true), None);
    }

    #[test]
    fn inv_17_a_source_whose_series_are_not_sorted_is_merged_with_nothing() {
        let vfs = sys::sim::SimVfs::new(1);
        let path = |id: u64| std::path::PathBuf::from(format!("/{id:016x}.seg"));
        let mut writer = SegmentWriter::create(&vfs, &path(1), Effort::Quick).unwrap();
        let mut samples = SampleBuf::default();
        samples.push(1, 1.0);
        for name in ["a", "b"] {
            let labels = model::Labels::from_pairs([("n", name)]);
            writer.add_series(&labels, &samples).unwrap();
        }
        writer.finish().unwrap();
        let cache = Arc::new(crate::cache::BlockCache::new(0));
        let segment = Arc::new(Segment::open(&vfs, &path(1), 1, &cache).unwrap());
        let index = Arc::try_unwrap(segment.index().unwrap()).unwrap();
        let found = index.label_names().into_iter().map(|name| index.symbols.find(name).unwrap());
        assert_eq!(found.collect::<Vec<_>>(), [2], "symbols: a, b, n");
        let table = SeriesTable::unsorted(&[[2, 1], [2, 0]]);
        let (deleted, losses) = (Deleted::default(), Losses::default());
        let pages = SeriesPages::of_table(index, table);
        let source = Source { segment, pages, deleted, next: 0, losses };
        let mut merged = SegmentWriter::create(&vfs, &path(2), Effort::Quick).unwrap();
        let error = merge_series(&mut merged, &mut [source]).unwrap_err();
        assert_eq!(error.kind(), DbErrorKind::Corrupt);
        assert!(error.to_string().ends_with("0000000000000001.seg are not sorted"), "{error}");
    }

    /// Two sources of several pages each; every third series stands in both.
    #[test]
    fn inv_23_a_merge_turns_the_pages_of_its_sources() {
        let vfs = sys::sim::SimVfs::new(1);
        let cache = Arc::new(crate::cache::BlockCache::new(0));
        let path = |id: u64| std::path::PathBuf::from(format!("/{id:016x}.seg"));
        let labels = |n: u32| model::Labels::from_pairs([("n", format!("{n:06}"))]);
        let open = |id: u64| Arc::new(Segment::open(&vfs, &path(id), id, &cache).unwrap());
        let stands_in = |id: u64, n: u32| n.is_multiple_of(3) || (n % 3 == 1) == (id == 1);
        let mut sources: Vec<Source> = Vec::new();
        for id in [1, 2] {
            let mut writer = SegmentWriter::create(&vfs, &path(id), Effort::Quick).unwrap();
            for n in (0..20_000).filter(|n| stands_in(id, *n)) {
                let mut samples = SampleBuf::default();
                samples.push(id.cast_signed(), f64::from(n));
                writer.add_series(&labels(n), &samples).unwrap();
            }
            writer.finish().unwrap();
            let segment = open(id);
            let pages = segment.series_pages().unwrap();
            let (deleted, losses) = (Deleted::default(), Losses::default());
            sources.push(Source { segment, pages, deleted, next: 0, losses });
        }
        let mut writer = SegmentWriter::create(&vfs, &path(3), Effort::Cold).unwrap();
        merge_series(&mut writer, &mut sources).unwrap();
        writer.finish().unwrap();
        let (merged, deleted) = (open(3), Deleted::default());
        let mut pages = merged.series_pages().unwrap();
        for n in 0..20_000 {
            assert_eq!(merged.labels_of(n, &mut pages).unwrap(), Some(labels(n)), "INV-23");
            let (range, (index, table)) = ((i64::MIN, i64::MAX), pages.index());
            let part = SeriesPart { source: 0, index, table, ordinal: n, range, deleted: &deleted };
            let mut found = SampleBuf::default();
            merged.read_part(&part, &mut Scratch::default(), &mut found);
            let want: Vec<i64> =
                [1, 2].into_iter().filter(|id| stands_in(*id, n)).map(u64::cast_signed).collect();
            assert_eq!(found.timestamps, want, "INV-23: series {n}");
            assert!(found.values.iter().all(|value| *value == f64::from(n)));
        }
    }
}
