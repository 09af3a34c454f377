//! Scenarios of the dispatcher in virtual time: what a receiver hears, second by second.

mod acceptance;
mod defects;
mod deliveries;
mod knowledge;
mod letters;
mod restarts;
mod silences;
mod views;

use super::*;
use crate::stage::{Stage, accepted, alert};
use model::Matcher;

fn ops(wait: &str, interval: &str, repeat: &str) -> String {
    format!(
        "
route:
  receiver: ops
  group_by: [alertname]
  group_wait: {wait}
  group_interval: {interval}
  repeat_interval: {repeat}
receivers:
- name: ops
  webhook_configs: [{{url: 'http://ops'}}]
- name: db
  webhook_configs: [{{url: 'http://db'}}]
"
    )
}

const DOWN_A: [(&str, &str); 2] = [("alertname", "HostDown"), ("instance", "a")];
const DOWN_B: [(&str, &str); 2] = [("alertname", "HostDown"), ("instance", "b")];

#[test]
fn fires_after_the_group_wait_and_resolves_at_the_next_flush() {
    let mut stage = Stage::new(&ops("10s", "60s", "1h"));
    stage.fire(&DOWN_A);
    stage.run_until(30.0);
    stage.resolve(&DOWN_A);
    stage.run_until(200.0);
    assert_eq!(
        stage.heard,
        ["10s ops +HostDown/a (first notification)", "70s ops -HostDown/a (all alerts resolved)"]
    );
    assert_eq!(stage.dispatcher.stats(), DispatcherStats { accepted: 2, ..Default::default() });
}

