//! Runs the collectors that are due on a thread of their own, each within its time.
//! One thread runs all of them in turn (one hand-over a round). A collector that does not return in
//! time keeps that thread and costs its own series alone: a fresh thread runs the rest, and the
//! collector takes part again once it has returned. At most [`STUCK_MAX`] are held that way.

use super::part::Part;
use crate::{Error, Host, Roots};
use model::Timestamp;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use sys::Clock;

/// Threads that hanging collectors may hold; each costs a kernel stack and 256 KiB of address
/// space.
pub(super) const STUCK_MAX: usize = 4;

const STACK_BYTES: usize = 256 * 1024;

/// How often to look again while no collector is known to run.
const PAUSE: Duration = Duration::from_millis(100);

/// What collectors read.
pub(super) struct Machine {
    pub(super) host: Arc<dyn Host>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) roots: Roots,
}

/// The threads and what they share.
pub(super) struct Crew {
    machine: Arc<Machine>,
    bench: Arc<Bench>,
    has_worker: bool,
}

/// Where collectors wait and come back to.
#[derive(Default)]
struct Bench {
    state: Mutex<State>,
    work: Condvar,
    rest: Condvar,
}

#[derive(Default)]
struct State {
    now: Timestamp,
    waiting: VecDeque<Part>,
    running: Option<Running>,
    finished: Vec<Part>,
    /// Collectors that came back after their time.
    late: Vec<Part>,
    /// Threads that are inside a collector without being waited for.
    stuck: usize,
    /// Number of the thread that takes work; older ones end.
    epoch: u64,
}

/// The collector under way.
#[derive(Clone, Copy)]
struct Running {
    index: usize,
    started: Duration,
    timeout: Duration,
}

/// What became of one round.
#[derive(Default)]
pub(super) struct Outcome {
    /// Collectors that ran to their end, and late ones that are back.
    pub(super) back: Vec<Part>,
    /// Places of those that did not return in time.
    pub(super) stuck: Vec<(usize, Duration)>,
    /// Collectors that were not asked, as too many hang.
    pub(super) left: Vec<Part>,
}

impl Bench {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Crew {
    pub(super) fn new(machine: Machine) -> Self {
        Self { machine: Arc::new(machine), bench: Arc::default(), has_worker: false }
    }

    /// Collectors that hung in an earlier round and have returned since.
    pub(super) fn returned(&self) -> Vec<Part> {
        std::mem::take(&mut self.bench.lock().late)
    }

    /// Runs collectors; those that hang are left behind.
    pub(super) fn run(&mut self, parts: Vec<Part>, now: Timestamp) -> Outcome {
        let mut outcome = Outcome::default();
        let bench = Arc::clone(&self.bench);
        let mut state = bench.lock();
        state.now = now;
        state.waiting = parts.into();
        loop {
            if state.waiting.is_empty() && state.running.is_none() {
                break;
            }
            if !self.has_worker && !self.start(&mut state) {
                outcome.left = state.waiting.drain(..).collect();
                break;
            }
            bench.work.notify_one();
            let wait = match state.running {
                None => PAUSE,
                Some(running) => {
                    let took = self.machine.clock.monotonic().saturating_sub(running.started);
                    if took >= running.timeout {
                        // Older threads end as soon as their collector returns.
                        state.epoch += 1;
                        state.stuck += 1;
                        state.running = None;
                        self.has_worker = false;
                        outcome.stuck.push((running.index, took));
                        continue;
                    }
                    running.timeout.saturating_sub(took)
                }
            };
            let waited = bench.rest.wait_timeout(state, wait);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        outcome.back = std::mem::take(&mut state.finished);
        outcome
    }

    /// Starts a thread unless too many hang already.
    fn start(&mut self, state: &mut State) -> bool {
        if state.stuck >= STUCK_MAX {
            return false;
        }
        let (machine, bench) = (Arc::clone(&self.machine), Arc::clone(&self.bench));
        let epoch = state.epoch;
        let work = move || work(&machine, &bench, epoch);
        // Detached on purpose: a thread inside a dead mount cannot be joined; it ends by itself.
        let thread = thread::Builder::new().name("host".into()).stack_size(STACK_BYTES);
        self.has_worker = thread.spawn(work).is_ok();
        self.has_worker
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.bench.lock().epoch += 1;
        self.bench.work.notify_all();
    }
}

/// Takes collectors from the bench until a newer thread has taken over.
fn work(machine: &Machine, bench: &Bench, epoch: u64) {
    let mut buffer = Vec::new();
    let mut state = bench.lock();
    loop {
        if state.epoch != epoch {
            return;
        }
        let Some(mut part) = state.waiting.pop_front() else {
            bench.rest.notify_one();
            state = bench.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        let (started, now) = (machine.clock.monotonic(), state.now);
        state.running = Some(Running { index: part.index(), started, timeout: part.timeout() });
        drop(state);
        // A panic costs its collector one round, not the thread that others share.
        let run = AssertUnwindSafe(|| part.run(machine, &mut buffer, now));
        let panicked = catch_unwind(run).is_err();
        if panicked {
            part.fail(Error::panicked());
        }
        state = bench.lock();
        if state.epoch == epoch {
            state.running = None;
            state.finished.push(part);
        } else {
            state.stuck = state.stuck.saturating_sub(1);
            state.late.push(part);
        }
    }
}
