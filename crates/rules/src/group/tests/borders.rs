//! Where tolerances, limits and memories end, to the millisecond and the element, and what a group
//! does beyond them.

use super::*;
use crate::extras::{Absence, Answers};
use crate::{FlapDamping, Schedule, StateLog};
use std::path::Path;
use sys::Vfs;
use sys::sim::SimVfs;

const HOUR: Duration = Duration::from_hours(1);
const MILLISECOND: Duration = Duration::from_millis(1);

/// A group with one alerting rule.
fn group(interval: Duration) -> Group {
    let spec = GroupSpec { interval, ..spec(vec![alerting("Down", 0, 0)]) };
    Group::new(spec, GroupOptions::default())
}

/// A tick on clocks that are apart by `jump_ms`; an evaluation that it begins finds nothing.
fn is_evaluated(group: &mut Group, monotonic: Duration, jump_ms: i64) -> bool {
    let at = Timestamp::from_ms(EPOCH_MS + jump_ms).saturating_add(monotonic);
    let mut out = Vec::new();
    group.step(Event::Tick { at, monotonic }, &mut out);
    let is_evaluated = matches!(out.last(), Some(Effect::Query { .. }));
    if is_evaluated {
        let answer = QueryAnswer { result: Ok(Vec::new()), took: Duration::ZERO };
        group.step(Event::Answer(answer), &mut out);
    }
    assert!(matches!(out.last(), Some(Effect::Done)), "every tick ends: {out:?}");
    is_evaluated
}

#[test]
fn inv_41_a_step_of_the_clock_is_a_jump_beyond_ten_seconds_and_two_intervals() {
    for (interval, tolerated_ms) in [(Duration::from_secs(1), 10_000), (HOUR, 7_200_000)] {
        for jump_ms in [tolerated_ms, -tolerated_ms] {
            let mut group = group(interval);
            is_evaluated(&mut group, Duration::ZERO, 0);
            assert!(is_evaluated(&mut group, interval, jump_ms), "{interval:?} {jump_ms}");
        }
        for jump_ms in [tolerated_ms + 1, -tolerated_ms - 1] {
            let mut group = group(interval);
            is_evaluated(&mut group, Duration::ZERO, 0);
            assert!(!is_evaluated(&mut group, interval, jump_ms), "{interval:?} {jump_ms}");
        }
    }
}

#[test]
fn inv_41_after_a_jump_a_group_waits_a_minute_and_two_intervals() {
    for (interval, wait) in [(Duration::from_secs(1), Duration::from_mins(1)), (HOUR, HOUR * 2)] {
        let mut group = group(interval);
        let jump_ms = 864_000_000;
        is_evaluated(&mut group, Duration::ZERO, 0);
        assert!(!is_evaluated(&mut group, interval, jump_ms));
        let due = interval + wait;
        assert!(!is_evaluated(&mut group, due.saturating_sub(MILLISECOND), jump_ms));
        assert!(is_evaluated(&mut group, due, jump_ms));
    }
}

#[test]
fn a_tick_during_an_evaluation_is_missed_and_disturbs_nothing() {
    let mut group = group(INTERVAL);
    let mut out = Vec::new();
    let at = Timestamp::from_ms(EPOCH_MS);
    group.step(Event::Tick { at, monotonic: Duration::ZERO }, &mut out);
    assert!(matches!(out.as_slice(), [Effect::Query { .. }]));
    group.step(Event::Tick { at: at.saturating_add(INTERVAL), monotonic: INTERVAL }, &mut out);
    assert_eq!((out.len(), group.counts().missed), (1, 1));
    let answer = QueryAnswer { result: Ok(vec![element("a")]), took: Duration::ZERO };
    group.step(Event::Answer(answer), &mut out);
    assert_eq!(sent(&out)[0].starts_at, at, "it is the first tick that is answered");
}

#[test]
fn a_rule_that_fails_stops_no_other_rule() {
    let mut stage = Stage::new(vec![alerting("Down", 0, 0), recording("r")]);
    let out = stage.round(&Err("storage is away"));
    let failed = |effect: &Effect| match effect {
        Effect::Failed { rule, error } => Some(format!("{rule}: {error}")),
        _ => None,
    };
    let failed: Vec<String> = out.iter().filter_map(failed).collect();
    assert_eq!(failed, ["Down: storage is away", "r: storage is away"]);
    assert!(matches!(out.last(), Some(Effect::Done)));
}

