//! Providers with fixed answers, and the state made of them.

use super::{Alerting, sample_store};
use api::{
    ActiveTarget, AdminProvider, AlertInstance, AlertState, AlertingRule, AlertmanagerUrls,
    AppState, BuildInfo, CompactReport, Component, DroppedTarget, DroppedTargets, HeadStats,
    HttpMetrics, JobRules, LifecycleProvider, MetricsProvider, NamedCount, PageAsset, PageFiles,
    PlacedRule, ProviderError, ProviderErrorKind, Queries, QueryLimits, RecordingRule,
    ReplayStatus, Rule, RuleGroup, RuleHealth, RulesProvider, RuntimeInfo, ServerStatus,
    StatusProvider, TargetHealth, TargetMetadata, TargetsProvider, TsdbStatus,
};
use model::{Labels, Matcher, Metadata, MetricKind, MetricMetadata, Timestamp};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use sys::Clock;

/// Noon of a day; does not move.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FakeClock;

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(300_000)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(1)
    }
}

/// All providers in one.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    /// Not ready while set.
    pub(crate) loading: AtomicBool,
    /// Times `quit` was called.
    pub(crate) quits: AtomicUsize,
    /// Makes `reload` fail.
    pub(crate) bad_config: AtomicBool,
    /// Makes a component unhealthy.
    pub(crate) broken: AtomicBool,
    /// Makes `scrape_pools` panic.
    pub(crate) panics: AtomicBool,
    /// Deletions and purges that were asked for.
    pub(crate) deleted: Mutex<Vec<String>>,
}

impl TargetsProvider for Rooms {
    fn active(&self) -> Vec<ActiveTarget> {
        vec![ActiveTarget {
            discovered_labels: Labels::from_pairs([("__address__", "a:9100"), ("job", "node")]),
            labels: Labels::from_pairs([("instance", "a:9100"), ("job", "node")]),
            scrape_pool: "node".into(),
            scrape_url: "http://a:9100/metrics".into(),
            global_url: "http://a:9100/metrics".into(),
            last_error: String::new(),
            last_scrape: Some(Timestamp::from_ms(1_700_000_000_123)),
            last_scrape_duration: Duration::from_millis(12),
            health: TargetHealth::Up,
            scrape_interval: Duration::from_secs(15),
            scrape_timeout: Duration::from_secs(10),
        }]
    }

    fn dropped(&self) -> DroppedTargets {
        DroppedTargets {
            targets: vec![DroppedTarget {
                discovered_labels: Labels::from_pairs([("__address__", "c:9100")]),
                scrape_pool: "node".into(),
            }],
            counts: BTreeMap::from([("node".into(), 1)]),
        }
    }

    fn scrape_pools(&self) -> Vec<String> {
        assert!(!self.panics.load(Ordering::Relaxed), "told to panic");
        vec!["api".into(), "node".into()]
    }

    fn rules(&self, job: &str) -> Option<JobRules> {
        let text = "scrape_configs:\n- job_name: node\n  relabel_configs:\n  \
            - {source_labels: [env], regex: dev, action: drop}\n  \
            - {source_labels: [__address__], regex: '(.+):.*', target_label: host}\n  \
            metric_relabel_configs:\n  - {regex: instance, action: labeldrop}\n";
        let loaded = config::prometheus::load("prometheus.yml", text, &config::Outside::nothing());
        let config = loaded.unwrap().config.scrape_configs.remove(0);
        let placed = |rules: Vec<relabel::Rule>, lines: Vec<usize>| {
            rules.into_iter().zip(lines).map(|(rule, line)| PlacedRule { line, rule }).collect()
        };
        let places = config.rule_places;
        (job == config.job_name).then(|| JobRules {
            file: places.file,
            relabel: placed(config.relabel_configs, places.relabel),
            metric_relabel: placed(config.metric_relabel_configs, places.metric_relabel),
            honor_labels: config.honor_labels,
        })
    }

    fn metadata(&self) -> Vec<TargetMetadata> {
        vec![TargetMetadata {
            target: Labels::from_pairs([("instance", "a:9100"), ("job", "node")]),
            metric: MetricMetadata {
                metric: "up".into(),
                metadata: Metadata {
                    kind: MetricKind::Gauge,
                    help: "Up.".into(),
                    unit: String::new(),
                },
            },
        }]
    }
}

