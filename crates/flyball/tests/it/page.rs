//! From a failing scrape target to a page, and later to its end.

use crate::sender::now_ms;
use crate::server::Server;
use serde_json::Value;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use testkit::http::Site;
use testkit::{Peer, wait_for};

#[test]
fn a_failing_target_pages_a_webhook_and_later_resolves() {
    let target = Site::start(|_| (200, "orders_total 1\n".to_owned()));
    let sink = Site::start(|_| (200, String::new()));
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    server.write("flyball.yml", FLYBALL);
    server.write("prometheus.yml", &PROMETHEUS.replace("TARGET", &target.address().to_string()));
    server.write("rules.yml", RULES);
    server.write("alertmanager.yml", &ALERTMANAGER.replace("SINK", &sink.address().to_string()));
    server.run();
    server.wait_for_query("up{job=\"shop\"} == 1", |found| found.len() == 1);

    target.answer_with(|_| (500, "broken".to_owned()));
    let page =
        wait_for("the page", || messages(&sink).into_iter().find(|m| m["status"] == "firing"));
    assert_eq!(page["version"], "4");
    assert_eq!(page["receiver"], "ops");
    assert_eq!(page["alerts"][0]["labels"]["alertname"], "ShopDown");
    assert_eq!(page["alerts"][0]["labels"]["severity"], "critical");
    assert_eq!(page["alerts"][0]["annotations"]["summary"], "the shop is down");
    server.wait_for_query("ALERTS{alertstate=\"firing\",alertname=\"ShopDown\"}", |f| f.len() == 1);

    target.answer_with(|_| (200, "orders_total 2\n".to_owned()));
    let resolve = |m: &Value| m["status"] == "resolved";
    let end = wait_for("the resolve", || messages(&sink).into_iter().find(resolve));
    assert_eq!(end["alerts"][0]["status"], "resolved");
    assert_eq!(end["groupKey"], page["groupKey"]);
    let pages = messages(&sink).iter().filter(|m| m["status"] == "firing").count();
    assert_eq!(pages, 1, "nobody is paged twice for one alert");
}

#[test]
fn a_kill_between_page_and_end_loses_neither_for_webhook_and_mailbox() {
    let Some(mailbox) = Mailbox::start() else { return };
    let target = Site::start(|_| (500, "broken".to_owned()));
    let sink = Site::start(|_| (200, String::new()));
    // Nothing but the files that Prometheus and Alertmanager read, in one command.
    let mut server = Server::prepare(&[
        "--config.file=prometheus.yml",
        "--alertmanager.config.file=alertmanager.yml",
    ]);
    server.write("prometheus.yml", &PROMETHEUS.replace("TARGET", &target.address().to_string()));
    server.write("rules.yml", RULES);
    let email = "  email_configs: [{to: ops@example.org, send_resolved: true}]\n".to_owned();
    let smtp = format!(
        "global: {{smtp_smarthost: '127.0.0.1:{}', smtp_from: flyball@example.org, smtp_require_tls: false}}\n",
        mailbox.port
    );
    let file = ALERTMANAGER.replace("SINK", &sink.address().to_string());
    server.write("alertmanager.yml", &[smtp, file, email].concat());
    server.run();

    let told = |status: &str| messages(&sink).iter().filter(|m| m["status"] == status).count();
    wait_for("the page", || (told("firing") == 1).then_some(()));
    wait_for("the mail", || (mailbox.subjects().len() == 1).then_some(()));
    server.kill();
    server.run();
    // An alert that is missing right after a start stays for a minute: let it be seen once.
    let since_s = now_ms() / 1000 + 1;
    let seen = format!("timestamp(ALERTS{{alertstate=\"firing\"}}) > {since_s}");
    server.wait_for_query(&seen, |found| found.len() == 1);
    target.answer_with(|_| (200, "orders_total 2\n".to_owned()));
    wait_for("the end", || (told("resolved") == 1).then_some(()));
    wait_for("the mail of the end", || (mailbox.subjects().len() == 2).then_some(()));
    let mut subjects = mailbox.subjects();
    subjects.sort();
    assert_eq!(
        subjects,
        ["[FIRING:1]  (ShopDown SINK shop critical)", "[RESOLVED]  (ShopDown SINK shop critical)"]
            .map(|s| s.replace("SINK", &target.address().to_string()))
    );
    assert_eq!(told("firing"), 1, "nobody is paged twice for one alert");
}

/// A real SMTP server (Debian's aiosmtpd) that keeps mails in a maildir.
struct Mailbox {
    _peer: Peer,
    folder: TempDir,
    port: u16,
}

