//! Opening: take the directory, load manifest and checkpoint, open segments, replay the journal.
//! Damage never stops the opening: what is damaged goes to quarantine, is described, and the rest
//! is served. INV-21: opening twice gives the same answers.

use crate::cache::BlockCache;
use crate::changes::Changes;
use crate::checkpoint::{self, Loaded};
use crate::db::{Db, Maintenance, State, Writer, journal_error};
use crate::error::{DbError, DbErrorKind, DbResult};
use crate::head::{AppliedRow, Head};
use crate::layout::{self, Layout, link_or_copy, parse_checkpoint, parse_segment};
use crate::manifest::{Manifest, SegmentEntry};
use crate::options::{DbOptions, Limits};
use crate::record::{self, Record};
use crate::segment::Segment;
use crate::stats::Counters;
use crate::tail::Outbox;
use journal::{Journal, JournalOptions, Position, ReplayError, Replayed};
use model::{Row, SeriesRef};
use parking_lot::{Mutex, RwLock};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize};
use std::time::Duration;
use sys::{Clock, Vfs};

/// Most damage that is described; more is counted.
const DAMAGE_LISTED_MAX: usize = 1000;

/// A place that no sync reaches.
const NOT_DURABLE: Position = Position { segment: u64::MAX, offset: u64::MAX };

/// What opening found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenReport {
    /// Series in memory after replay.
    pub series: usize,
    /// Registered segments that can be used.
    pub segments: usize,
    /// Journal records replayed.
    pub records: u64,
    /// Rows replayed into memory.
    pub rows: u64,
    /// Rows whose series is not known because its birth was damaged.
    pub orphans: u64,
    /// Bytes of an unfinished write at the end of the journal: ordinary after a crash.
    pub torn_bytes: u64,
    /// What is damaged, as sentences with their place.
    pub damage: Vec<String>,
    /// Files moved or linked to quarantine.
    pub quarantined: Vec<PathBuf>,
}

impl OpenReport {
    pub(crate) fn note_damage(&mut self, text: String) {
        if self.damage.len() < DAMAGE_LISTED_MAX {
            self.damage.push(text);
        }
    }
}

impl Db {
    /// Opens the database of a directory, making it when it is empty.
    ///
    /// Fails when another process holds it, when it holds another format, or when the filesystem
    /// fails; damage is reported instead.
    pub fn open(
        options: DbOptions,
        vfs: Arc<dyn Vfs>,
        clock: Arc<dyn Clock>,
    ) -> DbResult<(Self, OpenReport)> {
        let lock = layout::claim(&*vfs, &options.dir)?;
        let layout = Layout::new(&options.dir);
        layout.create(&*vfs)?;
        let cache = Arc::new(BlockCache::new(options.cache_bytes_max));
        let mut report = OpenReport::default();
        let mut stored = Stored { vfs: &*vfs, layout: &layout, cache: &cache, report: &mut report };
        let (mut manifest, changed) = stored.manifest()?;
        stored.clean_up(&manifest)?;
        let before = manifest.segments.len();
        let segments = stored.segments(&mut manifest)?;
        if changed || manifest.segments.len() != before {
            manifest.store(&*vfs, &layout.manifest())?;
        }
        let head = stored.head(&manifest, &options.limits)?;
        let mut replayer = Replayer::new(head, manifest.floor, options.limits);
        let (journal, recovery) = Journal::open(
            Arc::clone(&vfs),
            &layout.journal(),
            journal_options(&options),
            &mut |place, bytes| replayer.take(place, bytes, &mut report),
        )
        .map_err(|error| journal_error(&error))?;
        if recovery.end < manifest.floor {
            // Files of the journal are gone. New records continue from what is left and must not
            // lie before the floor; what lies there already is in segments.
            manifest.floor = recovery.end;
            manifest.store(&*vfs, &layout.manifest())?;
        }
        let (outbox, head, unflushed_bytes) = outbox(&*vfs, &layout, replayer)?;
        let tombstones = Arc::new(manifest.tombstones.clone());
        report.torn_bytes = recovery.torn_bytes;
        recovery.damage.iter().for_each(|damage| report.note_damage(damage.to_string()));
        report.quarantined.extend(recovery.quarantined);
        report.series = head.len();
        report.segments = segments.len();
        let syncer = journal.syncer();
        let db = Self {
            compactor: Mutex::default(),
            maintenance: Mutex::new(Maintenance::new(manifest, clock.monotonic())),
            writer: Mutex::new(Writer {
                journal,
                closed: false,
                trouble: None,
                next_space_check: Duration::ZERO,
                record: Vec::new(),
                unflushed_bytes,
            }),
            head_memory: AtomicUsize::new(head.memory),
            state: RwLock::new(State {
                head,
                segments: Arc::new(segments),
                tombstones,
                changes: Changes::default(),
            }),
            syncer,
            outbox: Mutex::new(outbox),
            counters: Counters::default(),
            damaged_reads: Arc::default(),
            horizon_ms: AtomicI64::new(i64::MIN),
            late_window_ms: AtomicU64::new(0),
            clock_went_back: AtomicBool::new(false),
            _lock: lock,
            options,
            vfs,
            clock,
            layout,
            cache,
        };
        db.counters.quarantined.add(report.quarantined.len() as u64);
        db.set_out_of_order_window(db.options.out_of_order_window);
        db.update_horizon();
        Ok((db, report))
    }
}

