//! Answers of commands other than INFO as series: CONFIG, LATENCY, SLOWLOG, SENTINEL.
//! Pure: values in, samples out; what is not understood is left out.

use super::resp::Value;
use super::series::{counter, gauge, number, part};
use crate::Page;
use model::MetricKind;
use std::collections::BTreeMap;

/// Settings that are series; with `-` for `_`.
const SETTINGS: [&str; 3] = ["io-threads", "maxclients", "maxmemory"];

/// Adds the series of CONFIG GET; gives the number of databases.
pub(super) fn config(answer: &Value, page: &mut Page) -> Option<usize> {
    let mut databases = None;
    for (name, value) in answer.pairs() {
        let Some(text) = value.text() else { continue };
        if name == "databases" {
            databases = text.parse().ok();
        } else if name == "client-output-buffer-limit" {
            buffer_limits(text, page);
        } else if let Some(value) = number(text).filter(|_| SETTINGS.contains(&name)) {
            gauge(page, &format!("config_{}", name.replace('-', "_")), &[], value);
        }
    }
    databases
}

/// `normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60`
fn buffer_limits(text: &str, page: &mut Page) {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    for class in words.chunks_exact(4) {
        let (name, hard, soft) = (class[0], number(class[1]), number(class[2]));
        for (limit, value) in [("hard", hard), ("soft", soft)] {
            if let Some(value) = value {
                let labels = [("class", name), ("limit", limit)];
                gauge(page, "config_client_output_buffer_limit_bytes", &labels, value);
            }
        }
        if let Some(seconds) = number(class[3]) {
            let labels = [("class", name), ("limit", "soft")];
            let metric = "config_client_output_buffer_limit_overcome_seconds";
            gauge(page, metric, &labels, seconds);
        }
    }
}

/// Adds the series of LATENCY LATEST: name, when, milliseconds, longest.
pub(super) fn latency_latest(answer: &Value, page: &mut Page) {
    for event in answer.items() {
        let [name, last, duration, ..] = event.items() else { continue };
        let (Some(name), Some(last), Some(ms)) = (name.text(), last.integer(), duration.integer())
        else {
            continue;
        };
        let label = [("event_name", name)];
        gauge(page, "latency_spike_last", &label, last as f64);
        gauge(page, "latency_spike_duration_seconds", &label, ms as f64 / 1e3);
    }
}

/// Adds the series of LATENCY HISTOGRAM; `usec` is the time of each command since the start.
pub(super) fn latency_histogram(answer: &Value, usec: &BTreeMap<String, f64>, page: &mut Page) {
    const NAME: (&str, MetricKind) = ("commands_latencies_usec", MetricKind::Histogram);
    for (command, details) in answer.pairs() {
        let of = |name| details.pairs().find_map(|(key, value)| (key == name).then_some(value));
        let (Some(calls), Some(buckets)) =
            (of("calls").and_then(Value::integer), of("histogram_usec"))
        else {
            continue;
        };
        for pair in buckets.items().chunks_exact(2) {
            let (Some(bound), Some(count)) = (pair[0].integer(), pair[1].integer()) else {
                continue;
            };
            let le = exposition::format_openmetrics_float(bound as f64);
            part(page, NAME, "_bucket", &[("cmd", command), ("le", &le)], count as f64);
        }
        let label = [("cmd", command)];
        part(page, NAME, "_bucket", &[("cmd", command), ("le", "+Inf")], calls as f64);
        part(page, NAME, "_sum", &label, usec.get(command).copied().unwrap_or_default());
        part(page, NAME, "_count", &label, calls as f64);
    }
}

/// Microseconds that each command took, from the section `Commandstats` of INFO.
pub(super) fn command_times(info: &str) -> BTreeMap<String, f64> {
    let times = info.lines().filter_map(|line| {
        let (command, stats) = line.strip_prefix("cmdstat_")?.split_once(':')?;
        let usec = stats.split(',').find_map(|entry| entry.strip_prefix("usec="))?;
        Some((command.to_owned(), number(usec)?))
    });
    times.collect()
}

/// Adds the series of SLOWLOG LEN and SLOWLOG GET 1.
pub(super) fn slowlog(length: &Value, last: &Value, page: &mut Page) {
    if let Some(length) = length.integer() {
        gauge(page, "slowlog_length", &[], length as f64);
    }
    let entry = last.items().first().map_or(&[][..], Value::items);
    let of = |index: usize| entry.get(index).and_then(Value::integer).unwrap_or_default() as f64;
    gauge(page, "slowlog_last_id", &[], of(0));
    gauge(page, "last_slow_execution_duration_seconds", &[], of(2) / 1e6);
}

