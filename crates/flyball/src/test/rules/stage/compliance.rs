//! The four cases of the alert generator's compliance tester, in virtual time: what the API shows
//! at each evaluation, which series are written, and what is sent when.
//! Source: prometheus/compliance `alert_generator/cases`; rules: `conformance/alerting`. The tester
//! waits in real time and allows for delays; here every instant is known.

use super::Stage;
use crate::load::{self, GroupDefaults};
use crate::provider::rules::shown;
use api::{AlertState, Rule, RuleHealth};
use commands::features::Features;
use config::rule_tests::{QueryTest, RuleTest, RuleTestFile};
use config::{GlobalConfig, UnknownKeys};
use model::{Labels, METRIC_NAME, Timestamp, Value};
use rules::{GroupSpec, SentAlert};
use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;
use testkit::conformance_dir;

const SUITE: &str = "alert generator";
/// Distance of samples; all instants of the cases are multiples of it, in milliseconds.
const STEP_MS: i64 = 15_000;
const INTERVAL: Duration = Duration::from_secs(30);
/// How long ended alerts are sent.
const ENDED_MS: i64 = 15 * 60_000;
/// Four times the longer of resend delay and interval.
const LIFE_MS: i64 = 4 * 60_000;

/// A time in which an alert is there: steps from which and until which, state, value, the step at
/// which it became active, and what its annotations contain.
struct Active {
    alert: &'static str,
    variant: &'static str,
    steps: std::ops::Range<i64>,
    state: &'static str,
    value: f64,
    since: i64,
    text: &'static str,
}

/// A time in which an alert is sent: the steps, the step at which it began to fire, and the one at
/// which it ended, if it has.
struct Sent {
    alert: &'static str,
    variant: &'static str,
    steps: std::ops::Range<i64>,
    began: i64,
    ended: Option<i64>,
    text: &'static str,
}

/// A case: its group, samples as the tester writes them for each variant, what is expected.
struct Case {
    group: &'static str,
    series: Vec<(Labels, Vec<f64>)>,
    active: Vec<Active>,
    sent: Vec<Sent>,
    steps: i64,
}

/// `5` is a value, `0x3` the former value three times more.
fn samples(text: &str) -> Vec<f64> {
    let mut out: Vec<f64> = Vec::new();
    for word in text.split(' ') {
        match word.split_once('x') {
            None => out.push(word.parse().unwrap()),
            Some((_, count)) => {
                let last = *out.last().unwrap();
                out.extend(std::iter::repeat_n(last, count.parse().unwrap()));
            }
        }
    }
    out
}

fn series(group: &str, more: &[(&str, &str)]) -> Labels {
    let base = [(METRIC_NAME, "alert_generator_test_suite"), ("rulegroup", group)];
    Labels::from_pairs(base.into_iter().chain(more.iter().copied()))
}

fn group_spec(text: &str, name: &str) -> GroupSpec {
    let defaults = GroupDefaults {
        interval: INTERVAL,
        query_offset: Duration::ZERO,
        scheme: GlobalConfig::default().name_scheme,
        syntax: promql::ParserOptions::default(),
        unknown_keys: UnknownKeys::Refused,
    };
    let (groups, _) = load::parse_rules("rules.yaml", text, defaults).unwrap();
    groups.into_iter().find(|group| group.name == name).unwrap()
}

/// Samples from zero on, evaluations from `phase_ms` after that.
fn stage(case: &Case, spec: GroupSpec, phase_ms: i64) -> Stage {
    let zero = Timestamp::from_ms(1_700_000_000_000);
    let start = zero.saturating_add(Duration::from_millis(phase_ms.unsigned_abs()));
    let length = Duration::from_millis((case.steps * STEP_MS).unsigned_abs());
    let file = RuleTestFile { evaluation_interval: INTERVAL, ..Default::default() };
    let test = RuleTest {
        queries: vec![QueryTest { expr: String::new(), at: length, expected: Vec::new() }],
        ..RuleTest::default()
    };
    let mut stage = Stage::new(&file, &test, vec![spec], &Features::named(&[])).unwrap();
    stage.start = start;
    for index in 0..usize::try_from(case.steps).unwrap() {
        let after = Duration::from_millis(STEP_MS.unsigned_abs()) * u32::try_from(index).unwrap();
        for (labels, values) in &case.series {
            if let Some(value) = values.get(index) {
                let sample = (zero.saturating_add(after), labels.clone(), Value::Float(*value));
                stage.coming.push_back(sample);
            }
        }
    }
    stage
}

