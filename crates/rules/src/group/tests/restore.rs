//! Since when alerts are active, after a restart: as upstream reads it from `ALERTS_FOR_STATE`.

use super::*;
use crate::ForState;
use model::stale_marker;

const HOLD: u64 = 1800;

/// A group after a restart, after `rounds` evaluations with the element `a`.
fn restarted(hold: u64, rounds: u32) -> (Stage, Vec<Effect>) {
    let mut stage = Stage::new(Vec::new());
    let rules = vec![alerting("Down", hold, 0), recording("x")];
    stage.group = Group::restoring(spec(rules), GroupOptions::default());
    let mut effects = Vec::new();
    for _ in 0..rounds {
        effects.extend(stage.round(&Ok(vec!["a"])));
    }
    (stage, effects)
}

/// The state of `a`: active since, last written, both in seconds before now.
fn state(stage: &Stage, since: u64, written: u64) -> ForState {
    let pairs = [
        (METRIC_NAME, "ALERTS_FOR_STATE"),
        ("alertname", "Down"),
        ("instance", "a"),
        ("severity", "high"),
    ];
    let before = |seconds| stage.at().saturating_sub(Duration::from_secs(seconds));
    ForState {
        labels: Labels::from_pairs(pairs),
        at: before(written),
        since_seconds: before(since).seconds(),
    }
}

fn alert_lines(effects: &[Effect]) -> usize {
    written(effects).iter().filter(|line| line.contains("ALERTS")).count()
}

#[test]
fn after_the_second_evaluation_states_of_the_last_hour_are_looked_up() {
    let (stage, effects) = restarted(HOLD, 2);
    assert_eq!(alert_lines(&effects), 0, "nothing is written before it is known");
    let Some(Effect::Restore { matchers, from, until }) = effects.last() else {
        panic!("{effects:?}")
    };
    let matchers: Vec<String> = matchers.iter().map(ToString::to_string).collect();
    assert_eq!(
        matchers,
        [r#"__name__="ALERTS_FOR_STATE""#, r#"alertname="Down""#, r#"severity="high""#]
    );
    assert_eq!((until.since(*from), *until), (Duration::from_hours(1), stage.at()));
}

/// The beginning of the alert after the restoration, in seconds before now.
fn active_since(hold: u64, since: u64, written: u64) -> u64 {
    let (mut stage, _) = restarted(hold, 2);
    let states = vec![state(&stage, since, written)];
    let mut out = Vec::new();
    stage.group.step(Event::Restored(Ok(states)), &mut out);
    assert!(matches!(out[..], [Effect::Done]));
    let (_, _, alerts) = stage.group.rules().next().unwrap();
    let since = stage.at().since(alerts[0].active_at).as_secs();
    assert_eq!(alert_lines(&stage.round(&Ok(vec!["a"]))), 2, "and now it is written");
    since
}

#[test]
fn a_fired_alert_keeps_its_beginning_and_fires_again() {
    assert_eq!(active_since(HOLD, 2000, 100), 2000);
}

#[test]
fn downtime_does_not_count_as_pending() {
    assert_eq!(active_since(HOLD, 1000, 300), 700);
}

#[test]
fn an_alert_that_nearly_fired_stays_pending_for_the_grace_period() {
    assert_eq!(active_since(HOLD, 1700, 100), HOLD - 600);
}

#[test]
fn ended_states_and_states_of_others_are_ignored() {
    let (mut stage, _) = restarted(HOLD, 2);
    let mut ended = state(&stage, 1000, 10);
    ended.since_seconds = stale_marker();
    let mut other = state(&stage, 1000, 10);
    other.labels = with(&other.labels, "instance", "b");
    stage.group.step(Event::Restored(Ok(vec![ended, other])), &mut Vec::new());
    let (_, _, alerts) = stage.group.rules().next().unwrap();
    assert_eq!(stage.at().since(alerts[0].active_at), INTERVAL);
}

fn with(labels: &Labels, name: &str, value: &str) -> Labels {
    let mut builder = labels.to_builder();
    builder.set(name, value);
    builder.build()
}

#[test]
fn short_waits_are_not_looked_up() {
    let (mut stage, effects) = restarted(60, 2);
    assert!(matches!(effects.last(), Some(Effect::Done)));
    assert_eq!(alert_lines(&stage.round(&Ok(vec!["a"]))), 2);
}

#[test]
fn a_store_that_cannot_answer_leaves_alerts_pending() {
    let (mut stage, _) = restarted(HOLD, 2);
    stage.group.step(Event::Restored(Err("storage is away".into())), &mut Vec::new());
    assert_eq!(stage.states(), ["a pending"]);
    assert_eq!(alert_lines(&stage.round(&Ok(vec!["a"]))), 2);
}

/// An answer belongs to another question.
#[test]
fn an_answer_while_states_are_looked_up_is_ignored() {
    let (mut stage, _) = restarted(HOLD, 2);
    let mut out = Vec::new();
    let answer = QueryAnswer { result: Ok(Vec::new()), took: Duration::ZERO };
    stage.group.step(Event::Answer(answer), &mut out);
    assert_eq!(out.len(), 0);
    let states = vec![state(&stage, 2000, 100)];
    stage.group.step(Event::Restored(Ok(states)), &mut out);
    assert!(matches!(out[..], [Effect::Done]), "{out:?}");
    let (_, _, alerts) = stage.group.rules().next().unwrap();
    assert_eq!(stage.at().since(alerts[0].active_at).as_secs(), 2000);
}
