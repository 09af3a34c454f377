//! Instant selectors: the last sample not older than the lookback, at every step.
//! Left-open as in Prometheus 3: a sample exactly `lookback` old is gone. A staleness marker ends a
//! series at once.

use crate::QueryError;
use crate::account::Held;
use crate::column::{Bits, Column, Row, Steps};
use crate::duration::Reference;
use crate::evaluate::Evaluator;
use crate::explain::{self, PlanRead};
use crate::histogram::detect_reset;
use crate::range::{Notes, Samples, smoothed_value};
use crate::scan::Reader;
use crate::timeline::ByTimeline;
use model::{
    CounterReset, Histogram, Labels, METRIC_NAME, Matcher, SampleBuf, SelectHints, Selection,
    Timestamp, has_stale, is_stale,
};
use promql::ast::{DurationExpr, Expr, Place, VectorSelector, WindowEdge};
use std::sync::Arc;
use std::time::Duration;

/// What is read from each sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// Its value.
    Value,
    /// Its timestamp in seconds, for `timestamp()`.
    Timestamp,
    /// When its counter began, in seconds, for `start_timestamp()`; 0 when unknown.
    Start,
}

/// When the sample of each step was taken.
pub(crate) struct Instants(Column);

impl Instants {
    /// Seconds since the epoch; `None` without a sample.
    pub(crate) fn at(&self, step: usize) -> Option<f64> {
        self.0.present().get(step).then(|| self.0.values()[step])
    }

    /// Number of steps with a sample.
    pub(crate) fn count(&self) -> usize {
        self.0.present().count()
    }
}

/// Interval of time that is read, both ends included, ms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub first: i64,
    pub last: i64,
}

