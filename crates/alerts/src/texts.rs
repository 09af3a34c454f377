//! Named texts of an alert in one piece of memory, shared by all who hold them: an alert is kept,
//! grouped, told and listed without its annotations being copied.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// Room for the texts of most alerts while they are put together.
const BYTES_USUAL: usize = 512;

/// Pairs of name and text in the order in which they were given; cloning shares them.
#[derive(Clone, PartialEq, Eq)]
pub struct Texts {
    /// name0 text0 name1 text1 ... without separators.
    bytes: Arc<str>,
    /// Where each name and each text ends, in the same order.
    ends: Arc<[u32]>,
}

impl Texts {
    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.ends.len() / 2
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Pairs in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> + Clone {
        let end = |place: usize| self.ends[place] as usize;
        (0..self.len()).map(move |index| {
            let start = if index == 0 { 0 } else { end(2 * index - 1) };
            let middle = end(2 * index);
            (&self.bytes[start..middle], &self.bytes[middle..end(2 * index + 1)])
        })
    }

    /// The text of a name; of a repeated one the first.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(found, _)| *found == name).map(|(_, text)| text)
    }
}

impl Default for Texts {
    fn default() -> Self {
        Self { bytes: Arc::from(""), ends: Arc::from([]) }
    }
}

/// Panics when the texts exceed 4 GiB together; no door takes so much.
impl<N: AsRef<str>, T: AsRef<str>> FromIterator<(N, T)> for Texts {
    fn from_iter<I: IntoIterator<Item = (N, T)>>(pairs: I) -> Self {
        let pairs = pairs.into_iter();
        let count = pairs.size_hint().0;
        let mut bytes = String::with_capacity(if count == 0 { 0 } else { BYTES_USUAL });
        let mut ends = Vec::with_capacity(2 * count);
        for (name, text) in pairs {
            for part in [name.as_ref(), text.as_ref()] {
                bytes.push_str(part);
                ends.push(u32::try_from(bytes.len()).expect("texts are below 4 GiB"));
            }
        }
        Self { bytes: bytes.into(), ends: ends.into() }
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
    fn texts_are_written_as_pairs_and_read_again() {
        let texts: Texts = [("summary", "say \"no\"\n"), ("b", "")].into_iter().collect();
        let json = serde_json::to_string(&texts).unwrap();
        assert_eq!(json, r#"[["summary","say \"no\"\n"],["b",""]]"#);
        assert_eq!(serde_json::from_str::<Texts>(&json).unwrap(), texts);
        assert!(serde_json::from_str::<Texts>(r#"[["a"]]"#).is_err());
    }
}
