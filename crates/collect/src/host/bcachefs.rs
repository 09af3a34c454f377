//! bcachefs: counters since a filesystem was made, errors, compression and devices.

use super::round::{Round, attribute};
use crate::Error;
use crate::text;
use model::Labels;
use std::path::Path;

const INFO: &str = "Filesystem information.";
const CACHE_SIZE: &str = "Btree cache memory usage in bytes.";
const COMPRESSED: &str = "Compressed size by algorithm.";
const UNCOMPRESSED: &str = "Uncompressed size by algorithm.";
const ERRORS: &str = "Error count by error type.";
const WRITES: &str = "Number of btree writes by type.";
const WRITE_SIZE: &str = "Average btree write size by type.";
const DEVICE_INFO: &str = "Device information.";
const BUCKET_SIZE: &str = "Bucket size in bytes.";
const BUCKETS: &str = "Total number of buckets.";
const DURABILITY: &str = "Device durability setting.";
const IO_DONE: &str = "IO bytes by operation type and data type.";
const IO_ERRORS: &str = "IO errors by error type.";

/// A size as bcachefs prints it: `2.05G` in units of 1024, whole bytes.
pub(super) fn size(field: &[u8]) -> Option<f64> {
    let field = field.trim_ascii();
    let unit = field.last().map(u8::to_ascii_lowercase);
    let power = unit.and_then(|unit| b"kmgtpe".iter().position(|known| *known == unit));
    let Some(power) = power.and_then(|power| i32::try_from(power + 1).ok()) else {
        return text::float(field, 1).ok();
    };
    let number = text::float(field[..field.len() - 1].trim_ascii(), 1).ok()?;
    Some((number * 1024_f64.powi(power)).trunc())
}

/// Rows below a heading: a name, maybe with a colon, and its columns.
pub(super) fn rows(content: &[u8]) -> Vec<(String, Vec<&[u8]>)> {
    let row = |(_, line)| {
        let mut fields = text::fields(line);
        let name = fields.next()?;
        Some((text::label(name.strip_suffix(b":").unwrap_or(name)), fields.collect()))
    };
    text::lines(content).skip(1).filter_map(row).collect()
}

/// The number of a counter file's line about the time since the filesystem was made.
pub(super) fn since_creation(content: &[u8]) -> Option<f64> {
    let line =
        |(_, line): (usize, &[u8])| line.strip_prefix(b"since filesystem creation:").and_then(size);
    text::lines(content).find_map(line)
}

/// `type: number` lines by section, a section being what a heading `read:` names.
pub(super) fn sections(content: &[u8]) -> Vec<(String, String, f64)> {
    let mut section = String::new();
    let mut out = Vec::new();
    for (_, line) in text::lines(content) {
        let Some((name, value)) = text::split_once(line, b':') else { continue };
        let (name, value) = (text::label(name.trim_ascii()), value.trim_ascii());
        if value.is_empty() {
            section = name;
        } else if let Ok(value) = text::float(value, 1)
            && !section.is_empty()
        {
            out.push((section.clone(), name, value));
        }
    }
    out
}

/// Errors of the first section, the one since the filesystem was made.
pub(super) fn io_errors(content: &[u8]) -> Vec<(String, f64)> {
    let is_heading = |line: &[u8]| line.starts_with(b"IO errors since");
    let mut lines = text::lines(content).map(|(_, line)| line).skip_while(|l| !is_heading(l));
    if !lines.next().is_some_and(|heading| heading.ends_with(b"filesystem creation")) {
        return Vec::new();
    }
    let entry = |line: &[u8]| {
        let (name, value) = text::split_once(line, b':')?;
        Some((text::label(name.trim_ascii()), text::float(value.trim_ascii(), 1).ok()?))
    };
    lines.take_while(|line| !is_heading(line)).filter_map(entry).collect()
}

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    let dir = round.roots.sys.join("fs/bcachefs");
    let filesystems = round.names(&dir)?;
    if filesystems.is_empty() {
        return Err(Error::no_data("no bcachefs is mounted"));
    }
    for uuid in filesystems {
        let dir = dir.join(&uuid);
        let labels = Labels::from_pairs([("uuid", &uuid)]);
        round.gauge("node_bcachefs_info", INFO, &labels, 1.0);
        let cache = attribute(round.host, &dir.join("btree_cache_size"), round.buffer);
        if let Some(cache) = cache.and_then(size) {
            round.gauge("node_bcachefs_btree_cache_size_bytes", CACHE_SIZE, &labels, cache);
        }
        tables(round, &dir, &labels);
        counters(round, &dir.join("counters"), &labels);
        for entry in round.host.list(&dir).unwrap_or_default() {
            if let Some(device) = entry.strip_prefix("dev-") {
                self::device(round, &dir.join(&entry), &with(&labels, "device", device));
            }
        }
    }
    Ok(())
}

