//! alertmanager.yml with every key that there is: what comes out, and that no secret does.

use config::{AlertmanagerFile, IntegrationKind, alertmanager};
use expect_test::{expect, expect_file};
use std::fmt::Write;

fn everything() -> config::Loaded<AlertmanagerFile> {
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/config_alertmanager/everything");
    let text = std::fs::read_to_string(path).unwrap();
    alertmanager::load("/etc/am/am.yml", &text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn inv_70_no_secret_of_a_receiver_is_shown() {
    let loaded = everything();
    let shown = format!("{:?}", loaded.config);
    for text in [&loaded.redacted, &shown, &format!("{:?}", loaded.warnings)] {
        assert!(!text.contains("hunter2"), "{text}");
    }
    let again = alertmanager::load("/etc/am/am.yml", &loaded.redacted).unwrap();
    assert_eq!(again.redacted, loaded.redacted);
}

#[test]
fn warnings_say_what_has_no_effect() {
    let warnings: Vec<String> = everything().warnings.iter().map(ToString::to_string).collect();
    expect![[r#"
        /etc/am/am.yml:34:1: `tracing` is not acted on yet: Flyball's own traces are not exported
        /etc/am/am.yml:35:1: `event_recorder` is not acted on: events are not written elsewhere; Flyball keeps its own
        /etc/am/am.yml:41:74: matcher "unquoted=a b": read in the classic way, since names and values are not quoted; better write `unquoted="a b"`
        /etc/am/am.yml:118:106: `use_aws_http_client` is not acted on: requests are made by Flyball's own client
        /etc/am/am.yml:119:47: `profile` is not acted on: a server does not start with it; keys come from `access_key` and `secret_key`
        /etc/am/am.yml:119:59: `role_arn` is not acted on: a server does not start with it; keys come from `access_key` and `secret_key`"#]].assert_eq(&warnings.join("\n"));
}

#[test]
fn integrations_come_in_upstreams_order_with_their_position_in_their_kind() {
    let loaded = everything();
    let integrations = &loaded.config.receivers[0].integrations;
    let line: Vec<String> = integrations
        .iter()
        .map(|one| {
            format!("{}/{}{}", one.kind.name(), one.index, if one.send_resolved { "" } else { "-" })
        })
        .collect();
    expect!["webhook/0 webhook/1- email/0- email/1- pagerduty/0 pagerduty/1 opsgenie/0 opsgenie/1 wechat/0- wechat/1- slack/0- slack/1- slack/2- victorops/0 pushover/0 pushover/1 sns/0 sns/1 telegram/0 telegram/1 discord/0 discord/1 webex/0 msteams/0 msteamsv2/0 jira/0 jira/1 rocketchat/0- mattermost/0 incidentio/0 incidentio/1 ntfy/0 ntfy/1 googlechat/0"].assert_eq(&line.join(" "));
}

/// The fields of one integration, one on a line; nested values stay on theirs.
fn draw(kind: &IntegrationKind) -> String {
    let text = format!("{kind:#?}");
    let mut out = String::new();
    let mut depth = 0_usize;
    for line in text.lines() {
        let line = line.trim();
        let closes = line.starts_with(['}', ']', ')']);
        depth -= usize::from(closes);
        if depth <= 2 && !closes {
            out.push('\n');
        } else {
            out.push(' ');
        }
        out.push_str(line);
        depth += usize::from(line.ends_with(['{', '[', '(']));
    }
    out.trim().to_owned()
}

const GLOBAL: &str = "\
global:
  smtp_smarthost: 'mail:25'
  smtp_from: from
  slack_api_url: http://slack
  opsgenie_api_key: k
  wechat_api_secret: k
  wechat_api_corp_id: c
  victorops_api_key: k
  telegram_bot_token: k
  rocketchat_token: k
  rocketchat_token_id: k
  mattermost_webhook_url: http://mattermost
  jira_api_url: http://jira
route: {receiver: a}
receivers:
- name: a
  ";

const SMALLEST: [&str; 20] = [
    "webhook_configs: [{url: http://h}]",
    "email_configs: [{to: t}]",
    "pagerduty_configs: [{routing_key: k}]",
    "opsgenie_configs: [{}]",
    "wechat_configs: [{}]",
    "slack_configs: [{}]",
    "victorops_configs: [{routing_key: r}]",
    "pushover_configs: [{user_key: u, token: t}]",
    "sns_configs: [{topic_arn: t}]",
    "telegram_configs: [{chat_id: 1}]",
    "discord_configs: [{webhook_url: http://h}]",
    "webex_configs: [{room_id: r, http_config: {authorization: {credentials: c}}}]",
    "msteams_configs: [{webhook_url: http://h}]",
    "msteamsv2_configs: [{webhook_url: http://h}]",
    "jira_configs: [{project: P, issue_type: T}]",
    "rocketchat_configs: [{}]",
    "mattermost_configs: [{}]",
    "incidentio_configs: [{url: http://h, alert_source_token: t}]",
    "ntfy_configs: [{topic: t}]",
    "googlechat_configs: [{webhook_url: http://h}]",
];

#[test]
fn defaults_of_every_kind_are_upstreams() {
    let mut out = String::new();
    for receiver in SMALLEST {
        let loaded = alertmanager::load("am.yml", &format!("{GLOBAL}{receiver}\n"));
        let loaded = loaded.unwrap_or_else(|error| panic!("{error}"));
        writeln!(out, "{receiver}").unwrap();
        for integration in &loaded.config.receivers[0].integrations {
            let text = draw(&integration.kind);
            // The HTTP client has tests of its own.
            let lines = text.lines().skip(2).filter(|line| !line.starts_with("http: "));
            lines.for_each(|line| writeln!(out, "  {line}").unwrap());
        }
    }
    expect_file!["data/alertmanager_defaults.txt"].assert_eq(&out);
}

#[test]
fn intervals_inhibition_and_routes_are_read() {
    let config = everything().config;
    let mut out = String::new();
    for (name, intervals) in &config.time_intervals {
        writeln!(out, "{name}: {intervals:?}").unwrap();
    }
    for rule in &config.inhibit_rules {
        let source = |source: &config::InhibitSource| {
            let matchers: Vec<String> = source.matchers.iter().map(ToString::to_string).collect();
            format!("{{{}}} equal {:?}", matchers.join(","), source.equal)
        };
        let sources: Vec<String> = rule.sources.iter().map(source).collect();
        let target: Vec<String> = rule.target.iter().map(ToString::to_string).collect();
        writeln!(out, "{:?}: {} mutes {{{}}}", rule.name, sources.join(" and "), target.join(","))
            .unwrap();
    }
    let child = &config.route.routes[0];
    let matchers: Vec<String> = child.matchers.iter().map(ToString::to_string).collect();
    writeln!(out, "{} {:?} {:?}", matchers.join(","), child.labels, child.routes[0].labels)
        .unwrap();
    writeln!(out, "{:?} {:?}", child.mute_time_intervals, child.active_time_intervals).unwrap();
    writeln!(out, "{:?}", config.templates).unwrap();
    expect![[r#"
        nights: [TimeInterval { times: [0..360, 1350..1440], weekdays: [], days_of_month: [], months: [], years: [], location: Some(TimeZone(TZif("Europe/Berlin"))) }]
        old: [TimeInterval { times: [], weekdays: [], days_of_month: [], months: [1..=3, 12..=12], years: [], location: None }]
        weekdays: [TimeInterval { times: [], weekdays: [1..=5], days_of_month: [1..=5, -3..=-1], months: [], years: [2026..=2030, 2035..=2035], location: None }]
        Some("old"): {severity="critical"} equal ["alertname"] mutes {severity=~"^(?:warning|info)$"}
        None: {severity="critical"} equal ["cluster"] mutes {severity=~"warning|info"}
        None: {a="1"} equal ["x"] and {b="2"} equal [] mutes {c="3"}
        "früh stück"!="x",severity="page",team=~"db|web",unquoted="a b" {"owner": "{{ .GroupLabels.team }}", "tier": "silver"} {"owner": "{{ .GroupLabels.team }}", "tier": "silver"}
        ["nights"] ["weekdays", "old"]
        ["/etc/am/templates/*.tmpl", "/etc/flyball/one.tmpl"]
    "#]].assert_eq(&out);
}
