//! What the kernel counts for a cgroup, in the files of version 1 or of version 2, as samples.
//! Files that are not there give nothing: the controller is off, or the kernel too old for it.
//! Meanings of the files: the kernel's `admin-guide/cgroup-v1` and `admin-guide/cgroup-v2.rst`.

use super::cgroup::Hierarchies;
use super::series::{self, Writer};
use std::collections::BTreeMap;

/// Times in `cpuacct.stat` are in hundredths of a second on all architectures.
const TICKS_PER_SECOND: f64 = 100.0;
/// Version 1 says "no limit" with a number beyond this.
const LIMIT_MAX: f64 = (1_u64 << 62) as f64;
/// Most lines of a file about devices.
const DEVICES_MAX: usize = 256;

/// Names of block devices (`/dev/sda`) by number (`8:0`).
pub(super) type Devices = BTreeMap<String, String>;

/// Reads the files of a cgroup.
pub(super) struct Reader<'a> {
    pub(super) hierarchies: &'a Hierarchies,
    pub(super) path: &'a str,
    pub(super) devices: &'a Devices,
}

impl Reader<'_> {
    /// All samples of the cgroup.
    pub(super) fn write(&self, out: &mut Writer<'_>) {
        if self.hierarchies.is_unified() {
            self.cpu(out);
            self.memory(out);
            self.disks(out);
            self.limits(out);
        } else {
            self.cpu_v1(out);
            self.memory_v1(out);
            self.disks_v1(out);
            self.limits_v1(out);
        }
        self.threads(out);
        self.pressure(out);
    }

    fn text(&self, controller: &str, file: &str) -> Option<String> {
        self.hierarchies.text(controller, self.path, file)
    }

    /// The number of a file; `max` is none.
    fn number(&self, controller: &str, file: &str) -> Option<f64> {
        self.text(controller, file)?.trim().parse().ok().filter(|value| *value >= 0.0)
    }

    fn cpu(&self, out: &mut Writer<'_>) {
        let Some(text) = self.text("", "cpu.stat") else { return };
        let stat = keyed(&text);
        let seconds = |name: &str| stat.get(name).map(|micros| micros / 1e6);
        put_cpu(out, seconds("usage_usec"), seconds("user_usec"), seconds("system_usec"));
        // Throttling is told where there is a quota, as upstream.
        if quota_of(self.text("", "cpu.max").as_deref()).is_some_and(|(quota, _)| quota.is_some()) {
            out.put_some(series::CFS_PERIODS, stat.get("nr_periods").copied());
            out.put_some(series::CFS_THROTTLED, stat.get("nr_throttled").copied());
            out.put_some(series::CFS_THROTTLED_SECONDS, seconds("throttled_usec"));
        }
    }

    fn cpu_v1(&self, out: &mut Writer<'_>) {
        let usage = self.number("cpuacct", "cpuacct.usage").map(|nanos| nanos / 1e9);
        let text = self.text("cpuacct", "cpuacct.stat").unwrap_or_default();
        let stat = keyed(&text);
        let seconds = |name: &str| stat.get(name).map(|ticks| ticks / TICKS_PER_SECOND);
        put_cpu(out, usage, seconds("user"), seconds("system"));
        if self.number("cpu", "cpu.cfs_quota_us").is_some() {
            let text = self.text("cpu", "cpu.stat").unwrap_or_default();
            let stat = keyed(&text);
            out.put_some(series::CFS_PERIODS, stat.get("nr_periods").copied());
            out.put_some(series::CFS_THROTTLED, stat.get("nr_throttled").copied());
            let throttled = stat.get("throttled_time").map(|nanos| nanos / 1e9);
            out.put_some(series::CFS_THROTTLED_SECONDS, throttled);
        }
    }

    fn memory(&self, out: &mut Writer<'_>) {
        let text = self.text("", "memory.stat").unwrap_or_default();
        let stat = keyed(&text);
        let get = |name: &str| stat.get(name).copied();
        out.put_some(series::MEMORY_CACHE, get("file"));
        out.put_some(series::MEMORY_RSS, get("anon"));
        out.put_some(series::MEMORY_MAPPED, get("file_mapped"));
        out.put_some(series::MEMORY_KERNEL, get("kernel"));
        out.put_some(series::MEMORY_SWAP, self.number("", "memory.swap.current"));
        out.put_some(series::MEMORY_MAX, self.number("", "memory.peak"));
        put_files(out, get("active_file"), get("inactive_file"));
        put_usage(out, self.number("", "memory.current"), get("inactive_file"));
        // Version 2 counts for the cgroup with all below it.
        for scope in ["container", "hierarchy"] {
            put_failures(out, scope, get("pgfault"), get("pgmajfault"));
        }
        let text = self.text("", "memory.events").unwrap_or_default();
        let events = keyed(&text);
        out.put_some(series::MEMORY_FAILCNT, events.get("max").copied());
        out.put_some(series::OOM_EVENTS, events.get("oom_kill").copied());
    }

    fn memory_v1(&self, out: &mut Writer<'_>) {
        let text = self.text("memory", "memory.stat").unwrap_or_default();
        let stat = keyed(&text);
        let get = |name: &str| stat.get(name).copied();
        let file = |name: &str| self.number("memory", &format!("memory.{name}"));
        out.put_some(series::MEMORY_CACHE, get("total_cache"));
        out.put_some(series::MEMORY_RSS, get("total_rss"));
        out.put_some(series::MEMORY_SWAP, get("total_swap"));
        out.put_some(series::MEMORY_MAPPED, get("total_mapped_file"));
        out.put_some(series::MEMORY_KERNEL, file("kmem.usage_in_bytes"));
        out.put_some(series::MEMORY_MAX, file("max_usage_in_bytes"));
        out.put_some(series::MEMORY_FAILCNT, file("failcnt"));
        put_files(out, get("total_active_file"), get("total_inactive_file"));
        put_usage(out, file("usage_in_bytes"), get("total_inactive_file"));
        put_failures(out, "container", get("pgfault"), get("pgmajfault"));
        put_failures(out, "hierarchy", get("total_pgfault"), get("total_pgmajfault"));
        let text = self.text("memory", "memory.oom_control").unwrap_or_default();
        out.put_some(series::OOM_EVENTS, keyed(&text).get("oom_kill").copied());
    }

    fn disks(&self, out: &mut Writer<'_>) {
        let text = self.text("", "io.stat").unwrap_or_default();
        for line in text.lines().take(DEVICES_MAX) {
            let mut words = line.split_ascii_whitespace();
            let Some(number) = words.next() else { continue };
            for (key, value) in words.filter_map(|word| word.split_once('=')) {
                let Ok(value) = value.parse() else { continue };
                match key {
                    "rbytes" => self.bytes(out, number, "Read", value),
                    "wbytes" => self.bytes(out, number, "Write", value),
                    "rios" => self.disk(out, series::FS_READS, number, value),
                    "wios" => self.disk(out, series::FS_WRITES, number, value),
                    _ => {}
                }
            }
        }
    }

    fn disks_v1(&self, out: &mut Writer<'_>) {
        // Those of the cgroup with all below it, which older kernels have not.
        let read = |name: &str| {
            let recursive = format!("blkio.throttle.{name}_recursive");
            let text = self.text("blkio", &recursive);
            text.or_else(|| self.text("blkio", &format!("blkio.throttle.{name}")))
        };
        for (number, operation, value) in v1_devices(&read("io_service_bytes").unwrap_or_default())
        {
            self.bytes(out, number, operation, value);
        }
        for (number, operation, value) in v1_devices(&read("io_serviced").unwrap_or_default()) {
            let metric = if operation == "Read" { series::FS_READS } else { series::FS_WRITES };
            self.disk(out, metric, number, value);
        }
    }

    fn bytes(&self, out: &mut Writer<'_>, number: &str, operation: &str, value: f64) {
        let read = operation == "Read";
        let metric = if read { series::FS_READ_BYTES } else { series::FS_WRITTEN_BYTES };
        self.disk(out, metric, number, value);
        let Some((major, minor)) = number.split_once(':') else { return };
        let device = self.devices.get(number).map_or("", String::as_str);
        let more =
            [("device", device), ("major", major), ("minor", minor), ("operation", operation)];
        out.put_with(series::BLKIO, &more, value);
    }

    fn disk(&self, out: &mut Writer<'_>, metric: series::Metric, number: &str, value: f64) {
        let device = self.devices.get(number).map_or(number, String::as_str);
        out.put_with(metric, &[("device", device)], value);
    }

    fn limits(&self, out: &mut Writer<'_>) {
        // The root has no limits, and no files of them.
        if let Some((quota, period)) = quota_of(self.text("", "cpu.max").as_deref()) {
            out.put(series::SPEC_CPU_PERIOD, period);
            out.put_some(series::SPEC_CPU_QUOTA, quota);
        }
        // As runtimes turn shares into weights: 2 to 262,144 become 1 to 10,000.
        let shares = |weight: f64| (2.0 + (weight - 1.0) * 262_142.0 / 9999.0).floor();
        out.put_some(series::SPEC_CPU_SHARES, self.number("", "cpu.weight").map(shares));
        for (metric, file) in [
            (series::SPEC_MEMORY_LIMIT, "memory.max"),
            (series::SPEC_MEMORY_RESERVATION, "memory.high"),
            (series::SPEC_MEMORY_SWAP, "memory.swap.max"),
        ] {
            let Some(text) = self.text("", file) else { continue };
            out.put(metric, text.trim().parse().unwrap_or(0.0));
        }
    }

    fn limits_v1(&self, out: &mut Writer<'_>) {
        out.put_some(series::SPEC_CPU_PERIOD, self.number("cpu", "cpu.cfs_period_us"));
        out.put_some(series::SPEC_CPU_QUOTA, self.number("cpu", "cpu.cfs_quota_us"));
        out.put_some(series::SPEC_CPU_SHARES, self.number("cpu", "cpu.shares"));
        for (metric, file) in [
            (series::SPEC_MEMORY_LIMIT, "memory.limit_in_bytes"),
            (series::SPEC_MEMORY_RESERVATION, "memory.soft_limit_in_bytes"),
            (series::SPEC_MEMORY_SWAP, "memory.memsw.limit_in_bytes"),
        ] {
            let limit = self.number("memory", file);
            out.put_some(metric, limit.map(|limit| if limit > LIMIT_MAX { 0.0 } else { limit }));
        }
    }

    fn threads(&self, out: &mut Writer<'_>) {
        out.put_some(series::THREADS, self.number("pids", "pids.current"));
        if let Some(text) = self.text("pids", "pids.max") {
            out.put(series::THREADS_MAX, text.trim().parse().unwrap_or(0.0));
        }
    }

    fn pressure(&self, out: &mut Writer<'_>) {
        for (file, waiting, stalled) in [
            ("cpu.pressure", series::CPU_WAITING, series::CPU_STALLED),
            ("io.pressure", series::IO_WAITING, series::IO_STALLED),
            ("memory.pressure", series::MEMORY_WAITING, series::MEMORY_STALLED),
        ] {
            let text = self.text("", file).unwrap_or_default();
            out.put_some(waiting, stall_seconds(&text, "some"));
            out.put_some(stalled, stall_seconds(&text, "full"));
        }
    }
}

