//! /proc/net/arp: entries of the neighbour table by device.

use super::Setup;
use super::round::{Collector, Round, Source};
use crate::Error;
use crate::family::FamilyId;
use crate::text;
use model::Labels;
use regex::bytes::Regex;
use std::collections::BTreeMap;

pub(super) struct Arp {
    source: Source,
    entries: FamilyId,
    exclude: Option<Regex>,
}

impl Arp {
    pub(super) fn new(setup: &mut Setup<'_>) -> Result<Self, Error> {
        let source = Source::new(setup.roots.proc.join("net/arp"));
        let entries = setup.out.gauge("node_arp_entries", "ARP entries by device");
        let exclude = super::device_pattern("arp.device-exclude", &setup.options.arp_exclude)?;
        Ok(Self { source, entries, exclude })
    }
}

/// Entries per device; the device is the last of six columns, the first line is a heading.
pub(super) fn parse(content: &[u8]) -> Result<BTreeMap<&[u8], u64>, Error> {
    let mut devices = BTreeMap::new();
    for (number, line) in text::lines(content).skip(1) {
        *devices.entry(text::nth(line, 5, number, "six columns")?).or_default() += 1;
    }
    Ok(devices)
}

impl Collector for Arp {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let devices = self.source.parse(round.host, round.buffer, parse)?;
        for (device, entries) in devices {
            if self.exclude.as_ref().is_none_or(|exclude| !exclude.is_match(device)) {
                let labels = Labels::from_pairs([("device", text::label(device))]);
                round.out.push(self.entries, &labels, entries as f64);
            }
        }
        Ok(())
    }
}
