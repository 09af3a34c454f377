//! Queue of one remote endpoint: shards, requests, retries, pauses. A state machine without clock,
//! files and network: `remote` gives it samples, answers and the time, and does what it wants.
//! INV-111: a series is in one shard, a shard has one request under way and keeps its order, and
//! shards change only when all are empty; so samples of a series leave in the order they came.

use super::counts::{Counts, Kinds};
use super::demand::{self, Demand, Present};
use super::mark::{Mark, Payload, Sample};
use super::progress::{Progress, ShardProgress};
use config::QueueConfig;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Longest pause that a receiver may ask for.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);
/// Without a success for this time more shards would not help.
const SUCCESS_MAX: Duration = Duration::from_secs(20);

/// Monotonic and wall clock of a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) monotonic: Duration,
    pub(crate) wall_ms: i64,
}

/// A request to be made.
#[derive(Clone, Debug)]
pub(crate) struct Send {
    pub(crate) shard: usize,
    pub(crate) samples: Arc<Vec<Sample>>,
    /// How often it was tried before.
    pub(crate) attempt: u32,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Accepted; `written` says how much when the receiver told.
    Delivered { written: Option<Kinds>, bytes: u64 },
    /// Refused for good, why, and what was written nevertheless.
    Refused { reason: String, written: Option<Kinds> },
    /// May work later; the receiver may have said when.
    Retry { after: Option<Duration> },
}

#[derive(Debug)]
enum State {
    Sending,
    Waiting { until: Duration },
}

/// A request under way.
#[derive(Debug)]
struct Flight {
    samples: Arc<Vec<Sample>>,
    /// First sample, and the bound behind the last.
    begin: Mark,
    end: Mark,
    attempt: u32,
    backoff: Duration,
    state: State,
}

#[derive(Debug, Default)]
struct Shard {
    queue: VecDeque<Sample>,
    /// When the oldest of the queue came.
    since: Duration,
    flight: Option<Flight>,
    /// What lies before was done by the former process.
    skip: Mark,
    /// End of the request that was under way when the former process ended: it is repeated as it
    /// was.
    repeat: Option<Mark>,
}

/// The queue of one endpoint.
pub(crate) struct Core {
    config: QueueConfig,
    shards: Vec<Shard>,
    /// Everything before was offered.
    offered: Mark,
    /// The number of shards from the moment when all are empty.
    wanted: Option<usize>,
    demand: Demand,
    next_demand: Duration,
    last_demand: Duration,
    last_success: Duration,
    is_stopping: bool,
    pub(crate) counts: Counts,
}

impl Core {
    /// Goes on where the progress ends; the caller offers samples from its floor on.
    pub(crate) fn new(config: QueueConfig, progress: &Progress, now: Now) -> Self {
        let shard =
            |one: &ShardProgress| Shard { skip: one.done, repeat: one.flight, ..Shard::default() };
        let shards: Vec<Shard> = progress.shards.iter().map(shard).collect();
        let count = shards.len();
        let bounded = count.clamp(config.shards_min, config.shards_max);
        let counts = Counts { shards: count, desired_shards: count as f64, ..Counts::default() };
        Self {
            config,
            shards,
            offered: Mark::begin(progress.floor()),
            wanted: (bounded != count).then_some(bounded),
            demand: Demand::default(),
            next_demand: now.monotonic + demand::INTERVAL,
            last_demand: now.monotonic,
            last_success: now.monotonic,
            is_stopping: false,
            counts,
        }
    }

    /// Is there room for a sample? While shards change or the end has come there is none.
    pub(crate) fn has_room(&self, sample: &Sample) -> bool {
        let shard = &self.shards[self.shard_of(sample)];
        !self.is_draining() && !self.is_stopping && shard.queue.len() < self.config.capacity
    }

    /// Takes the next sample; [`Core::has_room`] has said yes.
    pub(crate) fn offer(&mut self, now: Now, sample: Sample) {
        self.offered = sample.mark.after();
        let index = self.shard_of(&sample);
        let shard = &mut self.shards[index];
        if sample.mark < shard.skip {
            return;
        }
        let one = kinds(std::slice::from_ref(&sample));
        self.counts.taken.add(one);
        self.counts.newest_taken = self.counts.newest_taken.max(Some(sample.timestamp));
        self.demand.note_in(1);
        if self.is_too_old(&sample, now) {
            self.counts.note_dropped("too_old", one);
            self.demand.note_dropped(1);
            return;
        }
        let shard = &mut self.shards[index];
        if shard.queue.is_empty() {
            shard.since = now.monotonic;
        }
        shard.queue.push_back(sample);
    }

    /// Everything before the mark was offered or is not to be sent.
    pub(crate) fn offered_to(&mut self, mark: Mark) {
        self.offered = self.offered.max(mark);
    }

    /// Samples that are not to be sent at all.
    pub(crate) fn note_dropped(&mut self, reason: &'static str, kinds: Kinds) {
        self.counts.note_dropped(reason, kinds);
        self.demand.note_dropped(usize::try_from(kinds.all()).unwrap_or(usize::MAX));
    }

