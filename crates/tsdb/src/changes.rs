//! What changed when, for those who remember answers: the oldest instant that any commit, deletion
//! or removal touched since a moment. Kept in the state of the database and changed under its lock,
//! together with what queries see.
//!
//! Time goes forward in most commits, so the list has an entry for every few seconds of samples:
//! 16 bytes each, 64 KiB at most.

use std::collections::VecDeque;

/// Instants are told rounded down to this many ms.
const GRAIN_MS: i64 = 5_000;
/// Most entries; about what came in six hours.
const ENTRIES_MAX: usize = 4096;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    moment: u64,
    /// Moments with the oldest instant touched then; both only grow, because an entry that is not
    /// older than a later one tells nothing.
    oldest: VecDeque<(u64, i64)>,
    /// Of changes up to this moment nothing is known any more.
    forgotten: u64,
}

impl Changes {
    /// The present moment: what is visible now.
    pub(crate) fn moment(&self) -> u64 {
        self.moment
    }

    /// Notes that samples from this instant on may have changed.
    pub(crate) fn note(&mut self, oldest_ms: i64) {
        self.moment += 1;
        let instant = oldest_ms.saturating_sub(oldest_ms.rem_euclid(GRAIN_MS));
        while self.oldest.back().is_some_and(|(_, before)| *before >= instant) {
            self.oldest.pop_back();
        }
        self.oldest.push_back((self.moment, instant));
        if self.oldest.len() > ENTRIES_MAX {
            self.forgotten = self.oldest.pop_front().map_or(0, |(moment, _)| moment);
        }
    }

    /// Nothing before this instant changed after the moment; `None`: that is not known any more.
    pub(crate) fn unchanged_before(&self, moment: u64) -> Option<i64> {
        if moment < self.forgotten {
            return None;
        }
        let first = self.oldest.partition_point(|(at, _)| *at <= moment);
        Some(self.oldest.get(first).map_or(i64::MAX, |(_, instant)| *instant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_instant_since_a_moment_is_told() {
        let mut changes = Changes::default();
        let begin = changes.moment();
        assert_eq!(changes.unchanged_before(begin), Some(i64::MAX));
        changes.note(20_000);
        let first = changes.moment();
        changes.note(31_234);
        assert_eq!(changes.unchanged_before(begin), Some(20_000));
        assert_eq!(changes.unchanged_before(first), Some(30_000), "rounded down");
        changes.note(-1);
        assert_eq!(changes.unchanged_before(first), Some(-5_000), "a late one");
        changes.note(i64::MIN);
        assert_eq!(changes.unchanged_before(begin), Some(i64::MIN));
        assert_eq!(changes.unchanged_before(changes.moment()), Some(i64::MAX));
        assert_eq!(changes.oldest.len(), 1);
    }

    #[test]
    fn what_is_forgotten_is_not_told() {
        let mut changes = Changes::default();
        let instant = |n: usize| GRAIN_MS * i64::try_from(n).unwrap();
        for n in 1..=ENTRIES_MAX + 2 {
            changes.note(instant(n));
        }
        assert_eq!(changes.unchanged_before(1), None);
        assert_eq!(changes.unchanged_before(2), Some(instant(3)));
        assert_eq!(changes.oldest.len(), ENTRIES_MAX);
    }

    /// Against every change in a list.
    #[test]
    fn it_tells_what_a_list_of_all_changes_tells() {
        let mut changes = Changes::default();
        let mut all = Vec::new();
        for n in 0..2000_i64 {
            let instant = (n * 7919 % 100 + n) * 1000;
            changes.note(instant);
            all.push(instant - instant.rem_euclid(GRAIN_MS));
            for moment in [0, n.unsigned_abs() / 2, n.unsigned_abs()] {
                let since = usize::try_from(moment).unwrap();
                let want = all[since..].iter().min().copied();
                assert_eq!(changes.unchanged_before(moment), want);
            }
        }
    }
}
