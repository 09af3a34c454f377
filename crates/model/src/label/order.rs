//! Sorting by label sets: what many sets have in common at the front is compared once, not once per
//! comparison. A set is read as one row of bytes, a zero behind each name and value, whose order is
//! the order of sets as long as no text holds a zero.

use super::{Labels, Parts, common_prefix};

/// Bytes compared at a time.
const KEY_BYTES: usize = size_of::<u128>();
/// Shorter runs are compared set by set.
const RUN_MIN: usize = 12;

/// Sorts items by their label sets; items of equal sets come in any order. Also tells whether there
/// are equal ones, which sorting finds out.
pub fn sort_by_labels<T>(items: Vec<T>, labels: impl Fn(&T) -> &Labels) -> (Vec<T>, bool) {
    let (order, has_equal) = {
        let sets: Vec<&Labels> = items.iter().map(labels).collect();
        order_of(&sets)
    };
    let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
    let take = |index: usize| items[index].take().expect("an order names every item once");
    (order.into_iter().map(take).collect(), has_equal)
}

/// A set on its way to its place.
#[derive(Clone, Copy)]
struct Entry {
    key: u128,
    index: usize,
}

fn order_of(sets: &[&Labels]) -> (Vec<usize>, bool) {
    let mut entries: Vec<Entry> = (0..sets.len()).map(|index| Entry { key: 0, index }).collect();
    let has_zeros = |set: &&Labels| set.parts().text.as_bytes().contains(&0);
    let has_equal = if sets.iter().any(has_zeros) {
        compare_all(&mut entries, sets)
    } else {
        sort_run(&mut entries, sets)
    };
    (entries.into_iter().map(|entry| entry.index).collect(), has_equal)
}

/// Sorts entries set by set; true when two are equal. Whatever the method, neighbours of the result
/// were compared: otherwise nothing would tell their order.
fn compare_all(entries: &mut [Entry], sets: &[&Labels]) -> bool {
    let mut has_equal = false;
    entries.sort_unstable_by(|a, b| {
        let order = sets[a.index].cmp(sets[b.index]);
        has_equal |= order.is_eq() && a.index != b.index;
        order
    });
    has_equal
}

/// Sorts entries by the bytes behind what all of them have in common, then those that are still
/// equal in the same way: each time they have at least [`KEY_BYTES`] more in common. True when two
/// are equal.
fn sort_run(entries: &mut [Entry], sets: &[&Labels]) -> bool {
    if entries.len() < RUN_MIN {
        return compare_all(entries, sets);
    }
    let first = sets[entries[0].index].parts();
    let shared = entries[1..].iter().map(|entry| first.bytes_shared(&sets[entry.index].parts()));
    let shared = shared.min().unwrap_or(0);
    if shared == usize::MAX {
        return true;
    }
    for entry in &mut *entries {
        entry.key = sets[entry.index].parts().key(shared);
    }
    entries.sort_unstable_by_key(|entry| entry.key);
    let mut has_equal = false;
    for run in entries.chunk_by_mut(|a, b| a.key == b.key) {
        has_equal |= run.len() > 1 && sort_run(run, sets);
    }
    has_equal
}

impl Parts<'_> {
    /// Bytes at the front of the rows of two sets that are equal; `usize::MAX` for equal sets.
    fn bytes_shared(&self, other: &Self) -> usize {
        let equal = common_prefix(self.text.as_bytes(), other.text.as_bytes());
        let mut begin = 0;
        for part in 0..2 * self.count.min(other.count) {
            let (len, other_len) = (self.len_of(part), other.len_of(part));
            if len != other_len || begin + len > equal {
                // A zero stands behind each part before this one.
                return equal.min(begin + len.min(other_len)) + part;
            }
            begin += len;
        }
        if self.count == other.count {
            return usize::MAX;
        }
        begin + 2 * self.count.min(other.count)
    }

    /// The bytes of its row from a place on, zeros behind the end, as a number with their order.
    fn key(&self, place: usize) -> u128 {
        let mut key = [0; KEY_BYTES];
        let (mut begin, mut at) = (0, 0);
        for part in 0..2 * self.count {
            let end = begin + self.len_of(part);
            // Where the row has the part; a zero follows it.
            let row = begin + part;
            if row + (end - begin) >= place {
                let text = &self.text.as_bytes()[begin + place.saturating_sub(row)..end];
                let len = text.len().min(KEY_BYTES - at);
                key[at..at + len].copy_from_slice(&text[..len]);
                at += len + 1;
                if at >= KEY_BYTES {
                    break;
                }
            }
            begin = end;
        }
        u128::from_be_bytes(key)
    }
}
