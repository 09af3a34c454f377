//! Commits the batch of a scrape and files the storage's answers.
//! A batch that could not be stored leaves the memory of the scrape before untouched, so that its
//! series still become stale later.

use super::ingest::Origin;
use super::report::ReportSeries;
use super::{ScrapeReport, TargetCache};
use model::{AppendError, Appender, Batch, BatchReport, Row, RowFault, SeriesRef};

impl TargetCache {
    /// Stores the batch; fills in what the storage refused.
    pub(super) fn store(&mut self, appender: &dyn Appender, report: &mut ScrapeReport) {
        if report.store_error.is_none() {
            match appender.commit(&self.batch) {
                Ok(answer) => self.file(appender, &answer, report),
                Err(error) => report.store_error = Some(error.to_string()),
            }
        }
        if report.store_error.is_some() {
            self.entries.untrack(self.round);
            return;
        }
        self.previous = self.round;
        self.tracked_before = self.tracked_now;
        self.orphans.clear();
        let good = report.error.is_none();
        self.entries.settle(self.round, good && report.scraped > 0);
        if good && self.families.settle(self.round) {
            self.entries.forget_comments();
        }
    }

    fn file(&mut self, appender: &dyn Appender, answer: &BatchReport, report: &mut ScrapeReport) {
        let mut dead = Vec::new();
        for rejection in &answer.rejected {
            if rejection.fault == RowFault::UnknownSeries {
                dead.push(rejection.row);
            } else {
                count(self.origins[rejection.row], rejection.fault, report);
            }
        }
        if dead.is_empty() {
            return;
        }
        match self.store_again(appender, &dead) {
            Ok((origins, answer)) => {
                for rejection in &answer.rejected {
                    count(origins[rejection.row], rejection.fault, report);
                }
            }
            Err(error) => report.store_error = Some(error.to_string()),
        }
    }

    /// Rows whose handles were dead get new handles and a second batch.
    fn store_again(
        &mut self,
        appender: &dyn Appender,
        dead: &[usize],
    ) -> Result<(Vec<Origin>, BatchReport), AppendError> {
        let mut again = Batch::new(self.group);
        let mut origins = Vec::new();
        for &index in dead {
            let origin = self.origins[index];
            let series = match origin {
                Origin::Sample(id) => {
                    let Some(series) = self.entries.series(id) else { continue };
                    let reference = appender.resolve(self.group, &series.labels)?;
                    self.entries.rebind(id, reference);
                    reference
                }
                Origin::Report(number) => self.resolve_report(number, appender)?,
                // A series that left memory had no samples for long: nothing to end.
                Origin::Marker => continue,
            };
            again.rows.push(Row { series, ..self.batch.rows[index].clone() });
            origins.push(origin);
        }
        let answer = appender.commit(&again)?;
        Ok((origins, answer))
    }

    pub(super) fn resolve_report(
        &mut self,
        index: usize,
        appender: &dyn Appender,
    ) -> Result<SeriesRef, AppendError> {
        let labels = ReportSeries::labels(&self.shape, index);
        let reference = appender.resolve(self.group, &labels)?;
        self.report.set(index, reference, labels);
        Ok(reference)
    }
}

/// Counts a refused sample. Markers and report series are refused when a target came back under
/// another loop; that is expected and not counted.
fn count(origin: Origin, fault: RowFault, report: &mut ScrapeReport) {
    match origin {
        Origin::Sample(_) => match fault {
            RowFault::OutOfOrder => report.out_of_order += 1,
            RowFault::DuplicateTimestamp => report.duplicates += 1,
            RowFault::TooOld | RowFault::TooFarInFuture => report.out_of_bounds += 1,
            RowFault::UnknownSeries | RowFault::InvalidHistogram => report.refused += 1,
        },
        Origin::Marker | Origin::Report(_) => {}
    }
}
