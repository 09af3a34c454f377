//! A reload in the middle: what was under way, held back or owed goes on.

use super::*;
use crate::extras::{Absence, Answers};

impl Stage {
    /// A reload, with these rules.
    fn reload(&mut self, rules: Vec<RuleSpec>) {
        self.group =
            Group::reloaded(spec(rules), GroupOptions::default(), self.group.interrupted());
    }
}

/// Alerts that the state log is told to forget.
fn forgotten(effects: &[Effect]) -> usize {
    let changes = effects.iter().filter_map(|effect| match effect {
        Effect::Remember(changes) => Some(changes.alerts.clone()),
        _ => None,
    });
    changes.flatten().filter(|(_, alert)| alert.is_none()).count()
}

#[test]
fn two_reloads_before_an_evaluation_end_what_both_removed() {
    let mut stage = Stage::new(vec![recording("a"), recording("b"), recording("c")]);
    stage.round(&Ok(vec!["x"]));
    stage.reload(vec![recording("b"), recording("c")]);
    stage.reload(vec![recording("c")]);
    let lines = written(&stage.round(&Ok(vec!["x"])));
    let ended: Vec<&str> = ["a", "b"]
        .into_iter()
        .filter(|name| lines.contains(&format!(r#"{{__name__="{name}", instance="x"}} stale"#)))
        .collect();
    assert_eq!(ended, ["a", "b"], "{lines:?}");
}

#[test]
fn series_and_alerts_that_vanish_right_after_a_reload_end() {
    let rules = || vec![alerting("Down", 600, 0), recording("r")];
    let mut stage = Stage::new(rules());
    stage.round(&Ok(vec!["a"]));
    stage.reload(rules());
    let effects = stage.round(&Ok(vec![]));
    let stale = written(&effects).iter().filter(|line| line.ends_with(" stale")).count();
    assert_eq!(stale, 3, "ALERTS, ALERTS_FOR_STATE and r: {:?}", written(&effects));
    assert_eq!(forgotten(&effects), 1, "the log knows that it pended");
}

#[test]
fn inv_41_a_reload_does_not_shorten_the_wait_after_a_jump() {
    let mut stage = Stage::new(vec![alerting("Down", 0, 0)]);
    stage.round(&Ok(vec!["a"]));
    stage.jump_ms = 3_600_000;
    stage.round(&Ok(vec![]));
    stage.reload(vec![alerting("Down", 0, 0)]);
    assert!(sent(&stage.round(&Ok(vec![]))).is_empty(), "INV-41");
    assert_eq!(stage.states(), ["a firing"], "INV-41");
}

#[test]
fn inv_41_a_jump_beside_a_reload_is_noticed() {
    let mut stage = Stage::new(vec![alerting("Down", 600, 0)]);
    stage.round(&Ok(vec!["a"]));
    stage.reload(vec![alerting("Down", 600, 0)]);
    stage.jump_ms = 3_600_000;
    (0..8).for_each(|_| drop(stage.round(&Ok(vec!["a"]))));
    assert_eq!(stage.states(), ["a pending"], "INV-41: it waited two minutes");
}

#[test]
fn a_reload_after_a_restart_does_not_forget_to_look_since_when_alerts_are_active() {
    let rules = || vec![alerting("Down", 1800, 0)];
    let mut stage = Stage::new(Vec::new());
    stage.group = Group::restoring(spec(rules()), GroupOptions::default());
    stage.round(&Ok(vec!["a"]));
    stage.reload(rules());
    let effects = stage.round(&Ok(vec!["a"]));
    assert!(matches!(effects.last(), Some(Effect::Restore { .. })), "{effects:?}");
}

/// The state log grows by what changes.
#[test]
fn what_the_state_log_knows_is_not_written_again() {
    let mut stage = Stage::new(vec![alerting("Down", 0, 0)]);
    let remembers = |effects: &[Effect]| {
        effects.iter().filter(|effect| matches!(effect, Effect::Remember(_))).count()
    };
    let mut of_rounds = |rounds: u32, present: &[&str]| -> usize {
        (0..rounds).map(|_| remembers(&stage.round(&Ok(present.to_vec())))).sum()
    };
    assert_eq!((of_rounds(1, &["a"]), of_rounds(5, &["a"])), (1, 0), "it fires on");
    assert_eq!((of_rounds(1, &[]), of_rounds(50, &[])), (1, 0), "it ended");
    assert_eq!((of_rounds(20, &[]), of_rounds(50, &[])), (1, 0), "it is forgotten");
}

/// A group that is retired in the middle of an evaluation takes no more answers.
#[test]
fn the_end_of_a_group_ends_its_evaluation() {
    let mut stage = Stage::new(vec![recording("r")]);
    stage.round(&Ok(vec!["a"]));
    let mut out = Vec::new();
    let tick = Event::Tick { at: stage.at(), monotonic: INTERVAL * 2 };
    stage.group.step(tick, &mut out);
    out.clear();
    stage.group.step(Event::Retire { at: stage.at(), kept: BTreeSet::new() }, &mut out);
    assert!(matches!(out.last(), Some(Effect::Done)), "{out:?}");
    out.clear();
    let answer = QueryAnswer { result: Ok(vec![element("a")]), took: Duration::ZERO };
    stage.group.step(Event::Answer(answer), &mut out);
    assert!(out.is_empty(), "{out:?}");
}

/// An alert of a whole job comes from any of its targets.
#[test]
fn a_job_without_instance_is_down_with_one_of_its_targets() {
    let up = |job: &str, instance: &str, value: f64| {
        let pairs = [(METRIC_NAME, "up"), ("job", job), ("instance", instance)];
        (Labels::from_pairs(pairs), Value::Float(value))
    };
    let targets = Some(vec![up("a", "x", 1.0), up("a", "y", 0.0), up("b", "x", 1.0)]);
    let answers = Answers { targets, ..Answers::default() };
    let absence = |pairs: &[(&str, &str)]| {
        answers.absence(&Labels::from_pairs(pairs.iter().copied()), &|_| false)
    };
    assert_eq!(absence(&[("job", "a")]), Absence::Down);
    assert_eq!(absence(&[("job", "b")]), Absence::Over);
    assert_eq!(absence(&[("job", "c")]), Absence::Vanished);
    assert_eq!(absence(&[("instance", "y")]), Absence::Down);
    assert_eq!(absence(&[("device", "sda")]), Absence::Over);
}

/// The time that queries may take is that of one evaluation.
#[test]
fn templates_have_time_again_at_the_next_evaluation() {
    let text = r#"{{ with query "1" }}{{ . | len }}{{ end }}"#;
    let rules = vec![alerting_with("Down", (0, 0), &[], &[("summary", text)])];
    let mut stage = Stage::new(Vec::new());
    let options =
        GroupOptions { query_time_max: Duration::from_millis(7), ..GroupOptions::default() };
    stage.group = Group::new(spec(rules), options);
    for _ in 0..9 {
        stage.round(&Ok(vec!["a"]));
        let (_, _, alerts) = stage.group.rules().next().unwrap();
        assert_eq!(alerts[0].annotations[0].1, "1");
    }
}
