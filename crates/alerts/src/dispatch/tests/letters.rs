//! Dead letters: what is kept of messages that did not arrive, and how they are tried again.

use crate::stage::Stage;
use crate::{Delivery, Effect, Event};

const CONFIG: &str = "
route: {receiver: ops, group_by: [alertname], group_wait: 1s, group_interval: 30s, repeat_interval: 1h}
receivers:
- name: ops
  webhook_configs: [{url: 'http://ops'}]
";
const DOWN: [(&str, &str); 1] = [("alertname", "Down")];

/// Receiver, reason, how often it was given up, alerts.
fn letters(stage: &Stage) -> Vec<String> {
    let letters = stage.dispatcher.dead_letters();
    let shown = |letter: &crate::DeadLetter| {
        let alerts: Vec<String> = letter
            .alerts()
            .map(|(labels, fires)| format!("{}{}", if fires { "+" } else { "-" }, labels))
            .collect();
        let (receiver, why, times) = (letter.receiver(), &letter.why, letter.times);
        format!("{receiver} {}: {why}, {times}, {}", letter.integration, alerts.join(" "))
    };
    letters.iter().map(shown).collect()
}

/// Names of the letters held and of those on the disk: a restart must change nothing.
fn held_and_saved(stage: &Stage) -> [Vec<String>; 2] {
    let saved = stage.saved();
    let mut held: Vec<String> =
        stage.dispatcher.dead_letters().iter().map(|letter| letter.id.clone()).collect();
    held.sort();
    [held, saved.letters.iter().map(|letter| letter.id.clone()).collect()]
}

fn resend(stage: &mut Stage) -> bool {
    let Some(id) = stage.dispatcher.dead_letters().first().map(|letter| letter.id.clone()) else {
        return false;
    };
    let mut effects: Vec<Effect> = Vec::new();
    let is_tried = stage.dispatcher.resend(stage.moment(), &id, &mut effects);
    stage.carry_out(effects);
    is_tried
}

