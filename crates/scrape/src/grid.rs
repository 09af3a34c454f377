//! When to scrape: every target has its own phase within the interval, derived from its identity,
//! so that load is spread and a restart does not move it. As upstream's `Target.offset`, but in
//! slots of up to 20 ms.

use model::Timestamp;
use std::time::Duration;

#[cfg(test)]
mod tests;

/// Phases are multiples of this, at most a fiftieth of the interval: where targets are many or
/// fast, those of one slot share a wake of the process, which costs more than their timers.
const SLOT_MS_MAX: u64 = 20;

/// A scrape this close behind its grid point is stored at the grid point, at most 1 % of the
/// interval: timers are late by a millisecond or two, and even steps compress better.
const TOLERANCE_MS_MAX: i64 = 2;

/// Instants `phase + n * interval`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    interval_ms: i64,
    phase_ms: i64,
}

impl Grid {
    /// A grid for a target; `seed` differs between servers that scrape the same targets.
    pub fn new(interval: Duration, identity: u64, seed: u64) -> Self {
        // Ten thousand years fit; shorter than a millisecond is a millisecond.
        let interval_ms = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
        let interval_ms = interval_ms.clamp(1, 1 << 48);
        let slot_ms = (interval_ms / 50).clamp(1, SLOT_MS_MAX);
        let phase_ms = (identity ^ seed) % interval_ms / slot_ms * slot_ms;
        Self { interval_ms: interval_ms.cast_signed(), phase_ms: phase_ms.cast_signed() }
    }

    /// The first grid point after `now`.
    pub fn next(self, now: Timestamp) -> Timestamp {
        Timestamp::from_ms(self.floor(now).ms().saturating_add(self.interval_ms))
    }

    /// The timestamp of a scrape that begins `now`: its grid point when that is near.
    pub fn align(self, now: Timestamp) -> Timestamp {
        let floor = self.floor(now);
        let tolerance = TOLERANCE_MS_MAX.min(self.interval_ms / 100);
        if now.ms().saturating_sub(floor.ms()) <= tolerance { floor } else { now }
    }

    /// The last grid point that is not after `now`.
    fn floor(self, now: Timestamp) -> Timestamp {
        let behind = now.ms().saturating_sub(self.phase_ms).rem_euclid(self.interval_ms);
        Timestamp::from_ms(now.ms().saturating_sub(behind))
    }
}
