//! A store in memory: series with their samples in plain vectors, for tests and rule unit tests.
//! Slow and obvious on purpose; it also reads the series descriptions of promqltest scripts.

use crate::QueryError;
use crate::histogram::{Sum, detect_reset};
use model::{
    CounterReset, Exemplar, Histogram, LabelQuery, Labels, Matcher, MetricMetadata, Querier,
    QuerierError, SampleBuf, SelectHints, Selection, Timestamp, Value, is_stale,
};
use promql::ast::UnaryOp;
use promql::series::{SeriesDescription, SeriesValue};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// One sample with its start timestamp (0: unknown).
#[derive(Clone, Debug)]
struct Sample {
    value: Value,
    start: i64,
}

type Samples = BTreeMap<i64, Sample>;

/// Series in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryQuerier {
    series: BTreeMap<Labels, Samples>,
    metadata: Vec<MetricMetadata>,
    exemplars: Vec<(Labels, Vec<Exemplar>)>,
}

impl MemoryQuerier {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.series.clear();
        self.metadata.clear();
        self.exemplars.clear();
    }

    /// Number of series.
    pub fn len(&self) -> usize {
        self.series.len()
    }

    /// Are there no series?
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// Stores a sample; one of the same time is replaced.
    pub fn push(&mut self, labels: &Labels, timestamp: Timestamp, value: Value) {
        self.push_with_start(labels, timestamp, value, None);
    }

    /// Stores a sample with the time its counter began.
    pub fn push_with_start(
        &mut self,
        labels: &Labels,
        timestamp: Timestamp,
        value: Value,
        start: Option<Timestamp>,
    ) {
        let start = start.map_or(0, Timestamp::ms);
        let samples = self.series.entry(labels.clone()).or_default();
        samples.insert(timestamp.ms(), Sample { value, start });
    }

    /// Sets the metadata that [`Querier::metadata`] answers.
    pub fn set_metadata(&mut self, metadata: Vec<MetricMetadata>) {
        self.metadata = metadata;
    }

    /// Sets the exemplars that [`Querier::exemplars`] answers, whatever the time.
    pub fn set_exemplars(&mut self, exemplars: Vec<(Labels, Vec<Exemplar>)>) {
        self.exemplars = exemplars;
    }

    /// All samples by labels and time: labels, time, value, and when the counter began.
    pub fn rows(&self) -> impl Iterator<Item = (&Labels, Timestamp, &Value, Option<Timestamp>)> {
        self.series.iter().flat_map(|(labels, samples)| {
            samples.iter().map(move |(time, sample)| {
                let start = (sample.start != 0).then(|| Timestamp::from_ms(sample.start));
                (labels, Timestamp::from_ms(*time), &sample.value, start)
            })
        })
    }

    /// All series and their samples, by labels and time.
    pub fn iter(&self) -> impl Iterator<Item = (&Labels, Vec<(Timestamp, Value)>)> {
        self.series.iter().map(|(labels, samples)| {
            let points = samples.iter();
            let points = points.map(|(time, s)| (Timestamp::from_ms(*time), s.value.clone()));
            (labels, points.collect())
        })
    }

    /// Stores a series description: its values stand at `start`, `start + step`, ...
    ///
    /// Fails when histograms of exponential and custom buckets are added.
    pub fn load(
        &mut self,
        description: &SeriesDescription,
        start: Timestamp,
        step: Duration,
    ) -> Result<(), QueryError> {
        self.load_with_starts(description, (start, step), &[])
    }

    /// Stores a series description whose samples have start timestamps, given as milliseconds to
    /// add to the time of each sample.
    ///
    /// Fails when histograms of exponential and custom buckets are added.
    pub fn load_with_starts(
        &mut self,
        description: &SeriesDescription,
        (start, step): (Timestamp, Duration),
        offsets: &[Option<i64>],
    ) -> Result<(), QueryError> {
        let mut at = start;
        for (index, value) in evaluate(description)?.into_iter().enumerate() {
            let offset = offsets.get(index).copied().flatten();
            let began = offset.map(|offset| Timestamp::from_ms(at.ms().saturating_add(offset)));
            if let Some(value) = value {
                self.push_with_start(&description.labels, at, value, began);
            }
            at = at.saturating_add(step);
        }
        Ok(())
    }

    /// Notes in every counter histogram what upstream's storage knows about resets: nothing at the
    /// beginning and after a reset, "no reset" elsewhere.
    pub fn note_resets(&mut self) {
        for samples in self.series.values_mut() {
            let mut previous: Option<Arc<Histogram>> = None;
            for sample in samples.values_mut() {
                previous = match &mut sample.value {
                    Value::Float(_) => None,
                    Value::Histogram(histogram) if is_stale(histogram.sum) => None,
                    Value::Histogram(histogram) => {
                        let read = Arc::clone(histogram);
                        note_reset(histogram, previous.as_deref());
                        Some(read)
                    }
                };
            }
        }
    }

    /// Takes over all samples of another store; its samples win.
    pub fn extend(&mut self, other: Self) {
        for (labels, samples) in other.series {
            self.series.entry(labels).or_default().extend(samples);
        }
        self.metadata.extend(other.metadata);
        self.exemplars.extend(other.exemplars);
    }

    fn matching<'s>(
        &'s self,
        selectors: &'s [Vec<Matcher>],
    ) -> impl Iterator<Item = (&'s Labels, &'s Samples)> {
        self.series.iter().filter(move |(labels, _)| {
            let satisfies = |set: &Vec<Matcher>| set.iter().all(|m| m.matches_labels(labels));
            selectors.is_empty() || selectors.iter().any(satisfies)
        })
    }
}

