//! Questions: segments and head together as one frozen view.
//! INV-3: series by label set, samples by timestamp, both strictly increasing.
//! INV-20: a selection never changes: it holds its segments open and its share of the head;
//! flushes, compactions and deletions that happen meanwhile do not touch it.
//!
//! Costs a select: matchers on distinct values, then about 200 ns a series and the copy of open
//! runs within the range (at most 120 rows x 16 bytes a series).

use crate::db::{Db, State};
use crate::head::View;
use crate::postings;
use crate::segment::{Segment, SegmentIndex};
use crate::tombstone::{Deleted, Tombstone};
use model::{
    Exemplar, LabelQuery, Labels, Matcher, MetricMetadata, Querier, QuerierError, QuerierErrorKind,
    SampleBuf, SelectHints, Selection, Timestamp,
};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// A segment with its index and what is deleted of it, kept open by a selection.
struct OpenSegment {
    segment: Arc<Segment>,
    index: Arc<SegmentIndex>,
    deleted: Deleted,
}

impl OpenSegment {
    /// Ordinals of the series that satisfy all matchers and have samples within the range.
    fn matching(&self, matchers: &[Matcher], range: (i64, i64)) -> impl Iterator<Item = u32> {
        let found = postings::resolve(&*self.index, matchers).into_iter();
        found.filter(move |ordinal| self.index.is_visible(*ordinal, range, &self.deleted))
    }
}

/// Where samples of one series lie.
struct SelectedSeries {
    labels: Labels,
    /// Index of the segment and ordinal in it, older segments first.
    segments: Vec<(u32, u32)>,
    head: View,
}

/// The frozen view of one `select`.
struct DbSelection {
    range: (i64, i64),
    segments: Vec<OpenSegment>,
    series: Vec<SelectedSeries>,
    /// What could not be read; held for an insertion or a copy.
    warnings: Mutex<BTreeSet<String>>,
    damaged_blocks: Arc<crate::stats::Counter>,
}

impl Selection for DbSelection {
    fn len(&self) -> usize {
        self.series.len()
    }

    fn labels(&self, index: usize) -> &Labels {
        &self.series[index].labels
    }

    fn read(&self, index: usize, into: &mut SampleBuf) -> Result<(), QuerierError> {
        into.clear();
        let series = &self.series[index];
        for (segment, ordinal) in &series.segments {
            let OpenSegment { segment, index, deleted } = &self.segments[*segment as usize];
            let losses = segment.read_visible(index, *ordinal, self.range, deleted, into);
            if losses.blocks > 0 {
                self.damaged_blocks.add(losses.blocks);
                let path = segment.path().display();
                let text = format!("blocks of segment {path} are damaged and were left out");
                self.warnings.lock().insert(text);
            }
        }
        series.head.read(self.range, into).map_err(|damage| {
            let text = format!("cannot decode a block in memory: {damage}");
            QuerierError::new(QuerierErrorKind::Storage, text)
        })
    }

    fn warnings(&self) -> Vec<String> {
        self.warnings.lock().iter().cloned().collect()
    }
}

impl Querier for Db {
    fn select(
        &self,
        start: Timestamp,
        end: Timestamp,
        matchers: &[Matcher],
        hints: &SelectHints,
    ) -> Result<Box<dyn Selection>, QuerierError> {
        let range = (start.ms(), end.ms());
        let (head, stored) = {
            let state = self.state.read();
            (head_series(&state, range, matchers), Stored::of(&state))
        };
        let mut warnings = BTreeSet::new();
        let mut found = Found::default();
        let open = stored.open(range, &mut warnings);
        for (number, segment) in (0_u32..).zip(&open) {
            for ordinal in segment.matching(matchers, range) {
                let labels = segment.index.labels(ordinal as usize);
                found.entry(&labels).segments.push((number, ordinal));
            }
        }
        for (labels, view) in head {
            found.entry(&labels).head = view;
        }
        let mut series = found.series;
        series.sort_by(|a, b| a.labels.cmp(&b.labels));
        assert!(series.is_sorted_by(|a, b| a.labels < b.labels), "INV-3: a label set appears once");
        if let Some(max) = hints.series_max {
            series.truncate(max);
        }
        let (warnings, damaged_blocks) = (Mutex::new(warnings), Arc::clone(&self.damaged_reads));
        Ok(Box::new(DbSelection { range, segments: open, series, warnings, damaged_blocks }))
    }

