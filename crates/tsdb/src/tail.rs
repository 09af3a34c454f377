//! Stored batches once more, in the order in which they came, for those who hand them on.
//! Read from the journal, as far as it is durable. What a flush cuts from the journal stays under a
//! second name in `outbox/` as long as somebody has not read it, within a bound: beyond it the
//! oldest goes, is counted and told. A checkpoint beside it names series that left memory.

use crate::checkpoint;
use crate::db::{Db, journal_error};
use crate::error::{DbError, DbResult};
use crate::layout::{Layout, link_or_copy};
use crate::record::{self, Record, RecordParts};
use journal::{Position, Span};
use model::{GroupKey, Labels, SeriesRef, Timestamp};
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sys::Vfs;

const JOURNAL_SUFFIX: &str = ".journal";
const CHECKPOINT_SUFFIX: &str = ".ckp";
const BIRTHS_SUFFIX: &str = ".births";
/// Longest file of births: one series a former process began anew takes some hundred bytes.
const BIRTHS_BYTES_MAX: u64 = 1 << 30;
/// How often a reading begins anew because a flush moved the file meanwhile.
const TRIES: usize = 3;

/// What is kept of the journal beyond its end.
#[derive(Default)]
pub(crate) struct Outbox {
    /// Nothing before this place is needed; `None`: nobody reads.
    floor: Option<Position>,
    bytes_max: u64,
    /// Files by the number of their segment.
    files: BTreeMap<u64, Kept>,
    /// Checkpoints by the last segment whose series they name.
    checkpoints: BTreeMap<u64, PathBuf>,
    /// Records of births by the last segment whose series they name; see `aliases`.
    births: BTreeMap<u64, PathBuf>,
    /// Series whose batches in the journal have another id than the head gives them: they had left
    /// memory and come back shortly before the former process ended. No checkpoint names them so.
    aliases: HashMap<SeriesRef, Labels>,
    lost_bytes: u64,
}

struct Kept {
    path: PathBuf,
    end: u64,
}

/// What lies in the outbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxStats {
    /// Bytes kept for readers besides the journal.
    pub bytes: u64,
    /// Bytes given up unread since opening, because there were too many.
    pub lost_bytes: u64,
}

/// Batches that were read again.
#[derive(Debug, Default)]
pub struct Tail {
    /// Places and batches, in order.
    pub records: Vec<(Position, Record)>,
    /// Everything before this place was given.
    pub next: Position,
    /// Bytes that could not be read: damaged on the disk.
    pub damaged_bytes: u64,
    /// Something before the first record was given up: the reader came too late.
    pub has_gap: bool,
}

/// Reads batches from a place on.
pub struct TailReader {
    db: Arc<Db>,
    at: Position,
    /// Labels of series that are not in memory, of one checkpoint: the segment up to which it
    /// counts, how many series had left memory when it was read, and the labels.
    old: Option<(u64, u64, HashMap<SeriesRef, Labels>)>,
}

impl Db {
    /// Place after the last batch that survives a power cut.
    pub fn tail_end(&self) -> Position {
        self.syncer.synced()
    }

    /// The newest instant of all series that were in memory since opening.
    pub fn newest(&self) -> Option<Timestamp> {
        let newest = self.state.read().head.newest_ms;
        (newest != i64::MIN).then(|| Timestamp::from_ms(newest))
    }

    /// Keeps what was written from `from` on until it is called again, at most about `bytes_max`
    /// bytes beyond the journal's own; `None` keeps nothing.
    ///
    /// # Errors
    /// When files that are not needed any more cannot be removed; they are tried again.
    pub fn keep_tail(&self, from: Option<Position>, bytes_max: u64) -> DbResult<()> {
        let mut outbox = self.outbox.lock();
        (outbox.floor, outbox.bytes_max) = (from, bytes_max);
        outbox.remove_before(&*self.vfs, from.map_or(u64::MAX, |from| from.segment))
    }

    /// What lies in the outbox.
    pub fn outbox_stats(&self) -> OutboxStats {
        let outbox = self.outbox.lock();
        OutboxStats { bytes: outbox.bytes(), lost_bytes: outbox.lost_bytes }
    }