#[test]
fn where_there_is_nothing_to_write_nothing_is_written() {
    let mut stage = Stage::new(vec![recording("r")]);
    let mut out = stage.round(&Ok(Vec::new()));
    stage.group.step(Event::Retire { at: stage.at(), kept: BTreeSet::new() }, &mut out);
    let appends = out.iter().filter(|effect| matches!(effect, Effect::Append { .. })).count();
    assert_eq!((appends, matches!(out.last(), Some(Effect::Done))), (0, true));
}

#[test]
fn a_recording_rule_may_reach_its_limit() {
    let limited = GroupSpec { limit: 2, ..spec(vec![recording("r")]) };
    let mut stage = Stage::new(Vec::new());
    stage.group = Group::new(limited, GroupOptions::default());
    assert_eq!(written(&stage.round(&Ok(vec!["a", "b"]))).len(), 2);
}

#[test]
fn recorded_series_that_labels_make_equal_are_an_error() {
    let RuleSpec::Recording(mut rule) = recording("r") else { unreachable!() };
    rule.labels = vec![("instance".into(), String::new())];
    let mut stage = Stage::new(vec![RuleSpec::Recording(rule)]);
    assert!(written(&stage.round(&Ok(vec!["a", "b"]))).is_empty());
    let status = stage.group.rules().next().unwrap().1.last_error.clone();
    let error = "vector contains metrics with the same labelset after applying rule labels";
    assert_eq!(status.as_deref(), Some(error));
}

#[test]
fn an_end_is_told_up_to_fifteen_minutes_after_it() {
    let mut stage = Stage::new(vec![alerting("Down", 0, 0)]);
    stage.round(&Ok(vec!["a"]));
    let told: Vec<usize> = (0..60).map(|_| sent(&stage.round(&Ok(vec![]))).len()).collect();
    assert_eq!(told.iter().sum::<usize>(), 12);
    let last = stage.round(&Ok(vec![]));
    assert_eq!((sent(&last).len(), stage.states()), (1, vec!["a inactive".into()]));
    assert!(sent(&stage.round(&Ok(vec![]))).is_empty());
    assert_eq!(stage.states(), [""; 0]);
}

fn damped(within: Duration) -> RuleSpec {
    let RuleSpec::Alerting(rule) = alerting("Down", 0, 0) else { unreachable!() };
    let damping = FlapDamping { changes: 2, within, quiet: Duration::ZERO };
    let extras = Extras { flap_damping: Some(damping), ..Extras::default() };
    RuleSpec::Alerting(AlertingSpec { extras, ..rule })
}

#[test]
fn an_alert_kept_to_count_its_changes_is_told_no_longer_than_others() {
    let mut stage = Stage::new(vec![damped(HOUR)]);
    stage.round(&Ok(vec!["a"]));
    let told: usize = (0..120).map(|_| sent(&stage.round(&Ok(vec![]))).len()).sum();
    assert_eq!((told, stage.states()), (13, vec!["a inactive".into()]));
}

#[test]
fn changes_are_forgotten_when_no_rule_counts_them() {
    let mut stage = Stage::new(vec![damped(HOUR)]);
    stage.round(&Ok(vec!["a"]));
    stage.round(&Ok(vec![]));
    let changes = |stage: &Stage| stage.group.rules().next().unwrap().2[0].changes.len();
    assert_eq!(changes(&stage), 1);
    let rules = spec(vec![alerting("Down", 0, 0)]);
    stage.group = Group::reloaded(rules, GroupOptions::default(), stage.group.clone());
    stage.round(&Ok(vec!["a"]));
    assert_eq!(changes(&stage), 0);
}

#[test]
fn changes_count_within_their_time_and_up_to_the_one_that_decides() {
    let damping = FlapDamping { changes: 2, within: HOUR, quiet: Duration::ZERO };
    let at =
        |seconds: u64| Timestamp::from_ms(EPOCH_MS).saturating_add(Duration::from_secs(seconds));
    let mut changes = vec![at(0), at(10), at(20), at(30)];
    damping.trim(&mut changes, at(30));
    assert_eq!(changes, [at(10), at(20), at(30)], "one more than allowed is enough to know");
    damping.trim(&mut changes, at(3610));
    assert_eq!(changes, [at(10), at(20), at(30)], "an hour ago is within the hour");
    damping.trim(&mut changes, at(3611));
    assert_eq!(changes, [at(20), at(30)]);
}

