//! /proc/diskstats, with what udev and sysfs know about each disk.
//! udev's facts change when a disk is exchanged, not each second: they are read again every 30 s.

use super::Setup;
use super::round::{Collector, Remembered, Round, Source, attribute};
use crate::family::{Families, FamilyId};
use crate::text;
use crate::{Error, Host, Roots};
use model::{Labels, MetricKind, Timestamp};
use regex::bytes::Regex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// "Standard UNIX 512-byte sectors" whatever the device's own are (Documentation/block/stat.rst).
const SECTOR_BYTES: f64 = 512.0;
const SECONDS_PER_TICK: f64 = 1.0 / 1000.0;
const FACTS_MAX_AGE: Duration = Duration::from_secs(30);

/// Factor, name and help of each number after the device, in the kernel's order
/// (Documentation/admin-guide/iostats.rst).
const COLUMNS: [(f64, &str, &str); 17] = [
    (1.0, "reads_completed_total", "The total number of reads completed successfully."),
    (1.0, "reads_merged_total", "The total number of reads merged."),
    (SECTOR_BYTES, "read_bytes_total", "The total number of bytes read successfully."),
    (
        SECONDS_PER_TICK,
        "read_time_seconds_total",
        "The total number of seconds spent by all reads.",
    ),
    (1.0, "writes_completed_total", "The total number of writes completed successfully."),
    (1.0, "writes_merged_total", "The number of writes merged."),
    (SECTOR_BYTES, "written_bytes_total", "The total number of bytes written successfully."),
    (
        SECONDS_PER_TICK,
        "write_time_seconds_total",
        "This is the total number of seconds spent by all writes.",
    ),
    (1.0, "io_now", "The number of I/Os currently in progress."),
    (SECONDS_PER_TICK, "io_time_seconds_total", "Total seconds spent doing I/Os."),
    (
        SECONDS_PER_TICK,
        "io_time_weighted_seconds_total",
        "The weighted # of seconds spent doing I/Os.",
    ),
    (1.0, "discards_completed_total", "The total number of discards completed successfully."),
    (1.0, "discards_merged_total", "The total number of discards merged."),
    (1.0, "discarded_sectors_total", "The total number of sectors discarded successfully."),
    (
        SECONDS_PER_TICK,
        "discard_time_seconds_total",
        "This is the total number of seconds spent by all discards.",
    ),
    (1.0, "flush_requests_total", "The total number of flush requests completed successfully"),
    (
        SECONDS_PER_TICK,
        "flush_requests_time_seconds_total",
        "This is the total number of seconds spent by all flush requests.",
    ),
];

/// Property of udev, name and help of what an ATA disk says about itself.
const ATA: [(&str, &str, &str); 3] = [
    ("ID_ATA_WRITE_CACHE", "ata_write_cache", "ATA disk has a write cache."),
    (
        "ID_ATA_WRITE_CACHE_ENABLED",
        "ata_write_cache_enabled",
        "ATA disk has its write cache enabled.",
    ),
    (
        "ID_ATA_ROTATION_RATE_RPM",
        "ata_rotation_rate_rpm",
        "ATA disk rotation rate in RPMs (0 for SSDs).",
    ),
];

pub(super) struct Diskstats {
    source: Source,
    exclude: Option<Regex>,
    columns: [FamilyId; COLUMNS.len()],
    info: InfoFamilies,
    disks: Remembered<Option<Arc<Disk>>>,
    disks_since: Option<Timestamp>,
}

#[derive(Clone, Copy)]
struct InfoFamilies {
    info: FamilyId,
    filesystem: FamilyId,
    mapper: FamilyId,
    ata: [FamilyId; ATA.len()],
}

/// What is remembered about a disk: the label of its counters and its constant series.
struct Disk {
    device: Labels,
    facts: Vec<(FamilyId, Labels, f64)>,
}

/// One device's line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Device<'a> {
    major: u64,
    minor: u64,
    name: &'a [u8],
    numbers: [u64; COLUMNS.len()],
    /// How many of `numbers` this kernel prints.
    count: usize,
}

impl Diskstats {
    pub(super) fn new(setup: &mut Setup<'_>) -> Result<Self, Error> {
        let exclude =
            super::device_pattern("diskstats.device-exclude", &setup.options.diskstats_exclude)?;
        let out = &mut *setup.out;
        let columns = COLUMNS.map(|(_, name, help)| {
            let kind = if name == "io_now" { MetricKind::Gauge } else { MetricKind::Counter };
            out.declare(&format!("node_disk_{name}"), kind, help)
        });
        Ok(Self {
            source: Source::new(setup.roots.proc.join("diskstats")),
            exclude,
            columns,
            info: InfoFamilies::declare(out),
            disks: Remembered::new(),
            disks_since: None,
        })
    }
}

impl InfoFamilies {
    fn declare(out: &mut Families) -> Self {
        Self {
            info: out.gauge("node_disk_info", "Info of /sys/block/<block_device>."),
            filesystem: out.gauge("node_disk_filesystem_info", "Info about disk filesystem."),
            mapper: out.gauge("node_disk_device_mapper_info", "Info about disk device mapper."),
            ata: ATA.map(|(_, name, help)| out.gauge(&format!("node_disk_{name}"), help)),
        }
    }
}