#[test]
fn alerts_of_one_group_travel_together() {
    let mut stage = Stage::new(&ops("10s", "60s", "1h"));
    stage.fire(&DOWN_A);
    stage.fire(&DOWN_B);
    stage.fire(&[("alertname", "DiskFull"), ("instance", "a")]);
    stage.run_until(20.0);
    stage.fire(&[("alertname", "HostDown"), ("instance", "c")]);
    stage.run_until(100.0);
    stage.heard.sort();
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
fn an_end_of_something_unheard_of_is_nothing() {
    let mut stage = Stage::new(&ops("10s", "60s", "1h"));
    stage.resolve(&DOWN_A);
    stage.run_until(200.0);
    assert_eq!(stage.heard, Vec::<String>::new());
    assert_eq!(stage.dispatcher.stats().groups, 0);
}

#[test]
fn inv_52_a_failed_end_is_told_later() {
    let mut stage = Stage::new(&ops("1s", "30s", "1h"));
    stage.fire(&DOWN_A);
    stage.run_until(5.0);
    stage.resolve(&DOWN_A);
    stage.answers = [Delivery::Refused, Delivery::Retry { after: None }].into();
    stage.run_until(100.0);
    assert_eq!(
        stage.heard,
        [
            "1s ops +HostDown/a (first notification)",
            "31s ops -HostDown/a (all alerts resolved) FAILED",
            "31s ops gave up",
            "61s ops -HostDown/a (all alerts resolved) FAILED",
            "61.5s ops -HostDown/a (all alerts resolved)",
        ]
    );
}

#[test]
fn retries_respect_what_the_receiver_asks_for() {
    let mut stage = Stage::new(&ops("1s", "300s", "1h"));
    stage.answers = [Delivery::Retry { after: Some(Duration::from_secs(7)) }].into();
    stage.fire(&DOWN_A);
    stage.run_until(20.0);
    assert_eq!(stage.heard.len(), 2);
    assert!(stage.heard[1].starts_with("8s "), "{:?}", stage.heard);
}

#[test]
fn inv_51_a_slow_delivery_is_not_doubled() {
    let mut stage = Stage::new(&ops("0s", "1s", "1s"));
    let mut effects = Vec::new();
    let firing = alert(&DOWN_A, Stage::at(0.0), Some(Stage::at(600.0)), Stage::at(0.0));
    stage.dispatcher.step(stage.moment(), Event::Alerts(vec![firing]), &mut effects);
    let tickets = |effects: &mut Vec<Effect>| -> Vec<Ticket> {
        let ticket = |effect| match effect {
            Effect::Notify { ticket, .. } => Some(ticket),
            _ => None,
        };
        std::mem::take(effects).into_iter().filter_map(ticket).collect()
    };
    for _ in 1..20 {
        stage.ms += 1000;
        stage.dispatcher.step(stage.moment(), Event::Tick, &mut effects);
    }
    let underway = tickets(&mut effects);
    assert_eq!(underway.len(), 1, "one delivery under way");
    let delivered = Event::Delivered(underway[0], accepted(), String::new());
    stage.dispatcher.step(stage.moment(), delivered, &mut effects);
    stage.ms += 1000;
    stage.dispatcher.step(stage.moment(), Event::Tick, &mut effects);
    assert_eq!(tickets(&mut effects).len(), 1, "the reminder follows");
}

#[test]
fn inv_50_unmatched_alert_stays_with_parent() {
    let routes = "  routes: [{receiver: db, matchers: ['alertname=~\"Postgres.*\"']}]\nreceivers:";
    let mut stage = Stage::new(&ops("0s", "60s", "1h").replace("receivers:", routes));
    stage.fire(&[("alertname", "PostgresDown")]);
    stage.fire(&DOWN_A);
    stage.run_until(5.0);
    assert_eq!(
        stage.heard,
        ["0s db +PostgresDown (first notification)", "0s ops +HostDown/a (first notification)"]
    );
}

#[test]
fn siblings_with_equal_matchers_are_all_told() {
    let routes =
        "  routes: [{receiver: db, continue: true}, {receiver: ops}, {receiver: db}]\nreceivers:";
    let mut stage = Stage::new(&ops("0s", "60s", "1h").replace("receivers:", routes));
    stage.fire(&DOWN_A);
    stage.run_until(5.0);
    assert_eq!(
        stage.heard,
        ["0s db +HostDown/a (first notification)", "0s ops +HostDown/a (first notification)"]
    );
}

#[test]
fn an_alert_that_is_not_renewed_ends_by_itself() {
    let mut stage = Stage::new(&ops("0s", "60s", "1h"));
    stage.send(&DOWN_A, 90.0);
    stage.run_until(200.0);
    assert_eq!(stage.heard.last().unwrap(), "120s ops -HostDown/a (all alerts resolved)");
}

#[test]
fn a_clock_jump_ends_nothing_and_keeps_the_timers() {
    for jump_ms in [3_600_000, -3_600_000, 315_360_000_000] {
        let mut stage = Stage::new(&ops("0s", "60s", "120s"));
        stage.fire(&DOWN_A);
        stage.run_until(30.0);
        stage.wall_offset_ms = jump_ms;
        stage.run_until(400.0);
        let heard: Vec<&str> = stage.heard.iter().map(|h| h.split(' ').next().unwrap()).collect();
        assert_eq!(heard, ["0s", "120s", "240s", "360s"], "jump of {jump_ms} ms");
        assert!(stage.heard.iter().all(|h| h.contains("+HostDown")), "{:?}", stage.heard);
    }
}

#[test]
fn inv_52_a_change_of_the_tree_forgets_no_end_and_repeats_nothing() {
    let mut stage = Stage::new(&ops("1s", "30s", "1h"));
    stage.fire(&DOWN_A);
    stage.fire(&DOWN_B);
    stage.run_until(5.0);
    let other = ops("1s", "30s", "1h").replace("[alertname]", "['...']");
    stage.settings = crate::stage::settings(&other);
    stage.dispatcher.reroute(stage.moment(), &stage.settings).unwrap();
    stage.resolve(&DOWN_A);
    stage.run_until(100.0);
    assert_eq!(
        stage.heard,
        [
            "1s ops +HostDown/a +HostDown/b (first notification)",
            "6s ops -HostDown/a (all alerts resolved)",
        ]
    );
    let mut nobody = stage.settings.clone();
    nobody.receivers.clear();
    assert!(stage.dispatcher.reroute(stage.moment(), &nobody).is_err());
    assert_eq!(stage.dispatcher.stats().alerts, 1);
}

#[test]
fn above_the_limit_new_alerts_are_refused_and_known_ones_renewed() {
    let mut stage = Stage::new(&ops("0s", "60s", "1h"));
    let now = stage.moment();
    let flood = |index: usize| {
        let index = index.to_string();
        alert(&[("alertname", "Flood"), ("instance", &index)], now.wall, None, now.wall)
    };
    let many: Vec<Alert> = (0..ALERTS_MAX + 3).map(flood).collect();
    let mut effects = Vec::new();
    stage.dispatcher.step(now, Event::Alerts(many), &mut effects);
    let stats = stage.dispatcher.stats();
    assert_eq!((stats.alerts, stats.refused_alerts), (ALERTS_MAX, 3));
    stage.dispatcher.step(now, Event::Alerts(vec![flood(0)]), &mut effects);
    assert_eq!(stage.dispatcher.stats().refused_alerts, 3);
}

#[test]
fn routes_to_nobody_are_refused() {
    let mut settings = crate::stage::settings(&ops("0s", "1s", "1s"));
    settings.receivers.retain(|receiver| receiver.name == "db");
    let error = Dispatcher::new(&settings).unwrap_err();
    assert_eq!(error.to_string(), "route: undefined receiver `ops`; known receivers: db");
}

#[test]
fn common_labels_are_those_that_all_share() {
    let mut stage = Stage::new(&ops("0s", "60s", "1h"));
    stage.fire(&DOWN_A);
    let now = stage.moment();
    let mut effects = Vec::new();
    let second = alert(&DOWN_B, now.wall, None, now.wall);
    stage.dispatcher.step(now, Event::Alerts(vec![second]), &mut effects);
    stage.ms = 60_000;
    effects.clear();
    stage.dispatcher.step(stage.moment(), Event::Tick, &mut effects);
    let [_, Effect::Notify { notification, .. }] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert_eq!(notification.common_labels().to_string(), r#"{alertname="HostDown"}"#);
    assert_eq!(notification.reason, crate::Reason::NewAlertsAdded);
    assert_eq!(notification.group_key, r#"{}:{alertname="HostDown"}"#);
}

#[test]
fn an_integration_gets_back_what_it_stored() {
    let mut stage = Stage::new(&ops("0s", "60s", "120s"));
    let receiver_data = BTreeMap::from([("ts".to_owned(), "17.5".to_owned())]);
    stage.answers = [Delivery::Accepted { receiver_data: receiver_data.clone() }].into();
    stage.fire(&DOWN_A);
    stage.ms = 60_000;
    stage.step(Event::Tick);
    stage.ms = 120_000;
    let mut effects = Vec::new();
    stage.dispatcher.step(stage.moment(), Event::Tick, &mut effects);
    let [_, Effect::Notify { notification, .. }] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert_eq!(notification.receiver_data, receiver_data);
}

#[test]
fn time_intervals_mute_a_route() {
    // The stage begins at 2023-11-14 22:13:20 UTC, a Tuesday.
    let intervals = "time_intervals: [{name: late, time_intervals: [{times: [{start_time: '22:15', end_time: '22:17'}]}]}]\nreceivers:";
    let muted = ops("0s", "60s", "60s").replace(
        "receivers:",
        &format!("  routes: [{{mute_time_intervals: [late]}}]\n{intervals}"),
    );
    let mut stage = Stage::new(&muted);
    stage.send(&DOWN_A, 6000.0);
    stage.run_until(400.0);
    let heard: Vec<&str> = stage.heard.iter().map(|h| h.split(' ').next().unwrap()).collect();
    assert_eq!(heard, ["0s", "60s", "240s", "300s", "360s"]);
    let active = ops("0s", "60s", "60s").replace(
        "receivers:",
        &format!("  routes: [{{active_time_intervals: [late]}}]\n{intervals}"),
    );
    let mut stage = Stage::new(&active);
    stage.send(&DOWN_A, 6000.0);
    stage.run_until(400.0);
    let heard: Vec<&str> = stage.heard.iter().map(|h| h.split(' ').next().unwrap()).collect();
    assert_eq!(heard, ["120s", "180s"]);
}

#[test]
fn decisions_say_why() {
    let mut stage = Stage::new(&ops("10s", "60s", "1h"));
    stage.fire(&DOWN_A);
    stage.silence("instance=\"b\"", 100.0);
    stage.fire(&DOWN_B);
    stage.run_until(100.0);
    let codes = |instance: &str| -> Vec<String> {
        let matchers = [Matcher::equal("instance", instance)];
        let decisions = stage.dispatcher.decisions(&matchers, 100);
        decisions.iter().map(|decision| format!("{:?}", decision.verdict)).collect()
    };
    let held = format!("Held {{ until: {:?} }}", Stage::at(10.0));
    let sent = r#"Sent { integration: "webhook[0]", reason: FirstNotification }"#;
    assert_eq!(codes("a"), [held.as_str(), sent]);
    assert_eq!(codes("b"), [held.as_str(), r#"Silenced { by: ["silence-1"] }"#]);
}
