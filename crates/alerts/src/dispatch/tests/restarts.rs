//! What a restart must not forget: alerts, silences, and what was told.

use crate::stage::Stage;
use crate::{Effect, Event};

const CONFIG: &str = "
route: {receiver: ops, group_by: [alertname], group_wait: 1s, group_interval: 2s, repeat_interval: 1h}
receivers:
- name: ops
  webhook_configs: [{url: 'http://ops'}]
";
const DOWN: [(&str, &str); 1] = [("alertname", "Down")];
const FIRED: &str = "1s ops +Down (first notification)";

#[test]
fn an_alert_that_nobody_renews_after_a_restart_ends_when_its_lease_does() {
    let mut stage = Stage::new(CONFIG);
    stage.send(&DOWN, 60.0);
    stage.run_until(10.0);
    stage.restart();
    stage.run_until(200.0);
    // A new lease of a minute from the restart on, because nobody could renew it meanwhile.
    assert_eq!(stage.heard, [FIRED, "70s ops -Down (all alerts resolved)"]);
}

#[test]
fn an_end_pushed_after_a_restart_is_told() {
    let mut stage = Stage::new(CONFIG);
    stage.fire(&DOWN);
    stage.run_until(2.0);
    stage.restart();
    stage.run_until(2.5);
    stage.resolve(&DOWN);
    stage.run_until(20.0);
    assert_eq!(stage.heard, [FIRED, "4s ops -Down (all alerts resolved)"]);
}

#[test]
fn nothing_is_told_twice_after_a_restart() {
    let mut stage = Stage::new(CONFIG);
    stage.fire(&DOWN);
    stage.run_until(2.0);
    for second in 3_u8..30 {
        stage.restart();
        stage.fire(&DOWN);
        stage.run_until(f64::from(second));
    }
    assert_eq!(stage.heard, [FIRED]);
}

#[test]
fn a_restart_does_not_bring_back_what_has_ended() {
    let mut stage = Stage::new(CONFIG);
    stage.send(&DOWN, 2.0);
    stage.run_until(5.0);
    stage.restart();
    stage.run_until(100.0);
    assert_eq!(stage.heard, [FIRED, "3s ops -Down (all alerts resolved)"]);
    assert_eq!(stage.dispatcher.stats().alerts, 0);
}

#[test]
fn the_group_wait_goes_on_over_a_restart() {
    let mut stage = Stage::new(&CONFIG.replace("group_wait: 1s", "group_wait: 30s"));
    stage.fire(&DOWN);
    stage.run_until(20.0);
    stage.restart();
    stage.run_until(100.0);
    assert_eq!(stage.heard, ["30s ops +Down (first notification)"]);
}

#[test]
fn silences_survive_with_the_ends_they_hold_back() {
    let mut stage = Stage::new(CONFIG);
    stage.fire(&DOWN);
    stage.run_until(1.5);
    stage.silence("alertname=Down", 10.0);
    stage.run_until(2.0);
    stage.resolve(&DOWN);
    stage.run_until(5.0);
    stage.restart();
    stage.run_until(30.0);
    assert_eq!(stage.heard, [FIRED, "13s ops -Down (all alerts resolved)"]);
    assert_eq!(stage.dispatcher.silences().len(), 1);
}

#[test]
fn decisions_survive() {
    let mut stage = Stage::new(CONFIG);
    stage.fire(&DOWN);
    stage.run_until(2.0);
    let before = stage.dispatcher.decisions(&[], 100);
    assert_eq!(before.len(), 2);
    stage.restart();
    assert_eq!(stage.dispatcher.decisions(&[], 100), before);
}

#[test]
fn the_whole_state_can_be_written_at_once() {
    let mut stage = Stage::new(CONFIG);
    stage.fire(&DOWN);
    stage.run_until(2.0);
    stage.silence("alertname=Other", 1000.0);
    stage.written = stage.dispatcher.save();
    stage.restart();
    stage.resolve(&DOWN);
    stage.run_until(20.0);
    assert_eq!(stage.heard, [FIRED, "4s ops -Down (all alerts resolved)"]);
    assert_eq!(stage.dispatcher.silences().len(), 1);
}

