//! Label sets: sorted, immutable, cheap to clone; equality and order are those of Prometheus.
//! One text for the lengths, names and values of all labels: one allocation a set, no per-label
//! pointers (16 labels of 12 bytes: about 450 bytes a set).
//! INV-1: names are strictly increasing and no value is empty (an empty value means "absent").

mod order;

pub use order::sort_by_labels;

use crate::METRIC_NAME;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// Most label sets need no more than this while they are built.
const TEXT_BYTES_USUAL: usize = 256;

/// A sorted set of labels (name, value); the identity of a series.
///
/// The text holds, in characters below 128: the number of labels and the length of each name and
/// value, one character each; then name0 value0 name1 value1 ... without separators. When one of
/// these numbers does not fit, the text begins with [`WIDE`] and each number has
/// [`WIDE_DIGITS`] characters of 7 bits, most significant first. Equal sets have equal texts.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Labels {
    text: Arc<str>,
}

/// First character of sets with long texts or very many labels.
const WIDE: u8 = 127;
/// Characters of a number in such a set.
const WIDE_DIGITS: usize = 5;

/// A label set taken apart.
#[derive(Clone, Copy)]
struct Parts<'a> {
    /// Number of labels.
    count: usize,
    /// Characters of a number.
    digits: usize,
    /// Numbers with the lengths of names and values in turn.
    lens: &'a [u8],
    /// The names and values.
    text: &'a str,
}

impl<'a> Parts<'a> {
    #[inline]
    fn of(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        match bytes.first() {
            None => Self { count: 0, digits: 1, lens: &[], text: "" },
            Some(&WIDE) => {
                let head = 1 + WIDE_DIGITS;
                let count = number(&bytes[1..head]);
                let begin = head + 2 * count * WIDE_DIGITS;
                let (lens, text) = (&bytes[head..begin], &text[begin..]);
                Self { count, digits: WIDE_DIGITS, lens, text }
            }
            Some(&count) => {
                let count = usize::from(count);
                let begin = 1 + 2 * count;
                Self { count, digits: 1, lens: &bytes[1..begin], text: &text[begin..] }
            }
        }
    }

    /// Length of a name (even) or a value (odd).
    #[inline]
    fn len_of(&self, part: usize) -> usize {
        if self.digits == 1 {
            usize::from(self.lens[part])
        } else {
            number(&self.lens[part * WIDE_DIGITS..(part + 1) * WIDE_DIGITS])
        }
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

/// Walks over the pairs of a set.
#[derive(Clone)]
struct Pairs<'a> {
    parts: Parts<'a>,
    next: usize,
    offset: usize,
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a str, &'a str);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.next == self.parts.count {
            return None;
        }
        let middle = self.offset + self.parts.len_of(2 * self.next);
        let end = middle + self.parts.len_of(2 * self.next + 1);
        let text = self.parts.text;
        let pair = (&text[self.offset..middle], &text[middle..end]);
        self.next += 1;
        self.offset = end;
        Some(pair)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.parts.count - self.next;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Pairs<'_> {}

impl Labels {
    /// The set without labels.
    pub fn empty() -> Self {
        Self { text: Arc::from("") }
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
        let count_max = pairs.size_hint().1.unwrap_or(0);
        let mut short = Short::with_room(count_max);
        let mut long: Option<Long> = None;
        let mut previous: Option<&str> = None;
        for (name, value) in pairs {
            assert!(previous.is_none_or(|p| p < name), "INV-1: label names strictly increase");
            assert!(!value.is_empty(), "INV-1: label values are not empty");
            previous = Some(name);
            if let Some(long) = &mut long {
                long.push(name, value);
            } else if !short.push(name, value) {
                let mut widened = short.widen();
                widened.push(name, value);
                long = Some(widened);
            }
        }
        match long {
            Some(Long { lens, text }) => {
                assert!(u32::try_from(text.len()).is_ok(), "a label set is below 4 GiB");
                Self::assemble(&lens, &text)
            }
            None => short.build(),
        }
    }

    fn assemble(lens: &[usize], text: &str) -> Self {
        if lens.is_empty() {
            return Self::empty();
        }
        let count = lens.len() / 2;
        let is_wide = lens.iter().chain([&count]).any(|number| *number >= usize::from(WIDE));
        let digits = if is_wide { WIDE_DIGITS } else { 1 };
        let mut out = String::with_capacity(1 + digits * (1 + lens.len()) + text.len());
        if is_wide {
            out.push(char::from(WIDE));
        }
        for number in [count].iter().chain(lens) {
            push_number(*number, digits, &mut out);
        }
        out.push_str(text);
        Self { text: out.into() }
    }

    #[inline]
    fn parts(&self) -> Parts<'_> {
        Parts::of(&self.text)
    }

