//! Questions: segments and head together as one frozen view.
//! INV-3: series by label set, samples by timestamp, both strictly increasing.
//! INV-20: a selection never changes: it holds its segments open and its share of the head;
//! flushes, compactions and deletions that happen meanwhile do not touch it.
//!
//! Costs a select: matchers on distinct values, then about 200 ns a series and the copy of open
//! runs within the range (at most 120 rows x 16 bytes a series).

use crate::db::{Db, State};
use crate::error::DbError;
use crate::head::{RowCopies, View};
use crate::postings::{self, Judged};
use crate::reading::Scratch;
use crate::segment::{OpenIndex, Segment, SeriesPart};
use crate::tombstone::{Deleted, Tombstone};
use model::{
    Exemplar, LabelQuery, Labels, Matcher, MetricMetadata, Querier, QuerierError, QuerierErrorKind,
    SampleBuf, SelectHints, Selection, SeriesReader, Timestamp, Watch,
};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// A series of a selection besides its labels and what it shows of the head.
const SELECTED_BYTES: usize = 256;
/// A text in a set, and again in the list that is made of it.
const TEXT_BYTES: usize = 96;
/// An exemplar besides its texts.
const EXEMPLAR_BYTES: usize = 256;

/// A segment with its index and what is deleted of it, kept open by a selection.
struct OpenSegment {
    segment: Arc<Segment>,
    index: OpenIndex,
    deleted: Deleted,
}

impl OpenSegment {
    /// Ordinals of the series that satisfy all matchers and have samples within the range; their
    /// pages are brought. A segment of which one cannot be is left out.
    fn matching(
        &mut self,
        matchers: &[Judged<'_>],
        range: (i64, i64),
        watch: &dyn Watch,
        warnings: &mut BTreeSet<String>,
    ) -> Result<Vec<u32>, QuerierError> {
        let mut found = postings::resolve_under(self.index.index(), matchers, watch)?;
        watch.tick(found.len())?;
        let Self { segment, index, deleted } = self;
        if let Err(error) = index.bring(segment, &found) {
            warnings.insert(left_out(&error));
            return Ok(Vec::new());
        }
        let visible = |one: &u32| index.index().is_visible(index.table(*one), *one, range, deleted);
        found.retain(visible);
        Ok(found)
    }

    /// Calls `each` with the labels of these series.
    fn each_labels(
        &mut self,
        matchers: &[Judged<'_>],
        range: (i64, i64),
        watch: &dyn Watch,
        each: &mut dyn FnMut(&Labels) -> Result<(), QuerierError>,
    ) -> Result<(), QuerierError> {
        for ordinal in self.matching(matchers, range, watch, &mut BTreeSet::new())? {
            watch.tick(1)?;
            each(&self.index.labels(ordinal))?;
        }
        Ok(())
    }
}

fn left_out(error: &DbError) -> String {
    format!("{error}; the segment was left out")
}

/// Where samples of one series lie.
struct SelectedSeries {
    labels: Labels,
    /// Index of the segment and ordinal in it, older segments first.
    segments: Vec<(u32, u32)>,
    head: View,
    /// At most so many samples of the head; counted when its parts are at hand.
    head_samples_max: usize,
}

/// The frozen view of one `select`.
struct DbSelection {
    range: (i64, i64),
    segments: Vec<OpenSegment>,
    series: Vec<SelectedSeries>,
    presence_only: bool,
    /// Lent to readers, for one series at a time.
    scratches: Mutex<Vec<Scratch>>,
    next_timeline: AtomicU64,
    /// What could not be read; held for an insertion or a copy.
    warnings: Mutex<BTreeSet<String>>,
    damaged_blocks: Arc<crate::stats::Counter>,
}

impl DbSelection {
    fn scratch(&self) -> Scratch {
        if self.presence_only { Scratch::of_presence() } else { Scratch::default() }
    }

    fn read_with(
        &self,
        series: &SelectedSeries,
        scratch: &mut Scratch,
        into: &mut SampleBuf,
    ) -> Result<(), QuerierError> {
        into.clear();
        scratch.begin();
        for (source, ordinal) in &series.segments {
            let OpenSegment { segment, index, deleted } = &self.segments[*source as usize];
            let (source, ordinal, range) = (*source, *ordinal, self.range);
            let (index, table) = (index.index(), index.table(ordinal));
            let part = SeriesPart { source, index, table, ordinal, range, deleted };
            let losses = segment.read_part(&part, scratch, into);
            if losses.blocks > 0 {
                self.damaged_blocks.add(losses.blocks);
                let path = segment.path().display();
                let text = format!("blocks of segment {path} are damaged and were left out");
                self.warnings.lock().insert(text);
            }
        }
        series.head.read(self.range, scratch, into).map_err(|damage| {
            let text = format!("cannot decode a block in memory: {damage}");
            QuerierError::new(QuerierErrorKind::Storage, text)
        })?;
        into.timeline = scratch.timeline(&self.next_timeline);
        Ok(())
    }
}

/// One thread's way through a selection.
struct DbReader<'s> {
    selection: &'s DbSelection,
    scratch: Scratch,
}

impl SeriesReader for DbReader<'_> {
    fn read(&mut self, index: usize, into: &mut SampleBuf) -> Result<(), QuerierError> {
        self.selection.read_with(&self.selection.series[index], &mut self.scratch, into)
    }
}

