//! Templates on real alerts: `template render` asks the server for what fires or has fired.

use crate::server::{Server, run};
use serde_json::json;
use std::time::Duration;
use testkit::http::{Site, post};
use testkit::wait_for;

const FLYBALL: &str = "\
version: 1
alertmanager: alertmanager.yml
default_rules: false
collect: {host: {enabled: false}}
";

const ALERTMANAGER: &str = "\
route:
  receiver: ops
  group_by: [alertname]
  group_wait: 100ms
  group_interval: 200ms
  routes:
  - {receiver: db, matchers: [team=db], labels: {owner: 'team {{ .CommonLabels.team }}'}}
receivers:
- name: ops
  webhook_configs: [{url: http://SINK/ops}]
- name: db
  webhook_configs: [{url: http://SINK/db}]
";

const TEXT: &str = "{{ .Receiver }} {{ .Status }} {{ len .Alerts }} {{ .GroupLabels.alertname }} \
    {{ routeLabels.owner }}: {{ range .Alerts }}{{ .Annotations.summary }} \
    {{ .StartsAt.Unix }} {{ .EndsAt.IsZero }};{{ end }}";

#[test]
fn a_template_is_tried_on_an_alert_that_has_ended_also_after_a_kill() {
    let sink = Site::start(|_| (200, String::new()));
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    server.write("flyball.yml", FLYBALL);
    server.write("alertmanager.yml", &ALERTMANAGER.replace("SINK", &sink.address().to_string()));
    server.run();
    let told = |words: &str| {
        wait_for(words, || {
            let bodies = sink.asked().into_iter().map(|asked| asked.body);
            let mut texts = bodies.map(|body| String::from_utf8(body).unwrap());
            texts.any(|text| text.contains(words)).then_some(())
        });
    };
    let began = server_now();
    push(&server, "a", began, Duration::from_mins(10));
    push(&server, "b", began, Duration::from_mins(10));
    told("node b is down");
    let fires = format!(
        "db firing 2 Down team db: node a is down {0} true;node b is down {0} true;",
        began.as_second()
    );
    assert_eq!(render(&server, &["--alert=Down"]), (0, fires, String::new()));
    for node in ["a", "b"] {
        push(&server, node, began, Duration::ZERO);
    }
    told(r#""status":"resolved","alerts":"#);
    let wait_for_past = |server: &Server| {
        wait_for("the alerts to be past", || {
            (server.get("/api/v2/alerts").text() == "[]").then_some(())
        });
    };
    wait_for_past(&server);
    server.kill();
    server.run();
    let start = began.as_second();
    let ended = format!("db resolved 1 Down team db: node b is down {start} false;");
    assert_eq!(render(&server, &["--alert=Down", "--alert=node=b"]), (0, ended, String::new()));
    let fired = format!("db firing 1 Down team db: node a is down {start} true;");
    let fingerprint = "--fingerprint=d1a4a4a8d2b4ea2c";
    let labels = [("alertname", "Down"), ("node", "a"), ("team", "db")];
    let known =
        format!("--fingerprint={:016x}", alerts::fingerprint(&model::Labels::from_pairs(labels)));
    assert_eq!(render(&server, &[&known, "--while-firing"]), (0, fired, String::new()));
    for words in [&["--alert=Up"][..], &["--alert=Down", "--receiver=ops"], &[fingerprint]] {
        let (code, out, error) = render(&server, words);
        assert_eq!((code, out.as_str()), (1, ""), "{words:?}");
        assert!(error.contains("no such alert fires"), "{error}");
    }
}

fn server_now() -> jiff::Timestamp {
    jiff::Timestamp::from_second(crate::sender::now_ms() / 1000).unwrap()
}

fn push(server: &Server, node: &str, began: jiff::Timestamp, lasts: Duration) {
    let ends = jiff::Timestamp::from_millisecond(crate::sender::now_ms()).unwrap() + lasts;
    let body = json!([{
        "labels": {"alertname": "Down", "node": node, "team": "db"},
        "annotations": {"summary": format!("node {node} is down")},
        "startsAt": began.to_string(), "endsAt": ends.to_string(),
    }]);
    let headers = ["Content-Type: application/json"];
    let body = body.to_string();
    let reply = post(server.address(), "/api/v2/alerts", &headers, body.as_bytes()).unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text());
}

/// Exit code, standard output, standard error.
fn render(server: &Server, words: &[&str]) -> (i32, String, String) {
    let url = format!("--alertmanager.url=http://{}", server.address());
    let text = format!("--template.text={TEXT}");
    let fixed = ["template", "render", "--template.glob=none/*.tmpl", &text, &url];
    run(server.folder.path(), &[&fixed, words].concat())
}
