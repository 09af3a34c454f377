//! Device mapper's multipath devices: their size and the states of their paths.

use super::round::Round;
use crate::Error;
use model::Labels;
use std::path::Path;

const INFO: &str = "Non-numeric information about a DM-multipath device.";
const ACTIVE: &str = "Whether the multipath device-mapper device is active (1) or suspended (0).";
const SIZE: &str = "Size of the multipath device in bytes, read from /sys/block/<dm>/size.";
const PATHS: &str = "Number of paths for a multipath device.";
const PATHS_ACTIVE: &str = concat!(
    "Number of paths in active state (SCSI running or NVMe live) for a ",
    "multipath device.",
);
const PATHS_FAILED: &str = "Number of paths not in active state for a multipath device.";
const PATH_STATE: &str = concat!(
    "Reports the underlying device state for a multipath path, as read from ",
    "/sys/block/<dev>/device/state.",
);

/// The block layer counts in sectors of this many bytes.
const SECTOR_BYTES: f64 = 512.0;

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    let block = round.roots.sys.join("block");
    for sysfs_name in round.names(&block)?.iter().filter(|name| name.starts_with("dm-")) {
        let dir = block.join(sysfs_name);
        let uuid = round.word(&dir.join("dm/uuid")).unwrap_or_default();
        if !uuid.starts_with("mpath-") {
            continue;
        }
        let name = round.word(&dir.join("dm/name")).unwrap_or_default();
        let pairs = [("device", &*name), ("sysfs_name", sysfs_name)];
        let labels = Labels::from_pairs(pairs);
        let info = Labels::from_pairs(pairs.into_iter().chain([("uuid", &*uuid)]));
        round.gauge("node_dmmultipath_device_info", INFO, &info, 1.0);
        let is_active = round.float(&dir.join("dm/suspended")) == Some(0.0);
        let active = f64::from(u8::from(is_active));
        round.gauge("node_dmmultipath_device_active", ACTIVE, &labels, active);
        let bytes = round.float(&dir.join("size")).unwrap_or_default() * SECTOR_BYTES;
        round.gauge("node_dmmultipath_device_size_bytes", SIZE, &labels, bytes);
        paths(round, &block, &dir, &labels);
    }
    Ok(())
}

fn paths(round: &mut Round<'_>, block: &Path, dir: &Path, labels: &Labels) {
    let paths = round.host.list(&dir.join("slaves")).unwrap_or_default();
    let mut active = 0.0;
    for path in &paths {
        let state = round.word(&block.join(path).join("device/state"));
        let state = state.unwrap_or_else(|| "unknown".to_owned());
        // SCSI says running, NVMe live.
        if matches!(&*state, "running" | "live") {
            active += 1.0;
        }
        let device = labels.value("device");
        let labels = Labels::from_pairs([("device", device), ("path", path), ("state", &state)]);
        round.gauge("node_dmmultipath_path_state", PATH_STATE, &labels, 1.0);
    }
    let all = paths.len() as f64;
    round.gauge("node_dmmultipath_device_paths", PATHS, labels, all);
    round.gauge("node_dmmultipath_device_paths_active", PATHS_ACTIVE, labels, active);
    round.gauge("node_dmmultipath_device_paths_failed", PATHS_FAILED, labels, all - active);
}