impl Evaluator<'_> {
    /// An instant selector over the steps.
    pub(crate) fn select_vector(
        &mut self,
        expr: &Expr,
        selector: &VectorSelector,
        steps: Steps,
    ) -> Result<Vec<Row>, QueryError> {
        self.select_reading(expr, selector, steps, Reading::Value)
    }

    /// `timestamp(selector)`: when the samples were taken.
    pub(crate) fn select_timestamps(
        &mut self,
        expr: &Expr,
        selector: &VectorSelector,
        steps: Steps,
    ) -> Result<Vec<Row>, QueryError> {
        self.select_reading(expr, selector, steps, Reading::Timestamp)
    }

    /// `start_timestamp(selector)`: when the counters began.
    pub(crate) fn select_starts(
        &mut self,
        expr: &Expr,
        selector: &VectorSelector,
        steps: Steps,
    ) -> Result<Vec<Row>, QueryError> {
        self.select_reading(expr, selector, steps, Reading::Start)
    }

    fn select_reading(
        &mut self,
        expr: &Expr,
        selector: &VectorSelector,
        steps: Steps,
        reading: Reading,
    ) -> Result<Vec<Row>, QueryError> {
        let (reference, span) = self.instants_of(selector, steps)?;
        let lookback = self.lookback_ms();
        // Upstream's `timestamp()` forgets the offset beside `@` (rewritten for its issue 8433):
        // the offset says what is read, `@` alone from where it is looked at.
        let looked_from = match (reading, selector.at) {
            (Reading::Timestamp, Some(_)) => {
                self.span.reference(&DurationExpr::Fixed(0), selector.at)?
            }
            _ => reference,
        };
        self.says_reading(selector.edge, reading, lookback);
        self.says_reference(reference);
        let hints = SelectHints { step: step_hint(steps), ..SelectHints::default() };
        let selection = self.open(&selector.matchers, span, &hints)?;
        let begin = |lane: &mut Evaluator<'_>| {
            lane.hold(Lookups::cost(steps)).map(|()| ByTimeline::<Lookups>::new(steps))
        };
        self.scan(selection.as_ref(), steps, begin, |lane, (reader, known), index| {
            lane.read(reader, index)?;
            lane.hold(Held::steps(steps.count))?;
            let (buffer, labels) = (&mut reader.buffer, reader.selection.labels(index));
            let column = if selector.edge == WindowEdge::Smoothed {
                lane.smooth(buffer, (labels, expr.place), reference, steps)
            } else if reading == Reading::Value && buffer.histograms.is_empty() {
                lane.lookups(known, buffer, (reference, steps))?.column(buffer)
            } else {
                look_back(buffer, looked_from, steps, lookback, reading)
            };
            if !column.present().any() {
                lane.release(Held::steps(steps.count));
                return Ok(None);
            }
            lane.hold(Held::histograms_of(&column).and(Held::labels(labels)))?;
            lane.count_column(&column);
            if reading != Reading::Value {
                lane.yields(1, || column.present().count());
            }
            Ok(Some(Row::new(labels.clone(), false, column)))
        })
    }

    /// Where an instant selector looks, and what it reads for that.
    fn instants_of(
        &self,
        selector: &VectorSelector,
        steps: Steps,
    ) -> Result<(Reference, Span), QueryError> {
        let reference = self.span.reference(&selector.offset, selector.at)?;
        let lookback = self.lookback_ms();
        let ahead = if selector.edge == WindowEdge::Smoothed { lookback } else { 0 };
        let first = reference.at(steps.start).saturating_sub(lookback).saturating_add(1);
        let last = reference.at(steps.last()).saturating_add(ahead);
        Ok((reference, Span { first, last }))
    }

    /// Gives each series of an instant selector with the steps at which it is there, in any order.
    pub(crate) fn select_presence(
        &mut self,
        selector: &VectorSelector,
        steps: Steps,
        each: &mut dyn FnMut(&mut Self, &Labels, &Bits) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        let (reference, span) = self.instants_of(selector, steps)?;
        let lookback = self.lookback_ms();
        self.says_reading(selector.edge, Reading::Value, lookback);
        self.says_reference(reference);
        let step = step_hint(steps);
        let hints =
            SelectHints { step, any_order: true, presence_only: true, ..SelectHints::default() };
        let selection = self.open(&selector.matchers, span, &hints)?;
        let mut reader = Reader::new(selection.as_ref());
        let mut known = ByTimeline::new(steps);
        self.hold(Lookups::cost(steps).and(Held::steps(steps.count)))?;
        for index in 0..selection.len() {
            self.read(&mut reader, index)?;
            self.tick(steps.count)?;
            let buffer = &reader.buffer;
            let column;
            let present = if has_odd_samples(buffer) {
                column = look_back(buffer, reference, steps, lookback, Reading::Value);
                column.present()
            } else {
                self.way("without looking at values");
                &self.lookups(&mut known, buffer, (reference, steps))?.present
            };
            if present.any() {
                self.yields(1, || present.count());
                each(self, selection.labels(index), present)?;
            }
        }
        Ok(())
    }

    /// Where the samples of each step stand, found once per timeline.
    fn lookups<'k>(
        &mut self,
        known: &'k mut ByTimeline<Lookups>,
        buffer: &SampleBuf,
        (reference, steps): (Reference, Steps),
    ) -> Result<&'k Lookups, QueryError> {
        let timeline = buffer.timeline.map(|id| (id, buffer.len()));
        let lookback = self.lookback_ms();
        let make = || Lookups::of(&buffer.timestamps, reference, steps, lookback);
        let found = known.of(timeline, make);
        if found.is_shared {
            self.way("with the positions of the series before");
        } else if found.is_more {
            self.hold(Lookups::cost(steps))?;
        }
        Ok(found.entry)
    }

    /// When the samples of info series were taken, per step.
    pub(crate) fn select_instants(
        &mut self,
        matchers: &[Matcher],
        reference: Reference,
        steps: Steps,
    ) -> Result<Vec<(Labels, Instants)>, QueryError> {
        let lookback = self.lookback_ms();
        let span = Span {
            first: reference.at(steps.start).saturating_sub(lookback).saturating_add(1),
            last: reference.at(steps.last()),
        };
        self.says_reading(WindowEdge::Plain, Reading::Timestamp, lookback);
        self.says_reference(reference);
        let hints = SelectHints { function: Some("info"), ..SelectHints::default() };
        let selection = self.open(matchers, span, &hints)?;
        let mut out = Vec::new();
        let mut reader = Reader::new(selection.as_ref());
        for index in 0..selection.len() {
            self.read(&mut reader, index)?;
            let buffer = &reader.buffer;
            let labels = selection.labels(index);
            self.hold(Held::steps(steps.count).and(Held::labels(labels)))?;
            if !buffer.histograms.is_empty() {
                return Err(QueryError::execution(format!(
                    "this should be an info metric, with float samples: {labels}"
                )));
            }
            let column = look_back(buffer, reference, steps, lookback, Reading::Timestamp);
            self.count_column(&column);
            out.push((labels.clone(), Instants(column)));
        }
        Ok(out)
    }

    /// Opens a selection and checks the number of its series.
    pub(crate) fn open(
        &mut self,
        matchers: &[Matcher],
        span: Span,
        hints: &SelectHints<'_>,
    ) -> Result<Box<dyn Selection>, QueryError> {
        self.tick(1)?;
        let (first, last) = (Timestamp::from_ms(span.first), Timestamp::from_ms(span.last));
        let before = self.meter.held();
        let hints = SelectHints { watch: &*self.meter, ..hints.clone() };
        let selection = self.querier.select(first, last, matchers, &hints)?;
        self.reads(|| PlanRead {
            matchers: explain::selector(matchers),
            first,
            last,
            step_hint: hints.step,
            range_hint: hints.range,
            function_hint: hints.function,
            series: selection.len(),
            samples: 0,
        });
        self.begin_selection(self.meter.held().saturating_sub(before));
        self.stats.series_read += selection.len();
        if self.stats.series_read > self.options.series_max {
            return Err(QueryError::too_many_series(self.options.series_max));
        }
        for warning in selection.warnings() {
            self.notes.storage_warning(warning);
        }
        Ok(selection)
    }

    /// Reads one series; the samples are accounted for while the buffer is used.
    pub(crate) fn read(&mut self, reader: &mut Reader<'_>, index: usize) -> Result<(), QueryError> {
        let expected = reader.selection.samples_max(index);
        self.hold_buffer(Held::buffered(expected))?;
        let buffer = reader.read(index)?;
        if self.resets_wanted {
            note_resets(buffer);
        }
        self.count_read(buffer.len());
        self.reads_samples(buffer.len());
        if buffer.len() > expected || !buffer.histograms.is_empty() {
            self.hold_buffer(Held::buffer(buffer))?;
        }
        Ok(())
    }

    /// The lookback in ms.
    pub(crate) fn lookback_ms(&self) -> i64 {
        i64::try_from(self.options.lookback.as_millis()).unwrap_or(i64::MAX)
    }

    /// Says which sample of a series counts at a step.
    fn says_reading(&mut self, edge: WindowEdge, reading: Reading, lookback: i64) {
        self.says(|| {
            let lookback = promql::format_duration(lookback);
            match (edge, reading) {
                (WindowEdge::Smoothed, _) => {
                    format!("interpolates between neighbours less than {lookback} away")
                }
                (_, Reading::Value) => format!("the newest sample, less than {lookback} old"),
                (_, Reading::Timestamp) => {
                    format!("the time of the newest sample, less than {lookback} old")
                }
                (_, Reading::Start) => {
                    format!("the start of the newest sample's counter, less than {lookback} old")
                }
            }
        });
    }

    /// Says where a selector looks, if not at the steps themselves.
    pub(crate) fn says_reference(&mut self, reference: Reference) {
        if self.trace.is_some()
            && let Some(text) = reference.describe()
        {
            self.says(|| text);
        }
    }

    /// `selector smoothed`: the value on the straight line between the neighbours of each step.
    fn smooth(
        &mut self,
        buffer: &mut SampleBuf,
        (labels, place): (&Labels, Place),
        reference: Reference,
        steps: Steps,
    ) -> Column {
        let lookback = self.lookback_ms();
        let mut samples = Samples::default();
        samples.take(buffer, false);
        let metric = labels.value(METRIC_NAME);
        let mut notes = Notes { annotations: &mut self.notes, metric, place };
        let mut column = Column::absent(steps.count);
        for (step, at) in steps.iter().enumerate() {
            if let Some(value) = smoothed_value(&samples, reference.at(at), lookback, &mut notes) {
                column.set(step, value);
            }
        }
        column
    }
}

