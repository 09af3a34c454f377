//! Samples of one series split by kind, the windows of all steps and where they begin and end.
//! Windows never go back, so two pointers find all bounds in one pass over the timestamps.

use super::rate::{Question, Reach};
use super::{Window, seconds};
use crate::account::Held;
use crate::column::{Bits, Cell, Column, Steps};
use crate::duration::Reference;
use crate::select::Span;
use model::{CounterReset, Histogram, SampleBuf, TimelineId, Value, has_stale, is_stale};
use std::sync::Arc;

/// Pairs of neighbours that are compared before it is asked whether one was a reset.
const RESETS_PIECE: usize = 64;

/// Samples of one series without staleness markers, floats and histograms apart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples {
    pub float_times: Vec<i64>,
    pub floats: Vec<f64>,
    pub float_starts: Vec<i64>,
    pub histogram_times: Vec<i64>,
    pub histograms: Vec<Arc<Histogram>>,
    pub histogram_starts: Vec<i64>,
    /// Set while `float_times` is a shared column as a whole.
    timeline: Option<TimelineId>,
    /// Positions of floats before which the counter was reset; see [`Samples::find_resets`].
    resets: Vec<usize>,
}

impl Samples {
    fn clear(&mut self) {
        self.float_times.clear();
        self.floats.clear();
        self.float_starts.clear();
        self.histogram_times.clear();
        self.histograms.clear();
        self.histogram_starts.clear();
        self.timeline = None;
        self.resets.clear();
    }

    /// Looks for resets of a float counter once, so that no window has to: most have none.
    pub(crate) fn find_resets(&mut self) {
        let Self { floats, resets, .. } = self;
        let is_reset = |at: &usize| floats[*at] < floats[*at - 1];
        resets.clear();
        let mut begin = 1;
        for piece in floats.windows(RESETS_PIECE + 1).step_by(RESETS_PIECE) {
            // Without an early end the pairs are compared several at a time.
            let pairs = piece.iter().zip(&piece[1..]);
            if pairs.filter(|(before, now)| now < before).count() > 0 {
                resets.extend((begin..begin + RESETS_PIECE).filter(is_reset));
            }
            begin += RESETS_PIECE;
        }
        resets.extend((begin..floats.len()).filter(is_reset));
    }

    /// Takes over a buffer; buffers of plain floats change hands without a copy.
    pub(crate) fn take(&mut self, buffer: &mut SampleBuf, with_starts: bool) {
        self.clear();
        let with_starts = with_starts && buffer.starts.len() == buffer.timestamps.len();
        let plain = buffer.histograms.is_empty() && !has_stale(&buffer.values);
        if plain {
            std::mem::swap(&mut self.float_times, &mut buffer.timestamps);
            std::mem::swap(&mut self.floats, &mut buffer.values);
            if with_starts {
                std::mem::swap(&mut self.float_starts, &mut buffer.starts);
            }
            self.timeline = buffer.timeline;
            return;
        }
        let mut histograms = buffer.histograms.iter().peekable();
        for (index, time) in buffer.timestamps.iter().enumerate() {
            let start = with_starts.then(|| buffer.starts[index]);
            if let Some((_, histogram)) = histograms.next_if(|(at, _)| *at == index) {
                if !is_stale(histogram.sum) {
                    self.histogram_times.push(*time);
                    self.histograms.push(Arc::clone(histogram));
                    self.histogram_starts.extend(start);
                }
            } else if !is_stale(buffer.values[index]) {
                self.float_times.push(*time);
                self.floats.push(buffer.values[index]);
                self.float_starts.extend(start);
            }
        }
    }

    /// Takes the points of a subquery. What histograms say about resets is forgotten: between the
    /// steps there were samples that nobody saw.
    pub(crate) fn take_column(&mut self, column: &Column, steps: Steps) {
        self.clear();
        let floats = column.present().count() - column.histograms().len();
        self.float_times.reserve_exact(floats);
        self.floats.reserve_exact(floats);
        for (step, cell) in column.points() {
            match cell {
                Cell::Absent => {}
                Cell::Float(value) => {
                    self.float_times.push(steps.at(step));
                    self.floats.push(value);
                }
                Cell::Histogram(histogram) => {
                    self.histogram_times.push(steps.at(step));
                    self.histograms.push(forget_reset(histogram));
                }
            }
        }
    }

