//! Orders from outside: reload, quit, snapshot, compact, delete; and the page of own metrics.

use crate::own::OwnMetrics;
use crate::reload::Reloader;
use api::{CompactReport, ProviderError, ProviderErrorKind};
use model::{Matcher, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;
use tsdb::DbErrorKind;

/// Life of the process: ready, reload, quit.
pub(crate) struct Lifecycle {
    pub(crate) ready: AtomicBool,
    pub(crate) quit: Arc<Notify>,
    pub(crate) reloader: Arc<Reloader>,
}

impl api::LifecycleProvider for Lifecycle {
    fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    fn reload(&self) -> Result<(), ProviderError> {
        self.reloader.reload_blocking().map_err(|error| failed(&error))
    }

    fn quit(&self) {
        self.quit.notify_one();
    }
}

/// Snapshot, compaction and deletion.
pub(crate) struct Admin(pub(crate) Arc<OwnMetrics>);

impl api::AdminProvider for Admin {
    fn snapshot(&self, _skip_head: bool) -> Result<String, ProviderError> {
        let db = &self.0.db;
        let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        let name = format!("{now}-{:08x}", std::process::id());
        let folder = db.options().dir.join("snapshots").join(&name);
        db.snapshot(&folder).map_err(|error| failed(&error))?;
        Ok(name)
    }

    fn compact(&self, cold: bool) -> Result<CompactReport, ProviderError> {
        let db = &self.0.db;
        let before = db.stats();
        db.flush().map_err(|error| failed(&error))?;
        // What the samples in memory took is more than a merge needs.
        crate::memory::give_back();
        db.merge_now(cold).map_err(|error| failed(&error))?;
        crate::memory::give_back();
        let after = db.stats();
        Ok(CompactReport {
            segments_before: before.segments,
            segments_after: after.segments,
            bytes_before: before.segment_bytes,
            bytes_after: after.segment_bytes,
        })
    }

    fn delete_series(
        &self,
        selectors: &[Vec<Matcher>],
        start: Timestamp,
        end: Timestamp,
    ) -> Result<(), ProviderError> {
        self.0.db.delete(selectors, start, end).map_err(|error| match error.kind() {
            DbErrorKind::Refused => {
                ProviderError::new(ProviderErrorKind::Refused, error.to_string())
            }
            _ => failed(&error),
        })
    }

    fn clean_tombstones(&self) -> Result<(), ProviderError> {
        self.0.db.purge().map_err(|error| failed(&error))
    }
}

/// `/metrics`.
pub(crate) struct Metrics(pub(crate) Arc<OwnMetrics>);

impl api::MetricsProvider for Metrics {
    fn render(&self, out: &mut String) {
        out.push_str(&exposition::render_text(&self.0.families()));
    }
}

fn failed(error: &dyn std::fmt::Display) -> ProviderError {
    ProviderError::new(ProviderErrorKind::Failed, error.to_string())
}