impl Selection for DbSelection {
    fn len(&self) -> usize {
        self.series.len()
    }

    fn labels(&self, index: usize) -> &Labels {
        &self.series[index].labels
    }

    fn samples_max(&self, index: usize) -> usize {
        let series = &self.series[index];
        let stored = series.segments.iter().map(|(segment, ordinal)| {
            let index = &self.segments[*segment as usize].index;
            index.index().samples_max(index.table(*ordinal), *ordinal, self.range)
        });
        stored.sum::<usize>() + series.head_samples_max
    }

    fn read(&self, index: usize, into: &mut SampleBuf) -> Result<(), QuerierError> {
        let lent = self.scratches.lock().pop();
        let mut scratch = lent.unwrap_or_else(|| self.scratch());
        let outcome = self.read_with(&self.series[index], &mut scratch, into);
        self.scratches.lock().push(scratch);
        outcome
    }

    fn reader(&self) -> Box<dyn SeriesReader + '_> {
        Box::new(DbReader { selection: self, scratch: self.scratch() })
    }

    fn warnings(&self) -> Vec<String> {
        self.warnings.lock().iter().cloned().collect()
    }
}

impl Db {
    /// Names what is stored now, to ask later what changed since.
    pub fn moment(&self) -> u64 {
        self.state.read().changes.moment()
    }

    /// No sample before this instant came, was deleted or expired since the moment; `None`: that is
    /// not known any more.
    pub fn unchanged_before(&self, moment: u64) -> Option<Timestamp> {
        self.state.read().changes.unchanged_before(moment).map(Timestamp::from_ms)
    }
}

