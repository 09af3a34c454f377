//! Days and spans of time in words for people.

use jiff::Timestamp;

/// The day of an instant in UTC: `2027-01-31`; seconds since 1970 when it is beyond any calendar.
pub fn date(seconds: i64) -> String {
    match Timestamp::from_second(seconds) {
        Ok(instant) => instant.strftime("%Y-%m-%d").to_string(),
        Err(_) => format!("{seconds} s after 1970"),
    }
}

/// A span in its largest unit: `39 days`, `5 hours`, `1 minute`.
pub fn span_words(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3600 => (seconds / 60, "minute"),
        3600..172_800 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_their_largest_unit() {
        let spans = [1, 59, 60, 7200, 172_800].map(span_words);
        assert_eq!(spans, ["1 second", "59 seconds", "1 minute", "2 hours", "2 days"]);
        assert_eq!(date(1_800_000_000), "2027-01-15");
        assert!(date(i64::MAX).contains("after 1970"));
    }
}