impl Mailbox {
    fn start() -> Option<Self> {
        let python = Path::new("/usr/bin/python3");
        let asked = Command::new(python).args(["-c", "import aiosmtpd"]).output();
        if !asked.is_ok_and(|output| output.status.success()) {
            testkit::skip("mailbox", "python3 has no aiosmtpd");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let port = testkit::free_port();
        let mut command = Command::new(python);
        command.args(["-m", "aiosmtpd", "-n", "-l", &format!("127.0.0.1:{port}")]);
        command.args(["-c", "aiosmtpd.handlers.Mailbox"]).arg(folder.path().join("mails"));
        let peer = Peer::start(&mut command, &folder.path().join("output")).unwrap();
        let listens = || TcpStream::connect(("127.0.0.1", port)).ok();
        wait_for("the mail server", listens);
        Some(Self { _peer: peer, folder, port })
    }

    fn subjects(&self) -> Vec<String> {
        let mails = std::fs::read_dir(self.folder.path().join("mails/new"));
        let texts =
            mails.into_iter().flatten().map(|mail| std::fs::read_to_string(mail.unwrap().path()));
        let subject = |text: String| {
            let line =
                text.lines().find_map(|line| line.strip_prefix("Subject: ").map(str::to_owned));
            line.unwrap_or_default()
        };
        texts.map(|text| subject(text.unwrap())).collect()
    }
}

fn messages(sink: &Site) -> Vec<Value> {
    sink.asked().iter().map(|asked| serde_json::from_slice(&asked.body).unwrap()).collect()
}

#[test]
fn a_page_reaches_chats_by_templates_and_tells_no_more_than_allowed() {
    let sink = Site::start(|_| (200, "ok".to_owned()));
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    server.write("flyball.yml", &format!("{FLYBALL}{REDACT}"));
    server.write("prometheus.yml", &PROMETHEUS.replace("TARGET", "127.0.0.1:9"));
    server.write("rules.yml", RULES);
    server.write("shop.tmpl", r#"{{ define "shop" }}{{ .CommonAnnotations.summary }}!{{ end }}"#);
    server.write("alertmanager.yml", &CHATS.replace("SINK", &sink.address().to_string()));
    server.run();
    let asked = |path: &str| {
        let target = format!("POST {path}");
        let body = wait_for(&target, || sink.asked().into_iter().find(|a| a.target == target)).body;
        serde_json::from_slice::<Value>(&body).unwrap()
    };
    let slack = asked("/slack");
    assert_eq!(slack["attachments"][0]["text"], "the shop is down!");
    assert_eq!(
        slack["attachments"][0]["title"],
        "[FIRING:1]  (ShopDown 127.0.0.1:9 shop critical)"
    );
    let ntfy = asked("/ntfy");
    assert_eq!(ntfy["topic"], "shop");
    let hook = asked("/hook");
    let labels = &hook["alerts"][0]["labels"];
    assert_eq!(labels.to_string(), r#"{"alertname":"ShopDown","severity":"***"}"#);
    let metrics = server.get("/metrics").text();
    let counted = r#"flyball_notifications_total{integration="slack"} 1"#;
    assert!(metrics.contains(counted), "{metrics}");
}

const REDACT: &str = "\
notify:
  redact:
    outside: {allow: [alertname], mask: [severity]}
";

const CHATS: &str = "\
global: {slack_api_url: 'http://SINK/slack'}
templates: ['*.tmpl']
route:
  receiver: ops
  group_wait: 100ms
  group_interval: 500ms
  repeat_interval: 1h
  routes:
  - {receiver: outside, continue: true}
  - {receiver: ops}
receivers:
- name: ops
  slack_configs:
  - {channel: '#ops', text: '{{ template \"shop\" . }}'}
  ntfy_configs:
  - {url: 'http://SINK/ntfy', topic: '{{ .CommonLabels.job }}'}
- name: outside
  webhook_configs:
  - {url: 'http://SINK/hook'}
";

const FLYBALL: &str = "\
version: 1
prometheus: prometheus.yml
alertmanager: alertmanager.yml
collect: {host: {enabled: false}}
";

const PROMETHEUS: &str = "\
global: {scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 300ms}
rule_files: [rules.yml]
scrape_configs:
- job_name: shop
  static_configs:
  - targets: ['TARGET']
";

const RULES: &str = "\
groups:
- name: shop
  rules:
  - alert: ShopDown
    expr: up{job=\"shop\"} == 0
    for: 500ms
    labels: {severity: critical}
    annotations: {summary: the shop is down}
";

const ALERTMANAGER: &str = "\
route: {receiver: ops, group_wait: 100ms, group_interval: 500ms, repeat_interval: 1h}
receivers:
- name: ops
  webhook_configs:
  - url: http://SINK/hook
";