    /// What is to be sent now; `delay_seconds` lie between the newest sample stored and the newest
    /// sent.
    pub(crate) fn step(&mut self, now: Now, delay_seconds: f64) -> Vec<Send> {
        self.calculate(now, delay_seconds);
        let mut sends = Vec::new();
        for index in 0..self.shards.len() {
            sends.extend(self.again(index, now));
            if self.shards[index].flight.is_none() {
                sends.extend(self.begin(index, now));
            }
        }
        self.change_shards();
        self.count_pending();
        sends
    }

    /// A request has ended.
    pub(crate) fn answered(&mut self, now: Now, index: usize, outcome: Outcome, took: Duration) {
        let Some(mut flight) = self.shards[index].flight.take() else { return };
        let all = kinds(&flight.samples);
        match outcome {
            Outcome::Delivered { written, bytes } => {
                let sent = written.unwrap_or(all);
                self.counts.sent.add(sent);
                self.counts.failed.add(less(all, sent));
                self.counts.bytes += bytes;
                self.counts.note_duration(took);
                self.demand.note_sent(flight.samples.len(), took);
                self.last_success = now.monotonic;
                let newest = flight.samples.iter().map(|sample| sample.timestamp).max();
                self.counts.newest_sent = self.counts.newest_sent.max(newest);
            }
            Outcome::Refused { reason, written } => {
                let sent = written.unwrap_or_default();
                self.counts.sent.add(sent);
                self.counts.failed.add(less(all, sent));
                self.counts.note_duration(took);
                *self.counts.refusals.entry(reason).or_default() += 1;
                self.last_success = now.monotonic;
            }
            Outcome::Retry { after } => {
                self.counts.retried.add(all);
                let pause = after.map_or(flight.backoff, |after| after.min(RETRY_AFTER_MAX));
                flight.backoff = (flight.backoff * 2).min(self.config.backoff_max);
                flight.attempt += 1;
                flight.state = State::Waiting { until: now.monotonic + pause };
                self.shards[index].flight = Some(flight);
            }
        }
    }

    /// From now on nothing is taken, and what waits goes at once.
    pub(crate) fn stop(&mut self) {
        self.is_stopping = true;
    }

    /// Does nothing wait and is nothing under way?
    pub(crate) fn is_idle(&self) -> bool {
        self.shards.iter().all(|shard| shard.queue.is_empty() && shard.flight.is_none())
    }

    /// When [`Core::step`] has something to do without a sample or an answer; monotonic.
    pub(crate) fn wake(&self) -> Duration {
        let of_shard = |shard: &Shard| match &shard.flight {
            Some(Flight { state: State::Waiting { until }, .. }) => Some(*until),
            Some(Flight { state: State::Sending, .. }) => None,
            None if shard.queue.is_empty() => None,
            None => Some(shard.since + self.config.batch_send_deadline),
        };
        let earliest = self.shards.iter().filter_map(of_shard).min();
        earliest.map_or(self.next_demand, |earliest| earliest.min(self.next_demand))
    }

    /// How far all shards came.
    pub(crate) fn progress(&self) -> Progress {
        let of_shard = |shard: &Shard| {
            let flight = shard.flight.as_ref();
            let waiting = shard.queue.front().map(|sample| sample.mark);
            let done = flight.map(|flight| flight.begin).or(waiting).unwrap_or(self.offered);
            // Until all was offered again the former process knows better.
            let done = if flight.is_none() { done.max(shard.skip) } else { done };
            ShardProgress { done, flight: flight.map(|flight| flight.end).or(shard.repeat) }
        };
        Progress { shards: self.shards.iter().map(of_shard).collect() }
    }

    fn shard_of(&self, sample: &Sample) -> usize {
        let count = self.shards.len() as u64;
        usize::try_from(sample.series.hash % count).unwrap_or(0)
    }

    /// Shards change as soon as all are empty. Not before everything was offered that the former
    /// process had done or under way: its marks are those of its shards.
    fn is_draining(&self) -> bool {
        let is_behind = |shard: &Shard| {
            self.offered < shard.skip || shard.repeat.is_some_and(|end| self.offered < end)
        };
        self.wanted.is_some() && !self.shards.iter().any(is_behind)
    }

    fn is_too_old(&self, sample: &Sample, now: Now) -> bool {
        let limit = self.config.sample_age_limit;
        let limit_ms = i64::try_from(limit.as_millis()).unwrap_or(i64::MAX);
        limit_ms > 0 && sample.timestamp < now.wall_ms.saturating_sub(limit_ms)
    }

