//! Rule groups, rules and alerts in the shape of `/api/v1/rules`.

use model::{Labels, Timestamp};
use std::time::Duration;

/// Result of a rule's last evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum RuleHealth {
    /// Not evaluated yet.
    #[default]
    Unknown,
    /// The last evaluation succeeded.
    Ok,
    /// The last evaluation failed.
    Err,
}

/// State of an alert, or the worst one of a rule's alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub enum AlertState {
    /// The condition does not hold.
    #[default]
    Inactive,
    /// Not evaluated since the start.
    Unknown,
    /// The condition holds, but not for long enough.
    Pending,
    /// The condition holds.
    Firing,
}

/// One alert of a rule.
#[derive(Clone, Debug, Default)]
pub struct AlertInstance {
    /// Labels, `alertname` among them.
    pub labels: Labels,
    /// Annotations, expanded.
    pub annotations: Vec<(String, String)>,
    /// Pending or firing.
    pub state: AlertState,
    /// Since when the condition holds.
    pub active_at: Option<Timestamp>,
    /// Since when only `keep_firing_for` keeps it firing.
    pub keep_firing_since: Option<Timestamp>,
    /// Since when its data is missing because its target is down.
    pub missing_since: Option<Timestamp>,
    /// Does it come and go, so that it fires on until it is quiet?
    pub is_flapping: bool,
    /// Value of the expression.
    pub value: f64,
}

/// A rule that raises alerts.
#[derive(Clone, Debug, Default)]
pub struct AlertingRule {
    /// Name of the alert.
    pub name: String,
    /// Expression, printed.
    pub query: String,
    /// `for`
    pub hold: Duration,
    /// `keep_firing_for`
    pub keep_firing_for: Duration,
    /// What goes beyond Prometheus, as in the file: key and value.
    pub extras: Vec<(&'static str, String)>,
    /// Labels added to its alerts, not expanded.
    pub labels: Vec<(String, String)>,
    /// Annotations, not expanded.
    pub annotations: Vec<(String, String)>,
    /// Pending and firing alerts.
    pub alerts: Vec<AlertInstance>,
    /// Worst state of its alerts.
    pub state: AlertState,
    /// Result of the last evaluation.
    pub health: RuleHealth,
    /// Error of the last evaluation.
    pub last_error: Option<String>,
    /// How long the last evaluation took.
    pub evaluation_time: Duration,
    /// When it was evaluated last.
    pub last_evaluation: Option<Timestamp>,
}

/// A rule that records a series.
#[derive(Clone, Debug, Default)]
pub struct RecordingRule {
    /// Name of the recorded metric.
    pub name: String,
    /// Expression, printed.
    pub query: String,
    /// Labels added to the recorded series.
    pub labels: Vec<(String, String)>,
    /// Result of the last evaluation.
    pub health: RuleHealth,
    /// Error of the last evaluation.
    pub last_error: Option<String>,
    /// How long the last evaluation took.
    pub evaluation_time: Duration,
    /// When it was evaluated last.
    pub last_evaluation: Option<Timestamp>,
}

/// A rule.
#[derive(Clone, Debug)]
pub enum Rule {
    /// Raises alerts.
    Alerting(AlertingRule),
    /// Records a series.
    Recording(RecordingRule),
}

/// Rules that are evaluated together.
#[derive(Clone, Debug, Default)]
pub struct RuleGroup {
    /// Name, unique within its file.
    pub name: String,
    /// File it was read from.
    pub file: String,
    /// Rules in their order.
    pub rules: Vec<Rule>,
    /// Time between evaluations.
    pub interval: Duration,
    /// Most alerts or series a rule may produce; 0: no limit.
    pub limit: u64,
    /// How long the last evaluation took.
    pub evaluation_time: Duration,
    /// When it was evaluated last.
    pub last_evaluation: Option<Timestamp>,
}

/// URLs of the external Alertmanagers that alerts are sent to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertmanagerUrls {
    /// Those that get alerts.
    pub active: Vec<String>,
    /// Those that relabelling dropped.
    pub dropped: Vec<String>,
}

/// State of the rules.
pub trait RulesProvider: Send + Sync {
    /// All groups, sorted by file and name.
    fn groups(&self) -> Vec<RuleGroup>;

    /// External Alertmanagers, in the order of the configuration.
    fn alertmanagers(&self) -> AlertmanagerUrls;
}
