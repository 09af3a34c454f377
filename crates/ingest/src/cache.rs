//! Label bytes as a sender encodes them -> the series they mean, so that labels are parsed once.
//! Senders repeat their series in the same order: each entry knows which one came after it, and
//! lies behind it in memory, so a request of known series costs one comparison of bytes a series;
//! hashes are for the first of them and for changes.
//!
//! Bounded in bytes: two generations; when the young one is full it becomes the old one and the
//! old one is dropped, so what is in use stays. Wrong answers are impossible: bytes are compared.
//!
//! Neighbours differ in a label or two, so an entry keeps what it does not share with the front and
//! the end of the one before it: a host's series of 200 bytes take about 20, and their entry 60. A
//! lookup keeps the whole bytes of the entry where it stands, so the next one costs a short copy.

use crate::batch::{LabelBytes, RequestBatch};
use foldhash::quality::RandomState;
use hashbrown::HashTable;
use model::{GroupKey, SeriesRef};
use parking_lot::{RwLock, RwLockReadGuard};
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU32, Ordering};

/// Map slot, entry and bookkeeping besides its bytes.
const ENTRY_OVERHEAD: usize = 64;
/// Of so many entries one has all its bytes.
const WHOLE_EVERY: u32 = 16;
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
    by_hash: HashTable<u32>,
    pieces: Vec<Vec<u8>>,
    /// All bytes of the last entry.
    last: Vec<u8>,
    /// What its entries cost.
    bytes: usize,
}

struct Entry {
    piece: u16,
    /// Bytes shared with the front and with the end of the entry before, and its own between them.
    front: u16,
    end: u16,
    is_removed: bool,
    offset: u32,
    len: u32,
    /// Entry that followed the last time.
    next: AtomicU32,
    hash: u64,
    known: Known,
}

/// What an entry with so many bytes of its own costs.
fn cost(own: usize) -> usize {
    own + ENTRY_OVERHEAD
}

/// Equal bytes at the front and, behind them, at the end of two texts.
fn shared(before: &[u8], bytes: &[u8]) -> (u16, u16) {
    let equal = |(a, b): &(&u8, &u8)| a == b;
    let most = usize::from(u16::MAX);
    let front = before.iter().zip(bytes).take(most).take_while(equal).count();
    let (before, bytes) = (&before[front..], &bytes[front..]);
    let ends = before.iter().rev().zip(bytes.iter().rev());
    let end = ends.take(most).take_while(equal).count();
    let narrow = |count: usize| u16::try_from(count).expect("at most 65,535 are counted");
    (narrow(front), narrow(end))
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
        let (bytes, learnt) = (WholeBytes::default(), Vec::new());
        Lookup { cache: self, generations, newest: None, likely: None, bytes, learnt }
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
    /// The bytes of the likely entry, or of the one before it.
    bytes: WholeBytes,
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
        if self.likely.is_some() { &self.bytes.text } else { &[] }
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
        if let Some(at) = young.find(hash, bytes, &mut self.bytes) {
            if let Some(before) = before {
                young.entries[before as usize].next.store(at, Ordering::Relaxed);
            }
            return Some(self.step_to(at));
        }
        let found = old.find(hash, bytes, &mut WholeBytes::default());
        let known = old.entries[found? as usize].known;
        self.learnt.push(Learnt { hash, label_bytes: label_bytes.clone(), known });
        Some(known)
    }

    fn step_to(&mut self, at: u32) -> Known {
        let young = &self.generations.young;
        let entry = &young.entries[at as usize];
        let next = entry.next.load(Ordering::Relaxed);
        let is_live = |next: &u32| young.entries.get(*next as usize).is_some_and(Entry::is_live);
        self.newest = Some(at);
        self.likely = Some(next).filter(is_live);
        if let Some(likely) = self.likely {
            self.bytes.go_to(likely, young);
        }
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
        if cost(label_bytes.len()) > bytes_max {
            return;
        }
        if let Some(at) = self.young.find(hash, label_bytes, &mut WholeBytes::default()) {
            self.young.entries[at as usize].known = known;
            return;
        }
        if self.young.bytes + cost(label_bytes.len()) > bytes_max {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.push(hash, label_bytes, known);
    }
}

