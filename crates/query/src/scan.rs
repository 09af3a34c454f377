//! Reads the series of a selection and computes what each of them is worth: on the thread of the
//! query, and with helpers when there is very much to do.
//! Lanes take ranges of series in turn; what comes out is put together in the order of the series,
//! so that neither an answer nor its annotations, its counts or its limits of samples depend on the
//! number of lanes. Bytes are counted as they are taken, those of every lane.

use crate::QueryError;
use crate::annotation::Annotations;
use crate::column::Steps;
use crate::evaluate::Evaluator;
use crate::helpers::Permit;
use crate::queryable::Queryable;
use model::{QuerierError, SampleBuf, Selection, SeriesReader};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{Builder, Scope};

/// About what a series costs besides its samples and steps, ns.
const SERIES_COST: usize = 400;
/// About what decoding a sample costs, ns.
const SAMPLE_COST: usize = 4;
/// About what a window costs, ns.
const STEP_COST: usize = 4;
/// A lane more is worth its thread for at least so much work, ns.
const LANE_COST_MIN: usize = 1_500_000;
/// Series that are asked for the number of their samples, to estimate the work.
const ASKED_MAX: usize = 8;
/// A range of series is cheap to take and short enough for lanes to end together.
const RANGES_PER_LANE: usize = 16;
const RANGE_SERIES_MAX: usize = 512;

/// One lane's way through a selection.
pub(crate) struct Reader<'s> {
    pub selection: &'s dyn Selection,
    source: Box<dyn SeriesReader + 's>,
    /// The series read last.
    pub buffer: SampleBuf,
}

impl<'s> Reader<'s> {
    pub(crate) fn new(selection: &'s dyn Selection) -> Self {
        Self { selection, source: selection.reader(), buffer: SampleBuf::default() }
    }

    /// Reads a series into the buffer.
    pub(crate) fn read(&mut self, index: usize) -> Result<&mut SampleBuf, QuerierError> {
        self.source.read(index, &mut self.buffer)?;
        Ok(&mut self.buffer)
    }
}

/// What the lanes of one scan share.
struct Shared<'s> {
    selection: &'s dyn Selection,
    range_series: usize,
    /// The range that is taken next.
    next: AtomicUsize,
    /// No more ranges are taken: something failed.
    stopped: AtomicBool,
    /// Samples held by what came out of ranges so far.
    samples: AtomicUsize,
}

/// What came out of a range of series.
struct Part<T> {
    number: usize,
    out: Result<Vec<T>, QueryError>,
    samples: usize,
    samples_peak: usize,
    notes: Annotations,
}

/// What came out of a lane, besides what it read.
struct Lane<T> {
    parts: Vec<Part<T>>,
    begun: Result<(), QueryError>,
    bytes: usize,
    samples_read: u64,
    queryable: Queryable,
}

/// Lets the other lanes end, whatever ended this one: without a failure no range is left.
struct StopOthers<'s>(&'s AtomicBool);

impl Drop for StopOthers<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Shared<'_> {
    fn take(&self) -> Option<(usize, Range<usize>)> {
        if self.stopped.load(Ordering::Relaxed) {
            return None;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let from = number.checked_mul(self.range_series)?;
        let to = self.selection.len().min(from.saturating_add(self.range_series));
        (from < to).then_some((number, from..to))
    }
}

