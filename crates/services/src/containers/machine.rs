//! What containers share with the machine: its block devices, its memory, its processes and their
//! network namespaces. Reads `proc` below a root.

use super::cgroup::read_text;
use super::series::{self, Metric, Writer};
use super::usage::Devices;
use std::path::{Path, PathBuf};

/// Most devices.
const DEVICES_MAX: usize = 4096;
/// Most interfaces of a network namespace.
const INTERFACES_MAX: usize = 64;
/// Interfaces that are left out, as upstream: what containers send goes through them once more.
const IGNORED: [&str; 4] = ["lo", "veth", "docker", "nerdctl"];
/// Hundredths of a second, on all architectures.
const TICKS_PER_SECOND: f64 = 100.0;

/// The machine below a root.
pub(super) struct Machine {
    proc: PathBuf,
}

impl Machine {
    pub(super) fn new(root: &Path) -> Self {
        Self { proc: root.join("proc") }
    }

    /// Block devices by number.
    pub(super) fn devices(&self) -> Devices {
        let text = read_text(&self.proc.join("diskstats")).unwrap_or_default();
        let device = |line: &str| {
            let mut words = line.split_ascii_whitespace();
            let (major, minor, name) = (words.next()?, words.next()?, words.next()?);
            Some((format!("{major}:{minor}"), format!("/dev/{name}")))
        };
        text.lines().take(DEVICES_MAX).filter_map(device).collect()
    }

    /// Processors, memory and swap of the machine.
    pub(super) fn write(&self, out: &mut Writer<'_>) {
        let stat = read_text(&self.proc.join("stat")).unwrap_or_default();
        let is_one = |line: &&str| {
            let number = line.strip_prefix("cpu").and_then(|rest| rest.bytes().next());
            number.is_some_and(|digit| digit.is_ascii_digit())
        };
        out.put(series::MACHINE_CORES, stat.lines().filter(is_one).count() as f64);
        out.put_some(series::MACHINE_MEMORY, self.memory("MemTotal"));
        out.put_some(series::MACHINE_SWAP, self.memory("SwapTotal"));
    }

    /// Memory in use; the root of version 2 does not tell.
    pub(super) fn used(&self) -> Option<f64> {
        Some(self.memory("MemTotal")? - self.memory("MemFree")?)
    }

    /// A line of `meminfo`, in bytes.
    fn memory(&self, name: &str) -> Option<f64> {
        let text = read_text(&self.proc.join("meminfo"))?;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
        Some(kib * 1024.0)
    }

    /// When a process began, in seconds since 1970.
    pub(super) fn began(&self, process: u32) -> Option<f64> {
        let text = read_text(&self.proc.join(process.to_string()).join("stat"))?;
        // The name of the program, in brackets, may have any bytes; the time is field 22.
        let ticks: f64 = text.rsplit_once(") ")?.1.split(' ').nth(19)?.parse().ok()?;
        Some((self.booted()? + ticks / TICKS_PER_SECOND).floor())
    }

    /// When the machine began, in seconds since 1970.
    pub(super) fn booted(&self) -> Option<f64> {
        let stat = read_text(&self.proc.join("stat"))?;
        stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
    }

    /// What tells the network namespace of a process from others; `None` if it is not known.
    pub(super) fn network(&self, process: &str) -> Option<PathBuf> {
        std::fs::read_link(self.proc.join(process).join("ns/net")).ok()
    }

    /// Counters of the interfaces that a process sees.
    pub(super) fn write_network(&self, process: &str, out: &mut Writer<'_>) {
        let text = read_text(&self.proc.join(process).join("net/dev")).unwrap_or_default();
        let lines = text.lines().skip(2).filter_map(|line| line.trim().rsplit_once(':'));
        let is_own = |(name, _): &(&str, &str)| !IGNORED.iter().any(|i| name.starts_with(i));
        for (interface, counts) in lines.filter(is_own).take(INTERFACES_MAX) {
            let counts: Vec<f64> =
                counts.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect();
            for (metric, column) in NETWORK {
                if let Some(value) = counts.get(column) {
                    out.put_with(metric, &[("interface", interface)], *value);
                }
            }
        }
    }
}

/// Metrics by column of `net/dev`.
const NETWORK: [(Metric, usize); 8] = [
    (series::NETWORK_RECEIVE_BYTES, 0),
    (series::NETWORK_RECEIVE_PACKETS, 1),
    (series::NETWORK_RECEIVE_ERRORS, 2),
    (series::NETWORK_RECEIVE_DROPPED, 3),
    (series::NETWORK_TRANSMIT_BYTES, 8),
    (series::NETWORK_TRANSMIT_PACKETS, 9),
    (series::NETWORK_TRANSMIT_ERRORS, 10),
    (series::NETWORK_TRANSMIT_DROPPED, 11),
];
