//! Alertmanager's acceptance scenarios for a single node, in virtual time and in both modes.
//! Source: Alertmanager 0.34 `test/with_api_v2/acceptance`: what is pushed when, and what a
//! receiver hears when. Those about the API alone stand in `api`; over real sockets, all of them
//! stand in `flyball`.

use crate::Compat;
use crate::stage::{Stage, alert, settings};
use std::time::Duration;

fn config(top: &str, group_by: &str, interval: &str, repeat: &str) -> String {
    format!(
        "
{top}
route:
  receiver: default
  group_by: [{group_by}]
  group_wait: 1s
  group_interval: {interval}
  repeat_interval: {repeat}
receivers:
- name: default
  webhook_configs: [{{url: 'http://one'}}]
"
    )
}

/// A second webhook.
fn with_second(yaml: &str, more: &str) -> String {
    yaml.replace(
        "{url: 'http://one'}",
        &format!("{{url: 'http://one'}}, {{url: 'http://two'{more}}}"),
    )
}

const INHIBITION: &str = "inhibit_rules: [{source_match: {alertname: JobDown}, \
    target_match: {alertname: InstanceDown}, equal: [job, zone]}]";

/// Runs a scenario upstream's way and ours.
fn both(yaml: &str, scenario: impl Fn(&mut Stage)) {
    scenario(&mut Stage::strict(yaml));
    scenario(&mut Stage::new(yaml));
}

impl Stage {
    /// Pushes an alert at an instant, active from a second on, maybe until another.
    fn push_at(&mut self, at: f64, labels: &[(&str, &str)], starts: f64, ends: Option<f64>) {
        self.run_until(at);
        let now = self.moment().wall;
        let mut alert = alert(labels, Self::at(starts), ends.map(Self::at), now);
        if ends.is_none() {
            alert.ends_at = now.saturating_add(self.resolve_timeout);
        }
        self.push(alert);
    }
}

#[test]
fn merges_messages_about_one_alert() {
    both(&config("", "alertname", "1s", "1ms"), |stage| {
        let test = [("alertname", "test")];
        stage.push_at(1.0, &test, 1.1, None);
        stage.push_at(1.2, &test, 1.0, None);
        stage.push_at(2.1, &test, 2.0, None);
        stage.push_at(3.6, &test, 1.5, None);
        stage.push_at(4.6, &test, 3.0, Some(4.5));
        stage.push_at(4.8, &test, 2.9, Some(4.8));
        stage.push_at(4.8, &test, 2.9, Some(4.1));
        stage.push_at(5.3, &test, 5.3, None);
        stage.run_until(6.9);
        let heard = ["2s +test@1", "3s +test@1", "4s +test@1", "5s -test@1..4.8", "6.3s +test@5.3"];
        assert_eq!(stage.spans, heard);
    });
}

#[test]
fn repeats() {
    both(&config("", "alertname", "1s", "1ms"), |stage| {
        let test = [("alertname", "test")];
        stage.push_at(1.0, &test, 1.0, None);
        stage.push_at(3.5, &test, 1.0, Some(3.0));
        stage.run_until(8.0);
        assert_eq!(stage.spans, ["2s +test@1", "3s +test@1", "4s -test@1..3"]);
    });
}

#[test]
fn retries_only_what_failed() {
    let yaml = with_second(&config("", "alertname", "1s", "3s"), "");
    both(&yaml, |stage| {
        stage.failing_until_ms.insert("default/webhook[1]".into(), 4500);
        stage.push_at(1.0, &[("alertname", "test1")], 1.0, None);
        stage.run_until(7.9);
        let first: Vec<_> = stage.spans.iter().filter(|span| !span.contains('#')).collect();
        // Upstream writes its log after the delivery: the repeat slips by one group interval.
        let strict = stage.settings.compat == Compat::Strict;
        assert_eq!(first, ["2s +test1@1", if strict { "6s +test1@1" } else { "5s +test1@1" }]);
        let second = stage.spans.iter().find(|span| span.contains('#')).unwrap();
        assert!(second == "4.5s#1 +test1@1" || second == "5s#1 +test1@1", "{second}");
    });
}