impl RulesProvider for Rooms {
    fn alertmanagers(&self) -> AlertmanagerUrls {
        let one = |host: &str| vec![format!("http://{host}:9093/api/v2/alerts")];
        AlertmanagerUrls { active: one("am"), dropped: one("old") }
    }

    fn groups(&self) -> Vec<RuleGroup> {
        let text = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let alert = AlertInstance {
            labels: Labels::from_pairs([("alertname", "Down"), ("severity", "page")]),
            annotations: vec![text("summary", "a is down")],
            state: AlertState::Firing,
            active_at: Some(Timestamp::from_ms(1_700_000_000_000)),
            keep_firing_since: None,
            missing_since: None,
            is_flapping: false,
            value: 1.0,
        };
        let alerting = AlertingRule {
            name: "Down".into(),
            query: "up == 0".into(),
            hold: Duration::from_mins(1),
            labels: vec![text("severity", "page")],
            annotations: vec![text("summary", "{{ $labels.instance }} is down")],
            alerts: vec![alert],
            state: AlertState::Firing,
            health: RuleHealth::Ok,
            last_evaluation: Some(Timestamp::from_ms(1_700_000_000_000)),
            evaluation_time: Duration::from_millis(2),
            ..AlertingRule::default()
        };
        let recording = RecordingRule {
            name: "job:up:sum".into(),
            query: "sum by (job) (up)".into(),
            health: RuleHealth::Err,
            last_error: Some("out of luck".into()),
            ..RecordingRule::default()
        };
        vec![
            RuleGroup {
                name: "alerts".into(),
                file: "rules.yml".into(),
                rules: vec![Rule::Alerting(alerting)],
                interval: Duration::from_secs(15),
                ..RuleGroup::default()
            },
            RuleGroup {
                name: "records".into(),
                file: "rules.yml".into(),
                rules: vec![Rule::Recording(recording)],
                interval: Duration::from_mins(1),
                limit: 10,
                ..RuleGroup::default()
            },
        ]
    }
}

impl StatusProvider for Rooms {
    fn config_yaml(&self) -> String {
        "global:\n  scrape_interval: 15s\n".into()
    }

    fn flags(&self) -> BTreeMap<String, String> {
        BTreeMap::from([("web.enable-lifecycle".into(), "false".into())])
    }

    fn runtime(&self) -> RuntimeInfo {
        RuntimeInfo {
            working_directory: "/srv".into(),
            hostname: "host".into(),
            reload_config_success: true,
            threads: 9,
            processors: 2,
            memory_limit_bytes: 1 << 30,
            storage_retention: "30d".into(),
            ..RuntimeInfo::default()
        }
    }

    fn build(&self) -> BuildInfo {
        BuildInfo {
            version: "0.1.0".into(),
            revision: "abc".into(),
            compiler: "rustc 1.95.0".into(),
            ..BuildInfo::default()
        }
    }

    fn tsdb(&self, limit: usize) -> Result<TsdbStatus, ProviderError> {
        let count = |name: &str, value| NamedCount { name: name.into(), value };
        let mut series_by_metric = vec![count("up", 2), count("requests_total", 1)];
        series_by_metric.truncate(limit);
        let head = HeadStats { series: 3, label_pairs: 7, chunks: 1, ..HeadStats::default() };
        Ok(TsdbStatus {
            head,
            series_by_metric,
            values_by_label: vec![count("instance", 2)],
            bytes_by_label: vec![count("instance", 12)],
            series_by_pair: vec![count("job=node", 2)],
        })
    }

    fn replay(&self) -> ReplayStatus {
        ReplayStatus { min: 1, max: 4, current: 4 }
    }

    fn features(&self) -> BTreeMap<String, BTreeMap<String, bool>> {
        BTreeMap::from([("promql".into(), BTreeMap::from([("at_modifier".into(), true)]))])
    }

    fn watched(&self) -> Vec<Component> {
        let message = "critical 0: a:6379, connection refused (100 points)".to_owned();
        let redis = Component { name: "redis".into(), message, ..Component::default() };
        vec![redis]
    }

    fn components(&self) -> Vec<Component> {
        let healthy = !self.broken.load(Ordering::Relaxed);
        let message = if healthy { "" } else { "disk full" };
        let part = |name: &str, healthy, message: &str| Component {
            name: name.into(),
            healthy,
            message: message.into(),
            restarts: 0,
        };
        vec![part("scrape", true, ""), part("storage", healthy, message)]
    }

