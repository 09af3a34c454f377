//! `flyball tsdb import`: history that another system stored, into a data directory of our own.

mod formats;
mod lines;
mod prometheus;

use crate::cli::ImportCommand;
use crate::console::{Console, Mark, Verdict};
use crate::inspect::{instant, size};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sys::{OsVfs, SystemClock, Vfs};
use tsdb::{Db, DbOptions, ImportReport, Retention};

/// Longest list of what is done.
const DONE_BYTES_MAX: u64 = 64 << 20;

/// Runs one of the imports.
pub fn run(command: &ImportCommand, console: &mut Console<'_>) -> io::Result<Verdict> {
    match command {
        ImportCommand::Prometheus { dir, storage_path } => {
            prometheus::run(dir, storage_path, console)
        }
        ImportCommand::Openmetrics { files, storage_path } => {
            lines::run(files, storage_path, &formats::OpenMetrics, console)
        }
        ImportCommand::Influx { files, precision, storage_path } => {
            let format = formats::Influx { unit_ns: precision.nanoseconds() };
            lines::run(files, storage_path, &format, console)
        }
    }
}

/// Opens the data directory to fill; nothing expires meanwhile.
fn open(dir: &Path) -> Result<(Db, Arc<dyn Vfs>), String> {
    let vfs: Arc<dyn Vfs> = Arc::new(OsVfs);
    let retention = Retention { time: None, size_bytes: None };
    let options = DbOptions { retention, ..DbOptions::new(dir) };
    let opened = Db::open(options, Arc::clone(&vfs), Arc::new(SystemClock::new()));
    let (db, _report) = opened.map_err(|error| error.to_string())?;
    Ok((db, vfs))
}

fn fail(reason: &dyn std::fmt::Display, console: &mut Console<'_>) -> io::Result<Verdict> {
    console.complain(format_args!("flyball: {reason}"))?;
    Ok(Verdict::Bad)
}

/// Parts that are stored already, so that an interrupted import goes on where it was: a file with
/// a line each, which grows at its end.
struct Done {
    path: PathBuf,
    parts: BTreeSet<String>,
    /// Bytes of the whole lines; `None`: there is no file yet.
    len: Option<u64>,
}

impl Done {
    fn read(vfs: &dyn Vfs, target: &Path) -> Result<Self, String> {
        let path = target.join("tenants").join("anonymous").join("imported");
        let wrong = |error: io::Error| format!("cannot read {}: {error}", path.display());
        if !vfs.exists(&path).map_err(wrong)? {
            return Ok(Self { path, parts: BTreeSet::new(), len: None });
        }
        let bytes = vfs.read(&path, DONE_BYTES_MAX).map_err(wrong)?;
        // A line without its end was being written when the import was interrupted.
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        let parts = String::from_utf8_lossy(&bytes[..whole]).lines().map(str::to_owned).collect();
        Ok(Self { path, parts, len: Some(whole as u64) })
    }

    fn add(&mut self, vfs: &dyn Vfs, part: String) -> io::Result<()> {
        let line = format!("{part}\n");
        if let Some(len) = self.len {
            let file = vfs.open_for_write(&self.path)?;
            file.set_len(len)?;
            file.write_all_at(line.as_bytes(), len)?;
            file.sync_data()?;
        } else {
            vfs.replace(&self.path, line.as_bytes())?;
        }
        self.len = Some(self.len.unwrap_or_default() + line.len() as u64);
        self.parts.insert(part);
        Ok(())
    }
}

/// What was done so far.
#[derive(Debug, Default)]
struct Total {
    segments: u64,
    samples: u64,
    refused: u64,
    /// Chunks or records of a kind that is not known.
    unread: u64,
    /// Something is missing.
    is_partial: bool,
}

impl Total {
    /// Counts one segment and tells of it.
    fn note(
        &mut self,
        source: &str,
        span: (i64, i64),
        report: &ImportReport,
        console: &mut Console<'_>,
    ) -> io::Result<()> {
        self.segments += u64::from(report.samples > 0);
        self.samples += report.samples;
        self.refused += report.refused;
        for refusal in &report.refusals {
            console.blame("  ", Mark::Warning, refusal)?;
        }
        let (series, samples) = (report.series, report.samples);
        let (first, last) = (instant(span.0), instant(span.1));
        console.say(format_args!(
            "  {source}: {first} to {last}: {series} series, {samples} samples"
        ))?;
        console.flush()
    }

    fn conclude(&self, db: &Db, console: &mut Console<'_>) -> io::Result<Verdict> {
        if self.unread > 0 {
            let count = self.unread;
            let line = format!("{count} chunks or records of unknown kinds were not read");
            console.blame("", Mark::Warning, line)?;
        }
        if self.refused > 0 {
            let line = format!("{} series were refused for their labels", self.refused);
            console.blame("", Mark::Warning, line)?;
        }
        let (samples, segments) = (self.samples, self.segments);
        let bytes = size(db.stats().segment_bytes);
        let line = format!("{samples} samples in {segments} segments; {bytes} in all segments");
        if self.is_partial {
            console.complain(format_args!("{line}; not everything could be read"))?;
            return Ok(Verdict::Bad);
        }
        console.mark("", Mark::Success, line)?;
        Ok(Verdict::Good)
    }
}
