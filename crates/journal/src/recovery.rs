//! Opens what is there: finds the segments, replays the chain, reports damage, keeps damaged files.
//! Called once by `writer`; changes nothing but links in `quarantine/`, which need no room, and
//! removes unfinished files.
//! INV-25: opening twice gives the same records and leaves the same bytes.

use crate::chain::{End, Link, chain};
use crate::header::{self, Found, HEADER_LEN};
use crate::scan::{Visitor, scan};
use crate::state::SegmentFile;
use crate::{JournalError, JournalErrorKind, Position, Replay, Replayed, frame, names};
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use sys::Vfs;

/// Damage beyond this number is counted, not listed.
pub(crate) const DAMAGE_LISTED_MAX: usize = 1000;

/// What was found when a journal was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Records that their owner took.
    pub records: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// Segment files that hold the chain of records.
    pub segments: usize,
    /// First record, if there is any.
    pub first: Option<Position>,
    /// Place after the last record.
    pub end: Position,
    /// Bytes of an unfinished write at the very end, cut off: ordinary after a crash.
    pub torn_bytes: u64,
    /// What is damaged; at most 1000 entries.
    pub damage: Vec<Damage>,
    /// Number of damaged places, also those not listed.
    pub damage_total: u64,
    /// Damaged files that were given a second name under `quarantine/`, now or earlier.
    pub quarantined: Vec<PathBuf>,
    /// Files that do not count: left over from failed writes, superseded by later segments.
    pub void: Vec<PathBuf>,
}

/// One damaged place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The segment file.
    pub path: PathBuf,
    /// First damaged byte.
    pub offset: u64,
    /// Damaged bytes; 0 when unknown.
    pub len: u64,
    /// What is wrong there.
    pub reason: DamageReason,
}

/// What is wrong with a damaged place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DamageReason {
    /// The header of the segment is not valid; its records were read nevertheless.
    SegmentHeader,
    /// No frame of a record stands where one must.
    NoFrame,
    /// The payload does not have the checksum that was written.
    Checksum,
    /// The file ends before the record, or before what the next segment says.
    Truncated,
    /// The operating system could not read the bytes.
    Unreadable,
    /// The whole segment is not there although its successor names it.
    MissingSegment,
    /// The records were read, but the operating system could not make them durable.
    NotDurable,
    /// The record is whole, but its owner cannot read it.
    Unusable,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.reason {
            DamageReason::SegmentHeader => "segment header damaged",
            DamageReason::NoFrame => "bytes without a record frame",
            DamageReason::Checksum => "record with a wrong checksum",
            DamageReason::Truncated => "file shorter than what was written",
            DamageReason::Unreadable => "bytes that cannot be read",
            DamageReason::MissingSegment => "segment missing",
            DamageReason::NotDurable => "readable bytes that cannot be synced",
            DamageReason::Unusable => "whole record that cannot be understood",
        };
        let (path, offset, len) = (self.path.display(), self.offset, self.len);
        write!(f, "journal: {path} at offset {offset}: {what} ({len} bytes)")
    }
}

/// What the writer needs to go on.
pub(crate) struct Opened {
    pub(crate) recovery: Recovery,
    pub(crate) segments: Vec<SegmentFile>,
    /// Numbers up to this one were used.
    pub(crate) id_max: u64,
}

pub(crate) fn open(
    vfs: &dyn Vfs,
    dir: &Path,
    replay: &mut Replay<'_>,
) -> Result<Opened, JournalError> {
    vfs.create_dir_durable(dir).map_err(|e| JournalError::io("create directory", dir, e))?;
    let (links, id_max) = find_segments(vfs, dir)?;
    let chain = chain(&links);
    let mut pass = Pass {
        vfs,
        dir,
        replay,
        recovery: Recovery::default(),
        path: PathBuf::new(),
        damaged: false,
        held: None,
    };
    pass.report_missing(&chain.missing);
    let mut segments: Vec<SegmentFile> = links
        .iter()
        .map(|link| SegmentFile { id: link.id, len: link.len, end: 0, preserve: false })
        .collect();
    for (index, end) in &chain.served {
        let link = links[*index];
        let valid_end = pass.segment(link, *end)?;
        pass.recovery.end = Position { segment: link.id, offset: valid_end };
        segments[*index].end = valid_end;
        segments[*index].preserve = pass.damaged && !pass.quarantine(link.id);
    }
    vfs.sync_dir(dir).map_err(|e| JournalError::io("sync directory", dir, e))?;
    pass.recovery.segments = chain.served.len();
    for link in chain.void.iter().map(|index| links[*index]) {
        pass.recovery.void.push(names::segment_path(dir, link.id));
        let torn_creation = link.id > pass.recovery.end.segment && link.len < HEADER_LEN;
        pass.recovery.torn_bytes += if torn_creation { link.len } else { 0 };
    }
    Ok(Opened { recovery: pass.recovery, segments, id_max })
}

/// Segment files with their headers, ascending, and the highest number in use.
fn find_segments(vfs: &dyn Vfs, dir: &Path) -> Result<(Vec<Link>, u64), JournalError> {
    let entries = vfs.read_dir(dir).map_err(|e| JournalError::io("read directory", dir, e))?;
    let mut links = Vec::new();
    let mut id_max = 0;
    for entry in entries.iter().filter(|entry| !entry.is_dir) {
        if let Some(id) = names::parse_segment(&entry.name) {
            id_max = id_max.max(id);
            let predecessor = read_header(vfs, &names::segment_path(dir, id), id)?;
            links.push(Link { id, len: entry.len, predecessor });
        }
        if let Some(id) = names::parse_unfinished(&entry.name) {
            id_max = id_max.max(id);
            // It never counted; if it cannot be removed now, then the next time.
            drop(vfs.remove_file(&dir.join(&entry.name)));
        }
    }
    links.sort_unstable_by_key(|link| link.id);
    Ok((links, id_max))
}

