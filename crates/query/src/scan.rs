//! Reads the series of a selection and computes what each of them is worth, or each group of an
//! aggregation: on the thread of the query, and with helpers when there is very much to do.
//! Lanes take ranges in turn; what comes out is put together in the order of series or groups, so
//! that neither an answer nor its annotations, its counts or its limits of samples depend on the
//! number of lanes. Bytes are counted as they are taken, those of every lane.

use crate::QueryError;
use crate::annotation::Annotations;
use crate::column::Steps;
use crate::evaluate::Evaluator;
use crate::queryable::Queryable;
use crate::threads::Permit;
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
/// The last ranges are so short that lanes end together, each a part of a lane's fair share.
const SHORTEST_OF_LANE: usize = 12;
/// A lane counts so many bytes at a time.
const PIECE_BYTES: usize = 256 << 10;

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

/// What the lanes of one piece of work share.
struct Shared {
    count: usize,
    lanes: usize,
    /// Begin of the range that is taken next.
    next: AtomicUsize,
    /// No more ranges are taken: something failed.
    stopped: AtomicBool,
    /// Samples held by what came out of ranges so far.
    samples: AtomicUsize,
}

/// What came out of a range of series or groups.
struct Part<T> {
    begin: usize,
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

impl Shared {
    fn of(count: usize, lanes: usize) -> Self {
        let (next, samples) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { count, lanes, next, stopped: AtomicBool::new(false), samples }
    }

    /// The next range: long ones first, since what neighbours have in common (times, pages, lower
    /// buckets) is decoded again at the begin of each.
    fn take(&self) -> Option<Range<usize>> {
        if self.stopped.load(Ordering::Relaxed) {
            return None;
        }
        let shortest = self.count.div_ceil(self.lanes * SHORTEST_OF_LANE);
        let end = |from: usize| {
            let left = self.count - from;
            let len = (left * 3 / (4 * self.lanes)).max(shortest).min(left);
            (len > 0).then_some(from + len)
        };
        let from = self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, end).ok()?;
        end(from).map(|to| from..to)
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
        let begin = |lane: &mut Evaluator<'_>| Ok((begin(lane)?, Reader::new(selection)));
        let each = |lane: &mut Evaluator<'_>, own: &mut (S, Reader<'_>), index: usize| {
            each(lane, (&mut own.1, &mut own.0), index)
        };
        self.share((selection.len(), &|| work(selection, steps)), begin, each)
    }

    /// Calls `each` for 0, 1, 2, ... to `count` and returns what is not `None` in this order; on
    /// several threads if the work, asked for in ns, is worth it.
    pub(crate) fn share<S, T: Send>(
        &mut self,
        (count, work): (usize, &dyn Fn() -> usize),
        begin: impl Fn(&mut Evaluator<'_>) -> Result<S, QueryError> + Sync,
        each: impl Fn(&mut Evaluator<'_>, &mut S, usize) -> Outcome<T> + Sync,
    ) -> Result<Vec<T>, QueryError> {
        let permits = self.helpers(count, work);
        if !permits.is_empty() {
            return self.share_with(permits, count, &begin, &each);
        }
        let mut state = begin(self)?;
        let mut out = Vec::new();
        for index in 0..count {
            out.extend(each(self, &mut state, index)?);
        }
        Ok(out)
    }

    /// Helpers, as far as the work is worth them and there are any. Who watches a query sees it
    /// alone: its parts are timed one after another.
    fn helpers(&self, count: usize, work: &dyn Fn() -> usize) -> Vec<Permit> {
        let helpers = &self.options.helpers;
        if helpers.most() == 0 || self.trace.is_some() {
            return Vec::new();
        }
        let lanes = (work() / LANE_COST_MIN).min(count);
        helpers.take(lanes.saturating_sub(1))
    }

    fn share_with<S, T: Send>(
        &mut self,
        permits: Vec<Permit>,
        count: usize,
        begin: &(impl Fn(&mut Evaluator<'_>) -> Result<S, QueryError> + Sync),
        each: &(impl Fn(&mut Evaluator<'_>, &mut S, usize) -> Outcome<T> + Sync),
    ) -> Result<Vec<T>, QueryError> {
        let shared = &Shared::of(count, permits.len() + 1);
        let seed = self.seed();
        let run = || run_lane(seed.evaluator(PIECE_BYTES), shared, begin, each);
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
        parts.sort_unstable_by_key(|part| part.begin);
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
    shared: &Shared,
    begin: &impl Fn(&mut Evaluator<'_>) -> Result<S, QueryError>,
    each: &impl Fn(&mut Evaluator<'_>, &mut S, usize) -> Outcome<T>,
) -> Lane<T> {
    let _stop = StopOthers(&shared.stopped);
    let mut parts = Vec::new();
    let begun = begin(&mut evaluator).map(|mut state| {
        while let Some(range) = shared.take() {
            let begin = range.start;
            let read_before = evaluator.stats.samples_read;
            evaluator.begin_part();
            let mut out = Vec::with_capacity(range.len());
            let run = range.into_iter().try_for_each(|index| {
                out.extend(each(&mut evaluator, &mut state, index)?);
                Ok(())
            });
            evaluator.meter.read(evaluator.stats.samples_read - read_before);
            let samples = evaluator.held().samples;
            let before = shared.samples.fetch_add(samples, Ordering::Relaxed);
            let run = run.and_then(|()| evaluator.check_samples(before.saturating_add(samples)));
            let failed = run.is_err();
            parts.push(Part {
                begin,
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
    evaluator.end_lane();
    Lane {
        parts,
        begun,
        bytes: evaluator.held().bytes,
        samples_read: evaluator.stats.samples_read,
        queryable: evaluator.queryable,
    }
}