fn put_cpu(out: &mut Writer<'_>, usage: Option<f64>, user: Option<f64>, system: Option<f64>) {
    if let Some(usage) = usage {
        out.put_with(series::CPU_USAGE, &[("cpu", "total")], usage);
    }
    out.put_some(series::CPU_USER, user);
    out.put_some(series::CPU_SYSTEM, system);
}

/// What is used, and what of it cannot be given back at once.
fn put_usage(out: &mut Writer<'_>, usage: Option<f64>, inactive_file: Option<f64>) {
    let Some(usage) = usage else { return };
    out.put(series::MEMORY_USAGE, usage);
    let working_set = usage - inactive_file.unwrap_or_default();
    out.put(series::MEMORY_WORKING_SET, working_set.max(0.0));
}

fn put_files(out: &mut Writer<'_>, active: Option<f64>, inactive: Option<f64>) {
    out.put_some(series::MEMORY_ACTIVE_FILE, active);
    out.put_some(series::MEMORY_INACTIVE_FILE, inactive);
}

fn put_failures(out: &mut Writer<'_>, scope: &str, faults: Option<f64>, major: Option<f64>) {
    for (kind, value) in [("pgfault", faults), ("pgmajfault", major)] {
        if let Some(value) = value {
            let more = [("failure_type", kind), ("scope", scope)];
            out.put_with(series::MEMORY_FAILURES, &more, value);
        }
    }
}

