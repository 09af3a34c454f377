//! The series about the scrape itself: `up`, `scrape_duration_seconds` and their kin.
//! Names and meaning: Prometheus 3.14, "Automatically generated labels and time series".

use super::ScrapeReport;
use crate::Shape;
use model::{Labels, SeriesRef};

/// Names of the report series; the last three come with `extra_scrape_metrics`.
const NAMES: [&str; 8] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
    "scrape_timeout_seconds",
    "scrape_sample_limit",
    "scrape_body_size_bytes",
];
/// How many of them are always written.
const ALWAYS: usize = 5;

/// Handles of the report series, once they are known.
#[derive(Debug, Default)]
pub(super) struct ReportSeries {
    known: [Option<(SeriesRef, Labels)>; NAMES.len()],
}

impl ReportSeries {
    /// Number of series for a shape.
    pub(super) fn count(shape: &Shape) -> usize {
        if shape.extra_metrics { NAMES.len() } else { ALWAYS }
    }

    pub(super) fn get(&self, index: usize) -> Option<SeriesRef> {
        self.known[index].as_ref().map(|(reference, _)| *reference)
    }

    pub(super) fn set(&mut self, index: usize, reference: SeriesRef, labels: Labels) {
        self.known[index] = Some((reference, labels));
    }

    pub(super) fn labels(shape: &Shape, index: usize) -> Labels {
        shape.report_labels(NAMES[index])
    }

    /// Forgets all handles; gives back the series.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = (SeriesRef, Labels)> + use<> {
        std::mem::take(&mut self.known).into_iter().flatten()
    }
}

/// Values in the order of the names.
pub(super) fn values(shape: &Shape, report: &ScrapeReport, body_bytes: f64) -> [f64; NAMES.len()] {
    [
        if report.error.is_none() { 1.0 } else { 0.0 },
        report.duration.as_secs_f64(),
        report.scraped as f64,
        report.kept as f64,
        report.added as f64,
        shape.timeout.as_secs_f64(),
        shape.limits.sample_limit.unwrap_or(0) as f64,
        body_bytes,
    ]
}
