//! Does a receiver need to be told? The nine rows of Alertmanager's `DedupStage.needsUpdate`.
//! Unlike upstream the log entry is stamped with the flush's own time, so that a repeat interval
//! equal to a multiple of the group interval does not slip by one group interval.

use crate::notification::Reason;
use model::Labels;
use std::collections::BTreeSet;
use std::time::Duration;

/// What a receiver was last told about a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogEntry {
    pub(crate) firing: BTreeSet<Labels>,
    pub(crate) resolved: BTreeSet<Labels>,
    /// Monotonic time of the flush that told it.
    pub(crate) at: Duration,
}

/// The state of a group at a flush.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Snapshot {
    pub(crate) firing: BTreeSet<Labels>,
    pub(crate) resolved: BTreeSet<Labels>,
}

/// The first row of the table that applies; `None`: there is nothing to say.
pub(crate) fn decide(
    entry: Option<&LogEntry>,
    now: &Snapshot,
    at: Duration,
    repeat_interval: Duration,
    send_resolved: bool,
) -> Option<Reason> {
    let Some(entry) = entry else {
        return (!now.firing.is_empty()).then_some(Reason::FirstNotification);
    };
    if !now.firing.is_subset(&entry.firing) {
        let known = !entry.firing.is_empty();
        return Some(if known { Reason::NewAlertsAdded } else { Reason::FirstNotification });
    }
    if now.firing.is_empty() {
        return (!entry.firing.is_empty()).then_some(Reason::AllAlertsResolved);
    }
    if send_resolved && !now.resolved.is_subset(&entry.resolved) {
        return Some(Reason::SomeAlertsResolved);
    }
    (entry.at + repeat_interval <= at).then_some(Reason::RepeatIntervalElapsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<Labels> {
        names.iter().map(|name| Labels::from_pairs([("alertname", *name)])).collect()
    }

    fn entry(firing: &[&str], resolved: &[&str]) -> LogEntry {
        LogEntry { firing: set(firing), resolved: set(resolved), at: Duration::from_secs(100) }
    }

    fn check(
        entry: Option<&LogEntry>,
        firing: &[&str],
        resolved: &[&str],
        at: u64,
    ) -> Option<Reason> {
        let now = Snapshot { firing: set(firing), resolved: set(resolved) };
        decide(entry, &now, Duration::from_secs(at), Duration::from_hours(1), true)
    }

    #[test]
    fn rows_of_the_table() {
        assert_eq!(check(None, &["a"], &[], 100), Some(Reason::FirstNotification));
        assert_eq!(check(None, &[], &["a"], 100), None);
        assert_eq!(
            check(Some(&entry(&[], &["a"])), &["a"], &[], 101),
            Some(Reason::FirstNotification)
        );
        assert_eq!(
            check(Some(&entry(&["a"], &[])), &["a", "b"], &[], 101),
            Some(Reason::NewAlertsAdded)
        );
        assert_eq!(
            check(Some(&entry(&["a"], &[])), &[], &["a"], 101),
            Some(Reason::AllAlertsResolved)
        );
        assert_eq!(check(Some(&entry(&[], &["a"])), &[], &["a"], 101), None);
        let some = check(Some(&entry(&["a", "b"], &[])), &["a"], &["b"], 101);
        assert_eq!(some, Some(Reason::SomeAlertsResolved));
        assert_eq!(check(Some(&entry(&["a"], &[])), &["a"], &[], 3699), None);
    }

    #[test]
    fn repeat_does_not_slip_when_it_falls_on_a_flush() {
        let repeat = check(Some(&entry(&["a"], &[])), &["a"], &[], 3700);
        assert_eq!(repeat, Some(Reason::RepeatIntervalElapsed));
    }

    #[test]
    fn resolved_alerts_are_silent_for_receivers_that_do_not_want_them() {
        let now = Snapshot { firing: set(&["a"]), resolved: set(&["b"]) };
        let known = entry(&["a", "b"], &[]);
        let at = Duration::from_secs(101);
        assert_eq!(decide(Some(&known), &now, at, Duration::from_hours(1), false), None);
    }
}