/// A master as a Sentinel describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Master {
    /// Its name.
    pub(super) name: String,
    /// Address and port.
    pub(super) address: String,
}

/// Adds the series of SENTINEL MASTERS; gives the masters.
pub(super) fn masters(answer: &Value, page: &mut Page) -> Vec<Master> {
    const SETTINGS: [(&str, &str, f64); 6] = [
        ("quorum", "sentinel_master_setting_ckquorum", 1.0),
        ("failover-timeout", "sentinel_master_setting_failover_timeout", 1.0),
        ("parallel-syncs", "sentinel_master_setting_parallel_syncs", 1.0),
        ("down-after-milliseconds", "sentinel_master_setting_down_after_milliseconds", 1.0),
        ("config-epoch", "sentinel_master_config_epoch", 1.0),
        ("last-ok-ping-reply", "sentinel_master_last_ok_ping_reply_seconds", 1e-3),
    ];
    let mut masters = Vec::new();
    for master in answer.items() {
        let of = |name| {
            master.pairs().find_map(|(key, value)| (key == name).then(|| value.text()).flatten())
        };
        let (Some(name), Some(ip), Some(port)) = (of("name"), of("ip"), of("port")) else {
            continue;
        };
        let address = format!("{ip}:{port}");
        let labels = [("master_name", name), ("master_address", &address)];
        for (field, metric, scale) in SETTINGS {
            let value = of(field).and_then(number).unwrap_or_default();
            gauge(page, metric, &labels, value * scale);
        }
        masters.push(Master { name: name.to_owned(), address });
    }
    masters
}

/// Adds the number of Sentinels or replicas of a master that are not down; `known` counts those
/// that answer for themselves.
pub(super) fn not_down(answer: &Value, metric: &str, known: u32, master: &Master, page: &mut Page) {
    let is_up = |one: &&Value| {
        let flags = one.pairs().find(|(name, _)| *name == "flags").and_then(|(_, v)| v.text());
        flags.is_some_and(|flags| !flags.contains("o_down") && !flags.contains("s_down"))
    };
    let up = answer.items().iter().filter(is_up).count() as f64 + f64::from(known);
    let labels = [("master_name", master.name.as_str()), ("master_address", &master.address)];
    gauge(page, metric, &labels, up);
}

/// Adds whether a Sentinel's quorum for a master is reachable, with what the Sentinel says.
pub(super) fn quorum(answer: &Value, master: &Master, page: &mut Page) {
    let (good, message) = match answer {
        Value::Text(message) => (1.0, message.as_str()),
        Value::Error(message) => (0.0, message.as_str()),
        Value::Null | Value::Integer(_) | Value::Array(_) => return,
    };
    let labels = [("master_name", master.name.as_str()), ("message", message)];
    gauge(page, "sentinel_master_ckquorum_status", &labels, good);
}

/// What the collector tells of itself.
pub(super) struct Own<'e> {
    pub(super) connect_seconds: f64,
    pub(super) scrapes: f64,
    pub(super) took_seconds: f64,
    pub(super) took_seconds_sum: f64,
    /// Word of the reason why the server is not up; empty: it is.
    pub(super) error: &'e str,
}

/// Adds the series of the exporter itself that rules and dashboards use.
pub(super) fn own(own: &Own<'_>, page: &mut Page) {
    const TIMES: (&str, MetricKind) = ("exporter_scrape_duration_seconds", MetricKind::Summary);
    let up = f64::from(u8::from(own.error.is_empty()));
    gauge(page, "up", &[], up);
    gauge(page, "exporter_last_scrape_error", &[("err", own.error)], 1.0 - up);
    gauge(page, "exporter_last_scrape_connect_time_seconds", &[], own.connect_seconds);
    gauge(page, "exporter_last_scrape_duration_seconds", &[], own.took_seconds);
    counter(page, "exporter_scrapes_total", &[], own.scrapes);
    part(page, TIMES, "_sum", &[], own.took_seconds_sum);
    part(page, TIMES, "_count", &[], own.scrapes);
}

#[cfg(test)]
mod tests;
