//! Label bytes as a sender encodes them -> the series they mean, so that labels are parsed once.
//! Senders repeat their series in the same order: each entry knows which one came after it, and
//! lies behind it in memory, so a request of known series costs one comparison of bytes a series;
//! hashes are for the first of them and for changes.
//!
//! Bounded in bytes: two generations; when the young one is full it becomes the old one and the
//! old one is dropped, so what is in use stays. Wrong answers are impossible: bytes are compared.

use crate::batch::{LabelBytes, RequestBatch};
use foldhash::quality::RandomState;
use model::{GroupKey, SeriesRef};
use parking_lot::{RwLock, RwLockReadGuard};
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU32, Ordering};

/// Map slot, entry and bookkeeping besides its bytes.
const ENTRY_OVERHEAD: usize = 64;
/// Label bytes stand together in pieces of this size.
const PIECE_BYTES: usize = 256 << 10;

/// A series as the storage knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) series: SeriesRef,
    pub(crate) group: GroupKey,
}

pub(crate) struct SeriesCache {
    /// Keyed per process: senders cannot aim at a bucket.
    hasher: RandomState,
    generations: RwLock<Generations>,
    generation_bytes_max: usize,
}

#[derive(Default)]
struct Generations {
    young: Generation,
    old: Generation,
}

/// Entries in the order in which they came.
#[derive(Default)]
struct Generation {
    entries: Vec<Entry>,
    by_hash: HashMap<u64, u32, foldhash::fast::FixedState>,
    pieces: Vec<Vec<u8>>,
    /// What its entries cost.
    bytes: usize,
}

struct Entry {
    piece: u32,
    offset: u32,
    /// Length of the label bytes; 0 when the entry was removed.
    len: u32,
    /// Entry that followed the last time.
    next: AtomicU32,
    known: Known,
}

fn cost(label_bytes: &[u8]) -> usize {
    label_bytes.len() + ENTRY_OVERHEAD
}

impl SeriesCache {
    /// A cache that holds at most `bytes_max` bytes.
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self {
            hasher: RandomState::default(),
            generations: RwLock::default(),
            generation_bytes_max: bytes_max / 2,
        }
    }

    /// Begins the lookups of one request. Entries stay as they are until it is finished.
    pub(crate) fn lookup<'a>(&self) -> Lookup<'_, 'a> {
        let generations = self.generations.read();
        Lookup { cache: self, generations, newest: None, likely: None, learnt: Vec::new() }
    }

    /// Forgets a series whose handle is dead.
    pub(crate) fn remove(&self, label_bytes: &[u8]) {
        let hash = self.hasher.hash_one(label_bytes);
        let mut generations = self.generations.write();
        generations.young.remove(hash);
        generations.old.remove(hash);
    }
}

/// The lookups of one request, in the order of its series.
pub(crate) struct Lookup<'c, 'a> {
    cache: &'c SeriesCache,
    generations: RwLockReadGuard<'c, Generations>,
    /// Young entry of the latest series, if it has one.
    newest: Option<u32>,
    /// Young entry that followed it the last time; read once, other requests may change it.
    likely: Option<u32>,
    /// What is put in at the end.
    learnt: Vec<Learnt<'a>>,
}

/// A series on its way into the cache.
struct Learnt<'a> {
    hash: u64,
    label_bytes: LabelBytes<'a>,
    known: Known,
}

