//! What rules may say beyond Prometheus, on a target that is really scraped: a target that goes down
//! keeps its alert, and the API says so.

use crate::server::Server;
use serde_json::{Value, json};
use testkit::http::Site;
use testkit::wait_for;

const RULES: &str = "groups:\n- name: g\n  interval: 200ms\n  rules:\n\
    \x20 - {alert: Kept, expr: hot > 1, on_missing: keep}\n\
    \x20 - {alert: Plain, expr: hot > 1}\n\
    \x20 - {alert: Slow, expr: hot > 1, recover_expr: hot < 0, \
    flap_damping: {changes: 6, within: 1h}}\n";

/// Alerting rules of the API by name.
fn rules(server: &Server) -> Vec<Value> {
    let body: Value = serde_json::from_slice(&server.get("/api/v1/rules").body).unwrap();
    body["data"]["groups"][0]["rules"].as_array().unwrap().clone()
}

fn wait_for_states(server: &Server, wanted: [&str; 3]) {
    wait_for(&format!("{wanted:?}"), || {
        let states: Vec<Value> = rules(server).iter().map(|rule| rule["state"].clone()).collect();
        (states == wanted).then_some(())
    });
}

#[test]
fn a_target_that_goes_down_keeps_the_alerts_that_should_be_kept() {
    let site = Site::start(|_| (200, "hot 2\n".to_owned()));
    let mut server = Server::prepare(&["--config.file=prometheus.yml"]);
    server.write("rules.yml", RULES);
    server.write(
        "prometheus.yml",
        &format!(
            "global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}\nrule_files: [rules.yml]\n\
             scrape_configs:\n- job_name: j\n  static_configs: [{{targets: ['{}']}}]\n",
            site.address()
        ),
    );
    server.run();
    wait_for_states(&server, ["firing", "firing", "firing"]);
    let shown = rules(&server);
    assert_eq!(shown[0]["extras"], json!({"on_missing": "keep"}));
    assert_eq!(shown[1].get("extras"), None, "as Prometheus answers");
    let damping = "changes: 6, within: 1h, quiet: 10m";
    assert_eq!(shown[2]["extras"], json!({"recover_expr": "hot < 0", "flap_damping": damping}));
    assert_eq!(shown[0]["alerts"][0].get("missingSince"), None);

    // Below the threshold, but not recovered; then the target is down.
    site.answer_with(|_| (200, "hot 1\n".to_owned()));
    wait_for_states(&server, ["inactive", "inactive", "firing"]);
    site.answer_with(|_| (200, "hot 2\n".to_owned()));
    wait_for_states(&server, ["firing", "firing", "firing"]);
    site.answer_with(|_| (500, String::new()));
    wait_for_states(&server, ["firing", "inactive", "inactive"]);
    assert!(rules(&server)[0]["alerts"][0]["missingSince"].is_string());

    // What is kept survives a restart.
    server.kill();
    server.run();
    wait_for_states(&server, ["firing", "inactive", "inactive"]);
}
