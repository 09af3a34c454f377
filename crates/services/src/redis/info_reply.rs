//! The text of INFO as series. Pure: lines in, samples out; nothing a server sends is refused,
//! what is not understood is left out. Semantics: `redis_exporter` 1.7x, `extractInfoMetrics`.

use super::names::{COUNTERS, GAUGES};
use super::series::{counter, gauge, number, part};
use crate::Page;
use model::{MetricKind, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Databases of a server that does not say how many it has.
const DATABASES_DEFAULT: usize = 16;
/// Databases that get a series even when they are empty.
const DATABASES_MAX: usize = 1024;

/// What other parts need to know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outline {
    /// The server is part of a cluster.
    pub(super) is_cluster: bool,
    /// The server is a Sentinel.
    pub(super) is_sentinel: bool,
    /// The server loads its data and answers little else.
    pub(super) is_loading: bool,
}

/// Lines of a text with the section they stand in.
fn fields(text: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    let mut section = "";
    text.lines().filter_map(move |line| {
        let line = line.trim();
        if let Some(name) = line.strip_prefix("# ") {
            section = name;
            return None;
        }
        let (key, value) = line.split_once(':')?;
        (line.len() > 1).then_some((section, key, value))
    })
}

/// Adds the series of an INFO text. `databases` is how many the server has, when it said so.
pub(super) fn read(
    text: &str,
    databases: Option<usize>,
    now: Timestamp,
    page: &mut Page,
) -> Outline {
    let mut reading = Reading::new(page, now);
    let mut outline = Outline::default();
    for (section, key, value) in fields(text) {
        outline.is_sentinel |= section == "Sentinel";
        reading.field(section, key, value);
    }
    outline.is_cluster = reading.fact("cluster_enabled") == "1";
    outline.is_loading = reading.fact("loading") == "1";
    reading.summaries();
    if !outline.is_sentinel {
        let count = if outline.is_cluster { 1 } else { databases.unwrap_or(DATABASES_DEFAULT) };
        reading.empty_databases(count);
    }
    reading.instance();
    outline
}

/// Adds the series of a CLUSTER INFO text.
pub(super) fn read_cluster(text: &str, page: &mut Page) {
    for (_, key, value) in fields(text) {
        plain(page, key, value);
    }
}

/// How often a command was called and how long it took, in microseconds.
type Calls = (f64, f64);

/// One reading of an INFO text.
struct Reading<'t, 'p> {
    page: &'p mut Page,
    now: Timestamp,
    facts: BTreeMap<&'t str, &'t str>,
    master: (&'t str, &'t str),
    databases: BTreeSet<&'t str>,
    calls: BTreeMap<&'t str, Calls>,
    percentiles: BTreeMap<&'t str, &'t str>,
}

impl<'t, 'p> Reading<'t, 'p> {
    fn new(page: &'p mut Page, now: Timestamp) -> Self {
        let (facts, databases, calls, percentiles) = Default::default();
        Self { page, now, facts, master: ("", ""), databases, calls, percentiles }
    }

    fn field(&mut self, section: &str, key: &'t str, value: &'t str) {
        self.facts.insert(key, value);
        let handled = match section {
            "Replication" => self.replication(key, value),
            "Server" => {
                self.server(key, value);
                false
            }
            "Commandstats" => {
                self.command(key, value);
                true
            }
            "Latencystats" => {
                if let Some(command) = key.strip_prefix("latency_percentiles_usec_") {
                    self.percentiles.insert(command, value);
                }
                true
            }
            "Errorstats" => self.error(key, value),
            "Keyspace" => self.database(key, value),
            "Sentinel" => self.sentinel(key, value),
            _ => false,
        };
        if !handled {
            plain(self.page, key, value);
        }
    }

