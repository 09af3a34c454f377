//! Texts as receivers want them: cut at their limits, split at commas, hashed keys.
//! Cutting follows Alertmanager 0.34 `notify.TruncateInRunes` and `TruncateInBytes`.

use ring::digest::{SHA256, digest};
use std::fmt::Write as _;

/// Stands where a text was cut.
const ELLIPSIS: char = '…';

/// A text of at most so many characters; a longer one ends in an ellipsis.
pub(crate) fn cut_chars(text: String, chars_max: usize) -> String {
    if text.len() <= chars_max || text.chars().count() <= chars_max {
        return text;
    }
    if chars_max <= 3 {
        return text.chars().take(chars_max).collect();
    }
    text.chars().take(chars_max - 1).chain([ELLIPSIS]).collect()
}

/// A text of at most so many bytes (at least three); a longer one ends in an ellipsis.
pub(crate) fn cut_bytes(text: String, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text;
    }
    let room = bytes_max.saturating_sub(ELLIPSIS.len_utf8());
    let mut cut = whole_chars(&text, room).to_owned();
    cut.push(ELLIPSIS);
    cut
}

/// The longest beginning of a text that has at most so many bytes and no half character.
pub(crate) fn whole_chars(text: &str, bytes_max: usize) -> &str {
    let mut end = bytes_max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The parts between commas that are not empty.
pub(crate) fn comma_separated(text: &str) -> Vec<String> {
    text.trim().split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Name of a group for systems with short keys: its SHA-256 in lower-case hexadecimal digits.
pub(crate) fn key_hash(group_key: &str) -> String {
    hex(digest(&SHA256, group_key.as_bytes()).as_ref())
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _infallible = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_by_characters() {
        for (text, max, expected) in [
            ("abcde", 5, "abcde"),
            ("abcdef", 5, "abcd…"),
            ("äöüßé", 5, "äöüßé"),
            ("äöüßéè", 5, "äöüß…"),
            ("abcd", 3, "abc"),
            ("abcd", 0, ""),
        ] {
            assert_eq!(cut_chars(text.into(), max), expected, "{text} at {max}");
        }
    }

    #[test]
    fn texts_are_cut_by_bytes_between_characters() {
        assert_eq!(cut_bytes("abcde".into(), 5), "abcde");
        assert_eq!(cut_bytes("abcdefgh".into(), 7), "abcd…");
        assert_eq!(cut_bytes("aäöüß".into(), 7), "aä…");
        assert_eq!(whole_chars("aä", 2), "a");
    }

    #[test]
    fn keys_are_hashed_like_upstream() {
        assert_eq!(
            key_hash("1"),
            "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"
        );
    }

    #[test]
    fn empty_parts_are_left_out() {
        assert_eq!(comma_separated(" a,,b, c "), ["a", "b", " c"]);
        assert!(comma_separated("").is_empty());
    }
}