impl Entry {
    fn is_live(&self) -> bool {
        !self.is_removed
    }

    /// Length of the bytes that it keeps itself.
    fn own(&self) -> usize {
        self.len as usize - usize::from(self.front) - usize::from(self.end)
    }
}

/// All bytes of one entry of a generation, put together from its neighbours.
#[derive(Default)]
struct WholeBytes {
    text: Vec<u8>,
    /// Whose bytes they are.
    entry: Option<u32>,
}

impl WholeBytes {
    fn go_to(&mut self, at: u32, generation: &Generation) {
        let first = at - at % WHOLE_EVERY;
        let known = self.entry.filter(|known| (first..=at).contains(known));
        let next = known.map_or(first, |known| known + 1);
        for entry in &generation.entries[next as usize..=at as usize] {
            self.step(entry, generation.own_bytes(entry));
        }
        self.entry = Some(at);
    }

    /// From an entry to the one behind it.
    fn step(&mut self, entry: &Entry, own: &[u8]) {
        let (front, end) = (usize::from(entry.front), usize::from(entry.end));
        let middle = front..self.text.len() - end;
        if middle.len() == own.len() {
            self.text[middle].copy_from_slice(own);
        } else {
            self.text.splice(middle, own.iter().copied());
        }
    }
}

impl Generation {
    fn own_bytes(&self, entry: &Entry) -> &[u8] {
        let begin = entry.offset as usize;
        &self.pieces[usize::from(entry.piece)][begin..begin + entry.own()]
    }

    /// The entry of these bytes, which are in `bytes` when it is found.
    fn find(&self, hash: u64, label_bytes: &[u8], bytes: &mut WholeBytes) -> Option<u32> {
        let at = *self.by_hash.find(hash, |at| self.entries[*at as usize].hash == hash)?;
        bytes.go_to(at, self);
        (bytes.text == label_bytes).then_some(at)
    }

    /// Adds an entry; one with the same hash is found no more, but still follows others.
    fn push(&mut self, hash: u64, label_bytes: &[u8], known: Known) {
        let at = index(self.entries.len());
        let is_whole = at.is_multiple_of(WHOLE_EVERY);
        let (front, end) = if is_whole { (0, 0) } else { shared(&self.last, label_bytes) };
        let own = &label_bytes[usize::from(front)..label_bytes.len() - usize::from(end)];
        let fits = |piece: &Vec<u8>| piece.len() + own.len() <= PIECE_BYTES;
        if !self.pieces.last().is_some_and(fits) {
            self.pieces.push(Vec::with_capacity(PIECE_BYTES.max(own.len())));
        }
        let piece = self.pieces.len() - 1;
        let offset = self.pieces[piece].len();
        self.pieces[piece].extend_from_slice(own);
        self.bytes += cost(own.len());
        self.entries.push(Entry {
            piece: u16::try_from(piece).expect("a generation is far below 16 GiB"),
            front,
            end,
            is_removed: false,
            offset: index(offset),
            len: index(label_bytes.len()),
            next: AtomicU32::new(at + 1),
            hash,
            known,
        });
        let entries = &self.entries;
        let hash_at = |at: &u32| entries[*at as usize].hash;
        let same = |at: &u32| hash_at(at) == hash;
        *self.by_hash.entry(hash, same, hash_at).or_insert(at).get_mut() = at;
        self.last.clear();
        self.last.extend_from_slice(label_bytes);
    }

    /// Its bytes stay until the generation is dropped: its neighbours need them.
    fn remove(&mut self, hash: u64) {
        let entries = &self.entries;
        let same = |at: &u32| entries[*at as usize].hash == hash;
        if let Ok(found) = self.by_hash.find_entry(hash, same) {
            let (at, _) = found.remove();
            self.entries[at as usize].is_removed = true;
        }
    }
}

fn index(number: usize) -> u32 {
    u32::try_from(number).expect("a generation is far below 4 GiB")
}

#[cfg(test)]
mod tests;