#[test]
fn a_refused_message_is_kept_until_its_receiver_takes_one_about_the_group() {
    let mut stage = Stage::new(CONFIG);
    stage.answers = [Delivery::Refused, Delivery::Refused].into();
    stage.fire(&DOWN);
    stage.run_until(40.0);
    assert_eq!(letters(&stage), [r#"ops webhook[0]: down, 2, +{alertname="Down"}"#]);
    assert_eq!(stage.dispatcher.stats().letters, 1);
    stage.restart();
    assert_eq!(
        letters(&stage).len(),
        0,
        "a restart tries again at once, and the receiver takes it"
    );
}

#[test]
fn a_message_that_failed_until_the_next_turn_is_a_dead_letter() {
    let mut stage = Stage::new(CONFIG);
    stage.failing_until_ms.insert("ops/webhook[0]".into(), 45_000);
    stage.fire(&DOWN);
    stage.run_until(30.0);
    assert_eq!(letters(&stage), Vec::<String>::new(), "it is still tried");
    stage.run_until(40.0);
    assert_eq!(letters(&stage), [r#"ops webhook[0]: down, 1, +{alertname="Down"}"#]);
    let [held, saved] = held_and_saved(&stage);
    assert_eq!((held.len(), &held), (1, &saved));
    stage.run_until(100.0);
    assert_eq!(letters(&stage), Vec::<String>::new());
    assert_eq!(held_and_saved(&stage), [[""; 0], [""; 0]], "what arrived is gone from the disk");
}

#[test]
fn a_dead_letter_survives_a_restart() {
    let mut stage = Stage::new(CONFIG);
    stage.answers = vec![Delivery::Refused; 2].into();
    stage.fire(&DOWN);
    stage.run_until(2.0);
    let before = letters(&stage);
    assert_eq!(before.len(), 1);
    stage.restart();
    assert_eq!(letters(&stage), [r#"ops webhook[0]: down, 2, +{alertname="Down"}"#]);
    let mut effects = Vec::new();
    let id = stage.dispatcher.dead_letters()[0].id.clone();
    assert!(stage.dispatcher.forget_dead_letter(&id, &mut effects));
    assert!(!stage.dispatcher.forget_dead_letter(&id, &mut effects));
    assert!(matches!(effects[..], [Effect::Remember(_)]), "forgetting is written down");
}

#[test]
fn a_live_group_is_told_again_as_it_is_now() {
    let mut stage = Stage::new(CONFIG);
    stage.answers = [Delivery::Refused].into();
    stage.fire(&DOWN);
    stage.run_until(5.0);
    stage.resolve(&DOWN);
    stage.fire(&[("alertname", "Down"), ("host", "b")]);
    assert!(resend(&mut stage));
    let last = stage.heard.last().unwrap();
    assert!(last.starts_with("5s ops ") && last.contains("+Down/b"), "{last}");
    assert_eq!(letters(&stage), Vec::<String>::new());
    assert!(!resend(&mut stage), "nothing is left");
}

#[test]
fn a_message_whose_group_is_gone_goes_out_as_it_was() {
    let mut stage = Stage::new(CONFIG);
    stage.answers = [Delivery::Refused].into();
    stage.fire(&DOWN);
    stage.run_until(2.0);
    let elsewhere = CONFIG.replace("group_by: [alertname]", "group_by: [host]");
    stage.settings = crate::stage::settings(&elsewhere);
    stage.dispatcher.reroute(stage.moment(), &stage.settings).unwrap();
    stage.run_until(3.0);
    stage.heard.clear();
    stage.answers = [Delivery::Retry { after: None }].into();
    assert!(resend(&mut stage));
    assert_eq!(letters(&stage), [r#"ops webhook[0]: down, 2, +{alertname="Down"}"#]);
    assert!(resend(&mut stage));
    assert_eq!(stage.heard.last().unwrap(), "3s ops +Down (first notification)");
    assert_eq!(letters(&stage), Vec::<String>::new());
}

#[test]
fn letters_are_bounded_and_the_oldest_makes_room() {
    let mut stage = Stage::new(CONFIG);
    for index in 0..1003 {
        stage.answers.push_back(Delivery::Refused);
        stage.fire(&[("alertname", &format!("Down{index}"))]);
    }
    stage.run_until(2.0);
    stage.run_until(3.0);
    let stats = stage.dispatcher.stats();
    assert_eq!((stats.letters, stats.letters_dropped), (1000, 3));
    let [held, saved] = held_and_saved(&stage);
    assert_eq!(held, saved, "what made room is gone from the disk");
}

#[test]
fn what_became_of_messages_is_counted_by_integration() {
    let mut stage = Stage::new(CONFIG);
    let later = std::time::Duration::from_secs(20);
    stage.answers = [Delivery::Retry { after: Some(later) }].into();
    stage.fire(&DOWN);
    stage.run_until(5.0);
    let integrations = stage.dispatcher.integrations();
    let [ops] = &integrations[..] else { panic!("one integration") };
    assert_eq!((ops.receiver.as_str(), ops.integration.as_str()), ("ops", "webhook[0]"));
    assert_eq!((ops.counts.sent, ops.counts.retried, ops.counts.failed), (0, 1, 0));
    let failed = ops.counts.last_failed.clone().unwrap();
    assert_eq!(failed.1, "down");
    assert_eq!(ops.counts.not_before, Some(failed.0.saturating_add(later)));

    stage.answers = [Delivery::Refused].into();
    stage.run_until(25.0);
    let counts = stage.dispatcher.integrations()[0].clone();
    assert_eq!((counts.counts.failed, counts.dead_letters, counts.counts.not_before), (1, 1, None));

    stage.run_until(40.0);
    let counts = stage.dispatcher.integrations()[0].clone();
    assert_eq!((counts.counts.sent, counts.dead_letters), (1, 0));
    assert!(counts.counts.last_sent > counts.counts.last_failed.map(|(at, _)| at));
}

#[test]
fn a_letter_that_nobody_tries_is_forgotten_after_thirty_days_on_the_disk_too() {
    let mut stage = Stage::new(CONFIG);
    stage.answers = [Delivery::Refused].into();
    stage.fire(&DOWN);
    stage.run_until(2.0);
    stage.reroute(&CONFIG.replace("group_by: [alertname]", "group_by: [host]"));
    let days = |days: i64| days * 24 * 3600 * 1000;
    stage.ms = days(30);
    stage.step(Event::Tick);
    let [held, saved] = held_and_saved(&stage);
    assert_eq!((held.len(), &held), (1, &saved));
    stage.ms = days(31);
    stage.step(Event::Tick);
    assert_eq!(held_and_saved(&stage), [[""; 0], [""; 0]]);
}
