//! The tree as people see it, and the way of a label set through it: told by the same walk that
//! routes alerts.

use super::Tree;
use config::GroupBy;
use model::Labels;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How a label set comes through a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The route is not asked: its parent does not match, or a route before it takes the alert and
    /// does not continue.
    NotAsked,
    /// A matcher does not hold.
    Refused,
    /// It matches, and a child takes the alert.
    Passed,
    /// It takes the alert: its receiver is told.
    Told,
}

/// A route with everything it inherits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteView {
    /// Routes above it.
    pub depth: usize,
    /// Line of alertmanager.yml in which it begins, from 1; 0: in no file.
    pub line: usize,
    /// Keys that the route has itself; the others of these are its parent's: `receiver`,
    /// `group_by`, `group_wait`, `group_interval`, `repeat_interval`.
    pub own: Vec<&'static str>,
    /// Alertmanager's route key: `{}/{job="node"}`.
    pub key: String,
    /// Name of the receiver.
    pub receiver: Arc<str>,
    /// Conditions, and with a label set whether each of them holds.
    pub matchers: Vec<(String, Option<bool>)>,
    /// Are later siblings asked as well?
    pub continues: bool,
    /// What makes alerts one group.
    pub group_by: GroupBy,
    /// Wait before the first notification of a group.
    pub group_wait: Duration,
    /// Wait before a changed group is notified again.
    pub group_interval: Duration,
    /// Wait before an unchanged group is notified again.
    pub repeat_interval: Duration,
    /// Nothing is sent while one of these times lasts.
    pub mute_time_intervals: Vec<String>,
    /// When not empty, something is sent only while one of these times lasts.
    pub active_time_intervals: Vec<String>,
    /// Labels for templates.
    pub labels: BTreeMap<String, String>,
    /// The way of the label set; `None` without one.
    pub way: Option<Way>,
}

impl Tree {
    /// All routes, parents before their children; with labels, how an alert that has them comes
    /// through each.
    pub(crate) fn views(&self, labels: Option<&Labels>) -> Vec<RouteView> {
        let ways = labels.map(|labels| self.ways(labels));
        let mut depths = vec![0; self.nodes.len()];
        let view = |(place, node): (usize, &super::Node)| {
            for &child in &node.children {
                depths[child] = depths[place] + 1;
            }
            let way = ways.as_ref().map(|ways| ways[place]);
            let asked = labels.filter(|_| way != Some(Way::NotAsked));
            let matcher = |matcher: &model::Matcher| {
                (matcher.to_string(), asked.map(|labels| matcher.matches_labels(labels)))
            };
            RouteView {
                depth: depths[place],
                line: node.line,
                own: node.own.clone(),
                key: node.key.clone(),
                receiver: Arc::clone(&node.receiver),
                matchers: node.matchers.iter().map(matcher).collect(),
                continues: node.continues,
                group_by: node.group_by.clone(),
                group_wait: node.group_wait,
                group_interval: node.group_interval,
                repeat_interval: node.repeat_interval,
                mute_time_intervals: node.mute_time_intervals.clone(),
                active_time_intervals: node.active_time_intervals.clone(),
                labels: node.labels.clone(),
                way,
            }
        };
        self.nodes.iter().enumerate().map(view).collect()
    }

    fn ways(&self, labels: &Labels) -> Vec<Way> {
        let mut ways = vec![Way::NotAsked; self.nodes.len()];
        let mut told = Vec::new();
        self.collect(0, labels, &mut told, &mut |place, is_match| {
            ways[place] = if is_match { Way::Passed } else { Way::Refused };
        });
        for place in told {
            ways[place] = Way::Told;
        }
        ways
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
route:
  receiver: all
  group_by: [alertname]
  routes:
  - matchers: [severity=page]
    receiver: pager
    continue: true
    routes:
    - {matchers: [team=db], receiver: db-pager, group_wait: 5s}
  - {matchers: [team=db], receiver: db}
  - {matchers: ['team=~\"db|web\"']}
receivers: [{name: all}, {name: pager}, {name: db-pager}, {name: db}]
";

    fn check(labels: &[(&str, &str)], expected: &[&str]) {
        let settings = crate::stage::settings(FILE);
        let tree = Tree::new(&settings.route, &settings.receivers, |_| true).unwrap();
        let shown = tree.views(Some(&Labels::from_pairs(labels.iter().copied()))).into_iter();
        let shown: Vec<String> = shown
            .map(|view| {
                let matcher = |(text, holds): &(String, Option<bool>)| match holds {
                    None => format!("{text}?"),
                    Some(true) => text.clone(),
                    Some(false) => format!("{text}!"),
                };
                let matchers: Vec<String> = view.matchers.iter().map(matcher).collect();
                let (depth, line, receiver) = (view.depth, view.line, view.receiver);
                let (way, own) = (view.way.unwrap(), view.own.join(" "));
                format!("{depth} :{line} {receiver} {way:?} {} [{own}]", matchers.join(","))
            })
            .collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_route_that_continues_leads_to_the_next() {
        check(
            &[("severity", "page"), ("team", "db")],
            &[
                "0 :2 all Passed  [receiver group_by]",
                "1 :5 pager Passed severity=\"page\" [receiver]",
                "2 :9 db-pager Told team=\"db\" [receiver group_wait]",
                "1 :10 db Told team=\"db\" [receiver]",
                "1 :11 all NotAsked team=~\"db|web\"? []",
            ],
        );
    }

    #[test]
    fn what_matches_no_child_stays_with_its_parent() {
        check(
            &[("team", "ops")],
            &[
                "0 :2 all Told  [receiver group_by]",
                "1 :5 pager Refused severity=\"page\"! [receiver]",
                "2 :9 db-pager NotAsked team=\"db\"? [receiver group_wait]",
                "1 :10 db Refused team=\"db\"! [receiver]",
                "1 :11 all Refused team=~\"db|web\"! []",
            ],
        );
    }

    #[test]
    fn the_walk_is_the_one_that_routes() {
        let settings = crate::stage::settings(FILE);
        let tree = Tree::new(&settings.route, &settings.receivers, |_| true).unwrap();
        for (severity, team) in [("page", "db"), ("page", "web"), ("low", "db"), ("low", "web")] {
            let labels = Labels::from_pairs([("severity", severity), ("team", team)]);
            let views = tree.views(Some(&labels)).into_iter().enumerate();
            let told = views.filter(|(_, view)| view.way == Some(Way::Told));
            let told: Vec<usize> = told.map(|(place, _)| place).collect();
            let mut leaves = tree.leaves(&labels);
            leaves.sort_unstable();
            assert_eq!(told, leaves, "{labels}");
        }
        assert!(tree.views(None).iter().all(|view| view.way.is_none()));
    }
}