/// Distance of the steps, for the store; nothing for an instant query.
pub(crate) fn step_hint(steps: Steps) -> Option<Duration> {
    let step = u64::try_from(steps.step).unwrap_or_default();
    (!steps.is_instant()).then(|| Duration::from_millis(step))
}

/// Writes down for every histogram whether it was reset, as far as it is not known yet.
///
/// Upstream does so where only counts and sums of histograms are asked for, which shows in warnings
/// about conflicting resets.
fn note_resets(buffer: &mut SampleBuf) {
    let mut previous: Option<Arc<Histogram>> = None;
    for (_, histogram) in &mut buffer.histograms {
        let known = histogram.counter_reset != CounterReset::Unknown || is_stale(histogram.sum);
        let read = Arc::clone(histogram);
        if let Some(previous) = previous.filter(|_| !known) {
            let reset = detect_reset(histogram, &previous);
            let counter_reset = if reset { CounterReset::Reset } else { CounterReset::NotReset };
            *histogram = Arc::new(Histogram { counter_reset, ..(**histogram).clone() });
        }
        previous = Some(read).filter(|read| !is_stale(read.sum));
    }
}

/// The sample of each step, for series that share their timestamps.
struct Lookups {
    /// Positions; `usize::MAX` where no sample is near enough.
    last: Vec<usize>,
    /// Steps with a sample.
    present: Bits,
}

