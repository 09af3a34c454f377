//! Alerts, groups, silences and receivers in the shape of Alertmanager's API v2.

use super::ProviderError;
use alerts::{
    Alert, AlertSelection, AlertStatus, DeadLetter, Decision, GroupStatus, IntegrationStatus,
    RouteView, Sample, Silence, SilenceError,
};
use model::{Labels, Matcher};
use std::collections::BTreeMap;
use std::time::Duration;

/// A receiver of notifications.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReceiverInfo {
    /// Its name.
    pub name: String,
    /// Its labels, its name as `name` among them.
    pub labels: BTreeMap<String, String>,
}

/// Why a silence is not set or not ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SilenceFailure {
    /// It is against the rules of silences.
    #[error(transparent)]
    Refused(#[from] SilenceError),
    /// It cannot be kept.
    #[error(transparent)]
    Failed(#[from] ProviderError),
}

/// What routes alerts. Calls may take as long as a write to the disk.
pub trait AlertsProvider: Send + Sync {
    /// alertmanager.yml as it is used, without its secrets; one that means the same when there is
    /// no such file.
    fn configuration(&self) -> String;

    /// alertmanager.yml as it was named; `None` without such a file.
    fn file(&self) -> Option<String>;

    /// All routes, parents before their children; with labels, the way of an alert that has them.
    fn routes(&self, labels: Option<&Labels>) -> Vec<RouteView>;

    /// Integrations by receiver, and what became of the messages to each since the start.
    fn integrations(&self) -> Vec<IntegrationStatus>;

    /// Receivers, in the order of the file.
    fn receivers(&self) -> Vec<ReceiverInfo>;

    /// How long an alert without end stays firing after its last sign of life.
    fn resolve_timeout(&self) -> Duration;

    /// Alerts that have not ended and are selected, by fingerprint.
    fn alerts(&self, selection: &AlertSelection<'_>) -> Vec<AlertStatus>;

    /// Groups with their alerts that match all matchers, in any order; groups without any are left
    /// out.
    fn groups(&self, matchers: &[Matcher]) -> Vec<GroupStatus>;

    /// The last decisions, at most `count`, about alerts that match all matchers; oldest first.
    fn decisions(&self, matchers: &[Matcher], count: usize) -> Vec<Decision>;

    /// A message about alerts that fire or fired not long ago, as webhooks get it; `None` when no
    /// such alert is known.
    fn sample(&self, wanted: &Sample<'_>) -> Option<serde_json::Value>;

    /// Takes alerts; they are kept when this returns.
    ///
    /// # Errors
    /// When they cannot be kept.
    fn put(&self, alerts: Vec<Alert>) -> Result<(), ProviderError>;

    /// Messages that did not arrive, the one that was given up last first.
    fn dead_letters(&self) -> Vec<DeadLetter>;

    /// Tries a dead letter again; is there such a letter and its receiver?
    fn resend(&self, id: &str) -> bool;

    /// Forgets a dead letter; was there one?
    fn forget_dead_letter(&self, id: &str) -> bool;

    /// All silences, those that ended not long ago included, in any order.
    fn silences(&self) -> Vec<Silence>;

    /// The silence with this identity.
    fn silence(&self, id: &str) -> Option<Silence> {
        self.silences().into_iter().find(|silence| silence.id == id)
    }

    /// Makes a silence, or changes the one with its identity; gives the identity it has then.
    ///
    /// # Errors
    /// When it is against the rules, unknown, or cannot be kept.
    fn set_silence(&self, silence: Silence) -> Result<String, SilenceFailure>;

    /// Ends a silence now.
    ///
    /// # Errors
    /// When there is none, it has ended, or its end cannot be kept.
    fn expire_silence(&self, id: &str) -> Result<(), SilenceFailure>;
}