    fn server(&self) -> ServerStatus {
        ServerStatus {
            data_dir: "flyball-data".into(),
            uptime: Duration::from_secs(61),
            storage_state: "ok".into(),
            series: 3,
            ..ServerStatus::default()
        }
    }
}

impl LifecycleProvider for Rooms {
    fn is_ready(&self) -> bool {
        !self.loading.load(Ordering::Relaxed)
    }

    fn reload(&self) -> Result<(), ProviderError> {
        if self.bad_config.load(Ordering::Relaxed) {
            let message = "prometheus.yml:3:1: unknown key `scrap`";
            return Err(ProviderError::new(ProviderErrorKind::Failed, message));
        }
        Ok(())
    }

    fn quit(&self) {
        self.quits.fetch_add(1, Ordering::Relaxed);
    }
}

impl AdminProvider for Rooms {
    fn snapshot(&self, skip_head: bool) -> Result<String, ProviderError> {
        Ok(format!("20231114T221320Z-skip-{skip_head}"))
    }

    fn compact(&self, cold: bool) -> Result<CompactReport, ProviderError> {
        if cold {
            let message = "the storage is read-only: disk full";
            return Err(ProviderError::new(ProviderErrorKind::Unavailable, message));
        }
        let (segments_before, segments_after, bytes_before, bytes_after) = (4, 1, 4096, 1024);
        Ok(CompactReport { segments_before, segments_after, bytes_before, bytes_after })
    }

    fn delete_series(
        &self,
        selectors: &[Vec<Matcher>],
        start: Timestamp,
        end: Timestamp,
    ) -> Result<(), ProviderError> {
        if selectors.len() > 1 {
            let message = "cannot delete: too many selectors";
            return Err(ProviderError::new(ProviderErrorKind::Refused, message));
        }
        self.deleted.lock().push(format!("{} {start:?} {end:?}", selectors[0][0]));
        Ok(())
    }

    fn clean_tombstones(&self) -> Result<(), ProviderError> {
        self.deleted.lock().push("purged".into());
        Ok(())
    }
}

impl MetricsProvider for Rooms {
    fn render(&self, out: &mut String) {
        out.push_str("# TYPE flyball_build_info gauge\nflyball_build_info 1\n");
    }
}

/// A page of three files.
pub(crate) struct Page {
    pub(crate) is_application: bool,
}

impl PageFiles for Page {
    fn find(&self, path: &str) -> Option<PageAsset> {
        let (text, content_type) = match path {
            "index.html" => (INDEX, "text/html; charset=utf-8"),
            "page.js" => ("export {};", "text/javascript; charset=utf-8"),
            "assets/app-1.js" => ("let a;", "text/javascript; charset=utf-8"),
            _ => return None,
        };
        let is_immutable = path.starts_with("assets/");
        // The forms need not be compressed really: nobody here looks inside.
        let form = |coding: &str| is_immutable.then(|| format!("{text}{coding}").into());
        let (gzip, brotli) = (form("gz"), form("br"));
        let etag = format!("v{}", text.len());
        Some(PageAsset { bytes: text.into(), gzip, brotli, content_type, etag, is_immutable })
    }

    fn is_application(&self) -> bool {
        self.is_application
    }
}

const INDEX: &str = "<!doctype html><base href=\"/\"><title>Flyball</title>";

/// A library over an empty disk in memory.
fn library() -> dashboards::Library {
    let vfs = Arc::new(sys::sim::SimVfs::new(1));
    dashboards::Library::open(vfs, Path::new("/dashboards")).expect("an empty disk").0
}

/// State over the sample series.
pub(crate) fn state(rooms: &Arc<Rooms>) -> AppState {
    AppState {
        querier: Arc::new(sample_store()),
        engine: Arc::default(),
        syntax: promql::ParserOptions::ALL,
        matchers: config::MatcherMode::default(),
        clock: Arc::new(FakeClock),
        targets: rooms.clone(),
        rules: rooms.clone(),
        alerting: Arc::new(Alerting::at(FakeClock.now())),
        dashboards: Arc::new(library()),
        status: rooms.clone(),
        lifecycle: rooms.clone(),
        admin: rooms.clone(),
        metrics: rooms.clone(),
        page: Arc::new(Page { is_application: true }),
        queries: Arc::new(Queries::new(Arc::new(FakeClock), QueryLimits::default())),
        http: Arc::new(HttpMetrics::default()),
    }
}