/// The predecessor that a segment names; `None` when its header cannot be read.
fn read_header(vfs: &dyn Vfs, path: &Path, id: u64) -> Result<Option<Position>, JournalError> {
    let mut bytes = [0; 64];
    let read = vfs.open(path).and_then(|file| file.read_exact_at(&mut bytes, 0));
    if read.is_err() {
        return Ok(None); // too short or unreadable: the scan reports which
    }
    match header::decode(&bytes) {
        Found::Header(header) if header.id == id => Ok(Some(header.predecessor)),
        Found::Header(_) | Found::Damaged => Ok(None),
        Found::OtherVersion(version) => Err(JournalError::new(
            JournalErrorKind::Version,
            format!(
                "journal: cannot open {}: format version {version} found, {} expected; \
                 was it written by a newer flyball?",
                path.display(),
                header::VERSION
            ),
        )),
    }
}

/// The pass over the chain.
struct Pass<'p> {
    vfs: &'p dyn Vfs,
    dir: &'p Path,
    replay: &'p mut Replay<'p>,
    recovery: Recovery,
    /// File of the segment that is being read.
    path: PathBuf,
    /// Was anything in the current segment damaged?
    damaged: bool,
    /// The latest damage, held back: at the very end of the chain it is only a torn write.
    held: Option<(Range<u64>, DamageReason)>,
}

impl Visitor for Pass<'_> {
    fn record(&mut self, at: Position, payload: &[u8]) -> Result<(), JournalError> {
        self.report_held();
        let replayed = (self.replay)(at, payload).map_err(|source| {
            let text = format!(
                "journal: cannot replay {} at offset {}: {source}",
                self.path.display(),
                at.offset
            );
            JournalError::new(JournalErrorKind::Replay, text).caused_by(source)
        })?;
        self.recovery.first.get_or_insert(at);
        match replayed {
            Replayed::Taken => {
                self.recovery.records += 1;
                self.recovery.bytes += payload.len() as u64;
            }
            Replayed::Unusable => {
                let end = at.offset + frame::framed_len(&[payload]);
                self.report(at.offset..end, DamageReason::Unusable);
            }
        }
        Ok(())
    }

    fn damage(&mut self, range: Range<u64>, reason: DamageReason) {
        self.report_held();
        self.held = Some((range, reason));
    }
}

impl Pass<'_> {
    /// Replays one segment; gives the end of its valid part.
    fn segment(&mut self, link: Link, end: End) -> Result<u64, JournalError> {
        self.damaged = false;
        self.path = names::segment_path(self.dir, link.id);
        if link.predecessor.is_none() {
            self.report(0..HEADER_LEN.min(link.len), DamageReason::SegmentHeader);
        }
        let limit = match end {
            End::Declared(declared) => declared.min(link.len),
            End::Open | End::Unknown => link.len,
        };
        let Ok(file) = self.vfs.open(&self.path) else {
            self.report(0..link.len, DamageReason::Unreadable);
            return Ok(limit);
        };
        let valid_end = scan(&*file, link.id, limit, self)?;
        // A killed process may have left these bytes in the page cache only.
        if file.sync_data().is_err() {
            self.report_held();
            self.report(0..limit, DamageReason::NotDurable);
        }
        match end {
            End::Declared(declared) => {
                self.report_held();
                if link.len < declared {
                    self.report(link.len..declared, DamageReason::Truncated);
                }
                Ok(limit)
            }
            End::Unknown => {
                self.report_held();
                Ok(limit)
            }
            End::Open => {
                // Damage without a record behind it is a write that did not finish.
                let torn = self.held.take();
                self.recovery.torn_bytes += torn.map_or(0, |(range, _)| range.end - range.start);
                Ok(valid_end)
            }
        }
    }

    fn report_missing(&mut self, missing: &[u64]) {
        for id in missing {
            self.path = names::segment_path(self.dir, *id);
            self.report(0..0, DamageReason::MissingSegment);
        }
    }

    fn report_held(&mut self) {
        if let Some((range, reason)) = self.held.take() {
            self.report(range, reason);
        }
    }

    fn report(&mut self, range: Range<u64>, reason: DamageReason) {
        self.damaged = true;
        self.recovery.damage_total += 1;
        if self.recovery.damage.len() < DAMAGE_LISTED_MAX {
            let (offset, len) = (range.start, range.end - range.start);
            self.recovery.damage.push(Damage { path: self.path.clone(), offset, len, reason });
        }
    }

    /// Gives a damaged file a second name that no truncation removes; needs no room.
    fn quarantine(&mut self, id: u64) -> bool {
        let dir = names::quarantine_dir(self.dir);
        let kept = dir.join(names::segment_name(id));
        let is_kept = keep(self.vfs, &self.path, &dir, &kept).is_ok();
        if is_kept {
            self.recovery.quarantined.push(kept);
        }
        is_kept
    }
}

/// The name of the directory itself becomes durable with the end of the opening.
fn keep(vfs: &dyn Vfs, path: &Path, dir: &Path, kept: &Path) -> std::io::Result<()> {
    vfs.create_dir_all(dir)?;
    if !vfs.exists(kept)? {
        vfs.hard_link(path, kept)?;
    }
    vfs.sync_dir(dir)
}
