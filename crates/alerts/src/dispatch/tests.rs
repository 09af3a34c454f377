//! Scenarios of the dispatcher in virtual time: what a receiver hears, second by second.

use super::*;
use crate::notification::Reason;
use crate::route::{GroupBy, RouteOptions};
use model::{MatchOp, Matcher, Timestamp};
use std::collections::VecDeque;

const EPOCH_MS: i64 = 1_700_000_000_000;

fn options(receiver: &str, wait: u64, interval: u64, repeat: u64) -> RouteOptions {
    RouteOptions {
        receiver: receiver.into(),
        group_by: GroupBy::Labels(vec!["alertname".into()]),
        group_wait: Duration::from_secs(wait),
        group_interval: Duration::from_secs(interval),
        repeat_interval: Duration::from_secs(repeat),
    }
}

fn root(wait: u64, interval: u64, repeat: u64) -> Route {
    let options = options("ops", wait, interval, repeat);
    Route { options, matchers: Vec::new(), continues: false, routes: Vec::new() }
}

fn labels(name: &str, instance: &str) -> Labels {
    Labels::from_pairs([("alertname", name), ("instance", instance)])
}

/// A dispatcher with a clock and a receiver whose answers are scripted.
struct Stage {
    dispatcher: Dispatcher,
    second: u64,
    wall_offset_ms: i64,
    answers: VecDeque<Delivery>,
    heard: Vec<String>,
}

impl Stage {
    fn new(root: Route) -> Self {
        let receiver = |name: &str| Receiver { name: name.into(), send_resolved: vec![true] };
        let receivers = [receiver("ops"), receiver("db")];
        let dispatcher = Dispatcher::new(root, &receivers).unwrap();
        let (answers, heard) = Default::default();
        Self { dispatcher, second: 0, wall_offset_ms: 0, answers, heard }
    }

    fn moment(&self) -> Moment {
        let seconds = i64::try_from(self.second).unwrap();
        let wall = Timestamp::from_ms(EPOCH_MS + seconds * 1000 + self.wall_offset_ms);
        Moment { wall, monotonic: Duration::from_secs(self.second) }
    }

    fn step(&mut self, event: Event) {
        let mut effects = Vec::new();
        self.dispatcher.step(self.moment(), event, &mut effects);
        for effect in effects {
            match effect {
                Effect::Notify { ticket, notification, .. } => {
                    let answer = self.answers.pop_front().unwrap_or(Delivery::Accepted);
                    self.hear(&notification, &answer);
                    self.step(Event::Delivered(ticket, answer));
                }
                Effect::GaveUp { receiver, .. } => {
                    self.heard.push(format!("{}s {receiver} gave up", self.second));
                }
            }
        }
    }

    fn hear(&mut self, notification: &Notification, answer: &Delivery) {
        let alert = |a: &crate::NotifiedAlert| {
            let sign = if a.firing { "+" } else { "-" };
            format!("{sign}{}/{}", a.labels.value("alertname"), a.labels.value("instance"))
        };
        let alerts: Vec<String> = notification.alerts.iter().map(alert).collect();
        let (second, receiver) = (self.second, &notification.receiver);
        let failed = if *answer == Delivery::Accepted { "" } else { " FAILED" };
        let reason = notification.reason.as_str();
        self.heard.push(format!("{second}s {receiver} {} ({reason}){failed}", alerts.join(" ")));
    }

    fn fire(&mut self, name: &str, instance: &str) {
        self.send(name, instance, 600);
    }

    fn resolve(&mut self, name: &str, instance: &str) {
        self.send(name, instance, 0);
    }

    fn send(&mut self, name: &str, instance: &str, ends_in: u64) {
        let now = self.moment().wall;
        let ends_at = now.saturating_add(Duration::from_secs(ends_in));
        let (annotations, generator_url) = Default::default();
        let labels = labels(name, instance);
        let alert = Alert { labels, annotations, starts_at: now, ends_at, generator_url };
        self.step(Event::Alerts(vec![alert]));
    }

    fn run_until(&mut self, second: u64) {
        while self.second < second {
            self.second += 1;
            self.step(Event::Tick);
        }
    }
}

#[test]
fn fires_after_the_group_wait_and_resolves_at_the_next_flush() {
    let mut stage = Stage::new(root(10, 60, 3600));
    stage.fire("HostDown", "a");
    stage.run_until(30);
    stage.resolve("HostDown", "a");
    stage.run_until(200);
    assert_eq!(
        stage.heard,
        ["10s ops +HostDown/a (first notification)", "70s ops -HostDown/a (all alerts resolved)"]
    );
    assert_eq!(stage.dispatcher.stats().groups, 0);
}

