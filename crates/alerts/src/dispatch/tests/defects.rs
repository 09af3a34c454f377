//! What has hurt users of Alertmanager, scenario by scenario: upstream's way and ours.
//! Measured on Alertmanager 0.25 with a group wait of 1 s and a group interval of 2 s.

use crate::stage::Stage;
use crate::{Delivery, Verdict};
use model::Matcher;

fn config(repeat: &str) -> String {
    format!(
        "
route:
  receiver: ops
  group_by: [alertname]
  group_wait: 1s
  group_interval: 2s
  repeat_interval: {repeat}
  routes: [{{receiver: targets, matchers: [alertname=Target]}}]
receivers:
- name: ops
  webhook_configs: [{{url: 'http://ops'}}]
- name: targets
  webhook_configs: [{{url: 'http://targets'}}]
inhibit_rules: [{{source_matchers: [alertname=Source], target_matchers: [alertname=Target]}}]
"
    )
}

const DOWN: [(&str, &str); 1] = [("alertname", "Down")];

/// What is heard upstream's way and ours.
fn heard(repeat: &str, scenario: impl Fn(&mut Stage)) -> [Vec<String>; 2] {
    let yaml = config(repeat);
    [Stage::strict(&yaml), Stage::new(&yaml)].map(|mut stage| {
        scenario(&mut stage);
        stage.heard
    })
}

#[test]
fn an_end_during_a_silence_is_told_when_the_silence_is_over() {
    let [upstream, ours] = heard("1h", |stage| {
        stage.fire(&DOWN);
        stage.run_until(1.5);
        stage.silence("alertname=Down", 5.0);
        stage.run_until(3.5);
        stage.resolve(&DOWN);
        stage.run_until(20.0);
    });
    assert_eq!(upstream, ["1s ops +Down (first notification)"]);
    assert_eq!(ours, ["1s ops +Down (first notification)", "7s ops -Down (all alerts resolved)"]);
}

#[test]
fn an_end_during_an_inhibition_is_told_when_that_is_over() {
    let target = [("alertname", "Target")];
    let source = [("alertname", "Source")];
    let [upstream, ours] = heard("1h", |stage| {
        stage.fire(&target);
        stage.run_until(1.5);
        stage.fire(&source);
        stage.run_until(4.0);
        stage.resolve(&target);
        stage.run_until(8.2);
        stage.resolve(&source);
        stage.run_until(20.0);
    });
    let fired =
        ["1s targets +Target (first notification)", "2.5s ops +Source (first notification)"];
    let source_ended = "8.5s ops -Source (all alerts resolved)";
    assert_eq!(upstream, [&fired[..], &[source_ended]].concat());
    let target_ended = "9s targets -Target (all alerts resolved)";
    assert_eq!(ours, [&fired[..], &[source_ended, target_ended]].concat());
}

#[test]
fn an_alert_that_fires_again_after_a_silenced_end_is_told() {
    let [upstream, ours] = heard("1h", |stage| {
        stage.fire(&DOWN);
        stage.run_until(1.5);
        stage.silence("alertname=Down", 3.0);
        stage.run_until(2.5);
        stage.resolve(&DOWN);
        stage.run_until(4.7);
        stage.fire(&DOWN);
        stage.run_until(20.0);
    });
    assert_eq!(upstream, ["1s ops +Down (first notification)"]);
    assert_eq!(ours, ["1s ops +Down (first notification)", "5s ops +Down (alerts firing again)"]);
}

#[test]
fn an_end_and_a_new_beginning_within_one_interval_are_told() {
    let [upstream, ours] = heard("1h", |stage| {
        stage.fire(&DOWN);
        stage.run_until(1.2);
        stage.resolve(&DOWN);
        stage.run_until(1.8);
        stage.fire(&DOWN);
        stage.run_until(20.0);
    });
    assert_eq!(upstream, ["1s ops +Down (first notification)"]);
    assert_eq!(ours, ["1s ops +Down (first notification)", "3s ops +Down (alerts firing again)"]);
}

#[test]
fn what_came_and_went_before_anybody_was_told_is_told() {
    let [upstream, ours] = heard("1h", |stage| {
        stage.fire(&DOWN);
        stage.run_until(0.5);
        stage.resolve(&DOWN);
        stage.run_until(20.0);
    });
    assert_eq!(upstream, Vec::<String>::new());
    assert_eq!(ours, ["1s ops -Down (alerts resolved before they were notified)"]);
}

#[test]
fn upstreams_way_the_decisions_tell_what_came_and_went() {
    let mut stage = Stage::strict(&config("1h"));
    stage.fire(&DOWN);
    stage.run_until(0.5);
    stage.resolve(&DOWN);
    stage.run_until(20.0);
    let decisions = stage.dispatcher.decisions(&[Matcher::equal("alertname", "Down")], 10);
    assert_eq!(decisions.last().unwrap().verdict, Verdict::ResolvedUnheard);
}

#[test]
fn an_old_alert_that_is_inhibited_does_not_page_before_its_source_arrives() {
    let [upstream, ours] = heard("1h", |stage| {
        stage.run_until(100.0);
        let now = stage.moment().wall;
        let ends = Stage::at(900.0);
        stage.push(crate::stage::alert(
            &[("alertname", "Target")],
            Stage::at(0.0),
            Some(ends),
            now,
        ));
        stage.run_until(100.5);
        stage.fire(&[("alertname", "Source")]);
        stage.run_until(120.0);
    });
    let source = "101.5s ops +Source (first notification)";
    assert_eq!(upstream, ["100s targets +Target (first notification)", source]);
    assert_eq!(ours, [source]);
}

#[test]
fn a_repeat_does_not_slip_by_a_group_interval() {
    let [upstream, ours] = heard("4s", |stage| {
        stage.fire(&DOWN);
        stage.run_until(10.0);
    });
    let at = |heard: &[String]| -> Vec<String> {
        heard.iter().map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(at(&upstream), ["1s", "7s"]);
    assert_eq!(at(&ours), ["1s", "5s", "9s"]);
}

#[test]
fn muted_alerts_do_not_come_back_as_news() {
    let [upstream, ours] = heard("1h", |stage| {
        stage.fire(&DOWN);
        stage.run_until(1.5);
        stage.silence("alertname=Down, host=\"\"", 3.0);
        stage.fire(&[("alertname", "Down"), ("host", "b")]);
        stage.run_until(20.0);
    });
    let first = ["1s ops +Down (first notification)", "3s ops +Down/b (new alerts added)"];
    assert_eq!(upstream, [&first[..], &["5s ops +Down +Down/b (new alerts added)"]].concat());
    assert_eq!(ours, first);
}

#[test]
fn a_failing_receiver_is_not_given_up_while_muted() {
    let mut stage = Stage::new(&config("1h"));
    stage.answers = vec![Delivery::Refused].into();
    stage.fire(&DOWN);
    stage.run_until(1.5);
    stage.silence("alertname=Down", 3.0);
    stage.run_until(20.0);
    assert_eq!(
        stage.heard,
        [
            "1s ops +Down (first notification) FAILED",
            "1s ops gave up",
            "5s ops +Down (first notification)"
        ]
    );
}