fn contains(steps: &std::ops::Range<i64>, ms: i64) -> bool {
    (steps.start * STEP_MS..steps.end * STEP_MS).contains(&ms)
}

/// Is it at the first evaluation at or after a step?
fn is_at(instant: Timestamp, zero_ms: i64, step: i64) -> bool {
    (0..30_000).contains(&(instant.ms() - zero_ms - step * STEP_MS))
}

fn play(case: &Case) {
    let Some(folder) = conformance_dir(SUITE, "alerting") else { return };
    let text = fs::read_to_string(folder.join("alert_generator_rules.yaml")).unwrap();
    for phase_ms in [0, 1, 14_999, 29_999] {
        let mut stage = stage(case, group_spec(&text, case.group), phase_ms);
        let zero_ms = stage.start.ms() - phase_ms;
        let mut last: BTreeMap<String, (i64, bool)> = BTreeMap::new();
        let mut told = 0;
        let look = |since: Duration, stage: &Stage| {
            let ms = i64::try_from(since.as_millis()).unwrap() + phase_ms;
            check_shown(case, stage, zero_ms, ms);
            check_series(case, stage, since, ms);
            check_sent(case, &stage.sent[told..], (zero_ms, ms), &mut last);
            told = stage.sent.len();
        };
        stage.play(look).unwrap();
        assert_eq!(told == 0, case.sent.is_empty(), "{}", case.group);
    }
}

fn word(state: AlertState) -> &'static str {
    match state {
        AlertState::Unknown => "unknown",
        AlertState::Inactive => "inactive",
        AlertState::Pending => "pending",
        AlertState::Firing => "firing",
    }
}

/// `/api/v1/rules`, of which `/api/v1/alerts` is a part.
fn check_shown(case: &Case, stage: &Stage, zero_ms: i64, ms: i64) {
    let group = shown(&stage.groups[0]);
    assert_eq!((&*group.name, group.interval), (case.group, INTERVAL));
    let mut expected: Vec<&Active> =
        case.active.iter().filter(|active| contains(&active.steps, ms)).collect();
    for rule in &group.rules {
        let Rule::Alerting(rule) = rule else { panic!("{rule:?}") };
        assert_eq!((rule.health, &rule.last_error), (RuleHealth::Ok, &None), "{} {ms}", rule.name);
        let worst = expected.iter().filter(|active| active.alert == rule.name);
        let worst = worst.map(|active| active.state).min().unwrap_or("inactive");
        assert_eq!(word(rule.state), worst, "{} at {ms} ms", rule.name);
        for alert in &rule.alerts {
            let name = alert.labels.value("alertname");
            let variant = alert.labels.value("variant");
            let place = expected.iter().position(|a| a.alert == name && a.variant == variant);
            let place = place.unwrap_or_else(|| panic!("{} at {ms} ms", alert.labels));
            let wanted = expected.remove(place);
            assert_eq!(
                (word(alert.state), alert.value),
                (wanted.state, wanted.value),
                "{name} at {ms} ms"
            );
            let since = alert.active_at.unwrap();
            assert!(is_at(since, zero_ms, wanted.since), "{name} is active since {since:?}");
            let texts: Vec<&str> = alert.annotations.iter().map(|(_, text)| &**text).collect();
            assert!(texts.contains(&wanted.text), "{name}: {texts:?}, wanted {:?}", wanted.text);
        }
    }
    assert!(expected.is_empty(), "{} at {ms} ms is missing", expected[0].alert);
}

/// The series `ALERTS`.
fn check_series(case: &Case, stage: &Stage, since: Duration, ms: i64) {
    let key = |name: &str, variant: &str, state: &str| format!("{name}/{variant} {state}");
    let found = stage.ask("ALERTS", since).unwrap();
    let mut found: Vec<String> = found
        .iter()
        .map(|(labels, value)| {
            assert!(matches!(value, Value::Float(one) if *one == 1.0), "{value:?}");
            let of = |name| labels.value(name);
            key(of("alertname"), of("variant"), of("alertstate"))
        })
        .collect();
    let active = case.active.iter().filter(|active| contains(&active.steps, ms));
    let mut wanted: Vec<String> =
        active.map(|active| key(active.alert, active.variant, active.state)).collect();
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted, "{} at {ms} ms", case.group);
}