/// Lines of a name and a number.
fn keyed(text: &str) -> BTreeMap<&str, f64> {
    let pair = |line| -> Option<(&str, f64)> {
        let (name, value) = str::split_once(line, ' ')?;
        Some((name, value.trim().parse().ok()?))
    };
    text.lines().filter_map(pair).collect()
}

/// `QUOTA PERIOD` in microseconds; without a quota it says `max`.
fn quota_of(text: Option<&str>) -> Option<(Option<f64>, f64)> {
    let (quota, period) = text?.trim().split_once(' ')?;
    Some((quota.parse().ok(), period.parse().ok()?))
}

/// `MAJOR:MINOR OPERATION VALUE`; reads and writes, each device once.
fn v1_devices(text: &str) -> impl Iterator<Item = (&str, &str, f64)> {
    text.lines().take(DEVICES_MAX * 6).filter_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let (number, operation, value) = (words.next()?, words.next()?, words.next()?);
        let wanted = matches!(operation, "Read" | "Write");
        wanted.then_some((number, operation, value.parse().ok()?))
    })
}

/// Seconds of a line of pressure stall information: `some avg10=0.00 ... total=MICROSECONDS`.
fn stall_seconds(text: &str, kind: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.split(' ').next() == Some(kind))?;
    let total = line.split(' ').find_map(|word| word.strip_prefix("total="))?;
    Some(total.parse::<f64>().ok()? / 1e6)
}