#[test]
fn a_rule_has_the_last_word_about_flapping() {
    let mut alert = ActiveAlert::new(Labels::empty(), Timestamp::from_ms(EPOCH_MS));
    alert.flapping = Some("came and went".into());
    assert_eq!(alert.told_annotations(), [("flapping".into(), "came and went".into())]);
    alert.annotations = vec![("flapping".into(), "own".into())];
    assert_eq!(alert.told_annotations(), alert.annotations);
}

#[test]
fn a_pending_alert_outlives_an_outage_of_just_the_tolerance() {
    let mut alert = ActiveAlert::new(Labels::empty(), Timestamp::from_ms(EPOCH_MS));
    alert.state = AlertState::Pending;
    assert!(alert.resumed(HOUR, HOUR).is_some());
    assert!(alert.resumed(HOUR + MILLISECOND, HOUR).is_none());
    alert.state = AlertState::Firing;
    assert!(alert.resumed(HOUR * 100, HOUR).is_some(), "somebody was told of it");
}

/// Why the alert of a rule that sets `severity` is gone; targets are jobs that are down.
fn absence(alert: &str, recovered: &str, down: &[&str]) -> Absence {
    let labels = |text: &str| {
        let pairs = text.split_whitespace().filter_map(|pair| pair.split_once('='));
        Labels::from_pairs(pairs)
    };
    let target = |job: &&str| (labels(&format!("__name__=up job={job}")), Value::Float(0.0));
    let answers = Answers {
        recovered: Some(vec![(labels(recovered), Value::Float(1.0))]),
        targets: Some(down.iter().map(target).collect()),
    };
    answers.absence(&labels(alert), &|name| name == "severity")
}

#[test]
fn an_alert_recovers_by_labels_that_its_rule_did_not_set() {
    let alert = "alertname=Down device=a severity=high";
    assert_eq!(absence(alert, "__name__=x device=a", &[]), Absence::Over);
    assert_eq!(absence(alert, "device=a severity=low", &[]), Absence::Over);
    assert_eq!(absence(alert, "device=b", &[]), Absence::Unrecovered);
    assert_eq!(absence(alert, "device=a disk=1", &[]), Absence::Unrecovered);
}

#[test]
fn an_alert_asks_for_the_targets_whose_labels_it_has() {
    let recovered = "device=a";
    assert_eq!(absence("device=a", recovered, &["x"]), Absence::Over, "it has none");
    assert_eq!(absence("device=a job=x", recovered, &["w", "x"]), Absence::Down);
    assert_eq!(absence("device=a job=x", recovered, &["w"]), Absence::Vanished);
    assert_eq!(absence("device=a instance=1", recovered, &["w"]), Absence::Vanished);
}

#[test]
fn state_moves_to_rules_of_the_same_kind_name_and_labels_only() {
    let plain = || alerting_with("x", (0, 0), &[], &[]);
    let heirs = [
        (plain(), true),
        (recording("x"), false),
        (alerting_with("y", (0, 0), &[], &[]), false),
        (alerting_with("x", (0, 0), &[("severity", "low")], &[]), false),
    ];
    for (heir, inherits) in heirs {
        let mut stage = Stage::new(vec![plain()]);
        stage.round(&Ok(vec!["a"]));
        let name = format!("{heir:?}");
        let rules = spec(vec![heir]);
        stage.group = Group::reloaded(rules, GroupOptions::default(), stage.group);
        assert_eq!(stage.states().len(), usize::from(inherits), "{name}");
    }
}

#[test]
fn texts_are_equal_by_name_and_source() {
    let text = |name: &str, source: &str| Text::parse("Down", name, source).unwrap();
    assert_eq!(text("a", "x"), text("a", "x"));
    assert_ne!(text("a", "x"), text("b", "x"));
    assert_ne!(text("a", "x"), text("a", "y"));
}

#[test]
fn a_group_without_an_interval_is_evaluated_every_millisecond() {
    let schedule = Schedule::new("rules.yml", "host", Duration::ZERO);
    let now = Timestamp::from_ms(EPOCH_MS);
    assert_eq!(schedule.next_after(now), now.saturating_add(MILLISECOND));
}

