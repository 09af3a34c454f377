//! A clock that stands still until a test moves it; wall and monotonic time move separately.
//! The wall may jump both ways, as NTP and people make it; monotonic time only goes forward.

use crate::Clock;
use model::Timestamp;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// A clock under the hand of a test.
#[derive(Debug)]
pub struct SimClock {
    wall_ms: AtomicI64,
    monotonic_ns: AtomicU64,
}

impl SimClock {
    /// A clock that shows `now`; its monotonic time is zero.
    pub const fn new(now: Timestamp) -> Self {
        Self { wall_ms: AtomicI64::new(now.ms()), monotonic_ns: AtomicU64::new(0) }
    }

    /// Lets time pass: wall and monotonic time go forward together.
    pub fn advance(&self, by: Duration) {
        self.jump_wall(self.now().saturating_add(by));
        self.advance_monotonic(by);
    }

    /// Sets the wall clock, forward or back; monotonic time does not notice.
    pub fn jump_wall(&self, to: Timestamp) {
        self.wall_ms.store(to.ms(), Ordering::SeqCst);
    }

    /// Lets monotonic time pass while the wall clock stands.
    pub fn advance_monotonic(&self, by: Duration) {
        let ns = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        let add = |now: u64| Some(now.saturating_add(ns));
        self.monotonic_ns
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, add)
            .expect("the update never declines");
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.wall_ms.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_nanos(self.monotonic_ns.load(Ordering::SeqCst))
    }
}