impl<'a> Lookup<'_, 'a> {
    /// Label bytes of the series that will probably come next; empty when nothing is known.
    pub(crate) fn likely(&self) -> &[u8] {
        let young = &self.generations.young;
        self.likely.map_or(&[], |at| young.label_bytes(&young.entries[at as usize]))
    }

    /// The series that was likely has come.
    pub(crate) fn take_likely(&mut self) -> Option<Known> {
        self.likely.map(|at| self.step_to(at))
    }

    /// Any series of this request.
    pub(crate) fn get(
        &mut self,
        label_bytes: &LabelBytes<'a>,
        batch: &RequestBatch<'a>,
    ) -> Option<Known> {
        let bytes = batch.bytes_of(label_bytes);
        if !bytes.is_empty() && bytes == self.likely() {
            return self.take_likely();
        }
        let hash = self.cache.hasher.hash_one(bytes);
        let Generations { young, old } = &*self.generations;
        let before = self.newest.take();
        self.likely = None;
        if let Some(at) = young.find(hash, bytes) {
            if let Some(before) = before {
                young.entries[before as usize].next.store(at, Ordering::Relaxed);
            }
            return Some(self.step_to(at));
        }
        let known = old.entries[old.find(hash, bytes)? as usize].known;
        self.learnt.push(Learnt { hash, label_bytes: label_bytes.clone(), known });
        Some(known)
    }

    fn step_to(&mut self, at: u32) -> Known {
        let entries = &self.generations.young.entries;
        let entry = &entries[at as usize];
        let next = entry.next.load(Ordering::Relaxed);
        self.newest = Some(at);
        self.likely = Some(next).filter(|next| (*next as usize) < entries.len());
        entry.known
    }

    /// A series of this request that was not known.
    pub(crate) fn learn(
        &mut self,
        label_bytes: &LabelBytes<'a>,
        known: Known,
        batch: &RequestBatch<'a>,
    ) {
        let hash = self.cache.hasher.hash_one(batch.bytes_of(label_bytes));
        self.learnt.push(Learnt { hash, label_bytes: label_bytes.clone(), known });
    }

    /// Keeps what was learnt.
    pub(crate) fn finish(self, batch: &RequestBatch<'a>) {
        let Self { cache, generations, learnt, .. } = self;
        drop(generations);
        if learnt.is_empty() {
            return;
        }
        let mut generations = cache.generations.write();
        for Learnt { hash, label_bytes, known } in learnt {
            let bytes = batch.bytes_of(&label_bytes);
            generations.insert(hash, bytes, known, cache.generation_bytes_max);
        }
    }
}

impl Generations {
    fn insert(&mut self, hash: u64, label_bytes: &[u8], known: Known, bytes_max: usize) {
        if cost(label_bytes) > bytes_max {
            return;
        }
        if let Some(at) = self.young.find(hash, label_bytes) {
            self.young.entries[at as usize].known = known;
            return;
        }
        if self.young.bytes + cost(label_bytes) > bytes_max {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.push(hash, label_bytes, known);
    }
}

impl Generation {
    fn label_bytes(&self, entry: &Entry) -> &[u8] {
        let begin = entry.offset as usize;
        &self.pieces[entry.piece as usize][begin..begin + entry.len as usize]
    }

    fn find(&self, hash: u64, label_bytes: &[u8]) -> Option<u32> {
        let at = *self.by_hash.get(&hash)?;
        let same = self.label_bytes(&self.entries[at as usize]) == label_bytes;
        same.then_some(at)
    }

    /// Adds an entry; one with the same hash is found no more, but still follows others.
    fn push(&mut self, hash: u64, label_bytes: &[u8], known: Known) {
        let fits = |piece: &Vec<u8>| piece.len() + label_bytes.len() <= PIECE_BYTES;
        if !self.pieces.last().is_some_and(fits) {
            self.pieces.push(Vec::with_capacity(PIECE_BYTES.max(label_bytes.len())));
        }
        let piece = self.pieces.len() - 1;
        let offset = self.pieces[piece].len();
        self.pieces[piece].extend_from_slice(label_bytes);
        let at = index(self.entries.len());
        self.entries.push(Entry {
            piece: index(piece),
            offset: index(offset),
            len: index(label_bytes.len()),
            next: AtomicU32::new(at + 1),
            known,
        });
        self.by_hash.insert(hash, at);
        self.bytes += cost(label_bytes);
    }

    /// Its bytes stay until the generation is dropped.
    fn remove(&mut self, hash: u64) {
        if let Some(at) = self.by_hash.remove(&hash) {
            self.entries[at as usize].len = 0;
        }
    }
}

fn index(number: usize) -> u32 {
    u32::try_from(number).expect("a generation is far below 4 GiB")
}

#[cfg(test)]
mod tests;