    /// Floats and histograms in one sequence.
    pub(crate) fn points(&self) -> Vec<(i64, Value)> {
        let floats = self.float_times.iter().zip(&self.floats);
        let histograms = self.histogram_times.iter().zip(&self.histograms);
        let mut points: Vec<(i64, Value)> = floats
            .map(|(time, value)| (*time, Value::Float(*value)))
            .chain(histograms.map(|(time, h)| (*time, Value::Histogram(Arc::clone(h)))))
            .collect();
        points.sort_by_key(|(time, _)| *time);
        points
    }

    /// Names the times of the floats, when others may have the same.
    pub(crate) fn timeline(&self) -> Option<(TimelineId, usize)> {
        self.timeline.map(|id| (id, self.float_times.len()))
    }

    /// Was the counter never reset, as far as [`Samples::find_resets`] has seen?
    pub(crate) fn is_steady(&self) -> bool {
        self.resets.is_empty()
    }

    /// Only floats, and nothing known of when they began?
    pub(crate) fn is_plain(&self) -> bool {
        self.histograms.is_empty() && self.float_starts.is_empty()
    }

    /// What was reached before each reset between the floats `from..to`, in order.
    pub(crate) fn lost(&self, from: usize, to: usize) -> impl Iterator<Item = f64> {
        let first = self.resets.partition_point(|reset| *reset <= from);
        let resets = self.resets[first..].iter().take_while(move |reset| **reset < to);
        resets.map(|reset| self.floats[reset - 1])
    }

    /// The samples of one window.
    pub(crate) fn window(&self, bounds: [(usize, usize); 2], (lo, hi): (i64, i64)) -> Window<'_> {
        let [(float_from, float_to), (histogram_from, histogram_to)] = bounds;
        let starts = |starts: &'_ [i64], from: usize, to: usize| -> std::ops::Range<usize> {
            if starts.is_empty() { 0..0 } else { from..to }
        };
        let float_starts = starts(&self.float_starts, float_from, float_to);
        let histogram_starts = starts(&self.histogram_starts, histogram_from, histogram_to);
        Window {
            float_times: &self.float_times[float_from..float_to],
            floats: &self.floats[float_from..float_to],
            float_starts: &self.float_starts[float_starts],
            histogram_times: &self.histogram_times[histogram_from..histogram_to],
            histograms: &self.histograms[histogram_from..histogram_to],
            histogram_starts: &self.histogram_starts[histogram_starts],
            lo,
            hi,
            at: hi,
            args: [0.0; 2],
        }
    }
}

fn forget_reset(histogram: &Arc<Histogram>) -> Arc<Histogram> {
    match histogram.counter_reset {
        CounterReset::Unknown | CounterReset::Gauge => Arc::clone(histogram),
        CounterReset::Reset | CounterReset::NotReset => {
            let counter_reset = CounterReset::Unknown;
            Arc::new(Histogram { counter_reset, ..(**histogram).clone() })
        }
    }
}

/// The windows of all steps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Windows {
    pub reference: Reference,
    /// Length, ms.
    pub range: i64,
    /// How far samples before the window are wanted (`anchored`, `smoothed`), ms.
    pub before: i64,
    /// How far samples behind it are wanted, ms.
    pub after: i64,
}

impl Default for Windows {
    fn default() -> Self {
        let reference = Reference::default();
        Self { reference, range: 1, before: 0, after: 0 }
    }
}

impl Windows {
    /// The window (lo, hi] of an instant, without margins.
    pub(crate) fn at(&self, instant: i64) -> (i64, i64) {
        let hi = self.reference.at(instant);
        (hi.saturating_sub(self.range), hi)
    }

    /// All that has to be read, both ends included.
    pub(crate) fn span(&self, steps: Steps) -> Span {
        let (lo, _) = self.at(steps.start);
        let (_, hi) = self.at(steps.last());
        Span {
            first: lo.saturating_sub(self.before).saturating_add(1),
            last: hi.saturating_add(self.after),
        }
    }
}

/// How the floats of one window lie in it, in seconds; depends on timestamps alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// From the left end of the window to the first sample.
    pub to_start: f64,
    /// From the first to the last sample.
    pub sampled: f64,
    /// Usual distance of samples; 0 when there is only one.
    pub average: f64,
    /// From the last sample to the right end of the window.
    pub to_end: f64,
}

