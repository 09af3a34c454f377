//! Whole series that another system stored become a segment, without passing journal and head: the
//! one way in besides [`model::Appender`], for history that is read from files and could be read
//! again. At an instant that is stored already the stored sample stays (INV-11: the new segment is
//! the youngest), so that an import which is repeated changes no answer.

use crate::commit::check_labels;
use crate::db::Db;
use crate::encoding::Effort;
use crate::error::DbResult;
use crate::manifest::SegmentEntry;
use crate::segment::{Segment, SegmentWriter};
use model::{Labels, SampleBuf};
use std::sync::Arc;

pub use crate::segment::series_order;

/// Refusals that are kept as sentences.
const REFUSALS_KEPT: usize = 10;

/// What became of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Series that have samples in the new segment.
    pub series: u64,
    /// Samples in the new segment.
    pub samples: u64,
    /// Series that the limits on labels refuse.
    pub refused: u64,
    /// Why, of the first ones.
    pub refusals: Vec<String>,
}

impl Db {
    /// Stores series as one segment. `next` fills the empty buffer with the samples of a series
    /// and gives its labels, in [`series_order`], each label set once; nothing at the end. The
    /// segment is visible and survives a power cut when this returns; without samples there is
    /// none.
    ///
    /// # Errors
    /// What `next` gives, and when the segment cannot be written; then nothing was stored.
    ///
    /// # Panics
    /// When series or samples do not come in their order (INV-17, INV-3).
    pub fn import<E: From<crate::DbError>>(
        &self,
        mut next: impl FnMut(&mut SampleBuf) -> Result<Option<Labels>, E>,
    ) -> Result<ImportReport, E> {
        let mut maintenance = self.maintenance.lock();
        let mut manifest = maintenance.manifest.clone();
        let id = manifest.next_segment;
        manifest.next_segment += 1;
        let path = self.layout.segment(id);
        let mut report = ImportReport::default();
        let mut write = || -> Result<(), E> {
            let mut writer = SegmentWriter::create(&*self.vfs, &path, Effort::Cold)?;
            let mut samples = SampleBuf::default();
            while let Some(labels) = next(&mut samples)? {
                if let Err(error) = check_labels(&labels, &self.options.limits) {
                    report.refused += 1;
                    if report.refusals.len() < REFUSALS_KEPT {
                        report.refusals.push(error.to_string());
                    }
                } else {
                    writer.add_series(&labels, &samples)?;
                    report.series += u64::from(!samples.is_empty());
                    report.samples += samples.len() as u64;
                }
                samples.clear();
            }
            writer.finish()?;
            Ok(())
        };
        let written = write();
        if written.is_err() || report.samples == 0 {
            self.discard(&mut maintenance, &[id]);
            return written.map(|()| report);
        }
        let opened: DbResult<Segment> = Segment::open(&*self.vfs, &path, id, &self.cache);
        let segment = match opened {
            Ok(segment) => Arc::new(segment),
            Err(error) => {
                self.discard(&mut maintenance, &[id]);
                return Err(error.into());
            }
        };
        manifest.segments.push(SegmentEntry { id, age: id });
        self.register(&mut maintenance, manifest)?;
        self.state.write().add_segments(vec![segment]);
        Ok(report)
    }
}
