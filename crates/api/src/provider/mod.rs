//! What the API asks the other rooms, as traits with plain results; the composition root adapts.
//! Calls may block for as long as reading a lock takes, except where a method says otherwise.

mod admin;
mod alerts;
mod lifecycle;
mod metrics;
mod rules;
mod status;
mod targets;

pub use admin::{AdminProvider, CompactReport};
pub use alerts::{AlertsProvider, ReceiverInfo, SilenceFailure};
pub use lifecycle::LifecycleProvider;
pub use metrics::MetricsProvider;
pub use rules::{
    AlertInstance, AlertState, AlertingRule, AlertmanagerUrls, RecordingRule, Rule, RuleGroup,
    RuleHealth, RulesProvider,
};
pub use status::{
    BuildInfo, Component, HeadStats, NamedCount, ReplayStatus, RuntimeInfo, ServerStatus,
    StatusProvider, TsdbStatus,
};
pub use targets::{
    ActiveTarget, DroppedTarget, DroppedTargets, JobRules, PlacedRule, TargetHealth,
    TargetMetadata, TargetsProvider,
};

/// What kind of trouble a provider had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProviderErrorKind {
    /// Not now: starting, stopping, read-only. Answered with 503.
    Unavailable,
    /// Tried and failed. Answered with 500.
    Failed,
    /// Against a rule or a limit. Answered with 400.
    Refused,
}

/// A provider could not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ProviderError {
    kind: ProviderErrorKind,
    message: String,
}

impl ProviderError {
    /// An error with its full sentence.
    pub fn new(kind: ProviderErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// Kind, for callers that decide.
    pub fn kind(&self) -> ProviderErrorKind {
        self.kind
    }
}