fn note_reset(histogram: &mut Arc<Histogram>, previous: Option<&Histogram>) {
    if histogram.counter_reset == CounterReset::Gauge {
        return;
    }
    let continues = previous.is_some_and(|previous| {
        previous.counter_reset != CounterReset::Gauge
            && histogram.counter_reset != CounterReset::Reset
            && !detect_reset(
                &Histogram { counter_reset: CounterReset::Unknown, ..(**histogram).clone() },
                previous,
            )
    });
    let counter_reset = if continues { CounterReset::NotReset } else { CounterReset::Unknown };
    *histogram = Arc::new(Histogram { counter_reset, ..(**histogram).clone() });
}

/// Values of a series description with the arithmetic of histograms carried out.
fn evaluate(description: &SeriesDescription) -> Result<Vec<Option<Value>>, QueryError> {
    let mut last: Option<Arc<Histogram>> = None;
    let mut out = Vec::with_capacity(description.values.len());
    for value in &description.values {
        out.push(match value {
            SeriesValue::Gap => None,
            SeriesValue::Float(value) => Some(Value::Float(*value)),
            SeriesValue::Histogram(described) => {
                last = Some(Arc::clone(&described.histogram));
                Some(Value::Histogram(Arc::clone(&described.histogram)))
            }
            SeriesValue::HistogramStep(op, described) => {
                let next = Arc::new(step(last.as_deref(), *op, &described.histogram)?);
                last = Some(Arc::clone(&next));
                Some(Value::Histogram(next))
            }
        });
    }
    Ok(out)
}

fn step(
    last: Option<&Histogram>,
    op: UnaryOp,
    change: &Histogram,
) -> Result<Histogram, QueryError> {
    let Some(last) = last else {
        return Err(QueryError::execution("histogram step without a histogram before it"));
    };
    let mut sum = Sum::new(last);
    let merged = match op {
        UnaryOp::Plus => sum.add(change),
        UnaryOp::Minus => sum.subtract(change),
    };
    if merged.is_err() {
        return Err(QueryError::execution("cannot add exponential and custom buckets"));
    }
    let hint = match (last.counter_reset, op) {
        (CounterReset::Gauge, _) | (_, UnaryOp::Minus) => CounterReset::Gauge,
        (_, UnaryOp::Plus) => sum.hint(),
    };
    Ok(Histogram { counter_reset: hint, ..sum.finish() })
}

struct MemorySelection {
    series: Vec<(Labels, Vec<(i64, Sample)>)>,
}

impl Selection for MemorySelection {
    fn len(&self) -> usize {
        self.series.len()
    }

    fn labels(&self, index: usize) -> &Labels {
        &self.series[index].0
    }

    fn read(&self, index: usize, into: &mut SampleBuf) -> Result<(), QuerierError> {
        into.clear();
        let samples = &self.series[index].1;
        for (time, sample) in samples {
            match &sample.value {
                Value::Float(value) => into.push(*time, *value),
                Value::Histogram(histogram) => into.push_histogram(*time, Arc::clone(histogram)),
            }
        }
        if samples.iter().any(|(_, sample)| sample.start != 0) {
            into.starts.extend(samples.iter().map(|(_, sample)| sample.start));
        }
        Ok(())
    }
}

impl Querier for MemoryQuerier {
    fn select(
        &self,
        start: Timestamp,
        end: Timestamp,
        matchers: &[Matcher],
        hints: &SelectHints<'_>,
    ) -> Result<Box<dyn Selection>, QuerierError> {
        let selectors = [matchers.to_vec()];
        let mut series = Vec::new();
        for (labels, samples) in self.matching(&selectors) {
            hints.watch.tick(1)?;
            if start > end {
                continue;
            }
            let within = samples.range(start.ms()..=end.ms());
            let samples: Vec<(i64, Sample)> = within.map(|(at, s)| (*at, s.clone())).collect();
            if !samples.is_empty() {
                hints.watch.hold(samples.len() * size_of::<(i64, Sample)>())?;
                series.push((labels.clone(), samples));
            }
        }
        Ok(Box::new(MemorySelection { series }))
    }

    fn label_names(&self, query: &LabelQuery<'_>) -> Result<Vec<String>, QuerierError> {
        let mut names = BTreeSet::new();
        for (labels, _) in self.matching(query.selectors) {
            query.watch.tick(1)?;
            names.extend(labels.iter().map(|(name, _)| name.to_owned()));
        }
        Ok(names.into_iter().take(query.limit.unwrap_or(usize::MAX)).collect())
    }

    fn label_values(
        &self,
        name: &str,
        query: &LabelQuery<'_>,
    ) -> Result<Vec<String>, QuerierError> {
        let mut values = BTreeSet::new();
        for (labels, _) in self.matching(query.selectors) {
            query.watch.tick(1)?;
            values.extend(labels.get(name).map(str::to_owned));
        }
        Ok(values.into_iter().take(query.limit.unwrap_or(usize::MAX)).collect())
    }

    fn metadata(
        &self,
        metric: Option<&str>,
        limit: Option<usize>,
    ) -> Result<Vec<MetricMetadata>, QuerierError> {
        let wanted = |known: &&MetricMetadata| metric.is_none_or(|metric| metric == known.metric);
        let found = self.metadata.iter().filter(wanted).take(limit.unwrap_or(usize::MAX));
        Ok(found.cloned().collect())
    }

    fn exemplars(
        &self,
        query: &LabelQuery<'_>,
    ) -> Result<Vec<(Labels, Vec<Exemplar>)>, QuerierError> {
        let satisfies = |labels: &Labels| {
            query.selectors.iter().any(|set| set.iter().all(|m| m.matches_labels(labels)))
        };
        let found = self.exemplars.iter().filter(|(labels, _)| satisfies(labels));
        Ok(found.cloned().collect())
    }
}
