//! How many shards are needed: upstream's calculation from rates in and out and from the delay.
//! Pure; `core` counts and asks every ten seconds.

use std::time::Duration;

/// Time between two calculations.
pub(crate) const INTERVAL: Duration = Duration::from_secs(10);
const WEIGHT: f64 = 0.2;
/// Changes below this fraction are not worth the pause.
const TOLERANCE: f64 = 0.3;
/// Part of what is behind that is made up for in a second.
const CATCH_UP: f64 = 0.05;
/// Further behind than this, no shard is given up; seconds.
const BEHIND_MAX: f64 = 10.0;

/// Events a second, exponentially weighted.
#[derive(Clone, Copy, Debug, Default)]
struct Rate {
    events: f64,
    per_second: f64,
    has_begun: bool,
}

impl Rate {
    fn tick(&mut self, seconds: f64) {
        let now = self.events / seconds;
        self.events = 0.0;
        self.per_second =
            if self.has_begun { self.per_second + WEIGHT * (now - self.per_second) } else { now };
        self.has_begun = true;
    }
}

/// What was sent since the last calculation, and the rates.
#[derive(Clone, Debug, Default)]
pub(crate) struct Demand {
    incoming: Rate,
    dropped: Rate,
    sent: Rate,
    /// Seconds that sending took.
    busy: Rate,
    /// The last result before rounding.
    pub(crate) desired: f64,
}

/// Bounds and present number of shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Present {
    pub(crate) shards: usize,
    pub(crate) min: usize,
    pub(crate) max: usize,
}

impl Demand {
    pub(crate) fn note_in(&mut self, samples: usize) {
        self.incoming.events += samples as f64;
    }

    pub(crate) fn note_dropped(&mut self, samples: usize) {
        self.dropped.events += samples as f64;
    }

    pub(crate) fn note_sent(&mut self, samples: usize, took: Duration) {
        self.sent.events += samples as f64;
        self.busy.events += took.as_secs_f64();
    }

    /// The number of shards from now on; `delay_seconds` lie between the newest sample stored and
    /// the newest sent.
    pub(crate) fn shards(
        &mut self,
        elapsed: Duration,
        delay_seconds: f64,
        present: Present,
    ) -> usize {
        let seconds = elapsed.as_secs_f64().max(1.0);
        for rate in [&mut self.incoming, &mut self.dropped, &mut self.sent, &mut self.busy] {
            rate.tick(seconds);
        }
        if self.sent.per_second <= 0.0 {
            return present.shards.clamp(present.min, present.max);
        }
        let kept = self.sent.per_second / (self.dropped.per_second + self.sent.per_second);
        let incoming = self.incoming.per_second * kept;
        let behind = delay_seconds.max(0.0) * incoming;
        let seconds_per_sample = self.busy.per_second / self.sent.per_second;
        self.desired = seconds_per_sample * (incoming + CATCH_UP * behind);
        let count = present.shards as f64;
        let wanted = if (count * (1.0 - TOLERANCE)..=count * (1.0 + TOLERANCE))
            .contains(&self.desired.ceil())
        {
            present.shards
        } else {
            whole(self.desired, present.max)
        };
        let gives_up_too_soon = wanted < present.shards && delay_seconds > BEHIND_MAX;
        let wanted = if gives_up_too_soon { present.shards } else { wanted };
        wanted.clamp(present.min, present.max)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded by max")]
fn whole(desired: f64, max: usize) -> usize {
    desired.ceil().clamp(0.0, max as f64) as usize
}

#[cfg(test)]
mod tests;
