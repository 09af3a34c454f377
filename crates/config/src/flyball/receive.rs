//! Section `receive` of flyball.yml: receivers of pushed lines, each off unless it is named.
//! These protocols know no passwords: beyond loopback they need a word of their own.

use super::schema::{DurationText, SizeText};
use crate::read::Reader;
use crate::yaml::Node;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

const INTERVAL_DEFAULT: Duration = Duration::from_secs(15);
const IDLE_DEFAULT: Duration = Duration::from_mins(10);
const SERIES_MAX_DEFAULT: usize = 100_000;
const CONNECTIONS_MAX_DEFAULT: usize = 200;
const LINE_BYTES_MAX_DEFAULT: usize = 16 << 10;
/// As the exporter's `--statsd.unixsocket-mode`.
const UNIX_SOCKET_MODE_DEFAULT: &str = "755";
/// Longest line that may be asked for: a packet of UDP holds no longer one.
const LINE_BYTES_MAX: usize = 64 << 10;

/// Receivers of pushed lines.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ReceiveSettings {
    /// StatsD, if it is on.
    pub statsd: Option<LineListen>,
    /// Graphite's plaintext protocol, if it is on.
    pub graphite: Option<LineListen>,
}

/// How a receiver of lines listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineListen {
    /// Address `host:port` of UDP.
    pub udp: Option<String>,
    /// Address `host:port` of TCP.
    pub tcp: Option<String>,
    /// Path of a Unix socket of datagrams, and its permission bits.
    pub unixgram: Option<(String, u32)>,
    /// Path of a mapping file.
    pub mapping_file: Option<String>,
    /// Are names that no rule matches thrown away?
    pub strict_match: bool,
    /// Time between two samples of what is aggregated, above 0.
    pub interval: Duration,
    /// Labels of all series that have none of the name, sorted by name.
    pub labels: Vec<(String, String)>,
    /// Most series.
    pub series_max: usize,
    /// Most connections.
    pub connections_max: usize,
    /// Longest line, bytes, at most 64 KiB.
    pub line_bytes_max: usize,
    /// A connection that sends nothing for so long is closed.
    pub idle_timeout: Duration,
}

/// Receivers of lines that others push; each is off unless its section is there.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Receive {
    /// StatsD, in the dialects of Prometheus' `statsd_exporter`; `{}` switches it on.
    statsd: Option<Statsd>,
    /// Graphite's plaintext protocol; `{}` switches it on.
    graphite: Option<Graphite>,
}

