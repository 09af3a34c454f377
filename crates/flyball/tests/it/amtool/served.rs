//! This server in the place of Alertmanager: amtool, Prometheus and Grafana's paths against it, and
//! the tests of Alertmanager 0.34 `test/cli/acceptance`.

use super::peer::{Alertmanager, CONFIG};
use super::{ROUTES, both, filled};
use crate::server::Server;
use serde_json::Value;
use std::fs;
use std::process::Command;
use testkit::http::{self, Site};
use testkit::{Peer, find_program, free_port, skip, wait_for};

const SUITE: &str = "amtool against this server";
const MISSING: &str = "amtool or prometheus-alertmanager is not installed";

/// What a program prints without what differs from run to run: IDs and times.
fn masked(text: &str) -> String {
    let ids = regex::Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").unwrap();
    let times = regex::Regex::new(r"20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?( UTC|Z)?").unwrap();
    times.replace_all(&ids.replace_all(text, "ID"), "TIME").into_owned()
}

/// Lines in an order of their own: the servers order what is equally old differently.
fn sorted(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

#[test]
fn amtool_sees_what_it_sees_of_alertmanager() {
    let servers = (Alertmanager::with(ROUTES), Alertmanager::ours_with(ROUTES));
    let (Some(theirs), Some(ours)) = servers else { return skip(SUITE, MISSING) };
    let (theirs, ours) = (filled(theirs), filled(ours));
    for server in [&theirs, &ours] {
        let silence = ["silence", "add", "Full", "--comment=again", "--author=ann", "-d", "5h"];
        assert_eq!(server.theirs(&silence).code, 0);
    }
    let cases: [&[&str]; 28] = [
        &["alert"],
        &["alert", "query", "Down"],
        &["alert", "query", "-o", "extended"],
        &["alert", "query", "-a", "-s", "-i", "-u", "node=~a|b"],
        &["alert", "query", "--silenced"],
        &["alert", "query", "--inhibited"],
        &["alert", "query", "--unprocessed"],
        &["alert", "query", "--receiver=def.*"],
        &["alert", "query", "--receiver=other"],
        &["alert", "query", "--receiver=("],
        &["alert", "query", "Down", "x"],
        &["alert", "add"],
        &["alert", "add", "Down", "--generator-url=:::"],
        &["silence"],
        &["silence", "query", "-o", "extended"],
        &["silence", "query", "--expired"],
        &["silence", "query", "--within=150m"],
        &["silence", "query", "Full"],
        &["silence", "add", "--comment=c", "x="],
        &["silence", "update", "11111111-1111-1111-1111-111111111111"],
        &["silence", "update", "x"],
        &["cluster", "show", "-o", "extended"],
        &["config", "routes", "show"],
        &["config", "routes", "test", "team=a", "severity=page", "x=y"],
        &["config", "routes", "test", "--tree", "team=b", "env=prod"],
        &["config", "routes", "test", "--verify.receivers=c", "team=b"],
        &["silence", "expire", "x"],
        &["silence", "import", "none.json"],
    ];
    for words in cases {
        let (of_theirs, of_ours) = (theirs.theirs(words), ours.theirs(words));
        assert_eq!(of_ours.code, of_theirs.code, "{words:?}: {} {}", of_ours.err, of_theirs.err);
        let (out, expected) = (masked(&of_ours.out), masked(&of_theirs.out));
        assert_eq!(sorted(&out), sorted(&expected), "{words:?}: {}", of_ours.err);
    }
    // Fingerprints, receivers and states as JSON; 0.25 does not read what newer servers say.
    let json = |server: &Alertmanager| {
        let out = server.theirs(&["alert", "query", "-a", "-s", "-o", "json"]).out;
        let mut alerts: Value = serde_json::from_str(&masked(&out)).unwrap();
        for alert in alerts.as_array_mut().unwrap() {
            let silenced = alert["status"]["silencedBy"].as_array().unwrap().len();
            alert["status"]["silencedBy"] = silenced.into();
        }
        alerts
    };
    assert_eq!(json(&ours), json(&theirs));
    let shown = ours.theirs(&["config", "show"]);
    assert_eq!((shown.code, shown.err.as_str()), (0, ""));
    assert!(shown.out.contains("receiver: team a"), "{}", shown.out);
    // What 0.25 does not know is only in the JSON.
    super::ask_everything(&ours, &["simple", "extended"]);
}

#[test]
fn amtool_changes_silences() {
    let Some(peer) = Alertmanager::ours_with(CONFIG) else { return skip(SUITE, MISSING) };
    let good = |words: &[&str]| {
        let said = peer.theirs(words);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{words:?}");
        said.out
    };
    let id = good(&["silence", "add", "Down", "--comment=c", "--author=ann", "-d", "2h"]);
    let id = id.trim();
    assert!(good(&["silence", "update", id, "-d", "4h", "--comment=longer"]).contains("longer"));
    assert_eq!(peer.silence(id)["comment"], "longer");
    let words = ["silence", "update", id, "--start=2098-01-01T00:00:00Z"];
    let replaced = good(&[&words[..], &["--end=2099-01-01T00:00:00Z"]].concat());
    assert!(!replaced.contains(id), "{replaced}");
    assert_eq!(peer.silence(id)["status"]["state"], "expired");
    let ids = good(&["silence", "query", "-q"]);
    good(&["silence", "expire", ids.trim()]);
    assert_eq!(good(&["silence", "query", "-q"]), "");
    let expired = good(&["silence", "query", "--expired", "-q"]);
    assert_eq!(expired.lines().count(), 2);
    // Upstream since 0.27: what has ended cannot be ended again.
    let again = peer.theirs(&["silence", "expire", id]);
    assert!(again.code == 1 && again.err.contains("already expired"), "{}", again.err);
    let unknown = peer.theirs(&["silence", "expire", "11111111-1111-1111-1111-111111111111"]);
    assert!(unknown.code == 1 && unknown.err.contains("404"), "{}", unknown.err);
}

/// Upstream: `TestAddAlert`.
#[test]
fn an_added_alert_reaches_its_webhook() {
    let site = Site::start(|_| (200, String::new()));
    let config = format!(
        "route: {{receiver: default, group_by: [alertname], group_wait: 1s}}\n\
         receivers: [{{name: default, webhook_configs: [{{url: 'http://{}/'}}]}}]\n",
        site.address()
    );
    let Some(peer) = Alertmanager::ours_with(&config) else { return skip(SUITE, MISSING) };
    assert_eq!(peer.theirs(&["alert", "add", "test1", "--annotation=summary=two words"]).code, 0);
    let asked = wait_for("a call", || site.asked().into_iter().next());
    let body: Value = serde_json::from_slice(&asked.body).unwrap();
    assert_eq!(body["alerts"][0]["labels"]["alertname"], "test1");
    assert_eq!(body["alerts"][0]["annotations"]["summary"], "two words");
    // 0.25 reads the address of a webhook in the configuration that it is shown.
    for words in [&["config", "routes", "show"][..], &["config", "routes", "test", "a=b"]] {
        // What a route groups by only later versions show.
        let said = peer.theirs(words);
        assert_eq!(said.code, 0, "{}", said.err);
    }
    let shown = peer.theirs(&["config", "show"]).out;
    assert!(shown.contains("http://<secret>") && !shown.contains(&site.address().to_string()));
}

/// Upstream: `TestQueryAlert`, `TestQuerySilence`.
#[test]
fn first_words_are_names_of_alerts() {
    let Some(peer) = Alertmanager::ours_with(CONFIG) else { return skip(SUITE, MISSING) };
    for name in ["test1", "alertname=\"alertname=test2\"", "{alertname=test3}"] {
        assert_eq!(peer.ours(&["alert", "add", name, "severity=info"]).code, 0, "{name}");
        let silence = ["silence", "add", name, "severity=warn", "--comment=c", "--author=ann"];
        assert_eq!(peer.ours(&silence).code, 0, "{name}");
    }
    assert_eq!(both(&peer, &["alert"]).out.lines().count(), 4);
    let one = |words: &[&str]| {
        let out = peer.ours(words).out;
        assert_eq!(out.lines().count(), 2, "{words:?}: {out}");
        out.lines().nth(1).unwrap().to_owned()
    };
    assert!(one(&["alert", "query", "test1"]).starts_with("test1 "));
    assert!(one(&["alert", "query", "{alertname=test3}"]).starts_with("{alertname=test3} "));
    let silence = one(&["silence", "query", "{alertname=test3}"]);
    assert!(silence.contains(r#"alertname="{alertname=test3}" severity="warn""#), "{silence}");
    assert!(one(&["silence", "query", "test1"]).contains(r#"alertname="test1" severity="warn""#));
}

/// Upstream: `TestRoutesShow`, `TestRoutesTest`.
#[test]
fn routes_of_a_running_server() {
    let Some(peer) = Alertmanager::ours_with(ROUTES) else { return skip(SUITE, MISSING) };
    both(&peer, &["config", "routes", "show"]);
    both(&peer, &["config", "routes", "test"]);
    both(&peer, &["config", "routes", "test", "{foo=bar}"]);
}

/// Upstream: `TestSilenceImport` and its three failures.
#[test]
fn silences_come_back_from_a_file() {
    let Some(peer) = Alertmanager::ours_with(CONFIG) else { return skip(SUITE, MISSING) };
    for name in ["test1", "test2"] {
        let words = ["silence", "add", name, "--comment=c", "--author=ann"];
        assert_eq!(peer.theirs(&words).code, 0);
    }
    let file = |name: &str, text: &str| fs::write(peer.folder().join(name), text).unwrap();
    file("kept.json", &peer.theirs(&["silence", "query", "-o", "json"]).out);
    let ids = peer.theirs(&["silence", "query", "-q"]).out;
    let ids: Vec<&str> = ids.lines().collect();
    assert_eq!(peer.theirs(&[&["silence", "expire"], &ids[..]].concat()).code, 0);
    assert_eq!(both(&peer, &["silence", "query", "--expired", "-q"]).out.lines().count(), 2);
    let imported = peer.theirs(&["silence", "import", "kept.json"]);
    assert_eq!((imported.code, imported.err.as_str()), (0, ""));
    assert_eq!(peer.ours(&["silence", "query", "-q"]).out.lines().count(), 2);

    file("broken.json", r#"[{"broken": "json""#);
    let broken = both(&peer, &["silence", "import", "broken.json"]);
    assert!(broken.code == 1 && broken.err.contains("couldn't unmarshal"), "{}", broken.err);
    let silence = |name: &str, start: &str, end: &str| {
        format!(
            r#"{{"matchers":[{{"name":"alertname","value":"{name}","isRegex":false}}],
            "startsAt":"{start}","endsAt":"{end}","createdBy":"test","comment":"c"}}"#
        )
    };
    let (now, future) = ("2026-01-01T00:00:00Z", "2099-01-01T00:00:00Z");
    let zero = "0001-01-01T00:00:00.000Z";
    file("zero.json", &format!("[{}]", silence("test", zero, zero)));
    let refused = peer.ours(&["silence", "import", "zero.json"]);
    assert!(refused.err.ends_with("couldn't import 1 out of 1 silences\n"), "{}", refused.err);
    let mixed = [
        silence("test1", now, future),
        silence("test2", future, now),
        silence("test3", now, future),
        silence("test4", future, now),
        silence("test5", now, future),
    ];
    file("mixed.json", &format!("[{}]", mixed.join(",")));
    let refused = peer.ours(&["silence", "import", "mixed.json"]);
    assert_eq!((refused.code, refused.out.lines().count()), (1, 3));
    assert!(refused.err.ends_with("couldn't import 2 out of 5 silences\n"), "{}", refused.err);
}

#[test]
fn silences_and_alerts_survive_kill_9() {
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    server.write("flyball.yml", "default_rules: false\n");
    server.run();
    let post = |server: &Server, path: &str, body: &str| {
        let header = ["Content-Type: application/json"];
        let reply = http::post(server.address(), path, &header, body.as_bytes()).unwrap();
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.text()
    };
    let alerts = r#"[{"labels":{"alertname":"Down"},"endsAt":"2099-01-01T00:00:00Z"}]"#;
    post(&server, "/api/v2/alerts", alerts);
    let silence = r#"{"matchers":[{"name":"alertname","value":"Down","isRegex":false}],
        "startsAt":"2026-01-01T00:00:00Z","endsAt":"2099-01-01T00:00:00Z","createdBy":"a","comment":"c"}"#;
    let made = post(&server, "/api/v2/silences", silence);
    let id = made.trim_start_matches("{\"silenceID\":\"").trim_end_matches("\"}").to_owned();
    let shown = |server: &Server| -> Value {
        serde_json::from_slice(&server.get("/api/v2/alerts").body).unwrap()
    };
    let before = shown(&server);
    assert_eq!(before[0]["status"]["silencedBy"][0], id.as_str());
    server.kill();
    server.run();
    let after = shown(&server);
    assert_eq!(after[0]["status"], before[0]["status"]);
    assert_eq!(after[0]["startsAt"], before[0]["startsAt"]);
    assert_eq!(after[0]["receivers"][0]["name"], "log");
}

/// Debian's Prometheus with one alert, sending to this server below a prefix.
#[test]
fn prometheus_sends_alerts_here() {
    let Some(program) = find_program("prometheus") else {
        return skip("Prometheus as a sender", "prometheus is not installed");
    };
    let mut server = Server::prepare(&["--config.file=flyball.yml", "--web.route-prefix=/am"]);
    server.write("flyball.yml", "default_rules: false\n");
    server.launch();
    let address = wait_for("flyball to listen", || {
        let address =
            server.log().lines().find(|line| line.contains("msg=listening")).map(|line| {
                let url = line.split("url=http://").nth(1).unwrap_or_default();
                url.split('/').next().unwrap_or_default().to_owned()
            })?;
        let address: std::net::SocketAddr = address.parse().ok()?;
        http::get(address, "/am/-/ready").ok().filter(|r| r.status == 200).map(|_ready| address)
    });
    let rules = "groups: [{name: g, interval: 1s, rules: [{alert: Burning, expr: vector(2), \
        labels: {severity: page}, annotations: {text: 'is {{ $value }}'}}]}]\n";
    server.write("rules.yml", rules);
    let config = server.write(
        "prometheus.yml",
        &format!(
            "global: {{evaluation_interval: 1s}}\nrule_files: [rules.yml]\nalerting: {{alertmanagers: \
             [{{path_prefix: /am, static_configs: [{{targets: ['{address}']}}]}}]}}\n"
        ),
    );
    let mut command = Command::new(program);
    command.arg(format!("--config.file={}", config.display()));
    command.arg(format!("--storage.tsdb.path={}", server.folder.path().join("prom").display()));
    command.arg(format!("--web.listen-address=127.0.0.1:{}", free_port()));
    // What fires before discovery has found us is dropped there and sent again after this.
    command.arg("--rules.alert.resend-delay=1s");
    let _prometheus = Peer::start(&mut command, &server.folder.path().join("prom.log")).unwrap();
    let alert = wait_for("the alert", || {
        let reply = http::get(address, "/am/api/v2/alerts?filter=severity=page").unwrap();
        let alerts: Vec<Value> = serde_json::from_slice(&reply.body).unwrap();
        alerts.into_iter().next()
    });
    assert_eq!(alert["labels"]["alertname"], "Burning");
    assert_eq!(alert["annotations"]["text"], "is 2");
    assert_eq!(alert["status"]["state"], "active");
    assert!(alert["generatorURL"].as_str().unwrap().contains("/graph?g0.expr="), "{alert}");
    let reply = http::get(address, "/am/api/v1/alertmanagers").unwrap();
    assert!(reply.text().contains("/am/api/v2/alerts"), "{}", reply.text());
}