/// The last effect of two rounds of a group that may look up states.
fn after_two_rounds(group: Group, elements: &[&str]) -> Effect {
    let mut stage = Stage { group, round: 0, jump_ms: 0 };
    stage.round(&Ok(elements.to_vec()));
    stage.round(&Ok(elements.to_vec())).pop().unwrap()
}

#[test]
fn states_are_looked_up_for_alerts_that_wait_as_long_as_the_grace_period() {
    let group = |hold: u64| {
        let rules = spec(vec![alerting("Down", hold, 0)]);
        Group::restoring(rules, GroupOptions::default())
    };
    let is_lookup = |effect: &Effect| matches!(effect, Effect::Restore { .. });
    assert!(is_lookup(&after_two_rounds(group(600), &["a"])));
    assert!(!is_lookup(&after_two_rounds(group(599), &["a"])));
    assert!(!is_lookup(&after_two_rounds(group(600), &[])), "there is no alert");
}

#[test]
fn states_are_looked_up_when_the_log_is_damaged() {
    let disk = SimVfs::new(1);
    let dir = Path::new("/alerts");
    let open = || StateLog::open(Arc::new(disk.clone()), dir).unwrap().0;
    let now = Timestamp::from_ms(EPOCH_MS);
    let mut log = open();
    (0..3).for_each(|_| log.note_alive(now).unwrap());
    drop(log);
    let effect = || {
        let log = open();
        let rules = spec(vec![alerting("Down", 3600, 0)]);
        let group = Group::resumed(rules, GroupOptions::default(), &log, now);
        (log.is_whole(), matches!(after_two_rounds(group, &["a"]), Effect::Restore { .. }))
    };
    assert_eq!(effect(), (true, false), "a rule that a whole log does not know had no alerts");
    let files = disk.read_dir(dir).unwrap().into_iter().filter(|file| file.len > 100);
    for file in files {
        // The first of the three records, not a torn end.
        disk.flip_bit(&dir.join(&file.name), 80, 0).unwrap();
    }
    assert_eq!(effect(), (false, true));
}

#[test]
fn a_slow_group_gives_its_sources_two_intervals() {
    let disk = SimVfs::new(1);
    let mut log = StateLog::open(Arc::new(disk), Path::new("/alerts")).unwrap().0;
    let mut stage = Stage::new(vec![alerting("Down", 0, 0)]);
    for effect in stage.round(&Ok(vec!["a"])) {
        if let Effect::Remember(changes) = effect {
            log.remember(stage.at(), changes).unwrap();
        }
    }
    log.note_alive(stage.at()).unwrap();
    let slow = GroupSpec { interval: HOUR, ..spec(vec![alerting("Down", 0, 0)]) };
    stage.group = Group::resumed(slow, GroupOptions::default(), &log, stage.at());
    let rounds = (HOUR * 2).as_secs() / INTERVAL.as_secs();
    for round in 0..rounds {
        stage.round(&Ok(vec![]));
        assert_eq!(stage.states(), ["a firing"], "round {round}");
    }
    stage.round(&Ok(vec![]));
    assert_eq!(stage.states(), ["a inactive"]);
}

/// More elements than answers are kept, each of which asks its own query and a common one.
#[test]
fn answers_of_a_template_are_forgotten_after_sixty_four() {
    let text = "{{ query (printf \"m%s\" $labels.instance) }}{{ query \"common\" }}";
    let rule = alerting_with("Down", (0, 0), &[], &[("summary", text)]);
    let mut group = Group::new(spec(vec![rule]), GroupOptions::default());
    let names: Vec<String> = (0..100).map(|number| format!("{number:02}")).collect();
    let (mut out, mut asked, mut is_first) = (Vec::new(), Vec::new(), true);
    let at = Timestamp::from_ms(EPOCH_MS);
    group.step(Event::Tick { at, monotonic: Duration::ZERO }, &mut out);
    while let Some(Effect::Query { query, .. }) = out.last() {
        asked.push(query.text.clone());
        let all = names.iter().map(|name| element(name)).collect();
        let elements = if std::mem::take(&mut is_first) { all } else { Vec::new() };
        let answer = QueryAnswer { result: Ok(elements), took: Duration::ZERO };
        group.step(Event::Answer(answer), &mut out);
    }
    let common = asked.iter().filter(|text| *text == "common").count();
    assert_eq!((asked.len(), common), (103, 2), "the rule, 100 queries, and twice the common one");
    assert_eq!(sent(&out).len(), 100);
}
