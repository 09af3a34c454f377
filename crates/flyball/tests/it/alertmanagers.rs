//! Alerts on their way to external Alertmanagers: Debian's one as the receiver, and a site that
//! counts.

use crate::server::{Server, run};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use testkit::http::{self, Site};
use testkit::{Peer, find_program, free_port, skip, wait_for};

const SUITE: &str = "external Alertmanagers";
const RULES: &str = "groups:\n- name: g\n  interval: 1s\n  rules:\n\
    \x20 - {alert: Burning, expr: vector(2), labels: {severity: page, replica: a}, \
    annotations: {text: 'is {{ $value }}'}}\n\
    \x20 - {alert: Quiet, expr: vector(1), labels: {severity: none}}\n";

/// Debian's Alertmanager below the prefix `/am`.
struct Alertmanager {
    _peer: Peer,
    address: SocketAddr,
}

impl Alertmanager {
    fn start(program: &Path, folder: &Path) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let file = folder.join("am.yml");
        std::fs::write(&file, "route: {receiver: r}\nreceivers: [{name: r}]\n").unwrap();
        let mut command = Command::new(program);
        command.arg(format!("--config.file={}", file.display()));
        command.arg(format!("--storage.path={}", folder.join("data").display()));
        command.arg(format!("--web.listen-address={address}"));
        command.args(["--cluster.listen-address=", "--web.route-prefix=/am"]);
        let peer = Peer::start(&mut command, &folder.join("am.log")).unwrap();
        let manager = Self { _peer: peer, address };
        wait_for("Alertmanager to be ready", || {
            let reply = http::get(address, "/am/-/ready").ok()?;
            (reply.status == 200).then_some(())
        });
        manager
    }

    fn alerts(&self) -> Vec<Value> {
        let reply = http::get(self.address, "/am/api/v2/alerts").unwrap();
        serde_json::from_slice(&reply.body).unwrap()
    }
}

fn prometheus_yml(address: &str) -> String {
    format!(
        "global: {{evaluation_interval: 1s, external_labels: {{dc: north}}}}\nrule_files: [rules.yml]\n\
         alerting:\n  alert_relabel_configs: [{{action: labeldrop, regex: replica}}]\n  alertmanagers:\n\
         \x20 - path_prefix: /am\n    static_configs: [{{targets: ['{address}']}}, {{targets: ['no:1']}}]\n\
         \x20   relabel_configs: [{{source_labels: [__address__], regex: 'no:1', action: drop}}]\n\
         \x20   alert_relabel_configs: [{{source_labels: [severity], regex: none, action: drop}}]\n"
    )
}

#[test]
fn debians_alertmanager_takes_our_alerts() {
    let Some(program) = find_program("prometheus-alertmanager") else {
        return skip(SUITE, "prometheus-alertmanager is not installed");
    };
    let folder = tempfile::tempdir().unwrap();
    let manager = Alertmanager::start(&program, folder.path());
    let mut server = Server::prepare(&["--config.file=prometheus.yml"]);
    server.write("rules.yml", RULES);
    server.write("prometheus.yml", &prometheus_yml(&manager.address.to_string()));
    server.run();
    let alerts = wait_for("an alert", || Some(manager.alerts()).filter(|all| !all.is_empty()));
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    let labels = r#"{"alertname":"Burning","dc":"north","severity":"page"}"#;
    assert_eq!(alerts[0]["labels"].to_string(), labels);
    assert_eq!(alerts[0]["annotations"].to_string(), r#"{"text":"is 2"}"#);
    assert_eq!(alerts[0]["status"]["state"], "active");
    let link = alerts[0]["generatorURL"].as_str().unwrap();
    assert!(link.ends_with("/graph?g0.expr=vector%282%29&g0.tab=1"), "{link}");

    let url = format!("http://{}/am/api/v2/alerts", manager.address);
    let listed: Value = serde_json::from_slice(&server.get("/api/v1/alertmanagers").body).unwrap();
    assert_eq!(listed["data"]["activeAlertmanagers"], serde_json::json!([{"url": url}]));
    let dropped = serde_json::json!([{"url": "http://no:1/am/api/v2/alerts"}]);
    assert_eq!(listed["data"]["droppedAlertmanagers"], dropped);
    let metrics = server.get("/metrics").text();
    for wanted in [
        "flyball_notifications_alertmanagers_discovered 1".to_owned(),
        "flyball_notifications_queue_capacity 10000".to_owned(),
        format!("flyball_notifications_sent_total{{alertmanager=\"{url}\"}} 1"),
        format!("flyball_notifications_dropped_total{{alertmanager=\"{url}\"}} 0"),
        format!("flyball_notifications_latency_seconds_count{{alertmanager=\"{url}\"}} 1"),
    ] {
        assert!(metrics.lines().any(|line| line == wanted), "{wanted} in\n{metrics}");
    }
    assert!(!server.log().contains("alert fires"), "routing inside stands back");
    let flag = format!("--alertmanager.url=http://{}", server.address());
    let (_, why, _) = run(&server.data_dir(), &["alert", "why", "Burning", &flag]);
    assert!(why.contains("external Alertmanagers: handed to them; they tell people"), "{why}");

    // What does not hold any more ends there at once.
    server.write("rules.yml", &RULES.replace("vector(2)", "vector(2) > 2"));
    server.signal("HUP");
    wait_for("the end of the alert", || manager.alerts().is_empty().then_some(()));
}

#[test]
fn a_receiver_of_its_own_is_told_too() {
    let (manager, hook) =
        (Site::start(|_| (200, String::new())), Site::start(|_| (200, String::new())));
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    server.write("rules.yml", RULES);
    server.write("prometheus.yml", &prometheus_yml(&manager.address().to_string()));
    server.write(
        "alertmanager.yml",
        &format!(
            "route: {{receiver: r, group_wait: 0s}}\nreceivers:\n- name: r\n  webhook_configs:\n\
             \x20 - url: http://{}/hook\n",
            hook.address()
        ),
    );
    server.write(
        "flyball.yml",
        "prometheus: prometheus.yml\nalertmanager: alertmanager.yml\ndefault_rules: false\n",
    );
    server.run();
    wait_for("both to be told", || {
        (!manager.asked().is_empty() && !hook.asked().is_empty()).then_some(())
    });
}

#[test]
fn waiting_alerts_are_sent_before_the_end() {
    let manager = Site::start(|_| {
        // As slow as the last batch: the next alerts wait meanwhile.
        std::thread::sleep(std::time::Duration::from_millis(300));
        (200, String::new())
    });
    let mut server = Server::prepare(&[
        "--config.file=prometheus.yml",
        "--alertmanager.notification-batch-size=1",
        "--rules.alert.resend-delay=1h",
    ]);
    let rules: String =
        ["A", "B", "C", "D"].map(|n| format!("\x20 - {{alert: {n}, expr: vector(1)}}\n")).concat();
    server.write("rules.yml", &format!("groups:\n- name: g\n  interval: 1s\n  rules:\n{rules}"));
    server.write("prometheus.yml", &prometheus_yml(&manager.address().to_string()));
    server.run();
    wait_for("the first batch", || (!manager.asked().is_empty()).then_some(()));
    assert!(server.terminate().success());
    assert_eq!(manager.asked().len(), 4, "one request per alert");
}