impl Evaluator<'_> {
    /// Calls `each` with every series of a selection by its index and returns what is not `None`,
    /// in the order of the series. `begin` makes what a lane keeps from one series to the next.
    pub(crate) fn scan<S, T: Send>(
        &mut self,
        selection: &dyn Selection,
        steps: Steps,
        begin: impl Fn(&mut Evaluator<'_>) -> Result<S, QueryError> + Sync,
        each: impl Fn(&mut Evaluator<'_>, (&mut Reader<'_>, &mut S), usize) -> Outcome<T> + Sync,
    ) -> Result<Vec<T>, QueryError> {
        let permits = self.helpers(selection, steps);
        if !permits.is_empty() {
            return self.scan_together(selection, permits, &begin, &each);
        }
        let mut reader = Reader::new(selection);
        let mut state = begin(self)?;
        let mut out = Vec::new();
        for index in 0..selection.len() {
            out.extend(each(self, (&mut reader, &mut state), index)?);
        }
        Ok(out)
    }

    /// Helpers for a scan, as far as it is worth them and there are any. Who watches a query sees
    /// it alone: its parts are timed one after another.
    fn helpers(&self, selection: &dyn Selection, steps: Steps) -> Vec<Permit> {
        let helpers = &self.options.helpers;
        if helpers.most() == 0 || self.trace.is_some() {
            return Vec::new();
        }
        let lanes = (work(selection, steps) / LANE_COST_MIN).min(selection.len());
        helpers.take(lanes.saturating_sub(1))
    }

    fn scan_together<S, T: Send>(
        &mut self,
        selection: &dyn Selection,
        permits: Vec<Permit>,
        begin: &(impl Fn(&mut Evaluator<'_>) -> Result<S, QueryError> + Sync),
        each: &(impl Fn(&mut Evaluator<'_>, (&mut Reader<'_>, &mut S), usize) -> Outcome<T> + Sync),
    ) -> Result<Vec<T>, QueryError> {
        let ranges = (permits.len() + 1) * RANGES_PER_LANE;
        let shared = Shared {
            selection,
            range_series: selection.len().div_ceil(ranges).clamp(1, RANGE_SERIES_MAX),
            next: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            samples: AtomicUsize::new(0),
        };
        let (seed, shared) = (self.seed(), &shared);
        let run = || run_lane(seed.evaluator(), shared, begin, each);
        let lanes = std::thread::scope(|scope| {
            let others: Vec<_> =
                permits.into_iter().filter_map(|permit| spawn(scope, permit, &run)).collect();
            let mut lanes = vec![Ok(run())];
            lanes.extend(others.into_iter().map(std::thread::ScopedJoinHandle::join));
            lanes
        });
        self.put_together(lanes.into_iter().map(|lane| lane.map_err(|_panic| ())).collect())
    }

    /// Takes over what the lanes hold, then what came out of them in the order of the series.
    fn put_together<T>(&mut self, lanes: Vec<Result<Lane<T>, ()>>) -> Result<Vec<T>, QueryError> {
        let mut parts = Vec::new();
        let mut begun = Ok(());
        for lane in lanes {
            // Its message is in the log already.
            let Ok(lane) = lane else {
                begun = Err(QueryError::panicked());
                continue;
            };
            self.adopt(lane.bytes);
            self.stats.samples_read += lane.samples_read;
            self.queryable.add_all(&lane.queryable);
            begun = begun.and(lane.begun);
            parts.extend(lane.parts);
        }
        begun?;
        parts.sort_unstable_by_key(|part| part.number);
        let mut out = Vec::new();
        for part in parts {
            self.notes.add_all(part.notes);
            self.hold_part(part.samples, part.samples_peak)?;
            let mut more = part.out?;
            if out.is_empty() {
                out = more;
            } else {
                out.append(&mut more);
            }
        }
        Ok(out)
    }
}

/// What comes out of one series.
pub(crate) type Outcome<T> = Result<Option<T>, QueryError>;

/// About what a scan costs, ns.
fn work(selection: &dyn Selection, steps: Steps) -> usize {
    let asked = selection.len().min(ASKED_MAX);
    let Some(distance) = selection.len().checked_div(asked) else { return 0 };
    let samples: usize = (0..asked).map(|number| selection.samples_max(number * distance)).sum();
    let each = SERIES_COST + samples / asked * SAMPLE_COST + steps.count.saturating_mul(STEP_COST);
    selection.len().saturating_mul(each)
}

/// Starts a helper; when there is no thread, the others do its part.
fn spawn<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    permit: Permit,
    run: &'scope (impl Fn() -> Lane<T> + Sync),
) -> Option<std::thread::ScopedJoinHandle<'scope, Lane<T>>> {
    let work = move || {
        let _permit = permit;
        run()
    };
    Builder::new().name("query-helper".into()).spawn_scoped(scope, work).ok()
}

fn run_lane<S, T>(
    mut evaluator: Evaluator<'_>,
    shared: &Shared<'_>,
    begin: &impl Fn(&mut Evaluator<'_>) -> Result<S, QueryError>,
    each: &impl Fn(&mut Evaluator<'_>, (&mut Reader<'_>, &mut S), usize) -> Outcome<T>,
) -> Lane<T> {
    let _stop = StopOthers(&shared.stopped);
    let mut reader = Reader::new(shared.selection);
    let mut parts = Vec::new();
    let begun = begin(&mut evaluator).map(|mut state| {
        while let Some((number, series)) = shared.take() {
            evaluator.begin_part();
            let mut out = Vec::with_capacity(series.len());
            let run = series.into_iter().try_for_each(|index| {
                out.extend(each(&mut evaluator, (&mut reader, &mut state), index)?);
                Ok(())
            });
            let samples = evaluator.held().samples;
            let before = shared.samples.fetch_add(samples, Ordering::Relaxed);
            let run = run.and_then(|()| evaluator.check_samples(before.saturating_add(samples)));
            let failed = run.is_err();
            parts.push(Part {
                number,
                out: run.map(|()| out),
                samples,
                samples_peak: evaluator.stats.samples_peak,
                notes: std::mem::take(&mut evaluator.notes),
            });
            if failed {
                break;
            }
        }
    });
    Lane {
        parts,
        begun,
        bytes: evaluator.held().bytes,
        samples_read: evaluator.stats.samples_read,
        queryable: evaluator.queryable,
    }
}