impl Frame {
    /// The frame of at least one sample in (lo, hi].
    pub(crate) fn new(times: &[i64], (lo, hi): (i64, i64)) -> Self {
        let (first, last) = (times[0], times[times.len() - 1]);
        let sampled = (last - first) as f64 / 1000.0;
        Self {
            to_start: (first - lo) as f64 / 1000.0,
            sampled,
            average: if times.len() > 1 { sampled / (times.len() - 1) as f64 } else { 0.0 },
            to_end: (hi - last) as f64 / 1000.0,
        }
    }
}

/// Where the windows of all steps lie in the samples.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bounds {
    floats: Vec<(usize, usize)>,
    histograms: Vec<(usize, usize)>,
    /// One per step, for functions that extrapolate; of no meaning without a pair of samples.
    reaches: Vec<Reach>,
    /// Steps with a pair of samples.
    pairs: Bits,
}

impl Bounds {
    /// What they hold for so many steps.
    pub(crate) fn cost(steps: Steps) -> Held {
        let step = 2 * size_of::<(usize, usize)>() + size_of::<Reach>() + 1;
        Held::bytes(steps.count.saturating_mul(step))
    }

    /// Bounds of floats at these times.
    pub(crate) fn of_floats(times: &[i64], windows: &Windows, steps: Steps) -> Self {
        let mut bounds = Self::default();
        find(times, windows, steps, &mut bounds.floats);
        bounds
    }

    /// Finds those of histograms, which share their times with nobody.
    pub(crate) fn find_histograms(&mut self, times: &[i64], windows: &Windows, steps: Steps) {
        self.histograms.clear();
        if !times.is_empty() {
            find(times, windows, steps, &mut self.histograms);
        }
    }

    /// Finds how far every step extrapolates, unless that is known.
    pub(super) fn find_reaches(
        &mut self,
        times: &[i64],
        windows: &Windows,
        (steps, question): (Steps, Question),
    ) {
        if self.reaches.len() == self.floats.len() {
            return;
        }
        self.pairs = Bits::zeroes(steps.count);
        self.reaches.clear();
        for (step, ((from, to), at)) in self.floats.iter().zip(steps.iter()).enumerate() {
            if to - from > 1 {
                self.pairs.set(step);
                let frame = Frame::new(&times[*from..*to], windows.at(at));
                self.reaches.push(Reach::of(frame, seconds(windows.range), question));
            } else {
                self.reaches.push(Reach::default());
            }
        }
    }

    /// Steps with a pair of floats.
    pub(super) fn pairs(&self) -> &Bits {
        &self.pairs
    }

    /// Bounds and reach of the floats of all steps; [`Bounds::find_reaches`] has made them.
    pub(super) fn reaches(&self) -> impl Iterator<Item = ((usize, usize), &Reach)> {
        self.floats.iter().copied().zip(&self.reaches)
    }

    /// Bounds of one step: floats, histograms.
    pub(crate) fn at(&self, step: usize) -> [(usize, usize); 2] {
        [self.floats[step], self.histograms.get(step).copied().unwrap_or_default()]
    }
}

fn find(times: &[i64], windows: &Windows, steps: Steps, out: &mut Vec<(usize, usize)>) {
    out.clear();
    out.reserve_exact(steps.count);
    let (mut from, mut to) = (0, 0);
    for at in steps.iter() {
        let (lo, hi) = windows.at(at);
        let (lo, hi) = (lo.saturating_sub(windows.before), hi.saturating_add(windows.after));
        while from < times.len() && times[from] <= lo {
            from += 1;
        }
        to = to.max(from);
        while to < times.len() && times[to] <= hi {
            to += 1;
        }
        out.push((from, to));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resets_are_found_wherever_they_are() {
        for len in [0, 1, 2, RESETS_PIECE, RESETS_PIECE + 1, 3 * RESETS_PIECE + 5] {
            for every in [1, 2, 7, RESETS_PIECE, 1000] {
                let floats: Vec<f64> = (0..len).map(|at| (at % every) as f64).collect();
                let expected: Vec<usize> =
                    (1..len).filter(|at| floats[*at] < floats[at - 1]).collect();
                let mut samples = Samples { floats, ..Samples::default() };
                samples.find_resets();
                assert_eq!(samples.resets, expected, "{len} floats, a reset each {every}");
                assert_eq!(samples.is_steady(), expected.is_empty());
            }
        }
    }
}
