//! `flyball tsdb import`: history that another system stored, into a data directory of our own.

mod prometheus;

use crate::cli::ImportCommand;
use crate::console::{Console, Mark, Verdict};
use crate::inspect::{instant, size};
use std::io;
use std::path::Path;
use std::sync::Arc;
use sys::{OsVfs, SystemClock, Vfs};
use tsdb::{Db, DbOptions, ImportReport, Retention};

/// Runs one of the imports.
pub fn run(command: &ImportCommand, console: &mut Console<'_>) -> io::Result<Verdict> {
    match command {
        ImportCommand::Prometheus { dir, storage_path } => {
            prometheus::run(dir, storage_path, console)
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

/// What was done so far.
#[derive(Debug, Default)]
struct Total {
    segments: u64,
    samples: u64,
    refused: u64,
    /// Chunks or records that hold native histograms.
    histograms: u64,
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
        if self.histograms > 0 {
            let count = self.histograms;
            let line = format!("{count} chunks or records of native histograms were not read");
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
