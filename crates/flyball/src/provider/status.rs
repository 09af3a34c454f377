//! What the server says about itself: configuration, flags, versions, storage figures, parts.

use crate::own::{Live, OwnMetrics};
use crate::process;
use crate::version;
use api::{
    BuildInfo, Component, HeadStats, NamedCount, ProviderError, ReplayStatus, RuntimeInfo,
    ServerStatus, TsdbStatus,
};
use model::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use sys::{Clock, Vfs};
use vitals::Vitals;

/// Facts that do not change while the process lives.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) start_time: Timestamp,
    pub(crate) start_monotonic: Duration,
    pub(crate) hostname: String,
    pub(crate) config_file: Option<String>,
    pub(crate) flags: BTreeMap<String, String>,
    /// Memory of head, caches and queries together.
    pub(crate) memory_bytes: usize,
}

/// Answers the status routes.
pub(crate) struct Status {
    pub(crate) own: Arc<OwnMetrics>,
    pub(crate) live: Arc<Live>,
    pub(crate) facts: Facts,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) vfs: Arc<dyn Vfs>,
    pub(crate) vitals: Arc<Vitals>,
}

impl api::StatusProvider for Status {
    fn config_yaml(&self) -> String {
        self.live.redacted()
    }

    fn flags(&self) -> BTreeMap<String, String> {
        self.facts.flags.clone()
    }

    fn runtime(&self) -> RuntimeInfo {
        let options = self.own.db.options();
        let retention = options.retention;
        let time = retention.time.map(config::format_duration);
        let size = retention.size_bytes.map(|bytes| format!("{bytes}B"));
        let folder = std::env::current_dir().unwrap_or_default();
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        RuntimeInfo {
            start_time: self.facts.start_time,
            working_directory: folder.display().to_string(),
            hostname: self.facts.hostname.clone(),
            reload_config_success: self.own.reload.succeeded(),
            last_config_time: self.own.reload.at(),
            corruption_count: self.own.db.stats().quarantined,
            threads: process::threads(),
            processors: processors as u64,
            memory_limit_bytes: self.facts.memory_bytes as u64,
            storage_retention: [time, size].into_iter().flatten().collect::<Vec<_>>().join(" or "),
        }
    }

    fn build(&self) -> BuildInfo {
        BuildInfo {
            version: version::VERSION.into(),
            revision: version::REVISION.into(),
            branch: version::BRANCH.into(),
            build_date: String::new(),
            compiler: version::COMPILER.into(),
        }
    }

    fn tsdb(&self, limit: usize) -> Result<TsdbStatus, ProviderError> {
        let (stats, found) = (self.own.db.stats(), self.own.db.cardinality(limit));
        let (first, last) = stats.head_span.unwrap_or_default();
        let head = HeadStats {
            series: stats.series,
            label_pairs: found.label_pairs,
            chunks: stats.series,
            min_time: Timestamp::from_ms(first),
            max_time: Timestamp::from_ms(last),
        };
        Ok(TsdbStatus {
            head,
            series_by_metric: counts(found.series_by_metric),
            values_by_label: counts(found.values_by_label),
            bytes_by_label: counts(found.bytes_by_label),
            series_by_pair: counts(found.series_by_pair),
        })
    }

    fn replay(&self) -> ReplayStatus {
        ReplayStatus::default()
    }

    fn features(&self) -> BTreeMap<String, BTreeMap<String, bool>> {
        let on = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), true)).collect();
        BTreeMap::from([
            ("api".to_owned(), on(&["remote_write_receiver"])),
            ("storage".to_owned(), on(&["start_timestamps", "native_histograms"])),
        ])
    }

    fn components(&self) -> Vec<Component> {
        parts(&self.own)
    }

    fn watched(&self) -> Vec<Component> {
        let line = |line: vitals::OwnPart| Component {
            name: line.name,
            healthy: line.works,
            message: line.message,
            restarts: 0,
        };
        self.vitals.lines().into_iter().map(line).collect()
    }

    fn server(&self) -> ServerStatus {
        let (db, stats) = (&self.own.db, self.own.db.stats());
        let space = self.vfs.space(&db.options().dir);
        ServerStatus {
            data_dir: db.options().dir.display().to_string(),
            config_file: self.facts.config_file.clone(),
            uptime: self.clock.monotonic().saturating_sub(self.facts.start_monotonic),
            storage_state: stats.read_only.map_or("ok".into(), |why| format!("read-only: {why}")),
            storage_bytes: stats.segment_bytes + stats.journal_bytes,
            disk_free_bytes: space.map_or(0, |space| space.available),
            series: stats.series,
            samples_accepted: stats.rows_accepted,
        }
    }
}

/// Supervised parts and the storage, and how they are.
pub(crate) fn parts(own: &OwnMetrics) -> Vec<Component> {
    let mut components: Vec<Component> = own.panics.snapshot().into_iter().map(part).collect();
    let trouble = own.db.read_only_reason();
    components.push(Component {
        name: "storage".into(),
        healthy: trouble.is_none(),
        message: trouble.unwrap_or_else(|| "takes samples".into()),
        restarts: 0,
    });
    components.sort_by(|a, b| a.name.cmp(&b.name));
    components
}

fn counts(list: Vec<(String, u64)>) -> Vec<NamedCount> {
    list.into_iter().map(|(name, value)| NamedCount { name, value }).collect()
}

fn part((name, panics): (&'static str, u64)) -> Component {
    let message = match panics {
        0 => "runs".to_owned(),
        count => format!("restarted after {count} panics"),
    };
    Component { name: name.into(), healthy: true, message, restarts: panics }
}
