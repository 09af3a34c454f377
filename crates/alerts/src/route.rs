//! The routing tree: which receiver hears of an alert, and how alerts are grouped for it.
//! Source: Alertmanager 0.34 `dispatch/route.go`: depth first, children before their parent, a
//! matching child without `continue` hides its later siblings.
//! INV-50: an alert that matches no child stays with its parent; it is never dropped.

use model::{Labels, Matcher};
use std::time::Duration;

/// Labels by which the alerts of a route are grouped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// `['...']`: each alert is its own group.
    All,
    /// The named labels; none: one group.
    Labels(Vec<String>),
}

/// Timing and grouping of a route, after inheritance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteOptions {
    /// Who is told.
    pub receiver: String,
    /// Grouping.
    pub group_by: GroupBy,
    /// Wait before the first notification of a new group.
    pub group_wait: Duration,
    /// Wait between notifications of a group.
    pub group_interval: Duration,
    /// Wait before an unchanged group is told again.
    pub repeat_interval: Duration,
}

/// A node of the routing tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// What holds for alerts that end here.
    pub options: RouteOptions,
    /// All must match; the root has none.
    pub matchers: Vec<Matcher>,
    /// Later siblings are tried even when this node matches.
    pub continues: bool,
    /// Children in their order.
    pub routes: Vec<Route>,
}

/// Someone who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// Name that routes use.
    pub name: String,
    /// For each integration: does it want to hear of ends?
    pub send_resolved: Vec<bool>,
}

/// A tree that cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// A route names a receiver that does not exist.
    #[error("route: undefined receiver `{0}`; known receivers: {1}")]
    UndefinedReceiver(String, String),
    /// The root has matchers or `continue`.
    #[error("the root route must match every alert: no matchers and no `continue`")]
    RootMatches,
}

/// A node reached by an alert, with its identity for group keys.
#[derive(Clone, Debug)]
pub(crate) struct Leaf<'a> {
    pub(crate) key: String,
    pub(crate) options: &'a RouteOptions,
}

impl Route {
    /// Checks that every receiver exists and that the root takes everything.
    pub fn validate(&self, receivers: &[Receiver]) -> Result<(), RouteError> {
        if !self.matchers.is_empty() || self.continues {
            return Err(RouteError::RootMatches);
        }
        self.check_receivers(receivers)
    }

    fn check_receivers(&self, receivers: &[Receiver]) -> Result<(), RouteError> {
        let wanted = &self.options.receiver;
        if !receivers.iter().any(|receiver| receiver.name == *wanted) {
            let known: Vec<&str> = receivers.iter().map(|r| r.name.as_str()).collect();
            return Err(RouteError::UndefinedReceiver(wanted.clone(), known.join(", ")));
        }
        self.routes.iter().try_for_each(|route| route.check_receivers(receivers))
    }

    /// Nodes that take an alert; at least one for the root (INV-50).
    pub(crate) fn leaves(&self, labels: &Labels) -> Vec<Leaf<'_>> {
        let mut found = Vec::new();
        self.collect(labels, "", &mut found);
        found
    }

    fn collect<'a>(&'a self, labels: &Labels, parent: &str, found: &mut Vec<Leaf<'a>>) -> bool {
        if !self.matchers.iter().all(|matcher| matcher.matches_labels(labels)) {
            return false;
        }
        let key = self.key_below(parent);
        let before = found.len();
        for child in &self.routes {
            if child.collect(labels, &key, found) && !child.continues {
                break;
            }
        }
        if found.len() == before {
            found.push(Leaf { key, options: &self.options });
        }
        true
    }

    /// Alertmanager's route key: `{}/{job="node"}`.
    fn key_below(&self, parent: &str) -> String {
        let matchers: Vec<String> = self.matchers.iter().map(ToString::to_string).collect();
        let own = format!("{{{}}}", matchers.join(","));
        if parent.is_empty() { own } else { format!("{parent}/{own}") }
    }
}

impl GroupBy {
    /// Labels that identify the group of an alert.
    pub(crate) fn group_labels(&self, labels: &Labels) -> Labels {
        match self {
            Self::All => labels.clone(),
            Self::Labels(names) => labels.without(|name| !names.iter().any(|n| n == name)),
        }
    }
}