/// Lines of major, minor, device and 11 to 17 numbers.
pub(super) fn parse(content: &[u8]) -> Result<Vec<Device<'_>>, Error> {
    let mut devices = Vec::new();
    for (number, line) in text::lines(content) {
        let mut fields = text::fields(line);
        let short = || Error::parse(number, "major, minor, device and numbers", line);
        let mut next = || fields.next().ok_or_else(short);
        let major = text::uint(next()?, number)?;
        let minor = text::uint(next()?, number)?;
        let name = next()?;
        let mut device = Device { major, minor, name, numbers: [0; COLUMNS.len()], count: 0 };
        for (slot, field) in device.numbers.iter_mut().zip(fields) {
            *slot = text::uint(field, number)?;
            device.count += 1;
        }
        // Linux 2.6 prints four numbers for partitions; they mean something else.
        if device.count < 11 {
            return Err(short());
        }
        devices.push(device);
    }
    Ok(devices)
}

/// Properties `E:NAME=value` of udev's database; other lines are not ours.
pub(super) fn parse_udev(content: &[u8]) -> BTreeMap<&[u8], &[u8]> {
    text::lines(content)
        .filter_map(|(_, line)| text::split_once(line.strip_prefix(b"E:")?, b'='))
        .collect()
}

impl Disk {
    fn read(
        host: &dyn Host,
        roots: &Roots,
        buffer: &mut Vec<u8>,
        families: InfoFamilies,
        device: &Device<'_>,
    ) -> Self {
        let name = text::label(device.name);
        let path = roots.sys.join("block").join(&name).join("queue/rotational");
        let rotational = attribute(host, &path, buffer).and_then(text::decimal).unwrap_or(0);
        let path = roots.udev.join(format!("b{}:{}", device.major, device.minor));
        let content = super::round::read_once(host, &path, buffer).unwrap_or_default();
        let properties = parse_udev(content);
        let property =
            |key: &str| properties.get(key.as_bytes()).map_or(String::new(), |v| text::label(v));
        let mut facts = vec![(
            families.info,
            Labels::from_pairs([
                ("device", name.clone()),
                ("major", device.major.to_string()),
                ("minor", device.minor.to_string()),
                ("path", property("ID_PATH")),
                ("wwn", property("ID_WWN")),
                ("model", property("ID_MODEL")),
                ("serial", serial(&property)),
                ("revision", property("ID_REVISION")),
                ("rotational", rotational.to_string()),
            ]),
            1.0,
        )];
        facts.extend(content_facts(&name, families, &property));
        facts.extend(ata_facts(&name, families, &property));
        Self { device: Labels::from_pairs([("device", name)]), facts }
    }
}

/// The serial number on the disk's label; virtio disks have only `ID_SERIAL`.
fn serial(property: &impl Fn(&str) -> String) -> String {
    ["SCSI_IDENT_SERIAL", "ID_SERIAL_SHORT", "ID_SERIAL"]
        .iter()
        .map(|key| property(key))
        .find(|serial| !serial.is_empty())
        .unwrap_or_default()
}

fn content_facts(
    name: &str,
    families: InfoFamilies,
    property: &impl Fn(&str) -> String,
) -> Vec<(FamilyId, Labels, f64)> {
    let mut facts = Vec::new();
    if !property("ID_FS_TYPE").is_empty() {
        let labels = Labels::from_pairs([
            ("device", name.to_owned()),
            ("type", property("ID_FS_TYPE")),
            ("usage", property("ID_FS_USAGE")),
            ("uuid", property("ID_FS_UUID")),
            ("version", property("ID_FS_VERSION")),
        ]);
        facts.push((families.filesystem, labels, 1.0));
    }
    if !property("DM_NAME").is_empty() {
        let labels = Labels::from_pairs([
            ("device", name.to_owned()),
            ("name", property("DM_NAME")),
            ("uuid", property("DM_UUID")),
            ("vg_name", property("DM_VG_NAME")),
            ("lv_name", property("DM_LV_NAME")),
            ("lv_layer", property("DM_LV_LAYER")),
        ]);
        facts.push((families.mapper, labels, 1.0));
    }
    facts
}

fn ata_facts(
    name: &str,
    families: InfoFamilies,
    property: &impl Fn(&str) -> String,
) -> Vec<(FamilyId, Labels, f64)> {
    if property("ID_ATA").is_empty() {
        return Vec::new();
    }
    let labels = Labels::from_pairs([("device", name)]);
    let fact = |(family, (key, ..)): (&FamilyId, (&str, &str, &str))| {
        let value = property(key).parse().ok()?;
        Some((*family, labels.clone(), value))
    };
    families.ata.iter().zip(ATA).filter_map(fact).collect()
}

impl Collector for Diskstats {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        if self.disks_since.is_none_or(|since| !is_fresh(since, round.now)) {
            self.disks.forget();
            self.disks_since = Some(round.now);
        }
        self.disks.rewind();
        let devices = self.source.parse(round.host, round.buffer, parse)?;
        let mut small = Vec::new();
        for device in devices {
            let disk = self.disks.get(device.name, || {
                let is_excluded = self.exclude.as_ref().is_some_and(|e| e.is_match(device.name));
                let read = || Disk::read(round.host, round.roots, &mut small, self.info, &device);
                (!is_excluded).then(read).map(Arc::new)
            });
            let Some(disk) = disk else { continue };
            for (family, labels, value) in &disk.facts {
                round.out.push(*family, labels, *value);
            }
            let columns = self.columns.iter().zip(COLUMNS).zip(device.numbers);
            for ((family, (factor, ..)), number) in columns.take(device.count) {
                round.out.push(*family, &disk.device, number as f64 * factor);
            }
        }
        Ok(())
    }
}

/// Facts from the future are stale too: the clock was set back.
fn is_fresh(since: Timestamp, now: Timestamp) -> bool {
    since <= now && now.since(since) < FACTS_MAX_AGE
}
