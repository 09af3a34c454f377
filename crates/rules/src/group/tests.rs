//! Rule groups in virtual time: what is queried, written and handed on, evaluation by evaluation.

mod borders;
mod extras;
mod reload;
mod restart;
mod restore;
mod table;
mod templates;

use super::*;
use crate::Extras;
use crate::Surroundings;
use crate::spec::{AlertingSpec, RecordingSpec, Text};
use model::{METRIC_NAME, Value, is_stale};
use promql::ast::{Expr, ExprKind, NumberLiteral, Place};

const INTERVAL: Duration = Duration::from_secs(15);
const EPOCH_MS: i64 = 1_700_000_000_000;

fn query() -> Arc<RuleQuery> {
    let number = NumberLiteral { value: 1.0, is_duration: false };
    let expr = Expr { place: Place::default(), kind: ExprKind::Number(number) };
    Arc::new(RuleQuery { expr, text: "1".into() })
}

fn alerting(name: &str, hold: u64, keep_firing: u64) -> RuleSpec {
    let texts = ([("severity", "high")], [("summary", "it is down")]);
    alerting_with(name, (hold, keep_firing), &texts.0, &texts.1)
}

fn alerting_with(
    name: &str,
    (hold, keep_firing): (u64, u64),
    labels: &[(&str, &str)],
    annotations: &[(&str, &str)],
) -> RuleSpec {
    let read = |texts: &[(&str, &str)]| {
        texts.iter().map(|(n, text)| Text::parse(name, n, text).unwrap()).collect()
    };
    RuleSpec::Alerting(AlertingSpec {
        alert: name.into(),
        query: query(),
        hold: Duration::from_secs(hold),
        keep_firing: Duration::from_secs(keep_firing),
        labels: read(labels),
        annotations: read(annotations),
        extras: Extras::default(),
    })
}

fn recording(name: &str) -> RuleSpec {
    RuleSpec::Recording(RecordingSpec { record: name.into(), query: query(), labels: Vec::new() })
}

fn spec(rules: Vec<RuleSpec>) -> GroupSpec {
    GroupSpec {
        file: "rules.yml".into(),
        name: "host".into(),
        interval: INTERVAL,
        limit: 0,
        query_offset: Duration::ZERO,
        rules,
    }
}

/// A group whose queries answer what the test says.
struct Stage {
    group: Group,
    round: u32,
    jump_ms: i64,
}

impl Stage {
    fn new(rules: Vec<RuleSpec>) -> Self {
        let group = Group::new(spec(rules), GroupOptions::default());
        Self { group, round: 0, jump_ms: 0 }
    }

    fn at(&self) -> Timestamp {
        Timestamp::from_ms(EPOCH_MS + self.jump_ms).saturating_add(INTERVAL * self.round)
    }

    /// One evaluation in which every rule's query answers the same.
    fn round(&mut self, answer: &Result<Vec<&str>, &str>) -> Vec<Effect> {
        self.round += 1;
        let tick = Event::Tick { at: self.at(), monotonic: INTERVAL * self.round };
        let mut out = Vec::new();
        self.group.step(tick, &mut out);
        while let Some(Effect::Query { .. }) = out.last() {
            let result = match answer {
                Ok(instances) => Ok(instances.iter().map(|i| element(i)).collect()),
                Err(error) => Err((*error).to_owned()),
            };
            let answer = QueryAnswer { result, took: Duration::from_millis(2) };
            self.group.step(Event::Answer(answer), &mut out);
        }
        out
    }

    fn states(&self) -> Vec<String> {
        let alerts = self.group.rules().flat_map(|(_, _, alerts)| alerts);
        alerts.map(|a| format!("{} {}", a.labels.value("instance"), a.state.as_str())).collect()
    }
}

fn element(instance: &str) -> (Labels, Value) {
    (Labels::from_pairs([(METRIC_NAME, "up"), ("instance", instance)]), Value::Float(7.0))
}

fn sent(effects: &[Effect]) -> Vec<&SentAlert> {
    let alerts = effects.iter().filter_map(|effect| match effect {
        Effect::Alerts(alerts) => Some(alerts),
        Effect::Query { .. }
        | Effect::Restore { .. }
        | Effect::Remember(_)
        | Effect::Append { .. }
        | Effect::Failed { .. }
        | Effect::Done => None,
    });
    alerts.flatten().collect()
}

