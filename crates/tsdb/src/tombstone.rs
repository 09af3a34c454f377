//! Deletions that are not purged yet: which samples of which segments nobody sees any more.
//! Kept in the manifest, applied by selections and compaction; the head knows nothing of them,
//! because a deletion flushes it first.
//! INV-28: a deletion hides exactly what was stored when it was asked for; what comes later stays.

use crate::error::DbResult;
use crate::postings;
use crate::segment::{Segment, SegmentIndex};
use model::{MatchOp, Matcher};
use std::fmt::Write as _;

/// One deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tombstone {
    /// Segments with smaller numbers held everything when the deletion was asked for.
    pub(crate) border: u64,
    /// First and last instant, both included; ms.
    pub(crate) range: (i64, i64),
    /// Series that satisfy all matchers of any of these.
    pub(crate) selectors: Vec<Vec<Matcher>>,
}

impl Tombstone {
    /// May it hide samples of this segment?
    pub(crate) fn concerns(&self, segment: &Segment) -> bool {
        segment.id < self.border
            && segment.purged_below() < self.border
            && segment.overlaps(self.range)
    }

    /// One line: border, first and last instant, selectors. A selector is a list of matchers with
    /// commas, several are separated by semicolons; what is no letter, digit or underscore in a
    /// name or value is written as `%` and two hexadecimal digits a byte.
    pub(crate) fn render(&self) -> String {
        let mut text = format!("{} {} {} ", self.border, self.range.0, self.range.1);
        for (place, matchers) in self.selectors.iter().enumerate() {
            text.push_str(if place == 0 { "" } else { ";" });
            for (place, matcher) in matchers.iter().enumerate() {
                text.push_str(if place == 0 { "" } else { "," });
                escape(matcher.name(), &mut text);
                text.push_str(matcher.op().as_str());
                escape(matcher.value(), &mut text);
            }
        }
        text
    }

    /// Inverse of [`Tombstone::render`].
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut parts = line.splitn(4, ' ');
        let border = parts.next()?.parse().ok()?;
        let range = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let selectors = parts.next()?.split(';').map(parse_selector);
        Some(Self { border, range, selectors: selectors.collect::<Option<_>>()? })
    }
}

fn parse_selector(text: &str) -> Option<Vec<Matcher>> {
    text.split(',').map(parse_matcher).collect()
}

fn parse_matcher(text: &str) -> Option<Matcher> {
    let at = text.find(['=', '!'])?;
    let (name, rest) = text.split_at(at);
    let ops = [MatchOp::Regex, MatchOp::NotRegex, MatchOp::NotEqual, MatchOp::Equal];
    let found = ops.into_iter().find_map(|op| Some((op, rest.strip_prefix(op.as_str())?)));
    let (op, value) = found?;
    Matcher::new(op, &unescape(name)?, &unescape(value)?).ok()
}

fn escape(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'_' {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02x}").expect("a String takes everything");
        }
    }
}

fn unescape(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (code, plain) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(code, 16).ok()?);
        bytes.extend_from_slice(plain.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

/// What is deleted of one segment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deleted {
    /// A range with the series it is deleted from, ascending.
    entries: Vec<((i64, i64), Vec<u32>)>,
}

impl Deleted {
    /// Finds the series of a segment that the tombstones name.
    pub(crate) fn find(tombstones: &[Tombstone], segment: &Segment, index: &SegmentIndex) -> Self {
        let concerned = tombstones.iter().filter(|tombstone| tombstone.concerns(segment));
        let entries = concerned.flat_map(|tombstone| {
            let found =
                tombstone.selectors.iter().map(|matchers| postings::resolve(index, matchers));
            found.map(|ordinals| (tombstone.range, ordinals))
        });
        Self { entries: entries.filter(|(_, ordinals)| !ordinals.is_empty()).collect() }
    }

    /// May anything be hidden by it (judged by the spans of blocks)?
    pub(crate) fn hides_any(&self, segment: &Segment, index: &SegmentIndex) -> DbResult<bool> {
        let nothing = Self::default();
        for (range, ordinals) in &self.entries {
            for (place, here) in index.directory().by_page(ordinals) {
                let table = segment.series(index, place)?;
                if here.iter().any(|one| index.is_visible(&table, *one, *range, &nothing)) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Is nothing deleted?
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Ranges deleted from a series: ascending, not touching each other.
    pub(crate) fn ranges(&self, ordinal: u32) -> Vec<(i64, i64)> {
        let named = self.entries.iter().filter(|(_, list)| list.binary_search(&ordinal).is_ok());
        let mut ranges: Vec<(i64, i64)> = named.map(|(range, _)| *range).collect();
        ranges.sort_unstable();
        ranges.dedup_by(|next, before| {
            let joined = next.0 <= before.1.saturating_add(1);
            before.1 = if joined { before.1.max(next.1) } else { before.1 };
            joined
        });
        ranges
    }
}

/// Is everything from `first` to `last` deleted?
pub(crate) fn covers(deleted: &[(i64, i64)], (first, last): (i64, i64)) -> bool {
    deleted.iter().any(|range| range.0 <= first && last <= range.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tombstone(selectors: Vec<Vec<Matcher>>) -> Tombstone {
        Tombstone { border: 7, range: (i64::MIN, 12), selectors }
    }

    #[test]
    fn inv_28_a_tombstone_comes_back_from_its_line() {
        let odd = "a b%c,d;e=f!g~\n\u{e9}\"";
        let matcher = |op, name: &str, value: &str| Matcher::new(op, name, value).unwrap();
        let all = tombstone(vec![
            vec![matcher(MatchOp::Equal, "__name__", "up"), matcher(MatchOp::NotEqual, odd, odd)],
            vec![matcher(MatchOp::Regex, "x", "a.*|b"), matcher(MatchOp::NotRegex, "y", "")],
        ]);
        let line = all.render();
        assert!(line.starts_with("7 -9223372036854775808 12 __name__=up,a%20b%25c"), "{line}");
        assert!(line.is_ascii() && !line.contains('\n'), "{line}");
        assert_eq!(Tombstone::parse(&line), Some(all));
    }

    #[test]
    fn damaged_lines_are_refused() {
        for line in [
            "",
            "7",
            "7 1",
            "7 1 2",
            "7 1 2 ",
            "7 1 2 a",
            "7 1 2 a=b,",
            "x 1 2 a=b",
            "7 1 2 a=%4",
            "7 1 2 a=%zz",
            "7 1 2 a=%ff",
            "7 1 2 a=~(",
            "7 1 2 a=%\u{e9}x",
        ] {
            assert_eq!(Tombstone::parse(line), None, "{line:?}");
        }
    }

    #[test]
    fn ranges_are_joined() {
        let entry = |first, last| ((first, last), vec![1, 3]);
        let entries =
            vec![entry(5, 9), entry(0, 2), entry(10, 12), entry(1, 3), entry(i64::MAX, i64::MAX)];
        let deleted = Deleted { entries };
        assert_eq!(deleted.ranges(3), [(0, 3), (5, 12), (i64::MAX, i64::MAX)]);
        assert_eq!(deleted.ranges(2), []);
        assert!(covers(&deleted.ranges(3), (5, 12)) && !covers(&deleted.ranges(3), (3, 5)));
    }
}
