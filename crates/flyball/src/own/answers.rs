//! Families of what is remembered of range queries.

use exposition::Family;
use model::Timestamp;
use query::{History, RangeCacheStats};
use std::sync::Arc;
use tsdb::Db;

/// What changed in the database.
pub(crate) struct Past(pub(crate) Arc<Db>);

impl std::fmt::Debug for Past {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Past")
    }
}

impl History for Past {
    fn moment(&self) -> Option<u64> {
        Some(self.0.moment())
    }

    fn unchanged_before(&self, moment: u64) -> Option<Timestamp> {
        self.0.unchanged_before(moment)
    }
}

/// `flyball_query_cache_...`.
pub(crate) fn families(stats: RangeCacheStats) -> Vec<Family> {
    let counter = |name: &str, help: &str, count: u64| {
        Family::counter(format!("flyball_query_cache_{name}_total"), help).with(count as f64)
    };
    vec![
        counter("hits", "Range queries of which some steps were remembered.", stats.hits),
        counter("misses", "Range queries of which no step was remembered yet.", stats.misses),
        counter("passed", "Range queries whose answers are not remembered.", stats.passed),
        counter("steps", "Steps that were remembered and not evaluated.", stats.steps),
        Family::gauge("flyball_query_cache_answers", "Range queries that are remembered.")
            .with(stats.answers as f64),
        Family::gauge("flyball_query_cache_bytes", "Memory of remembered answers.")
            .with(stats.bytes as f64),
    ]
}
