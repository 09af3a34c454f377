//! `/proc/net/softnet_stat`: packets per CPU in the network's soft interrupt.

use super::Setup;
use super::round::{Collector, Remembered, Round, Source};
use crate::Error;
use crate::family::FamilyId;
use crate::text;
use model::{Labels, MetricKind};

/// Column of each family; columns a kernel does not print count 0.
const COLUMNS: [(usize, &str, &str, MetricKind); 7] = [
    (0, "processed_total", "Number of processed packets", MetricKind::Counter),
    (1, "dropped_total", "Number of dropped packets", MetricKind::Counter),
    (
        2,
        "times_squeezed_total",
        "Number of times processing packets ran out of quota",
        MetricKind::Counter,
    ),
    (
        8,
        "cpu_collision_total",
        "Number of collision occur while obtaining device lock while transmitting",
        MetricKind::Counter,
    ),
    (9, "received_rps_total", "Number of times cpu woken up received_rps", MetricKind::Counter),
    (
        10,
        "flow_limit_count_total",
        "Number of times flow limit has been reached",
        MetricKind::Counter,
    ),
    (11, "backlog_len", "Softnet backlog status", MetricKind::Gauge),
];

/// Column of the CPU's number since Linux 5.10; before, lines are in the order of CPUs.
const CPU_COLUMN: usize = 12;

pub(super) struct Softnet {
    source: Source,
    families: [FamilyId; COLUMNS.len()],
    labels: Remembered<Labels>,
}

/// One CPU's line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CpuPackets {
    cpu: u64,
    columns: [u64; COLUMNS.len()],
}

impl Softnet {
    pub(super) fn new(setup: &mut Setup<'_>) -> Self {
        let families = COLUMNS.map(|(_, name, help, kind)| {
            setup.out.declare(&format!("node_softnet_{name}"), kind, help)
        });
        let source = Source::new(setup.roots.proc.join("net/softnet_stat"));
        Self { source, families, labels: Remembered::new() }
    }
}

/// Lines of hexadecimal columns, at least nine.
pub(super) fn parse(content: &[u8]) -> Result<Vec<CpuPackets>, Error> {
    let mut cpus = Vec::new();
    for (number, line) in text::lines(content) {
        let mut found = CpuPackets { cpu: number as u64 - 1, columns: [0; COLUMNS.len()] };
        let mut width = 0;
        for (column, field) in text::fields(line).enumerate() {
            let value = text::hex(field, number)?;
            if let Some(at) = COLUMNS.iter().position(|(wanted, ..)| *wanted == column) {
                found.columns[at] = value;
            }
            if column == CPU_COLUMN {
                found.cpu = value;
            }
            width = column + 1;
        }
        if width < 9 {
            return Err(Error::parse(number, "at least nine columns", line));
        }
        cpus.push(found);
    }
    Ok(cpus)
}

impl Collector for Softnet {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let cpus = self.source.parse(round.host, round.buffer, parse)?;
        self.labels.rewind();
        for cpu in cpus {
            let labels = self
                .labels
                .get(&cpu.cpu.to_be_bytes(), || Labels::from_pairs([("cpu", cpu.cpu.to_string())]));
            for (family, value) in self.families.iter().zip(cpu.columns) {
                round.out.push(*family, &labels, value as f64);
            }
        }
        Ok(())
    }
}