#[test]
fn batches() {
    both(&config("", "", "1s", "4900ms"), |stage| {
        stage.push_at(1.1, &[("alertname", "test1")], 1.0, None);
        stage.push_at(1.7, &[("alertname", "test5")], 1.0, None);
        stage.push_at(3.3, &[("alertname", "test2")], 1.5, None);
        stage.push_at(3.3, &[("alertname", "test3")], 1.5, None);
        stage.push_at(3.3, &[("alertname", "test4")], 1.6, None);
        stage.run_until(9.9);
        let all = "+test1@1 +test2@1.5 +test3@1.5 +test4@1.6 +test5@1";
        let heard = ["2.1s +test1@1 +test5@1", &format!("4.1s {all}"), &format!("9.1s {all}")];
        assert_eq!(stage.spans, heard);
    });
}

#[test]
fn resolves_after_the_timeout() {
    both(&config("global: {resolve_timeout: 10s}", "alertname", "5s", "4h"), |stage| {
        for lbl in ["v1", "v2", "v3"] {
            stage.push_at(1.0, &[("alertname", "test"), ("lbl", lbl)], 1.0, None);
        }
        stage.run_until(20.0);
        let fired = "2s +test/v1@1 +test/v2@1 +test/v3@1";
        let ended = "12s -test/v1@1..11 -test/v2@1..11 -test/v3@1..11";
        assert_eq!(stage.spans, [fired, ended]);
    });
}

#[test]
fn ends_nobody_wants_to_hear_of_are_known_all_the_same() {
    let yaml = config("global: {resolve_timeout: 10s}", "alertname", "5s", "4h");
    both(&with_second(&yaml, ", send_resolved: false"), |stage| {
        let test = |lbl| [("alertname", "test"), ("lbl", lbl)];
        stage.push_at(1.0, &test("v1"), 1.0, None);
        stage.push_at(1.0, &test("v2"), 1.0, None);
        stage.push_at(3.0, &test("v1"), 1.0, Some(4.0));
        stage.push_at(3.0, &test("v3"), 3.0, None);
        stage.push_at(8.0, &test("v3"), 3.0, None);
        stage.run_until(13.0);
        assert_eq!(
            stage.spans,
            [
                "2s +test/v1@1 +test/v2@1",
                "2s#1 +test/v1@1 +test/v2@1",
                "7s -test/v1@1..4 +test/v2@1 +test/v3@3",
                "7s#1 +test/v2@1 +test/v3@3",
                "12s -test/v2@1..11 +test/v3@3",
            ]
        );
    });
}

#[test]
fn a_reload_repeats_nothing_and_starts_the_timers_again() {
    let yaml = config("", "", "6s", "10m");
    both(&yaml, |stage| {
        stage.push_at(1.0, &[("alertname", "test1")], 1.0, None);
        stage.run_until(3.0);
        let same = crate::Settings { compat: stage.settings.compat, ..settings(&yaml) };
        stage.dispatcher.reroute(stage.moment(), &same).unwrap();
        stage.push_at(4.0, &[("alertname", "test2")], 4.0, None);
        stage.run_until(14.0);
        assert_eq!(stage.spans, ["2s +test1@1", "9s +test1@1 +test2@4"]);
    });
}

#[test]
fn silences_for_a_while() {
    both(&config("", "", "1s", "1ms"), |stage| {
        stage.push_at(1.0, &[("alertname", "test1")], 1.0, None);
        stage.push_at(1.0, &[("alertname", "test2")], 1.0, None);
        stage.run_until(2.5);
        stage.silence("alertname=test1", 2.0);
        stage.run_until(5.4);
        let all = "+test1@1 +test2@1";
        let heard = [&format!("2s {all}"), "3s +test2@1", "4s +test2@1", &format!("5s {all}")];
        assert_eq!(stage.spans, heard);
    });
}

#[test]
fn a_deleted_silence_mutes_no_more() {
    both(&config("", "", "1s", "1ms"), |stage| {
        stage.push_at(1.0, &[("alertname", "test1")], 1.0, None);
        stage.push_at(1.0, &[("alertname", "test2")], 1.0, None);
        stage.run_until(1.5);
        let id = stage.silence("alertname=~\".+\"", 98.5);
        stage.run_until(3.5);
        stage.dispatcher.expire_silence(stage.moment(), &id, &mut Vec::new()).unwrap();
        stage.run_until(4.5);
        assert_eq!(stage.spans, ["4s +test1@1 +test2@1"]);
    });
}

