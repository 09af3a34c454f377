//! Rule groups in virtual time: what is queried, written and handed on, evaluation by evaluation.

use super::*;
use crate::spec::{AlertingSpec, RecordingSpec};
use model::{METRIC_NAME, is_stale};
use promql::ast::{Expr, ExprKind, NumberLiteral, Place};

const INTERVAL: Duration = Duration::from_secs(15);
const EPOCH_MS: i64 = 1_700_000_000_000;

fn query() -> Arc<RuleQuery> {
    let number = NumberLiteral { value: 1.0, is_duration: false };
    let expr = Expr { place: Place::default(), kind: ExprKind::Number(number) };
    Arc::new(RuleQuery { expr, text: "1".into() })
}

fn alerting(name: &str, hold: u64, keep_firing: u64) -> RuleSpec {
    RuleSpec::Alerting(AlertingSpec {
        alert: name.into(),
        query: query(),
        hold: Duration::from_secs(hold),
        keep_firing: Duration::from_secs(keep_firing),
        labels: vec![("severity".into(), "high".into())],
        annotations: vec![("summary".into(), "it is down".into())],
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
        Effect::Query { .. } | Effect::Append { .. } | Effect::Done => None,
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
    assert_eq!(effects[0], r#"{__name__="gone", instance="a"} stale"#);
}

#[test]
fn a_removed_group_ends_its_series() {
    let mut stage = Stage::new(vec![recording("job:up:sum")]);
    stage.round(&Ok(vec!["a"]));
    let mut out = Vec::new();
    stage.group.step(Event::Retire { at: stage.at() }, &mut out);
    assert_eq!(written(&out), [r#"{__name__="job:up:sum", instance="a"} stale"#]);
}

#[test]
fn missed_evaluations_are_counted_and_skipped() {
    let mut stage = Stage::new(vec![recording("x")]);
    stage.round(&Ok(vec![]));
    stage.round += 1;
    stage.round(&Ok(vec![]));
    assert_eq!(stage.group.missed_evaluations(), 1);
}