impl Querier for Db {
    fn select(
        &self,
        start: Timestamp,
        end: Timestamp,
        matchers: &[Matcher],
        hints: &SelectHints<'_>,
    ) -> Result<Box<dyn Selection>, QuerierError> {
        let range = (start.ms(), end.ms());
        let watch = hints.watch;
        let matchers = &self.judge(matchers, watch)?[..];
        let (head, stored) = {
            let state = self.state.read();
            (head_series(&state, range, matchers, hints)?, Stored::of(&state))
        };
        let mut warnings = BTreeSet::new();
        let mut open = stored.open(range, &mut warnings);
        let mut found = Found::of_sources(open.len() + usize::from(!head.is_empty()));
        for (number, segment) in (0_u32..).zip(&mut open) {
            for ordinal in segment.matching(matchers, range, watch, &mut warnings)? {
                watch.tick(1)?;
                let labels = segment.index.labels(ordinal);
                found.entry(labels, watch)?.segments.push((number, ordinal));
            }
        }
        for (labels, view, samples_max) in head {
            let series = found.entry(labels, watch)?;
            (series.head, series.head_samples_max) = (view, samples_max);
        }
        let mut series = found.series;
        if !hints.any_order || hints.series_max.is_some() {
            let (sorted, has_equal) = model::sort_by_labels(series, |series| &series.labels);
            assert!(!has_equal, "INV-3: a label set appears once");
            series = sorted;
        }
        if let Some(max) = hints.series_max {
            series.truncate(max);
        }
        Ok(Box::new(DbSelection {
            range,
            segments: open,
            series,
            presence_only: hints.presence_only,
            scratches: Mutex::default(),
            next_timeline: AtomicU64::new(0),
            warnings: Mutex::new(warnings),
            damaged_blocks: Arc::clone(&self.damaged_reads),
        }))
    }

    fn label_names(&self, query: &LabelQuery<'_>) -> Result<Vec<String>, QuerierError> {
        let mut names = BTreeSet::new();
        if query.selectors.is_empty() {
            self.all_label_names(query, &mut names)?;
        } else {
            let mut note = |labels: &Labels| insert_names(&mut names, labels, query.watch);
            self.for_each_matching(query, &mut note)?;
        }
        Ok(limited(names, query.limit))
    }

    fn label_values(
        &self,
        name: &str,
        query: &LabelQuery<'_>,
    ) -> Result<Vec<String>, QuerierError> {
        let mut values = BTreeSet::new();
        if query.selectors.is_empty() {
            self.all_label_values(name, query, &mut values)?;
        } else {
            let mut note = |labels: &Labels| insert_value(&mut values, labels, name, query.watch);
            self.for_each_matching(query, &mut note)?;
        }
        Ok(limited(values, query.limit))
    }

    fn metadata(
        &self,
        metric: Option<&str>,
        limit: Option<usize>,
    ) -> Result<Vec<MetricMetadata>, QuerierError> {
        let state = self.state.read();
        let entries = state.head.metadata.iter();
        let wanted = entries.filter(|(name, _)| metric.is_none_or(|metric| metric == **name));
        let limit = limit.unwrap_or(usize::MAX);
        let copy = |(metric, metadata): (&String, &model::Metadata)| MetricMetadata {
            metric: metric.clone(),
            metadata: metadata.clone(),
        };
        Ok(wanted.take(limit).map(copy).collect())
    }

    fn exemplars(
        &self,
        query: &LabelQuery<'_>,
    ) -> Result<Vec<(Labels, Vec<Exemplar>)>, QuerierError> {
        let state = self.state.read();
        let mut found: BTreeMap<Labels, Vec<Exemplar>> = BTreeMap::new();
        for (labels, exemplar) in state.head.exemplars.iter() {
            query.watch.tick(1)?;
            let inside = exemplar.timestamp >= query.start && exemplar.timestamp <= query.end;
            if inside && matches_any(query.selectors, labels) {
                query.watch.hold(EXEMPLAR_BYTES + exemplar.labels.text_len())?;
                found.entry(labels.clone()).or_default().push(exemplar.clone());
            }
        }
        Ok(found.into_iter().take(query.limit.unwrap_or(usize::MAX)).collect())
    }
}

fn matches_any(selectors: &[Vec<Matcher>], labels: &Labels) -> bool {
    let all = |matchers: &Vec<Matcher>| matchers.iter().all(|m| m.matches_labels(labels));
    selectors.is_empty() || selectors.iter().any(all)
}

fn limited(texts: BTreeSet<String>, limit: Option<usize>) -> Vec<String> {
    texts.into_iter().take(limit.unwrap_or(usize::MAX)).collect()
}

