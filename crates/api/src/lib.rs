//! HTTP APIs in the dialects of Prometheus and Flyball, and the guards in front of every route.
//! Asks `query` and the providers that the composition root hands in; serves the page of `ui`.
//! A shell: it parses, guards and renders; what is true is decided by the rooms behind it.

mod error;
mod metrics;
mod options;
mod principal;
mod provider;
mod state;

pub use error::{Error, ErrorKind};
pub use metrics::HttpMetrics;
pub use options::{QueryLimits, ServerOptions};
pub use principal::{Permission, Principal};
pub use provider::{
    ActiveTarget, AdminProvider, AlertInstance, AlertState, AlertingRule, BuildInfo, CompactReport,
    Component, DroppedTarget, DroppedTargets, HeadStats, LifecycleProvider, MetricsProvider, NamedCount,
    ProviderError, ProviderErrorKind, RecordingRule, ReplayStatus, Rule, RuleGroup, RuleHealth,
    RulesProvider, RuntimeInfo, ServerStatus, StatusProvider, TargetHealth, TargetMetadata,
    TargetsProvider, TsdbStatus,
};
pub use state::AppState;
