//! /proc/sys/kernel/random: bits of entropy available and possible.

use super::Setup;
use super::round::{Collector, Round, Source};
use crate::Error;
use crate::family::FamilyId;
use crate::text;
use model::Labels;

pub(super) struct Entropy {
    sources: [(Source, FamilyId); 2],
}

impl Entropy {
    pub(super) fn new(setup: &mut Setup<'_>) -> Self {
        let source = |file| Source::new(setup.roots.proc.join("sys/kernel/random").join(file));
        let available =
            setup.out.gauge("node_entropy_available_bits", "Bits of available entropy.");
        let pool = setup.out.gauge("node_entropy_pool_size_bits", "Bits of entropy pool.");
        Self { sources: [(source("entropy_avail"), available), (source("poolsize"), pool)] }
    }
}

impl Collector for Entropy {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        for (source, family) in &mut self.sources {
            let bits = source
                .parse(round.host, round.buffer, |content| text::uint(content.trim_ascii(), 1))?;
            round.out.push(*family, &Labels::empty(), bits as f64);
        }
        Ok(())
    }
}