impl Lookups {
    /// What it holds for so many steps.
    fn cost(steps: Steps) -> Held {
        Held::bytes(steps.count.saturating_mul(size_of::<usize>() + 1))
    }

    fn of(times: &[i64], reference: Reference, steps: Steps, lookback: i64) -> Self {
        let mut next = 0;
        let mut present = Bits::zeroes(steps.count);
        let last = steps.iter().enumerate().map(|(step, at)| {
            let at = reference.at(at);
            while next < times.len() && times[next] <= at {
                next += 1;
            }
            let near = |last: &usize| times[*last] > at.saturating_sub(lookback);
            let Some(last) = next.checked_sub(1).filter(near) else { return usize::MAX };
            present.set(step);
            last
        });
        let last = last.collect();
        Self { last, present }
    }

    /// Values of plain floats.
    fn column(&self, buffer: &SampleBuf) -> Column {
        Column::floats(self.last.len(), |step| {
            buffer.values.get(self.last[step]).copied().filter(|value| !is_stale(*value))
        })
    }
}

/// Are there histograms or staleness markers?
fn has_odd_samples(buffer: &SampleBuf) -> bool {
    !buffer.histograms.is_empty() || has_stale(&buffer.values)
}

fn look_back(
    buffer: &SampleBuf,
    reference: Reference,
    steps: Steps,
    lookback: i64,
    reading: Reading,
) -> Column {
    let mut column = Column::absent(steps.count);
    let times = &buffer.timestamps;
    let mut histograms = buffer.histograms.iter().peekable();
    // `next` is the first sample after the instant; instants never go back.
    let mut next = 0;
    for (step, at) in steps.iter().enumerate() {
        let at = reference.at(at);
        while next < times.len() && times[next] <= at {
            next += 1;
        }
        let Some(last) = next.checked_sub(1) else { continue };
        if times[last] <= at.saturating_sub(lookback) {
            continue;
        }
        while histograms.next_if(|(index, _)| *index < last).is_some() {}
        let histogram = histograms.peek().filter(|(index, _)| *index == last);
        let stale = histogram.map_or(buffer.values[last], |(_, histogram)| histogram.sum);
        match (reading, histogram) {
            _ if is_stale(stale) => {}
            (Reading::Start, _) => {
                let start = buffer.starts.get(last).copied().unwrap_or_default();
                column.set_float(step, start as f64 / 1000.0);
            }
            (Reading::Timestamp, _) => column.set_float(step, times[last] as f64 / 1000.0),
            (Reading::Value, Some((_, histogram))) => {
                column.set_histogram(step, Arc::clone(histogram));
            }
            (Reading::Value, None) => column.set_float(step, buffer.values[last]),
        }
    }
    column
}
