use super::*;

/// Does it hold at these times of the first week of January 2026? The 1st is a Thursday.
fn holds(weekly: &str, times: &[&str]) -> Vec<bool> {
    let weekly = Weekly::parse(weekly).unwrap();
    let at = |text: &&str| {
        let at: jiff::Timestamp = format!("2026-01-0{text}:00Z").parse().unwrap();
        weekly.contains(Timestamp::from_ms(at.as_millisecond()))
    };
    times.iter().map(at).collect()
}

#[test]
fn hours_hold_on_their_days_and_end_before_their_end() {
    let times = ["1T08:59", "1T09:00", "1T16:59", "1T17:00", "3T10:00"];
    assert_eq!(holds("mon-fri 9:00-17:00", &times), [false, true, true, false, false]);
    assert_eq!(
        holds("sat 00:00-24:00", &["2T23:59", "3T00:00", "3T23:59", "4T00:00"]),
        [false, true, true, false]
    );
}

#[test]
fn hours_over_midnight_belong_to_the_day_on_which_they_begin() {
    // Friday is the 2nd.
    let times = ["2T05:00", "2T22:00", "3T05:59", "3T06:00", "3T22:00"];
    assert_eq!(holds("fri 22:00-06:00", &times), [false, true, true, false, false]);
}

#[test]
fn days_go_over_the_end_of_the_week() {
    let times = ["2T12:00", "3T12:00", "4T12:00", "5T12:00", "6T12:00"];
    assert_eq!(holds("Sat-mon 00:00-24:00", &times), [false, true, true, true, false]);
    assert_eq!(holds("fri,sun 00:00-24:00", &times), [true, false, true, false, false]);
}

#[test]
fn hours_are_those_of_the_zone() {
    // One hour ahead of UTC in winter.
    let times = ["1T20:59", "1T21:00", "1T22:59", "1T23:00"];
    assert_eq!(holds("thu 22:00-24:00 Europe/Berlin", &times), [false, true, true, false]);
}

#[test]
fn what_cannot_be_read_is_told() {
    let cases = [
        ("", "found \"\", expected days and hours"),
        ("mon", "found \"mon\", expected days and hours"),
        ("day 1:00-2:00", "found the day \"day\", expected mon, tue"),
        ("mon 1:00", "found the hours \"1:00\", expected two"),
        ("mon 1:00-1:00", "found the hours"),
        ("mon 24:00-1:00", "found the hours"),
        ("mon 1:60-2:00", "found the hours"),
        ("mon 1:00-24:01", "found the hours"),
        ("mon 1:00-2:00 Mars/Base", "found the time zone \"Mars/Base\""),
        ("mon 1:00-2:00 UTC and", "found \"and\" behind the time zone"),
    ];
    for (text, words) in cases {
        let error = Weekly::parse(text).unwrap_err();
        assert!(error.contains(words), "{text}: {error}");
    }
}