    fn label_names(&self, query: &LabelQuery<'_>) -> Result<Vec<String>, QuerierError> {
        let mut names = BTreeSet::new();
        if query.selectors.is_empty() {
            self.all_label_names(query, &mut names);
        } else {
            let mut note = |labels: &Labels| names.extend(labels.iter().map(|(n, _)| n.to_owned()));
            self.for_each_matching(query, &mut note);
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
            self.all_label_values(name, query, &mut values);
        } else {
            let mut note = |labels: &Labels| values.extend(labels.get(name).map(str::to_owned));
            self.for_each_matching(query, &mut note);
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
            let inside = exemplar.timestamp >= query.start && exemplar.timestamp <= query.end;
            if inside && matches_any(query.selectors, labels) {
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

fn head_series(state: &State, range: (i64, i64), matchers: &[Matcher]) -> Vec<(Labels, View)> {
    let slots = postings::resolve(&state.head.postings, matchers);
    let mut found = Vec::with_capacity(slots.len());
    for slot in slots {
        let series = state.head.at(slot).expect("INV-12: postings name living series");
        let view = state.head.view(series, range);
        if !view.is_empty() {
            found.push((series.labels.clone(), view));
        }
    }
    found
}

/// Collects series of several sources under their label sets.
#[derive(Default)]
struct Found {
    series: Vec<SelectedSeries>,
    by_labels: HashMap<Labels, usize, foldhash::fast::FixedState>,
}

impl Found {
    fn entry(&mut self, labels: &Labels) -> &mut SelectedSeries {
        let next = self.series.len();
        let index = *self.by_labels.entry(labels.clone()).or_insert(next);
        if index == next {
            let labels = labels.clone();
            self.series.push(SelectedSeries {
                labels,
                segments: Vec::new(),
                head: View::default(),
            });
        }
        &mut self.series[index]
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
                    open.push(OpenSegment { segment: Arc::clone(segment), index, deleted });
                }
                Err(error) => {
                    warnings.insert(format!("{error}; the segment was left out"));
                }
            }
        }
        open
    }
}

impl Db {
    fn overlapping_segments(&self, range: (i64, i64)) -> Vec<OpenSegment> {
        let stored = Stored::of(&self.state.read());
        stored.open(range, &mut BTreeSet::new())
    }

    /// Calls `each` with the labels of every series that any selector matches (some twice).
    fn for_each_matching(&self, query: &LabelQuery<'_>, each: &mut dyn FnMut(&Labels)) {
        let range = (query.start.ms(), query.end.ms());
        for segment in self.overlapping_segments(range) {
            for matchers in query.selectors {
                let found = segment.matching(matchers, range);
                found.for_each(|ordinal| each(&segment.index.labels(ordinal as usize)));
            }
        }
        let state = self.state.read();
        for matchers in query.selectors {
            for slot in postings::resolve(&state.head.postings, matchers) {
                let series = state.head.at(slot).expect("INV-12: postings name living series");
                if state.head.overlaps(series, range) {
                    each(&series.labels);
                }
            }
        }
    }

    fn all_label_names(&self, query: &LabelQuery<'_>, names: &mut BTreeSet<String>) {
        let range = (query.start.ms(), query.end.ms());
        for segment in self.overlapping_segments(range) {
            let OpenSegment { index, deleted, .. } = &segment;
            if deleted.is_empty() {
                names.extend(index.label_names().into_iter().map(str::to_owned));
                continue;
            }
            for ordinal in segment.matching(&[], range) {
                let labels = index.labels(ordinal as usize);
                names.extend(labels.iter().map(|(name, _)| name.to_owned()));
            }
        }
        let state = self.state.read();
        for (name, values) in state.head.postings.names() {
            if values.iter().any(|(_, list)| any_inside(&state, list, range)) {
                names.insert(name.to_owned());
            }
        }
    }

    fn all_label_values(&self, name: &str, query: &LabelQuery<'_>, values: &mut BTreeSet<String>) {
        let range = (query.start.ms(), query.end.ms());
        for segment in self.overlapping_segments(range) {
            let OpenSegment { index, deleted, .. } = &segment;
            if deleted.is_empty() {
                let found = index.label_values(name).into_iter();
                values.extend(found.map(|(value, _)| value.to_owned()));
                continue;
            }
            let labels = segment.matching(&[], range).map(|at| index.labels(at as usize));
            values.extend(labels.filter_map(|labels| labels.get(name).map(str::to_owned)));
        }
        let state = self.state.read();
        for (value, list) in state.head.postings.values(name) {
            if any_inside(&state, list, range) {
                values.insert(value.to_owned());
            }
        }
    }
}

fn any_inside(state: &State, list: &[u32], range: (i64, i64)) -> bool {
    list.iter()
        .any(|slot| state.head.at(*slot).is_some_and(|series| state.head.overlaps(series, range)))
}
