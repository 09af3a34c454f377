//! PCI devices: what they are, their links, power states and virtual functions.

use super::numbers::{self, Number};
use super::round::Round;
use crate::Error;
use crate::text;
use model::Labels;
use std::path::Path;

const NUMBERS: &[Number] = &[
    Number::gauge(
        "current_link_width",
        "node_pcidevice_current_link_width",
        "Value of current link's width (number of lanes)",
    ),
    Number::gauge(
        "max_link_width",
        "node_pcidevice_max_link_width",
        "Value of maximum link's width (number of lanes)",
    ),
    Number::gauge(
        "d3cold_allowed",
        "node_pcidevice_d3cold_allowed",
        "Whether the PCIe device supports D3cold power state (0/1).",
    ),
    Number::gauge(
        "sriov_drivers_autoprobe",
        "node_pcidevice_sriov_drivers_autoprobe",
        "Whether SR-IOV drivers autoprobe is enabled for the device (0/1).",
    ),
    Number::gauge(
        "sriov_numvfs",
        "node_pcidevice_sriov_numvfs",
        "Number of Virtual Functions (VFs) currently enabled for SR-IOV.",
    ),
    Number::gauge(
        "sriov_totalvfs",
        "node_pcidevice_sriov_totalvfs",
        "Total number of Virtual Functions (VFs) supported by the device.",
    ),
    Number::gauge(
        "sriov_vf_total_msix",
        "node_pcidevice_sriov_vf_total_msix",
        "Total number of MSI-X vectors for Virtual Functions.",
    ),
];

const INFO: &str = "Non-numeric data from /sys/bus/pci/devices/<location>, value is always 1.";
const CURRENT_SPEED: &str = "Value of current link's transfers per second (T/s)";
const SPEED_MAX: &str = "Value of maximum link's transfers per second (T/s)";
const NODE: &str = "NUMA node number for the PCI device. -1 indicates unknown or not available.";
const POWER: &str = "PCIe device power state, one of: D0, D1, D2, D3hot, D3cold, unknown or error.";

const POWER_STATES: [&str; 7] = ["D0", "D1", "D2", "D3hot", "D3cold", "unknown", "error"];

const TRANSFERS_PER_GIGATRANSFER: f64 = 1e9;

/// Labels of the info series and their files.
const IDS: [(&str, &str); 6] = [
    ("class_id", "class"),
    ("vendor_id", "vendor"),
    ("device_id", "device"),
    ("subsystem_vendor_id", "subsystem_vendor"),
    ("subsystem_device_id", "subsystem_device"),
    ("revision", "revision"),
];

/// Segment, bus, device and function of a name like `0000:00:02.1`.
pub(super) fn address(name: &str) -> Option<[&str; 4]> {
    let (rest, function) = name.rsplit_once('.')?;
    let mut parts = rest.split(':');
    let address = [parts.next()?, parts.next()?, parts.next()?, function];
    parts.next().is_none().then_some(address)
}

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    let dir = round.roots.sys.join("bus/pci/devices");
    for name in round.names(&dir)? {
        let Some(own) = address(&name) else { continue };
        let names = ["segment", "bus", "device", "function"];
        let labels = Labels::from_pairs(names.into_iter().zip(own));
        device(round, &dir.join(&name), &labels);
    }
    Ok(())
}

fn device(round: &mut Round<'_>, dir: &Path, labels: &Labels) {
    let mut info = labels.to_builder();
    let above = round.host.resolve(dir).ok();
    let above = above.as_deref().and_then(Path::parent).and_then(Path::file_name);
    let above = above.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // A device right below its root has no parent device.
    let parent = address(&above).unwrap_or(["*"; 4]);
    let names = ["parent_segment", "parent_bus", "parent_device", "parent_function"];
    for (name, value) in names.into_iter().zip(parent) {
        info.set(name, value);
    }
    for (label, file) in IDS {
        info.set(label, &round.word(&dir.join(file)).unwrap_or_default());
    }
    round.gauge("node_pcidevice_info", INFO, &info.build(), 1.0);
    numbers::push_all(round, dir, NUMBERS, labels);
    for (file, name, help) in [
        ("current_link_speed", "node_pcidevice_current_link_transfers_per_second", CURRENT_SPEED),
        ("max_link_speed", "node_pcidevice_max_link_transfers_per_second", SPEED_MAX),
    ] {
        let speed = round.word(&dir.join(file)).unwrap_or_default();
        let number = speed.split(' ').next().unwrap_or_default();
        if let Ok(speed) = text::float(number.as_bytes(), 1) {
            round.gauge(name, help, labels, speed * TRANSFERS_PER_GIGATRANSFER);
        }
    }
    // -1 means that the device belongs to no node.
    if let Some(node) = round.float(&dir.join("numa_node")).filter(|node| *node >= 0.0) {
        round.gauge("node_pcidevice_numa_node", NODE, labels, node);
    }
    if let Some(state) = round.word(&dir.join("power_state")) {
        for known in POWER_STATES {
            let mut labels = labels.to_builder();
            labels.set("state", known);
            let is = f64::from(u8::from(state == known));
            round.gauge("node_pcidevice_power_state", POWER, &labels.build(), is);
        }
    }
}
