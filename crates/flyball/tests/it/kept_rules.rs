//! Rules created, changed and deleted over HTTP: checked, evaluated, kept over restarts.

use crate::server::Server;
use serde_json::Value;
use testkit::http::{self, Reply};
use testkit::wait_for;

const GROUP: &str = "name: disk\ninterval: 1s\nrules:\n- record: 'one:kept'\n  expr: vector(1)\n\
                     - alert: Kept\n  expr: |\n    one:kept\n    == 1\n  labels: {severity: page}\n";

fn ask(server: &Server, method: &str, path: &str, body: &str) -> Reply {
    let path = format!("/config/v1/rules{path}");
    http::exchange(server.address(), method, &path, &[], body.as_bytes()).unwrap()
}

/// Groups of `/api/v1/rules` as `file/name`, with the states of their alerts once all rules were
/// evaluated by this process.
fn groups(server: &Server) -> Vec<String> {
    let body: Value = serde_json::from_slice(&server.get("/api/v1/rules").body).unwrap();
    let groups = body["data"]["groups"].as_array().unwrap().iter();
    let shown = groups.map(|group| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let rules = group["rules"].as_array().unwrap().iter();
        let states: Vec<String> = rules
            .map(|rule| if rule["health"] == "ok" { text(&rule["state"]) } else { "?".into() })
            .collect();
        format!("{}/{} {}", text(&group["file"]), text(&group["name"]), states.concat())
    });
    shown.collect()
}

#[test]
fn kept_rules_are_evaluated_and_survive_a_restart() {
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    server.write("flyball.yml", "default_rules: false\n");
    server.run();
    assert_eq!(ask(&server, "GET", "", "").status, 404);
    let reply = ask(&server, "POST", "/team%2Fa", GROUP);
    assert_eq!(reply.status, 202, "{}", reply.text());
    wait_for("the alert", || (groups(&server) == ["team/a/disk firing"]).then_some(()));

    server.kill();
    server.run();
    wait_for("the alert again", || (groups(&server) == ["team/a/disk firing"]).then_some(()));
    let listed = ask(&server, "GET", "", "").text();
    let expected = "\"team/a\":\n    - name: disk\n      interval: 1s\n      rules:\n        \
                    - record: \"one:kept\"\n          expr: \"vector(1)\"\n        - alert: Kept\n          \
                    expr: |\n            one:kept\n            == 1\n          labels:\n            \
                    severity: page\n";
    assert_eq!(listed, expected);

    // A group of the same name takes the place of the old one; others stay.
    assert_eq!(ask(&server, "POST", "/team%2Fa", "{name: net, rules: []}").status, 202);
    let changed = GROUP.replace("== 1", "== 2");
    assert_eq!(ask(&server, "POST", "/team%2Fa", &changed).status, 202);
    wait_for("the end of the alert", || {
        (groups(&server) == ["team/a/disk inactive"]).then_some(())
    });
    let disk = ask(&server, "GET", "/team%2Fa/disk", "").text();
    assert!(disk.starts_with("name: disk\n") && disk.contains("== 2"), "{disk}");

    assert_eq!(ask(&server, "DELETE", "/team%2Fa/disk", "").status, 202);
    assert_eq!(ask(&server, "DELETE", "/team%2Fa/disk", "").status, 404);
    assert_eq!(
        ask(&server, "GET", "/team%2Fa", "").text(),
        "\"team/a\":\n    - name: net\n      rules: []\n"
    );
    assert_eq!(ask(&server, "DELETE", "/team%2Fa", "").status, 202);
    assert_eq!(ask(&server, "GET", "", "").status, 404);
    assert!(groups(&server).is_empty(), "{:?}", groups(&server));
}

#[test]
fn what_is_wrong_is_refused_with_its_place_and_changes_nothing() {
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    server.write("flyball.yml", "rule_files: [r.yml]\n");
    server.write("r.yml", "groups: [{name: g, rules: [{record: a, expr: '1'}]}]\n");
    server.run();
    assert_eq!(ask(&server, "POST", "/ns", GROUP).status, 202);
    let before = ask(&server, "GET", "", "").text();
    let cases = [
        (GROUP.replace("vector(1)", "rate(up)"), "ns:5:14: parse error: "),
        (GROUP.replace("severity: page", "severity: '{{ $x }}'"), "ns:10:23: alert `Kept`: label"),
        (GROUP.replace("interval: 1s", "intervall: 1s"), "ns:2:1: unknown key `intervall`"),
        (GROUP.replace("name: disk", "limit: 1"), "ns:1:1: a rule group needs a `name`"),
        ("- a\n".to_owned(), "ns:1:1: the file is a map of keys"),
    ];
    for (body, expected) in cases {
        let reply = ask(&server, "POST", "/ns", &body);
        assert_eq!(reply.status, 400, "{body}");
        assert!(reply.text().starts_with(expected), "{expected}: {}", reply.text());
    }
    assert_eq!(ask(&server, "GET", "", "").text(), before);
    for (namespace, expected) in [("built-in", "is a rule file"), ("r.yml", "is a rule file")] {
        let reply = ask(&server, "POST", &format!("/{namespace}"), GROUP);
        assert_eq!(reply.status, 400, "{namespace}");
        assert!(reply.text().contains(expected), "{}", reply.text());
    }
    let long = "n".repeat(81);
    assert_eq!(ask(&server, "POST", &format!("/{long}"), GROUP).status, 400);
}
