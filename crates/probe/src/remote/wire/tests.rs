//! What travels between server and worker, and what is refused on either side.

use super::*;
use serde_json::json;

fn job(text: &str) -> ScheduledProbe {
    let loaded = config::load_any("flyball.yml", text, &config::Outside::nothing()).unwrap();
    let config::ConfigFile::Flyball(mut flyball) = loaded.config else { panic!("a flyball.yml") };
    flyball.probes.remove(0)
}

#[test]
fn a_job_arrives_as_it_was() {
    let text = "probes:\n- name: shop\n  timeout: 3s\n  context: {price: '1'}\n  steps:\n  \
        - {name: a, url: 'http://a', method: POST, headers: {X-Key: k}, body: b, \
        conditions: ['[STATUS] == 201'], store: {id: '[BODY].id'}}\n  \
        - {name: b, url: 'http://a/[CONTEXT].id', module: http_2xx, always_run: true}\n";
    let job = job(text);
    let [(instance, question)] = <[_; 1]>::try_from(Question::all(&job)).unwrap();
    assert_eq!(instance, "shop");
    let sent = serde_json::to_string(&question).unwrap();
    let came: Question = serde_json::from_str(&sent).unwrap();
    assert_eq!(came, question);
    let there = came.into_job();
    assert_eq!((there.timeout, there.context), (job.timeout, job.context));
    let unplaced = |steps: &[ProbeStep]| -> Vec<ProbeStep> {
        let bare = |step: &ProbeStep| {
            let mut step = step.clone();
            step.place = Place::START;
            step.conditions.iter_mut().for_each(|(_, place)| *place = Place::START);
            step
        };
        steps.iter().map(bare).collect()
    };
    assert_eq!(there.steps, unplaced(&job.steps));
}

#[test]
fn each_target_is_a_question() {
    let job = job("probes:\n- {name: w, targets: [a, b], conditions: ['[STATUS] == 200']}\n");
    let questions = Question::all(&job);
    let instances: Vec<&str> = questions.iter().map(|(instance, _)| instance.as_str()).collect();
    assert_eq!(instances, ["a", "b"]);
    let sent = serde_json::to_value(&questions[1].1).unwrap();
    let expected = json!({"target": "b", "timeout_ms": 10_000, "conditions": ["[STATUS] == 200"]});
    assert_eq!(sent, expected);
}

#[test]
fn a_question_with_unknown_keys_is_refused() {
    let text = "{\"target\": \"a\", \"timeout_ms\": 1, \"proxy\": \"b\"}";
    let error = serde_json::from_str::<Question>(text).unwrap_err().to_string();
    assert!(error.contains("unknown field `proxy`"), "{error}");
}

fn outcome() -> Outcome {
    let mut family = Family::gauge("probe_success", "help");
    family.push(Labels::from_pairs([("phase", "a")]), f64::NAN);
    family.push(Labels::empty(), 0.5);
    let mut certificate = Certificate::default();
    certificate.common_name = "a.example".to_owned();
    certificate.not_after = 7;
    let judged = Judged {
        step: Some("one".to_owned()),
        condition: "[STATUS] == 200".to_owned(),
        shown: "[STATUS] (503) == 200".to_owned(),
        holds: false,
    };
    Outcome {
        success: false,
        reason: Some(Reason::Condition),
        families: vec![family],
        certificates: vec![certificate],
        log: "told to nobody".to_owned(),
        duration: Duration::from_micros(1500),
        conditions: vec![judged],
        findings: Findings { why: Some("because".to_owned()), ..Findings::default() },
    }
}

#[test]
fn an_outcome_arrives_as_it_was() {
    let sent = serde_json::to_string(&ToldOutcome::of(&outcome())).unwrap();
    let came = serde_json::from_str::<ToldOutcome>(&sent).unwrap().into_outcome().unwrap();
    let was = outcome();
    assert_eq!((came.reason, came.duration), (was.reason, was.duration));
    assert_eq!((came.certificates, came.conditions), (was.certificates, was.conditions));
    assert_eq!(came.findings.why, was.findings.why);
    assert_eq!(came.families[0].points[1], was.families[0].points[1]);
    assert!(came.families[0].points[0].value.is_nan());
}

#[test]
fn an_answer_tells_series_of_probes_alone() {
    let told = |family: serde_json::Value| {
        let told = json!({"success": true, "duration_ms": 1.0, "families": [family]});
        serde_json::from_value::<ToldOutcome>(told).unwrap().into_outcome().map(drop)
    };
    let point = |label: &str| json!([{"labels": {label: "x"}, "value": 1.0}]);
    assert_eq!(told(json!({"name": "probe_success", "points": point("phase")})), Ok(()));
    for wrong in [
        json!({"name": "up", "points": point("phase")}),
        json!({"name": "probe_\u{e9}", "points": []}),
        json!({"name": "probe_success", "points": point("__name__")}),
        json!({"name": "probe_success", "points": point("a b")}),
    ] {
        assert!(told(wrong.clone()).is_err(), "{wrong}");
    }
    let neither = json!({"success": false});
    let told = serde_json::from_value::<ToldOutcome>(neither).unwrap().into_outcome();
    assert!(told.is_err(), "a failure has a reason");
    let many: Vec<_> = (0..=POINTS_MAX).map(|n| json!({"value": n})).collect();
    let told = json!({"success": true, "families": [{"name": "probe_x", "points": many}]});
    let told = serde_json::from_value::<ToldOutcome>(told).unwrap().into_outcome();
    assert!(told.is_err(), "beyond the bound");
}
