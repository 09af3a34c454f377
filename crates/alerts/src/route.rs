//! The routing tree: which receiver hears of an alert, and how alerts are grouped for it.
//! Source: Alertmanager 0.34 `dispatch/route.go`: depth first, children before their parent, a
//! matching child without `continue` hides its later siblings.
//! INV-50: an alert that matches no child stays with its parent; it is never dropped.

mod view;

use config::{GroupBy, Route};
use model::{Labels, Matcher};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub use view::{RouteView, Way};

/// Someone who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// Name that routes use.
    pub name: String,
    /// Ways to tell.
    pub integrations: Vec<Integration>,
}

/// One way to tell somebody, as far as it matters for when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integration {
    /// Kind and place among its kind: `webhook[0]`. Identity in the notification log.
    pub name: String,
    /// Does it want to hear of ends?
    pub send_resolved: bool,
}

/// A tree that cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// A route names a receiver that does not exist.
    #[error("route: undefined receiver `{0}`; known receivers: {1}")]
    UndefinedReceiver(String, String),
    /// A route names a time interval that does not exist.
    #[error("route: undefined time interval `{0}`")]
    UndefinedInterval(String),
    /// The root has matchers or `continue`.
    #[error("the root route must match every alert: no matchers and no `continue`")]
    RootMatches,
}

/// A node of the tree as groups use it.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Alertmanager's route key: `{}/{job="node"}`.
    pub(crate) key: String,
    pub(crate) receiver: Arc<str>,
    pub(crate) group_by: GroupBy,
    pub(crate) group_wait: Duration,
    pub(crate) group_interval: Duration,
    pub(crate) repeat_interval: Duration,
    pub(crate) mute_time_intervals: Vec<String>,
    pub(crate) active_time_intervals: Vec<String>,
    pub(crate) labels: BTreeMap<String, String>,
    matchers: Vec<Matcher>,
    continues: bool,
    line: usize,
    own: Vec<&'static str>,
    /// Places of the children.
    children: Vec<usize>,
}

/// The tree; the root is node 0, parents come before their children.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// Checks a tree: every receiver and time interval exists, the root takes everything.
    pub(crate) fn new(
        root: &Route,
        receivers: &[Receiver],
        has_interval: impl Fn(&str) -> bool,
    ) -> Result<Self, RouteError> {
        if !root.matchers.is_empty() || root.continue_matching {
            return Err(RouteError::RootMatches);
        }
        let mut tree = Self { nodes: Vec::new() };
        tree.add(root, "");
        for node in &tree.nodes {
            if !receivers.iter().any(|receiver| *receiver.name == *node.receiver) {
                let known: Vec<&str> = receivers.iter().map(|r| r.name.as_str()).collect();
                let wanted = node.receiver.to_string();
                return Err(RouteError::UndefinedReceiver(wanted, known.join(", ")));
            }
            let mut named = node.mute_time_intervals.iter().chain(&node.active_time_intervals);
            if let Some(unknown) = named.find(|name| !has_interval(name)) {
                return Err(RouteError::UndefinedInterval(unknown.clone()));
            }
        }
        Ok(tree)
    }

    fn add(&mut self, route: &Route, parent: &str) -> usize {
        let matchers: Vec<String> = route.matchers.iter().map(ToString::to_string).collect();
        let own = format!("{{{}}}", matchers.join(","));
        let key = if parent.is_empty() { own } else { format!("{parent}/{own}") };
        let place = self.nodes.len();
        self.nodes.push(Node {
            key: key.clone(),
            receiver: route.receiver.as_str().into(),
            group_by: route.group_by.clone(),
            group_wait: route.group_wait,
            group_interval: route.group_interval,
            repeat_interval: route.repeat_interval,
            mute_time_intervals: route.mute_time_intervals.clone(),
            active_time_intervals: route.active_time_intervals.clone(),
            labels: route.labels.clone(),
            matchers: route.matchers.clone(),
            continues: route.continue_matching,
            line: route.line,
            own: route.own.clone(),
            children: Vec::new(),
        });
        let children = route.routes.iter().map(|child| self.add(child, &key)).collect();
        self.nodes[place].children = children;
        place
    }

    pub(crate) fn node(&self, place: usize) -> &Node {
        &self.nodes[place]
    }

    /// Places of the nodes that take an alert; at least one (INV-50).
    pub(crate) fn leaves(&self, labels: &Labels) -> Vec<usize> {
        let mut found = Vec::new();
        self.collect(0, labels, &mut found, &mut |_, _| {});
        assert!(!found.is_empty(), "INV-50: the root takes every alert");
        found
    }

    /// Adds the nodes that take an alert, from this one down; `asked` hears of every node that is
    /// asked, and whether it matches.
    fn collect(
        &self,
        place: usize,
        labels: &Labels,
        found: &mut Vec<usize>,
        asked: &mut impl FnMut(usize, bool),
    ) -> bool {
        let node = &self.nodes[place];
        let is_match = node.matchers.iter().all(|matcher| matcher.matches_labels(labels));
        asked(place, is_match);
        if !is_match {
            return false;
        }
        let before = found.len();
        for &child in &node.children {
            if self.collect(child, labels, found, asked) && !self.nodes[child].continues {
                break;
            }
        }
        if found.len() == before {
            found.push(place);
        }
        true
    }
}

/// Labels that identify the group of an alert, one after another.
pub(crate) fn group_pairs<'a>(
    group_by: &'a GroupBy,
    labels: &'a Labels,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    labels.iter().filter(move |(name, _)| match group_by {
        GroupBy::AllLabels => true,
        GroupBy::Labels(names) => names.iter().any(|n| n == name),
    })
}

/// The same as a set.
pub(crate) fn group_labels(group_by: &GroupBy, labels: &Labels) -> Labels {
    match group_by {
        GroupBy::AllLabels => labels.clone(),
        GroupBy::Labels(names) => labels.without(|name| !names.iter().any(|n| n == name)),
    }
}
