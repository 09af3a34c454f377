//! /proc/sys/fs/file-nr: allocated and possible file handles.

use super::Setup;
use super::round::{Collector, Round, Source};
use crate::Error;
use crate::family::FamilyId;
use crate::text;
use model::Labels;

pub(super) struct Filefd {
    source: Source,
    allocated: FamilyId,
    maximum: FamilyId,
}

impl Filefd {
    pub(super) fn new(setup: &mut Setup<'_>) -> Self {
        let mut gauge = |field: &str| {
            let help = format!("File descriptor statistics: {field}.");
            setup.out.gauge(&format!("node_filefd_{field}"), &help)
        };
        Self {
            allocated: gauge("allocated"),
            maximum: gauge("maximum"),
            source: Source::new(setup.roots.proc.join("sys/fs/file-nr")),
        }
    }
}

/// Allocated and maximum; the field between them (unused handles) is 0 since Linux 2.6.
pub(super) fn parse(content: &[u8]) -> Result<(f64, f64), Error> {
    let number = |index| text::float(text::nth(content, index, 1, "three numbers")?, 1);
    Ok((number(0)?, number(2)?))
}

impl Collector for Filefd {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let (allocated, maximum) = self.source.parse(round.host, round.buffer, parse)?;
        round.out.push(self.allocated, &Labels::empty(), allocated);
        round.out.push(self.maximum, &Labels::empty(), maximum);
        Ok(())
    }
}
