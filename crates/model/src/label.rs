//! Label sets: sorted, immutable, cheap to clone; equality and order are those of Prometheus.
//! One text for all names and values plus their end offsets: two allocations a set, no per-label
//! pointers (16 labels of 12 bytes: about 470 bytes a set).
//! INV-1: names are strictly increasing and no value is empty (an empty value means "absent").

use crate::METRIC_NAME;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Most label sets need no more than this while they are built.
const TEXT_BYTES_USUAL: usize = 256;

/// A sorted set of labels (name, value); the identity of a series.
#[derive(Clone, PartialEq, Eq)]
pub struct Labels {
    /// name0 value0 name1 value1 ... without separators.
    text: Arc<str>,
    /// End offset in `text` of each name and each value, in the same order.
    ends: Arc<[u32]>,
}

impl Labels {
    /// The set without labels.
    pub fn empty() -> Self {
        Self { text: Arc::from(""), ends: Arc::from([]) }
    }

    /// Builds a set from pairs in any order; of a repeated name the last pair stays.
    pub fn from_pairs<N: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let mut builder = LabelsBuilder::default();
        for (name, value) in pairs {
            builder.set(name.as_ref(), value.as_ref());
        }
        builder.build()
    }

    /// Builds a set from pairs already strictly sorted by name without empty values.
    ///
    /// # Panics
    /// When the order is violated (INV-1) or the texts exceed 4 GiB.
    pub fn from_sorted<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let pairs = pairs.into_iter();
        let mut text = String::with_capacity(TEXT_BYTES_USUAL);
        let mut ends = Vec::with_capacity(2 * pairs.size_hint().0);
        let mut previous: Option<&str> = None;
        for (name, value) in pairs {
            assert!(previous.is_none_or(|p| p < name), "INV-1: label names strictly increase");
            assert!(!value.is_empty(), "INV-1: label values are not empty");
            previous = Some(name);
            for part in [name, value] {
                text.push_str(part);
                ends.push(u32::try_from(text.len()).expect("a label set is below 4 GiB"));
            }
        }
        Self { text: text.into(), ends: ends.into() }
    }

    /// Number of labels.
    pub fn len(&self) -> usize {
        self.ends.len() / 2
    }

    /// Has the set no labels?
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Length in bytes of all names and values together.
    pub fn text_len(&self) -> usize {
        self.text.len()
    }

    /// Pairs in the order of their names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> + Clone {
        (0..self.len()).map(|index| self.pair(index))
    }

    /// Value of the label, if the set has it.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            let (found, value) = self.pair(middle);
            match found.cmp(name) {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal => return Some(value),
            }
        }
        None
    }

    /// Value of the label, or the empty text that PromQL sees for an absent label.
    pub fn value(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// The metric name, if there is one.
    pub fn metric_name(&self) -> Option<&str> {
        self.get(METRIC_NAME)
    }

    /// A builder that starts from this set.
    pub fn to_builder(&self) -> LabelsBuilder {
        LabelsBuilder { pairs: self.iter().map(|(n, v)| (n.into(), v.into())).collect() }
    }

    /// The set without the labels for which `drop` answers yes.
    pub fn without(&self, mut drop: impl FnMut(&str) -> bool) -> Self {
        Self::from_sorted(self.iter().filter(|(name, _)| !drop(name)))
    }

    fn pair(&self, index: usize) -> (&str, &str) {
        let start = if index == 0 { 0 } else { self.ends[2 * index - 1] as usize };
        let middle = self.ends[2 * index] as usize;
        let end = self.ends[2 * index + 1] as usize;
        (&self.text[start..middle], &self.text[middle..end])
    }
}

impl Default for Labels {
    fn default() -> Self {
        Self::empty()
    }
}

impl Hash for Labels {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
        self.ends.hash(state);
    }
}

impl PartialOrd for Labels {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Order of Prometheus' `labels.Compare`: pair by pair, a prefix comes first.
impl Ord for Labels {
    fn cmp(&self, other: &Self) -> Ordering {
        self.iter().cmp(other.iter())
    }
}

/// Prometheus' notation: `{__name__="up", job="node"}` with Go-quoted values.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, (name, value)) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            if crate::is_legacy_label_name(name) {
                write!(f, "{comma}{name}={}", crate::quote(value))?;
            } else {
                write!(f, "{comma}{}={}", crate::quote(name), crate::quote(value))?;
            }
        }
        f.write_str("}")
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Collects and changes labels before they become a [`Labels`].
///
/// Holds its pairs sorted; sets are small (the doors take 64 labels, a scrape at most 1024), so
/// insertion is linear.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelsBuilder {
    pairs: Vec<(Box<str>, Box<str>)>,
}

impl LabelsBuilder {
    /// Sets a label; an empty value removes it.
    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        match (self.position(name), value.is_empty()) {
            (Ok(at), true) => drop(self.pairs.remove(at)),
            (Ok(at), false) => self.pairs[at].1 = value.into(),
            (Err(_), true) => {}
            (Err(at), false) => self.pairs.insert(at, (name.into(), value.into())),
        }
        self
    }

    /// Removes a label if it is there.
    pub fn remove(&mut self, name: &str) -> &mut Self {
        self.set(name, "")
    }

    /// Keeps only the labels for which `keep` answers yes.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &str) -> bool) -> &mut Self {
        self.pairs.retain(|(name, value)| keep(name, value));
        self
    }

    /// Value of a label, if it is set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.position(name).ok().map(|at| &*self.pairs[at].1)
    }

    /// Pairs in the order of their names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> + Clone {
        self.pairs.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The finished set.
    pub fn build(&self) -> Labels {
        Labels::from_sorted(self.iter())
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.pairs.binary_search_by(|(found, _)| (**found).cmp(name))
    }
}
