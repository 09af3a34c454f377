//! The life of one alert, instant by instant: what counts as coming and going, what is remembered.

use super::*;
use crate::extras::{Extras, FireAfter, FlapDamping};
use crate::spec::RuleQuery;
use std::sync::Arc;

const PATIENCE: Duration = Duration::from_secs(100);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_ms(seconds * 1000)
}

fn rule(hold: u64, keep_firing: u64, extras: Extras) -> AlertingSpec {
    AlertingSpec {
        alert: "Down".into(),
        query: Arc::new(RuleQuery { expr: promql::parse("up").unwrap(), text: "up".into() }),
        hold: Duration::from_secs(hold),
        keep_firing: Duration::from_secs(keep_firing),
        labels: Vec::new(),
        annotations: Vec::new(),
        extras,
    }
}

/// Flaps with more than so many changes in ten minutes, until it was quiet for a minute.
fn damped(changes: u32) -> Extras {
    let (within, quiet) = (Duration::from_mins(10), Duration::from_mins(1));
    let flap_damping = Some(FlapDamping { changes, within, quiet });
    Extras { flap_damping, ..Extras::default() }
}

/// An alert that fires since 0.
fn firing(rule: &AlertingSpec) -> ActiveAlert {
    let mut alert = ActiveAlert::new(Labels::empty(), at(0));
    for _ in 0..8 {
        alert.present(at(0).saturating_add(rule.hold), rule);
    }
    assert_eq!(alert.state, AlertState::Firing);
    alert
}

fn absent(alert: &mut ActiveAlert, seconds: i64, rule: &AlertingSpec, why: Absence) -> bool {
    alert.absent(at(seconds), rule, why, PATIENCE)
}

#[test]
fn a_return_that_waits_counts_once() {
    let rule = rule(30, 0, damped(2));
    let mut alert = firing(&rule);
    assert!(absent(&mut alert, 40, &rule, Absence::Over));
    assert_eq!(alert.state, AlertState::Inactive);
    alert.returned(at(50));
    for seconds in [50, 60, 70] {
        alert.present(at(seconds), &rule);
    }
    assert_eq!((alert.changes.len(), alert.flapping), (2, None), "it went and came");
}

#[test]
fn comings_and_goings_of_an_alert_that_is_kept_firing_count_once_each() {
    let rule = rule(0, 60, damped(1));
    let mut alert = firing(&rule);
    for seconds in [10, 20, 30] {
        assert!(absent(&mut alert, seconds, &rule, Absence::Over));
        assert_eq!((alert.changes.len(), alert.flapping.as_ref()), (1, None), "{seconds}");
    }
    alert.present(at(40), &rule);
    assert_eq!(alert.changes.len(), 2);
    assert!(alert.flapping.is_some(), "two are more than one");
}

#[test]
fn changes_long_ago_are_no_flapping() {
    let rule = rule(0, 60, damped(1));
    let mut alert = firing(&rule);
    assert!(absent(&mut alert, 10, &rule, Absence::Over));
    alert.present(at(20), &rule);
    assert!(alert.flapping.is_some());
    alert.present(at(700), &rule);
    assert!(absent(&mut alert, 710, &rule, Absence::Over));
    assert_eq!((alert.changes, alert.flapping), (vec![at(710)], None));
}

#[test]
fn the_change_that_makes_it_flap_keeps_it_firing_until_it_is_quiet() {
    let rule = rule(0, 0, damped(0));
    let mut alert = firing(&rule);
    for seconds in [10, 40, 69] {
        assert!(absent(&mut alert, seconds, &rule, Absence::Over));
        assert_eq!(alert.state, AlertState::Firing, "{seconds}");
        assert!(alert.flapping.is_some());
    }
    assert!(absent(&mut alert, 70, &rule, Absence::Over));
    assert_eq!((alert.state, alert.flapping.as_ref()), (AlertState::Inactive, None));
    assert_eq!(alert.told_annotations(), []);
}

#[test]
fn an_ended_alert_is_forgotten_when_it_was_told_and_its_changes_are_old() {
    let rule = rule(0, 0, damped(5));
    let mut alert = firing(&rule);
    assert!(absent(&mut alert, 10, &rule, Absence::Over));
    assert!(absent(&mut alert, 5000, &rule, Absence::Over), "nobody was told of the end");
    alert.last_sent_at = Some(at(10));
    assert!(!absent(&mut alert, 5010, &rule, Absence::Over));
}

#[test]
fn evaluations_before_count_for_an_alert_that_fires_after_some_of_many() {
    let fire_after = Some(FireAfter { hits: 2, evaluations: 3 });
    let rule = rule(0, 60, Extras { fire_after, ..Extras::default() });
    let mut alert = firing(&rule);
    assert!(absent(&mut alert, 10, &rule, Absence::Over));
    assert_eq!(alert.keep_firing_since, None, "two of the last three had it");
    assert!(absent(&mut alert, 20, &rule, Absence::Over));
    assert_eq!(alert.keep_firing_since, Some(at(20)));
    assert!(absent(&mut alert, 30, &rule, Absence::Over));
    alert.present(at(40), &rule);
    assert_eq!(alert.state, AlertState::Firing, "it is kept firing, one of three or not");
}

#[test]
fn what_is_there_is_confirmed_and_not_missing() {
    let on_missing = OnMissing::Keep;
    let rule = rule(0, 600, Extras { on_missing, ..Extras::default() });
    let mut alert = firing(&rule);
    assert!(absent(&mut alert, 10, &rule, Absence::Down));
    assert_eq!(alert.missing_since, Some(at(10)));
    alert.unconfirmed = true;
    alert.present(at(500), &rule);
    assert!(!alert.unconfirmed && alert.missing_since.is_none());
    for (seconds, why, since) in [
        (510, Absence::Vanished, Some(at(510))),
        (520, Absence::Over, None),
        (900, Absence::Vanished, Some(at(900))),
    ] {
        assert!(absent(&mut alert, seconds, &rule, why));
        assert_eq!(alert.missing_since, since, "{seconds}: {why:?}");
    }
}

#[test]
fn an_alert_whose_wait_was_raised_has_not_fired() {
    let mut alert = firing(&rule(0, 0, Extras::default()));
    alert.last_sent_at = Some(at(0));
    alert.present(at(10), &rule(60, 0, Extras::default()));
    assert_eq!(
        (alert.state, alert.fired_at, alert.last_sent_at),
        (AlertState::Pending, None, None)
    );
}

#[test]
fn inv_41_a_jump_moves_every_instant() {
    let mut alert = firing(&rule(0, 0, damped(9)));
    let some = |seconds| Some(at(seconds));
    (alert.resolved_at, alert.last_sent_at) = (some(1), some(2));
    (alert.keep_firing_since, alert.missing_since) = (some(3), some(4));
    alert.changes = vec![at(5), at(6)];
    alert.shift(100_000);
    assert_eq!((alert.active_at, alert.fired_at), (at(100), some(100)), "INV-41");
    assert_eq!((alert.resolved_at, alert.last_sent_at), (some(101), some(102)), "INV-41");
    assert_eq!((alert.keep_firing_since, alert.missing_since), (some(103), some(104)), "INV-41");
    assert_eq!(alert.changes, [at(105), at(106)], "INV-41");
}