#[test]
fn inv_52_a_message_whose_outcome_was_lost_has_its_end_told() {
    let mut stage = Stage::new(CONFIG);
    stage.fire(&DOWN);
    stage.ms = 1000;
    let mut effects = Vec::new();
    stage.dispatcher.step(stage.moment(), Event::Tick, &mut effects);
    let [Effect::Remember(changes), Effect::Notify { .. }] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    // The message leaves, and the process dies before it hears that it arrived.
    stage.written.extend(changes.iter().cloned());
    stage.silence("alertname=Down", 10.0);
    stage.resolve(&DOWN);
    stage.restart();
    stage.run_until(30.0);
    assert_eq!(stage.heard, ["11s ops -Down (all alerts resolved)"]);
}

#[test]
fn a_reload_forgets_what_nobody_is_to_be_told() {
    let mut stage = Stage::new(CONFIG);
    stage.silence("alertname=Down", 100.0);
    stage.fire(&DOWN);
    stage.run_until(0.5);
    stage.resolve(&DOWN);
    assert_eq!(stage.dispatcher.stats().alerts, 1);
    stage.dispatcher.reroute(stage.moment(), &stage.settings).unwrap();
    assert_eq!(stage.dispatcher.stats().alerts, 0);
}

#[test]
fn an_end_that_came_just_before_a_restart_is_an_end() {
    let mut stage = Stage::new(CONFIG);
    stage.fire(&DOWN);
    stage.run_until(1.2);
    stage.resolve(&DOWN);
    stage.run_until(1.3);
    stage.restart();
    stage.run_until(20.0);
    assert_eq!(stage.spans, ["1s +Down@0", "1.3s -Down@0..1.2"]);
}

#[test]
fn a_lease_that_ran_out_before_a_restart_stays_so() {
    let mut stage = Stage::new(CONFIG);
    stage.send(&DOWN, 2.0);
    stage.run_until(1.2);
    stage.silence("alertname=Down", 10.0);
    stage.run_until(5.0);
    stage.restart();
    stage.run_until(30.0);
    assert_eq!(stage.spans, ["1s +Down@0", "13s -Down@0..2"]);
}

#[test]
fn what_was_forgotten_does_not_come_back_for_those_who_want_no_ends() {
    let more = "webhook_configs: [{url: 'http://ops'}, {url: 'http://b', send_resolved: false}]";
    let mut stage = Stage::new(&CONFIG.replace("webhook_configs: [{url: 'http://ops'}]", more));
    let down = |instance| [("alertname", "Down"), ("instance", instance)];
    for instance in ["a", "b", "c"] {
        stage.fire(&down(instance));
    }
    stage.run_until(2.0);
    stage.resolve(&down("a"));
    stage.run_until(4.0);
    stage.resolve(&down("b"));
    stage.run_until(6.0);
    let heard = stage.heard.clone();
    assert_eq!(heard.len(), 4, "{heard:?}");
    stage.restart();
    stage.run_until(20.0);
    assert_eq!(stage.heard, heard);
}

#[test]
fn what_was_told_is_forgotten_two_repeat_intervals_after_its_group() {
    let mut stage = Stage::new(CONFIG);
    stage.fire(&DOWN);
    stage.run_until(2.0);
    stage.resolve(&DOWN);
    let told = |stage: &Stage| {
        let saved = serde_json::to_string(&stage.dispatcher.save()).unwrap();
        saved.contains("\"told\"")
    };
    stage.run_until(7000.0);
    assert!(told(&stage));
    stage.run_until(7300.0);
    assert!(!told(&stage));
}

#[test]
fn the_group_wait_of_a_restart_counts_from_the_alert_that_came_first() {
    let mut stage = Stage::new(&CONFIG.replace("group_wait: 1s", "group_wait: 30s"));
    let down = |instance| [("alertname", "Down"), ("instance", instance)];
    for (instance, seconds) in [("a", 10.0), ("b", 20.0), ("c", 25.0)] {
        stage.fire(&down(instance));
        stage.run_until(seconds);
    }
    stage.restart();
    stage.run_until(100.0);
    assert_eq!(stage.heard, ["30s ops +Down/a +Down/b +Down/c (first notification)"]);
}

