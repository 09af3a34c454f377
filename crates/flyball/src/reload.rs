//! Reads the configuration again and applies it, all or nothing.

use crate::board_files::BoardFiles;
use crate::dispatch::Dispatch;
use crate::integrate::Integrator;
use crate::kept_rules::{InForce, KeptRules};
use crate::lines::Lines;
use crate::load::{Configuration, Files, GroupDefaults, LoadError, load};
use crate::outlets::Outlets;
use crate::own::{Live, ReloadState};
use crate::probes::Probes;
use crate::query_log::{QueryLogCounts, QueryLogFile};
use crate::sources::Services;
use api::{Queries, QueryLog};
use commands::features::Syntax;
use config::PrometheusConfig;
use dashboards::{Annotation, Library};
use ingest::OtlpReceiver;
use rules::{GroupOptions, Surroundings};
use scrape::Pools;
use services::Offers;
use std::path::Path;
use std::sync::Arc;
use sys::Clock;
use tokio::sync::Mutex;
use tsdb::Db;
use vitals::Vitals;

/// Owner of everything that a reload changes.
pub(crate) struct Reloader {
    pub(crate) files: Files,
    /// Languages of the files.
    pub(crate) syntax: Syntax,
    /// How rules are evaluated, as far as flags say.
    pub(crate) rules: GroupOptions,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) state: Arc<ReloadState>,
    pub(crate) live: Arc<Live>,
    pub(crate) db: Arc<Db>,
    pub(crate) otlp: Arc<OtlpReceiver>,
    pub(crate) lines: Arc<Lines>,
    pub(crate) egress: Arc<egress::Egress>,
    pub(crate) senders: Arc<egress::Senders>,
    pub(crate) probes: Probes,
    pub(crate) services: Services,
    pub(crate) offers: Arc<Offers>,
    pub(crate) vitals: Arc<Vitals>,
    pub(crate) kept_rules: Arc<KeptRules>,
    pub(crate) dispatch: Arc<Dispatch>,
    pub(crate) outlets: Arc<Outlets>,
    pub(crate) dashboards: Arc<Library>,
    pub(crate) board_files: Arc<BoardFiles>,
    pub(crate) integrator: Integrator,
    pub(crate) queries: Arc<Queries>,
    pub(crate) query_log: Arc<QueryLogCounts>,
    /// Whoever holds the pools has the turn: one reload at a time. Empty after the stop.
    pub(crate) pools: Mutex<Option<Pools>>,
    /// Orders arrive on threads that do not belong to the runtime.
    pub(crate) runtime: tokio::runtime::Handle,
}

impl Reloader {
    /// Reads all files and applies them; on any mistake the configuration in force stays.
    pub(crate) async fn reload(&self) -> Result<(), LoadError> {
        let (files, syntax) = (self.files.clone(), self.syntax);
        let loaded = tokio::task::spawn_blocking(move || load(&files, syntax)).await;
        let loaded = loaded.unwrap_or_else(|error| Err(LoadError(vec![error.to_string()])));
        let result = match loaded {
            Ok(configuration) => self.apply(configuration).await,
            Err(error) => Err(error),
        };
        match &result {
            Ok(()) => {
                tracing::info!("configuration reloaded");
                self.annotate("configuration reloaded");
            }
            Err(error) => {
                self.state.note_failure();
                tracing::error!(%error, "configuration refused, the former one stays in force");
                self.annotate("configuration refused, the former one stays in force");
            }
        }
        result
    }

