//! Bytes of one simulated file twice: as the process sees them (cached) and as the platter has
//! them. What happened since the last sync is a list of changes; a crash keeps some of them, by
//! sector. Space is charged by sector on first write, so holes made by `set_len` cost nothing, as
//! in life.

use super::rng::SimRng;

/// Unit of surviving and of space accounting.
pub(super) const SECTOR: usize = 512;

#[derive(Clone, Debug)]
enum Change {
    Write { offset: usize, bytes: Box<[u8]> },
    SetLen(usize),
}

/// Content of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Pages {
    cached: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Change>,
    /// Which sectors of the cached image hold space.
    charged: Vec<bool>,
}

impl Pages {
    pub(super) fn cached(&self) -> &[u8] {
        &self.cached
    }

    pub(super) fn durable(&self) -> &[u8] {
        &self.durable
    }

    /// Bytes of space the file holds.
    pub(super) fn space(&self) -> u64 {
        (self.charged.iter().filter(|charged| **charged).count() * SECTOR) as u64
    }

    /// Gives up the space of a file that lost its last name; returns its bytes. What an open handle
    /// writes later is charged anew.
    pub(super) fn release(&mut self) -> u64 {
        let freed = self.space();
        self.charged.clear();
        freed
    }

    /// How many of `len` bytes at `offset` can be written with `room` bytes of free space.
    pub(super) fn writable(&self, offset: usize, len: usize, room: u64) -> usize {
        let mut room = room;
        let mut at = offset;
        while at < offset + len {
            if !self.is_charged(at / SECTOR) {
                if room < SECTOR as u64 {
                    break;
                }
                room -= SECTOR as u64;
            }
            at = (at / SECTOR + 1) * SECTOR;
        }
        at.min(offset + len) - offset
    }

    fn is_charged(&self, sector: usize) -> bool {
        self.charged.get(sector).copied().unwrap_or(false)
    }

    /// Writes into the cache; gives the bytes of space newly charged.
    pub(super) fn write(&mut self, offset: usize, bytes: &[u8]) -> u64 {
        let before = self.space_of(offset, bytes.len());
        put(&mut self.cached, offset, bytes);
        self.unsynced.push(Change::Write { offset, bytes: bytes.into() });
        let last = (offset + bytes.len()).div_ceil(SECTOR);
        if self.charged.len() < last {
            self.charged.resize(last, false);
        }
        self.charged[offset / SECTOR..last].fill(true);
        self.space_of(offset, bytes.len()) - before
    }

    fn space_of(&self, offset: usize, len: usize) -> u64 {
        let sectors = offset / SECTOR..(offset + len).div_ceil(SECTOR);
        (sectors.filter(|sector| self.is_charged(*sector)).count() * SECTOR) as u64
    }

    /// Cuts or extends the cache; gives the bytes of space set free.
    pub(super) fn set_len(&mut self, len: usize) -> u64 {
        let before = self.space();
        self.cached.resize(len, 0);
        self.charged.truncate(len.div_ceil(SECTOR));
        self.unsynced.push(Change::SetLen(len));
        before - self.space()
    }

    pub(super) fn sync(&mut self) {
        for change in std::mem::take(&mut self.unsynced) {
            change.apply(&mut self.durable);
        }
        debug_assert_eq!(self.durable.len(), self.cached.len(), "a sync equalises the lengths");
    }

    /// A failed fsync as Linux has it: some pages reached the disk, the others are marked clean and
    /// never written again; the cache may or may not still show them.
    pub(super) fn fail_sync(&mut self, rng: &mut SimRng) {
        for change in std::mem::take(&mut self.unsynced) {
            if rng.coin() {
                change.apply(&mut self.durable);
            }
        }
        self.durable.resize(self.cached.len(), 0);
        if rng.coin() {
            self.cached.clone_from(&self.durable);
        }
    }

    /// Changes both images at rest.
    pub(super) fn damage(&mut self, edit: impl Fn(&mut Vec<u8>)) {
        edit(&mut self.cached);
        edit(&mut self.durable);
        self.charged.resize(self.cached.len().div_ceil(SECTOR), true);
    }

    /// The file after a power cut.
    pub(super) fn survivor(&self, rng: &mut SimRng) -> Self {
        let mut image = self.durable.clone();
        match rng.below(8) {
            0 => {}
            1 => self.unsynced.iter().for_each(|change| change.clone().apply(&mut image)),
            2 | 3 => self.keep_prefix(&mut image, rng),
            _ => self.keep_sectors(&mut image, rng),
        }
        if image.len() < self.cached.len() && rng.chance(125) {
            image.resize(self.cached.len(), 0); // the length reached the disk, the bytes did not
        }
        let charged = vec![true; image.len().div_ceil(SECTOR)];
        Self { cached: image.clone(), durable: image, unsynced: Vec::new(), charged }
    }

    /// Changes reach the disk in order; the last one that does is torn at any byte.
    fn keep_prefix(&self, image: &mut Vec<u8>, rng: &mut SimRng) {
        let kept = rng.index(self.unsynced.len() + 1);
        for change in &self.unsynced[..kept] {
            change.clone().apply(image);
        }
        if let Some(Change::Write { offset, bytes }) = self.unsynced.get(kept) {
            put(image, *offset, &bytes[..rng.index(bytes.len() + 1)]);
        }
    }

    /// Sectors reach the disk in any order, each or not.
    fn keep_sectors(&self, image: &mut Vec<u8>, rng: &mut SimRng) {
        let kept_per_mille = [100, 500, 900][rng.index(3)];
        for change in &self.unsynced {
            match change {
                Change::Write { offset, bytes } => {
                    for (at, part) in by_sector(*offset, bytes) {
                        if rng.chance(kept_per_mille) {
                            put(image, at, part);
                        }
                    }
                }
                Change::SetLen(len) => {
                    if rng.chance(kept_per_mille) {
                        image.resize(*len, 0);
                    }
                }
            }
        }
    }
}

impl Change {
    fn apply(self, image: &mut Vec<u8>) {
        match self {
            Self::Write { offset, bytes } => put(image, offset, &bytes),
            Self::SetLen(len) => image.resize(len, 0),
        }
    }
}

fn put(image: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    let end = offset + bytes.len();
    if image.len() < end {
        image.resize(end, 0);
    }
    image[offset..end].copy_from_slice(bytes);
}

/// The parts of a write that lie in different sectors.
fn by_sector(offset: usize, bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let end = offset + bytes.len();
    let mut at = offset;
    std::iter::from_fn(move || {
        let start = at;
        at = ((start / SECTOR + 1) * SECTOR).min(end);
        (start < end).then(|| (start, &bytes[start - offset..at - offset]))
    })
}
