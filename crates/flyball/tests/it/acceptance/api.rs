//! The API: states and filters of alerts, UTF-8 and classic names, the route prefix.

use super::{Scenario, Sink, Stage, config, posted, silence};
use serde_json::{Value, json};

pub(super) const ALL: [Scenario; 9] = [
    ("TestAddAlerts", the_classic_mode_takes_alerts_with_any_values),
    ("TestAlertGetReturnsCurrentAlertStatus", alerts_are_shown_as_they_are_now),
    ("TestFilterAlertRequest", alerts_are_filtered_by_all_matchers),
    ("TestAddUTF8Alerts", alerts_with_utf_8_names_come_in_and_are_found),
    ("TestCannotAddUTF8AlertsInClassicMode", the_classic_mode_takes_no_utf_8_alert),
    ("TestAddUTF8Silences", silences_with_utf_8_names_are_made_and_found),
    ("TestCannotAddUTF8SilencesInClassicMode", the_classic_mode_takes_no_utf_8_silence),
    ("TestSendAlertsToUTF8Route", routes_and_groups_have_utf_8_names),
    ("TestWebWithPrefix", everything_stands_below_the_route_prefix),
];

const CLASSIC: &str = "--enable-feature=classic-mode";
const SLOW: &str = "group_by: [], group_wait: 100ms, group_interval: 10m, repeat_interval: 1h";
const INHIBITION: &str = "inhibit_rules: [{source_match: {severity: critical}, \
    target_match: {severity: warning}, equal: [alertname]}]";

fn classic() -> Stage {
    let sink = Sink::start();
    Stage::with(&config("", SLOW, &[(&sink, "")]), "", &[CLASSIC], "")
}

fn filters(filters: &[&str]) -> String {
    let pairs = filters.iter().map(|filter| ("filter", *filter));
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn the_classic_mode_takes_alerts_with_any_values() {
    classic().push(&[posted(&["a=b", "b=Σ", "c=🙂", "d=eΘ"])]);
}

fn alerts_are_shown_as_they_are_now() {
    let sink = Sink::start();
    let stage = Stage::start(&config(INHIBITION, SLOW, &[(&sink, "")]));
    stage.push(&[posted(&["alertname=test1", "severity=warning"])]);
    let only = &stage.list("alerts")[0];
    assert_eq!(only["status"]["state"], "active");
    let warning = only["fingerprint"].clone();
    // The group has flushed and does not look at its alerts for ten minutes.
    sink.wait("+test1/warning");
    let id = stage.silence("alertname", "test1", false, 300_000);
    let only = &stage.list("alerts")[0];
    assert_eq!((&only["status"]["state"], &only["fingerprint"]), (&json!("suppressed"), &warning));
    assert_eq!(only["status"]["silencedBy"], json!([id]));
    stage.push(&[posted(&["alertname=test1", "severity=critical"])]);
    for alert in stage.list("alerts") {
        assert_eq!(alert["status"]["silencedBy"], json!([id]));
        if alert["fingerprint"] == warning {
            assert_eq!(alert["status"]["state"], "suppressed");
            assert_eq!(alert["status"]["inhibitedBy"].as_array().unwrap().len(), 1);
        }
    }
    assert_eq!(stage.ask("DELETE", &format!("silence/{id}"), &Value::Null).status, 200);
    let alerts = stage.list("alerts");
    assert_eq!(alerts.len(), 2);
    for alert in alerts {
        let state = if alert["fingerprint"] == warning { "suppressed" } else { "active" };
        assert_eq!(
            (&alert["status"]["silencedBy"], &alert["status"]["state"]),
            (&json!([]), &json!(state))
        );
    }
}

fn alerts_are_filtered_by_all_matchers() {
    let sink = Sink::start();
    let stage = Stage::start(&config(INHIBITION, SLOW, &[(&sink, "")]));
    let other = posted(&["system=foo", "severity=critical"]);
    stage.push(&[posted(&["alertname=test1", "severity=warning"]), other]);
    let wanted = filters(&["alertname=test1", "severity=warning"]);
    let found = stage.list(&format!("alerts?{wanted}"));
    assert_eq!((found.len(), &found[0]["status"]["state"]), (1, &json!("active")));
}

const UTF8: [&str; 4] = ["a=a", "00=b", "Σ=c", "🙂=dΘ"];

fn alerts_with_utf_8_names_come_in_and_are_found() {
    let sink = Sink::start();
    let stage = Stage::start(&config("", SLOW, &[(&sink, "")]));
    let alert = posted(&UTF8);
    stage.push(std::slice::from_ref(&alert));
    let filtered = filters(&["00=b", "Σ=c", r#""\xf0\x9f\x99\x82"=dΘ"#]);
    for question in ["", filtered.as_str()] {
        let alerts = stage.list(&format!("alerts?{question}"));
        assert_eq!((alerts.len(), &alerts[0]["labels"]), (1, &alert["labels"]));
        let groups = stage.list(&format!("alerts/groups?{question}"));
        assert_eq!((groups.len(), &groups[0]["alerts"][0]["labels"]), (1, &alert["labels"]));
    }
}

fn the_classic_mode_takes_no_utf_8_alert() {
    let reply = classic().ask("POST", "alerts", &json!([posted(&UTF8)]));
    assert_eq!(reply.status, 400);
    assert!(reply.text().contains("invalid label set"), "{}", reply.text());
}

fn silences_with_utf_8_names_are_made_and_found() {
    let sink = Sink::start();
    let stage = Stage::start(&config("", SLOW, &[(&sink, "")]));
    stage.silence("fooΣ", "bar🙂", false, 86_400_000);
    let wanted = json!([{"name": "fooΣ", "value": "bar🙂", "isRegex": false, "isEqual": true}]);
    for question in [String::new(), filters(&["fooΣ=bar🙂"])] {
        let silences = stage.list(&format!("silences?{question}"));
        assert_eq!((silences.len(), &silences[0]["matchers"]), (1, &wanted));
    }
}

fn the_classic_mode_takes_no_utf_8_silence() {
    let reply = classic().ask("POST", "silences", &silence("fooΣ", "bar🙂", false, 86_400_000));
    assert_eq!(reply.status, 400);
    let why = "invalid silence: invalid label matcher";
    assert!(reply.text().contains(why), "{}", reply.text());
}

fn routes_and_groups_have_utf_8_names() {
    let sink = Sink::start();
    let file = format!(
        "route:\n  receiver: default\n  routes:\n  - {{receiver: webhook, matchers: [foo🙂=bar], \
         group_by: [foo🙂], group_wait: 100ms}}\nreceivers:\n- name: default\n- name: webhook\n  \
         webhook_configs: [{{url: 'http://{}'}}]\n",
        sink.site.address()
    );
    let stage = Stage::start(&file);
    stage.push(&[posted(&["foo🙂=bar"])]);
    let (_, told) = sink.wait("+/bar");
    assert_eq!(told["groupLabels"], json!({"foo🙂": "bar"}));
}

fn everything_stands_below_the_route_prefix() {
    let sink = Sink::start();
    let config = config("", SLOW, &[(&sink, "")]);
    let stage = Stage::with(&config, "", &["--web.route-prefix=/foo"], "/foo");
    assert_eq!(stage.list("alerts"), Vec::<Value>::new());
    assert_eq!(stage.server.get("/api/v2/alerts").status, 404);
}
