//! What the operating system knows about this process, under client libraries' usual names.
//! Linux only; elsewhere the families are missing rather than zero.

use exposition::Family;
use std::fs;

/// The `process_*` families; a file that cannot be read costs only its own families.
pub(crate) fn families() -> Vec<Family> {
    let mut families = Vec::new();
    if let Some(stat) = read_stat() {
        families.extend(stat.families());
    }
    if let Ok(entries) = fs::read_dir("/proc/self/fd") {
        let help = "Number of open file descriptors.";
        families.push(Family::gauge("process_open_fds", help).with(entries.count() as f64));
    }
    if let Some(limit) = fs::read_to_string("/proc/self/limits").ok().and_then(|t| max_fds(&t)) {
        let help = "Maximum number of open file descriptors.";
        families.push(Family::gauge("process_max_fds", help).with(limit));
    }
    families
}

/// Threads of this process, 0 when unknown.
pub(crate) fn threads() -> u64 {
    read_stat().map_or(0, |stat| stat.threads)
}

struct Stat {
    cpu_seconds: f64,
    threads: u64,
    start_seconds: Option<f64>,
    virtual_bytes: f64,
    resident_bytes: f64,
}

/// Fields of `proc_pid_stat(5)`, counted from 1; the name in parentheses may contain spaces.
fn read_stat() -> Option<Stat> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    let uptime = fs::read_to_string("/proc/stat").ok();
    parse_stat(&text, uptime.as_deref(), Units::of_this_host())
}

#[derive(Clone, Copy)]
struct Units {
    ticks_per_second: f64,
    page_bytes: f64,
}

impl Units {
    fn of_this_host() -> Self {
        Self {
            ticks_per_second: rustix::param::clock_ticks_per_second() as f64,
            page_bytes: rustix::param::page_size() as f64,
        }
    }
}

fn parse_stat(stat: &str, system: Option<&str>, units: Units) -> Option<Stat> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = after_name.split_ascii_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
    let boot = system.and_then(|text| {
        text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse::<f64>().ok()
    });
    Some(Stat {
        cpu_seconds: (field(14)? + field(15)?) / units.ticks_per_second,
        threads: fields.get(17)?.parse().ok()?,
        start_seconds: boot
            .zip(field(22))
            .map(|(boot, ticks)| boot + ticks / units.ticks_per_second),
        virtual_bytes: field(23)?,
        resident_bytes: field(24)? * units.page_bytes,
    })
}

impl Stat {
    fn families(&self) -> Vec<Family> {
        let gauge = |name: &str, help: &str, value: f64| Family::gauge(name, help).with(value);
        let mut families = vec![
            Family::counter(
                "process_cpu_seconds_total",
                "Total user and system CPU time spent in seconds.",
            )
            .with(self.cpu_seconds),
            gauge(
                "process_virtual_memory_bytes",
                "Virtual memory size in bytes.",
                self.virtual_bytes,
            ),
            gauge(
                "process_resident_memory_bytes",
                "Resident memory size in bytes.",
                self.resident_bytes,
            ),
            gauge("process_threads", "Number of operating system threads.", self.threads as f64),
        ];
        if let Some(start) = self.start_seconds {
            let help = "Start time of the process since unix epoch in seconds.";
            families.push(gauge("process_start_time_seconds", help, start));
        }
        families
    }
}

/// Soft limit of `Max open files` in `proc_pid_limits(5)`.
fn max_fds(limits: &str) -> Option<f64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests;
