//! btrfs: allocation by kind of data and profile, commits and devices, from sysfs.

use super::round::Round;
use crate::text;
use crate::{Error, ErrorKind};
use model::Labels;
use std::path::Path;

const INFO: &str = "Filesystem information";
const RESERVE: &str = "Size of global reserve.";
const RESERVED: &str = "Amount of space reserved for a data type";
const USED: &str = "Amount of used space by a layout/data type";
const SIZE: &str = "Amount of space allocated for a layout/data type";
const RATIO: &str = "Data allocation ratio for a layout/data type";
const DEVICE_SIZE: &str = "Size of a device that is part of the filesystem.";
const COMMITS: &str = "The total number of commits that have occurred.";
const LAST_COMMIT: &str = "Duration of the most recent commit, in seconds.";
const MAX_COMMIT: &str = "Duration of the slowest commit, in seconds.";
const ALL_COMMITS: &str = "Sum of the duration of all commits, in seconds.";

/// Devices count their size in sectors of this many bytes, whatever their own sector is.
const SECTOR_BYTES: f64 = 512.0;

const MILLISECONDS_PER_SECOND: f64 = 1000.0;

/// Commits and their durations; absent on kernels before 5.19, when all count 0.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Commits {
    count: f64,
    last_ms: f64,
    max_ms: f64,
    total_ms: f64,
}

/// The file `commit_stats`.
pub(super) fn parse(content: &[u8]) -> Result<Commits, Error> {
    let mut commits = Commits::default();
    for (number, line) in text::lines(content) {
        let slot = match text::fields(line).next() {
            Some(b"commits") => &mut commits.count,
            Some(b"last_commit_ms") => &mut commits.last_ms,
            Some(b"max_commit_ms") => &mut commits.max_ms,
            Some(b"total_commit_ms") => &mut commits.total_ms,
            Some(_) | None => continue,
        };
        *slot = text::uint(text::nth(line, 1, number, "a name and a number")?, number)? as f64;
    }
    Ok(commits)
}

/// Bytes on disk per byte of data, for a profile over so many devices.
pub(super) fn ratio(profile: &str, devices: f64) -> f64 {
    match profile {
        "dup" | "raid1" | "raid10" => 2.0,
        "raid1c3" => 3.0,
        "raid1c4" => 4.0,
        "raid5" => devices / (devices - 1.0),
        "raid6" => devices / (devices - 2.0),
        _ => 1.0,
    }
}

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    let dir = round.roots.sys.join("fs/btrfs");
    let mut trouble = None;
    for uuid in round.names_if_any(&dir)? {
        let dir = dir.join(&uuid);
        // `features` and other directories beside the filesystems have no label.
        let Some(label) = round.word(&dir.join("label")) else { continue };
        let labels = Labels::from_pairs([("uuid", &uuid)]);
        let info = Labels::from_pairs([("uuid", &uuid), ("label", &label)]);
        round.gauge("node_btrfs_info", INFO, &info, 1.0);
        if let Some(bytes) = round.float(&dir.join("allocation/global_rsv_size")) {
            round.gauge("node_btrfs_global_rsv_size_bytes", RESERVE, &labels, bytes);
        }
        let commits = commits(round, &dir, &labels);
        let count = devices(round, &dir.join("devices"), &uuid);
        for kind in ["data", "metadata", "system"] {
            allocation(round, &dir.join("allocation").join(kind), (&uuid, kind), count);
        }
        if let Err(error) = commits {
            trouble.get_or_insert(error);
        }
    }
    trouble.map_or(Ok(()), Err)
}

/// Commits of a filesystem. Kernels that have no such file count none, as upstream has it; a file
/// that cannot be read or is odd is told, and gives no series.
fn commits(round: &mut Round<'_>, dir: &Path, labels: &Labels) -> Result<(), Error> {
    let commits = match round.parsed(&dir.join("commit_stats"), parse) {
        Err(error) if error.kind() == ErrorKind::NoData => Commits::default(),
        commits => commits?,
    };
    let seconds = |ms: f64| ms / MILLISECONDS_PER_SECOND;
    round.counter("node_btrfs_commits_total", COMMITS, labels, commits.count);
    let last = seconds(commits.last_ms);
    round.gauge("node_btrfs_last_commit_seconds", LAST_COMMIT, labels, last);
    round.gauge("node_btrfs_max_commit_seconds", MAX_COMMIT, labels, seconds(commits.max_ms));
    let total = seconds(commits.total_ms);
    round.counter("node_btrfs_commit_seconds_total", ALL_COMMITS, labels, total);
    Ok(())
}

fn devices(round: &mut Round<'_>, dir: &Path, uuid: &str) -> f64 {
    let devices = round.host.list(dir).unwrap_or_default();
    for device in &devices {
        let sectors = round.float(&dir.join(device).join("size")).unwrap_or_default();
        let labels = Labels::from_pairs([("uuid", uuid), ("device", device)]);
        let bytes = sectors * SECTOR_BYTES;
        round.gauge("node_btrfs_device_size_bytes", DEVICE_SIZE, &labels, bytes);
    }
    devices.len() as f64
}

fn allocation(round: &mut Round<'_>, dir: &Path, (uuid, kind): (&str, &str), devices: f64) {
    let pairs = [("uuid", uuid), ("block_group_type", kind)];
    if let Some(bytes) = round.float(&dir.join("bytes_reserved")) {
        let labels = Labels::from_pairs(pairs);
        round.gauge("node_btrfs_reserved_bytes", RESERVED, &labels, bytes);
    }
    for profile in round.host.list(dir).unwrap_or_default() {
        let dir = dir.join(&profile);
        let Some(used) = round.float(&dir.join("used_bytes")) else { continue };
        let Some(size) = round.float(&dir.join("total_bytes")) else { continue };
        let labels = Labels::from_pairs(pairs.into_iter().chain([("mode", &*profile)]));
        round.gauge("node_btrfs_used_bytes", USED, &labels, used);
        round.gauge("node_btrfs_size_bytes", SIZE, &labels, size);
        round.gauge("node_btrfs_allocation_ratio", RATIO, &labels, ratio(&profile, devices));
    }
}
