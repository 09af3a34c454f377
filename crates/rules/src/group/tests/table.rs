//! Rows of the table of rule evaluation that no other test has: `for` raised by a reload, elements
//! that return while `keep_firing_for` holds their alert, what counts against `limit`.

use super::*;

/// The group goes on with other rules.
fn reload(stage: &mut Stage, rules: Vec<RuleSpec>) {
    let old = stage.group.clone();
    stage.group = Group::reloaded(spec(rules), GroupOptions::default(), old);
}

#[test]
fn a_raised_for_makes_a_firing_alert_pending_again() {
    let mut stage = Stage::new(vec![alerting("Down", 15, 0)]);
    stage.round(&Ok(vec!["a"]));
    stage.round(&Ok(vec!["a"]));
    assert_eq!(stage.states(), ["a firing"]);
    reload(&mut stage, vec![alerting("Down", 60, 0)]);
    assert!(sent(&stage.round(&Ok(vec!["a"]))).is_empty());
    assert_eq!(stage.states(), ["a pending"]);
    stage.round(&Ok(vec!["a"]));
    let again = stage.round(&Ok(vec!["a"]));
    assert_eq!(stage.states(), ["a firing"], "60 s after it began, the time before counts");
    assert_eq!(sent(&again)[0].starts_at, stage.at());
}

#[test]
fn an_element_that_returns_ends_the_keeping() {
    let mut stage = Stage::new(vec![alerting("Down", 0, 30)]);
    let worlds = [true, false, false, true, false, false];
    for is_there in worlds {
        stage.round(&Ok(if is_there { vec!["a"] } else { Vec::new() }));
        assert_eq!(stage.states(), ["a firing"]);
    }
    let since = |stage: &Stage| {
        let (_, _, alerts) = stage.group.rules().next().unwrap();
        alerts[0].keep_firing_since
    };
    let first_missing = Timestamp::from_ms(stage.at().ms() - 15_000);
    assert_eq!(since(&stage), Some(first_missing), "counted anew");
    let end = stage.round(&Ok(Vec::new()));
    assert_eq!(sent(&end)[0].ends_at, stage.at());
    assert_eq!(since(&stage), None);
}

#[test]
fn pending_and_firing_alerts_count_against_the_limit_and_ended_ones_do_not() {
    let limited = GroupSpec { limit: 2, ..spec(vec![alerting("Down", 15, 0)]) };
    let group = Group::new(limited, GroupOptions::default());
    let mut stage = Stage { group, round: 0, jump_ms: 0 };
    let health = |stage: &Stage| stage.group.rules().next().unwrap().1.health;
    stage.round(&Ok(vec!["a"]));
    stage.round(&Ok(vec!["a", "b"]));
    assert_eq!(
        (stage.states(), health(&stage)),
        (vec!["a firing".into(), "b pending".into()], Health::Good)
    );
    stage.round(&Ok(vec!["b", "c"]));
    assert_eq!(health(&stage), Health::Good, "the ended `a` does not count");
    stage.round(&Ok(vec!["b", "c", "d"]));
    assert_eq!(health(&stage), Health::Bad);
    let status = stage.group.rules().next().unwrap().1.last_error.clone();
    assert_eq!(status.as_deref(), Some("exceeded limit of 2 with 3 alerts"));
    assert!(stage.states().is_empty(), "all alerts are gone, told or not");
}

#[test]
fn above_its_limit_a_recording_rule_writes_nothing() {
    let limited = GroupSpec { limit: 1, ..spec(vec![recording("r")]) };
    let group = Group::new(limited, GroupOptions::default());
    let mut stage = Stage { group, round: 0, jump_ms: 0 };
    let out = stage.round(&Ok(vec!["a", "b"]));
    assert!(written(&out).is_empty());
    let status = stage.group.rules().next().unwrap().1.last_error.clone();
    assert_eq!(status.as_deref(), Some("exceeded limit of 1 with 2 series"));
}
