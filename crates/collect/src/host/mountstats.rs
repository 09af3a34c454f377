//! NFS mounts in detail: events, bytes, transports and operations of each export.

use super::numbers::Number;
use super::round::Round;
use crate::Error;
use crate::text;
use model::Labels;
use std::collections::BTreeSet;

const AGE: &str = "The age of the NFS mount in seconds.";
const INFO: &str = "Info metric for an NFS mountpoint.";

type Column = (usize, Number);

/// Columns of the line `events:`.
const EVENTS: &[Column] = &[
    (
        0,
        Number::counter(
            "",
            "node_mountstats_nfs_event_inode_revalidate_total",
            "Number of times cached inode attributes are re-validated from the server.",
        ),
    ),
    (
        1,
        Number::counter(
            "",
            "node_mountstats_nfs_event_dnode_revalidate_total",
            "Number of times cached dentry nodes are re-validated from the server.",
        ),
    ),
    (
        2,
        Number::counter(
            "",
            "node_mountstats_nfs_event_data_invalidate_total",
            "Number of times an inode cache is cleared.",
        ),
    ),
    (
        3,
        Number::counter(
            "",
            "node_mountstats_nfs_event_attribute_invalidate_total",
            "Number of times cached inode attributes are invalidated.",
        ),
    ),
    (
        4,
        Number::counter(
            "",
            "node_mountstats_nfs_event_vfs_open_total",
            "Number of times cached inode attributes are invalidated.",
        ),
    ),
    (
        5,
        Number::counter(
            "",
            "node_mountstats_nfs_event_vfs_lookup_total",
            "Number of times a directory lookup has occurred.",
        ),
    ),
    (
        6,
        Number::counter(
            "",
            "node_mountstats_nfs_event_vfs_access_total",
            "Number of times permissions have been checked.",
        ),
    ),
    (
        7,
        Number::counter(
            "",
            "node_mountstats_nfs_event_vfs_update_page_total",
            "Number of updates (and potential writes) to pages.",
        ),
    ),
    (
        8,
        Number::counter(
            "",
            "node_mountstats_nfs_event_vfs_read_page_total",
            "Number of pages read directly via mmap()'d files.",
        ),
    ),
    (
        9,
        Number::counter(
            "",
            "node_mountstats_nfs_event_vfs_read_pages_total",
            "Number of times a group of pages have been read.",
        ),
    ),
    (
        10,
        Number::counter(
            "",
            "node_mountstats_nfs_event_vfs_write_page_total",
            "Number of pages written directly via mmap()'d files.",
        ),
    ),
    (
        11,
        Number::counter(
            "",
            "node_mountstats_nfs_event_vfs_write_pages_total",
            "Number of times a group of pages have been written.",
        ),
    ),
    (
        12,
        Number::counter(
            "",
            "node_mountstats_nfs_event_vfs_getdents_total",
            "Number of times directory entries have been read with getdents().",
        ),
    ),
    (
        13,
        Number::counter(
            "",
            "node_mountstats_nfs_event_vfs_setattr_total",
            "Number of times directory entries have been read with getdents().",
        ),
    ),
    (
        14,
        Number::counter(
            "",
            "node_mountstats_nfs_event_vfs_flush_total",
            "Number of pending writes that have been forcefully flushed to the server.",
        ),
    ),
    (
        15,
        Number::counter(
            "",
            "node_mountstats_nfs_event_vfs_fsync_total",
            "Number of times fsync() has been called on directories and files.",
        ),
    ),
    (
        16,
        Number::counter(
            "",
            "node_mountstats_nfs_event_vfs_lock_total",
            "Number of times locking has been attempted on a file.",
        ),
    ),
    (
        17,
        Number::counter(
            "",
            "node_mountstats_nfs_event_vfs_file_release_total",
            "Number of times files have been closed and released.",
        ),
    ),
    (
        19,
        Number::counter(
            "",
            "node_mountstats_nfs_event_truncation_total",
            "Number of times files have been truncated.",
        ),
    ),
    (
        20,
        Number::counter(
            "",
            "node_mountstats_nfs_event_write_extension_total",
            "Number of times a file has been grown due to writes beyond its existing end.",
        ),
    ),
    (
        21,
        Number::counter(
            "",
            "node_mountstats_nfs_event_silly_rename_total",
            "Number of times a file was removed while still open by another process.",
        ),
    ),
    (
        22,
        Number::counter(
            "",
            "node_mountstats_nfs_event_short_read_total",
            "Number of times the NFS server gave less data than expected while reading.",
        ),
    ),
    (
        23,
        Number::counter(
            "",
            "node_mountstats_nfs_event_short_write_total",
            "Number of times the NFS server wrote less data than expected while writing.",
        ),
    ),
    (
        24,
        Number::counter(
            "",
            "node_mountstats_nfs_event_jukebox_delay_total",
            concat!(
                "Number of times the NFS server indicated EJUKEBOX; retrieving data from ",
                "offline storage.",
            ),
        ),
    ),
    (
        25,
        Number::counter(
            "",
            "node_mountstats_nfs_event_pnfs_read_total",
            "Number of NFS v4.1+ pNFS reads.",
        ),
    ),
    (
        26,
        Number::counter(
            "",
            "node_mountstats_nfs_event_pnfs_write_total",
            "Number of NFS v4.1+ pNFS writes.",
        ),
    ),
];

