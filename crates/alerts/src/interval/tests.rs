#![expect(clippy::single_range_in_vec_init, reason = "an interval has ranges")]
#![expect(clippy::reversed_empty_ranges, reason = "negative days count from the month's end")]

use super::*;

fn holds(interval: &TimeInterval, at: &str) -> bool {
    let at: jiff::Timestamp = at.parse().unwrap();
    contains(interval, Timestamp::from_ms(at.as_millisecond()))
}

#[test]
fn an_empty_interval_always_holds() {
    assert!(holds(&TimeInterval::default(), "2020-05-01T00:00:00Z"));
}

#[test]
fn times_end_before_their_end() {
    let interval = TimeInterval { times: vec![540..1020, 1380..1440], ..Default::default() };
    let hold = |time: &str| holds(&interval, &format!("2020-05-01T{time}Z"));
    assert!(!hold("08:59:59"));
    assert!(hold("09:00:00") && hold("16:59:59"));
    assert!(!hold("17:00:00"));
    assert!(hold("23:00:00") && hold("23:59:59"));
}

#[test]
fn fields_must_all_hold() {
    // Weekdays of April 2020 from 9 to 17.
    let interval = TimeInterval {
        times: vec![540..1020],
        weekdays: vec![1..=5],
        months: vec![4..=4],
        years: vec![2020..=2020],
        ..Default::default()
    };
    assert!(holds(&interval, "2020-04-01T12:00:00Z"));
    assert!(!holds(&interval, "2020-04-04T12:00:00Z"), "a Saturday");
    assert!(!holds(&interval, "2020-05-01T12:00:00Z"));
    assert!(!holds(&interval, "2021-04-01T12:00:00Z"));
    assert!(!holds(&interval, "2020-04-01T18:00:00Z"));
}

#[test]
fn sunday_is_the_first_day_of_the_week() {
    let sundays = TimeInterval { weekdays: vec![0..=0], ..Default::default() };
    assert!(holds(&sundays, "2020-04-05T12:00:00Z"));
    assert!(!holds(&sundays, "2020-04-06T12:00:00Z"));
}

#[test]
fn negative_days_count_from_the_end_of_the_month() {
    let last_three = TimeInterval { days_of_month: vec![-3..=-1], ..Default::default() };
    assert!(holds(&last_three, "2020-02-27T00:00:00Z"));
    assert!(holds(&last_three, "2020-02-29T23:59:00Z"));
    assert!(!holds(&last_three, "2020-02-26T00:00:00Z"));
    let all_but_the_first = TimeInterval { days_of_month: vec![2..=-1], ..Default::default() };
    assert!(!holds(&all_but_the_first, "2021-02-01T00:00:00Z"));
    assert!(holds(&all_but_the_first, "2021-02-28T00:00:00Z"));
}

#[test]
fn days_that_a_month_does_not_have() {
    let days = |range| TimeInterval { days_of_month: vec![range], ..Default::default() };
    assert!(holds(&days(25..=31), "2020-04-30T00:00:00Z"), "cut off at the month's end");
    assert!(!holds(&days(31..=31), "2021-02-28T00:00:00Z"));
    assert!(holds(&days(-31..=-28), "2021-02-01T00:00:00Z"));
    assert!(!holds(&days(-31..=-29), "2021-02-01T00:00:00Z"));
}

#[test]
fn places_have_their_own_time() {
    let sydney = TimeZone::get("Australia/Sydney").unwrap();
    let interval = TimeInterval {
        times: vec![540..1020],
        weekdays: vec![1..=1],
        location: Some(sydney),
        ..Default::default()
    };
    assert!(holds(&interval, "2020-04-05T23:30:00Z"), "Monday, 9:30 in Sydney");
    assert!(!holds(&interval, "2020-04-06T09:30:00Z"), "Monday, 19:30 in Sydney");
}