/// What an Alertmanager gets: at once when the state changes, then after more than a minute and at
/// the next evaluation, the end for 15 minutes. `last` holds when each was sent, and as what.
fn check_sent(
    case: &Case,
    sent: &[SentAlert],
    (zero_ms, ms): (i64, i64),
    last: &mut BTreeMap<String, (i64, bool)>,
) {
    for wanted in &case.sent {
        let begin_ms = wanted.steps.start * STEP_MS;
        let is_ended = wanted.ended.is_some();
        let end_ms = if is_ended { begin_ms + ENDED_MS } else { i64::MAX / 2 };
        let key = format!("{}/{}", wanted.alert, wanted.variant);
        let is_its = |alert: &&SentAlert| {
            alert.labels.value("alertname") == wanted.alert
                && alert.labels.value("variant") == wanted.variant
        };
        if !contains(&wanted.steps, ms) {
            continue;
        }
        let found = sent.iter().find(is_its);
        let was = last.get(&key).filter(|(_, ended)| *ended == is_ended).map(|(ms, _)| *ms);
        // The evaluation that finds the end may lie up to an interval after it.
        let is_due = was.is_none_or(|was| ms - was > 60_000) && ms - 30_000 < end_ms;
        let is_over = ms > end_ms + 30_000;
        let Some(found) = found else {
            assert!(!is_due || ms > end_ms, "{key} is not sent at {ms} ms");
            continue;
        };
        assert!(is_due && !is_over, "{key} is sent at {ms} ms, before at {was:?}");
        last.insert(key.clone(), (ms, is_ended));
        assert_eq!(found.resolved, is_ended, "{key} at {ms} ms");
        assert!(is_at(found.starts_at, zero_ms, wanted.began), "{key}: {:?}", found.starts_at);
        match wanted.ended {
            Some(step) => assert!(is_at(found.ends_at, zero_ms, step), "{:?}", found.ends_at),
            None => assert_eq!(found.ends_at.ms(), zero_ms + ms + LIFE_MS, "{key} at {ms} ms"),
        }
        let texts: Vec<&str> = found.annotations.iter().map(|(_, text)| &**text).collect();
        assert!(texts.contains(&wanted.text), "{key} at {ms} ms: {texts:?}");
    }
    let is_wanted = |alert: &SentAlert| {
        case.sent.iter().any(|wanted| {
            contains(&wanted.steps, ms)
                && alert.labels.value("alertname") == wanted.alert
                && alert.labels.value("variant") == wanted.variant
        })
    };
    let unwanted = sent.iter().find(|alert| !is_wanted(alert));
    assert!(unwanted.is_none(), "at {ms} ms: {unwanted:?}");
}

#[test]
fn pending_and_firing_and_resolved() {
    const ALERT: &str = "PendingAndFiringAndResolved_SimpleAlert";
    let group = "PendingAndFiringAndResolved";
    let active = |steps, state, value, since, text| Active {
        alert: ALERT,
        variant: "",
        steps,
        state,
        value,
        since,
        text,
    };
    let sent =
        |steps, began, ended, text| Sent { alert: ALERT, variant: "", steps, began, ended, text };
    let (eleven, fifteen, nineteen) =
        ("The value is 11 11", "The value is 15 15", "The value is 19 19");
    let text = "3 5 0x2 9 0x3 11 0x12 15 0x11 0x20 19 0x15 9 0x19 15 0x24 0x20 8 0x15";
    play(&Case {
        group,
        series: vec![(series(group, &[("alertname", ALERT)]), samples(text))],
        active: vec![
            active(8..21, "pending", 11.0, 8, eleven),
            active(21..32, "pending", 15.0, 8, fifteen),
            active(32..53, "firing", 15.0, 8, fifteen),
            active(53..69, "firing", 19.0, 8, nineteen),
            active(89..113, "pending", 15.0, 89, fifteen),
            active(113..134, "firing", 15.0, 89, fifteen),
        ],
        sent: vec![
            sent(32..53, 32, None, fifteen),
            sent(53..69, 32, None, nineteen),
            sent(69..89, 32, Some(69), nineteen),
            sent(113..134, 113, None, fifteen),
            sent(134..240, 113, Some(134), fifteen),
        ],
        steps: 240,
    });
}

