//! /proc/net/dev: packets and bytes of every network device.
//! Upstream asks netlink for the same kernel counters; the one that /proc/net/dev leaves out
//! (packets without a handler) comes from sysfs.

use super::Setup;
use super::round::{Collector, Remembered, Round, Source, attribute};
use crate::Error;
use crate::family::FamilyId;
use crate::text;
use model::Labels;
use regex::bytes::Regex;
use std::path::PathBuf;
use std::sync::Arc;

/// Columns after the device: eight of received packets, eight of sent ones.
const COLUMNS: [&str; 16] = [
    "receive_bytes",
    "receive_packets",
    "receive_errs",
    "receive_drop",
    "receive_fifo",
    "receive_frame",
    "receive_compressed",
    "receive_multicast",
    "transmit_bytes",
    "transmit_packets",
    "transmit_errs",
    "transmit_drop",
    "transmit_fifo",
    "transmit_colls",
    "transmit_carrier",
    "transmit_compressed",
];

pub(super) struct Netdev {
    source: Source,
    exclude: Option<Regex>,
    include: Option<Regex>,
    columns: [FamilyId; COLUMNS.len()],
    no_handler: FamilyId,
    devices: Remembered<Option<Arc<Device>>>,
}

struct Device {
    labels: Labels,
    no_handler: PathBuf,
}

/// One device's line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Counts<'a> {
    device: &'a [u8],
    numbers: [u64; COLUMNS.len()],
}

impl Netdev {
    pub(super) fn new(setup: &mut Setup<'_>) -> Result<Self, Error> {
        let pattern = super::device_pattern;
        let mut counter = |field: &str| {
            let help = format!("Network device statistic {field}.");
            setup.out.counter(&format!("node_network_{field}_total"), &help)
        };
        Ok(Self {
            source: Source::new(setup.roots.proc.join("net/dev")),
            exclude: pattern("netdev.device-exclude", &setup.options.netdev_exclude)?,
            include: pattern("netdev.device-include", &setup.options.netdev_include)?,
            columns: COLUMNS.map(&mut counter),
            no_handler: counter("receive_nohandler"),
            devices: Remembered::new(),
        })
    }
}

/// Lines `device: numbers` after two lines of headings; a big number may touch the colon.
pub(super) fn parse(content: &[u8]) -> Result<Vec<Counts<'_>>, Error> {
    let mut devices = Vec::new();
    for (number, line) in text::lines(content).skip(2) {
        let bad = || Error::parse(number, "`device:` and sixteen numbers", line);
        // Aliases like eth0:1 have colons of their own; numbers have none.
        let colon = line.iter().rposition(|&byte| byte == b':').ok_or_else(bad)?;
        let mut fields = text::fields(&line[colon + 1..]);
        let mut numbers = [0; COLUMNS.len()];
        for slot in &mut numbers {
            *slot = text::uint(fields.next().ok_or_else(bad)?, number)?;
        }
        devices.push(Counts { device: line[..colon].trim_ascii(), numbers });
    }
    Ok(devices)
}

impl Collector for Netdev {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let devices = self.source.parse(round.host, round.buffer, parse)?;
        let mut small = Vec::new();
        self.devices.rewind();
        for counts in devices {
            let device = self.devices.get(counts.device, || {
                let is_out = self.exclude.as_ref().is_some_and(|p| p.is_match(counts.device));
                let is_in = self.include.as_ref().is_none_or(|p| p.is_match(counts.device));
                let name = text::label(counts.device);
                let class = round.roots.sys.join("class/net").join(&name);
                let device = || Device {
                    labels: Labels::from_pairs([("device", &name)]),
                    no_handler: class.join("statistics/rx_nohandler"),
                };
                (is_in && !is_out).then(device).map(Arc::new)
            });
            let Some(device) = device else { continue };
            for (family, number) in self.columns.iter().zip(counts.numbers) {
                round.out.push(*family, &device.labels, number as f64);
            }
            let dropped = attribute(round.host, &device.no_handler, &mut small);
            if let Some(dropped) = dropped.and_then(text::decimal) {
                round.out.push(self.no_handler, &device.labels, dropped as f64);
            }
        }
        Ok(())
    }
}
