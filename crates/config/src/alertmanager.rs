//! alertmanager.yml, first form: the routing tree and webhooks.
//! Read by `load`; used by `alerts` (routes) and `notify` (receivers). Semantics: Alertmanager
//! 0.34. Keys that do not work yet are refused by name: a page that silently never comes is worse.

mod matchers;
mod read;

use crate::{HttpClientConfig, SecretSource};
use model::Matcher;
use std::time::Duration;

pub use matchers::parse_matchers;
pub use read::load;

/// A whole alertmanager.yml.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertmanagerFile {
    /// How long an alert without end stays firing after its last sign of life.
    pub resolve_timeout: Duration,
    /// The tree of routes; its root matches every alert.
    pub route: Route,
    /// Receivers; names are unique, every route names one of them.
    pub receivers: Vec<Receiver>,
}

/// A node of the routing tree, with everything inherited from its parent filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Name of the receiver.
    pub receiver: String,
    /// What makes alerts one group.
    pub group_by: GroupBy,
    /// Wait before the first notification of a group; 30 seconds by default.
    pub group_wait: Duration,
    /// Wait before a changed group is notified again; 5 minutes by default.
    pub group_interval: Duration,
    /// Wait before an unchanged group is notified again; 4 hours by default.
    pub repeat_interval: Duration,
    /// Conditions, all of which an alert must satisfy; empty: every alert.
    pub matchers: Vec<Matcher>,
    /// Try the next sibling too after this route matched.
    pub continue_matching: bool,
    /// Children, in the order in which they are tried.
    pub routes: Vec<Route>,
}

/// What makes alerts one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// `[...]`: every distinct label set is a group of its own.
    AllLabels,
    /// Equal values of these labels; none: all alerts of the route are one group.
    Labels(Vec<String>),
}

/// A named set of ways to notify.
#[derive(Clone, Debug, PartialEq)]
pub struct Receiver {
    /// Name, not empty.
    pub name: String,
    /// Webhooks to call.
    pub webhooks: Vec<WebhookConfig>,
}

/// A webhook.
#[derive(Clone, Debug, PartialEq)]
pub struct WebhookConfig {
    /// Where to send; the URL may carry a token, so it is a secret.
    pub url: SecretSource,
    /// Also notify when alerts end; true by default.
    pub send_resolved: bool,
    /// Most alerts in a message; absent: all.
    pub alerts_max: Option<u64>,
    /// Longest time of a call; absent: the group's.
    pub timeout: Option<Duration>,
    /// How requests are made; absent in the file: the global one.
    pub http: HttpClientConfig,
}
