//! CPU time per mode from /proc/stat; isolated and throttled CPUs from sysfs.
//! Counters never go back: kernels lower idle and iowait now and then, and a CPU that was taken
//! out and put back starts again.

use super::Setup;
use super::cpu_info::CpuInfo;
use super::round::{Collector, Remembered, Round, Source, attribute, read_once};
use crate::family::FamilyId;
use crate::text;
use crate::{Error, ErrorKind, Host, Roots};
use model::Labels;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Modes in the order of the columns of /proc/stat; the last two are guests.
const MODES: [&str; 10] =
    ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "user", "nice"];
const GUEST: usize = 8;
const IDLE: usize = 3;

/// Kernel ticks per second as user space sees them (`USER_HZ`), on every architecture we build for.
const TICKS_PER_SECOND: f64 = 100.0;

/// Idle time that goes back this far means that the CPU was taken out and put back.
const RESTART_SECONDS: f64 = 3.0;

/// Most CPUs a list like `0-3,8` may name.
const CPUS_MAX: u32 = 65_536;

pub(super) struct Cpu {
    source: Source,
    seconds: FamilyId,
    guest_seconds: Option<FamilyId>,
    isolated: FamilyId,
    core_throttles: FamilyId,
    package_throttles: FamilyId,
    labels: Remembered<[Labels; MODES.len()]>,
    seen: BTreeMap<u32, [f64; MODES.len()]>,
    isolated_labels: Option<Vec<Labels>>,
    throttles: Vec<Throttle>,
    throttles_of_cpus: usize,
    info: Option<CpuInfo>,
}

/// A counter file of sysfs with its series.
struct Throttle {
    path: PathBuf,
    family: FamilyId,
    labels: Labels,
}

/// Seconds of one CPU in each of [`MODES`].
#[derive(Debug, PartialEq)]
pub(super) struct CpuTimes {
    cpu: u32,
    seconds: [f64; MODES.len()],
}

impl Cpu {
    pub(super) fn new(setup: &mut Setup<'_>) -> Result<Self, Error> {
        let info = setup.options.cpu_info.then(|| CpuInfo::new(setup.options)).transpose()?;
        let out = &mut *setup.out;
        Ok(Self {
            source: Source::new(setup.roots.proc.join("stat")),
            seconds: out.counter("node_cpu_seconds_total", "Seconds the CPUs spent in each mode."),
            guest_seconds: setup.options.cpu_guest.then(|| {
                out.counter(
                    "node_cpu_guest_seconds_total",
                    "Seconds the CPUs spent in guests (VMs) for each mode.",
                )
            }),
            isolated: out.gauge(
                "node_cpu_isolated",
                "Whether each core is isolated, information from /sys/devices/system/cpu/isolated.",
            ),
            core_throttles: out.counter(
                "node_cpu_core_throttles_total",
                "Number of times this CPU core has been throttled.",
            ),
            package_throttles: out.counter(
                "node_cpu_package_throttles_total",
                "Number of times this CPU package has been throttled.",
            ),
            labels: Remembered::new(),
            seen: BTreeMap::new(),
            isolated_labels: None,
            throttles: Vec::new(),
            throttles_of_cpus: 0,
            info,
        })
    }

    fn times(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let cpus = self.source.parse(round.host, round.buffer, parse)?;
        if cpus.len() < self.seen.len() {
            self.seen.retain(|cpu, _| cpus.iter().any(|found| found.cpu == *cpu));
        }
        self.labels.rewind();
        for found in &cpus {
            let seen = self.seen.entry(found.cpu).or_default();
            advance(seen, &found.seconds);
            let labels = self.labels.get(&found.cpu.to_be_bytes(), || mode_labels(found.cpu));
            for (labels, seconds) in labels[..GUEST].iter().zip(&seen[..GUEST]) {
                round.out.push(self.seconds, labels, *seconds);
            }
            let Some(guest_seconds) = self.guest_seconds else { continue };
            for (labels, seconds) in labels[GUEST..].iter().zip(&seen[GUEST..]) {
                round.out.push(guest_seconds, labels, *seconds);
            }
        }
        Ok(())
    }

    /// Isolation is a boot parameter: read once, as upstream.
    fn isolated(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        if self.isolated_labels.is_none() {
            let path = round.roots.sys.join("devices/system/cpu/isolated");
            let cpus = match read_once(round.host, &path, round.buffer) {
                Ok(content) => parse_range(content).map_err(|error| error.at(&path))?,
                Err(error) if error.kind() == ErrorKind::NoData => Vec::new(),
                Err(error) => return Err(error),
            };
            let label = |cpu: &u32| Labels::from_pairs([("cpu", cpu.to_string())]);
            self.isolated_labels = Some(cpus.iter().map(label).collect());
        }
        for labels in self.isolated_labels.iter().flatten() {
            round.out.push(self.isolated, labels, 1.0);
        }
        Ok(())
    }