/// What senders still have to read, with the names of series that live under another id now; and
/// the head with the bytes of its journal.
fn outbox(vfs: &dyn Vfs, layout: &Layout, replayer: Replayer) -> DbResult<(Outbox, Head, u64)> {
    let Replayer { head, bytes, aliases, .. } = replayer;
    let mut outbox = Outbox::open(vfs, layout)?;
    outbox.alias(
        aliases.iter().filter_map(|(id, living)| {
            head.get(*living).map(|series| (*id, series.labels.clone()))
        }),
    );
    Ok((outbox, head, bytes))
}

fn journal_options(options: &DbOptions) -> JournalOptions {
    JournalOptions {
        segment_bytes_max: options.journal_bytes_max.max(1 << 20),
        ..JournalOptions::default()
    }
}

/// What lies in the directory.
struct Stored<'a> {
    vfs: &'a dyn Vfs,
    layout: &'a Layout,
    cache: &'a Arc<BlockCache>,
    report: &'a mut OpenReport,
}

impl Stored<'_> {
    /// The manifest, and whether it must be written. A damaged one is rebuilt from what is there:
    /// every readable segment, the newest checkpoint, the whole journal. Doubles do no harm
    /// (INV-11), missing files would.
    fn manifest(&mut self) -> DbResult<(Manifest, bool)> {
        let path = self.layout.manifest();
        let text = match Manifest::load(self.vfs, &path) {
            Ok(Some(manifest)) => return Ok((manifest, false)),
            Ok(None) => None,
            Err(error) if error.kind() == DbErrorKind::Corrupt => Some(error.to_string()),
            Err(error) => return Err(error),
        };
        let manifest = self.rebuilt_manifest()?;
        if let Some(text) = text {
            self.report.note_damage(format!(
                "{text}; it was rebuilt from the files that are there; \
                     deletions that were not purged yet are forgotten"
            ));
            self.quarantine(&path)?;
        }
        // A new directory gets one as well: otherwise files of a first flush that the power cut
        // interrupts would count as found.
        Ok((manifest, true))
    }

    fn rebuilt_manifest(&self) -> DbResult<Manifest> {
        let mut manifest = Manifest::default();
        for name in self.names()? {
            if let Some(id) = parse_segment(&name) {
                manifest.segments.push(SegmentEntry { id, age: id });
                manifest.next_segment = manifest.next_segment.max(id + 1);
            }
            if let Some(id) = parse_checkpoint(&name) {
                // Names come sorted, so the last one is the newest.
                manifest.fallback = manifest.checkpoint.replace(id);
                manifest.next_segment = manifest.next_segment.max(id + 1);
            }
        }
        manifest.rebuilt = manifest != Manifest::default();
        if manifest.rebuilt {
            // What was found may not be all that the disk has: a file removed a moment ago would
            // come back with a power cut, unknown to the manifest made here.
            let dir = self.layout.segments();
            self.vfs.sync_dir(&dir).map_err(|error| DbError::io("sync directory", &dir, error))?;
        }
        Ok(manifest)
    }

    fn names(&self) -> DbResult<Vec<String>> {
        let dir = self.layout.segments();
        let entries = self.vfs.read_dir(&dir);
        let entries = entries.map_err(|error| DbError::io("read directory", &dir, error))?;
        Ok(entries.into_iter().filter(|entry| !entry.is_dir).map(|entry| entry.name).collect())
    }

    /// Removes what an interrupted flush or compaction left: temporary files, files numbered after
    /// the manifest, files it calls obsolete. Anything else unknown goes to quarantine.
    fn clean_up(&mut self, manifest: &Manifest) -> DbResult<()> {
        let dir = self.layout.segments();
        let mut removed_any = false;
        for name in self.names()? {
            let path = dir.join(&name);
            let id = parse_segment(&name).or(parse_checkpoint(&name));
            let listed = match (parse_segment(&name), parse_checkpoint(&name)) {
                (Some(id), _) => manifest.segments.iter().any(|segment| segment.id == id),
                (None, Some(id)) => [manifest.checkpoint, manifest.fallback].contains(&Some(id)),
                (None, None) => false,
            };
            if listed {
                continue;
            }
            let unfinished = name.strip_suffix(".tmp").is_some()
                || id.is_some_and(|id| {
                    id >= manifest.next_segment || manifest.obsolete.contains(&id)
                });
            if unfinished {
                let removed = self.vfs.remove_file(&path);
                removed.map_err(|error| DbError::io("remove", &path, error))?;
                removed_any = true;
            } else {
                self.report.note_damage(format!("unknown file {} set aside", path.display()));
                self.quarantine(&path)?;
            }
        }
        if removed_any {
            // Their numbers may be used up without a new file; they must not come back by then.
            self.vfs.sync_dir(&dir).map_err(|error| DbError::io("sync directory", &dir, error))?;
        }
        Ok(())
    }

    /// Opens the registered segments; those that cannot be used leave the manifest.
    fn segments(&mut self, manifest: &mut Manifest) -> DbResult<Vec<Arc<Segment>>> {
        let mut usable = Vec::new();
        manifest.segments.sort_by_key(|entry| (entry.age, entry.id));
        for entry in std::mem::take(&mut manifest.segments) {
            let path = self.layout.segment(entry.id);
            match Segment::open(self.vfs, &path, entry.id, self.cache) {
                Ok(segment) => {
                    manifest.segments.push(entry);
                    usable.push(Arc::new(segment));
                }
                Err(error) if error.kind() == DbErrorKind::WrongFormat => return Err(error),
                // Without a manifest a name alone says nothing: a removal may have been undone.
                Err(error) if error.kind() == DbErrorKind::Missing && manifest.rebuilt => {
                    drop(self.vfs.remove_file(&path));
                }
                Err(error) if error.kind() == DbErrorKind::Missing => {
                    self.report.note_damage(error.to_string());
                }
                Err(error) if error.kind() == DbErrorKind::Corrupt => {
                    self.report.note_damage(error.to_string());
                    self.quarantine(&path)?;
                }
                Err(error) => {
                    // It may be readable again after the next start.
                    self.report.note_damage(error.to_string());
                    manifest.segments.push(entry);
                }
            }
        }
        Ok(usable)
    }

    /// The head as of the last flush; what is damaged in its checkpoint comes from the one before.
    fn head(&mut self, manifest: &Manifest, limits: &Limits) -> DbResult<Head> {
        let mut loaded = Loaded::default();
        let mut whole = true;
        if let Some(id) = manifest.checkpoint {
            (loaded, whole) = self.checkpoint(id, manifest.rebuilt)?;
        }
        if let Some(id) = manifest.fallback.filter(|_| !whole || manifest.rebuilt) {
            loaded.complete_from(self.checkpoint(id, manifest.rebuilt)?.0);
        }
        let mut head = loaded.into_head(manifest.series_ids(), limits);
        if manifest.rebuilt {
            // The checkpoint may be younger than the segments that were found: what it calls seen
            // must be replayed nevertheless.
            head.forget_newest();
        }
        Ok(head)
    }

    /// What can be read of a checkpoint, and whether that is all of it.
    fn checkpoint(&mut self, id: u64, rebuilt: bool) -> DbResult<(Loaded, bool)> {
        let path = self.layout.checkpoint(id);
        match checkpoint::load(self.vfs, &path) {
            Ok(loaded) if loaded.damage.is_empty() => Ok((loaded, true)),
            Ok(mut loaded) => {
                self.preserve(&path)?;
                for text in loaded.damage.drain(..) {
                    self.report.note_damage(text);
                }
                Ok((loaded, false))
            }
            Err(error) if error.kind() == DbErrorKind::WrongFormat => Err(error),
            // Without a manifest a name alone says nothing.
            Err(error) if error.kind() == DbErrorKind::Missing && rebuilt => {
                Ok((Loaded::default(), false))
            }
            Err(error) => {
                self.report.note_damage(error.to_string());
                if error.kind() == DbErrorKind::Corrupt {
                    self.preserve(&path)?;
                }
                Ok((Loaded::default(), false))
            }
        }
    }

    fn quarantine(&mut self, path: &Path) -> DbResult<()> {
        let target = quarantine(self.vfs, self.layout, path)?;
        self.report.quarantined.push(target);
        Ok(())
    }

    fn preserve(&mut self, path: &Path) -> DbResult<()> {
        if let Some(target) = preserve(self.vfs, self.layout, path)? {
            self.report.quarantined.push(target);
        }
        Ok(())
    }
}

