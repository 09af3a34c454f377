//! The routing tree; routes inherit from their parents while they are read.

use super::labels::{self, MatcherKeys};
use crate::alertmanager::{GroupBy, MatcherMode, Route};
use crate::hint::did_you_mean;
use crate::read::{Reader, Section};
use crate::yaml::Node;
use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

/// Deepest routing tree.
const ROUTE_DEPTH_MAX: usize = 32;

const MATCHERS: MatcherKeys = MatcherKeys { equal: "match", regex: "match_re", list: "matchers" };

/// Keys that routes have from their parents when they have none.
const INHERITED: [&str; 5] =
    ["receiver", "group_by", "group_wait", "group_interval", "repeat_interval"];

/// What routes may name.
pub(super) struct Names<'n> {
    pub(super) receivers: BTreeSet<&'n str>,
    pub(super) intervals: BTreeSet<&'n str>,
}

impl Route {
    /// What the root inherits.
    pub fn root() -> Self {
        Self {
            receiver: String::new(),
            group_by: GroupBy::Labels(Vec::new()),
            group_wait: Duration::from_secs(30),
            group_interval: Duration::from_mins(5),
            repeat_interval: Duration::from_hours(4),
            matchers: Vec::new(),
            continue_matching: false,
            mute_time_intervals: Vec::new(),
            active_time_intervals: Vec::new(),
            labels: std::collections::BTreeMap::new(),
            routes: Vec::new(),
            line: 0,
            own: Vec::new(),
        }
    }
}

/// The tree below the root's node.
pub(super) fn read(
    reader: &Reader<'_>,
    node: &Node,
    names: &Names<'_>,
    mode: MatcherMode,
) -> Route {
    if let Some(root) = reader.section(node, "route") {
        check_root(&root);
    }
    Tree { reader, names, mode }.read(node, &Route::root(), 0).unwrap_or_else(Route::root)
}

/// The root is where every alert ends that no other route takes, at any time.
fn check_root(root: &Section<'_>) {
    if !root.is_filled("receiver") {
        root.problem_here("the root route needs a `receiver`");
    }
    for key in ["match", "match_re", "matchers"] {
        let is_empty = |node: &Node| node.items().is_empty() && node.entries().is_empty();
        if root.get(key).is_some_and(|node| !is_empty(node)) {
            let message = format!("the root route matches every alert; it has no `{key}`");
            root.reader.problem(root.key_place(key), message);
        }
    }
    if root.flag("continue") == Some(true) {
        let message = "the root route matches every alert; it has no `continue`";
        root.reader.problem(root.key_place("continue"), message);
    }
    for key in ["mute_time_intervals", "active_time_intervals"] {
        if !root.items(key).is_empty() {
            let message = format!("the root route is active at all times; it has no `{key}`");
            root.reader.problem(root.key_place(key), message);
        }
    }
}

struct Tree<'t> {
    reader: &'t Reader<'t>,
    names: &'t Names<'t>,
    mode: MatcherMode,
}

impl Tree<'_> {
    fn read(&self, node: &Node, parent: &Route, depth: usize) -> Option<Route> {
        if depth > ROUTE_DEPTH_MAX {
            let message = format!("routes are nested deeper than {ROUTE_DEPTH_MAX} levels");
            self.reader.problem(node.place, message);
            return None;
        }
        let section = self.reader.section(node, "route")?;
        let mut labels = parent.labels.clone();
        labels.extend(labels::labels(&section));
        let group_wait = own_duration(&section, "group_wait");
        let mut route = Route {
            receiver: self.receiver(&section).unwrap_or_else(|| parent.receiver.clone()),
            group_by: group_by(&section, self.mode).unwrap_or_else(|| parent.group_by.clone()),
            group_wait: group_wait.unwrap_or(parent.group_wait),
            group_interval: positive(&section, "group_interval").unwrap_or(parent.group_interval),
            repeat_interval: positive(&section, "repeat_interval")
                .unwrap_or(parent.repeat_interval),
            matchers: labels::matchers(&section, MATCHERS, self.mode),
            continue_matching: section.flag("continue").unwrap_or_default(),
            mute_time_intervals: self.intervals(&section, "mute_time_intervals"),
            active_time_intervals: self.intervals(&section, "active_time_intervals"),
            labels,
            routes: Vec::new(),
            line: node.place.line,
            own: own_keys(&section),
        };
        for child in section.items("routes") {
            route.routes.extend(self.read(child, &route, depth + 1));
        }
        section.finish();
        Some(route)
    }

    fn receiver(&self, section: &Section<'_>) -> Option<String> {
        let name = section.filled("receiver")?;
        if !self.names.receivers.contains(name.as_str()) {
            let hint = did_you_mean(&name, self.names.receivers.iter().copied());
            let message = format!("receiver {} is not defined{hint}", model::quote(&name));
            section.problem("receiver", message);
        }
        Some(name)
    }

    fn intervals(&self, section: &Section<'_>, key: &'static str) -> Vec<String> {
        let names = section.items(key).iter().filter_map(|item| {
            let name = self.reader.text(item, key)?;
            if !self.names.intervals.contains(name.as_str()) {
                let hint = did_you_mean(&name, self.names.intervals.iter().copied());
                let message = format!("time interval {} is not defined{hint}", model::quote(&name));
                self.reader.problem(item.place, message);
            }
            Some(name)
        });
        names.collect()
    }
}

/// Keys that are not inherited because the route has them.
fn own_keys(section: &Section<'_>) -> Vec<&'static str> {
    let is_there = |key: &&'static str| match *key {
        "receiver" => section.is_filled(key),
        key => section.get(key).is_some_and(|node| !node.is_null()),
    };
    INHERITED.into_iter().filter(is_there).collect()
}

/// A duration that is inherited when it is absent or null.
fn own_duration(section: &Section<'_>, key: &'static str) -> Option<Duration> {
    section.get(key).filter(|node| !node.is_null())?;
    section.duration(key)
}

fn positive(section: &Section<'_>, key: &'static str) -> Option<Duration> {
    let duration = own_duration(section, key)?;
    if duration.is_zero() {
        section.problem(key, format!("`{key}` cannot be zero"));
        return None;
    }
    Some(duration)
}

/// Absent and null are inherited; an empty list is one group for all (0.31).
fn group_by(section: &Section<'_>, mode: MatcherMode) -> Option<GroupBy> {
    section.get("group_by").filter(|node| !node.is_null())?;
    let names = labels::names(section, "group_by", mode);
    let all = names.iter().any(|name| name == "...");
    if all && names.iter().any(|name| name != "...") {
        let message = "`group_by` has `...`, which stands for all labels; name no other";
        section.problem("group_by", message);
    }
    if all {
        return Some(GroupBy::AllLabels);
    }
    let mut seen = HashSet::new();
    for (name, item) in names.iter().zip(section.items("group_by")) {
        if !name.is_empty() && !seen.insert(name) {
            section.reader.problem(item.place, format!("`group_by` has label `{name}` twice"));
        }
    }
    Some(GroupBy::Labels(names))
}
