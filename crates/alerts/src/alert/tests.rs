use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_ms(seconds * 1000)
}

fn alert(starts: i64, ends: i64, ends_by_timeout: bool) -> Alert {
    Alert {
        labels: Labels::from_pairs([("alertname", "a")]),
        annotations: [("from", starts.to_string())].into_iter().collect(),
        starts_at: at(starts),
        ends_at: at(ends),
        updated_at: at(0),
        generator_url: "".into(),
        ends_by_timeout,
    }
}

/// Beginning and end after both messages, at second 100.
fn merged(old: &Alert, new: Alert) -> (i64, i64) {
    let merged = old.merged_with(new, at(100));
    (merged.starts_at.ms() / 1000, merged.ends_at.ms() / 1000)
}

#[test]
fn spans_that_overlap_are_one_occurrence() {
    assert_eq!(merged(&alert(10, 200, true), alert(50, 300, true)), (10, 300));
    assert_eq!(merged(&alert(50, 200, true), alert(10, 150, true)), (10, 150));
    assert_eq!(merged(&alert(10, 40, false), alert(50, 300, true)), (50, 300));
}

#[test]
fn an_end_that_was_given_beats_one_that_was_assumed() {
    assert_eq!(merged(&alert(10, 300, false), alert(50, 200, true)), (10, 300));
    assert_eq!(merged(&alert(10, 300, true), alert(50, 200, true)), (10, 200));
    assert_eq!(merged(&alert(10, 300, true), alert(50, 90, false)), (10, 90));
}

#[test]
fn of_two_ends_the_later_one_stays() {
    assert_eq!(merged(&alert(10, 90, false), alert(50, 80, false)), (10, 90));
    assert_eq!(merged(&alert(10, 80, false), alert(50, 90, false)), (10, 90));
}

#[test]
fn an_alert_that_comes_back_is_a_new_occurrence() {
    let stored = StoredAlert::new(alert(10, 200, false), at(10));
    let renewed = stored.updated(alert(10, 300, false), at(100));
    assert_eq!(renewed.occurrence, at(10));
    assert!(stored.is_renewed_by(&renewed, at(100)));
    let ended = renewed.updated(alert(10, 110, false), at(110));
    assert!(!renewed.is_renewed_by(&ended, at(110)));
    let again = ended.updated(alert(120, 300, false), at(120));
    assert_eq!(again.occurrence, at(120));
}

#[test]
fn fingerprints_are_prometheus() {
    let labels = Labels::from_pairs([("alertname", "TestAlert"), ("instance", "a")]);
    // FNV-1a of "alertname\xffTestAlert\xffinstance\xffa\xff", computed apart.
    assert_eq!(format!("{:016x}", fingerprint(&labels)), "6197c5c73e013ba0");
    assert_eq!(fingerprint(&Labels::empty()), 0xcbf2_9ce4_8422_2325);
}

#[test]
fn spans_that_touch_are_two_occurrences() {
    assert_eq!(merged(&alert(10, 40, false), alert(40, 300, true)), (40, 300));
    assert_eq!(merged(&alert(50, 200, true), alert(10, 50, true)), (10, 50));
    assert_eq!(
        merged(&alert(10, 200, false), alert(9, 150, true)),
        (9, 200),
        "its end lies within"
    );
    assert_eq!(merged(&alert(10, 200, false), alert(10, 150, true)), (10, 200));
}

#[test]
fn what_is_the_same_is_kept_once() {
    let url = |mut alert: Alert, url: &str| {
        alert.generator_url = url.into();
        alert
    };
    let known = url(alert(10, 200, true), "http://rules");
    let same = known.merged_with(url(alert(10, 300, true), "http://rules"), at(100));
    assert!(Arc::ptr_eq(&known.generator_url, &same.generator_url));
    let other = known.merged_with(url(alert(11, 300, true), "http://other"), at(100));
    assert_eq!(&*other.generator_url, "http://other");
    assert_ne!(other.annotations, known.annotations, "the latest texts");
}

#[test]
fn only_a_renewal_that_changes_nothing_else_may_stay_off_the_disk() {
    let known = StoredAlert::new(alert(10, 200, false), at(10));
    let changed = |change: fn(&mut Alert)| {
        let mut newer = known.clone();
        change(&mut newer.alert);
        known.is_renewed_by(&newer, at(100))
    };
    assert!(changed(|alert| alert.ends_at = at(300)));
    assert!(changed(|alert| alert.updated_at = at(100)));
    assert!(!changed(|alert| alert.ends_at = at(100)), "it ended");
    assert!(!changed(|alert| alert.starts_at = at(9)));
    assert!(!changed(|alert| alert.annotations = Texts::default()));
    assert!(!changed(|alert| alert.generator_url = "http://other".into()));
    let again = StoredAlert { occurrence: at(50), ..known.clone() };
    assert!(!known.is_renewed_by(&again, at(100)));
}