macro_rules! line_section {
    ($(#[doc = $doc:literal])+ $name:ident, $address:literal;
     $($(#[doc = $own_doc:literal])+ $own:ident: $own_type:ty,)*) => {
        $(#[doc = $doc])+
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        struct $name {
            #[doc = concat!("Address of UDP, `\"\"` for none; `", $address, "` by default.")]
            listen_udp: Option<String>,
            #[doc = concat!("Address of TCP, `\"\"` for none; `", $address, "` by default.")]
            listen_tcp: Option<String>,
            /// Listen on other addresses than loopback: the protocol knows no passwords.
            allow_anonymous: Option<bool>,
            /// Path of a mapping file of `statsd_exporter` or `graphite_exporter`, used as it is.
            mapping_file: Option<String>,
            /// Throw away what the mapping file does not match; false by default.
            strict_match: Option<bool>,
            /// Labels of all series that have none of the same name, such as `job`.
            labels: Option<BTreeMap<String, String>>,
            /// Most series; above it new ones are refused. 100000 by default.
            series_max: Option<u64>,
            /// Most TCP connections; 200 by default.
            connections_max: Option<u64>,
            /// Longest line; 16KB by default, at most 64KB.
            line_max: Option<SizeText>,
            /// TCP connections that send nothing for so long are closed; 10 minutes by default.
            idle_timeout: Option<DurationText>,
            $($(#[doc = $own_doc])+ $own: $own_type,)*
        }

        impl $name {
            fn listen(self, section: &Section<'_>, interval: Option<DurationText>) -> LineListen {
                let anonymous = self.allow_anonymous.unwrap_or_default();
                let address = |key, text| section.address(key, text, $address, anonymous);
                LineListen {
                    udp: address("listen_udp", self.listen_udp),
                    tcp: address("listen_tcp", self.listen_tcp),
                    unixgram: None,
                    mapping_file: self.mapping_file.map(|p| section.reader.join_directory(&p)),
                    strict_match: self.strict_match.unwrap_or_default(),
                    interval: section.time("interval", interval, INTERVAL_DEFAULT),
                    labels: section.labels(self.labels.unwrap_or_default()),
                    series_max: section.count("series_max", self.series_max, SERIES_MAX_DEFAULT),
                    connections_max: section.count(
                        "connections_max",
                        self.connections_max,
                        CONNECTIONS_MAX_DEFAULT,
                    ),
                    line_bytes_max: section.line_max(self.line_max),
                    idle_timeout: section.time("idle_timeout", self.idle_timeout, IDLE_DEFAULT),
                }
            }
        }
    };
}

line_section! {
    /// StatsD: counters, gauges, timers and sets, aggregated here and stored at each interval.
    Statsd, "127.0.0.1:9125";
    /// Time between two samples of a series; 15 seconds by default.
    interval: Option<DurationText>,
    /// Path of a Unix socket of datagrams, as clients of DogStatsD use it; none by default.
    listen_unixgram: Option<String>,
    /// Permission bits of the Unix socket, octal: who may write to it may send. 755 by default.
    unixsocket_mode: Option<String>,
}

line_section! {
    /// Graphite: each line is a sample with its own time. Pickles are refused.
    Graphite, "127.0.0.1:9109";
}

pub(super) fn resolve(receive: Receive, root: &Node, reader: &Reader<'_>) -> ReceiveSettings {
    let statsd = |it: Statsd| {
        let interval = it.interval;
        let (unixgram, mode) = (it.listen_unixgram.clone(), it.unixsocket_mode.clone());
        let section = Section { name: "statsd", root, reader };
        let mode = section.mode("unixsocket_mode", mode.as_deref());
        let path = unixgram.filter(|path| !path.is_empty());
        let unixgram = path.map(|path| (reader.join_directory(&path), mode));
        LineListen { unixgram, ..it.listen(&section, interval) }
    };
    let graphite = |it: Graphite| it.listen(&Section { name: "graphite", root, reader }, None);
    ReceiveSettings { statsd: receive.statsd.map(statsd), graphite: receive.graphite.map(graphite) }
}

/// Where a section stands, for what is wrong with it.
struct Section<'a> {
    name: &'static str,
    root: &'a Node,
    reader: &'a Reader<'a>,
}

impl Section<'_> {
    fn problem(&self, key: &str, message: impl Into<String>) {
        let place = self.root.place_below(&["receive", self.name, key]);
        self.reader.problem(place, message);
    }

    fn labels(&self, labels: BTreeMap<String, String>) -> Vec<(String, String)> {
        for label in labels.keys().filter(|name| !model::is_legacy_label_name(name)) {
            self.problem("labels", format!("{} cannot be a label here", model::quote(label)));
        }
        labels.into_iter().collect()
    }

    fn time(&self, key: &str, given: Option<DurationText>, default: Duration) -> Duration {
        let time = given.map_or(default, |time| time.0);
        if time.is_zero() {
            self.problem(key, format!("`{key}` must be above 0"));
        }
        time
    }

    fn count(&self, key: &str, given: Option<u64>, default: usize) -> usize {
        if given == Some(0) {
            self.problem(key, format!("`{key}` must be above 0"));
        }
        given.map_or(default, |count| usize::try_from(count).unwrap_or(usize::MAX))
    }

    fn mode(&self, key: &str, given: Option<&str>) -> u32 {
        let text = given.unwrap_or(UNIX_SOCKET_MODE_DEFAULT);
        let mode = u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o777);
        mode.unwrap_or_else(|| {
            let quoted = model::quote(text);
            self.problem(key, format!("{quoted} are no permission bits; expected e.g. `766`"));
            0
        })
    }

    fn line_max(&self, given: Option<SizeText>) -> usize {
        let Some(size) = given else { return LINE_BYTES_MAX_DEFAULT };
        let bytes = usize::try_from(size.0).unwrap_or(usize::MAX);
        if bytes == 0 || bytes > LINE_BYTES_MAX {
            self.problem("line_max", "`line_max` must be above 0 and at most 64KB");
        }
        bytes
    }

    /// `host:port`, the default, or `None` for an empty one.
    fn address(
        &self,
        key: &str,
        given: Option<String>,
        default: &str,
        anonymous: bool,
    ) -> Option<String> {
        let text = given.unwrap_or_else(|| default.to_owned());
        if text.is_empty() {
            return None;
        }
        let parts = text.rsplit_once(':').map(|(host, port)| (host, port.parse::<u16>()));
        let Some((host, Ok(_))) = parts else {
            let quoted = model::quote(&text);
            self.problem(key, format!("{quoted} is no address; expected `host:port`"));
            return None;
        };
        if !is_loopback(host) && !anonymous {
            self.problem(
                key,
                format!(
                    "{} is open to other machines, and nobody who sends there is asked who he is; \
                     `allow_anonymous: true` says that this is meant",
                    model::quote(&text)
                ),
            );
        }
        Some(if host.is_empty() { format!("[::]{text}") } else { text })
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