#[test]
fn pending_and_resolved_and_always_inactive() {
    const PENDING: &str = "PendingAndResolved_AlwaysInactive_PendingAlert";
    const INACTIVE: &str = "PendingAndResolved_AlwaysInactive_InactiveAlert";
    let group = "PendingAndResolved_AlwaysInactive";
    let of = |alert| (series(group, &[("alertname", alert)]), samples("3 5 0x2 9 0x3 11 0x10 9"));
    play(&Case {
        group,
        series: vec![of(PENDING), of(INACTIVE)],
        active: vec![Active {
            alert: PENDING,
            variant: "",
            steps: 8..19,
            state: "pending",
            value: 11.0,
            since: 8,
            text: "SimpleAlert is firing",
        }],
        sent: Vec::new(),
        steps: 60,
    });
}

#[test]
fn zero_for_and_small_for() {
    const ZERO: &str = "ZeroFor_SmallFor_ZeroFor";
    const SMALL: &str = "ZeroFor_SmallFor_SmallFor";
    let group = "ZeroFor_SmallFor";
    let values = samples("3 5 0x2 9 0x3 15 0x12 9 0x71 11 0x12 9");
    let mut all: Vec<(Labels, Vec<f64>)> =
        [ZERO, SMALL].map(|alert| (series(group, &[("alertname", alert)]), values.clone())).into();
    for index in 1..=3_u32 {
        let (id, value) = ((100 + index).to_string(), format!("val{index}"));
        let labels = [("for", "template"), ("id", &*id), ("__value__", &*value)];
        let text = format!("{index} 0x27 {} 0x200", 2 * index);
        all.push((series(group, &labels), samples(&text)));
    }
    let (first, second) = (
        "Args are: foo bar 99. first_id:101,101:1,102:2,103:3,",
        "Args are: foo bar 99. first_id:101,101:2,102:4,103:6,",
    );
    let small = "This Part IS TESTING the strings. ::1 127.0.0.1. 7815. replaced text. .";
    let active = |alert, steps, state, value, since, text| Active {
        alert,
        variant: "",
        steps,
        state,
        value,
        since,
        text,
    };
    let sent =
        |alert, steps, began, ended, text| Sent { alert, variant: "", steps, began, ended, text };
    play(&Case {
        group,
        series: all,
        active: vec![
            active(ZERO, 8..21, "firing", 15.0, 8, first),
            active(ZERO, 93..106, "firing", 11.0, 93, second),
            active(SMALL, 8..10, "pending", 15.0, 8, small),
            active(SMALL, 10..21, "firing", 15.0, 8, small),
        ],
        sent: vec![
            sent(ZERO, 8..21, 8, None, first),
            sent(ZERO, 21..93, 8, Some(21), first),
            sent(ZERO, 93..106, 93, None, second),
            sent(ZERO, 106..200, 93, Some(106), second),
            sent(SMALL, 10..21, 10, None, small),
            sent(SMALL, 21..200, 10, Some(21), small),
        ],
        steps: 200,
    });
}

#[test]
fn new_alerts_and_the_order_of_rules() {
    const FIRST: &str = "NewAlerts_OrderCheck_Rule1";
    const SECOND: &str = "NewAlerts_OrderCheck_Rule2";
    let group = "NewAlerts_OrderCheck";
    let of = |variant, text| {
        (series(group, &[("alertname", FIRST), ("variant", variant)]), samples(text))
    };
    let more = "This should produce more alerts later";
    let based = "Based on ALERTS. Old alertname was NewAlerts_OrderCheck_Rule1. foo was bar.";
    let active = |variant, steps, state, since| Active {
        alert: FIRST,
        variant,
        steps,
        state,
        value: 11.0,
        since,
        text: more,
    };
    let sent = |alert, variant, steps, began, ended, text| Sent {
        alert,
        variant,
        steps,
        began,
        ended,
        text,
    };
    let both = Active {
        alert: SECOND,
        variant: "",
        steps: 44..65,
        state: "firing",
        value: 2.0,
        since: 44,
        text: based,
    };
    play(&Case {
        group,
        series: vec![of("one", "1 0x7 11 0x64 9 0x20"), of("two", "1 0x31 11 0x32 9 0x20")],
        active: vec![
            active("one", 8..20, "pending", 8),
            active("one", 20..73, "firing", 8),
            active("two", 32..44, "pending", 32),
            active("two", 44..65, "firing", 32),
            both,
        ],
        sent: vec![
            sent(FIRST, "one", 20..73, 20, None, more),
            sent(FIRST, "one", 73..160, 20, Some(73), more),
            sent(FIRST, "two", 44..65, 44, None, more),
            sent(FIRST, "two", 65..160, 44, Some(65), more),
            sent(SECOND, "", 44..65, 44, None, based),
            sent(SECOND, "", 65..160, 44, Some(65), based),
        ],
        steps: 160,
    });
}
