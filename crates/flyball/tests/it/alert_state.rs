//! Alerts survive the process: killed without warning, the next one knows them.

use crate::server::Server;
use serde_json::Value;
use testkit::wait_for;

const RULES: &str = "groups:\n- name: g\n  interval: 1s\n  rules:\n\
    \x20 - {alert: Waiting, expr: vector(1), for: 1h, annotations: {text: 'is {{ $value }}'}}\n\
    \x20 - {alert: Burning, expr: vector(2), labels: {severity: 'v{{ $value }}'}}\n";

/// Alerts of the API by name.
fn alerts(server: &Server) -> Vec<Value> {
    let body: Value = serde_json::from_slice(&server.get("/api/v1/alerts").body).unwrap();
    let mut alerts = body["data"]["alerts"].as_array().unwrap().clone();
    alerts.sort_by_key(|alert| alert["labels"]["alertname"].as_str().unwrap().to_owned());
    alerts
}

#[test]
fn alerts_survive_kill_9() {
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    server.write("rules.yml", RULES);
    server.write("flyball.yml", "rule_files: [rules.yml]\ndefault_rules: false\n");
    server.run();
    wait_for("both alerts", || (alerts(&server).len() == 2).then_some(()));
    let before = alerts(&server);
    assert_eq!(before[0]["state"], "firing");
    assert_eq!(before[0]["labels"]["severity"], "v2");
    assert_eq!(before[1]["annotations"]["text"], "is 1");
    server.kill();
    // Nothing but the state on disk tells these rules that they ever had alerts.
    server.write(
        "rules.yml",
        &RULES.replace("vector(1)", "vector(1) > 1").replace("vector(2)", "vector(2) > 2"),
    );
    server.run();
    wait_for("an evaluation", || {
        let body: Value = serde_json::from_slice(&server.get("/api/v1/rules").body).unwrap();
        let health = body["data"]["groups"][0]["rules"][1]["health"].as_str().unwrap().to_owned();
        (health == "ok").then_some(())
    });
    let after = alerts(&server);
    let states: Vec<&str> = after.iter().map(|alert| alert["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["firing", "pending"], "they may only not be scraped yet");
    assert_eq!(after[0]["activeAt"], before[0]["activeAt"]);
    assert_eq!(after[0]["labels"], before[0]["labels"]);
    assert_eq!(after[1]["annotations"], before[1]["annotations"]);
}
