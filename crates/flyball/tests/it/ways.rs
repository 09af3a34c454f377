//! Ways through the configuration that the server runs by: relabelling rule by rule, the routing
//! tree with places, and what became of messages.

use crate::server::Server;
use serde_json::{Value, json};
use testkit::http::{Site, post};
use testkit::wait_for;

fn data(server: &Server, path: &str, params: &[(&str, &str)]) -> Value {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let query = query.extend_pairs(params).finish();
    let reply = server.get(&format!("/api/flyball/v1/{path}?{query}"));
    assert_eq!(reply.status, 200, "{}", reply.text());
    serde_json::from_slice::<Value>(&reply.body).unwrap()["data"].clone()
}

#[test]
fn the_rule_that_dropped_a_target_is_named_with_its_place() {
    let mut server = Server::prepare(&["--config.file=prometheus.yml"]);
    server.write("prometheus.yml", PROMETHEUS);
    server.run();
    let dropped = wait_for("a dropped target", || {
        let reply = server.get("/api/v1/targets?state=dropped");
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        let targets = body["data"]["droppedTargets"].as_array().unwrap().clone();
        targets.into_iter().next()
    });
    let labels = dropped["discoveredLabels"].to_string();
    let way = data(&server, "targets/relabel", &[("job", "shop"), ("labels", &labels)]);
    assert!(way["file"].as_str().unwrap().ends_with("prometheus.yml"));
    let last = way["target"]["steps"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["line"], &last["kept"]), (&json!(9), &json!(false)));
    assert_eq!(last["rule"], "action: drop, source_labels: [env], regex: \"dev\"");
    assert_eq!((&way["target"]["notApplied"], &way["target"]["stored"]), (&json!(1), &Value::Null));

    let kept = r#"{"__address__":"127.0.0.1:9","env":"prod","job":"shop"}"#;
    let params = [("job", "shop"), ("labels", kept), ("metric", r#"orders{code="500"}"#)];
    let way = data(&server, "targets/relabel", &params);
    let stored =
        json!({"env": "prod", "host": "127.0.0.1", "instance": "127.0.0.1:9", "job": "shop"});
    assert_eq!(way["target"]["stored"], stored);
    assert_eq!(way["sample"]["kept"], false);
    assert_eq!(way["sample"]["steps"][0]["line"], 12);
}

#[test]
fn routes_tell_why_and_receivers_what_became_of_messages() {
    let sink = Site::start(|asked| {
        let status = if asked.target.ends_with("/404") { 404 } else { 200 };
        (status, String::new())
    });
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    server
        .write("flyball.yml", "version: 1\nalertmanager: alertmanager.yml\ndefault_rules: false\n");
    server.write("alertmanager.yml", &ALERTMANAGER.replace("SINK", &sink.address().to_string()));
    server.run();
    let tree = data(&server, "alerts/routes", &[("labels", r#"{"severity":"page","team":"db"}"#)]);
    assert_eq!(tree["receivers"], json!(["pager"]));
    let routes = tree["routes"].as_array().unwrap();
    let shown: Vec<String> = routes
        .iter()
        .map(|one| format!("{} {} {}", one["line"], one["receiver"], one["way"]))
        .collect();
    assert_eq!(shown, ["2 \"ops\" \"passed\"", "6 \"pager\" \"told\"", "7 \"ops\" \"not_asked\""]);
    assert_eq!(
        routes[2]["reason"],
        "the route to pager in line 6 takes the alert and does not continue"
    );
    assert_eq!(
        (&routes[1]["own"], &routes[1]["groupWait"]),
        (&json!(["receiver"]), &json!("100ms"))
    );

    let alerts = json!([{"labels": {"alertname": "Down", "severity": "page"}}]).to_string();
    let headers = ["Content-Type: application/json"];
    let sent = post(server.address(), "/api/v2/alerts", &headers, alerts.as_bytes()).unwrap();
    assert_eq!(sent.status, 200, "{}", sent.text());
    let integration = |place: usize| {
        data(&server, "alerts/receivers", &[])["receivers"][place]["integrations"][0].clone()
    };
    let failed =
        wait_for("the pager's refusal", || Some(integration(1)).filter(|one| one["failed"] == 1));
    assert_eq!(
        (&failed["name"], &failed["sent"], &failed["deadLetters"]),
        (&json!("webhook[0]"), &json!(0), &json!(1))
    );
    assert!(failed["lastError"].as_str().unwrap().contains("404"), "{failed}");
    let other = json!([{"labels": {"alertname": "Slow"}}]).to_string();
    post(server.address(), "/api/v2/alerts", &headers, other.as_bytes()).unwrap();
    let told = wait_for("a message to ops", || Some(integration(0)).filter(|one| one["sent"] == 1));
    assert_eq!((&told["failed"], &told["lastError"]), (&json!(0), &Value::Null));
}

const PROMETHEUS: &str = "\
scrape_configs:
- job_name: shop
  scrape_interval: 1s
  static_configs:
  - {targets: ['127.0.0.1:9'], labels: {env: prod}}
  - {targets: ['127.0.0.1:8'], labels: {env: dev}}
  relabel_configs:
  - {source_labels: [__address__], regex: '(.+):.*', target_label: host}
  - {source_labels: [env], regex: dev, action: drop}
  - {regex: unused, action: labeldrop}
  metric_relabel_configs:
  - {source_labels: [code], regex: '5..', action: drop}
";

const ALERTMANAGER: &str = "\
route:
  receiver: ops
  group_by: [alertname]
  group_wait: 100ms
  routes:
  - {receiver: pager, matchers: [severity=page]}
  - {matchers: [team=db]}
receivers:
- {name: ops, webhook_configs: [{url: 'http://SINK/hook'}]}
- {name: pager, webhook_configs: [{url: 'http://SINK/pager/404'}]}
";
