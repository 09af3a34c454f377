//! /proc/loadavg: the three load averages.

use super::Setup;
use super::round::{Collector, Round, Source};
use crate::Error;
use crate::family::FamilyId;
use crate::text;
use model::Labels;

pub(super) struct Loadavg {
    source: Source,
    averages: [FamilyId; 3],
}

impl Loadavg {
    pub(super) fn new(setup: &mut Setup<'_>) -> Self {
        let mut gauge = |minutes| {
            setup.out.gauge(&format!("node_load{minutes}"), &format!("{minutes}m load average."))
        };
        Self {
            averages: [gauge(1), gauge(5), gauge(15)],
            source: Source::new(setup.roots.proc.join("loadavg")),
        }
    }
}

/// Averages over 1, 5 and 15 minutes.
pub(super) fn parse(content: &[u8]) -> Result<[f64; 3], Error> {
    let number = |index| text::float(text::nth(content, index, 1, "three load averages")?, 1);
    Ok([number(0)?, number(1)?, number(2)?])
}

impl Collector for Loadavg {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let averages = self.source.parse(round.host, round.buffer, parse)?;
        for (family, value) in self.averages.iter().zip(averages) {
            round.out.push(*family, &Labels::empty(), value);
        }
        Ok(())
    }
}
