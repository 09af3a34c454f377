//! /proc/pressure: seconds in which tasks waited for CPU, memory, disks or interrupts (PSI).

use super::Setup;
use super::round::{Collector, Round, Source};
use crate::family::FamilyId;
use crate::text;
use crate::{Error, ErrorKind};
use model::Labels;

pub(super) struct Pressure {
    resources: Vec<Resource>,
}

struct Resource {
    source: Source,
    waiting: Option<FamilyId>,
    stalled: Option<FamilyId>,
    is_optional: bool,
}

/// Microseconds in which some or all tasks waited; an absent line is `None`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    some: Option<u64>,
    full: Option<u64>,
}

impl Pressure {
    pub(super) fn new(setup: &mut Setup<'_>) -> Self {
        let (out, dir) = (&mut *setup.out, setup.roots.proc.join("pressure"));
        let mut family = |name: &str, what: &str| {
            let name = format!("node_pressure_{name}_seconds_total");
            out.counter(&name, &format!("Total time in seconds {what}"))
        };
        let cpu = family("cpu_waiting", "that processes have waited for CPU time");
        let io = family("io_waiting", "that processes have waited due to IO congestion");
        let io_full = family("io_stalled", "no process could make progress due to IO congestion");
        let memory = family("memory_waiting", "that processes have waited for memory");
        let memory_full =
            family("memory_stalled", "no process could make progress due to memory congestion");
        let irq_full =
            family("irq_stalled", "no process could make progress due to IRQ congestion");
        let resource = |file, waiting, stalled| Resource {
            source: Source::new(dir.join(file)),
            waiting,
            stalled,
            is_optional: file == "irq",
        };
        Self {
            resources: vec![
                resource("cpu", Some(cpu), None),
                resource("io", Some(io), Some(io_full)),
                resource("memory", Some(memory), Some(memory_full)),
                // Kernels before 6.1 and those without IRQ time accounting lack this file.
                resource("irq", None, Some(irq_full)),
            ],
        }
    }
}

/// The totals of the lines `some` and `full`.
pub(super) fn parse(content: &[u8]) -> Result<Totals, Error> {
    let mut totals = Totals::default();
    for (number, line) in text::lines(content) {
        let mut fields = text::fields(line);
        let slot = match fields.next() {
            Some(b"some") => &mut totals.some,
            Some(b"full") => &mut totals.full,
            Some(_) | None => continue,
        };
        let total = fields
            .find_map(|field| field.strip_prefix(b"total="))
            .ok_or_else(|| Error::parse(number, "`total=` microseconds", line))?;
        *slot = Some(text::uint(total, number)?);
    }
    Ok(totals)
}

impl Collector for Pressure {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        for resource in &mut self.resources {
            let totals = match resource.source.parse(round.host, round.buffer, parse) {
                Ok(totals) => totals,
                Err(error) if resource.is_optional && error.kind() == ErrorKind::NoData => continue,
                Err(error) => return Err(error),
            };
            for (family, total) in
                [(resource.waiting, totals.some), (resource.stalled, totals.full)]
            {
                if let (Some(family), Some(total)) = (family, total) {
                    // Two divisions as upstream: the last bit differs from one by a million.
                    let seconds = total as f64 / 1000.0 / 1000.0;
                    round.out.push(family, &Labels::empty(), seconds);
                }
            }
        }
        Ok(())
    }
}
