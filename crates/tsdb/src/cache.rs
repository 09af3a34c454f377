//! Byte-bounded cache of checked segment pages and decoded parts of indexes, of all segments.
//! Two generations: what was not used while one filled up is dropped with the next change of them;
//! every operation is O(1), the bound is never passed by more than one entry.

use crate::segment::{SegmentIndex, SeriesTable};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// What a cached entry is: segment number and page, or its index without the pages of series.
pub(crate) type Key = (u64, u32);

/// Page number that stands for the decoded index of a segment, without its series.
pub(crate) const INDEX: u32 = u32::MAX;

/// A cached value with its size.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    Page(Arc<[u8]>),
    Index(Arc<SegmentIndex>),
    /// A decoded page of series.
    Series(Arc<SeriesTable>),
}

impl Entry {
    fn size(&self) -> usize {
        64 + match self {
            Self::Page(bytes) => bytes.len(),
            Self::Index(index) => index.memory(),
            Self::Series(table) => table.memory(),
        }
    }
}

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<Key, Entry, foldhash::fast::FixedState>,
    old: HashMap<Key, Entry, foldhash::fast::FixedState>,
    young_bytes: usize,
    old_bytes: usize,
    hits: u64,
    misses: u64,
}

/// The cache; at most `bytes_max` and one entry.
#[derive(Debug)]
pub(crate) struct BlockCache {
    bytes_max: usize,
    /// Held for a lookup or an insertion, never while reading.
    generations: Mutex<Generations>,
}

impl BlockCache {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { bytes_max, generations: Mutex::default() }
    }

    pub(crate) fn get(&self, key: Key) -> Option<Entry> {
        let mut generations = self.generations.lock();
        if let Some(entry) = generations.young.get(&key).cloned() {
            generations.hits += 1;
            return Some(entry);
        }
        let Some(entry) = generations.old.remove(&key) else {
            generations.misses += 1;
            return None;
        };
        generations.hits += 1;
        generations.old_bytes -= entry.size();
        self.put(&mut generations, key, entry.clone());
        Some(entry)
    }

    pub(crate) fn insert(&self, key: Key, entry: Entry) {
        self.put(&mut self.generations.lock(), key, entry);
    }

    fn put(&self, generations: &mut Generations, key: Key, entry: Entry) {
        let size = entry.size();
        if size > self.bytes_max {
            return;
        }
        if generations.young_bytes + size > self.bytes_max / 2 {
            generations.old = std::mem::take(&mut generations.young);
            generations.old_bytes = std::mem::take(&mut generations.young_bytes);
        }
        generations.young_bytes += size;
        if let Some(replaced) = generations.young.insert(key, entry) {
            generations.young_bytes -= replaced.size();
        }
    }

    /// Forgets everything of a segment that is gone.
    pub(crate) fn forget(&self, segment: u64) {
        let mut generations = self.generations.lock();
        let Generations { young, old, young_bytes, old_bytes, .. } = &mut *generations;
        for (map, bytes) in [(young, young_bytes), (old, old_bytes)] {
            map.retain(|key, entry| {
                let keep = key.0 != segment;
                *bytes -= if keep { 0 } else { entry.size() };
                keep
            });
        }
    }

    /// Bytes in use.
    pub(crate) fn bytes(&self) -> usize {
        let generations = self.generations.lock();
        generations.young_bytes + generations.old_bytes
    }

    /// Lookups that found something, and those that did not.
    pub(crate) fn counters(&self) -> (u64, u64) {
        let generations = self.generations.lock();
        (generations.hits, generations.misses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(len: usize) -> Entry {
        Entry::Page(vec![0; len].into())
    }

    #[test]
    fn the_bound_holds_and_used_entries_stay() {
        let cache = BlockCache::new(10_000);
        cache.insert((1, 0), page(1000));
        for number in 1..100 {
            cache.insert((1, number), page(900));
            assert!(cache.get((1, 0)).is_some(), "used all the time");
            assert!(cache.bytes() <= 12_000, "{}", cache.bytes());
        }
        assert!(cache.get((1, 1)).is_none());
        cache.forget(1);
        assert_eq!(cache.bytes(), 0);
    }

    #[test]
    fn what_just_fits_is_kept() {
        let size = page(100).size();
        let whole = BlockCache::new(size);
        whole.insert((1, 0), page(100));
        assert_eq!(whole.bytes(), size, "one entry may take all of it");
        let cache = BlockCache::new(4 * size);
        for number in 0..2 {
            cache.insert((1, number), page(100));
        }
        cache.insert((1, 2), page(100));
        cache.insert((1, 3), page(100));
        assert_eq!(cache.bytes(), 4 * size, "half of it is young, half of it old");
        cache.insert((1, 4), page(100));
        assert_eq!(cache.bytes(), 3 * size, "the older half left as a whole");
    }

    #[test]
    fn an_entry_that_two_readers_bring_counts_once() {
        let cache = BlockCache::new(10_000);
        (0..2).for_each(|_| cache.insert((1, 0), page(100)));
        assert_eq!(cache.bytes(), page(100).size());
        cache.forget(1);
        assert_eq!(cache.bytes(), 0);
    }

    #[test]
    fn an_entry_above_the_bound_is_not_kept() {
        let cache = BlockCache::new(100);
        cache.insert((1, 0), page(1000));
        assert_eq!(cache.bytes(), 0);
    }
}
