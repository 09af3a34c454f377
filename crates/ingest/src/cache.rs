//! Label bytes as a sender encodes them -> the series they mean, so that labels are parsed once.
//! Bounded in bytes: two generations a shard; when the young one is full it becomes the old one and
//! the old one is dropped, so what is in use stays. Wrong answers are impossible: bytes are
//! compared.

use foldhash::quality::RandomState;
use model::{GroupKey, SeriesRef};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::hash::BuildHasher;

const SHARDS: usize = 16;
/// Map slot, box and bookkeeping of an entry besides its bytes.
const ENTRY_OVERHEAD: usize = 64;

/// A series as the storage knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) series: SeriesRef,
    pub(crate) group: GroupKey,
}

pub(crate) struct SeriesCache {
    /// Keyed per process: senders cannot aim at a shard or a bucket.
    hasher: RandomState,
    shards: [Mutex<Shard>; SHARDS],
    generation_bytes_max: usize,
}

#[derive(Default)]
struct Shard {
    young: HashMap<u64, Entry, foldhash::fast::FixedState>,
    old: HashMap<u64, Entry, foldhash::fast::FixedState>,
    young_bytes: usize,
}

struct Entry {
    label_bytes: Box<[u8]>,
    known: Known,
}

impl Entry {
    fn cost(&self) -> usize {
        self.label_bytes.len() + ENTRY_OVERHEAD
    }
}

impl SeriesCache {
    /// A cache that holds at most `bytes_max` bytes.
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self {
            hasher: RandomState::default(),
            shards: std::array::from_fn(|_| Mutex::default()),
            generation_bytes_max: bytes_max / SHARDS / 2,
        }
    }

    pub(crate) fn get(&self, label_bytes: &[u8]) -> Option<Known> {
        let hash = self.hasher.hash_one(label_bytes);
        let mut shard = self.shard(hash).lock();
        if let Some(entry) = shard.young.get(&hash) {
            return (*entry.label_bytes == *label_bytes).then_some(entry.known);
        }
        let entry = shard.old.remove(&hash).filter(|entry| *entry.label_bytes == *label_bytes)?;
        let known = entry.known;
        shard.insert(hash, entry, self.generation_bytes_max);
        Some(known)
    }

    pub(crate) fn insert(&self, label_bytes: &[u8], known: Known) {
        let hash = self.hasher.hash_one(label_bytes);
        let entry = Entry { label_bytes: label_bytes.into(), known };
        self.shard(hash).lock().insert(hash, entry, self.generation_bytes_max);
    }

    pub(crate) fn remove(&self, label_bytes: &[u8]) {
        let hash = self.hasher.hash_one(label_bytes);
        let mut shard = self.shard(hash).lock();
        if let Some(entry) = shard.young.remove(&hash) {
            shard.young_bytes -= entry.cost();
        }
        shard.old.remove(&hash);
    }

    fn shard(&self, hash: u64) -> &Mutex<Shard> {
        &self.shards[usize::from(hash.to_le_bytes()[7]) % SHARDS]
    }
}

impl Shard {
    fn insert(&mut self, hash: u64, entry: Entry, bytes_max: usize) {
        let cost = entry.cost();
        if cost > bytes_max {
            return;
        }
        if self.young_bytes + cost > bytes_max {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += cost;
        if let Some(replaced) = self.young.insert(hash, entry) {
            self.young_bytes -= replaced.cost();
        }
    }
}

#[cfg(test)]
mod tests;