#[test]
fn an_inhibited_alert_is_told_again_when_its_source_has_ended() {
    both(&config(INHIBITION, "", "1s", "1s"), |stage| {
        let labels = |name, zone| [("alertname", name), ("job", "testjob"), ("zone", zone)];
        stage.push_at(1.0, &labels("test1", "aa"), 1.0, None);
        stage.push_at(1.0, &labels("InstanceDown", "aa"), 1.0, None);
        stage.push_at(1.0, &labels("InstanceDown", "ab"), 1.0, None);
        stage.push_at(2.2, &labels("JobDown", "aa"), 2.2, None);
        stage.push_at(3.6, &labels("JobDown", "aa"), 2.2, Some(3.6));
        stage.run_until(4.4);
        let (aa, ab) = ("+InstanceDown/testjob/aa@1", "+InstanceDown/testjob/ab@1");
        let test = "+test1/testjob/aa@1";
        assert_eq!(
            stage.spans,
            [
                format!("2s {aa} {ab} {test}"),
                format!("3s {ab} +JobDown/testjob/aa@2.2 {test}"),
                format!("4s {aa} {ab} -JobDown/testjob/aa@2.2..3.6 {test}"),
            ]
        );
    });
}

#[test]
fn what_ends_together_is_told_together() {
    both(&config(INHIBITION, "", "1s", "1s"), |stage| {
        let labels = |name| [("alertname", name), ("job", "testjob"), ("zone", "aa")];
        stage.push_at(1.0, &labels("InstanceDown"), 1.0, None);
        stage.push_at(1.0, &labels("JobDown"), 1.0, None);
        stage.push_at(2.6, &labels("JobDown"), 1.0, Some(2.6));
        stage.push_at(2.6, &labels("InstanceDown"), 1.0, Some(2.6));
        stage.run_until(5.0);
        let ended = "3s -InstanceDown/testjob/aa@1..2.6 -JobDown/testjob/aa@1..2.6";
        assert_eq!(stage.spans, ["2s +JobDown/testjob/aa@1", ended]);
    });
}

#[test]
fn a_start_delay_holds_groups_back() {
    both(&config("", "alertname", "6s", "4h"), |stage| {
        stage.dispatcher.hold_until(Stage::at(5.0));
        stage.push_at(1.0, &[("alertname", "test1")], -100.0, None);
        stage.push_at(6.0, &[("alertname", "test1")], -100.0, None);
        stage.run_until(12.0);
        assert_eq!(stage.spans, ["5s +test1@-100"]);
    });
}

#[test]
fn an_old_alert_is_told_at_once_only_upstreams_way() {
    let yaml = config("", "alertname", "5s", "4h");
    for (mut stage, heard) in [(Stage::strict(&yaml), "1s"), (Stage::new(&yaml), "2s")] {
        stage.push_at(1.0, &[("alertname", "test1")], -100.0, None);
        stage.run_until(4.0);
        assert_eq!(stage.spans, [format!("{heard} +test1@-100")]);
    }
    assert_eq!(Stage::new(&yaml).resolve_timeout, Duration::from_mins(5));
}

#[test]
fn an_inhibition_rule_that_says_nothing_hurts_nobody() {
    both(&config("inhibit_rules: [null]", "", "1s", "1s"), |stage| {
        stage.push_at(1.0, &[("alertname", "test1")], 1.0, None);
        stage.run_until(2.5);
        // As upstream, an alert that matches both sides does not inhibit itself.
        assert_eq!(stage.spans, ["2s +test1@1"]);
    });
}

#[test]
fn a_delivery_that_times_out_is_tried_again_before_the_next_flush() {
    both(&config("", "alertname", "1m", "1m"), |stage| {
        stage.failing_until_ms.insert("default/webhook[0]".into(), 3000);
        stage.push_at(1.0, &[("alertname", "test1")], 1.0, None);
        stage.run_until(5.0);
        let [only] = &stage.spans[..] else { panic!("{:?}", stage.spans) };
        let (at, what) = only.split_once("s ").unwrap();
        assert_eq!(what, "+test1@1");
        assert!((3.0..4.0).contains(&at.parse::<f64>().unwrap()), "{only}");
    });
}

#[test]
fn routes_and_groups_have_utf_8_names() {
    let yaml = "
route:
  receiver: default
  routes:
  - {receiver: webhook, matchers: [foo🙂=bar], group_by: [foo🙂], group_wait: 1s}
receivers:
- name: default
- name: webhook
  webhook_configs: [{url: 'http://one'}]
";
    both(yaml, |stage| {
        stage.push_at(1.0, &[("foo🙂", "bar")], 1.0, None);
        stage.run_until(2.5);
        assert_eq!(stage.spans, ["2s +/bar@1"]);
    });
}
