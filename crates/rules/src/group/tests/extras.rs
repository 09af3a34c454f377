//! What goes beyond Prometheus, in virtual time: hysteresis, n of m, missing data, flapping.

use super::restart::Life;
use super::*;
use crate::{Extras, FireAfter, FlapDamping, OnMissing};

/// What the queries of a round answer: the rule's, `recover_expr`, and `up` by instance.
#[derive(Clone, Copy, Default)]
struct World<'w> {
    present: &'w [&'w str],
    recovered: &'w [&'w str],
    up: &'w [(&'w str, f64)],
}

/// The rule's element is there, or its target is up without it.
const HIT: World<'_> = World { present: &["a"], recovered: &[], up: &[("a", 1.0)] };
const MISS: World<'_> = World { present: &[], recovered: &[], up: &[("a", 1.0)] };
const DOWN: World<'_> = World { present: &[], recovered: &[], up: &[("a", 0.0)] };
const GONE: World<'_> = World { present: &[], recovered: &[], up: &[] };
const RECOVERED: World<'_> = World { present: &[], recovered: &["a"], up: &[("a", 1.0)] };

fn rule(hold: u64, keep_firing: u64, extras: Extras) -> RuleSpec {
    match alerting("Down", hold, keep_firing) {
        RuleSpec::Alerting(rule) => RuleSpec::Alerting(AlertingSpec { extras, ..rule }),
        RuleSpec::Recording(_) => unreachable!("an alerting rule"),
    }
}

/// Hysteresis, and nothing else.
fn recover() -> Extras {
    let text = "recovered".to_owned();
    let query = RuleQuery { expr: promql::parse(&text).unwrap(), text };
    Extras { recover: Some(Arc::new(query)), ..Extras::default() }
}

fn stage(rule: RuleSpec) -> Stage {
    Stage::new(vec![rule])
}

/// One evaluation in a world; answers the queries that were asked, in their order.
fn round(stage: &mut Stage, world: World<'_>) -> (Vec<Effect>, Vec<String>) {
    stage.round += 1;
    let tick = Event::Tick { at: stage.at(), monotonic: INTERVAL * stage.round };
    let (mut out, mut asked) = (Vec::new(), Vec::new());
    stage.group.step(tick, &mut out);
    while let Some(Effect::Query { query, .. }) = out.last() {
        asked.push(query.text.clone());
        let elements = match query.text.as_str() {
            "recovered" => world.recovered.iter().map(|i| element(i)).collect(),
            "up" => {
                let labels = |i: &str| Labels::from_pairs([(METRIC_NAME, "up"), ("instance", i)]);
                world.up.iter().map(|(i, value)| (labels(i), Value::Float(*value))).collect()
            }
            _ => world.present.iter().map(|i| element(i)).collect(),
        };
        let answer = QueryAnswer { result: Ok(elements), took: Duration::ZERO };
        stage.group.step(Event::Answer(answer), &mut out);
    }
    (out, asked)
}

