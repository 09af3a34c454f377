//! bcache: cache sets, their backing devices and their caches.

use super::Setup;
use super::numbers::Number;
use super::round::{Collector, Round, attribute};
use crate::Error;
use crate::text;
use model::Labels;
use std::path::Path;

const SET: &[Number] = &[
    Number::gauge(
        "average_key_size",
        "node_bcache_average_key_size_sectors",
        "Average data per key in the btree (sectors).",
    ),
    Number::gauge(
        "btree_cache_size",
        "node_bcache_btree_cache_size_bytes",
        "Amount of memory currently used by the btree cache.",
    ),
    Number::gauge(
        "cache_available_percent",
        "node_bcache_cache_available_percent",
        concat!(
            "Percentage of cache device without dirty data, usable for writeback (may ",
            "contain clean cached data).",
        ),
    ),
    Number::gauge("congested", "node_bcache_congested", "Congestion."),
    Number::gauge(
        "root_usage_percent",
        "node_bcache_root_usage_percent",
        "Percentage of the root btree node in use (tree depth increases if too high).",
    ),
    Number::gauge("tree_depth", "node_bcache_tree_depth", "Depth of the btree."),
    Number::gauge(
        "internal/active_journal_entries",
        "node_bcache_active_journal_entries",
        "Number of journal entries that are newer than the index.",
    ),
    Number::gauge("internal/btree_nodes", "node_bcache_btree_nodes", "Total nodes in the btree."),
    Number::gauge(
        "internal/btree_read_average_duration_us",
        "node_bcache_btree_read_average_duration_seconds",
        "Average btree read duration.",
    )
    .divided_by(1e9),
    Number::counter(
        "internal/cache_read_races",
        "node_bcache_cache_read_races_total",
        concat!(
            "Counts instances where while data was being read from the cache, the ",
            "bucket was reused and invalidated - i.e. where the pointer was stale ",
            "after the read completed.",
        ),
    ),
];

const BACKING: &[Number] = &[
    Number::gauge(
        "dirty_data",
        "node_bcache_dirty_data_bytes",
        "Amount of dirty data for this backing device in the cache.",
    ),
    Number::counter(
        "stats_total/bypassed",
        "node_bcache_bypassed_bytes_total",
        "Amount of IO (both reads and writes) that has bypassed the cache.",
    ),
    Number::counter(
        "stats_total/cache_bypass_hits",
        "node_bcache_cache_bypass_hits_total",
        "Hits for IO intended to skip the cache.",
    ),
    Number::counter(
        "stats_total/cache_bypass_misses",
        "node_bcache_cache_bypass_misses_total",
        "Misses for IO intended to skip the cache.",
    ),
    Number::counter(
        "stats_total/cache_hits",
        "node_bcache_cache_hits_total",
        "Hits counted per individual IO as bcache sees them.",
    ),
    Number::counter(
        "stats_total/cache_miss_collisions",
        "node_bcache_cache_miss_collisions_total",
        concat!(
            "Instances where data insertion from cache miss raced with write (data ",
            "already present).",
        ),
    ),
    Number::counter(
        "stats_total/cache_misses",
        "node_bcache_cache_misses_total",
        "Misses counted per individual IO as bcache sees them.",
    ),
    Number::counter(
        "stats_total/cache_readaheads",
        "node_bcache_cache_readaheads_total",
        "Count of times readahead occurred.",
    ),
];

const CACHE: &[Number] = &[
    Number::gauge(
        "io_errors",
        "node_bcache_io_errors",
        "Number of errors that have occurred, decayed by io_error_halflife.",
    ),
    Number::counter(
        "metadata_written",
        "node_bcache_metadata_written_bytes_total",
        "Sum of all non data writes (btree writes and all other metadata).",
    ),
    Number::counter(
        "written",
        "node_bcache_written_bytes_total",
        "Sum of all data that has been written to the cache.",
    ),
];

/// Lines of `writeback_rate_debug`.
const WRITEBACK: &[Number] = &[
    Number::gauge(
        "rate",
        "node_bcache_writeback_rate",
        "Current writeback rate for this backing device in bytes.",
    ),
    Number::gauge(
        "target",
        "node_bcache_dirty_target_bytes",
        "Current dirty data target threshold for this backing device in bytes.",
    ),
    Number::gauge(
        "proportional",
        "node_bcache_writeback_rate_proportional_term",
        "Current result of proportional controller, part of writeback rate",
    ),
    Number::gauge(
        "integral",
        "node_bcache_writeback_rate_integral_term",
        "Current result of integral controller, part of writeback rate",
    ),
    Number::gauge(
        "change",
        "node_bcache_writeback_change",
        "Last writeback rate change step for this backing device.",
    ),
];

