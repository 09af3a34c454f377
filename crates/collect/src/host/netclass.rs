//! /sys/class/net: state and properties of every network device.

use super::Setup;
use super::round::{Collector, Round, attribute};
use crate::Error;
use crate::family::FamilyId;
use crate::text;
use model::{Labels, MetricKind};
use regex::bytes::Regex;
use std::path::Path;

/// File and name of each numeric property. `speed` has its own unit and is read apart.
const PROPERTIES: [(&str, &str); 15] = [
    ("addr_assign_type", "address_assign_type"),
    ("carrier", "carrier"),
    ("carrier_changes", "carrier_changes_total"),
    ("carrier_up_count", "carrier_up_changes_total"),
    ("carrier_down_count", "carrier_down_changes_total"),
    ("dev_id", "device_id"),
    ("dormant", "dormant"),
    ("flags", "flags"),
    ("ifindex", "iface_id"),
    ("iflink", "iface_link"),
    ("link_mode", "iface_link_mode"),
    ("mtu", "mtu_bytes"),
    ("netdev_group", "net_dev_group"),
    ("name_assign_type", "name_assign_type"),
    ("tx_queue_len", "transmit_queue_length"),
];

/// `IFF_UP` of netdevice(7).
const FLAG_UP: u64 = 1;

const BYTES_PER_MEGABIT: f64 = 125_000.0;

pub(super) struct Netclass {
    exclude: Option<Regex>,
    ignore_invalid_speed: bool,
    up: FamilyId,
    info: FamilyId,
    properties: [FamilyId; PROPERTIES.len()],
    protocol: FamilyId,
    speed: FamilyId,
}

impl Netclass {
    pub(super) fn new(setup: &mut Setup<'_>) -> Result<Self, Error> {
        let exclude =
            super::device_pattern("netclass.ignored-devices", &setup.options.netclass_exclude)?;
        let out = &mut *setup.out;
        let mut property = |name: &str| {
            let is_total = name.ends_with("_total");
            let kind = if is_total { MetricKind::Counter } else { MetricKind::Gauge };
            let help = format!("Network device property: {name}");
            out.declare(&format!("node_network_{name}"), kind, &help)
        };
        Ok(Self {
            exclude,
            ignore_invalid_speed: setup.options.netclass_ignore_invalid_speed,
            properties: PROPERTIES.map(|(_, name)| property(name)),
            protocol: property("protocol_type"),
            speed: property("speed_bytes"),
            up: out.gauge("node_network_up", "Value is 1 if operstate is 'up', 0 otherwise."),
            info: out.gauge(
                "node_network_info",
                "Non-numeric data from /sys/class/net/<iface>, value is always 1.",
            ),
        })
    }

    fn device(&self, round: &mut Round<'_>, name: &str, dir: &Path) {
        let labels = Labels::from_pairs([("device", name)]);
        for (family, (file, _)) in self.properties.iter().zip(PROPERTIES) {
            // Drivers answer EINVAL for what a device that is down does not know.
            let content = attribute(round.host, &dir.join(file), round.buffer);
            let Some(number) = content.and_then(number) else { continue };
            round.out.push(*family, &labels, number);
        }
        let kind = attribute(round.host, &dir.join("type"), round.buffer).and_then(number);
        if let Some(kind) = kind {
            round.out.push(self.protocol, &labels, kind);
        }
        let speed = attribute(round.host, &dir.join("speed"), round.buffer).and_then(number);
        if let Some(speed) = speed.filter(|speed| *speed >= 0.0 || !self.ignore_invalid_speed) {
            round.out.push(self.speed, &labels, speed * BYTES_PER_MEGABIT);
        }
        self.info(round, name, dir);
    }

    fn info(&self, round: &mut Round<'_>, name: &str, dir: &Path) {
        let mut word = |file: &str| {
            let content = attribute(round.host, &dir.join(file), round.buffer);
            content.map_or_else(String::new, text::label)
        };
        let [state, address, broadcast, duplex, alias] =
            ["operstate", "address", "broadcast", "duplex", "ifalias"].map(&mut word);
        let flags = attribute(round.host, &dir.join("flags"), round.buffer);
        let admin_state = match flags.and_then(|flags| text::hex(flags, 1).ok()) {
            None => "unknown",
            Some(flags) if flags & FLAG_UP != 0 => "up",
            Some(_) => "down",
        };
        let labels = Labels::from_pairs([
            ("device", name),
            ("address", &address),
            ("broadcast", &broadcast),
            ("duplex", &duplex),
            ("operstate", &*state),
            ("adminstate", admin_state),
            ("ifalias", &alias),
        ]);
        let device = Labels::from_pairs([("device", name)]);
        round.out.push(self.up, &device, f64::from(u8::from(state == "up")));
        round.out.push(self.info, &labels, 1.0);
    }
}

/// Numbers of sysfs are decimal, or hexadecimal with `0x`; speeds may be -1.
fn number(content: &[u8]) -> Option<f64> {
    if content.starts_with(b"0x") {
        return text::hex(content, 1).ok().map(|value| value as f64);
    }
    text::float(content, 1).ok()
}

impl Collector for Netclass {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let dir = round.roots.sys.join("class/net");
        let names = round.host.list(&dir).map_err(|error| Error::read(&dir, error))?;
        for name in names {
            let is_excluded =
                self.exclude.as_ref().is_some_and(|exclude| exclude.is_match(name.as_bytes()));
            let path = dir.join(&name);
            // Files like bonding_masters lie beside the devices' directories.
            if is_excluded || round.host.list(&path).is_err() {
                continue;
            }
            self.device(round, &name, &path);
        }
        Ok(())
    }
}
