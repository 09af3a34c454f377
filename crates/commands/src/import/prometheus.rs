//! A data directory of Prometheus: its blocks a day at a time, then what its log still holds.

use super::{Done, Total, fail, open};
use crate::console::{Console, Mark, Verdict};
use model::{Labels, SampleBuf};
use prometheus_tsdb::{Block, BlockMeta, BlockSeries, Blocks, Wal, blocks};
use std::io;
use std::path::Path;
use sys::Vfs;
use tsdb::{Db, DbError, DbErrorKind, ImportReport, series_order};

/// Length of a segment, ms: days expire and merge as a whole.
const DAY_MS: i64 = 24 * 3600 * 1000;
/// Samples of the log that are in memory at once: 16 bytes each.
const LOG_SAMPLES_MAX: u64 = 20_000_000;

/// Runs the import.
pub(super) fn run(dir: &Path, target: &Path, console: &mut Console<'_>) -> io::Result<Verdict> {
    if let Err(reason) = refuse(dir) {
        return fail(&reason, console);
    }
    let (db, vfs) = match open(target) {
        Ok(opened) => opened,
        Err(reason) => return fail(&reason, console),
    };
    let Blocks { found, damaged } = match blocks(&*vfs, dir) {
        Ok(blocks) => blocks,
        Err(error) => return fail(&error, console),
    };
    let done = match Done::read(&*vfs, target) {
        Ok(done) => done,
        Err(reason) => return fail(&reason, console),
    };
    let count = found.len() + damaged.len();
    console.say(format_args!("Reading {count} blocks of {}", dir.display()))?;
    let end = found.iter().map(|(_, meta)| meta.max_time).max().unwrap_or(i64::MIN);
    let mut import = Import { db: &db, vfs: &*vfs, done, total: Total::default() };
    for error in &damaged {
        import.lost(error, console)?;
    }
    for (path, meta) in &found {
        import.block(path, meta, console)?;
    }
    import.log(dir, end, console)?;
    let verdict = import.total.conclude(&db, console)?;
    match db.close() {
        Ok(()) => Ok(verdict),
        Err(error) => fail(&error, console),
    }
}

/// Says what a path is that is no data directory of Prometheus.
fn refuse(dir: &Path) -> Result<(), String> {
    let looked = format!("cannot import {}", dir.display());
    if !dir.is_dir() {
        return Err(format!("{looked}: no such directory; give Prometheus' --storage.tsdb.path"));
    }
    if dir.join("FORMAT").exists() {
        return Err(format!("{looked}: it is a data directory of flyball"));
    }
    if dir.join("meta.json").exists() {
        let above = dir.parent().unwrap_or(dir).display();
        return Err(format!("{looked}: it is one block; give the directory above, {above}"));
    }
    let has_block = || {
        let mut entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
        entries.any(|entry| entry.path().join("meta.json").exists())
    };
    if dir.join("wal").is_dir() || has_block() {
        return Ok(());
    }
    Err(format!("{looked}: it has neither blocks nor a directory wal"))
}

struct Import<'i> {
    db: &'i Db,
    vfs: &'i dyn Vfs,
    done: Done,
    total: Total,
}

impl Import<'_> {
    /// A block that cannot be read costs only itself.
    fn block(
        &mut self,
        path: &Path,
        meta: &BlockMeta,
        console: &mut Console<'_>,
    ) -> io::Result<()> {
        let days: Vec<(i64, i64)> = days(meta.min_time, meta.max_time).collect();
        let name = |day: &(i64, i64)| format!("{} {}", meta.ulid, day.0);
        if days.iter().all(|day| self.done.parts.contains(&name(day))) {
            return console.say(format_args!("  {}: was imported before", meta.ulid));
        }
        let opened = Block::open(self.vfs, path);
        let opened = opened.and_then(|block| block.series().map(|series| (block, series)));
        let (block, mut series) = match opened {
            Ok(opened) => opened,
            Err(error) => return self.lost(&error, console),
        };
        series.sort_by(|a, b| series_order(&a.labels, &b.labels));
        // A label set that stands twice would be damage; the first one stays.
        series.dedup_by(|a, b| a.labels == b.labels);
        for day in days {
            let part = name(&day);
            if self.done.parts.contains(&part) {
                continue;
            }
            match self.day(&block, &series, day) {
                Ok(report) => self.total.note(&meta.ulid, day, &report, console)?,
                Err(error) => return self.lost(&error, console),
            }
            self.done.add(self.vfs, part)?;
        }
        Ok(())
    }

    fn lost(&mut self, error: &dyn std::fmt::Display, console: &mut Console<'_>) -> io::Result<()> {
        self.total.is_partial = true;
        console.blame("  ", Mark::Failed, error)
    }

    fn day(
        &mut self,
        block: &Block,
        series: &[BlockSeries],
        day: (i64, i64),
    ) -> Result<ImportReport, DbError> {
        let mut reader = block.reader();
        let mut rest = series.iter();
        let mut unread = 0;
        let report = self.db.import(|samples| -> Result<Option<Labels>, DbError> {
            let Some(one) = rest.next() else { return Ok(None) };
            let read = reader.read(one, day, samples);
            unread +=
                read.map_err(|error| DbError::new(DbErrorKind::Corrupt, error.to_string()))?;
            Ok(Some(one.labels.clone()))
        })?;
        self.total.unread += unread as u64;
        Ok(report)
    }

    /// What is in no block yet.
    fn log(&mut self, dir: &Path, since: i64, console: &mut Console<'_>) -> io::Result<()> {
        let wal = match Wal::open(self.vfs, dir, since) {
            Ok(wal) => wal,
            Err(error) => return self.lost(&error, console),
        };
        self.total.unread += wal.unread();
        let labels = wal.labels();
        let mut order: Vec<usize> = (0..labels.len()).collect();
        order.sort_by(|a, b| series_order(&labels[*a], &labels[*b]));
        for span in wal.spans(LOG_SAMPLES_MAX) {
            let mut samples = match wal.read(self.vfs, span) {
                Ok(samples) => samples,
                Err(error) => return self.lost(&error, console),
            };
            let mut rest = order.iter();
            let report: Result<ImportReport, DbError> = self.db.import(|buffer: &mut SampleBuf| {
                Ok(rest.next().map(|number| {
                    *buffer = std::mem::take(&mut samples[*number]);
                    labels[*number].clone()
                }))
            });
            match report {
                Ok(report) => self.total.note("log", span, &report, console)?,
                Err(error) => return self.lost(&error, console),
            }
        }
        if let Some(end) = wal.end() {
            console.blame("  ", Mark::Warning, format_args!("the log ends early: {end}"))?;
        }
        Ok(())
    }
}