/// Lines of `priority_stats`.
const PRIORITY: &[Number] = &[
    Number::gauge(
        "Unused",
        "node_bcache_priority_stats_unused_percent",
        "The percentage of the cache that doesn't contain any data.",
    ),
    Number::gauge(
        "Metadata",
        "node_bcache_priority_stats_metadata_percent",
        "Bcache's metadata overhead.",
    ),
];

pub(super) struct Bcache {
    priority_stats: bool,
}

impl Bcache {
    pub(super) fn new(setup: &mut Setup<'_>) -> Self {
        Self { priority_stats: setup.options.bcache_priority_stats }
    }
}

/// A number as bcache prints it: `20.4G` has a digit of tenths that counts hundreds of the next
/// smaller unit.
pub(super) fn size(field: &[u8]) -> Option<f64> {
    let digits = field.trim_ascii_end();
    let (unit, digits) = match digits.split_last()? {
        (unit, rest) if !unit.is_ascii_digit() => (1024_f64.powi(power(*unit)?), rest),
        _ => (1.0, digits),
    };
    let (sign, digits) = digits.strip_prefix(b"-").map_or((1.0, digits), |rest| (-1.0, rest));
    let (whole, tenths) = text::split_once(digits, b'.').unwrap_or((digits, b"0"));
    let whole = text::decimal(whole)? as f64 * unit;
    Some(sign * (whole + text::decimal(tenths)? as f64 * 100.0 * (unit / 1024.0)))
}

fn power(unit: u8) -> Option<i32> {
    let position = b"kMGTPEZY".iter().position(|known| *known == unit)?;
    i32::try_from(position + 1).ok()
}

/// `name: value` lines; values end at a slash or a percent sign.
pub(super) fn parse(content: &[u8]) -> Vec<(&[u8], f64)> {
    let entry = |(_, line)| {
        let (name, value) = text::split_once(line, b':')?;
        let value = value.trim_ascii();
        let end = value.iter().position(|byte| matches!(byte, b'/' | b'%' | b' '));
        Some((name.trim_ascii(), size(&value[..end.unwrap_or(value.len())])?))
    };
    text::lines(content).filter_map(entry).collect()
}

fn push_sizes(round: &mut Round<'_>, dir: &Path, table: &[Number], labels: &Labels) {
    for number in table {
        let content = attribute(round.host, &dir.join(number.file()), round.buffer);
        if let Some(value) = content.and_then(size) {
            number.push(round, labels, value);
        }
    }
}

fn push_lines(round: &mut Round<'_>, path: &Path, table: &[Number], labels: &Labels) {
    let Some(content) = attribute(round.host, path, round.buffer).map(<[u8]>::to_vec) else {
        return;
    };
    for (name, value) in parse(&content) {
        if let Some(number) = table.iter().find(|number| number.file().as_bytes() == name) {
            number.push(round, labels, value);
        }
    }
}

impl Collector for Bcache {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        let dir = round.roots.sys.join("fs/bcache");
        for uuid in round.names(&dir)?.iter().filter(|name| name.contains('-')) {
            let dir = dir.join(uuid);
            push_sizes(round, &dir, SET, &Labels::from_pairs([("uuid", uuid)]));
            for entry in round.names(&dir)? {
                let dir = dir.join(&entry);
                let is_numbered = |prefix| {
                    entry
                        .strip_prefix(prefix)
                        .is_some_and(|n| text::decimal(n.as_bytes()).is_some())
                };
                if is_numbered("bdev") {
                    let labels = [("uuid", uuid), ("backing_device", &entry)];
                    let labels = Labels::from_pairs(labels);
                    push_sizes(round, &dir, BACKING, &labels);
                    push_lines(round, &dir.join("writeback_rate_debug"), WRITEBACK, &labels);
                } else if is_numbered("cache") {
                    let labels = Labels::from_pairs([("uuid", uuid), ("cache_device", &entry)]);
                    push_sizes(round, &dir, CACHE, &labels);
                    if self.priority_stats {
                        push_lines(round, &dir.join("priority_stats"), PRIORITY, &labels);
                    }
                }
            }
        }
        Ok(())
    }
}
