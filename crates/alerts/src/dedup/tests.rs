use super::*;

fn told(alerts: &[(u64, i64)]) -> AlertSet {
    alerts.iter().map(|(alert, at)| (*alert, Timestamp::from_ms(*at))).collect()
}

fn entry(firing: &[(u64, i64)], resolved: &[(u64, i64)]) -> LogEntry {
    let (firing, resolved) = (told(firing), told(resolved));
    LogEntry { firing, resolved, at: Timestamp::from_ms(100_000), ..LogEntry::default() }
}

/// What is decided at a second, upstream's way and ours; the repeat interval is an hour.
fn decided(
    entry: Option<&LogEntry>,
    firing: &[(u64, i64)],
    resolved: &[(u64, i64)],
    second: i64,
    send_resolved: bool,
) -> [Option<Reason>; 2] {
    let news = Snapshot { firing: told(firing), resolved: told(resolved) };
    [Compat::Strict, Compat::Improved].map(|compat| {
        let (now, repeat_interval) = (Timestamp::from_ms(second * 1000), Duration::from_hours(1));
        decide(entry, &news, |_| false, Terms { now, repeat_interval, send_resolved, compat })
    })
}

const A: (u64, i64) = (1, 0);
const B: (u64, i64) = (2, 0);

#[test]
fn rows_of_the_table() {
    let rows: [(Option<LogEntry>, &[_], &[_], Option<Reason>); 8] = [
        (None, &[A], &[], Some(Reason::FirstNotification)),
        (None, &[], &[], None),
        (Some(entry(&[], &[A])), &[A], &[], Some(Reason::FirstNotification)),
        (Some(entry(&[A], &[])), &[A, B], &[], Some(Reason::NewAlertsAdded)),
        (Some(entry(&[A], &[])), &[], &[A], Some(Reason::AllAlertsResolved)),
        (Some(entry(&[], &[A])), &[], &[A], None),
        (Some(entry(&[A, B], &[])), &[A], &[B], Some(Reason::SomeAlertsResolved)),
        (Some(entry(&[A], &[])), &[A], &[], None),
    ];
    for (entry, firing, resolved, reason) in rows {
        let found = decided(entry.as_ref(), firing, resolved, 101, true);
        assert_eq!(found, [reason, reason], "{entry:?} {firing:?} {resolved:?}");
    }
}

#[test]
fn of_muted_alerts_there_are_no_news() {
    let (now, repeat_interval) = (Timestamp::from_ms(101_000), Duration::from_hours(1));
    let compat = Compat::Improved;
    let terms = Terms { now, repeat_interval, send_resolved: true, compat };
    let known = entry(&[A], &[]);
    let is_muted = |alert| alert == A.0;
    assert_eq!(decide(Some(&known), &Snapshot::default(), is_muted, terms), None);
    let news = Snapshot { firing: told(&[B]), ..Snapshot::default() };
    let reason = Some(Reason::NewAlertsAdded);
    assert_eq!(decide(Some(&known), &news, is_muted, terms), reason);
}

#[test]
fn repeats_do_not_slip_when_they_fall_on_a_flush() {
    let known = entry(&[A], &[]);
    let repeat = Some(Reason::RepeatIntervalElapsed);
    assert_eq!(decided(Some(&known), &[A], &[], 3699, true), [None, None]);
    assert_eq!(decided(Some(&known), &[A], &[], 3700, true), [None, repeat]);
    assert_eq!(decided(Some(&known), &[A], &[], 3701, true), [repeat, repeat]);
}

#[test]
fn fewer_firing_alerts_are_no_news_for_who_does_not_want_ends() {
    assert_eq!(decided(Some(&entry(&[A, B], &[])), &[A], &[B], 101, false), [None, None]);
    // That all have ended is noted, not sent.
    let all = Some(Reason::AllAlertsResolved);
    assert_eq!(decided(Some(&entry(&[A], &[])), &[], &[A], 101, false), [all, all]);
}

#[test]
fn another_occurrence_of_a_known_alert_is_news() {
    let again = [(1, 5000)];
    let found = decided(Some(&entry(&[A], &[])), &again, &[], 101, true);
    assert_eq!(found, [None, Some(Reason::FiringAgain)]);
}

#[test]
fn what_came_and_went_unheard_is_news_for_who_wants_ends() {
    let unheard = Some(Reason::ResolvedUnheard);
    assert_eq!(decided(None, &[], &[A], 101, true), [None, unheard]);
    assert_eq!(decided(None, &[], &[A], 101, false), [None, None]);
    assert_eq!(decided(Some(&entry(&[], &[B])), &[], &[A], 101, true), [None, unheard]);
    assert_eq!(decided(Some(&entry(&[], &[A])), &[], &[(1, 5000)], 101, true), [None, unheard]);
}
