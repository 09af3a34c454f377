//! /proc/schedstat: per CPU, how long tasks ran and waited, and how many slices they got.

use super::Setup;
use super::round::{Collector, Remembered, Round, Source};
use crate::Error;
use crate::family::FamilyId;
use crate::text;
use model::Labels;

const NANOSECONDS_PER_SECOND: f64 = 1e9;

pub(super) struct Schedstat {
    source: Source,
    running: FamilyId,
    waiting: FamilyId,
    slices: FamilyId,
    labels: Remembered<Labels>,
}

/// One CPU's line.
#[derive(Debug)]
pub(super) struct CpuSlices<'a> {
    cpu: &'a [u8],
    running_ns: u64,
    waiting_ns: u64,
    slices: u64,
}

impl Schedstat {
    pub(super) fn new(setup: &mut Setup<'_>) -> Self {
        let out = &mut *setup.out;
        Self {
            source: Source::new(setup.roots.proc.join("schedstat")),
            running: out.counter(
                "node_schedstat_running_seconds_total",
                "Number of seconds CPU spent running a process.",
            ),
            waiting: out.counter(
                "node_schedstat_waiting_seconds_total",
                "Number of seconds spent by processing waiting for this CPU.",
            ),
            slices: out.counter(
                "node_schedstat_timeslices_total",
                "Number of timeslices executed by CPU.",
            ),
            labels: Remembered::new(),
        }
    }
}

/// Lines `cpuN` with nine numbers, the last three being run time, wait time and slices
/// (Documentation/scheduler/sched-stats).
pub(super) fn parse(content: &[u8]) -> Result<Vec<CpuSlices<'_>>, Error> {
    let mut cpus = Vec::new();
    for (number, line) in text::lines(content) {
        let mut fields = text::fields(line);
        let Some(cpu) = fields.next().and_then(|name| name.strip_prefix(b"cpu")) else { continue };
        let mut last = fields.skip(6).map(|field| text::uint(field, number));
        let mut next =
            || last.next().unwrap_or_else(|| Err(Error::parse(number, "nine numbers", line)));
        cpus.push(CpuSlices { cpu, running_ns: next()?, waiting_ns: next()?, slices: next()? });
    }
    Ok(cpus)
}

impl Collector for Schedstat {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let cpus = self.source.parse(round.host, round.buffer, parse)?;
        self.labels.rewind();
        for cpu in cpus {
            let labels =
                self.labels.get(cpu.cpu, || Labels::from_pairs([("cpu", text::label(cpu.cpu))]));
            let seconds = |ns: u64| ns as f64 / NANOSECONDS_PER_SECOND;
            round.out.push(self.running, &labels, seconds(cpu.running_ns));
            round.out.push(self.waiting, &labels, seconds(cpu.waiting_ns));
            round.out.push(self.slices, &labels, cpu.slices as f64);
        }
        Ok(())
    }
}
