//! Alertmanager's acceptance scenarios that are about the API alone, in virtual time.
//! Source: Alertmanager 0.34 `test/with_api_v2/acceptance`; the others stand in `alerts`.

use super::ask;
use crate::test_client::Client;
use crate::testing::{Alerting, Rooms, state};
use crate::{AlertsProvider, AppState, ServerOptions};
use config::{MatcherMode, WebConfig};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;

const ROUTING: &str = "\
route: {receiver: default, group_by: [], group_wait: 1s, group_interval: 10m, repeat_interval: 1h}
inhibit_rules:
- {source_match: {severity: critical}, target_match: {severity: warning}, equal: [alertname]}
receivers: [{name: default}]
";

/// From now, five minutes after 1970 began, for five minutes.
const TIMES: [(&str, &str); 2] =
    [("startsAt", "1970-01-01T00:05:00Z"), ("endsAt", "1970-01-01T00:10:00Z")];

fn client(mode: MatcherMode, options: ServerOptions) -> (Client, Arc<Alerting>) {
    let rooms = Arc::new(Rooms::default());
    let state = state(&rooms);
    let alerting = Arc::new(Alerting::routing(ROUTING, state.clock.now()));
    let state = AppState { alerting: alerting.clone(), matchers: mode, ..state };
    (Client::build(options, state, rooms, WebConfig::default(), Vec::new()), alerting)
}

fn in_mode(mode: MatcherMode) -> Client {
    client(mode, ServerOptions::default()).0
}

fn with_times(mut body: Value) -> Value {
    for (name, time) in TIMES {
        body[name] = time.into();
    }
    body
}

fn post_alerts(client: &Client, labels: &[Value]) -> String {
    let alerts: Vec<Value> =
        labels.iter().map(|labels| with_times(json!({"labels": labels}))).collect();
    ask(client, &format!("POST /api/v2/alerts {}", json!(alerts)))
}

fn post_silence(client: &Client, name: &str, value: &str) -> String {
    let matcher = json!({"name": name, "value": value, "isRegex": false, "isEqual": true});
    let body = json!({"comment": "test", "createdBy": "test", "matchers": [matcher]});
    ask(client, &format!("POST /api/v2/silences {}", with_times(body)))
}

/// The elements of a list.
fn list(client: &Client, path: &str) -> Vec<Value> {
    let answer = ask(client, &format!("GET {path}"));
    let body = answer.strip_prefix("200 ").unwrap_or_else(|| panic!("{path}: {answer}"));
    serde_json::from_str(body).unwrap()
}

fn filters(filters: &[&str]) -> String {
    let pairs = filters.iter().map(|filter| ("filter", *filter));
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[test]
fn the_classic_mode_takes_alerts_with_any_values() {
    let client = in_mode(MatcherMode::Classic);
    let labels = json!({"a": "b", "b": "Σ", "c": "🙂", "d": "eΘ"});
    assert_eq!(post_alerts(&client, &[labels]), "200 ");
}

#[test]
fn alerts_are_shown_with_what_silences_and_inhibits_them_now() {
    let (client, alerting) = client(MatcherMode::Fallback, ServerOptions::default());
    let labels = |severity: &str| json!({"alertname": "test1", "severity": severity});
    post_alerts(&client, &[labels("warning")]);
    let state = |alert: &Value| alert["status"]["state"].clone();
    let only = &list(&client, "/api/v2/alerts")[0];
    assert_eq!(state(only), "active");
    let warning = only["fingerprint"].clone();
    // The group has flushed and does not look at its alerts for ten minutes.
    alerting.now_ms.fetch_add(2000, Ordering::Relaxed);
    alerting.put(Vec::new()).unwrap();
    let made = post_silence(&client, "alertname", "test1");
    let id = made[18..].trim_end_matches("\"}").to_owned();
    let only = &list(&client, "/api/v2/alerts")[0];
    assert_eq!((state(only), &only["fingerprint"]), (json!("suppressed"), &warning));
    assert_eq!(only["status"]["silencedBy"], json!([id]));

    post_alerts(&client, &[labels("critical")]);
    let both = list(&client, "/api/v2/alerts");
    let is_warning = |alert: &&Value| alert["fingerprint"] == warning;
    let target = both.iter().find(is_warning).unwrap();
    let source = both.iter().find(|alert| !is_warning(alert)).unwrap();
    assert!(both.iter().all(|alert| alert["status"]["silencedBy"] == json!([id])));
    assert_eq!(state(target), "suppressed");
    assert_eq!(target["status"]["inhibitedBy"], json!([source["fingerprint"]]));

    assert_eq!(ask(&client, &format!("DELETE /api/v2/silence/{id}")), "200 ");
    let both = list(&client, "/api/v2/alerts");
    assert_eq!(both.len(), 2);
    for alert in &both {
        assert_eq!(alert["status"]["silencedBy"], json!([]));
        assert_eq!(state(alert), if is_warning(&alert) { "suppressed" } else { "active" });
    }
}

#[test]
fn alerts_are_filtered_by_all_matchers() {
    let client = in_mode(MatcherMode::Fallback);
    let first = json!({"alertname": "test1", "severity": "warning"});
    post_alerts(&client, &[first.clone(), json!({"system": "foo", "severity": "critical"})]);
    let found = list(
        &client,
        &format!("/api/v2/alerts?{}", filters(&["alertname=test1", "severity=warning"])),
    );
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0]["labels"], &found[0]["status"]["state"]), (&first, &json!("active")));
}