/// Moves a file to quarantine under a name that is free there.
pub(crate) fn quarantine(vfs: &dyn Vfs, layout: &Layout, path: &Path) -> DbResult<PathBuf> {
    let io = |error| DbError::io("move to quarantine", path, error);
    let target = free_name(vfs, layout, path).map_err(io)?;
    vfs.rename(path, &target).map_err(io)?;
    vfs.sync_dir(&layout.quarantine()).map_err(io)?;
    vfs.sync_dir(path.parent().unwrap_or(Path::new("."))).map_err(io)?;
    Ok(target)
}

/// Gives a damaged file that is still served a second name in quarantine, so that no compaction or
/// retention can destroy it; `None` when it has one.
pub(crate) fn preserve(vfs: &dyn Vfs, layout: &Layout, path: &Path) -> DbResult<Option<PathBuf>> {
    let io = |error| DbError::io("link to quarantine", path, error);
    let target = layout.quarantine().join(path.file_name().unwrap_or_default());
    if vfs.exists(&target).map_err(io)? {
        return Ok(None);
    }
    link_or_copy(vfs, path, &target)?;
    vfs.sync_dir(&layout.quarantine()).map_err(io)?;
    Ok(Some(target))
}

fn free_name(vfs: &dyn Vfs, layout: &Layout, path: &Path) -> std::io::Result<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut target = layout.quarantine().join(&name);
    let mut number = 1;
    while vfs.exists(&target)? {
        target = layout.quarantine().join(format!("{name}.{number}"));
        number += 1;
    }
    Ok(target)
}