    /// Finds the throttle counters again when the number of CPUs changes.
    fn throttles(&mut self, round: &mut Round<'_>) {
        if self.throttles_of_cpus != self.seen.len() {
            let families = (self.core_throttles, self.package_throttles);
            self.throttles = find_throttles(round.host, round.roots, round.buffer, families);
            self.throttles_of_cpus = self.seen.len();
        }
        for throttle in &self.throttles {
            let count = attribute(round.host, &throttle.path, round.buffer);
            if let Some(count) = count.and_then(text::decimal) {
                round.out.push(throttle.family, &throttle.labels, count as f64);
            }
        }
    }
}

/// Takes over newer times, mode by mode, unless they go back a little.
fn advance(seen: &mut [f64; MODES.len()], found: &[f64; MODES.len()]) {
    if seen[IDLE] - found[IDLE] >= RESTART_SECONDS {
        *seen = [0.0; MODES.len()];
    }
    for (seen, found) in seen.iter_mut().zip(found) {
        *seen = seen.max(*found);
    }
}

fn mode_labels(cpu: u32) -> [Labels; MODES.len()] {
    let cpu = cpu.to_string();
    MODES.map(|mode| Labels::from_pairs([("cpu", &*cpu), ("mode", mode)]))
}

/// The lines `cpuN`; kernels before 2.6.33 print fewer modes, the others count 0.
pub(super) fn parse(content: &[u8]) -> Result<Vec<CpuTimes>, Error> {
    let mut cpus = Vec::new();
    for (number, line) in text::lines(content) {
        let mut fields = text::fields(line);
        let name = fields.next().and_then(|name| name.strip_prefix(b"cpu"));
        // The CPU lines come first, the first of them being the sum of all.
        let Some(name) = name else { break };
        if name.is_empty() {
            continue;
        }
        let cpu = cpu_number(name).ok_or_else(|| Error::parse(number, "a CPU number", name))?;
        let mut seconds = [0.0; MODES.len()];
        for (slot, field) in seconds.iter_mut().zip(fields) {
            *slot = text::uint(field, number)? as f64 / TICKS_PER_SECOND;
        }
        cpus.push(CpuTimes { cpu, seconds });
    }
    Ok(cpus)
}

/// A list of CPUs as the kernel prints it: `1,3-5,9`.
pub(super) fn parse_range(content: &[u8]) -> Result<Vec<u32>, Error> {
    let mut cpus = Vec::new();
    let content = content.trim_ascii();
    if content.is_empty() {
        return Ok(cpus);
    }
    for part in content.split(|&byte| byte == b',') {
        let (first, last) = text::split_once(part, b'-').unwrap_or((part, part));
        match (cpu_number(first), cpu_number(last)) {
            (Some(first), Some(last)) if first <= last => cpus.extend(first..=last),
            _ => return Err(Error::parse(1, "CPU numbers like 1,3-5", part)),
        }
        if cpus.len() > CPUS_MAX as usize {
            return Err(Error::parse(1, "at most 65536 CPUs", part));
        }
    }
    Ok(cpus)
}

fn cpu_number(text: &[u8]) -> Option<u32> {
    text::decimal(text).and_then(|n| u32::try_from(n).ok()).filter(|cpu| *cpu < CPUS_MAX)
}

/// One counter per core and one per package, taken from the first CPU that belongs to it.
fn find_throttles(
    host: &dyn Host,
    roots: &Roots,
    buffer: &mut Vec<u8>,
    (core_family, package_family): (FamilyId, FamilyId),
) -> Vec<Throttle> {
    let dir = roots.sys.join("devices/system/cpu");
    let mut cores = BTreeMap::new();
    let mut packages = BTreeMap::new();
    for name in host.list(&dir).unwrap_or_default() {
        if name.strip_prefix("cpu").and_then(|n| cpu_number(n.as_bytes())).is_none() {
            continue;
        }
        let cpu = dir.join(&name);
        let mut id = |file: &str| number(host, &cpu.join("topology").join(file), buffer);
        let Some(package) = id("physical_package_id") else { continue };
        let Some(core) = id("core_id") else { continue };
        let counters = cpu.join("thermal_throttle");
        let (of_core, of_package) =
            (counters.join("core_throttle_count"), counters.join("package_throttle_count"));
        if number(host, &of_core, buffer).is_some() {
            cores.entry((package, core)).or_insert(of_core);
        }
        if number(host, &of_package, buffer).is_some() {
            packages.entry(package).or_insert(of_package);
        }
    }
    let cores = cores.into_iter().map(|((package, core), path)| {
        let pairs = [("core", core.to_string()), ("package", package.to_string())];
        Throttle { path, family: core_family, labels: Labels::from_pairs(pairs) }
    });
    let packages = packages.into_iter().map(|(package, path)| {
        let labels = Labels::from_pairs([("package", package.to_string())]);
        Throttle { path, family: package_family, labels }
    });
    cores.chain(packages).collect()
}

fn number(host: &dyn Host, path: &Path, buffer: &mut Vec<u8>) -> Option<u64> {
    attribute(host, path, buffer).and_then(text::decimal)
}

impl Collector for Cpu {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        self.times(round)?;
        self.isolated(round)?;
        self.throttles(round);
        self.info.as_ref().map_or(Ok(()), |info| info.collect(round))
    }
}