#[test]
fn the_classic_mode_takes_silences() {
    assert!(post_silence(&in_mode(MatcherMode::Classic), "foo", "bar").starts_with("200 "));
}

fn utf8_labels() -> Value {
    json!({"a": "a", "00": "b", "Σ": "c", "🙂": "dΘ"})
}

#[test]
fn alerts_with_utf_8_names_come_in_and_are_found() {
    let client = in_mode(MatcherMode::Fallback);
    assert_eq!(post_alerts(&client, &[utf8_labels()]), "200 ");
    let filtered = filters(&["00=b", "Σ=c", r#""\xf0\x9f\x99\x82"=dΘ"#]);
    for question in ["", filtered.as_str()] {
        let alerts = list(&client, &format!("/api/v2/alerts?{question}"));
        assert_eq!((alerts.len(), &alerts[0]["labels"]), (1, &utf8_labels()), "{question}");
        let groups = list(&client, &format!("/api/v2/alerts/groups?{question}"));
        assert_eq!((groups.len(), groups[0]["alerts"].as_array().unwrap().len()), (1, 1));
        assert_eq!(groups[0]["alerts"][0]["labels"], utf8_labels());
    }
}

#[test]
fn the_classic_mode_takes_no_alert_with_utf_8_names() {
    let refused = post_alerts(&in_mode(MatcherMode::Classic), &[utf8_labels()]);
    assert_eq!(refused, r#"400 "invalid label set: invalid name \"00\"""#);
}

#[test]
fn silences_with_utf_8_names_are_made_and_found() {
    let client = in_mode(MatcherMode::Fallback);
    assert!(post_silence(&client, "fooΣ", "bar🙂").starts_with("200 "));
    let matchers = json!([{"isEqual": true, "isRegex": false, "name": "fooΣ", "value": "bar🙂"}]);
    for question in [String::new(), filters(&["fooΣ=bar🙂"])] {
        let silences = list(&client, &format!("/api/v2/silences?{question}"));
        assert_eq!((silences.len(), &silences[0]["matchers"]), (1, &matchers), "{question}");
    }
}

#[test]
fn the_classic_mode_takes_no_silence_with_utf_8_names() {
    let refused = post_silence(&in_mode(MatcherMode::Classic), "fooΣ", "bar🙂");
    let why = r#"invalid silence: invalid label matcher 0: invalid label name \"fooΣ\""#;
    assert_eq!(refused, format!("400 \"{why}\""));
}

#[test]
fn everything_stands_below_the_route_prefix() {
    let options = ServerOptions { route_prefix: Some("/foo".into()), ..ServerOptions::default() };
    let (client, _alerting) = client(MatcherMode::Fallback, options);
    assert_eq!(ask(&client, "GET /foo/api/v2/alerts"), "200 []");
    assert!(ask(&client, "GET /foo/api/v2/status").starts_with("200 {"));
    assert!(ask(&client, "GET /api/v2/alerts").starts_with("404 "));
}
