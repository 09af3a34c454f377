//! When a group is evaluated: on a grid whose phase comes from the group's identity.
//! Source: Prometheus 3.14, `rules/group.go` (`EvalTimestamp`), the phase to the nanosecond before
//! it is cut to milliseconds.

use model::{Labels, Timestamp};
use std::time::Duration;

/// Evaluation grid of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    interval_ms: i64,
    offset_ms: i64,
}

impl Schedule {
    /// Grid of a group; groups of different identity are spread over the interval.
    ///
    /// Intervals below one millisecond count as one millisecond.
    pub fn new(file: &str, name: &str, interval: Duration) -> Self {
        let interval_ms = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX).max(1);
        let hash = query::label_hash(&Labels::from_pairs([("file", file), ("name", name)]));
        let offset = u128::from(hash) % interval.as_nanos().max(1_000_000) / 1_000_000;
        Self { interval_ms, offset_ms: i64::try_from(offset).expect("below an interval of i64 ms") }
    }

    /// First evaluation strictly after `now`.
    pub fn next_after(&self, now: Timestamp) -> Timestamp {
        let latest = self.latest_at(now).ms();
        Timestamp::from_ms(latest.saturating_add(self.interval_ms))
    }

    /// Last evaluation at or before `now`.
    pub fn latest_at(&self, now: Timestamp) -> Timestamp {
        let into_slot = now.ms().saturating_sub(self.offset_ms).rem_euclid(self.interval_ms);
        Timestamp::from_ms(now.ms().saturating_sub(into_slot))
    }

    /// Evaluations on the grid after `last` and before `due`: those that were missed.
    pub fn missed_between(&self, last: Timestamp, due: Timestamp) -> u64 {
        let slots = due.ms().saturating_sub(last.ms()) / self.interval_ms;
        u64::try_from(slots - 1).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evaluations_stay_on_the_grid() {
        let schedule = Schedule::new("rules.yml", "host", Duration::from_secs(15));
        let first = schedule.next_after(Timestamp::from_ms(1_700_000_000_000));
        let second = schedule.next_after(first);
        assert_eq!(second.since(first), Duration::from_secs(15));
        assert_eq!(schedule.next_after(Timestamp::from_ms(first.ms() - 1)), first);
        assert_eq!(schedule.latest_at(Timestamp::from_ms(second.ms() - 1)), first);
        assert_eq!(schedule.latest_at(second), second);
    }

    #[test]
    fn instants_before_the_epoch_are_ordinary() {
        let schedule = Schedule::new("rules.yml", "host", Duration::from_secs(15));
        let due = schedule.next_after(Timestamp::from_ms(-100_000));
        assert!(due.ms() > -100_000 && due.ms() <= -85_000);
    }

    #[test]
    fn missed_slots_are_counted() {
        let schedule = Schedule::new("f", "g", Duration::from_secs(10));
        let at = |s: i64| Timestamp::from_ms(s * 1000);
        assert_eq!(schedule.missed_between(at(0), at(10)), 0);
        assert_eq!(schedule.missed_between(at(0), at(40)), 3);
        assert_eq!(schedule.missed_between(at(40), at(0)), 0);
    }
}
