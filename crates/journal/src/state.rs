//! The writing side under one lock: the open segment, what is not synced yet, what failed.
//! `writer` appends through it, `syncer` syncs beside it; `recovery` gives it its beginning.
//! INV-26: after a failed write or sync nothing is appended to the same file again; the next
//! segment is written aside, synced, and named when complete, and says where its predecessor ends.

use crate::JournalErrorKind::NoSpace;
use crate::header::{self, HEADER_LEN, Header};
use crate::recovery::Opened;
use crate::reserve::Reserve;
use crate::writer::{JournalOptions, JournalStats};
use crate::{JournalError, Position, frame, names};
use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sys::{File, Vfs};

/// Where a journal lives and what it may use.
pub(crate) struct Place {
    pub(crate) vfs: Arc<dyn Vfs>,
    pub(crate) dir: PathBuf,
    pub(crate) options: JournalOptions,
}

/// A segment file on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentFile {
    pub(crate) id: u64,
    pub(crate) len: u64,
    /// Place after the last record that counts; 0 when the file is void.
    pub(crate) end: u64,
    /// Damaged and not yet in quarantine: truncation must move it there.
    pub(crate) preserve: bool,
}

/// Records of one segment that no sync has covered.
struct Unsynced {
    id: u64,
    file: Arc<dyn File>,
    predecessor: Position,
    /// The valid part that is known to be durable; 0 while not even the header is.
    synced_end: u64,
    end: u64,
    /// The frames between the two, kept for the case that a sync fails.
    frames: Vec<u8>,
}

/// One file to sync, taken under the lock, done outside of it.
pub(crate) struct SyncJob {
    id: u64,
    pub(crate) file: Arc<dyn File>,
    end: u64,
    /// Directory changes to be synced with it, if any.
    pub(crate) names_made: Option<u64>,
}

pub(crate) struct State {
    pub(crate) segments: VecDeque<SegmentFile>,
    /// The file that takes appends; `None`: the next append begins a segment.
    current: Option<Arc<dyn File>>,
    /// Place after the last record.
    pub(crate) tail: Position,
    /// There may be bytes behind the tail, or void segments.
    doubtful: bool,
    next_id: u64,
    unsynced: VecDeque<Unsynced>,
    /// A sync failed and its records were not saved yet.
    must_rescue: bool,
    names_made: u64,
    names_synced: u64,
    pub(crate) reserve: Reserve,
    pub(crate) stats: JournalStats,
}

impl State {
    pub(crate) fn new(opened: Opened, reserve: Reserve) -> Self {
        Self {
            segments: opened.segments.into(),
            current: None,
            tail: opened.recovery.end,
            doubtful: false,
            next_id: opened.id_max + 1,
            unsynced: VecDeque::new(),
            must_rescue: false,
            names_made: 0,
            names_synced: 0,
            reserve,
            stats: JournalStats::default(),
        }
    }

    pub(crate) fn unsynced_bytes(&self) -> u64 {
        self.unsynced.iter().map(|part| part.frames.len() as u64).sum()
    }

    /// Everything before this place is durable.
    pub(crate) fn synced(&self) -> Position {
        let part = self.unsynced.iter().find(|part| part.synced_end < part.end);
        part.map_or(self.tail, |part| Position { segment: part.id, offset: part.synced_end })
    }

    /// Writes records; on a full disk once more with the room of the reserve.
    pub(crate) fn append(
        &mut self,
        place: &Place,
        records: &[&[u8]],
    ) -> Result<Position, JournalError> {
        let outcome = self.try_append(place, records);
        match outcome {
            Err(error) if error.kind() == NoSpace && self.reserve.release(place) => {
                self.try_append(place, records)
            }
            Ok(_) | Err(_) => outcome,
        }
    }

    fn try_append(&mut self, place: &Place, records: &[&[u8]]) -> Result<Position, JournalError> {
        if self.must_rescue {
            self.rescue(place)?;
        }
        let len = frame::framed_len(records);
        let fits = self.tail.offset + len <= place.options.segment_bytes_max;
        match &self.current {
            Some(file) if fits => self.append_here(place, &Arc::clone(file), records),
            Some(_) | None if self.doubtful => self.begin_carefully(place, self.tail, records),
            Some(_) | None => self.begin_segment(place, records),
        }
    }

    fn append_here(
        &mut self,
        place: &Place,
        file: &Arc<dyn File>,
        records: &[&[u8]],
    ) -> Result<Position, JournalError> {
        let first = self.tail;
        let part = self.unsynced.back_mut().expect("the current segment has an entry");
        assert_eq!((part.id, part.end), (first.segment, first.offset), "one tail");
        let kept = part.frames.len();
        frame::encode_all(first, records, &mut part.frames);
        if let Err(error) = file.write_all_at(&part.frames[kept..], first.offset) {
            part.frames.truncate(kept);
            let path = names::segment_path(&place.dir, first.segment);
            self.abandon(file, first.offset);
            return Err(JournalError::io("append to", &path, error));
        }
        part.end += (part.frames.len() - kept) as u64;
        let offset = part.end;
        self.advance(Position { offset, ..first });
        Ok(first)
    }

