//! StatsD: what comes in is aggregated and stored at each interval, as a scrape of Prometheus'
//! `statsd_exporter` would store it; series whose time to live is over become stale.
//! Bounded by series and by members of sets; what is refused is counted by reason.

mod state;

use super::LineOptions;
use super::counts::Counts;
use super::store::{LineRow, store};
use crate::intake::Intake;
use crate::receiver::ReceiverOptions;
use exposition::Family;
use model::{Appender, Timestamp};
use parking_lot::Mutex;
use state::Aggregates;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use sys::Clock;
use wire::statsd::{Fault, read_line};

/// How far the time of samples may run ahead of the clock.
const CLOCK_STEP_MAX: Duration = Duration::from_mins(1);

/// Takes lines of StatsD and hands samples to an appender at each tick.
pub struct StatsdReceiver {
    intake: Intake,
    clock: Arc<dyn Clock>,
    state: Mutex<Aggregates>,
    /// Time of the latest samples: the next ones are later.
    last_ms: AtomicI64,
    pub(super) counts: Counts,
}

impl StatsdReceiver {
    /// A receiver in front of a store.
    pub fn new(
        appender: Arc<dyn Appender>,
        limits: ReceiverOptions,
        clock: Arc<dyn Clock>,
        options: LineOptions,
    ) -> Self {
        let reasons = Fault::ALL.iter().map(|fault| fault.as_str());
        Self {
            intake: Intake::new(appender, limits),
            clock,
            state: Mutex::new(Aggregates::new(options)),
            last_ms: AtomicI64::new(i64::MIN),
            counts: Counts::new(reasons.chain(state::REASONS)),
        }
    }

    /// Goes on under other rules. With another mapping file or other labels everything begins
    /// anew, and what was there becomes stale at the next tick.
    pub fn configure(&self, options: LineOptions) {
        self.state.lock().configure(options);
    }

    /// Takes whole lines.
    pub fn take(&self, lines: &[u8]) {
        let now = self.clock.now();
        let mut state = self.state.lock();
        for line in lines.split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            self.counts.lines.add(1);
            read_line(line, &mut |read| {
                let taken = match read {
                    Ok(sample) => state.take(now, &sample),
                    Err(fault) => Err(fault.as_str()),
                };
                match taken {
                    Ok(()) => self.counts.samples.add(1),
                    Err(reason) => self.counts.refuse(reason),
                }
            });
        }
    }

    /// Stores what the series are now. Blocks while the store writes.
    pub fn tick(&self) {
        let at = self.advance();
        let (rows, metadata) = self.state.lock().tick(at);
        if let Some(error) = store(&self.intake, &rows, metadata) {
            tracing::warn!(error, "aggregated StatsD metrics could not be stored");
        }
    }

    fn advance(&self) -> Timestamp {
        let now = self.clock.now();
        let last = self.last_ms.load(Ordering::Relaxed);
        let next = Timestamp::from_ms(last.saturating_add(1));
        // A last one far ahead was set before the clock jumped back.
        let is_jump = next.since(now) > CLOCK_STEP_MAX;
        let at = if is_jump { now } else { now.max(next) };
        self.last_ms.store(at.ms(), Ordering::Relaxed);
        at
    }

    /// What it counts.
    pub fn families(&self) -> Vec<Family> {
        let series = self.state.lock().series();
        self.counts.families("statsd", "StatsD", series, &self.intake.stats)
    }
}

/// A sample of a tick.
fn row(labels: &Arc<[u8]>, at: Timestamp, value: f64, start: Option<Timestamp>) -> LineRow {
    LineRow { labels: Arc::clone(labels), at, value, start }
}
