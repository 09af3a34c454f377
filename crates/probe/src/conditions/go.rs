//! Numbers, durations and patterns as Go reads them, because conditions are written for it.

/// A whole number with an optional sign and base: `200`, `0x1f`, `0b1`, `010`, `1_000`.
pub(super) fn go_int(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    let digits = digits.replace('_', "");
    // A second sign is none of Go's.
    if !digits.bytes().next()?.is_ascii_alphanumeric() {
        return None;
    }
    let number = i128::from_str_radix(&digits, base).ok()?;
    i64::try_from(if negative { -number } else { number }).ok()
}

const UNITS: [(&str, f64); 8] = [
    ("ns", 1e-6),
    ("us", 1e-3),
    ("µs", 1e-3),
    ("μs", 1e-3),
    ("ms", 1.0),
    ("s", 1e3),
    ("m", 60e3),
    ("h", 3600e3),
];

/// Milliseconds of a duration: `300ms`, `1h30m`, `-1.5s`; fractions of a millisecond are cut off.
pub(super) fn go_duration_ms(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut sum = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let tail = &rest[end..];
        let end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (_, factor) = UNITS.iter().find(|(unit, _)| *unit == &tail[..end])?;
        sum += number * factor;
        rest = &tail[end..];
    }
    #[expect(clippy::cast_possible_truncation, reason = "fractions are cut off")]
    Some((sign * sum) as i64)
}

/// A duration in whole seconds without zeros at its end: `336h`, `1h30m`, `1h0m15s`.
pub(super) fn show_duration(ms: i64) -> String {
    let (sign, seconds) = (if ms <= -1000 { "-" } else { "" }, ms.unsigned_abs() / 1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let text = match (hours, minutes, seconds) {
        (0, 0, s) => format!("{s}s"),
        (0, m, 0) => format!("{m}m"),
        (0, m, s) => format!("{m}m{s}s"),
        (h, 0, 0) => format!("{h}h"),
        (h, m, 0) => format!("{h}h{m}m"),
        (h, m, s) => format!("{h}h{m}m{s}s"),
    };
    format!("{sign}{text}")
}

/// Does a text fit a pattern (`*`, `?`, `[a-z]`, `[^a]`, `\*`)? Slashes on both sides are ignored,
/// as upstream does. `None`: the pattern is not well formed.
///
/// Worst case: length of the pattern times length of the text.
pub(super) fn go_glob(pattern: &str, text: &str) -> Option<bool> {
    let pieces = pieces(&pattern.replace('/', ""))?;
    let text: Vec<char> = text.chars().filter(|c| *c != '/').collect();
    let (mut at, mut piece) = (0, 0);
    let mut retry = None;
    while at < text.len() {
        let fits = pieces.get(piece).map(|piece| piece.fits(text[at]));
        match fits {
            Some(None) => {
                retry = Some((piece + 1, at));
                piece += 1;
            }
            Some(Some(true)) => (at, piece) = (at + 1, piece + 1),
            Some(Some(false)) | None => {
                // The last star takes one character more.
                let Some((after, taken)) = retry else { return Some(false) };
                retry = Some((after, taken + 1));
                (at, piece) = (taken + 1, after);
            }
        }
    }
    Some(pieces[piece..].iter().all(|piece| *piece == Piece::Star))
}

#[derive(Debug, PartialEq)]
enum Piece {
    Star,
    AnyChar,
    Char(char),
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Piece {
    /// Does a character fit? `None`: a star, which fits as many as it likes.
    fn fits(&self, c: char) -> Option<bool> {
        match self {
            Self::Star => None,
            Self::AnyChar => Some(true),
            Self::Char(wanted) => Some(*wanted == c),
            Self::Class { negated, ranges } => {
                let inside = ranges.iter().any(|(first, last)| (*first..=*last).contains(&c));
                Some(inside != *negated)
            }
        }
    }
}

fn pieces(pattern: &str) -> Option<Vec<Piece>> {
    let mut chars = pattern.chars().peekable();
    let mut pieces = Vec::new();
    while let Some(c) = chars.next() {
        pieces.push(match c {
            '*' => Piece::Star,
            '?' => Piece::AnyChar,
            '\\' => Piece::Char(chars.next()?),
            '[' => {
                let negated = chars.next_if_eq(&'^').is_some();
                let mut ranges = Vec::new();
                let one = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>| {
                    let c = chars.next()?;
                    if c == '\\' { chars.next() } else { Some(c) }
                };
                while ranges.is_empty() || chars.next_if_eq(&']').is_none() {
                    let first = one(&mut chars)?;
                    let is_range = chars.next_if_eq(&'-').is_some();
                    let last = if is_range { one(&mut chars)? } else { first };
                    ranges.push((first, last));
                }
                Piece::Class { negated, ranges }
            }
            c => Piece::Char(c),
        });
    }
    Some(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_bases_and_signs() {
        for (text, expected) in [
            ("200", Some(200)),
            ("-5", Some(-5)),
            ("+5", Some(5)),
            ("0x1F", Some(31)),
            ("0b101", Some(5)),
            ("010", Some(8)),
            ("1_000", Some(1000)),
            ("0", Some(0)),
            ("", None),
            ("-", None),
            ("--1", None),
            ("1.0", None),
            ("9223372036854775808", None),
            ("0x", None),
        ] {
            assert_eq!(go_int(text), expected, "{text}");
        }
    }

    #[test]
    fn durations_are_milliseconds() {
        for (text, expected) in [
            ("300ms", Some(300)),
            ("48h", Some(172_800_000)),
            ("1h30m", Some(5_400_000)),
            ("1.5s", Some(1500)),
            ("-2s", Some(-2000)),
            ("10", None),
            ("1d", None),
            ("", None),
            ("s", None),
        ] {
            assert_eq!(go_duration_ms(text), expected, "{text}");
        }
        assert_eq!(show_duration(172_800_000), "48h");
        assert_eq!(show_duration(5_400_000), "1h30m");
        assert_eq!(show_duration(3_615_000), "1h0m15s");
        assert_eq!(show_duration(-60_000), "-1m");
    }

    #[test]
    fn patterns_are_globs() {
        for (pattern, text, expected) in [
            ("*", "", Some(true)),
            ("192.168.*.*", "192.168.0.232", Some(true)),
            ("192.168.*", "10.0.0.1", Some(false)),
            ("*<h1>Hi</h1>*", "<p/><h1>Hi</h1>\n", Some(true)),
            ("a?c", "abc", Some(true)),
            ("a?c", "ac", Some(false)),
            ("[a-c]x", "bx", Some(true)),
            ("[^a-c]x", "bx", Some(false)),
            ("\\*", "*", Some(true)),
            ("[", "a", None),
            ("a*b*c", "aXbYbZc", Some(true)),
        ] {
            assert_eq!(go_glob(pattern, text), expected, "{pattern} {text}");
        }
    }
}
