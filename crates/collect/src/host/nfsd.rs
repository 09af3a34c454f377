//! NFS server: what /proc/net/rpc/nfsd counts, as `nfsstat -s` shows it.

use super::nfs;
use super::round::Round;
use crate::Error;
use model::{Labels, MetricKind};

/// Operations of version 4 by their number; those without a name are not shown.
const OPERATIONS: [&str; 40] = [
    "",
    "",
    "",
    "Access",
    "Close",
    "Commit",
    "Create",
    "DelegPurge",
    "DelegReturn",
    "GetAttr",
    "GetFH",
    "Link",
    "Lock",
    "Lockt",
    "Locku",
    "Lookup",
    "LookupRoot",
    "Nverify",
    "Open",
    "OpenAttr",
    "OpenConfirm",
    "OpenDgrd",
    "PutFH",
    "",
    "",
    "Read",
    "ReadDir",
    "ReadLink",
    "Remove",
    "Rename",
    "Renew",
    "RestoreFH",
    "SaveFH",
    "SecInfo",
    "SetAttr",
    "SetClientID",
    "SetClientIDConfirm",
    "Verify",
    "Write",
    "RelLockOwner",
];

/// Line, position after its name, metric, kind and help of each single number.
const NUMBERS: &[(&str, usize, &str, MetricKind, &str)] = &[
    (
        "rc",
        0,
        "node_nfsd_reply_cache_hits_total",
        MetricKind::Counter,
        "Total number of NFSd Reply Cache hits (client lost server response).",
    ),
    (
        "rc",
        1,
        "node_nfsd_reply_cache_misses_total",
        MetricKind::Counter,
        "Total number of NFSd Reply Cache an operation that requires caching (idempotent).",
    ),
    (
        "rc",
        2,
        "node_nfsd_reply_cache_nocache_total",
        MetricKind::Counter,
        "Total number of NFSd Reply Cache non-idempotent operations (rename/delete/…).",
    ),
    (
        "fh",
        0,
        "node_nfsd_file_handles_stale_total",
        MetricKind::Counter,
        "Total number of NFSd stale file handles",
    ),
    ("io", 0, "node_nfsd_disk_bytes_read_total", MetricKind::Counter, "Total NFSd bytes read."),
    (
        "io",
        1,
        "node_nfsd_disk_bytes_written_total",
        MetricKind::Counter,
        "Total NFSd bytes written.",
    ),
    (
        "th",
        0,
        "node_nfsd_server_threads",
        MetricKind::Gauge,
        "Total number of NFSd kernel threads that are running.",
    ),
    (
        "ra",
        0,
        "node_nfsd_read_ahead_cache_size_blocks",
        MetricKind::Gauge,
        "How large the read ahead cache is in blocks.",
    ),
    (
        "ra",
        11,
        "node_nfsd_read_ahead_cache_not_found_total",
        MetricKind::Counter,
        "Total number of NFSd read ahead cache not found.",
    ),
    (
        "net",
        3,
        "node_nfsd_connections_total",
        MetricKind::Counter,
        "Total number of NFSd TCP connections.",
    ),
    ("rpc", 0, "node_nfsd_server_rpcs_total", MetricKind::Counter, "Total number of NFSd RPCs."),
];

const PACKETS: &str = "Total NFSd network packets (sent+received) by protocol type.";
const ERRORS: &str = "Total number of NFSd RPC errors by error type.";
const REQUESTS: &str = "Total number NFSd Requests by method and protocol.";

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    let lines = round.parsed(&round.roots.proc.join("net/rpc/nfsd"), nfs::parse)?;
    let line = |name: &str| {
        lines.iter().find(|(known, _)| known == name).map_or(&[][..], |(_, numbers)| numbers)
    };
    let number =
        |name: &str, position: usize| line(name).get(position).copied().unwrap_or_default();
    for (name, position, metric, kind, help) in NUMBERS {
        let family = round.out.declare(metric, *kind, help);
        round.out.push(family, &Labels::empty(), number(name, *position));
    }
    for (proto, position) in [("udp", 1), ("tcp", 2)] {
        let labels = Labels::from_pairs([("proto", proto)]);
        round.counter("node_nfsd_packets_total", PACKETS, &labels, number("net", position));
    }
    for (error, position) in [("fmt", 2), ("auth", 3), ("cInt", 4)] {
        let labels = Labels::from_pairs([("error", error)]);
        round.counter("node_nfsd_rpc_errors_total", ERRORS, &labels, number("rpc", position));
    }
    let metric = ("node_nfsd_requests_total", REQUESTS);
    // Null calls are left out upstream.
    let calls = |name: &str| line(name).get(2..).unwrap_or_default();
    nfs::push_calls(round, metric, "2", &nfs::VERSION_2[1..], calls("proc2"));
    nfs::push_calls(round, metric, "3", &nfs::VERSION_3[1..], calls("proc3"));
    let operations = line("proc4ops").get(1..).unwrap_or_default();
    nfs::push_calls(round, metric, "4", &OPERATIONS, operations);
    nfs::push_calls(round, metric, "4", &["WdelegGetattr"], line("wdeleg_getattr"));
    Ok(())
}