/// States after each world, told ends marked with `!`.
fn play(stage: &mut Stage, worlds: &[World<'_>]) -> Vec<String> {
    let mut states = Vec::new();
    for world in worlds {
        let (effects, _) = round(stage, *world);
        let told = sent(&effects).iter().any(|alert| alert.resolved);
        let state = stage.states().pop().unwrap_or("a none".into());
        let state = state.trim_start_matches("a ").to_owned();
        states.push(if told { state + "!" } else { state });
    }
    states
}

#[test]
fn rules_without_extras_ask_nothing_else() {
    let mut stage = stage(rule(0, 0, Extras::default()));
    round(&mut stage, HIT);
    assert_eq!(round(&mut stage, MISS).1, ["1"]);
    assert_eq!(stage.states(), ["a inactive"]);
}

#[test]
fn with_recover_expr_an_alert_fires_until_that_holds() {
    let mut stage = stage(rule(0, 0, recover()));
    let states = play(&mut stage, &[HIT, MISS, MISS, HIT, MISS, RECOVERED]);
    assert_eq!(states, ["firing", "firing", "firing", "firing", "firing", "inactive!"]);
    round(&mut stage, HIT);
    assert_eq!(round(&mut stage, HIT).1, ["1"], "asked only about alerts that are gone");
    assert_eq!(round(&mut stage, MISS).1, ["1", "recovered", "up"]);
}

#[test]
fn another_series_does_not_recover_an_alert() {
    let mut stage = stage(rule(0, 0, recover()));
    let other = World { recovered: &["b"], ..MISS };
    assert_eq!(play(&mut stage, &[HIT, other]), ["firing", "firing"]);
}

#[test]
fn a_pending_alert_needs_no_recovery() {
    let mut stage = stage(rule(60, 0, recover()));
    assert_eq!(play(&mut stage, &[HIT, MISS]), ["pending", "none"]);
}

#[test]
fn keep_firing_for_counts_from_the_recovery() {
    let mut stage = stage(rule(0, 30, recover()));
    let worlds = [HIT, MISS, RECOVERED, RECOVERED, MISS, RECOVERED, RECOVERED, RECOVERED];
    let states = play(&mut stage, &worlds);
    assert_eq!(states[..7], ["firing"; 7]);
    assert_eq!(states[7], "inactive!");
}

#[test]
fn missing_data_ends_an_alert_with_recover_expr_unless_it_is_kept() {
    let mut plain = stage(rule(0, 0, recover()));
    assert_eq!(play(&mut plain, &[HIT, MISS, DOWN]), ["firing", "firing", "inactive!"]);
    let extras = Extras { on_missing: OnMissing::Keep, ..recover() };
    let mut kept = stage(rule(0, 0, extras));
    let states = play(&mut kept, &[HIT, MISS, DOWN, DOWN, MISS, RECOVERED]);
    assert_eq!(states, ["firing", "firing", "firing", "firing", "firing", "inactive!"]);
}

#[test]
fn three_of_five() {
    let fire_after = Some(FireAfter { hits: 3, evaluations: 5 });
    let mut stage = stage(rule(0, 0, Extras { fire_after, ..Extras::default() }));
    let worlds = [HIT, MISS, HIT, MISS, HIT, MISS, MISS, HIT];
    let states = play(&mut stage, &worlds);
    let expected = [
        "pending",
        "pending",
        "pending",
        "pending",
        "firing", // x.x.x
        "inactive!",
        "inactive", // .x.x. has two, x.x.. too
        "pending",  // .x..x
    ];
    assert_eq!(states, expected);
    assert_eq!(play(&mut stage, &[HIT]), ["firing"], "x..xx");
}

#[test]
fn an_alert_that_is_too_rare_is_forgotten() {
    let fire_after = Some(FireAfter { hits: 2, evaluations: 3 });
    let mut stage = stage(rule(0, 0, Extras { fire_after, ..Extras::default() }));
    let states = play(&mut stage, &[HIT, MISS, MISS, MISS]);
    assert_eq!(states, ["pending", "pending", "pending", "none"]);
}

#[test]
fn a_failed_query_does_not_count_as_a_miss() {
    let fire_after = Some(FireAfter { hits: 2, evaluations: 2 });
    let mut stage = stage(rule(0, 0, Extras { fire_after, ..Extras::default() }));
    round(&mut stage, HIT);
    stage.round(&Err("no"));
    round(&mut stage, HIT);
    assert_eq!(stage.states(), ["a firing"]);
}

#[test]
fn a_target_that_is_down_keeps_its_alert() {
    let extras = Extras { on_missing: OnMissing::Keep, ..Extras::default() };
    let mut firing = stage(rule(0, 0, extras.clone()));
    let states = play(&mut firing, &[HIT, DOWN, DOWN, MISS]);
    assert_eq!(states, ["firing", "firing", "firing", "inactive!"]);
    let mut pending = stage(rule(30, 0, extras));
    let states = play(&mut pending, &[HIT, DOWN, DOWN, DOWN]);
    assert_eq!(states, ["pending"; 4], "kept as it was");
    let (_, _, alerts) = pending.group.rules().next().unwrap();
    assert_eq!(alerts[0].missing_since, Some(Timestamp::from_ms(EPOCH_MS + 30_000)));
}

#[test]
fn missing_data_alerts_when_it_should() {
    let extras = Extras { on_missing: OnMissing::Alert, ..Extras::default() };
    let mut stage = stage(rule(30, 0, extras));
    let states = play(&mut stage, &[HIT, DOWN, DOWN, MISS]);
    assert_eq!(states, ["pending", "pending", "firing", "inactive!"]);
}

#[test]
fn a_target_that_vanished_counts_as_down_for_a_while() {
    let extras = Extras { on_missing: OnMissing::Keep, ..Extras::default() };
    let mut stage = stage(rule(0, 0, extras));
    round(&mut stage, HIT);
    for _ in 0..=240 {
        assert_eq!(play(&mut stage, &[GONE]), ["firing"]);
    }
    assert_eq!(play(&mut stage, &[GONE]), ["inactive!"], "an hour is over");
}

fn damping() -> Extras {
    let (within, quiet) = (Duration::from_mins(10), Duration::from_mins(1));
    let flap_damping = Some(FlapDamping { changes: 3, within, quiet });
    Extras { flap_damping, ..Extras::default() }
}

#[test]
fn an_alert_that_flaps_fires_until_it_is_quiet() {
    let mut stage = stage(rule(0, 0, damping()));
    let states = play(&mut stage, &[HIT, MISS, HIT, MISS]);
    assert_eq!(states, ["firing", "inactive!", "firing", "inactive!"], "three changes are none");
    let states = play(&mut stage, &[HIT, MISS, MISS, HIT, MISS, MISS, MISS, MISS]);
    assert_eq!(states, ["firing"; 8]);
    let (effects, _) = round(&mut stage, MISS);
    let told = sent(&effects);
    assert!(told[0].resolved, "quiet for a minute");
}

#[test]
fn flapping_is_said_in_an_annotation() {
    let mut stage = stage(rule(0, 0, damping()));
    play(&mut stage, &[HIT, MISS, HIT, MISS]);
    let (effects, _) = round(&mut stage, HIT);
    let note = "came and went more than 3 times within 10 min; fires until it was quiet for 1 min";
    assert!(sent(&effects)[0].annotations.contains(&("flapping".into(), note.into())));
}

#[test]
fn an_alert_that_stopped_flapping_ends_at_once_again() {
    let mut stage = stage(rule(0, 0, damping()));
    play(&mut stage, &[HIT, MISS, HIT, MISS, HIT]);
    play(&mut stage, &[HIT; 42]);
    assert_eq!(play(&mut stage, &[MISS]), ["inactive!"]);
}

#[test]
fn what_counts_comings_and_goings_survives_a_restart() {
    let fire_after = Some(FireAfter { hits: 3, evaluations: 5 });
    let mut life = Life::new(vec![rule(0, 0, Extras { fire_after, ..Extras::default() })]);
    life.round(vec!["a"]);
    life.round(vec!["a"]);
    life.restart(4);
    life.round(vec!["a"]);
    assert_eq!(life.stage.states(), ["a firing"]);

    let mut life = Life::new(vec![rule(0, 0, damping())]);
    for present in [true, false, true, false] {
        life.round(if present { vec!["a"] } else { Vec::new() });
    }
    life.restart(4);
    life.round(vec!["a"]);
    life.round(Vec::new());
    assert_eq!(life.stage.states(), ["a firing"], "the changes before the restart count");
}
