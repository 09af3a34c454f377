//! The core of scraping: turns what a target exposed into one batch, remembering its series.
//! A known line costs one comparison and one number; labels are parsed when a line is new.
//! Pure and synchronous: time comes in as values, storage as `Appender`.
//! INV-31: a scrape is one batch, its report series included; a failed one leaves only markers.

mod collate;
mod convert;
mod entries;
mod family;
mod ingest;
mod native;
mod protobuf;
mod report;
mod store;

#[cfg(test)]
mod tests;

use crate::{PageFormat, Shape};
use entries::{Entries, Round};
use exposition::Family;
use family::Families;
use ingest::Origin;
use model::{Appender, Batch, GroupKey, Labels, LabelsBuilder, SeriesRef, Timestamp};
use report::ReportSeries;
use std::time::Duration;

pub use family::SharedMetadata;

/// What a target answered, or why it did not.
#[derive(Clone, Copy, Debug)]
pub enum Page<'a> {
    /// A body in a format; an empty one is a scrape without samples.
    Body {
        /// Format of the body.
        format: PageFormat,
        /// The body, decompressed.
        bytes: &'a [u8],
    },
    /// Families of an in-process source.
    Families(&'a [Family]),
    /// The scrape failed before there was anything to parse.
    Failed {
        /// What the operator reads.
        error: &'a str,
        /// The failure is that the body was too large.
        body_too_large: bool,
    },
}

/// A scrape as it arrives.
pub struct Arrival<'a> {
    /// Timestamp of the scrape and of all samples without their own.
    pub at: Timestamp,
    /// What came.
    pub page: Page<'a>,
    /// Time since the scrape began; asked when parsing is done.
    pub elapsed: &'a dyn Fn() -> Duration,
}

/// What a scrape did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScrapeReport {
    /// Why `up` is 0.
    pub error: Option<String>,
    /// Why nothing could be stored; then not even `up` is.
    pub store_error: Option<String>,
    /// Time that the scrape took.
    pub duration: Duration,
    /// Samples exposed.
    pub scraped: usize,
    /// Samples left after relabelling.
    pub kept: usize,
    /// Series seen for the first time.
    pub added: usize,
    /// Staleness markers written.
    pub stale: usize,
    /// Samples older than the newest one of their series.
    pub out_of_order: usize,
    /// Second samples of a series for one instant.
    pub duplicates: usize,
    /// Samples too old or too far ahead.
    pub out_of_bounds: usize,
    /// Samples of new series refused by a limit on series.
    pub refused: usize,
    /// Exemplars dropped because their labels are too long.
    pub exemplars_refused: usize,
    /// Classic histograms that did not make a native one and were dropped.
    pub unconverted: usize,
    /// The sample limit was exceeded.
    pub sample_limit_exceeded: bool,
    /// A native histogram stayed above the limit on buckets.
    pub bucket_limit_exceeded: bool,
}

/// Remembers the series of one target between scrapes.
pub struct TargetCache {
    group: GroupKey,
    shape: Shape,
    entries: Entries,
    report: ReportSeries,
    families: Families,
    /// Number of the running scrape; numbers of scrapes that could not be stored are skipped.
    round: Round,
    /// Number of the last scrape that was stored; what it tracked can become stale.
    previous: Round,
    /// How many entries the last stored scrape tracked.
    tracked_before: usize,
    /// Tracked series whose entries are gone (the shape changed): stale unless seen again.
    orphans: Vec<(SeriesRef, Labels)>,
    /// How many entries the running scrape tracked.
    tracked_now: usize,
    batch: Batch,
    /// What each row of the batch is.
    origins: Vec<Origin>,
    builder: LabelsBuilder,
    line: String,
}

impl TargetCache {
    /// An empty cache; `group` names the target to the storage.
    pub fn new(group: GroupKey, shape: Shape) -> Self {
        Self {
            group,
            report: ReportSeries::default(),
            entries: Entries::default(),
            families: Families::default(),
            round: 0,
            previous: 0,
            tracked_before: 0,
            orphans: Vec::new(),
            tracked_now: 0,
            batch: Batch::new(group),
            origins: Vec::new(),
            builder: LabelsBuilder::default(),
            line: String::new(),
            shape,
        }
    }

    /// Goes on under other rules. Series continue; those that the new rules rename become stale
    /// at the next scrape.
    pub fn reshape(&mut self, shape: Shape) {
        if !self.shape.same_labels(&shape) {
            let previous = self.previous;
            let was_stored = |round: Round| previous > 0 && round == previous;
            let tracked = self.entries.drain().filter(|(_, round)| was_stored(*round));
            self.orphans.extend(tracked.map(|(series, _)| (series.reference, series.labels)));
        }
        if self.shape.labels != shape.labels {
            let was_stored = self.previous > 0;
            self.orphans.extend(self.report.drain().filter(|_| was_stored));
        }
        self.shape = shape;
    }

    /// Stores a scrape: samples, staleness markers and the series about the scrape.
    pub fn ingest(&mut self, arrival: &Arrival<'_>, appender: &dyn Appender) -> ScrapeReport {
        self.round += 1;
        self.batch.clear();
        let mut pass = ingest::Pass::new(self, arrival.at, appender);
        let outcome = pass.read(arrival.page);
        let mut report = pass.finish(outcome, arrival);
        self.store(appender, &mut report);
        report
    }

    /// Marks everything as gone at an instant: the target will not be scraped any more.
    pub fn end(&mut self, at: Timestamp, appender: &dyn Appender) -> ScrapeReport {
        self.round += 1;
        self.batch.clear();
        let mut pass = ingest::Pass::new(self, at, appender);
        pass.forget_all();
        pass.mark_report_stale();
        let mut report = ScrapeReport { stale: self.batch.rows.len(), ..ScrapeReport::default() };
        self.store(appender, &mut report);
        report
    }

    /// Was nothing ever stored, so that nothing is worth marking as gone?
    pub fn is_empty(&self) -> bool {
        self.previous == 0
    }

    /// What the target says about its metrics; shared with whoever shows it.
    pub fn metadata(&self) -> SharedMetadata {
        self.families.shared()
    }

    /// Labels of the target's samples.
    pub fn labels(&self) -> &Labels {
        &self.shape.labels
    }
}
