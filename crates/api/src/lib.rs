//! HTTP APIs in the dialects of Prometheus and Flyball, and the guards in front of every route.
//! Asks `query` and the providers that the composition root hands in; serves the page it is given.
//! A shell: it parses, guards and renders; what is true is decided by the rooms behind it.

mod admin;
mod alertmanager;
mod app;
mod body;
mod dashboards;
mod error;
mod flyball;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod grafana;
mod guard;
mod gzip;
mod health;
mod lifecycle;
mod metrics;
mod openapi;
mod options;
mod orders;
mod page;
mod params;
mod pool;
mod principal;
mod prom;
mod provider;
mod queries;
mod render;
mod reply;
mod routes;
mod rule_config;
mod server;
mod service;
mod shape;
mod state;
mod web;

use app::App;

#[cfg(test)]
extern crate self as api;
#[cfg(test)]
mod test_client;
#[cfg(test)]
mod testing;

pub use error::{Error, ErrorKind};
pub use metrics::HttpMetrics;
pub use options::{GrpcListen, QueryLimits, ServerOptions};
pub use page::{PageAsset, PageFiles};
pub use principal::{Permission, Principal};
pub use provider::{
    ActiveTarget, AdminProvider, AlertInstance, AlertState, AlertingRule, AlertmanagerUrls,
    AlertsProvider, BuildInfo, CompactReport, Component, DroppedTarget, DroppedTargets, HeadStats,
    JobRules, LifecycleProvider, MetricsProvider, NamedCount, PlacedRule, ProviderError,
    ProviderErrorKind, ReceiverInfo, RecordingRule, ReplayStatus, Rule, RuleGroup, RuleHealth,
    RulesProvider, RuntimeInfo, ServerStatus, SilenceFailure, StatusProvider, TargetHealth,
    TargetMetadata, TargetsProvider, TsdbStatus,
};
pub use queries::{Outcome, Queries, QueryLog, Question, Refusal, Ticket};
pub use routes::Mount;
pub use rule_config::{RuleConfig, RuleConfigProvider, rule_config_mounts};
pub use server::{Bound, Listening, Server};
pub use state::AppState;
