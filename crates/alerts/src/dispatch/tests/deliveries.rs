//! Deliveries that fail, wait, overtake each other or meet a silence, a jump or a reload.

use crate::change::What;
use crate::letter::DeadLetters;
use crate::notification::{NotifiedAlert, Reason};
use crate::stage::{Stage, accepted};
use crate::{DeadLetter, Delivery, Effect, Event, Notification, Texts, Ticket};
use model::{Labels, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

const DOWN: [(&str, &str); 1] = [("alertname", "Down")];

/// One receiver with so many webhooks, and a group interval.
fn config(webhooks: usize, interval: &str) -> String {
    let urls = ["{url: 'http://a'}", "{url: 'http://b'}"][..webhooks].join(", ");
    format!(
        "
route: {{receiver: ops, group_by: [alertname], group_wait: 1s, group_interval: {interval}, \
         repeat_interval: 2m}}
receivers: [{{name: ops, webhook_configs: [{urls}]}}]
"
    )
}

/// Steps by hand; gives tickets with their integrations.
fn step(stage: &mut Stage, event: Event) -> Vec<(Ticket, usize)> {
    let mut effects = Vec::new();
    stage.dispatcher.step(stage.moment(), event, &mut effects);
    let tickets = effects.iter().filter_map(|effect| match effect {
        Effect::Notify { ticket, notification, .. } => Some((*ticket, notification.integration)),
        Effect::Remember(_) | Effect::GaveUp { .. } => None,
    });
    tickets.collect()
}

fn deliver(stage: &mut Stage, ticket: Ticket, delivery: Delivery) {
    step(stage, Event::Delivered(ticket, delivery, "down".into()));
}

#[test]
fn an_outcome_counts_for_the_integration_that_it_came_from() {
    let mut stage = Stage::new(&config(2, "1m"));
    stage.fire(&DOWN);
    stage.ms = 1000;
    let tickets = step(&mut stage, Event::Tick);
    let [(first, 0), (second, 1)] = tickets[..] else { panic!("{tickets:?}") };
    deliver(&mut stage, second, accepted());
    deliver(&mut stage, first, Delivery::Refused);
    let letters = stage.dispatcher.dead_letters();
    let failed: Vec<&str> = letters.iter().map(|letter| letter.integration.as_str()).collect();
    assert_eq!(failed, ["webhook[0]"]);
    stage.run_until(100.0);
    assert_eq!(stage.heard, ["61s ops +Down (first notification)"]);
}

#[test]
fn each_integration_is_tried_again_at_its_own_time() {
    let mut stage = Stage::new(&config(2, "5m"));
    let retry = |seconds| Delivery::Retry { after: Some(Duration::from_secs(seconds)) };
    stage.answers = [retry(50), retry(20)].into();
    stage.fire(&DOWN);
    stage.run_until(100.0);
    let why = "+Down (first notification)";
    let told = [format!("21s ops#1 {why}"), format!("51s ops {why}")];
    assert_eq!(stage.heard[2..], told);
}

#[test]
fn a_jump_of_the_clock_neither_hastens_nor_delays_another_try() {
    for hours in [-1, 1] {
        let mut stage = Stage::new(&config(1, "1m"));
        stage.answers = [Delivery::Retry { after: Some(Duration::from_secs(20)) }].into();
        stage.fire(&DOWN);
        stage.run_until(5.0);
        stage.wall_offset_ms = hours * 3_600_000;
        stage.run_until(250.0);
        let why = "(repeat interval elapsed)";
        let told =
            ["21s ops +Down (first notification)".to_owned(), format!("121s ops +Down {why}")];
        assert_eq!(stage.heard[1..3], told, "{hours} h");
    }
}

#[test]
fn inv_52_an_end_is_told_although_the_alert_itself_was_lost() {
    let mut stage = Stage::new(&config(1, "2s"));
    stage.fire(&DOWN);
    stage.run_until(2.0);
    stage.written.retain(|change| !matches!(change.0, What::Alert(_)));
    stage.restart();
    stage.resolve(&DOWN);
    stage.resolve(&[("alertname", "Down"), ("host", "b")]);
    stage.run_until(20.0);
    let [_, told] = &stage.heard[..] else { panic!("{:?}", stage.heard) };
    assert!(told.ends_with("ops -Down (all alerts resolved)"), "INV-52: {told}");
}

#[test]
fn inv_52_an_end_survives_in_one_group_when_another_is_done_with_it() {
    let mut stage = Stage::new(
        "
route:
  receiver: a
  group_by: [alertname]
  group_wait: 1s
  group_interval: 2s
  routes: [{receiver: a, continue: true}, {receiver: b}]
receivers:
- {name: a, webhook_configs: [{url: 'http://a'}]}
- {name: b, webhook_configs: [{url: 'http://b'}]}
",
    );
    stage.fire(&DOWN);
    stage.run_until(2.0);
    stage.failing_until_ms.insert("b/webhook[0]".into(), 30_000);
    stage.resolve(&DOWN);
    stage.run_until(10.0);
    stage.restart();
    stage.run_until(100.0);
    let told = |who: &str| {
        let ends = stage.heard.iter().filter(|line| line.contains(&format!("{who} -Down")));
        ends.filter(|line| !line.ends_with("FAILED")).count()
    };
    assert_eq!((told("a"), told("b")), (1, 1), "INV-52: {:?}", stage.heard);
}

#[test]
fn what_waits_is_not_told_of_alerts_that_were_silenced_meanwhile() {
    let mut stage = Stage::new(&config(1, "10s"));
    stage.answers = [Delivery::Retry { after: Some(Duration::from_secs(30)) }].into();
    stage.fire(&DOWN);
    stage.run_until(5.0);
    stage.silence("alertname=Down", 60.0);
    stage.run_until(60.0);
    assert_eq!(stage.heard, ["1s ops +Down (first notification) FAILED"]);
    stage.run_until(80.0);
    assert_eq!(stage.heard[1..], ["71s ops +Down (first notification)"]);
}

#[test]
fn what_was_under_way_when_a_silence_began_is_not_told_again_after_it() {
    let mut stage = Stage::new(&config(1, "10s"));
    stage.fire(&DOWN);
    stage.ms = 1000;
    let (ticket, _) = step(&mut stage, Event::Tick)[0];
    stage.silence("alertname=Down", 60.0);
    stage.ms = 11_000;
    assert_eq!(step(&mut stage, Event::Tick).len(), 0);
    deliver(&mut stage, ticket, accepted());
    stage.run_until(100.0);
    assert_eq!(stage.heard, Vec::<String>::new());
}

#[test]
fn a_reload_does_not_shorten_the_wait_of_a_group() {
    let mut stage = Stage::new(&config(1, "10s"));
    stage.fire(&DOWN);
    stage.run_until(0.5);
    stage.dispatcher.reroute(stage.moment(), &stage.settings).unwrap();
    stage.run_until(5.0);
    assert_eq!(stage.heard, ["1s ops +Down (first notification)"]);
}

#[test]
fn ends_that_an_integration_does_not_want_leave_nothing_behind() {
    let yaml = config(1, "10s").replace("'http://a'", "'http://a', send_resolved: false");
    let mut stage = Stage::new(&yaml);
    stage.fire(&DOWN);
    stage.run_until(5.0);
    stage.resolve(&DOWN);
    stage.run_until(30.0);
    let stats = stage.dispatcher.stats();
    assert_eq!((stats.alerts, stats.groups), (0, 0));
    stage.fire(&DOWN);
    stage.run_until(40.0);
    let why = "+Down (first notification)";
    assert_eq!(stage.heard, [format!("1s ops {why}"), format!("31s ops {why}")]);
}

#[test]
fn a_letter_that_was_forgotten_does_not_come_back_with_a_restart() {
    let mut stage = Stage::new(&config(1, "10s"));
    stage.answers = [Delivery::Refused, Delivery::Refused].into();
    stage.fire(&DOWN);
    stage.run_until(2.0);
    let id = stage.dispatcher.dead_letters()[0].id.clone();
    let mut effects = Vec::new();
    assert!(stage.dispatcher.forget_dead_letter(&id, &mut effects));
    stage.carry_out(effects);
    stage.restart();
    let letters = stage.dispatcher.dead_letters();
    assert_eq!((letters.len(), letters[0].times), (1, 1), "refused once since");
}

#[test]
fn the_alerts_of_all_letters_are_bounded() {
    let alert = NotifiedAlert {
        labels: Labels::empty(),
        annotations: Texts::default(),
        firing: true,
        starts_at: Timestamp::MIN,
        ends_at: None,
        generator_url: "".into(),
    };
    let mut letters = DeadLetters::default();
    for group in 0..22 {
        let notification = Notification {
            receiver: "ops".into(),
            integration: 0,
            group_key: group.to_string(),
            group_labels: Labels::empty(),
            alerts: vec![alert.clone(); 1500],
            reason: Reason::FirstNotification,
            route_labels: BTreeMap::new(),
            now: Timestamp::MIN,
            receiver_data: BTreeMap::new(),
        };
        let letter = DeadLetter::new(notification, "webhook[0]", "", Timestamp::from_ms(group));
        let (kept, gone) = letters.keep(letter);
        assert_eq!((kept.alerts_left_off, gone.len()), (500, usize::from(group >= 20)), "{group}");
    }
    assert_eq!(letters.iter().len(), 20, "of a thousand alerts each");
}

/// INV-53: who made or ended a silence has the answer after it was written down.
#[test]
fn inv_53_a_silence_and_its_end_are_written_down_at_once() {
    let mut stage = Stage::new(&config(1, "10s"));
    stage.fire(&DOWN);
    let id = stage.silence("alertname=Down", 500.0);
    assert!(matches!(stage.written.last().unwrap().0, What::Silence(_)), "INV-53");
    let mut effects = Vec::new();
    stage.dispatcher.expire_silence(stage.moment(), &id, &mut effects).unwrap();
    assert!(matches!(effects[..], [Effect::Remember(_)]), "INV-53: {effects:?}");
    stage.carry_out(effects);
    stage.restart();
    stage.run_until(5.0);
    assert_eq!(stage.heard, ["1s ops +Down (first notification)"]);
}

#[test]
fn a_reload_brings_receivers_intervals_and_inhibitions() {
    let before = "
route: {receiver: old, group_by: [alertname], group_wait: 1s, group_interval: 2s}
receivers: [{name: old, webhook_configs: [{url: 'http://a'}]}]
";
    let after = "
route:
  receiver: new
  group_by: [alertname]
  group_wait: 1s
  group_interval: 2s
  routes: [{receiver: muted, matchers: [alertname=Muted], mute_time_intervals: [always]}]
receivers:
- {name: new, webhook_configs: [{url: 'http://b'}]}
- {name: muted, webhook_configs: [{url: 'http://c'}]}
inhibit_rules: [{source_matchers: [alertname=Source], target_matchers: [alertname=Target]}]
time_intervals: [{name: always, time_intervals: [{}]}]
";
    let mut stage = Stage::new(before);
    for name in ["Source", "Target", "Muted", "Other"] {
        stage.fire(&[("alertname", name)]);
    }
    stage.settings = crate::stage::settings(after);
    stage.dispatcher.reroute(stage.moment(), &stage.settings).unwrap();
    stage.run_until(20.0);
    stage.heard.sort();
    let why = "(first notification)";
    assert_eq!(stage.heard, [format!("1s new +Other {why}"), format!("1s new +Source {why}")]);
}

/// An outcome of a delivery from before a reload says nothing about groups of today.
#[test]
fn an_outcome_from_before_a_reload_is_ignored() {
    let mut stage = Stage::new(&config(1, "10s"));
    stage.fire(&DOWN);
    stage.ms = 1000;
    let (ticket, _) = step(&mut stage, Event::Tick)[0];
    stage.dispatcher.reroute(stage.moment(), &stage.settings).unwrap();
    let again = step(&mut stage, Event::Delivered(ticket, Delivery::Refused, "down".into()));
    assert_eq!((stage.dispatcher.stats().refused, again.len()), (0, 1), "it is told once more");
    deliver(&mut stage, again[0].0, accepted());
    stage.run_until(50.0);
    assert_eq!((stage.dispatcher.stats().accepted, stage.heard.len()), (1, 0));
}

/// A group that has been told of is told of again after its interval, not after its wait.
#[test]
fn a_group_that_flushed_flushes_at_once_after_a_reload() {
    let mut stage = Stage::new(&config(1, "1m"));
    stage.fire(&DOWN);
    stage.run_until(2.0);
    stage.fire(&[("alertname", "Down"), ("host", "b")]);
    for _ in 0..2 {
        stage.dispatcher.reroute(stage.moment(), &stage.settings).unwrap();
        stage.run_until(3.0);
    }
    assert_eq!(stage.heard[1..], ["2s ops +Down +Down/b (new alerts added)"]);
}

/// Upstream's way nobody asks what was told: what failed must keep the end.
#[test]
fn strictly_too_an_end_that_did_not_arrive_is_told_at_the_next_turn() {
    let retry = Delivery::Retry { after: Some(Duration::from_secs(5)) };
    for (answer, at) in [(Delivery::Refused, "21s"), (retry, "16s")] {
        let mut stage = Stage::strict(&config(1, "10s"));
        stage.fire(&DOWN);
        stage.run_until(2.0);
        stage.resolve(&DOWN);
        stage.answers = [answer].into();
        stage.run_until(60.0);
        let told = stage.heard.last().unwrap();
        assert!(told.starts_with(at) && told.contains("ops -Down"), "{:?}", stage.heard);
    }
}

#[test]
fn a_delivery_may_take_ten_seconds_however_short_the_interval() {
    for (interval, seconds) in [("2s", 10), ("1m", 60)] {
        let mut stage = Stage::new(&config(1, interval));
        stage.fire(&DOWN);
        stage.ms = 1000;
        let mut effects = Vec::new();
        stage.dispatcher.step(stage.moment(), Event::Tick, &mut effects);
        let allowed = effects.iter().find_map(|effect| match effect {
            Effect::Notify { timeout, .. } => Some(*timeout),
            Effect::Remember(_) | Effect::GaveUp { .. } => None,
        });
        assert_eq!(allowed, Some(Duration::from_secs(seconds)));
    }
}

#[test]
fn tries_come_slower_and_slower() {
    let mut stage = Stage::new(&config(1, "10m"));
    stage.failing_until_ms.insert("ops/webhook[0]".into(), 300_000);
    stage.fire(&DOWN);
    stage.run_until(299.0);
    assert!((3..60).contains(&stage.heard.len()), "{:?}", stage.heard);
    stage.run_until(500.0);
    assert!(stage.heard.last().unwrap().ends_with("(first notification)"), "{:?}", stage.heard);
}

#[test]
fn inv_51_an_integration_waits_for_its_own_delivery_alone() {
    let mut stage = Stage::new(&config(2, "1m"));
    stage.fire(&DOWN);
    stage.ms = 1000;
    let first = step(&mut stage, Event::Tick)[0].0;
    deliver(&mut stage, first, accepted());
    stage.fire(&[("alertname", "Down"), ("host", "b")]);
    stage.ms = 61_000;
    let places: Vec<usize> = step(&mut stage, Event::Tick).iter().map(|(_, at)| *at).collect();
    assert_eq!(places, [0], "INV-51: the other one is still under way");
}

#[test]
fn strictly_too_an_end_during_a_delivery_is_told_after_it() {
    let mut stage = Stage::strict(&config(1, "10s"));
    stage.fire(&DOWN);
    stage.ms = 1000;
    let (ticket, _) = step(&mut stage, Event::Tick)[0];
    stage.resolve(&DOWN);
    stage.ms = 11_000;
    assert_eq!(step(&mut stage, Event::Tick).len(), 0, "INV-51");
    deliver(&mut stage, ticket, accepted());
    stage.run_until(60.0);
    assert_eq!(stage.heard, ["21s ops -Down (all alerts resolved)"]);
}

/// What a new group learned of a former one survives the process.
#[test]
fn nothing_is_told_again_after_a_reload_and_a_restart() {
    let mut stage = Stage::new(&config(1, "10s"));
    stage.fire(&DOWN);
    stage.run_until(2.0);
    stage.settings = crate::stage::settings(&config(1, "10s").replace("[alertname]", "[host]"));
    stage.dispatcher.reroute(stage.moment(), &stage.settings).unwrap();
    stage.run_until(3.0);
    stage.restart();
    stage.run_until(50.0);
    assert_eq!(stage.heard, ["1s ops +Down (first notification)"]);
}

/// The first messages of many leave before the others are written down.
#[test]
fn many_groups_are_flushed_in_steps_that_grow() {
    let mut stage = Stage::new(&config(1, "1h"));
    for instance in ["a", "b"] {
        for number in 0..60 {
            let name = format!("Down{number}");
            stage.fire(&[("alertname", &name), ("instance", instance)]);
        }
        stage.ms += 3_600_000;
        let steps: Vec<_> = (0..7).map(|_| step(&mut stage, Event::Tick)).collect();
        let messages: Vec<usize> = steps.iter().map(Vec::len).collect();
        assert_eq!(messages, [2, 4, 8, 16, 16, 14, 0], "{instance}");
        let tickets = steps.into_iter().flatten();
        tickets.for_each(|(ticket, _)| deliver(&mut stage, ticket, accepted()));
    }
}
