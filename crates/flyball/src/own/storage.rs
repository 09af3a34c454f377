//! What the storage engine counts, as families.

use exposition::Family;
use model::Labels;
use tsdb::DbStats;

/// Families of the engine's numbers.
pub(crate) fn families(stats: &DbStats) -> Vec<Family> {
    let mut families = commits(stats);
    families.extend(upkeep(stats));
    families.extend(gauges(stats));
    families.push(rejected(stats));
    families
}

fn counter(name: &str, help: &str, value: u64) -> Family {
    Family::counter(name, help).with(value as f64)
}

/// What came in.
fn commits(stats: &DbStats) -> Vec<Family> {
    vec![
        counter("flyball_storage_batches_total", "Batches stored.", stats.batches),
        counter("flyball_storage_samples_accepted_total", "Samples stored.", stats.rows_accepted),
        counter(
            "flyball_storage_samples_repeated_total",
            "Samples that were there already, bit for bit.",
            stats.rows_repeated,
        ),
        counter(
            "flyball_storage_samples_late_total",
            "Samples stored that were older than the newest of their series.",
            stats.rows_late,
        ),
        counter("flyball_storage_series_created_total", "Series created.", stats.series_created),
        counter(
            "flyball_storage_series_dropped_total",
            "Series that left memory.",
            stats.series_dropped,
        ),
        counter(
            "flyball_storage_series_refused_total",
            "New series refused because a limit is reached.",
            stats.series_refused,
        ),
        counter(
            "flyball_storage_batches_overloaded_total",
            "Batches refused because the memory budget is used up.",
            stats.batches_overloaded,
        ),
        counter(
            "flyball_storage_journal_written_bytes_total",
            "Bytes written to the journal.",
            stats.journal_written_bytes,
        ),
        counter(
            "flyball_storage_journal_failures_total",
            "Writes to the journal that failed.",
            stats.journal_failures,
        ),
        counter("flyball_storage_sync_failures_total", "Syncs that failed.", stats.sync_failures),
    ]
}

/// What was done with it later.
fn upkeep(stats: &DbStats) -> Vec<Family> {
    vec![
        counter(
            "flyball_storage_flushes_total",
            "Flushes of memory into segments.",
            stats.flushes.0,
        ),
        counter("flyball_storage_flush_failures_total", "Flushes that failed.", stats.flushes.1),
        counter(
            "flyball_storage_compactions_total",
            "Compactions of segments.",
            stats.compactions.0,
        ),
        counter(
            "flyball_storage_compaction_failures_total",
            "Compactions that failed.",
            stats.compactions.1,
        ),
        counter(
            "flyball_storage_segments_expired_total",
            "Segments removed by retention.",
            stats.retention.0,
        ),
        counter("flyball_storage_deletions_total", "Deletions asked for.", stats.deletions),
        counter(
            "flyball_storage_damaged_blocks_total",
            "Reads of blocks that turned out damaged.",
            stats.damaged_blocks,
        ),
        counter(
            "flyball_storage_cache_hits_total",
            "Cache lookups that hit.",
            stats.cache_lookups.0,
        ),
        counter(
            "flyball_storage_cache_misses_total",
            "Cache lookups that missed.",
            stats.cache_lookups.1,
        ),
    ]
}

fn gauges(stats: &DbStats) -> Vec<Family> {
    let gauge = |name: &str, help: &str, value: u64| Family::gauge(name, help).with(value as f64);
    vec![
        gauge(
            "flyball_storage_read_only",
            "Whether samples are refused because the disk is full or failing.",
            u64::from(stats.read_only.is_some()),
        ),
        gauge("flyball_storage_series", "Series in memory.", stats.series),
        gauge("flyball_storage_head_samples", "Samples in memory.", stats.head_samples),
        gauge("flyball_storage_head_bytes", "Estimated memory of the head.", stats.head_bytes),
        gauge(
            "flyball_storage_cache_bytes",
            "Memory of cached blocks and indexes.",
            stats.cache_bytes,
        ),
        gauge("flyball_storage_memory_limit_bytes", "Memory budget.", stats.memory_bytes_max),
        gauge("flyball_storage_journal_bytes", "Bytes of journal files.", stats.journal_bytes),
        gauge("flyball_storage_segments", "Segments.", stats.segments),
        gauge("flyball_storage_segment_bytes", "Bytes of segments.", stats.segment_bytes),
        gauge("flyball_storage_segment_samples", "Samples in segments.", stats.segment_samples),
        gauge("flyball_storage_quarantined_files", "Damaged files set aside.", stats.quarantined),
        gauge(
            "flyball_storage_tombstones",
            "Deletions whose samples are not purged from all files yet.",
            stats.tombstones,
        ),
        gauge("flyball_storage_exemplars", "Exemplars in memory.", stats.exemplars),
        gauge("flyball_storage_groups", "Scrape groups with series in memory.", stats.groups),
    ]
}

fn rejected(stats: &DbStats) -> Family {
    let mut family =
        Family::counter("flyball_storage_samples_rejected_total", "Samples refused, by reason.");
    for (reason, count) in &stats.rows_rejected {
        family.push(Labels::from_pairs([("reason", *reason)]), *count as f64);
    }
    family
}