/// Applies journal records to the head; repeats do nothing.
struct Replayer {
    head: Head,
    floor: Position,
    limits: Limits,
    /// Ids in the journal whose series lives under another id.
    aliases: HashMap<SeriesRef, SeriesRef, foldhash::fast::FixedState>,
    /// Bytes of the records behind the floor.
    bytes: u64,
}

impl Replayer {
    fn new(head: Head, floor: Position, limits: Limits) -> Self {
        Self { head, floor, limits, aliases: HashMap::default(), bytes: 0 }
    }

    /// Refuses records of a newer format: leaving them out would lose them with the next flush.
    fn take(
        &mut self,
        place: Position,
        bytes: &[u8],
        report: &mut OpenReport,
    ) -> Result<Replayed, ReplayError> {
        record::check_kind(bytes)?;
        if place < self.floor {
            return Ok(Replayed::Taken);
        }
        let Ok(record) = record::decode(bytes) else { return Ok(Replayed::Unusable) };
        if !record.is_empty() {
            self.bytes += bytes.len() as u64;
            report.records += 1;
        }
        self.apply(&record, report);
        Ok(Replayed::Taken)
    }

    fn apply(&mut self, record: &Record, report: &mut OpenReport) {
        self.take_births(record);
        for row in &record.rows {
            let series = self.living(row.series);
            let Some(known) = self.head.get(series) else {
                report.orphans += 1;
                continue;
            };
            // What is not newer came before.
            if known.newest.as_ref().is_none_or(|newest| newest.timestamp < row.timestamp) {
                self.head.apply(&applied(series, row));
                report.rows += 1;
            }
        }
        for row in &record.late {
            self.apply_late(row, report);
        }
        for (series, exemplar) in &record.exemplars {
            self.head.push_exemplar(self.living(*series), exemplar, self.limits.exemplars_max);
        }
        for entry in &record.metadata {
            self.head.set_metadata(entry, self.limits.metadata_max);
        }
    }

