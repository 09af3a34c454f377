//! Lines of Graphite's plaintext protocol, as carbon takes them: `path[;tag=value...] value time`.
//! Used by `ingest`. Faults have names for labels; a bad tag costs only itself, as in Prometheus'
//! `graphite_exporter`.

/// Most tags of a line; more are dropped and counted.
pub const TAGS_MAX: usize = 64;
/// Near the largest whole numbers that a double holds exactly.
const MS_MAX: f64 = 9e15;
/// What a connection of carbon's pickle protocol begins with: the length of a message, whose first
/// byte is 0 for every message below 16 MiB. No path begins with it.
pub const PICKLE_BYTE: u8 = 0;

/// One sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Point<'l> {
    /// The path, never empty.
    pub path: &'l str,
    /// Tags in the order of the line; none has an empty name.
    pub tags: Vec<(&'l str, &'l str)>,
    /// Tags that were refused.
    pub tags_refused: usize,
    /// The value; NaN is one.
    pub value: f64,
    /// Milliseconds since 1970; `None`: now (`-1` or `N`, as carbon has it).
    pub at_ms: Option<i64>,
}

/// Why a line was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// Not UTF-8, no path, or not three words.
    MalformedLine,
    /// The value is no number.
    MalformedValue,
    /// The time is no number, or beyond what can be told in milliseconds.
    MalformedTimestamp,
}

impl Fault {
    /// All faults.
    pub const ALL: [Self; 3] =
        [Self::MalformedLine, Self::MalformedValue, Self::MalformedTimestamp];

    /// Its name in labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MalformedLine => "malformed_line",
            Self::MalformedValue => "malformed_value",
            Self::MalformedTimestamp => "malformed_timestamp",
        }
    }
}

/// Reads a line without its end; an empty one is `None`.
///
/// # Errors
/// When it is no sample.
pub fn read_line(line: &[u8]) -> Option<Result<Point<'_>, Fault>> {
    let Ok(line) = std::str::from_utf8(line) else { return Some(Err(Fault::MalformedLine)) };
    let mut words = line.split_ascii_whitespace();
    let named = words.next()?;
    let (Some(value), Some(time), None) = (words.next(), words.next(), words.next()) else {
        return Some(Err(Fault::MalformedLine));
    };
    Some(point(named, value, time))
}

fn point<'l>(named: &'l str, value: &str, time: &str) -> Result<Point<'l>, Fault> {
    let mut parts = named.split(';');
    let path = parts.next().filter(|path| !path.is_empty()).ok_or(Fault::MalformedLine)?;
    let (mut tags, mut tags_refused) = (Vec::new(), 0);
    for part in parts {
        match part.split_once('=') {
            Some((name, value)) if !name.is_empty() && tags.len() < TAGS_MAX => {
                tags.push((name, value));
            }
            Some(_) | None => tags_refused += 1,
        }
    }
    let value = value.parse().or(Err(Fault::MalformedValue))?;
    let at_ms = if matches!(time, "-1" | "N") { None } else { Some(milliseconds(time)?) };
    Ok(Point { path, tags, tags_refused, value, at_ms })
}

fn milliseconds(seconds: &str) -> Result<i64, Fault> {
    if let Some(ms) = seconds.parse::<i64>().ok().and_then(|whole| whole.checked_mul(1000)) {
        return Ok(ms);
    }
    let ms = seconds.parse::<f64>().or(Err(Fault::MalformedTimestamp))? * 1000.0;
    if ms.abs() >= MS_MAX || ms.is_nan() {
        return Err(Fault::MalformedTimestamp);
    }
    #[expect(clippy::cast_possible_truncation, reason = "smaller than `MS_MAX`")]
    Ok(ms as i64)
}

#[cfg(test)]
mod tests {
    use super::{Fault, Point, read_line};

    fn read(line: &str) -> Result<Point<'_>, Fault> {
        read_line(line.as_bytes()).unwrap()
    }

    #[test]
    fn paths_tags_values_and_times() {
        let plain = read("a.b-c.d 1.5 1700000000\r").unwrap();
        assert_eq!(
            (plain.path, plain.value, plain.at_ms),
            ("a.b-c.d", 1.5, Some(1_700_000_000_000))
        );
        let tagged = read("disk.used;dc=dc1;bad;=x;rack=  -2e3 1700000000.25").unwrap();
        assert_eq!(tagged.tags, [("dc", "dc1"), ("rack", "")]);
        assert_eq!((tagged.tags_refused, tagged.value), (2, -2000.0));
        assert_eq!(tagged.at_ms, Some(1_700_000_000_250));
        assert_eq!(read("a nan -1").unwrap().at_ms, None);
        assert_eq!(read("a 1 N").unwrap().at_ms, None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(read_line(b"").is_none() && read_line(b" \r").is_none());
        for line in ["a", "a 1", "a 1 2 3", ";k=v 1 2"] {
            assert_eq!(read(line).unwrap_err(), Fault::MalformedLine, "{line}");
        }
        assert_eq!(read("a x 1").unwrap_err(), Fault::MalformedValue);
        for time in ["x", "nan", "inf", "1e300", "99999999999999999999"] {
            assert_eq!(
                read(&format!("a 1 {time}")).unwrap_err(),
                Fault::MalformedTimestamp,
                "{time}"
            );
        }
        assert_eq!(read_line(b"a\xff 1 1").unwrap().unwrap_err(), Fault::MalformedLine);
        let many = format!("a{} 1 1", ";k=v".repeat(70));
        assert_eq!(read(&many).unwrap().tags_refused, 6);
    }
}
