//! /proc/stat without its CPU lines: boot time, interrupts, context switches, forks, processes.

use super::Setup;
use super::round::{Collector, Round, Source};
use crate::Error;
use crate::family::FamilyId;
use crate::text;
use model::Labels;

/// Vectors in the order of the line `softirq` after its total.
const VECTORS: [&str; 10] = [
    "hi",
    "timer",
    "net_tx",
    "net_rx",
    "block",
    "block_iopoll",
    "tasklet",
    "sched",
    "hrtimer",
    "rcu",
];

pub(super) struct Stat {
    source: Source,
    interrupts: FamilyId,
    switches: FamilyId,
    forks: FamilyId,
    boot: FamilyId,
    running: FamilyId,
    blocked: FamilyId,
    softirqs: Option<(FamilyId, [Labels; VECTORS.len()])>,
}

/// The numbers of /proc/stat; a line that the kernel does not print counts 0, as upstream.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    interrupts: u64,
    switches: u64,
    forks: u64,
    boot: u64,
    running: u64,
    blocked: u64,
    softirqs: [u64; VECTORS.len()],
}

impl Stat {
    pub(super) fn new(setup: &mut Setup<'_>) -> Self {
        let out = &mut *setup.out;
        let labels = || VECTORS.map(|vector| Labels::from_pairs([("vector", vector)]));
        Self {
            source: Source::new(setup.roots.proc.join("stat")),
            interrupts: out.counter("node_intr_total", "Total number of interrupts serviced."),
            switches: out
                .counter("node_context_switches_total", "Total number of context switches."),
            forks: out.counter("node_forks_total", "Total number of forks."),
            boot: out.gauge("node_boot_time_seconds", "Node boot time, in unixtime."),
            running: out.gauge("node_procs_running", "Number of processes in runnable state."),
            blocked: out.gauge(
                "node_procs_blocked",
                "Number of processes blocked waiting for I/O to complete.",
            ),
            softirqs: setup.options.stat_softirq.then(|| {
                (out.counter("node_softirqs_total", "Number of softirq calls."), labels())
            }),
        }
    }
}

/// Everything but the CPU lines.
pub(super) fn parse(content: &[u8]) -> Result<Counts, Error> {
    let mut counts = Counts::default();
    for (number, line) in text::lines(content) {
        let mut fields = text::fields(line);
        let slot = match fields.next() {
            Some(b"intr") => &mut counts.interrupts,
            Some(b"ctxt") => &mut counts.switches,
            Some(b"processes") => &mut counts.forks,
            Some(b"btime") => &mut counts.boot,
            Some(b"procs_running") => &mut counts.running,
            Some(b"procs_blocked") => &mut counts.blocked,
            Some(b"softirq") => {
                for (slot, field) in counts.softirqs.iter_mut().zip(fields.skip(1)) {
                    *slot = text::uint(field, number)?;
                }
                continue;
            }
            Some(_) | None => continue,
        };
        let field = fields.next().ok_or_else(|| Error::parse(number, "a number", line))?;
        *slot = text::uint(field, number)?;
    }
    Ok(counts)
}

impl Collector for Stat {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let counts = self.source.parse(round.host, round.buffer, parse)?;
        let values = [
            (self.interrupts, counts.interrupts),
            (self.switches, counts.switches),
            (self.forks, counts.forks),
            (self.boot, counts.boot),
            (self.running, counts.running),
            (self.blocked, counts.blocked),
        ];
        for (family, value) in values {
            round.out.push(family, &Labels::empty(), value as f64);
        }
        if let Some((family, labels)) = &self.softirqs {
            for (labels, calls) in labels.iter().zip(counts.softirqs) {
                round.out.push(*family, labels, calls as f64);
            }
        }
        Ok(())
    }
}
