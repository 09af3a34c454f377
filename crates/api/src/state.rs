//! What the handlers ask: wired once by the composition root, shared by every request.
//! Everything is a trait or an `Arc`, so that tests and the binary wire it alike.

use crate::HttpMetrics;
use crate::Queries;
use crate::page::PageFiles;
use crate::provider::{
    AdminProvider, AlertsProvider, LifecycleProvider, MetricsProvider, RulesProvider,
    StatusProvider, TargetsProvider,
};
use config::MatcherMode;
use dashboards::Library;
use model::Querier;
use promql::ParserOptions;
use query::Engine;
use std::sync::Arc;
use sys::Clock;

/// The rooms behind the API.
#[derive(Clone)]
pub struct AppState {
    /// Stored series.
    pub querier: Arc<dyn Querier>,
    /// Evaluates PromQL.
    pub engine: Arc<Engine>,
    /// Parts of PromQL that are switched on.
    pub syntax: ParserOptions,
    /// Grammars of Alertmanager's matchers, and the label names that go with them.
    pub matchers: MatcherMode,
    /// What "now" means for queries without a time.
    pub clock: Arc<dyn Clock>,
    /// Scrape targets.
    pub targets: Arc<dyn TargetsProvider>,
    /// Rule groups and alerts.
    pub rules: Arc<dyn RulesProvider>,
    /// Routing, groups and silences of alerts.
    pub alerting: Arc<dyn AlertsProvider>,
    /// Dashboards, their folders and annotations.
    pub dashboards: Arc<Library>,
    /// Configuration, flags, versions, storage figures.
    pub status: Arc<dyn StatusProvider>,
    /// Ready, reload, quit.
    pub lifecycle: Arc<dyn LifecycleProvider>,
    /// Snapshot, compact.
    pub admin: Arc<dyn AdminProvider>,
    /// Renders `/metrics`.
    pub metrics: Arc<dyn MetricsProvider>,
    /// Queries under way, those of rules included.
    pub queries: Arc<Queries>,
    /// Files of the page.
    pub page: Arc<dyn PageFiles>,
    /// Counts requests; the metrics provider renders it with the rest.
    pub http: Arc<HttpMetrics>,
}
