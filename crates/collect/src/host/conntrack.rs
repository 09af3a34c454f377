//! The connection tracking table: its fill, its limit and its troubles summed over CPUs.

use super::Setup;
use super::round::{Collector, Round, Source};
use crate::family::FamilyId;
use crate::text;
use crate::{Error, ErrorKind};
use model::Labels;

/// Column of `/proc/net/stat/nf_conntrack`, name and help of each statistic.
const STATISTICS: [(usize, &str, &str); 8] = [
    (2, "found", "Number of searched entries which were successful."),
    (4, "invalid", "Number of packets seen which can not be tracked."),
    (5, "ignore", "Number of packets seen which are already connected to a conntrack entry."),
    (8, "insert", "Number of entries inserted into the list."),
    (9, "insert_failed", "Number of entries for which list insertion was attempted but failed."),
    (10, "drop", "Number of packets dropped due to conntrack failure."),
    (
        11,
        "early_drop",
        concat!(
            "Number of dropped conntrack entries to make room for new ones, ",
            "if maximum table size was reached."
        ),
    ),
    (
        16,
        "search_restart",
        concat!(
            "Number of conntrack table lookups which had to be restarted ",
            "due to hashtable resizes."
        ),
    ),
];

pub(super) struct Conntrack {
    entries: (Source, FamilyId),
    limit: (Source, FamilyId),
    statistics: Source,
    families: [FamilyId; STATISTICS.len()],
}

impl Conntrack {
    pub(super) fn new(setup: &mut Setup<'_>) -> Self {
        let (out, proc) = (&mut *setup.out, &setup.roots.proc);
        let source = |file| Source::new(proc.join("sys/net/netfilter").join(file));
        let entries = out.gauge(
            "node_nf_conntrack_entries",
            "Number of currently allocated flow entries for connection tracking.",
        );
        let limit = out
            .gauge("node_nf_conntrack_entries_limit", "Maximum size of connection tracking table.");
        Self {
            entries: (source("nf_conntrack_count"), entries),
            limit: (source("nf_conntrack_max"), limit),
            statistics: Source::new(proc.join("net/stat/nf_conntrack")),
            families: STATISTICS
                .map(|(_, name, help)| out.gauge(&format!("node_nf_conntrack_stat_{name}"), help)),
        }
    }
}

/// Sums over all CPUs; one hexadecimal line each after the heading.
pub(super) fn parse(content: &[u8]) -> Result<[u64; STATISTICS.len()], Error> {
    let mut sums = [0_u64; STATISTICS.len()];
    for (number, line) in text::lines(content).skip(1) {
        for (sum, (column, ..)) in sums.iter_mut().zip(STATISTICS) {
            let field = text::nth(line, column, number, "seventeen columns")?;
            *sum = sum.wrapping_add(text::hex(field, number)?);
        }
    }
    Ok(sums)
}

impl Collector for Conntrack {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        for (source, family) in [&mut self.entries, &mut self.limit] {
            let value = source
                .parse(round.host, round.buffer, |content| text::uint(content.trim_ascii(), 1))?;
            round.out.push(*family, &Labels::empty(), value as f64);
        }
        let sums = match self.statistics.parse(round.host, round.buffer, parse) {
            Ok(sums) => sums,
            // Kernels may be built without this deprecated file.
            Err(error) if error.kind() == ErrorKind::NoData => return Ok(()),
            Err(error) => return Err(error),
        };
        for (family, sum) in self.families.iter().zip(sums) {
            round.out.push(*family, &Labels::empty(), sum as f64);
        }
        Ok(())
    }
}