/// Columns of the line `bytes:`.
const BYTES: &[Column] = &[
    (
        0,
        Number::counter(
            "",
            "node_mountstats_nfs_read_bytes_total",
            "Number of bytes read using the read() syscall.",
        ),
    ),
    (
        1,
        Number::counter(
            "",
            "node_mountstats_nfs_write_bytes_total",
            "Number of bytes written using the write() syscall.",
        ),
    ),
    (
        2,
        Number::counter(
            "",
            "node_mountstats_nfs_direct_read_bytes_total",
            "Number of bytes read using the read() syscall in O_DIRECT mode.",
        ),
    ),
    (
        3,
        Number::counter(
            "",
            "node_mountstats_nfs_direct_write_bytes_total",
            "Number of bytes written using the write() syscall in O_DIRECT mode.",
        ),
    ),
    (
        4,
        Number::counter(
            "",
            "node_mountstats_nfs_total_read_bytes_total",
            "Number of bytes read from the NFS server, in total.",
        ),
    ),
    (
        5,
        Number::counter(
            "",
            "node_mountstats_nfs_total_write_bytes_total",
            "Number of bytes written to the NFS server, in total.",
        ),
    ),
    (
        6,
        Number::counter(
            "",
            "node_mountstats_nfs_read_pages_total",
            "Number of pages read directly via mmap()'d files.",
        ),
    ),
    (
        7,
        Number::counter(
            "",
            "node_mountstats_nfs_write_pages_total",
            "Number of pages written directly via mmap()'d files.",
        ),
    ),
];

/// Columns of a line `xprt: tcp`.
const TCP: &[Column] = &[
    (
        1,
        Number::counter(
            "",
            "node_mountstats_nfs_transport_bind_total",
            concat!(
                "Number of times the client has had to establish a connection from ",
                "scratch to the NFS server.",
            ),
        ),
    ),
    (
        2,
        Number::counter(
            "",
            "node_mountstats_nfs_transport_connect_total",
            "Number of times the client has made a TCP connection to the NFS server.",
        ),
    ),
    (
        4,
        Number::gauge(
            "",
            "node_mountstats_nfs_transport_idle_time_seconds",
            "Duration since the NFS mount last saw any RPC traffic, in seconds.",
        ),
    ),
    (
        5,
        Number::counter(
            "",
            "node_mountstats_nfs_transport_sends_total",
            "Number of RPC requests for this mount sent to the NFS server.",
        ),
    ),
    (
        6,
        Number::counter(
            "",
            "node_mountstats_nfs_transport_receives_total",
            "Number of RPC responses for this mount received from the NFS server.",
        ),
    ),
    (
        7,
        Number::counter(
            "",
            "node_mountstats_nfs_transport_bad_transaction_ids_total",
            concat!(
                "Number of times the NFS server sent a response with a transaction ID ",
                "unknown to this client.",
            ),
        ),
    ),
    (
        9,
        Number::counter(
            "",
            "node_mountstats_nfs_transport_backlog_queue_total",
            "Total number of items added to the RPC backlog queue.",
        ),
    ),
    (
        10,
        Number::gauge(
            "",
            "node_mountstats_nfs_transport_maximum_rpc_slots",
            "Maximum number of simultaneously active RPC requests ever used.",
        ),
    ),
    (
        11,
        Number::counter(
            "",
            "node_mountstats_nfs_transport_sending_queue_total",
            "Total number of items added to the RPC transmission sending queue.",
        ),
    ),
    (
        12,
        Number::counter(
            "",
            "node_mountstats_nfs_transport_pending_queue_total",
            "Total number of items added to the RPC transmission pending queue.",
        ),
    ),
];

