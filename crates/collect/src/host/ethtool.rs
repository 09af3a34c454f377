//! What drivers of network devices count and can do, under the names that upstream makes of theirs.
//! A device that does not answer a question has no series of it; others go on.

use super::Setup;
use super::filter::Filter;
use super::round::{Collector, Round};
use crate::ethtool::{DriverCounter, DriverName, LinkModes};
use crate::{Error, ErrorKind};
use model::Labels;
use regex::{Regex, bytes};
use std::collections::BTreeMap;

const INFO: &str = concat!(
    "A metric with a constant '1' value labeled by bus_info, device, driver, ",
    "expansion_rom_version, firmware_version, version.",
);

/// Counters that have a name and a help text of their own.
const NAMED: [(&str, &str, &str); 7] = [
    ("rx_bytes", "received_bytes_total", "Network interface bytes received"),
    ("rx_dropped", "received_dropped_total", "Number of received frames dropped"),
    ("rx_errors", "received_errors_total", "Number of received frames with errors"),
    ("rx_packets", "received_packets_total", "Network interface packets received"),
    ("tx_bytes", "transmitted_bytes_total", "Network interface bytes sent"),
    ("tx_errors", "transmitted_errors_total", "Number of sent frames with errors"),
    ("tx_packets", "transmitted_packets_total", "Network interface packets sent"),
];

/// Bits of `ethtool_link_mode_bit_indices`.
const AUTONEGOTIATE: u32 = 6;
const PAUSE: u32 = 13;
const ASYMMETRIC_PAUSE: u32 = 14;
const PORTS: [(u32, &str); 6] =
    [(7, "TP"), (8, "AUI"), (9, "MII"), (10, "FIBRE"), (11, "BNC"), (16, "Backplane")];

/// Bit, megabits a second, duplex and physical layer; faster links have bits beyond the 32 of the
/// question that upstream asks.
const SPEEDS: [(u32, u32, &str, &str); 22] = [
    (0, 10, "half", "T"),
    (1, 10, "full", "T"),
    (2, 100, "half", "T"),
    (3, 100, "full", "T"),
    (4, 1000, "half", "T"),
    (5, 1000, "full", "T"),
    (12, 10_000, "full", "T"),
    (17, 1000, "full", "KX"),
    (18, 10_000, "full", "KX4"),
    (19, 10_000, "full", "KR"),
    (20, 10_000, "full", "R_FEC"),
    (21, 20_000, "full", "MLD2"),
    (22, 20_000, "full", "KR2"),
    (23, 40_000, "full", "KR4"),
    (24, 40_000, "full", "CR4"),
    (25, 40_000, "full", "SR4"),
    (26, 40_000, "full", "LR4"),
    (27, 56_000, "full", "KR4"),
    (28, 56_000, "full", "CR4"),
    (29, 56_000, "full", "SR4"),
    (30, 56_000, "full", "LR4"),
    (31, 25_000, "full", "CR"),
];

/// Speeds are in bytes a second, as those of `netclass`.
const BYTES_PER_MEGABIT: f64 = 1_000_000.0 / 8.0;

/// Families of what a device supports and of what it offers.
struct Modes {
    speed: (&'static str, &'static str),
    autonegotiate: (&'static str, &'static str),
    pause: (&'static str, &'static str),
    asymmetric_pause: (&'static str, &'static str),
}

const SUPPORTED: Modes = Modes {
    speed: (
        "node_network_supported_speed_bytes",
        "Combination of speeds and features supported by network device",
    ),
    autonegotiate: (
        "node_network_autonegotiate_supported",
        "If this port device supports autonegotiate",
    ),
    pause: ("node_network_pause_supported", "If this port device supports pause frames"),
    asymmetric_pause: (
        "node_network_asymmetricpause_supported",
        "If this port device supports asymmetric pause frames",
    ),
};

const ADVERTISED: Modes = Modes {
    speed: (
        "node_network_advertised_speed_bytes",
        "Combination of speeds and features offered by network device",
    ),
    autonegotiate: (
        "node_network_autonegotiate_advertised",
        "If this port device offers autonegotiate",
    ),
    pause: ("node_network_pause_advertised", "If this port device offers pause capability"),
    asymmetric_pause: (
        "node_network_asymmetricpause_advertised",
        "If this port device offers asymmetric pause capability",
    ),
};

pub(super) struct Ethtool {
    devices: Filter,
    metrics: bytes::Regex,
    names: Names,
}

/// How names of drivers become names of metrics.
pub(super) struct Names {
    odd: Regex,
    received: Regex,
    transmitted: Regex,
}

impl Names {
    pub(super) fn new() -> Result<Self, Error> {
        let pattern =
            |text| Regex::new(text).map_err(|error| Error::option("ethtool.names", error));
        Ok(Self {
            odd: pattern("_*[^0-9A-Za-z_]+_*")?,
            received: pattern("(^|_)rx(_|$)")?,
            transmitted: pattern("(^|_)tx(_|$)")?,
        })
    }

    /// A counter's name with one underscore for what may not stand in a name.
    pub(super) fn clean(&self, counter: &str) -> String {
        self.odd.replace_all(counter, "_").into_owned()
    }

    /// The metric of a counter whose name is clean.
    pub(super) fn metric(&self, clean: &str) -> String {
        let name = clean.to_ascii_lowercase();
        let name = self.received.replace_all(name.trim_start_matches('_'), "${1}received${2}");
        let name = self.transmitted.replace_all(&name, "${1}transmitted${2}");
        format!("node_ethtool_{name}")
    }
}