    /// Gives what a flush is about to cut a second name, if somebody still needs it. Called before
    /// series leave memory, because the checkpoint of the flush is the last one that names them.
    pub(crate) fn keep_before_cut(&self, cut: Position, checkpoint: Option<u64>) -> DbResult<()> {
        let mut outbox = self.outbox.lock();
        let Some(floor) = outbox.floor else { return Ok(()) };
        let needed = floor.segment..=cut.segment;
        let spans = self.syncer.durable().into_iter();
        let missing = |span: &Span| {
            needed.contains(&span.segment) && !outbox.files.contains_key(&span.segment)
        };
        let spans: Vec<Span> = spans.filter(missing).collect();
        if spans.is_empty() {
            return Ok(());
        }
        let (vfs, dir) = (&*self.vfs, self.layout.outbox());
        vfs.create_dir_durable(&dir).map_err(|e| DbError::io("create directory", &dir, e))?;
        if let Some(id) = checkpoint {
            let path = dir.join(format!("{:08}-{id:016}{CHECKPOINT_SUFFIX}", cut.segment));
            second_name(vfs, &self.layout.checkpoint(id), &path)?;
            outbox.checkpoints.insert(cut.segment, path);
        }
        if !outbox.aliases.is_empty() {
            let path = dir.join(format!("{:08}-{:016}{BIRTHS_SUFFIX}", cut.segment, 0));
            let written = vfs.replace(&path, &encode_births(&outbox.aliases));
            written.map_err(|error| DbError::io("write", &path, error))?;
            outbox.births.insert(cut.segment, path);
        }
        for Span { segment, path, end } in spans {
            let kept = dir.join(format!("{segment:08}-{end:016}{JOURNAL_SUFFIX}"));
            second_name(vfs, &path, &kept)?;
            outbox.files.insert(segment, Kept { path: kept, end });
        }
        vfs.sync_dir(&dir).map_err(|e| DbError::io("sync directory", &dir, e))?;
        outbox.shrink(vfs)
    }

    /// What a reader may read now, in order: the outbox, then the journal.
    fn spans(&self) -> Vec<Span> {
        let outbox = self.outbox.lock();
        let mut spans: BTreeMap<u64, Span> = BTreeMap::new();
        for (segment, kept) in &outbox.files {
            let span = Span { segment: *segment, path: kept.path.clone(), end: kept.end };
            spans.insert(*segment, span);
        }
        spans.extend(self.syncer.durable().into_iter().map(|span| (span.segment, span)));
        spans.into_values().collect()
    }
}

impl Outbox {
    /// Finds what a former process kept. If there is anything, it is kept until
    /// [`Db::keep_tail`] says otherwise.
    pub(crate) fn open(vfs: &dyn Vfs, layout: &Layout) -> DbResult<Self> {
        let dir = layout.outbox();
        let mut outbox = Self::default();
        let failed = |error| DbError::io("read directory", &dir, error);
        if !vfs.exists(&dir).map_err(failed)? {
            return Ok(outbox);
        }
        for entry in vfs.read_dir(&dir).map_err(failed)? {
            let path = dir.join(&entry.name);
            if let Some((segment, end)) = numbers(&entry.name, JOURNAL_SUFFIX) {
                outbox.files.insert(segment, Kept { path, end });
            } else if let Some((segment, _)) = numbers(&entry.name, CHECKPOINT_SUFFIX) {
                outbox.checkpoints.insert(segment, path);
            } else if let Some((segment, _)) = numbers(&entry.name, BIRTHS_SUFFIX) {
                outbox.births.insert(segment, path);
            }
        }
        (outbox.floor, outbox.bytes_max) = (Some(Position::START), u64::MAX);
        Ok(outbox)
    }

    fn bytes(&self) -> u64 {
        self.files.values().map(|kept| kept.end).sum()
    }

    fn shrink(&mut self, vfs: &dyn Vfs) -> DbResult<()> {
        while self.bytes() > self.bytes_max
            && let Some((segment, kept)) = self.files.first_key_value()
        {
            let (next, lost) = (segment + 1, kept.end);
            self.remove_before(vfs, next)?;
            self.lost_bytes += lost;
        }
        Ok(())
    }

    fn remove_before(&mut self, vfs: &dyn Vfs, segment: u64) -> DbResult<()> {
        while let Some(oldest) = self.files.first_entry().filter(|entry| *entry.key() < segment) {
            remove(vfs, &oldest.get().path)?;
            oldest.remove();
        }
        let first = self.files.keys().next().copied().unwrap_or(segment);
        for names in [&mut self.checkpoints, &mut self.births] {
            while let Some(oldest) = names.first_entry().filter(|entry| *entry.key() < first) {
                remove(vfs, oldest.get())?;
                oldest.remove();
            }
        }
        Ok(())
    }

    /// Remembers series that live under another id than the journal gives them.
    pub(crate) fn alias(&mut self, aliases: impl Iterator<Item = (SeriesRef, Labels)>) {
        self.aliases.extend(aliases);
    }
}

impl TailReader {
    /// A reader that begins at a place that [`Tail::next`] or [`Db::tail_end`] gave.
    pub fn new(db: Arc<Db>, from: Position) -> Self {
        // Files of the journal may have been lost; then numbers begin again below.
        let at = from.min(db.tail_end());
        Self { db, at, old: None }
    }