#[test]
fn a_restart_tells_nobody_before_the_others_had_time_to_speak() {
    let mut stage = Stage::new(CONFIG);
    stage.fire(&DOWN);
    stage.run_until(0.5);
    let saved = stage.saved();
    stage.dispatcher = crate::Dispatcher::new(&stage.settings).unwrap();
    stage.dispatcher.hold_until(Stage::at(60.0));
    stage.dispatcher.restore(stage.moment(), saved);
    stage.run_until(100.0);
    assert_eq!(stage.heard, ["60s ops +Down (first notification)"]);
}

#[test]
fn a_lease_is_as_long_after_a_restart_as_it_was() {
    let mut stage = Stage::new(CONFIG);
    stage.send(&DOWN, 60.0);
    stage.run_until(10.0);
    stage.send(&DOWN, 60.0);
    stage.run_until(20.0);
    // A renewal need not reach the disk: the lease that is known there began at 0 s.
    stage.restart();
    stage.run_until(79.0);
    assert_eq!(stage.heard, [FIRED]);
    stage.run_until(90.0);
    assert_eq!(stage.heard, [FIRED, "80s ops -Down (all alerts resolved)"]);
}

#[test]
fn what_was_told_is_forgotten_after_five_days_at_the_latest() {
    let mut stage = Stage::new(&CONFIG.replace("repeat_interval: 1h", "repeat_interval: 100h"));
    stage.fire(&DOWN);
    stage.run_until(2.0);
    stage.resolve(&DOWN);
    stage.run_until(10.0);
    let is_told = |stage: &mut Stage, hours: i64| {
        stage.ms = hours * 3_600_000;
        stage.step(Event::Tick);
        serde_json::to_string(&stage.dispatcher.save()).unwrap().contains("\"told\"")
    };
    assert!(is_told(&mut stage, 119));
    assert!(!is_told(&mut stage, 121));
}

#[test]
fn inv_52_what_was_told_of_a_group_that_is_there_is_never_forgotten() {
    let mut stage = Stage::new(CONFIG);
    stage.send(&DOWN, 20_000.0);
    stage.run_until(2.0);
    // Two repeat intervals pass without a word.
    stage.silence("alertname=Down", 10_000.0);
    stage.run_until(9000.0);
    stage.resolve(&DOWN);
    stage.run_until(10_100.0);
    let heard: Vec<&str> = stage.heard.iter().map(String::as_str).collect();
    let [FIRED, end] = heard[..] else { panic!("{heard:?}") };
    assert!(end.ends_with("ops -Down (all alerts resolved)"), "{end}");
}

#[test]
fn a_shorter_repeat_interval_takes_back_nothing_of_what_a_message_under_way_may_have_told() {
    let long = CONFIG.replace("repeat_interval: 1h", "repeat_interval: 50h");
    let mut stage = Stage::new(&long);
    stage.fire(&DOWN);
    stage.run_until(2.0);
    stage.reroute(CONFIG);
    // Never accepted under the new configuration, and then the group is gone.
    stage.failing_until_ms.insert("ops/webhook[0]".into(), i64::MAX);
    stage.fire(&[("alertname", "Down"), ("instance", "b")]);
    stage.run_until(4.0);
    stage.settings.receivers[0].integrations.clear();
    let settings = stage.settings.clone();
    stage.dispatcher.reroute(stage.moment(), &settings).unwrap();
    let is_told = |stage: &mut Stage, hours: i64| {
        stage.ms = hours * 3_600_000;
        stage.step(Event::Tick);
        serde_json::to_string(&stage.dispatcher.save()).unwrap().contains("\"told\"")
    };
    assert!(is_told(&mut stage, 99));
    assert!(!is_told(&mut stage, 101));
}