/// Puts a text into a set; what is new is accounted for.
fn insert(texts: &mut BTreeSet<String>, text: &str, watch: &dyn Watch) -> Result<(), QuerierError> {
    watch.tick(1)?;
    if !texts.contains(text) {
        watch.hold(TEXT_BYTES + text.len())?;
        texts.insert(text.to_owned());
    }
    Ok(())
}

fn insert_names(
    names: &mut BTreeSet<String>,
    labels: &Labels,
    watch: &dyn Watch,
) -> Result<(), QuerierError> {
    labels.iter().try_for_each(|(name, _)| insert(names, name, watch))
}

fn insert_value(
    values: &mut BTreeSet<String>,
    labels: &Labels,
    name: &str,
    watch: &dyn Watch,
) -> Result<(), QuerierError> {
    labels.get(name).map_or(Ok(()), |value| insert(values, value, watch))
}

/// Series in memory with what they show, and at most how many samples.
fn head_series(
    state: &State,
    range: (i64, i64),
    matchers: &[Judged<'_>],
    hints: &SelectHints<'_>,
) -> Result<Vec<(Labels, View, usize)>, QuerierError> {
    let (watch, mut found) = (hints.watch, Vec::new());
    let mut copies =
        if hints.presence_only { RowCopies::of_presence() } else { RowCopies::default() };
    for slot in postings::resolve_under(&state.head.postings, matchers, watch)? {
        watch.tick(1)?;
        let series = state.head.at(slot).expect("INV-12: postings name living series");
        let view = state.head.view(series, range, &mut copies);
        if !view.is_empty() {
            watch.hold(view.bytes())?;
            let samples_max = view.samples_max();
            found.push((series.labels.clone(), view, samples_max));
        }
    }
    Ok(found)
}

/// Collects series of several sources under their label sets.
struct Found {
    series: Vec<SelectedSeries>,
    /// Where each label set stands; `None` with one source, which has each of them once.
    by_labels: Option<HashMap<Labels, usize, foldhash::fast::FixedState>>,
}

impl Found {
    fn of_sources(count: usize) -> Self {
        Self { series: Vec::new(), by_labels: (count > 1).then(HashMap::default) }
    }

    fn entry(
        &mut self,
        labels: Labels,
        watch: &dyn Watch,
    ) -> Result<&mut SelectedSeries, QuerierError> {
        let next = self.series.len();
        let index = match &mut self.by_labels {
            Some(known) => *known.entry(labels.clone()).or_insert(next),
            None => next,
        };
        if index == next {
            watch.hold(SELECTED_BYTES + labels.text_len() + 8 * labels.len())?;
            self.series.push(SelectedSeries {
                labels,
                segments: Vec::new(),
                head: View::default(),
                head_samples_max: 0,
            });
        }
        Ok(&mut self.series[index])
    }
}

/// What lies in files at one moment.
struct Stored {
    segments: Arc<Vec<Arc<Segment>>>,
    tombstones: Arc<Vec<Tombstone>>,
}

impl Stored {
    fn of(state: &State) -> Self {
        let (segments, tombstones) = (&state.segments, &state.tombstones);
        Self { segments: Arc::clone(segments), tombstones: Arc::clone(tombstones) }
    }

    /// Segments that overlap the range, older ones first. One whose index cannot be used is noted
    /// for maintenance and left out.
    fn open(&self, range: (i64, i64), warnings: &mut BTreeSet<String>) -> Vec<OpenSegment> {
        let overlapping = self.segments.iter().filter(|segment| segment.overlaps(range));
        let mut open = Vec::new();
        for segment in overlapping {
            match segment.index() {
                Ok(index) => {
                    let deleted = Deleted::find(&self.tombstones, segment, &index);
                    let (segment, index) = (Arc::clone(segment), OpenIndex::new(index));
                    open.push(OpenSegment { segment, index, deleted });
                }
                Err(error) => {
                    warnings.insert(left_out(&error));
                }
            }
        }
        open
    }
}

impl Db {
    /// Asks regular expressions about the values in memory before a lock is held: they may take
    /// as long as they like, and writers must not wait for them. Values that come meanwhile are
    /// judged later.
    fn judge<'m>(
        &self,
        matchers: &'m [Matcher],
        watch: &dyn Watch,
    ) -> Result<Vec<Judged<'m>>, QuerierError> {
        let mut judged = Judged::all(matchers);
        for matcher in &mut judged {
            let Some(name) = matcher.costly_name() else { continue };
            let values = {
                let state = self.state.read();
                let values = || state.head.postings.values(name).map(|(value, _)| value);
                watch.hold(Judged::cost(values()))?;
                values().map(Box::from).collect()
            };
            matcher.learn(values, watch)?;
        }
        Ok(judged)
    }

    fn overlapping_segments(&self, range: (i64, i64)) -> Vec<OpenSegment> {
        let stored = Stored::of(&self.state.read());
        stored.open(range, &mut BTreeSet::new())
    }

    /// Calls `each` with the labels of every series that any selector matches (some twice). Memory
    /// comes first: what is flushed meanwhile is met again in a segment.
    fn for_each_matching(
        &self,
        query: &LabelQuery<'_>,
        each: &mut dyn FnMut(&Labels) -> Result<(), QuerierError>,
    ) -> Result<(), QuerierError> {
        let range = (query.start.ms(), query.end.ms());
        let watch = query.watch;
        for matchers in query.selectors {
            let matchers = &self.judge(matchers, watch)?[..];
            {
                let state = self.state.read();
                for slot in postings::resolve_under(&state.head.postings, matchers, watch)? {
                    watch.tick(1)?;
                    let series = state.head.at(slot).expect("INV-12: postings name living series");
                    if state.head.overlaps(series, range) {
                        each(&series.labels)?;
                    }
                }
            }
            for mut segment in self.overlapping_segments(range) {
                segment.each_labels(matchers, range, watch, each)?;
            }
        }
        Ok(())
    }

    fn all_label_names(
        &self,
        query: &LabelQuery<'_>,
        names: &mut BTreeSet<String>,
    ) -> Result<(), QuerierError> {
        let (range, watch) = ((query.start.ms(), query.end.ms()), query.watch);
        {
            let state = self.state.read();
            for (name, values) in state.head.postings.names() {
                watch.tick(values.len())?;
                if values.iter().any(|(_, list)| any_inside(&state, list, range)) {
                    insert(names, name, watch)?;
                }
            }
        }
        for mut segment in self.overlapping_segments(range) {
            if segment.deleted.is_empty() {
                let known = segment.index.index().label_names();
                known.into_iter().try_for_each(|name| insert(names, name, watch))?;
            } else {
                let mut note = |labels: &Labels| insert_names(names, labels, watch);
                segment.each_labels(&[], range, watch, &mut note)?;
            }
        }
        Ok(())
    }

    fn all_label_values(
        &self,
        name: &str,
        query: &LabelQuery<'_>,
        values: &mut BTreeSet<String>,
    ) -> Result<(), QuerierError> {
        let (range, watch) = ((query.start.ms(), query.end.ms()), query.watch);
        {
            let state = self.state.read();
            for (value, list) in state.head.postings.values(name) {
                watch.tick(list.len())?;
                if any_inside(&state, list, range) {
                    insert(values, value, watch)?;
                }
            }
        }
        for mut segment in self.overlapping_segments(range) {
            if segment.deleted.is_empty() {
                let known = segment.index.index().label_values(name).into_iter();
                known.map(|(value, _)| value).try_for_each(|value| insert(values, value, watch))?;
            } else {
                let mut note = |labels: &Labels| insert_value(values, labels, name, watch);
                segment.each_labels(&[], range, watch, &mut note)?;
            }
        }
        Ok(())
    }
}

fn any_inside(state: &State, list: &[u32], range: (i64, i64)) -> bool {
    list.iter()
        .any(|slot| state.head.at(*slot).is_some_and(|series| state.head.overlaps(series, range)))
}
