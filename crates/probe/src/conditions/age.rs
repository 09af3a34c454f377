//! Instants as answers write them, for `age()`: dates of HTTP (RFC 1123, RFC 850, ANSI C),
//! RFC 3339, and seconds or milliseconds since 1970. Pure; without a zone an instant is in UTC.

use jiff::civil::DateTime;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::tz::TimeZone;

/// Whole numbers above it are milliseconds: as seconds they would be after the year 5000.
const SECONDS_MAX: i64 = 100_000_000_000;

/// Milliseconds since 1970; `None`: the text is no instant.
pub(super) fn instant_ms(text: &str) -> Option<i64> {
    static HTTP: DateTimeParser = DateTimeParser::new();
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        let is_seconds = number.abs() <= SECONDS_MAX;
        return if is_seconds { number.checked_mul(1000) } else { Some(number) };
    }
    if let Ok(seconds) = text.parse::<f64>() {
        let ms = seconds * 1000.0;
        #[expect(clippy::cast_possible_truncation, reason = "fractions are cut off")]
        return (ms.is_finite() && ms.abs() < 1e15).then_some(ms as i64);
    }
    if let Ok(found) = text.parse::<jiff::Timestamp>() {
        return Some(found.as_millisecond());
    }
    if let Ok(found) = HTTP.parse_timestamp(text) {
        return Some(found.as_millisecond());
    }
    let formats =
        ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %T"];
    let parsed = formats.iter().find_map(|format| DateTime::strptime(format, text).ok())?;
    Some(parsed.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::instant_ms;

    #[test]
    fn instants_are_read_in_the_forms_of_http_json_and_unix() {
        let expected = Some(1_767_323_045_000);
        for text in [
            "Fri, 02 Jan 2026 03:04:05 GMT",
            "Friday, 02-Jan-26 03:04:05 GMT",
            "Fri Jan  2 03:04:05 2026",
            "2026-01-02T03:04:05Z",
            "2026-01-02T04:04:05+01:00",
            "2026-01-02T03:04:05",
            "2026-01-02 03:04:05",
            "1767323045",
            "1767323045000",
            "1767323045.0",
        ] {
            assert_eq!(instant_ms(text), expected, "{text}");
        }
        for text in ["", "yesterday", "2026-13-02T03:04:05Z", "NaN", "Fri, 02 Jan"] {
            assert_eq!(instant_ms(text), None, "{text}");
        }
    }
}