/// Aligned days, both ends included, of the time from `first` until before `end`.
fn days(first: i64, end: i64) -> impl Iterator<Item = (i64, i64)> {
    let start = first.saturating_sub(first.rem_euclid(DAY_MS));
    let starts = (0_i64..).map(move |day| start.saturating_add(day.saturating_mul(DAY_MS)));
    starts
        .take_while(move |day| *day < end)
        .map(move |day| (day.max(first), day.saturating_add(DAY_MS - 1).min(end.saturating_sub(1))))
        .filter(|(first, last)| first <= last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sys::sim::{OpKind, SimVfs};

    fn target(vfs: &SimVfs) -> &'static Path {
        vfs.create_dir_durable(Path::new("/data/tenants/anonymous")).unwrap();
        Path::new("/data")
    }

    fn parts(vfs: &SimVfs) -> Vec<String> {
        Done::read(vfs, Path::new("/data")).unwrap().parts.into_iter().collect()
    }

    #[test]
    fn what_is_done_is_added_at_the_end_of_the_list() {
        let mut vfs = SimVfs::new(1);
        let mut done = Done::read(&vfs, target(&vfs)).unwrap();
        assert!(done.parts.is_empty());
        for part in ["b 1", "a 2", "c 3"] {
            done.add(&vfs, part.to_owned()).unwrap();
            vfs = vfs.after_crash(7);
        }
        assert_eq!(vfs.read(&done.path, 99).unwrap(), b"b 1\na 2\nc 3\n");
        assert_eq!(parts(&vfs), ["a 2", "b 1", "c 3"]);
        vfs.start_trace();
        Done::read(&vfs, Path::new("/data")).unwrap().add(&vfs, "d 4".to_owned()).unwrap();
        let trace = vfs.trace();
        assert!(!trace.contains("rename"), "it is not written anew: {trace}");
        assert_eq!(parts(&vfs), ["a 2", "b 1", "c 3", "d 4"]);
    }

    #[test]
    fn a_part_whose_line_is_torn_is_not_done() {
        let vfs = SimVfs::new(1);
        let mut done = Done::read(&vfs, target(&vfs)).unwrap();
        done.add(&vfs, "a 12".to_owned()).unwrap();
        vfs.edit(&done.path, |bytes| bytes.extend_from_slice(b"a 1234")).unwrap();
        let mut done = Done::read(&vfs, Path::new("/data")).unwrap();
        assert_eq!(done.parts.iter().collect::<Vec<_>>(), ["a 12"]);
        vfs.fail(OpKind::SyncData, 0, 1, 28);
        assert!(done.add(&vfs, "a 9".to_owned()).is_err());
        assert!(!done.parts.contains("a 9"), "what is not on disk is not done");
        done.add(&vfs, "b".to_owned()).unwrap();
        assert_eq!(vfs.read(&done.path, 99).unwrap(), b"a 12\nb\n");
        assert_eq!(parts(&vfs), ["a 12", "b"]);
    }

    #[test]
    fn days_are_aligned_and_cut_at_both_ends() {
        let found: Vec<_> = days(DAY_MS - 5, 2 * DAY_MS + 1).collect();
        let expected =
            [(DAY_MS - 5, DAY_MS - 1), (DAY_MS, 2 * DAY_MS - 1), (2 * DAY_MS, 2 * DAY_MS)];
        assert_eq!(found, expected);
        assert_eq!(days(5, 5).count(), 0);
    }
}