    /// Applies a configuration; first comes what can be refused: query log and routing tree.
    pub(crate) async fn apply(&self, configuration: Configuration) -> Result<(), LoadError> {
        let mut pools = self.pools.lock().await;
        for warning in &configuration.warnings {
            tracing::warn!(%warning, "configuration");
        }
        let query_log = self.open_query_log(&configuration)?;
        let routing = &configuration.routing;
        self.dispatch
            .replace(&routing.settings, self.integrator.build(routing))
            .map_err(|error| LoadError(vec![error.to_string()]))?;
        self.query_log.set_enabled(query_log.is_some());
        self.queries.log_to(query_log);
        if let Some(pools) = pools.as_mut() {
            pools.apply(&configuration.prometheus.scrape_configs).await;
            let mut waiting = self.probes.apply(&configuration);
            waiting.extend(self.services.of(&configuration.flyball.services));
            pools.apply_waiting(waiting);
        }
        if !configuration.is_bare_prometheus {
            let watched = configuration.flyball.services.clone();
            tokio::task::block_in_place(|| self.offers.configure(watched));
        }
        self.vitals.configure(configuration.health.clone());
        let storage = &configuration.prometheus.storage;
        self.db.set_out_of_order_window(storage.out_of_order_time_window);
        let options = self.group_options(&configuration.prometheus);
        self.otlp.configure(configuration.prometheus.otlp.clone());
        self.lines.configure(&configuration);
        let external = configuration.prometheus.global.external_labels.clone();
        let remote_write = &configuration.prometheus.remote_write;
        let backlog = configuration.flyball.remote_write_backlog_bytes_max;
        self.senders.bound_backlog(backlog.unwrap_or(egress::BACKLOG_BYTES_MAX));
        tokio::task::block_in_place(|| self.senders.apply(remote_write, &external));
        self.egress.set_external_labels(external);
        self.outlets.apply(&configuration);
        let defaults = GroupDefaults::of(&configuration.prometheus, self.syntax.promql);
        self.kept_rules.configure(InForce { groups: configuration.groups, options, defaults });
        let folders = configuration.flyball.dashboards;
        tokio::task::block_in_place(|| self.board_files.configure(folders));
        let jobs = configuration.prometheus.scrape_configs;
        self.live.set(configuration.redacted, configuration.shown, jobs);
        self.state.note_success(self.clock.now());
        Ok(())
    }

    /// Leaves a mark on the time axis of dashboards.
    fn annotate(&self, text: &str) {
        let annotation = Annotation {
            id: 0,
            at_ms: self.clock.now().ms(),
            end_ms: None,
            tags: vec!["flyball".to_owned(), "config".to_owned()],
            text: text.to_owned(),
            dashboard: None,
            panel: None,
            author: "flyball".to_owned(),
        };
        let kept = tokio::task::block_in_place(|| self.dashboards.annotate(annotation));
        if let Err(error) = kept {
            tracing::warn!(%error, "the reload is not marked on dashboards");
        }
    }

    /// Opens the query log anew, so that a file that was moved away is let go.
    fn open_query_log(
        &self,
        configuration: &Configuration,
    ) -> Result<Option<Arc<dyn QueryLog>>, LoadError> {
        let Some(path) = &configuration.prometheus.global.query_log_file else { return Ok(None) };
        match QueryLogFile::open(Path::new(path), &self.query_log) {
            Ok(file) => Ok(Some(Arc::new(file))),
            Err(error) => {
                Err(LoadError(vec![format!("cannot open global.query_log_file {path}: {error}")]))
            }
        }
    }

    /// How rules are evaluated under this configuration.
    fn group_options(&self, prometheus: &PrometheusConfig) -> GroupOptions {
        let around = Surroundings {
            external_labels: prometheus.global.external_labels.clone(),
            external_url: self.integrator.external_url.clone(),
            alert_relabel: prometheus.alerting.alert_relabel_configs.clone(),
        };
        GroupOptions { around: Arc::new(around), ..self.rules.clone() }
    }

    /// The same for callers on blocking threads, who wait.
    pub(crate) fn reload_blocking(&self) -> Result<(), LoadError> {
        self.runtime.block_on(self.reload())
    }

    /// Ends all scraping; later reloads change nothing there.
    pub(crate) async fn stop_scraping(&self) {
        if let Some(pools) = self.pools.lock().await.take() {
            pools.stop().await;
        }
    }
}