#[test]
fn alerts_of_one_group_travel_together() {
    let mut stage = Stage::new(root(10, 60, 3600));
    stage.fire("HostDown", "a");
    stage.fire("HostDown", "b");
    stage.fire("DiskFull", "a");
    stage.run_until(20);
    stage.fire("HostDown", "c");
    stage.run_until(100);
    assert_eq!(
        stage.heard,
        [
            "10s ops +DiskFull/a (first notification)",
            "10s ops +HostDown/a +HostDown/b (first notification)",
            "70s ops +HostDown/a +HostDown/b +HostDown/c (new alerts added)",
        ]
    );
}

#[test]
fn nothing_is_said_about_what_came_and_went_unheard() {
    let mut stage = Stage::new(root(10, 60, 3600));
    stage.fire("Blip", "a");
    stage.run_until(5);
    stage.resolve("Blip", "a");
    stage.resolve("NeverFired", "a");
    stage.run_until(200);
    assert_eq!(stage.heard, Vec::<String>::new());
    assert_eq!(stage.dispatcher.stats().alerts, 0);
}

#[test]
fn repeats_on_the_interval_without_slipping() {
    let mut stage = Stage::new(root(0, 2, 4));
    stage.fire("HostDown", "a");
    stage.run_until(9);
    let heard: Vec<&str> = stage.heard.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(heard, ["0s", "4s", "8s"]);
}

#[test]
fn inv_52_a_failed_end_is_told_later() {
    let mut stage = Stage::new(root(1, 30, 3600));
    stage.fire("HostDown", "a");
    stage.run_until(5);
    stage.resolve("HostDown", "a");
    stage.answers = [Delivery::Refused, Delivery::Retry { after: None }].into();
    stage.run_until(100);
    assert_eq!(
        stage.heard,
        [
            "1s ops +HostDown/a (first notification)",
            "31s ops -HostDown/a (all alerts resolved) FAILED",
            "31s ops gave up",
            "61s ops -HostDown/a (all alerts resolved) FAILED",
            "62s ops -HostDown/a (all alerts resolved)",
        ]
    );
}

#[test]
fn retries_respect_what_the_receiver_asks_for() {
    let mut stage = Stage::new(root(1, 300, 3600));
    stage.answers = [Delivery::Retry { after: Some(Duration::from_secs(7)) }].into();
    stage.fire("HostDown", "a");
    stage.run_until(20);
    assert_eq!(stage.heard.len(), 2);
    assert!(stage.heard[1].starts_with("8s "), "{:?}", stage.heard);
}

#[test]
fn inv_51_a_slow_delivery_is_not_doubled() {
    let mut dispatcher = Stage::new(root(0, 1, 1)).dispatcher;
    let now = |s: u64| Moment {
        wall: Timestamp::from_ms(EPOCH_MS + i64::try_from(s).unwrap() * 1000),
        monotonic: Duration::from_secs(s),
    };
    let alert = Alert {
        labels: labels("HostDown", "a"),
        annotations: Vec::new(),
        starts_at: now(0).wall,
        ends_at: now(600).wall,
        generator_url: String::new(),
    };
    let mut effects = Vec::new();
    dispatcher.step(now(0), Event::Alerts(vec![alert]), &mut effects);
    for second in 1..20 {
        dispatcher.step(now(second), Event::Tick, &mut effects);
    }
    assert_eq!(effects.len(), 1, "one delivery under way: {effects:?}");
    let Effect::Notify { ticket, .. } = effects.remove(0) else { panic!("a notification") };
    dispatcher.step(now(20), Event::Delivered(ticket, Delivery::Accepted), &mut effects);
    dispatcher.step(now(21), Event::Tick, &mut effects);
    assert_eq!(effects.len(), 1, "the reminder follows: {effects:?}");
}

#[test]
fn inv_50_unmatched_alert_stays_with_parent() {
    let mut tree = root(0, 60, 3600);
    let matchers = vec![Matcher::new(MatchOp::Regex, "alertname", "Postgres.*").unwrap()];
    let options = options("db", 0, 60, 3600);
    tree.routes = vec![Route { options, matchers, continues: false, routes: Vec::new() }];
    let mut stage = Stage::new(tree);
    stage.fire("PostgresDown", "a");
    stage.fire("HostDown", "a");
    stage.run_until(5);
    assert_eq!(
        stage.heard,
        ["0s db +PostgresDown/a (first notification)", "0s ops +HostDown/a (first notification)"]
    );
}

