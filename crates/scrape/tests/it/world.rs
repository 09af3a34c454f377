//! Pools with a storage in memory, and waiting for conditions with a deadline.

use crate::memory::Memory;
use config::{Outside, ScrapeConfig};
use model::Timestamp;
use net::AddressPolicy;
use scrape::{Options, Pools, TargetView};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use sys::{Clock, OsVfs, SystemClock};
use tokio::time::Instant;

/// Long enough for anything that is meant to happen.
const DEADLINE: Duration = Duration::from_secs(30);

/// Where paused worlds begin.
pub(crate) const START_MS: i64 = 1_700_000_000_000;

/// What shifts the phases of this server.
pub(crate) const SEED: u64 = 7;

/// Wall clock that moves with tokio's paused time and can be stepped.
pub(crate) struct TokioClock {
    origin: Instant,
    ahead_ms: AtomicI64,
}

impl TokioClock {
    /// Moves the wall clock, as an administrator or NTP does.
    pub(crate) fn step(&self, ms: i64) {
        self.ahead_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        let start = Timestamp::from_ms(START_MS + self.ahead_ms.load(Ordering::SeqCst));
        start.saturating_add(self.origin.elapsed())
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }
}

pub(crate) struct World {
    pub(crate) pools: Pools,
    pub(crate) memory: Arc<Memory>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock::new()))
    }

    /// A world for tests with paused time.
    pub(crate) fn paused() -> Self {
        Self::stepped().0
    }

    /// A paused world with its clock.
    pub(crate) fn stepped() -> (Self, Arc<TokioClock>) {
        let clock = TokioClock { origin: Instant::now(), ahead_ms: AtomicI64::new(0) };
        let clock = Arc::new(clock);
        (Self::with_clock(clock.clone()), clock)
    }

    fn with_clock(clock: Arc<dyn Clock>) -> Self {
        let memory = Arc::new(Memory::default());
        let pools = Pools::new(Options {
            appender: memory.clone(),
            clock,
            vfs: Arc::new(OsVfs),
            policy: Arc::new(AddressPolicy::default()),
            offset_seed: SEED,
            loops: tokio::runtime::Handle::current(),
            storing_waits: false,
        });
        Self { pools, memory }
    }

    /// Applies `scrape_configs`, written without the key.
    pub(crate) async fn apply(&mut self, jobs: &str) {
        self.pools.apply(&jobs_of(jobs)).await;
    }

    /// The only target, once it satisfies a condition.
    pub(crate) async fn target(
        &self,
        what: &str,
        test: impl Fn(&TargetView) -> bool,
    ) -> TargetView {
        eventually(what, || self.pools.view().active().into_iter().find(|view| test(view))).await
    }

    /// Times and values of `up` of a target.
    pub(crate) fn up(&self, job: &str, instance: &str) -> Vec<(i64, f64)> {
        self.memory.samples(&[("__name__", "up"), ("job", job), ("instance", instance)])
    }
}

/// Reads jobs; a global interval keeps tests fast.
pub(crate) fn jobs_of(jobs: &str) -> Vec<ScrapeConfig> {
    let text = format!(
        "global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}\nscrape_configs:\n{jobs}"
    );
    let loaded = config::prometheus::load("prometheus.yml", &text, &Outside::nothing());
    loaded.unwrap_or_else(|error| panic!("{error}")).config.scrape_configs
}

/// Asks again and again until the answer is there.
pub(crate) async fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let waiting = async {
        loop {
            if let Some(answer) = ask() {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, waiting).await.unwrap_or_else(|_| panic!("in vain for {what}"))
}