    /// Waiting => Sending, when the pause is over.
    fn again(&mut self, index: usize, now: Now) -> Option<Send> {
        let flight = self.shards[index].flight.as_ref()?;
        match flight.state {
            State::Waiting { until } if until <= now.monotonic => {}
            State::Waiting { .. } | State::Sending => return None,
        }
        let mut samples = Arc::clone(&flight.samples);
        if samples.iter().any(|sample| self.is_too_old(sample, now)) {
            samples = self.without_old(&samples, now);
        }
        let shard = &mut self.shards[index];
        if samples.is_empty() {
            shard.flight = None;
            return None;
        }
        let flight = shard.flight.as_mut()?;
        flight.state = State::Sending;
        flight.samples = Arc::clone(&samples);
        Some(Send { shard: index, samples, attempt: flight.attempt })
    }

    fn without_old(&mut self, samples: &[Sample], now: Now) -> Arc<Vec<Sample>> {
        let (old, young): (Vec<Sample>, Vec<Sample>) =
            samples.iter().cloned().partition(|sample| self.is_too_old(sample, now));
        self.note_dropped("too_old", kinds(&old));
        Arc::new(young)
    }

    /// A new request, when enough samples wait or they waited long enough.
    fn begin(&mut self, index: usize, now: Now) -> Option<Send> {
        let is_flushing = self.is_stopping || self.is_draining();
        let (config, offered) = (self.config, self.offered);
        let shard = &mut self.shards[index];
        let count = shard.batch_len(&config, offered, is_flushing, now.monotonic)?;
        let samples: Vec<Sample> = shard.queue.drain(..count).collect();
        shard.since = now.monotonic;
        let (first, last) = (samples.first()?.mark, samples.last()?.mark);
        let samples = Arc::new(samples);
        shard.flight = Some(Flight {
            samples: Arc::clone(&samples),
            begin: first,
            end: last.after(),
            attempt: 0,
            backoff: config.backoff_min,
            state: State::Sending,
        });
        Some(Send { shard: index, samples, attempt: 0 })
    }

    fn calculate(&mut self, now: Now, delay_seconds: f64) {
        if now.monotonic < self.next_demand {
            return;
        }
        let elapsed = now.monotonic.saturating_sub(self.last_demand);
        self.last_demand = now.monotonic;
        self.next_demand = now.monotonic + demand::INTERVAL;
        let (min, max) = (self.config.shards_min, self.config.shards_max);
        let present = Present { shards: self.shards.len(), min, max };
        let wanted = self.demand.shards(elapsed, delay_seconds, present);
        self.counts.desired_shards = self.demand.desired;
        let works = now.monotonic.saturating_sub(self.last_success) < SUCCESS_MAX;
        if works {
            self.wanted = (wanted != self.shards.len()).then_some(wanted);
        }
    }

    fn change_shards(&mut self) {
        let Some(wanted) = self.wanted.filter(|_| self.is_draining() && self.is_idle()) else {
            return;
        };
        let fresh = || Shard { skip: self.offered, ..Shard::default() };
        self.shards = std::iter::repeat_with(fresh).take(wanted).collect();
        self.wanted = None;
        self.counts.shards = wanted;
    }

    fn count_pending(&mut self) {
        let mut pending = Kinds::default();
        for shard in &self.shards {
            pending.samples += shard.queue.len() as u64;
            pending.samples += shard.flight.as_ref().map_or(0, |one| one.samples.len() as u64);
        }
        self.counts.pending = pending;
    }
}

impl Shard {
    /// How many samples the next request takes; `None`: there is none yet.
    fn batch_len(
        &mut self,
        config: &QueueConfig,
        offered: Mark,
        is_flushing: bool,
        now: Duration,
    ) -> Option<usize> {
        let first = self.queue.front()?;
        if let Some(end) = self.repeat {
            let is_full = self.queue.len() >= config.capacity;
            let is_complete = offered >= end || is_full;
            let count = self.queue.iter().take_while(|sample| sample.mark < end).count();
            if count > 0 {
                return is_complete.then(|| {
                    self.repeat = None;
                    count
                });
            }
            self.repeat = None;
        }
        let most = config.samples_per_send_max;
        let alike = self.queue.iter().take(most).take_while(|one| one.is_late == first.is_late);
        let count = alike.count();
        let is_due = now >= self.since + config.batch_send_deadline;
        let is_cut = count == most || count < self.queue.len();
        (is_cut || is_due || is_flushing).then_some(count)
    }
}

/// How many there are of each kind.
pub(crate) fn kinds(samples: &[Sample]) -> Kinds {
    let mut kinds = Kinds::default();
    for sample in samples {
        match sample.payload {
            Payload::Float(_) => kinds.samples += 1,
            Payload::Histogram(_) => kinds.histograms += 1,
            Payload::Exemplar(_) => kinds.exemplars += 1,
        }
    }
    kinds
}

fn less(all: Kinds, part: Kinds) -> Kinds {
    Kinds {
        samples: all.samples.saturating_sub(part.samples),
        exemplars: all.exemplars.saturating_sub(part.exemplars),
        histograms: all.histograms.saturating_sub(part.histograms),
    }
}

#[cfg(test)]
mod tests;