    /// Cuts a failed write off and never touches the file again (INV-26). When even the cut fails,
    /// the header of the next segment still says where this one ends.
    fn abandon(&mut self, file: &Arc<dyn File>, end: u64) {
        self.stats.write_failures += 1;
        self.stats.failed_cuts += u64::from(file.set_len(end).is_err());
        self.current = None;
        self.doubtful = true;
    }

    /// Begins a segment in the ordinary way: synced when the owner syncs.
    fn begin_segment(
        &mut self,
        place: &Place,
        records: &[&[u8]],
    ) -> Result<Position, JournalError> {
        let segment = NewSegment::lay_out(self.take_id(), self.tail, records);
        let path = names::segment_path(&place.dir, segment.id);
        self.current = None;
        match write_in_place(&*place.vfs, &path, &segment.bytes) {
            Ok(file) => Ok(self.enter(segment, file)),
            Err(error) => {
                self.stats.write_failures += 1;
                self.doubtful = true;
                // Left behind, the file would be void: no successor names it.
                drop(place.vfs.remove_file(&path));
                Err(JournalError::io("begin segment", &path, error))
            }
        }
    }

    /// Begins a segment after trouble: written aside, synced, then named, so that at every instant
    /// either the old end or the new beginning counts.
    fn begin_carefully(
        &mut self,
        place: &Place,
        predecessor: Position,
        records: &[&[u8]],
    ) -> Result<Position, JournalError> {
        let segment = NewSegment::lay_out(self.take_id(), predecessor, records);
        let path = names::segment_path(&place.dir, segment.id);
        let aside = names::unfinished_path(&place.dir, segment.id);
        match write_aside(place, &aside, &path, &segment.bytes) {
            Ok(file) => {
                self.doubtful = false;
                let first = self.enter(segment, file);
                self.note_written_carefully();
                Ok(first)
            }
            Err(error) => {
                self.stats.write_failures += 1;
                // Left behind, the files would be ignored or void.
                drop(place.vfs.remove_file(&aside));
                drop(place.vfs.remove_file(&path));
                Err(JournalError::io("begin segment", &path, error))
            }
        }
    }

    fn take_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    /// Makes a written segment the current one; gives the place of its first record.
    fn enter(&mut self, segment: NewSegment, file: Arc<dyn File>) -> Position {
        assert!(segment.predecessor.segment < segment.id, "numbers only grow");
        self.names_made += 1;
        self.current = Some(Arc::clone(&file));
        self.segments.push_back(SegmentFile { id: segment.id, len: 0, end: 0, preserve: false });
        let end = segment.bytes.len() as u64;
        let mut frames = segment.bytes;
        frames.drain(..header_len());
        self.unsynced.push_back(Unsynced {
            id: segment.id,
            file,
            predecessor: segment.predecessor,
            synced_end: 0,
            end,
            frames,
        });
        self.advance(Position { segment: segment.id, offset: end });
        Position { segment: segment.id, offset: HEADER_LEN }
    }

    /// The segment just entered is on the disk, name and all. Its records are forgotten, so that a
    /// later rescue does not repeat them behind a place where the owner cut; unless older ones are
    /// not durable: their rescue replaces this segment, too.
    fn note_written_carefully(&mut self) {
        self.names_synced = self.names_made;
        let Some(mut part) = self.unsynced.pop_back() else { return };
        if self.unsynced.iter().all(|older| older.synced_end == older.end) {
            self.unsynced.clear();
            part.synced_end = part.end;
            part.frames.clear();
        }
        self.unsynced.push_back(part);
    }

    fn advance(&mut self, tail: Position) {
        assert!(self.tail < tail, "positions only grow");
        self.tail = tail;
        let last = self.segments.back_mut().expect("the current segment is listed");
        assert_eq!(last.id, tail.segment, "the current segment is the last one listed");
        last.len = tail.offset;
        last.end = tail.offset;
    }

    /// Closes the current segment; the next append begins another one.
    pub(crate) fn rotate(&mut self) {
        self.current = None;
    }

    /// The oldest file that needs a sync.
    pub(crate) fn sync_job(&self) -> Option<SyncJob> {
        let names_made = (self.names_synced < self.names_made).then_some(self.names_made);
        let part = self.unsynced.iter().find(|part| part.synced_end < part.end)?;
        Some(SyncJob { id: part.id, file: Arc::clone(&part.file), end: part.end, names_made })
    }