    fn fact(&self, key: &str) -> &'t str {
        self.facts.get(key).copied().unwrap_or_default()
    }

    fn server(&mut self, key: &str, value: &str) {
        let Some(value) = number(value) else { return };
        match key {
            "uptime_in_seconds" => {
                let now = (self.now.ms() / 1000) as f64;
                gauge(self.page, "start_time_seconds", &[], now - value);
            }
            "configured_hz" | "hz" => gauge(self.page, key, &[], value),
            _ => {}
        }
    }

    fn replication(&mut self, key: &'t str, value: &'t str) -> bool {
        // KeyDB has several masters: `master_1_host` beside `master_host`.
        let of_master = key.strip_prefix("master_").map(|rest| {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let after = rest[digits..].strip_prefix('_').filter(|_| digits > 0);
            after.unwrap_or(rest)
        });
        match of_master {
            Some("host") => self.master.0 = value,
            Some("port") => self.master.1 = value,
            _ => {}
        }
        let labels = [("master_host", self.master.0), ("master_port", self.master.1)];
        let direct = match of_master {
            Some("link_status") => {
                let up = f64::from(u8::from(value == "up"));
                gauge(self.page, "master_link_up", &labels, up);
                return true;
            }
            Some("last_io_seconds_ago") => "master_last_io_seconds_ago",
            Some("sync_in_progress") => "master_sync_in_progress",
            _ if key == "slave_repl_offset" => "slave_repl_offset",
            _ => return self.replica(key, value),
        };
        gauge(self.page, direct, &labels, number(value).unwrap_or_default());
        true
    }

    /// `slave0:ip=10.0.0.1,port=6379,state=online,offset=17,lag=0`
    fn replica(&mut self, key: &str, value: &str) -> bool {
        let index = key.strip_prefix("slave");
        if !index.is_some_and(|index| index.starts_with(|c: char| c.is_ascii_digit())) {
            return false;
        }
        let of = |name| pair(value, name);
        let Some(offset) = of("offset").and_then(number) else { return false };
        let labels = [
            ("slave_ip", of("ip").unwrap_or_default()),
            ("slave_port", of("port").unwrap_or_default()),
            ("slave_state", of("state").unwrap_or_default()),
        ];
        gauge(self.page, "connected_slave_offset_bytes", &labels, offset);
        // Before Redis 3.0 there was no lag.
        if let Some(lag) = of("lag").and_then(number).filter(|lag| *lag >= 0.0) {
            gauge(self.page, "connected_slave_lag_seconds", &labels, lag);
        }
        true
    }

    /// `cmdstat_get:calls=21,usec=175,usec_per_call=8.33,rejected_calls=0,failed_calls=0`
    fn command(&mut self, key: &'t str, value: &str) {
        let Some(command) = key.strip_prefix("cmdstat_") else { return };
        let of = |name| pair(value, name).and_then(number);
        let (Some(calls), Some(usec)) = (of("calls"), of("usec")) else { return };
        let label = [("cmd", command)];
        self.calls.insert(command, (calls, usec));
        counter(self.page, "commands_total", &label, calls);
        counter(self.page, "commands_duration_seconds_total", &label, usec / 1e6);
        // Since Redis 6.2.
        if let (Some(rejected), Some(failed)) = (of("rejected_calls"), of("failed_calls")) {
            counter(self.page, "commands_rejected_calls_total", &label, rejected);
            counter(self.page, "commands_failed_calls_total", &label, failed);
        }
    }

    /// `errorstat_NOAUTH:count=3`
    fn error(&mut self, key: &str, value: &str) -> bool {
        let count = pair(value, "count").and_then(number);
        if let (Some(kind), Some(count)) = (key.strip_prefix("errorstat_"), count) {
            counter(self.page, "errors_total", &[("err", kind)], count);
        }
        true
    }

    /// `db0:keys=50,expires=0,avg_ttl=0`
    fn database(&mut self, key: &'t str, value: &str) -> bool {
        let of = |name| pair(value, name).and_then(number);
        let (Some(keys), Some(expires)) = (of("keys"), of("expires")) else { return false };
        if !key.starts_with("db") {
            return false;
        }
        let label = [("db", key)];
        self.databases.insert(key);
        gauge(self.page, "db_keys", &label, keys);
        gauge(self.page, "db_keys_expiring", &label, expires);
        if let Some(ttl) = of("avg_ttl") {
            gauge(self.page, "db_avg_ttl_seconds", &label, ttl / 1000.0);
        }
        if let Some(cached) = of("cached_keys") {
            gauge(self.page, "db_keys_cached", &label, cached);
        }
        true
    }

    /// `master0:name=m,status=ok,address=10.0.0.1:6379,slaves=1,sentinels=5`
    fn sentinel(&mut self, key: &str, value: &str) -> bool {
        const NUMBERS: [&str; 5] = [
            "sentinel_masters",
            "sentinel_tilt",
            "sentinel_running_scripts",
            "sentinel_scripts_queue_length",
            "sentinel_simulate_failure_flags",
        ];
        if NUMBERS.contains(&key) {
            gauge(self.page, key, &[], number(value).unwrap_or_default());
            return true;
        }
        let index = key.strip_prefix("master");
        if !index.is_some_and(|index| index.starts_with(|c: char| c.is_ascii_digit())) {
            return false;
        }
        let of = |name| pair(value, name).unwrap_or_default();
        let (name, address, status) = (of("name"), of("address"), of("status"));
        let labels =
            [("master_name", name), ("master_address", address), ("master_status", status)];
        let ok = f64::from(u8::from(status == "ok"));
        gauge(self.page, "sentinel_master_status", &labels, ok);
        for (field, metric) in
            [("slaves", "sentinel_master_slaves"), ("sentinels", "sentinel_master_sentinels")]
        {
            if let Some(count) = number(of(field)) {
                gauge(self.page, metric, &labels[..2], count);
            }
        }
        true
    }

    /// Percentiles of commands together with their calls: `p50=0.001,p99=1.003,p99.9=4.015`.
    fn summaries(&mut self) {
        const NAME: (&str, MetricKind) = ("latency_percentiles_usec", MetricKind::Summary);
        for (command, text) in &self.percentiles {
            let Some((calls, usec)) = self.calls.get(command) else { continue };
            for (percentile, value) in text.split(',').filter_map(|entry| entry.split_once('=')) {
                let Some(quantile) = percentile.strip_prefix('p').and_then(number) else {
                    continue;
                };
                let Some(value) = number(value) else { continue };
                let quantile = exposition::format_openmetrics_float(quantile);
                let labels = [("cmd", *command), ("quantile", &quantile)];
                part(self.page, NAME, "", &labels, value);
            }
            part(self.page, NAME, "_sum", &[("cmd", command)], *usec);
            part(self.page, NAME, "_count", &[("cmd", command)], *calls);
        }
    }

    fn empty_databases(&mut self, count: usize) {
        for index in 0..count.min(DATABASES_MAX) {
            let name = format!("db{index}");
            if !self.databases.contains(name.as_str()) {
                gauge(self.page, "db_keys", &[("db", &name)], 0.0);
                gauge(self.page, "db_keys_expiring", &[("db", &name)], 0.0);
            }
        }
    }

    fn instance(&mut self) {
        let mode = match self.fact("redis_mode") {
            "" => self.fact("server_mode"),
            mode => mode,
        };
        let mut labels = vec![("redis_mode", mode)];
        for name in [
            "role",
            "redis_version",
            "redis_build_id",
            "os",
            "maxmemory_policy",
            "tcp_port",
            "run_id",
            "process_id",
            "master_replid",
            "valkey_version",
            "valkey_release_stage",
            "availability_zone",
        ] {
            labels.push((name, self.fact(name)));
        }
        labels.retain(|(_, value)| !value.is_empty());
        gauge(self.page, "instance_info", &labels, 1.0);
        if self.fact("role") == "slave" {
            let labels = [
                ("master_host", self.fact("master_host")),
                ("master_port", self.fact("master_port")),
                ("read_only", self.fact("slave_read_only")),
            ];
            gauge(self.page, "slave_info", &labels, 1.0);
        }
    }
}

/// The value of a name in `a=1,b=2`.
fn pair<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut entries = text.split(',').filter_map(|entry| entry.split_once('='));
    entries.find_map(|(key, value)| (key == name).then_some(value))
}

/// A field that is one number.
fn plain(page: &mut Page, key: &str, value: &str) {
    let named = |table: &[(&str, &'static str)]| {
        table.iter().find(|(field, _)| *field == key).map(|(_, name)| *name)
    };
    let value = match value {
        "ok" | "true" => Some(1.0),
        "err" | "fail" | "false" => Some(0.0),
        text => number(text),
    };
    let Some(value) = value else { return };
    if let Some(name) = named(COUNTERS) {
        counter(page, name, &[], value);
    } else if let Some(name) = named(GAUGES) {
        let value = if key == "latest_fork_usec" { value / 1e6 } else { value };
        gauge(page, name, &[], value);
    } else if key.starts_with("cluster_") && is_plain_name(key) {
        gauge(page, key, &[], value);
    }
}

/// Can the field be part of a metric's name as it is?
fn is_plain_name(key: &str) -> bool {
    key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests;
