//! Software RAID: arrays of /proc/mdstat and their degradation from sysfs.

use super::round::Round;
use crate::Error;
use crate::text;
use model::Labels;

const DISKS: &str = "Number of active/failed/spare disks of device.";
const REQUIRED: &str = "Total number of disks of device.";
const STATE: &str = "Indicates the state of md-device.";
const BLOCKS: &str = "Total number of blocks on device.";
const SYNCED: &str = "Number of blocks synced on device.";
const RAID_DISKS: &str = "Number of raid disks on device.";
const DEGRADED: &str = "Number of degraded disks on device.";

/// States as the label names them.
const STATES: [&str; 5] = ["active", "inactive", "recovering", "resync", "check"];

/// An array of /proc/mdstat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Array {
    name: String,
    state: &'static str,
    active: u64,
    required: u64,
    failed: u64,
    spare: u64,
    blocks: u64,
    synced: u64,
}

/// All arrays. Each has a line `md0 : active raid1 sda[0] sdb[1]`, a line of its size and shape
/// and maybe one of a bitmap and one of a synchronisation under way.
pub(super) fn parse(content: &[u8]) -> Result<Vec<Array>, Error> {
    let lines: Vec<_> = text::lines(content).collect();
    let mut arrays = Vec::new();
    for (at, (number, line)) in lines.iter().enumerate() {
        if line.first().is_none_or(u8::is_ascii_whitespace)
            || line.starts_with(b"Personalities")
            || line.starts_with(b"unused")
        {
            continue;
        }
        let below = |count: usize| lines.get(at + count).map_or(&b""[..], |(_, line)| *line);
        let second = below(2);
        let progress = if second.trim_ascii().starts_with(b"bitmap") { below(3) } else { second };
        arrays.push(array(line, *number, below(1), progress)?);
    }
    Ok(arrays)
}

fn array(line: &[u8], number: usize, shape: &[u8], progress: &[u8]) -> Result<Array, Error> {
    let what = "`name : state level devices`";
    let name = text::label(text::nth(line, 0, number, what)?);
    let is_active = text::nth(line, 2, number, what)? == b"active";
    let count = |needle: &[u8]| line.windows(needle.len()).filter(|w| *w == needle).count() as u64;
    let (failed, spare) = (count(b"(F)"), count(b"(S)"));
    let blocks = text::uint(text::nth(shape, 0, number + 1, "a number of blocks")?, number + 1)?;
    let levels = [&b"raid0"[..], b"linear"];
    let (active, required) = if text::fields(line).any(|field| levels.contains(&field)) {
        // Without redundancy every device listed is needed and at work.
        let devices = count(b"[");
        (devices, devices)
    } else if is_active {
        members(shape).ok_or_else(|| Error::parse(number + 1, "`[required/active]`", shape))?
    } else {
        (0, 0)
    };
    let (state, synced) = synchronisation(progress, number)?
        .unwrap_or((if is_active { "active" } else { "inactive" }, blocks));
    Ok(Array { name, state, active, required, failed, spare, blocks, synced })
}

/// Active and required devices of `... [2/1] [U_]`.
fn members(shape: &[u8]) -> Option<(u64, u64)> {
    text::fields(shape).find_map(|field| {
        let inside = field.strip_prefix(b"[")?.strip_suffix(b"]")?;
        let (required, active) = text::split_once(inside, b'/')?;
        Some((text::decimal(active)?, text::decimal(required)?))
    })
}

/// What an array is busy with, and the blocks that are done.
fn synchronisation(line: &[u8], number: usize) -> Result<Option<(&'static str, u64)>, Error> {
    let has = |word: &[u8]| line.windows(word.len()).any(|w| w == word);
    let state = if has(b"recovery") || has(b"reshape") {
        "recovering"
    } else if has(b"resync") {
        "resync"
    } else if has(b"check") {
        "check"
    } else {
        return Ok(None);
    };
    if has(b"PENDING") || has(b"DELAYED") {
        return Ok(Some((state, 0)));
    }
    let done = text::fields(line).find_map(|field| {
        let inside = field.strip_prefix(b"(")?.strip_suffix(b")")?;
        text::decimal(text::split_once(inside, b'/')?.0)
    });
    let what = "`(done/all)` blocks";
    Ok(Some((state, done.ok_or_else(|| Error::parse(number + 2, what, line))?)))
}

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    let path = round.roots.proc.join("mdstat");
    for array in round.parsed(&path, parse)? {
        push(round, &array);
    }
    let block = round.roots.sys.join("block");
    for device in round.host.list(&block).unwrap_or_default() {
        let Some(number) = device.strip_prefix("md") else { continue };
        let dir = block.join(&device).join("md");
        let Some(disks) = round.float(&dir.join("raid_disks")) else { continue };
        if text::decimal(number.as_bytes()).is_none() {
            continue;
        }
        let labels = Labels::from_pairs([("device", &device)]);
        round.gauge("node_md_raid_disks", RAID_DISKS, &labels, disks);
        // Levels without redundancy have no such file and are never degraded.
        let degraded = round.float(&dir.join("degraded")).unwrap_or_default();
        round.gauge("node_md_degraded", DEGRADED, &labels, degraded);
    }
    Ok(())
}

fn push(round: &mut Round<'_>, array: &Array) {
    let device = [("device", &*array.name)];
    let labels = Labels::from_pairs(device);
    round.gauge("node_md_disks_required", REQUIRED, &labels, array.required as f64);
    round.gauge("node_md_blocks", BLOCKS, &labels, array.blocks as f64);
    round.gauge("node_md_blocks_synced", SYNCED, &labels, array.synced as f64);
    for (state, count) in
        [("active", array.active), ("failed", array.failed), ("spare", array.spare)]
    {
        let labels = Labels::from_pairs(device.into_iter().chain([("state", state)]));
        round.gauge("node_md_disks", DISKS, &labels, count as f64);
    }
    for state in STATES {
        let labels = Labels::from_pairs(device.into_iter().chain([("state", state)]));
        let is = f64::from(u8::from(array.state == state));
        round.gauge("node_md_state", STATE, &labels, is);
    }
}
