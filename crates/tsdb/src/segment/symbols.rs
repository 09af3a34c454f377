//! Dictionary of label names and values of one segment: sorted, so that ids compare like texts.
//! Front-coded with a restart every 16 texts: about half the bytes of the texts themselves.

use crate::encoding::Decoded;
use crate::encoding::bytes::{Cursor, put_varint};

/// Every this many texts one stands complete, so that a reader may jump there.
const RESTART: usize = 16;
const TEXT_MAX: usize = 1 << 20;

/// Sorted texts with ids in their order.
#[derive(Debug, Default)]
pub(crate) struct Symbols {
    text: String,
    ends: Vec<u32>,
}

impl Symbols {
    /// Number of texts.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The text of an id below [`Symbols::len`].
    pub(crate) fn get(&self, id: u32) -> &str {
        let id = id as usize;
        let start = if id == 0 { 0 } else { self.ends[id - 1] as usize };
        &self.text[start..self.ends[id] as usize]
    }

    /// The id of a text.
    pub(crate) fn find(&self, text: &str) -> Option<u32> {
        let (mut low, mut high) = (0, u32::try_from(self.len()).ok()?);
        while low < high {
            let middle = low.midpoint(high);
            match self.get(middle).cmp(text) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// Bytes of memory.
    pub(crate) fn memory(&self) -> usize {
        self.text.capacity() + 4 * self.ends.capacity()
    }

    /// Appends the encoding of sorted texts.
    pub(crate) fn encode(sorted: &[&str], out: &mut Vec<u8>) {
        assert!(sorted.is_sorted(), "INV-16: symbols are sorted");
        put_varint(out, sorted.len() as u64);
        for (index, text) in sorted.iter().enumerate() {
            let shared =
                if index % RESTART == 0 { 0 } else { shared_prefix(sorted[index - 1], text) };
            put_varint(out, shared as u64);
            put_varint(out, (text.len() - shared) as u64);
            out.extend_from_slice(&text.as_bytes()[shared..]);
        }
    }

    /// Decodes a whole dictionary.
    pub(crate) fn decode(bytes: &[u8]) -> Decoded<Self> {
        let mut cursor = Cursor::new(bytes);
        let count = cursor.count(bytes.len())?;
        let mut symbols =
            Self { text: String::with_capacity(bytes.len()), ends: Vec::with_capacity(count) };
        let mut previous: Vec<u8> = Vec::new();
        for index in 0..count {
            let shared = cursor.count(previous.len())?;
            if index % RESTART == 0 && shared > 0 {
                // Restarts also bound how far damaged bytes can inflate: 16 times.
                return Err(cursor.damage("no restart where one must be"));
            }
            let fresh = cursor.bytes(TEXT_MAX)?;
            let before = previous.clone();
            previous.truncate(shared);
            previous.extend_from_slice(fresh);
            if previous.len() > TEXT_MAX || (index > 0 && before >= previous) {
                return Err(cursor.damage("symbols are not sorted or too long"));
            }
            let text =
                std::str::from_utf8(&previous).or(Err(cursor.damage("text is not UTF-8")))?;
            symbols.text.push_str(text);
            let end =
                u32::try_from(symbols.text.len()).or(Err(cursor.damage("symbols above 4 GiB")))?;
            symbols.ends.push(end);
        }
        cursor.finish()?;
        Ok(symbols)
    }
}

fn shared_prefix(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests;