fn written(effects: &[Effect]) -> Vec<String> {
    let mut lines = Vec::new();
    for effect in effects {
        if let Effect::Append { samples, .. } = effect {
            lines.extend(samples.iter().map(|(labels, value)| match value {
                Value::Float(v) if is_stale(*v) => format!("{labels} stale"),
                Value::Float(v) => format!("{labels} {v}"),
                Value::Histogram(_) => format!("{labels} histogram"),
            }));
        }
    }
    lines
}

#[test]
fn an_alert_is_pending_until_it_held_long_enough() {
    let mut stage = Stage::new(vec![alerting("Down", 30, 0)]);
    let first = stage.round(&Ok(vec!["a"]));
    assert_eq!(stage.states(), ["a pending"]);
    assert_eq!(
        written(&first),
        [
            r#"{__name__="ALERTS", alertname="Down", alertstate="pending", instance="a", severity="high"} 1"#,
            r#"{__name__="ALERTS_FOR_STATE", alertname="Down", instance="a", severity="high"} 1700000015"#,
        ]
    );
    assert!(sent(&first).is_empty());
    stage.round(&Ok(vec!["a"]));
    let third = stage.round(&Ok(vec!["a"]));
    assert_eq!(stage.states(), ["a firing"]);
    assert!(
        written(&third)
            .iter()
            .any(|line| line.contains(r#"alertstate="pending""#) && line.ends_with("stale"))
    );
    let alerts = sent(&third);
    assert_eq!(alerts.len(), 1);
    assert_eq!(
        alerts[0].labels.to_string(),
        r#"{alertname="Down", instance="a", severity="high"}"#
    );
    assert_eq!(alerts[0].starts_at, stage.at());
    assert_eq!(alerts[0].ends_at, stage.at().saturating_add(Duration::from_mins(4)));
}

#[test]
fn without_for_an_alert_fires_at_once_and_resolves_when_it_is_gone() {
    let mut stage = Stage::new(vec![alerting("Down", 0, 0)]);
    assert_eq!(sent(&stage.round(&Ok(vec!["a"]))).len(), 1);
    let gone = stage.round(&Ok(vec![]));
    let alerts = sent(&gone);
    assert!(alerts[0].resolved);
    assert_eq!(alerts[0].ends_at, stage.at());
    assert_eq!(written(&gone).len(), 2, "both series end: {:?}", written(&gone));
    assert!(written(&gone).iter().all(|line| line.ends_with("stale")));
}

#[test]
fn a_pending_alert_that_goes_away_is_never_told() {
    let mut stage = Stage::new(vec![alerting("Down", 60, 0)]);
    stage.round(&Ok(vec!["a"]));
    let gone = stage.round(&Ok(vec![]));
    assert!(sent(&gone).is_empty());
    assert_eq!(stage.states(), Vec::<String>::new());
}

#[test]
fn keep_firing_for_bridges_gaps() {
    let mut stage = Stage::new(vec![alerting("Down", 0, 45)]);
    stage.round(&Ok(vec!["a"]));
    for _ in 0..3 {
        stage.round(&Ok(vec![]));
        assert_eq!(stage.states(), ["a firing"]);
    }
    stage.round(&Ok(vec![]));
    assert_eq!(stage.states(), ["a inactive"]);
}

#[test]
fn resolved_alerts_are_sent_again_for_fifteen_minutes_and_then_forgotten() {
    let mut stage = Stage::new(vec![alerting("Down", 0, 0)]);
    stage.round(&Ok(vec!["a"]));
    let told: usize = (0..60).map(|_| sent(&stage.round(&Ok(vec![]))).len()).sum();
    assert_eq!(told, 12, "each minute and a bit: more than one minute must have passed");
    stage.round(&Ok(vec![]));
    stage.round(&Ok(vec![]));
    assert_eq!(stage.states(), Vec::<String>::new());
}

#[test]
fn firing_alerts_are_sent_again_after_the_delay() {
    let mut stage = Stage::new(vec![alerting("Down", 0, 0)]);
    let told: Vec<usize> = (0..11).map(|_| sent(&stage.round(&Ok(vec!["a"]))).len()).collect();
    assert_eq!(told, [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
}

#[test]
fn inv_40_a_failed_query_changes_no_alert() {
    let mut stage = Stage::new(vec![alerting("Down", 30, 0)]);
    stage.round(&Ok(vec!["a"]));
    for _ in 0..10 {
        let failed = stage.round(&Err("storage is away"));
        assert!(sent(&failed).is_empty() && written(&failed).is_empty());
    }
    assert_eq!(stage.states(), ["a pending"]);
    let (_, status, _) = stage.group.rules().next().unwrap();
    assert_eq!(status.last_error.as_deref(), Some("storage is away"));
    assert_eq!(status.health.as_str(), "err");
}

#[test]
fn inv_41_a_clock_jump_neither_fires_nor_resolves() {
    for jump_ms in [3_600_000, -3_600_000, 315_360_000_000] {
        let mut stage = Stage::new(vec![alerting("Down", 600, 0)]);
        stage.round(&Ok(vec!["a"]));
        stage.jump_ms = jump_ms;
        for _ in 0..4 {
            let held = stage.round(&Ok(vec![]));
            assert!(sent(&held).is_empty(), "nothing is evaluated right after a jump");
        }
        stage.round(&Ok(vec!["a"]));
        assert_eq!(stage.states(), ["a pending"], "jump of {jump_ms} ms");
        let told: usize = (0..40).map(|_| sent(&stage.round(&Ok(vec!["a"]))).len()).sum();
        assert!(told >= 1 && stage.states() == ["a firing"], "it fires when its time has come");
    }
}

#[test]
fn inv_41_what_is_missing_right_after_a_jump_resolves_nothing() {
    let mut stage = Stage::new(vec![alerting("Down", 0, 0)]);
    stage.round(&Ok(vec!["a"]));
    stage.jump_ms = 7_200_000;
    for _ in 0..4 {
        let held = stage.round(&Ok(vec![]));
        assert!(sent(&held).is_empty() && written(&held).is_empty(), "{held:?}");
        assert_eq!(stage.states(), ["a firing"]);
    }
    stage.round(&Ok(vec!["a"]));
    assert_eq!(stage.states(), ["a firing"]);
    assert!(sent(&stage.round(&Ok(vec![])))[0].resolved, "afterwards it resolves as ever");
}

#[test]
fn results_with_the_same_identity_are_an_error() {
    let mut stage = Stage::new(vec![alerting("Down", 0, 0)]);
    let effects = stage.round(&Ok(vec!["a", "a"]));
    assert!(sent(&effects).is_empty());
    let (_, status, _) = stage.group.rules().next().unwrap();
    let error = status.last_error.as_deref().unwrap();
    assert_eq!(error, "vector contains metrics with the same labelset after applying alert labels");
}

#[test]
fn recorded_series_are_renamed_and_end_when_they_vanish() {
    let mut stage = Stage::new(vec![recording("job:up:sum")]);
    let first = written(&stage.round(&Ok(vec!["a", "b"])));
    let name = |instance: &str| format!(r#"{{__name__="job:up:sum", instance="{instance}"}}"#);
    assert_eq!(first, [format!("{} 7", name("a")), format!("{} 7", name("b"))]);
    let second = written(&stage.round(&Ok(vec!["b"])));
    assert_eq!(second, [format!("{} 7", name("b")), format!("{} stale", name("a"))]);
}

#[test]
fn later_rules_are_asked_after_earlier_results_were_written() {
    let mut stage = Stage::new(vec![recording("one"), recording("two")]);
    let effects = stage.round(&Ok(vec!["a"]));
    let order: Vec<&str> = effects
        .iter()
        .map(|effect| match effect {
            Effect::Query { .. } => "query",
            Effect::Append { .. } => "append",
            Effect::Alerts(_) => "alerts",
            Effect::Restore { .. } => "restore",
            Effect::Remember(_) => "remember",
            Effect::Failed { .. } => "failed",
            Effect::Done => "done",
        })
        .collect();
    assert_eq!(order, ["query", "append", "query", "append", "done"]);
}

#[test]
fn above_its_limit_a_rule_fails_and_drops_its_alerts() {
    let mut limited = spec(vec![alerting("Down", 0, 0)]);
    limited.limit = 1;
    let mut stage = Stage::new(Vec::new());
    stage.group = Group::new(limited, GroupOptions::default());
    stage.round(&Ok(vec!["a", "b"]));
    let (_, status, alerts) = stage.group.rules().next().unwrap();
    assert_eq!(status.last_error.as_deref(), Some("exceeded limit of 1 with 2 alerts"));
    assert!(alerts.is_empty());
}

#[test]
fn a_reload_keeps_the_state_of_unchanged_rules_and_ends_removed_ones() {
    let mut stage = Stage::new(vec![alerting("Down", 30, 0), recording("gone")]);
    stage.round(&Ok(vec!["a"]));
    let new = spec(vec![recording("fresh"), alerting("Down", 30, 0)]);
    let old = std::mem::replace(&mut stage.group, Group::new(new.clone(), GroupOptions::default()));
    stage.group = Group::reloaded(new, GroupOptions::default(), old);
    assert_eq!(stage.states(), ["a pending"]);
    let effects = written(&stage.round(&Ok(vec!["a"])));
    assert_eq!(effects.last().unwrap(), r#"{__name__="gone", instance="a"} stale"#);
}

#[test]
fn a_removed_group_ends_its_series() {
    let mut stage = Stage::new(vec![recording("job:up:sum")]);
    stage.round(&Ok(vec!["a"]));
    let mut out = Vec::new();
    stage.group.step(Event::Retire { at: stage.at(), kept: BTreeSet::new() }, &mut out);
    assert_eq!(written(&out), [r#"{__name__="job:up:sum", instance="a"} stale"#]);
}

#[test]
fn series_that_another_group_took_over_go_on() {
    let mut stage = Stage::new(vec![recording("job:up:sum")]);
    stage.round(&Ok(vec!["a", "b"]));
    let kept = stage.group.written().take(1).cloned().collect();
    let mut out = Vec::new();
    stage.group.step(Event::Retire { at: stage.at(), kept }, &mut out);
    assert_eq!(written(&out), [r#"{__name__="job:up:sum", instance="b"} stale"#]);
}

#[test]
fn a_renamed_rule_that_writes_the_same_series_does_not_end_them() {
    let mut stage = Stage::new(vec![recording("same")]);
    stage.round(&Ok(vec!["a", "b"]));
    let RuleSpec::Recording(mut rule) = recording("same") else { unreachable!() };
    rule.labels = vec![("unused".into(), String::new())];
    let new = spec(vec![RuleSpec::Recording(rule)]);
    stage.group = Group::reloaded(new, GroupOptions::default(), stage.group.clone());
    let lines = written(&stage.round(&Ok(vec!["a"])));
    let name = |instance: &str| format!(r#"{{__name__="same", instance="{instance}"}}"#);
    assert_eq!(lines, [format!("{} 7", name("a")), format!("{} stale", name("b"))]);
}

#[test]
fn queries_and_samples_lie_the_offset_before_the_grid_and_states_on_it() {
    let mut stage = Stage::new(Vec::new());
    let offset = Duration::from_mins(1);
    let rules = vec![alerting("Down", 0, 0)];
    let spec = GroupSpec { query_offset: offset, ..spec(rules) };
    stage.group = Group::new(spec, GroupOptions::default());
    let effects = stage.round(&Ok(vec!["a"]));
    let earlier = stage.at().saturating_sub(offset);
    let times: Vec<Timestamp> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Query { at, .. } | Effect::Append { at, .. } => Some(*at),
            _ => None,
        })
        .collect();
    assert_eq!(times, [earlier, earlier]);
    assert_eq!(sent(&effects)[0].starts_at, stage.at());
}

#[test]
fn alerts_go_out_with_external_labels_and_relabelled() {
    let rule = |action: &str, source: &str, regex: &str| {
        let spec = relabel::RuleSpec {
            source_labels: Some(vec![source.to_owned()]),
            regex: Some(regex.to_owned()),
            action: relabel::Action::parse(action).unwrap(),
            target_label: "dc".to_owned(),
            replacement: (action == "replace").then(|| "north".to_owned()),
            ..Default::default()
        };
        relabel::Rule::new(spec, relabel::NameScheme::Utf8).unwrap()
    };
    let around = Surroundings {
        external_labels: Labels::from_pairs([("dc", "1"), ("severity", "none")]),
        external_url: String::new(),
        alert_relabel: vec![rule("replace", "dc", "1"), rule("drop", "instance", "b")],
    };
    let options = GroupOptions { around: Arc::new(around), ..GroupOptions::default() };
    let mut stage = Stage::new(Vec::new());
    stage.group = Group::new(spec(vec![alerting("Down", 0, 0)]), options);
    let effects = stage.round(&Ok(vec!["a", "b"]));
    let told: Vec<String> = sent(&effects).iter().map(|alert| alert.labels.to_string()).collect();
    let expected = r#"{alertname="Down", dc="north", instance="a", severity="high"}"#;
    assert_eq!(told, [expected], "the alert's own labels win; dropped alerts stay inside");
    assert!(written(&effects).iter().all(|line| !line.contains("dc")));
}

#[test]
fn missed_evaluations_are_counted_and_skipped() {
    let mut stage = Stage::new(vec![recording("x")]);
    stage.round(&Ok(vec![]));
    stage.round += 1;
    stage.round(&Ok(vec![]));
    assert_eq!(stage.group.counts().missed, 1);
}