    pub(crate) fn sync_done(&mut self, job: &SyncJob) {
        self.stats.syncs += 1;
        if let Some(made) = job.names_made {
            self.names_synced = self.names_synced.max(made);
        }
        let Some(part) = self.unsynced.iter_mut().find(|part| part.id == job.id) else {
            return; // truncated meanwhile
        };
        let covered = job.end - part.synced_end.max(HEADER_LEN);
        part.frames.drain(..usize::try_from(covered).expect("frames are in memory"));
        part.synced_end = job.end;
        assert_eq!(part.frames.len() as u64, part.end - part.synced_end, "frames kept");
        let tail = self.tail.segment;
        self.unsynced.retain(|part| part.synced_end < part.end || part.id == tail);
    }

    /// After a failed sync nothing of these files can be trusted (the kernel may have dropped the
    /// dirty pages and call them clean): repeat what is not known to be durable elsewhere. Until
    /// that succeeds nothing is appended, and then a new file is the current one (INV-26).
    pub(crate) fn sync_failed(&mut self, place: &Place) -> Result<(), JournalError> {
        self.stats.sync_failures += 1;
        self.must_rescue = true;
        self.rescue_if_needed(place)
    }

    pub(crate) fn rescue_if_needed(&mut self, place: &Place) -> Result<(), JournalError> {
        if !self.must_rescue {
            return Ok(());
        }
        match self.rescue(place) {
            Err(error) if error.kind() == NoSpace && self.reserve.release(place) => {
                self.rescue(place)
            }
            outcome => outcome,
        }
    }

    fn rescue(&mut self, place: &Place) -> Result<(), JournalError> {
        let oldest =
            self.unsynced.front().expect("a file was synced, and the last one has an entry");
        let durable = Position { segment: oldest.id, offset: oldest.synced_end };
        let predecessor = if durable.offset > 0 { durable } else { oldest.predecessor };
        let frames: Vec<&[u8]> = self.unsynced.iter().map(|part| &*part.frames).collect();
        let frames = frames.concat();
        let records = frame::payloads(&frames);
        self.stats.rescued_records += records.len() as u64;
        let superseded = std::mem::take(&mut self.unsynced);
        match self.begin_carefully(place, predecessor, &records) {
            Ok(_) => {
                self.must_rescue = false;
                self.remove_superseded(place, &superseded, predecessor);
                Ok(())
            }
            Err(error) => {
                self.stats.rescued_records -= records.len() as u64;
                self.unsynced = superseded;
                Err(error)
            }
        }
    }

    /// Files whose records all live on in the rescue segment.
    fn remove_superseded(&mut self, place: &Place, parts: &VecDeque<Unsynced>, kept: Position) {
        for file in &mut self.segments {
            if parts.iter().any(|part| part.id == file.id) {
                file.end = if file.id == kept.segment { kept.offset } else { 0 };
            }
        }
        for part in parts.iter().filter(|part| part.id != kept.segment) {
            // Not removed, it is void: it lies between a segment and its predecessor.
            if place.vfs.remove_file(&names::segment_path(&place.dir, part.id)).is_ok() {
                self.segments.retain(|segment| segment.id != part.id);
            }
        }
    }

    /// Takes the segments that lie wholly before a place out of the list; the last one stays.
    pub(crate) fn take_before(&mut self, place: Position) -> Vec<SegmentFile> {
        let border = place.segment.min(self.tail.segment);
        let gone = self.segments.iter().take_while(|segment| segment.id < border).count();
        self.segments.drain(..gone).collect()
    }

    /// Forgets unsynced records of files that are gone. Those of a file that could not be removed
    /// stay: it is a link of the chain, and a power cut would make it a damaged one.
    pub(crate) fn forget_removed(&mut self) {
        let first = self.segments.front().map_or(self.tail.segment, |segment| segment.id);
        self.unsynced.retain(|part| part.id >= first);
    }
}

/// The bytes of a segment before it is a file.
struct NewSegment {
    id: u64,
    predecessor: Position,
    bytes: Vec<u8>,
}

impl NewSegment {
    fn lay_out(id: u64, predecessor: Position, records: &[&[u8]]) -> Self {
        let mut bytes = header::encode(Header { id, predecessor });
        frame::encode_all(Position { segment: id, offset: HEADER_LEN }, records, &mut bytes);
        Self { id, predecessor, bytes }
    }
}

fn header_len() -> usize {
    usize::try_from(HEADER_LEN).expect("64")
}

fn write_in_place(vfs: &dyn Vfs, path: &Path, bytes: &[u8]) -> io::Result<Arc<dyn File>> {
    let file = vfs.create(path)?;
    file.write_all_at(bytes, 0)?;
    Ok(Arc::from(file))
}

fn write_aside(
    place: &Place,
    aside: &Path,
    path: &Path,
    bytes: &[u8],
) -> io::Result<Arc<dyn File>> {
    let file = write_in_place(&*place.vfs, aside, bytes)?;
    file.sync_data()?;
    place.vfs.rename(aside, path)?;
    place.vfs.sync_dir(&place.dir)?;
    Ok(file)
}

#[cfg(test)]
mod tests;