/// Columns of a line `xprt: udp`, which lacks those of connections.
const UDP: &[Column] = &[
    (
        1,
        Number::counter(
            "",
            "node_mountstats_nfs_transport_bind_total",
            concat!(
                "Number of times the client has had to establish a connection from ",
                "scratch to the NFS server.",
            ),
        ),
    ),
    (
        2,
        Number::counter(
            "",
            "node_mountstats_nfs_transport_sends_total",
            "Number of RPC requests for this mount sent to the NFS server.",
        ),
    ),
    (
        3,
        Number::counter(
            "",
            "node_mountstats_nfs_transport_receives_total",
            "Number of RPC responses for this mount received from the NFS server.",
        ),
    ),
    (
        4,
        Number::counter(
            "",
            "node_mountstats_nfs_transport_bad_transaction_ids_total",
            concat!(
                "Number of times the NFS server sent a response with a transaction ID ",
                "unknown to this client.",
            ),
        ),
    ),
    (
        6,
        Number::counter(
            "",
            "node_mountstats_nfs_transport_backlog_queue_total",
            "Total number of items added to the RPC backlog queue.",
        ),
    ),
    (
        7,
        Number::gauge(
            "",
            "node_mountstats_nfs_transport_maximum_rpc_slots",
            "Maximum number of simultaneously active RPC requests ever used.",
        ),
    ),
    (
        8,
        Number::counter(
            "",
            "node_mountstats_nfs_transport_sending_queue_total",
            "Total number of items added to the RPC transmission sending queue.",
        ),
    ),
    (
        9,
        Number::counter(
            "",
            "node_mountstats_nfs_transport_pending_queue_total",
            "Total number of items added to the RPC transmission pending queue.",
        ),
    ),
];

/// Metrics of connections that a transport without them has at 0.
const UNCONNECTED: &[Number] = &[
    Number::counter(
        "",
        "node_mountstats_nfs_transport_connect_total",
        "Number of times the client has made a TCP connection to the NFS server.",
    ),
    Number::gauge(
        "",
        "node_mountstats_nfs_transport_idle_time_seconds",
        "Duration since the NFS mount last saw any RPC traffic, in seconds.",
    ),
];

/// Columns of an operation's line; times are milliseconds.
const OPERATIONS: &[Column] = &[
    (
        0,
        Number::counter(
            "",
            "node_mountstats_nfs_operations_requests_total",
            "Number of requests performed for a given operation.",
        ),
    ),
    (
        1,
        Number::counter(
            "",
            "node_mountstats_nfs_operations_transmissions_total",
            "Number of times an actual RPC request has been transmitted for a given operation.",
        ),
    ),
    (
        2,
        Number::counter(
            "",
            "node_mountstats_nfs_operations_major_timeouts_total",
            "Number of times a request has had a major timeout for a given operation.",
        ),
    ),
    (
        3,
        Number::counter(
            "",
            "node_mountstats_nfs_operations_sent_bytes_total",
            "Number of bytes sent for a given operation, including RPC headers and payload.",
        ),
    ),
    (
        4,
        Number::counter(
            "",
            "node_mountstats_nfs_operations_received_bytes_total",
            "Number of bytes received for a given operation, including RPC headers and payload.",
        ),
    ),
    (
        5,
        Number::counter(
            "",
            "node_mountstats_nfs_operations_queue_time_seconds_total",
            concat!(
                "Duration all requests spent queued for transmission for a given ",
                "operation before they were sent, in seconds.",
            ),
        )
        .divided_by(1000.0),
    ),
    (
        6,
        Number::counter(
            "",
            "node_mountstats_nfs_operations_response_time_seconds_total",
            concat!(
                "Duration all requests took to get a reply back after a request for a ",
                "given operation was transmitted, in seconds.",
            ),
        )
        .divided_by(1000.0),
    ),
    (
        7,
        Number::counter(
            "",
            "node_mountstats_nfs_operations_request_time_seconds_total",
            concat!(
                "Duration all requests took from when a request was enqueued to when it ",
                "was completely handled for a given operation, in seconds.",
            ),
        )
        .divided_by(1000.0),
    ),
];

/// A mount of NFS with its statistics.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Mount {
    export: String,
    point: String,
    address: String,
    age: f64,
    events: Vec<f64>,
    bytes: Vec<f64>,
    transports: Vec<(String, Vec<f64>)>,
    operations: Vec<(String, Vec<f64>)>,
}