    /// Number of labels.
    pub fn len(&self) -> usize {
        self.parts().count
    }

    /// Has the set no labels?
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Length in bytes of all names and values together.
    pub fn text_len(&self) -> usize {
        self.parts().text.len()
    }

    /// Pairs in the order of their names.
    #[inline]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> + Clone {
        Pairs { parts: self.parts(), next: 0, offset: 0 }
    }

    /// Value of the label, if the set has it.
    pub fn get(&self, name: &str) -> Option<&str> {
        let parts = self.parts();
        let mut offset = 0;
        for label in 0..parts.count {
            let middle = offset + parts.len_of(2 * label);
            let end = middle + parts.len_of(2 * label + 1);
            if parts.text.as_bytes()[offset..middle] == *name.as_bytes() {
                return Some(&parts.text[middle..end]);
            }
            offset = end;
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
        let parts = self.parts();
        if parts.digits > 1 {
            return Self::from_sorted(self.iter().filter(|(name, _)| !drop(name)));
        }
        let mut short = Short::with_room(parts.count);
        for (name, value) in self.iter().filter(|(name, _)| !drop(name)) {
            assert!(short.push(name, value), "a part of a set with short numbers has short ones");
        }
        if short.count == parts.count { self.clone() } else { short.build() }
    }
}

/// A set while it is built, as long as each number fits a character: the lengths stand before the
/// texts already, with room for as many labels as there may be.
struct Short {
    bytes: Vec<u8>,
    count: usize,
    room: usize,
}

impl Short {
    fn with_room(count_max: usize) -> Self {
        let room = count_max.min(usize::from(WIDE) - 1);
        let mut bytes = Vec::with_capacity(1 + 2 * room + TEXT_BYTES_USUAL);
        bytes.resize(1 + 2 * room, 0);
        Self { bytes, count: 0, room }
    }

    /// Adds a label; `false` when it does not fit.
    fn push(&mut self, name: &str, value: &str) -> bool {
        let fits = |text: &str| u8::try_from(text.len()).ok().filter(|len| *len < WIDE);
        let (Some(name_len), Some(value_len)) = (fits(name), fits(value)) else { return false };
        if self.count == self.room {
            return false;
        }
        let at = 1 + 2 * self.count;
        self.bytes[at..at + 2].copy_from_slice(&[name_len, value_len]);
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.extend_from_slice(value.as_bytes());
        self.count += 1;
        true
    }

    fn begin(&self) -> usize {
        1 + 2 * self.room
    }

    /// What was pushed so far, for a set that does not fit.
    fn widen(&self) -> Long {
        let lens = self.bytes[1..][..2 * self.count].iter().map(|len| usize::from(*len)).collect();
        let text = str::from_utf8(&self.bytes[self.begin()..]).expect("texts were pushed whole");
        Long { lens, text: text.to_owned() }
    }

    fn build(mut self) -> Labels {
        if self.count == 0 {
            return Labels::empty();
        }
        // Room that was not needed goes.
        self.bytes.drain(1 + 2 * self.count..self.begin());
        self.bytes[0] = u8::try_from(self.count).expect("below 127");
        Labels { text: str::from_utf8(&self.bytes).expect("texts were pushed whole").into() }
    }
}

/// A set with a number that does not fit a character, while it is built.
struct Long {
    lens: Vec<usize>,
    text: String,
}

impl Long {
    fn push(&mut self, name: &str, value: &str) {
        for part in [name, value] {
            self.text.push_str(part);
            self.lens.push(part.len());
        }
    }
}

impl Default for Labels {
    fn default() -> Self {
        Self::empty()
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
        let (a, b) = (self.parts(), other.parts());
        let equal = common_prefix(a.text.as_bytes(), b.text.as_bytes());
        let mut offset = 0;
        for part in 0..2 * a.count.min(b.count) {
            let (ends_a, ends_b) = (offset + a.len_of(part), offset + b.len_of(part));
            if ends_a != ends_b || ends_a > equal {
                let part_a = &a.text.as_bytes()[offset..ends_a];
                return part_a.cmp(&b.text.as_bytes()[offset..ends_b]);
            }
            offset = ends_a;
        }
        a.count.cmp(&b.count)
    }
}

/// Number of bytes at the front that are equal.
fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    const WORD: usize = size_of::<u64>();
    let (words_a, words_b) = (a.as_chunks::<WORD>().0, b.as_chunks::<WORD>().0);
    let words = words_a.iter().zip(words_b).take_while(|(a, b)| a == b).count();
    let rest = a[words * WORD..].iter().zip(&b[words * WORD..]);
    words * WORD + rest.take_while(|(a, b)| a == b).count()
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