#[test]
fn a_child_that_continues_leaves_room_for_its_siblings() {
    let child = |receiver: &str, continues: bool| Route {
        options: options(receiver, 0, 60, 3600),
        matchers: vec![Matcher::equal("alertname", "HostDown")],
        continues,
        routes: Vec::new(),
    };
    let mut tree = root(0, 60, 3600);
    tree.routes = vec![child("db", true), child("ops", false), child("db", false)];
    let leaves = tree.leaves(&labels("HostDown", "a"));
    let receivers: Vec<&str> = leaves.iter().map(|leaf| leaf.options.receiver.as_str()).collect();
    assert_eq!(receivers, ["db", "ops"]);
}

#[test]
fn an_alert_that_is_not_renewed_ends_by_itself() {
    let mut stage = Stage::new(root(0, 60, 3600));
    stage.send("HostDown", "a", 90);
    stage.run_until(200);
    assert_eq!(stage.heard.last().unwrap(), "120s ops -HostDown/a (all alerts resolved)");
}

#[test]
fn a_clock_jump_ends_nothing() {
    for jump_ms in [3_600_000, -3_600_000, 315_360_000_000] {
        let mut stage = Stage::new(root(0, 60, 3600));
        stage.fire("HostDown", "a");
        stage.run_until(30);
        stage.wall_offset_ms = jump_ms;
        stage.run_until(400);
        assert_eq!(stage.heard.len(), 1, "jump of {jump_ms} ms: {:?}", stage.heard);
    }
}

#[test]
fn inv_52_a_change_of_the_tree_forgets_no_end_and_repeats_nothing() {
    let mut stage = Stage::new(root(1, 30, 3600));
    stage.fire("HostDown", "a");
    stage.fire("HostDown", "b");
    stage.run_until(5);
    let mut tree = root(1, 30, 3600);
    tree.options.group_by = GroupBy::All;
    let receivers = [Receiver { name: "ops".into(), send_resolved: vec![true] }];
    stage.dispatcher.reroute(stage.moment(), tree, &receivers).unwrap();
    stage.resolve("HostDown", "a");
    stage.run_until(100);
    assert_eq!(
        stage.heard,
        [
            "1s ops +HostDown/a +HostDown/b (first notification)",
            "6s ops -HostDown/a (all alerts resolved)",
        ]
    );
    let nobody = stage.dispatcher.reroute(stage.moment(), root(1, 1, 1), &[]);
    assert!(nobody.is_err());
    assert_eq!(stage.dispatcher.stats().alerts, 1);
}

#[test]
fn above_the_limit_new_alerts_are_refused_and_known_ones_renewed() {
    let mut stage = Stage::new(root(0, 60, 3600));
    let now = stage.moment();
    let alert = |index: usize| Alert {
        labels: labels("Flood", &index.to_string()),
        annotations: Vec::new(),
        starts_at: now.wall,
        ends_at: now.wall.saturating_add(Duration::from_mins(5)),
        generator_url: String::new(),
    };
    let flood: Vec<Alert> = (0..ALERTS_MAX + 3).map(alert).collect();
    let mut effects = Vec::new();
    stage.dispatcher.step(now, Event::Alerts(flood), &mut effects);
    let stats = stage.dispatcher.stats();
    assert_eq!((stats.alerts, stats.refused_alerts), (ALERTS_MAX, 3));
    stage.dispatcher.step(now, Event::Alerts(vec![alert(0)]), &mut effects);
    assert_eq!(stage.dispatcher.stats().refused_alerts, 3);
}

#[test]
fn routes_to_nobody_are_refused() {
    let receivers = [Receiver { name: "db".into(), send_resolved: vec![true] }];
    let error = Dispatcher::new(root(0, 1, 1), &receivers).unwrap_err();
    assert_eq!(error.to_string(), "route: undefined receiver `ops`; known receivers: db");
}

#[test]
fn common_labels_are_those_that_all_share() {
    let mut stage = Stage::new(root(0, 60, 3600));
    stage.fire("HostDown", "a");
    let mut effects = Vec::new();
    let now = stage.moment();
    let (annotations, generator_url) = Default::default();
    let alert = Alert {
        labels: labels("HostDown", "b"),
        annotations,
        starts_at: now.wall,
        ends_at: now.wall.saturating_add(Duration::from_mins(5)),
        generator_url,
    };
    stage.dispatcher.step(now, Event::Alerts(vec![alert]), &mut effects);
    stage.second = 60;
    stage.dispatcher.step(stage.moment(), Event::Tick, &mut effects);
    let [Effect::Notify { notification, .. }] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(notification.common_labels().to_string(), r#"{alertname="HostDown"}"#);
    assert_eq!(notification.reason, Reason::NewAlertsAdded);
    assert_eq!(notification.group_key, r#"{}:{alertname="HostDown"}"#);
}