    fn take_births(&mut self, record: &Record) {
        for birth in &record.births {
            // Ids keep their meaning over all processes that wrote this journal: a series gets the
            // id it was born with, and an id that was used once is not given away again.
            let id = match self.head.find(&birth.labels) {
                Some(known) => known,
                None if self.head.is_free(birth.series) => {
                    self.head.insert_with_id(birth.series, birth.group, &birth.labels);
                    birth.series
                }
                None => self.head.insert(birth.group, &birth.labels),
            };
            if self.head.is_free(birth.series) {
                self.head.reserve_ids(birth.series.0 + 1);
            }
            let series = self.head.get_mut(id).expect("found or inserted above");
            // After a failed sync and a kill the page cache may show a record that will never reach
            // the disk, so what replay sees counts as not durable.
            if series.born().is_none() {
                series.set_born(NOT_DURABLE);
            }
            if id == birth.series {
                self.aliases.remove(&birth.series);
            } else {
                self.aliases.insert(birth.series, id);
            }
        }
    }

    /// A late row may have come before, or its series was not known to be newer by now.
    fn apply_late(&mut self, row: &Row, report: &mut OpenReport) {
        let series = self.living(row.series);
        let Some(known) = self.head.get(series) else {
            report.orphans += 1;
            return;
        };
        let newest = known.newest.as_ref().map(|newest| newest.timestamp);
        if newest.is_none_or(|newest| newest < row.timestamp) {
            self.head.apply(&applied(series, row));
        } else if newest > Some(row.timestamp)
            && self.head.sample_at(known, row.timestamp).is_none()
        {
            self.head.apply_late(&applied(series, row));
        } else {
            return;
        }
        report.rows += 1;
    }

    /// The id under which the series of a row lives.
    fn living(&self, series: SeriesRef) -> SeriesRef {
        self.aliases.get(&series).copied().unwrap_or(series)
    }
}

fn applied(series: SeriesRef, row: &Row) -> AppliedRow<'_> {
    AppliedRow { series, timestamp: row.timestamp, value: &row.value, start: row.start }
}

#[cfg(test)]
mod tests;