/// NFS mounts of a file `mountstats`. Lines of other filesystems are left out.
pub(super) fn parse(content: &[u8]) -> Result<Vec<Mount>, Error> {
    let mut mounts: Vec<Mount> = Vec::new();
    let mut is_nfs = false;
    for (number, line) in text::lines(content) {
        let fields: Vec<_> = text::fields(line).collect();
        let Some((first, rest)) = fields.split_first() else { continue };
        if *first == b"device" {
            let kind = rest.get(6).copied().unwrap_or_default();
            is_nfs = matches!(kind, b"nfs" | b"nfs4");
            if is_nfs {
                let word = |at: usize| rest.get(at).map_or_else(String::new, |w| text::label(w));
                mounts.push(Mount { export: word(0), point: word(3), ..Mount::default() });
            }
            continue;
        }
        let Some(mount) = mounts.last_mut().filter(|_| is_nfs) else { continue };
        let numbers = |fields: &[&[u8]]| {
            fields.iter().map(|f| text::float(f, number)).collect::<Result<Vec<_>, _>>()
        };
        match *first {
            b"opts:" => mount.address = option(rest, "mountaddr=").unwrap_or_default(),
            b"age:" => mount.age = numbers(rest)?.first().copied().unwrap_or_default(),
            b"events:" => mount.events = numbers(rest)?,
            b"bytes:" => mount.bytes = numbers(rest)?,
            b"xprt:" => {
                let Some((protocol, rest)) = rest.split_first() else { continue };
                mount.transports.push((text::label(protocol), numbers(rest)?));
            }
            name if !mount.transports.is_empty() && name.ends_with(b":") && rest.len() >= 8 => {
                let name = text::label(&name[..name.len() - 1]);
                mount.operations.push((name, operation(rest, number)?));
            }
            _ => {}
        }
    }
    Ok(mounts)
}

/// Numbers of an operation. Times that went below zero in the kernel are huge; upstream keeps
/// what a float holds exactly of them.
fn operation(fields: &[&[u8]], number: usize) -> Result<Vec<f64>, Error> {
    const TIMES_FROM: usize = 5;
    const EXACT: u64 = 1 << 53;
    let value = |(position, field): (usize, &&[u8])| {
        let value = text::uint(field, number)?;
        Ok(if position < TIMES_FROM { value as f64 } else { (value % EXACT) as f64 })
    };
    fields.iter().enumerate().map(value).collect()
}

fn option(fields: &[&[u8]], name: &str) -> Option<String> {
    let all = fields.first()?.split(|byte| *byte == b',');
    all.filter_map(|o| o.strip_prefix(name.as_bytes())).map(text::label).next()
}

/// Where an export is served, by the mounted export: version 4 tells it in mountinfo alone.
pub(super) fn addresses(content: &[u8]) -> Vec<(String, String)> {
    let line = |(_, line): (usize, &[u8])| {
        let after = text::fields(line).skip_while(|field| *field != b"-").skip(2);
        let after: Vec<_> = after.collect();
        let address = option(after.get(1..)?, "addr=")?;
        Some((text::label(after.first()?), address))
    };
    text::lines(content).filter_map(line).collect()
}

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    let proc = round.roots.proc.join("self");
    let known = round.parsed(&proc.join("mountinfo"), |content| Ok(addresses(content)));
    let known = known.unwrap_or_default();
    let mut seen = BTreeSet::new();
    for mut mount in round.parsed(&proc.join("mountstats"), parse)? {
        if mount.address.is_empty() {
            let found = known.iter().find(|(export, _)| *export == mount.export);
            mount.address = found.map(|(_, address)| address.clone()).unwrap_or_default();
        }
        let protocol = mount.transports.first().map_or("UNKNOWN", |(protocol, _)| &**protocol);
        let pairs =
            [("export", &*mount.export), ("protocol", protocol), ("mountaddr", &*mount.address)];
        let labels = Labels::from_pairs(pairs);
        let info = Labels::from_pairs(pairs.into_iter().chain([("mountpoint", &*mount.point)]));
        round.gauge("node_mountstats_nfs_mountpoint_info", INFO, &info, 1.0);
        // Several mounts of one export share their statistics.
        if seen.insert(labels.clone()) {
            push(round, &mount, &labels);
        }
    }
    Ok(())
}

fn push(round: &mut Round<'_>, mount: &Mount, labels: &Labels) {
    round.counter("node_mountstats_nfs_age_seconds_total", AGE, labels, mount.age);
    push_columns(round, BYTES, &mount.bytes, labels);
    push_columns(round, EVENTS, &mount.events, labels);
    for (index, (protocol, numbers)) in mount.transports.iter().enumerate() {
        let labels = with(labels, "transport", &index.to_string());
        if protocol == "udp" {
            push_columns(round, UDP, numbers, &labels);
            for number in UNCONNECTED {
                number.push(round, &labels, 0.0);
            }
        } else {
            push_columns(round, TCP, numbers, &labels);
        }
    }
    for (operation, numbers) in &mount.operations {
        push_columns(round, OPERATIONS, numbers, &with(labels, "operation", operation));
    }
}

fn push_columns(round: &mut Round<'_>, columns: &[Column], numbers: &[f64], labels: &Labels) {
    for (position, number) in columns {
        if let Some(value) = numbers.get(*position) {
            number.push(round, labels, *value);
        }
    }
}

fn with(labels: &Labels, name: &str, value: &str) -> Labels {
    let mut builder = labels.to_builder();
    builder.set(name, value);
    builder.build()
}