fn with(labels: &Labels, name: &str, value: &str) -> Labels {
    let mut builder = labels.to_builder();
    builder.set(name, value);
    builder.build()
}

fn content(round: &mut Round<'_>, path: &Path) -> Vec<u8> {
    attribute(round.host, path, round.buffer).map(<[u8]>::to_vec).unwrap_or_default()
}

fn tables(round: &mut Round<'_>, dir: &Path, labels: &Labels) {
    let text = content(round, &dir.join("compression_stats"));
    for (algorithm, columns) in rows(&text) {
        let sizes: Vec<_> = columns.iter().take(2).filter_map(|column| size(column)).collect();
        let [compressed, uncompressed] = sizes[..] else { continue };
        let labels = with(labels, "algorithm", &algorithm);
        round.gauge("node_bcachefs_compression_compressed_bytes", COMPRESSED, &labels, compressed);
        let name = "node_bcachefs_compression_uncompressed_bytes";
        round.gauge(name, UNCOMPRESSED, &labels, uncompressed);
    }
    let text = content(round, &dir.join("btree_write_stats"));
    for (kind, columns) in rows(&text) {
        let sizes: Vec<_> = columns.iter().take(2).filter_map(|column| size(column)).collect();
        let [count, average] = sizes[..] else { continue };
        let labels = with(labels, "type", &kind);
        round.counter("node_bcachefs_btree_writes_total", WRITES, &labels, count);
        round.gauge("node_bcachefs_btree_write_average_size_bytes", WRITE_SIZE, &labels, average);
    }
    let mut text = content(round, &dir.join("errors"));
    // This table has no heading.
    text.insert(0, b'\n');
    for (error, columns) in rows(&text) {
        let Some(count) = columns.first().and_then(|n| text::float(n, 1).ok()) else { continue };
        let labels = with(labels, "error_type", &error);
        round.counter("node_bcachefs_errors_total", ERRORS, &labels, count);
    }
}

fn counters(round: &mut Round<'_>, dir: &Path, labels: &Labels) {
    for counter in round.host.list(dir).unwrap_or_default() {
        let content = attribute(round.host, &dir.join(&counter), round.buffer);
        let Some(count) = content.and_then(since_creation) else { continue };
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let name = counter.chars().map(plain).collect::<String>();
        let help = format!("Bcachefs counter {counter} since filesystem creation.");
        round.counter(&format!("node_bcachefs_{name}_total"), &help, labels, count);
    }
}

fn device(round: &mut Round<'_>, dir: &Path, labels: &Labels) {
    let mut info = labels.to_builder();
    for file in ["label", "state"] {
        info.set(file, &round.word(&dir.join(file)).unwrap_or_default());
    }
    round.gauge("node_bcachefs_device_info", DEVICE_INFO, &info.build(), 1.0);
    for (file, name, help) in [
        ("bucket_size", "node_bcachefs_device_bucket_size_bytes", BUCKET_SIZE),
        ("nbuckets", "node_bcachefs_device_buckets", BUCKETS),
        ("durability", "node_bcachefs_device_durability", DURABILITY),
    ] {
        let value = attribute(round.host, &dir.join(file), round.buffer).and_then(size);
        if let Some(value) = value {
            round.gauge(name, help, labels, value);
        }
    }
    let text = content(round, &dir.join("io_done"));
    for (operation, data, bytes) in sections(&text) {
        let labels = with(&with(labels, "operation", &operation), "data_type", &data);
        round.counter("node_bcachefs_device_io_done_bytes_total", IO_DONE, &labels, bytes);
    }
    let text = content(round, &dir.join("io_errors"));
    for (kind, count) in io_errors(&text) {
        let labels = with(labels, "type", &kind);
        round.counter("node_bcachefs_device_io_errors_total", IO_ERRORS, &labels, count);
    }
}
