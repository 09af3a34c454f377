//! NFS client: what /proc/net/rpc/nfs counts, as `nfsstat -c` shows it.

use super::round::Round;
use crate::Error;
use crate::text;
use model::Labels;

/// Procedures of version 2 in their order.
pub(super) const VERSION_2: [&str; 18] = [
    "Null", "GetAttr", "SetAttr", "Root", "Lookup", "ReadLink", "Read", "WrCache", "Write",
    "Create", "Remove", "Rename", "Link", "SymLink", "MkDir", "RmDir", "ReadDir", "FsStat",
];

/// Procedures of version 3 in their order.
pub(super) const VERSION_3: [&str; 22] = [
    "Null",
    "GetAttr",
    "SetAttr",
    "Lookup",
    "Access",
    "ReadLink",
    "Read",
    "Write",
    "Create",
    "MkDir",
    "SymLink",
    "MkNod",
    "Remove",
    "RmDir",
    "Rename",
    "Link",
    "ReadDir",
    "ReadDirPlus",
    "FsStat",
    "FsInfo",
    "PathConf",
    "Commit",
];

/// Operations of version 4 in the order in which the client counts them.
pub(super) const VERSION_4: [&str; 59] = [
    "Null",
    "Read",
    "Write",
    "Commit",
    "Open",
    "OpenConfirm",
    "OpenNoattr",
    "OpenDowngrade",
    "Close",
    "Setattr",
    "FsInfo",
    "Renew",
    "SetClientID",
    "SetClientIDConfirm",
    "Lock",
    "Lockt",
    "Locku",
    "Access",
    "Getattr",
    "Lookup",
    "LookupRoot",
    "Remove",
    "Rename",
    "Link",
    "Symlink",
    "Create",
    "Pathconf",
    "StatFs",
    "ReadLink",
    "ReadDir",
    "ServerCaps",
    "DelegReturn",
    "GetACL",
    "SetACL",
    "FsLocations",
    "ReleaseLockowner",
    "Secinfo",
    "FsidPresent",
    "ExchangeID",
    "CreateSession",
    "DestroySession",
    "Sequence",
    "GetLeaseTime",
    "ReclaimComplete",
    "GetDeviceInfo",
    "LayoutGet",
    "LayoutCommit",
    "LayoutReturn",
    "SecinfoNoName",
    "TestStateID",
    "FreeStateID",
    "GetDeviceList",
    "BindConnToSession",
    "DestroyClientID",
    "Seek",
    "Allocate",
    "DeAllocate",
    "LayoutStats",
    "Clone",
];

const PACKETS: &str = "Total NFSd network packets (sent+received) by protocol type.";
const CONNECTIONS: &str = "Total number of NFSd TCP connections.";
const CALLS: &str = "Total number of RPCs performed.";
const RETRANSMISSIONS: &str = "Number of RPC transmissions performed.";
const REFRESHES: &str = "Number of RPC authentication refreshes performed.";
const REQUESTS: &str = "Number of NFS procedures invoked.";

/// Lines by their first word, as numbers; fractions (of thread use) are cut off by upstream too.
pub(super) fn parse(content: &[u8]) -> Result<Vec<(String, Vec<f64>)>, Error> {
    let line = |(number, line): (usize, &[u8])| {
        let mut fields = text::fields(line);
        let name = text::label(fields.next().unwrap_or_default());
        let numbers = fields.map(|field| text::float(field, number)).collect::<Result<_, _>>()?;
        Ok((name, numbers))
    };
    text::lines(content).map(line).collect()
}

/// Adds a procedure table's calls; what the kernel does not count yet is 0.
pub(super) fn push_calls(
    round: &mut Round<'_>,
    (name, help): (&str, &str),
    proto: &str,
    methods: &[&str],
    calls: &[f64],
) {
    for (position, method) in methods.iter().enumerate().filter(|(_, m)| !m.is_empty()) {
        let calls = calls.get(position).copied().unwrap_or_default();
        let labels = Labels::from_pairs([("proto", proto), ("method", method)]);
        round.counter(name, help, &labels, calls);
    }
}

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    let lines = round.parsed(&round.roots.proc.join("net/rpc/nfs"), parse)?;
    let line = |name: &str| {
        lines.iter().find(|(known, _)| known == name).map_or(&[][..], |(_, numbers)| numbers)
    };
    let number =
        |name: &str, position: usize| line(name).get(position).copied().unwrap_or_default();
    for (protocol, position) in [("udp", 1), ("tcp", 2)] {
        let labels = Labels::from_pairs([("protocol", protocol)]);
        round.counter("node_nfs_packets_total", PACKETS, &labels, number("net", position));
    }
    for (name, help, value) in [
        ("node_nfs_connections_total", CONNECTIONS, number("net", 3)),
        ("node_nfs_rpcs_total", CALLS, number("rpc", 0)),
        ("node_nfs_rpc_retransmissions_total", RETRANSMISSIONS, number("rpc", 1)),
        ("node_nfs_rpc_authentication_refreshes_total", REFRESHES, number("rpc", 2)),
    ] {
        round.counter(name, help, &Labels::empty(), value);
    }
    let metric = ("node_nfs_requests_total", REQUESTS);
    let methods = [("2", &VERSION_2[..]), ("3", &VERSION_3), ("4", &VERSION_4)];
    for (proto, methods) in methods {
        // The first number of a line is how many follow.
        let calls = line(&format!("proc{proto}")).get(1..).unwrap_or_default();
        push_calls(round, metric, proto, methods, calls);
    }
    Ok(())
}