    /// The next batches, until about `bytes_max` bytes of them were read; none at the end.
    ///
    /// # Errors
    /// When files cannot be opened; nothing was skipped then.
    pub fn read(&mut self, bytes_max: u64) -> DbResult<Tail> {
        let mut tries = 1;
        loop {
            match self.read_once(bytes_max) {
                // A flush has moved the file to the outbox between the list and the opening.
                Err(_) if tries < TRIES => tries += 1,
                outcome => return outcome,
            }
        }
    }

    fn read_once(&mut self, bytes_max: u64) -> DbResult<Tail> {
        let mut tail = Tail { next: self.at, ..Tail::default() };
        let mut left = bytes_max;
        let spans = self.db.spans();
        tail.has_gap = self.at.offset > 0
            && spans.first().is_some_and(|first| first.segment > self.at.segment)
            && self.db.outbox_stats().lost_bytes > 0;
        for span in spans.iter().filter(|span| span.segment >= self.at.segment) {
            let from = if span.segment == self.at.segment { self.at.offset } else { 0 };
            if from >= span.end {
                continue;
            }
            let records = &mut tail.records;
            let (mut damaged, mut read) = (0, 0);
            let mut visit = |at: Position, bytes: &[u8]| {
                read += bytes.len() as u64;
                match record::decode(bytes) {
                    Ok(record) => records.push((at, record)),
                    Err(_) => damaged += bytes.len() as u64,
                }
            };
            let piece = span.read(&*self.db.vfs, from, left, &mut visit);
            let piece = piece.map_err(|error| journal_error(&error))?;
            tail.damaged_bytes += damaged + piece.damaged_bytes;
            tail.next = Position { segment: span.segment, offset: piece.next };
            left = left.saturating_sub(read);
            if left == 0 {
                break;
            }
        }
        self.at = tail.next;
        Ok(tail)
    }

    /// Identity of a series that a batch at a place names; `None` when nothing knows it any more.
    pub fn labels(&mut self, series: SeriesRef, at: Position) -> Option<Labels> {
        let in_memory = self.db.state.read().head.get(series).map(|series| series.labels.clone());
        if in_memory.is_some() {
            return in_memory;
        }
        let (segment, checkpoint, births) = {
            let outbox = self.db.outbox.lock();
            if let Some(labels) = outbox.aliases.get(&series) {
                return Some(labels.clone());
            }
            let (segment, checkpoint) = outbox.checkpoints.range(at.segment..).next()?;
            (*segment, checkpoint.clone(), outbox.births.get(segment).cloned())
        };
        let dropped = self.db.counters.series_dropped.get();
        if self.old.as_ref().is_none_or(|old| (old.0, old.1) != (segment, dropped)) {
            let names = self.names(&checkpoint, births.as_deref())?;
            self.old = Some((segment, dropped, names));
        }
        self.old.as_ref().and_then(|old| old.2.get(&series).cloned())
    }

    /// Series of a checkpoint that are not in memory, and those of a record of births.
    fn names(
        &self,
        checkpoint: &Path,
        births: Option<&Path>,
    ) -> Option<HashMap<SeriesRef, Labels>> {
        let vfs = &*self.db.vfs;
        let loaded = checkpoint::load(vfs, checkpoint).ok()?;
        let state = self.db.state.read();
        let gone = loaded.into_labels().filter(|(id, _)| state.head.get(*id).is_none());
        let mut names: HashMap<SeriesRef, Labels> = gone.collect();
        drop(state);
        if let Some(path) = births {
            let bytes = vfs.read(path, BIRTHS_BYTES_MAX).ok()?;
            let record = record::decode(&bytes).ok()?;
            names.extend(record.births.into_iter().map(|birth| (birth.series, birth.labels)));
        }
        Some(names)
    }
}

fn encode_births(aliases: &HashMap<SeriesRef, Labels>) -> Vec<u8> {
    let group = GroupKey::default();
    let births = aliases.iter().map(|(id, labels)| (*id, group, labels.clone())).collect();
    let mut bytes = Vec::new();
    RecordParts { births, ..RecordParts::default() }.encode(&mut bytes);
    bytes
}

/// The two numbers of a file name.
fn numbers(name: &str, suffix: &str) -> Option<(u64, u64)> {
    let (first, second) = name.strip_suffix(suffix)?.split_once('-')?;
    Some((first.parse().ok()?, second.parse().ok()?))
}

/// Links a file anew. A name that an interrupted attempt left goes first: copying onto a second
/// name of the source would empty both.
fn second_name(vfs: &dyn Vfs, from: &Path, to: &Path) -> DbResult<()> {
    remove(vfs, to)?;
    link_or_copy(vfs, from, to)
}

fn remove(vfs: &dyn Vfs, path: &Path) -> DbResult<()> {
    match vfs.remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(DbError::io("remove", path, error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