impl Ethtool {
    pub(super) fn new(setup: &mut Setup<'_>) -> Result<Self, Error> {
        let options = setup.options;
        let devices = ("ethtool.device", &*options.ethtool_include, &*options.ethtool_exclude);
        let metrics = bytes::Regex::new(&options.ethtool_metrics)
            .map_err(|error| Error::option("ethtool.metrics-include", error))?;
        Ok(Self { devices: Filter::new(devices)?, metrics, names: Names::new()? })
    }

    /// Counters whose names become the same metric are left out: nobody could tell them apart.
    fn counters(&self, round: &mut Round<'_>, device: &str, counters: Vec<DriverCounter>) {
        let labels = Labels::from_pairs([("device", device)]);
        let mut metrics = BTreeMap::new();
        for (counter, value) in counters {
            let clean = self.names.clean(&counter);
            if self.metrics.is_match(clean.as_bytes()) {
                let known = metrics.entry(self.names.metric(&clean)).or_insert((None, 0));
                known.0.replace((clean, value));
                known.1 += 1;
            }
        }
        for (metric, (counter, times)) in metrics {
            let Some((clean, value)) = counter.filter(|_| times == 1) else { continue };
            let named = NAMED.iter().find(|(name, ..)| *name == clean);
            let (metric, help) = named.map_or_else(
                || (metric, format!("Network interface {clean}")),
                |(_, metric, help)| (format!("node_ethtool_{metric}"), (*help).to_owned()),
            );
            round.untyped(&metric, &help, &labels, value as f64);
        }
    }
}

fn push_link(round: &mut Round<'_>, device: &str, link: LinkModes) {
    let labels = Labels::from_pairs([("device", device)]);
    for (_, port) in PORTS.iter().filter(|(bit, _)| (link.supported >> bit) & 1 == 1) {
        let labels = Labels::from_pairs([("device", device), ("type", port)]);
        let help = "Type of ports or PHYs supported by network device";
        round.gauge("node_network_supported_port_info", help, &labels, 1.0);
    }
    for (modes, bits) in [(&SUPPORTED, link.supported), (&ADVERTISED, link.advertised)] {
        let is_set = |bit: u32| f64::from((bits >> bit) & 1);
        for (bit, megabits, duplex, layer) in SPEEDS {
            if is_set(bit) == 1.0 {
                let mode = format!("{megabits}base{layer}");
                let labels = [("device", device), ("duplex", duplex), ("mode", &*mode)];
                let speed = f64::from(megabits) * BYTES_PER_MEGABIT;
                let (name, help) = modes.speed;
                round.gauge(name, help, &Labels::from_pairs(labels), speed);
            }
        }
        for ((name, help), bit) in [
            (modes.autonegotiate, AUTONEGOTIATE),
            (modes.pause, PAUSE),
            (modes.asymmetric_pause, ASYMMETRIC_PAUSE),
        ] {
            round.gauge(name, help, &labels, is_set(bit));
        }
    }
    let negotiates = f64::from(u8::from(link.negotiates));
    let help = "If this port is using autonegotiate";
    round.gauge("node_network_autonegotiate", help, &labels, negotiates);
}

fn push_driver(round: &mut Round<'_>, device: &str, name: &DriverName) {
    let labels = Labels::from_pairs([
        ("bus_info", &*name.bus),
        ("device", device),
        ("driver", &name.driver),
        ("expansion_rom_version", &name.rom),
        ("firmware_version", &name.firmware),
        ("version", &name.version),
    ]);
    round.gauge("node_ethtool_info", INFO, &labels, 1.0);
}

impl Collector for Ethtool {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let dir = round.roots.sys.join("class/net");
        let mut trouble = None;
        for device in round.names(&dir)? {
            // Files beside the devices (`bonding_masters`) are none.
            if !self.devices.admits(device.as_bytes())
                || round.host.list(&dir.join(&device)).is_err()
            {
                continue;
            }
            let mut note = |error: std::io::Error| {
                // Drivers say so when they do not have what is asked for.
                let error = Error::read(&dir.join(&device), error);
                if error.kind() != ErrorKind::NoData {
                    trouble.get_or_insert(error);
                }
            };
            match round.host.link_modes(&device) {
                Ok(link) => push_link(round, &device, link),
                Err(error) => note(error),
            }
            match round.host.driver_name(&device) {
                Ok(name) => push_driver(round, &device, &name),
                Err(error) => note(error),
            }
            match round.host.driver_counters(&device) {
                Ok(counters) => self.counters(round, &device, counters),
                Err(error) => note(error),
            }
        }
        trouble.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    /// The cases of upstream's own test of names.
    #[test]
    fn counters_become_metrics_as_upstream_names_them() {
        let names = Names::new().unwrap();
        for (counter, metric) in [
            ("port.rx_errors", "port_received_errors"),
            ("rx_errors", "received_errors"),
            ("Queue[0] AllocFails", "queue_0_allocfails"),
            ("Tx LPI entry count", "transmitted_lpi_entry_count"),
            ("port.VF_admin_queue_requests", "port_vf_admin_queue_requests"),
            ("[3]: tx_bytes", "3_transmitted_bytes"),
            ("     err", "err"),
        ] {
            let found = names.metric(&names.clean(counter));
            assert_eq!(found, format!("node_ethtool_{metric}"), "{counter}");
        }
    }
}
