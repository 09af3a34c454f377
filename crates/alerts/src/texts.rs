//! Named texts of an alert in one piece of memory, shared by all who hold them: an alert is kept,
//! grouped, told and listed without its annotations being copied.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// Room for the texts of most alerts while they are put together.
const BYTES_USUAL: usize = 512;

/// Pairs of name and text in the order in which they were given; cloning shares them.
///
/// One allocation: the first character says how many characters of 7 bits a number has, most
/// significant first; then come the number of pairs, the length of each name and text in turn, and
/// name0 text0 name1 text1 ... without separators. No pairs are the empty text. Equal pairs have
/// equal bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Texts(Arc<str>);

/// Texts taken apart.
#[derive(Clone, Copy)]
struct Parts<'a> {
    count: usize,
    digits: usize,
    /// Lengths of names and texts in turn.
    lens: &'a [u8],
    text: &'a str,
}

impl<'a> Parts<'a> {
    fn of(packed: &'a str) -> Self {
        let Some((digits, numbers)) = packed.as_bytes().split_first() else {
            return Self { count: 0, digits: 1, lens: &[], text: "" };
        };
        let digits = usize::from(*digits);
        let count = number(&numbers[..digits]);
        let (begin, end) = (1 + digits, 1 + digits + 2 * count * digits);
        Self { count, digits, lens: &packed.as_bytes()[begin..end], text: &packed[end..] }
    }

    fn len_of(&self, part: usize) -> usize {
        number(&self.lens[part * self.digits..(part + 1) * self.digits])
    }
}

/// A number of 7-bit digits.
fn number(digits: &[u8]) -> usize {
    digits.iter().fold(0, |number, digit| number << 7 | usize::from(*digit))
}

/// Appends a number of so many 7-bit digits.
fn push_number(number: usize, digits: usize, out: &mut String) {
    for place in (0..digits).rev() {
        let digit = u8::try_from(number >> (7 * place) & 0x7f).expect("seven bits");
        out.push(char::from(digit));
    }
}

impl Texts {
    /// Number of pairs.
    pub fn len(&self) -> usize {
        Parts::of(&self.0).count
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Pairs in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> + Clone {
        let parts = Parts::of(&self.0);
        let mut left = parts.text;
        (0..parts.count).map(move |index| {
            let (name, rest) = left.split_at(parts.len_of(2 * index));
            let (text, rest) = rest.split_at(parts.len_of(2 * index + 1));
            left = rest;
            (name, text)
        })
    }

    /// The text of a name; of a repeated one the first.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(found, _)| *found == name).map(|(_, text)| text)
    }
}

impl Default for Texts {
    fn default() -> Self {
        Self(Arc::from(""))
    }
}

impl<N: AsRef<str>, T: AsRef<str>> FromIterator<(N, T)> for Texts {
    fn from_iter<I: IntoIterator<Item = (N, T)>>(pairs: I) -> Self {
        let pairs = pairs.into_iter();
        let count = pairs.size_hint().0;
        let mut text = String::with_capacity(if count == 0 { 0 } else { BYTES_USUAL });
        let mut lens = Vec::with_capacity(2 * count);
        for (name, value) in pairs {
            for part in [name.as_ref(), value.as_ref()] {
                text.push_str(part);
                lens.push(part.len());
            }
        }
        if lens.is_empty() {
            return Self::default();
        }
        let count = lens.len() / 2;
        let longest = lens.iter().copied().fold(count, usize::max);
        let digits = (usize::BITS - longest.leading_zeros()).div_ceil(7).max(1) as usize;
        let mut packed = String::with_capacity(1 + digits * (1 + lens.len()) + text.len());
        push_number(digits, 1, &mut packed);
        for number in [count].iter().chain(&lens) {
            push_number(*number, digits, &mut packed);
        }
        packed.push_str(&text);
        Self(packed.into())
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// A list of pairs.
impl Serialize for Texts {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Vec::<(String, String)>::deserialize(from).map(Self::from_iter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_keep_their_order_and_are_found_by_name() {
        let texts: Texts =
            [("summary", "disk full"), ("b", ""), ("a", "ü"), ("b", "2")].into_iter().collect();
        let pairs: Vec<_> = texts.iter().collect();
        assert_eq!(pairs, [("summary", "disk full"), ("b", ""), ("a", "ü"), ("b", "2")]);
        assert_eq!((texts.get("b"), texts.get("a"), texts.get("c")), (Some(""), Some("ü"), None));
        assert_eq!((texts.len(), texts.is_empty(), Texts::default().is_empty()), (4, false, true));
    }

    #[test]
    fn texts_with_other_borders_differ() {
        let texts = |pairs: [(&str, &str); 1]| pairs.into_iter().collect::<Texts>();
        assert_ne!(texts([("ab", "c")]), texts([("a", "bc")]));
        assert_eq!(texts([("ab", "c")]), texts([("ab", "c")]));
    }

    #[test]
    fn texts_of_any_length_and_number_are_kept() {
        for len in [0, 1, 126, 127, 128, 16_383, 16_384, 70_000] {
            let long = "ü".repeat(len);
            let texts: Texts = [("summary", &*long), ("", "x")].into_iter().collect();
            assert_eq!(texts.iter().collect::<Vec<_>>(), [("summary", &*long), ("", "x")], "{len}");
        }
        for count in [1, 127, 128, 300] {
            let pairs: Vec<(String, String)> =
                (0..count).map(|number| (format!("name{number}"), number.to_string())).collect();
            let texts: Texts = pairs.iter().map(|(name, text)| (name, text)).collect();
            assert_eq!((texts.len(), texts.get("name0")), (count, Some("0")));
            assert!(texts.iter().eq(pairs.iter().map(|(name, text)| (&**name, &**text))));
        }
    }

    #[test]
    fn texts_are_written_as_pairs_and_read_again() {
        let texts: Texts = [("summary", "say \"no\"\n"), ("b", "")].into_iter().collect();
        let json = serde_json::to_string(&texts).unwrap();
        assert_eq!(json, r#"[["summary","say \"no\"\n"],["b",""]]"#);
        assert_eq!(serde_json::from_str::<Texts>(&json).unwrap(), texts);
        assert!(serde_json::from_str::<Texts>(r#"[["a"]]"#).is_err());
    }
}
