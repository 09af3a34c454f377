//! Templates that fail: what is told instead, and what is found before anything happens.

use super::*;
use crate::{Integration, Redaction, TemplateProblem};
use config::{EmailConfig, SlackConfig, WebhookConfig};
use expect_test::expect;
use std::collections::BTreeSet;

fn integration(kind: IntegrationKind, templates: Templates) -> Integration {
    let config = config::Integration { send_resolved: true, index: 0, kind };
    Integration::new(&config, None, &Arc::new(around(templates)))
}

fn rehearsed(kind: IntegrationKind) -> Vec<TemplateProblem> {
    let config = config::Integration { send_resolved: true, index: 0, kind };
    crate::rehearse(&config, &Templates::default())
}

fn slack(site: &Site, text: &str, channel: &str) -> IntegrationKind {
    IntegrationKind::Slack(Box::new(SlackConfig {
        api_url: secret(url(site, "/")),
        text: text.into(),
        channel: channel.into(),
        ..SlackConfig::default()
    }))
}

#[tokio::test]
async fn a_plain_text_stands_in_for_a_text_whose_template_fails() {
    let site = ok();
    let kind = slack(&site, "{{ index .Alerts 7 }}", "#ops");
    let told = integration(kind, Templates::default());
    told.deliver(&firing(), Duration::from_secs(10)).await.unwrap();
    let body: serde_json::Value = serde_json::from_slice(&site.asked()[0].body).unwrap();
    expect![[r#"
        [FIRING:1] HostDown
        The template of `text` failed: template: :1:3: executing "" at <index .Alerts 7>: error calling index: index out of range: 7
        firing {alertname="HostDown", instance="web-1", severity="critical"}
        resolved {alertname="HostDown", instance="web-2", severity="critical"}"#]].assert_eq(body["attachments"][0]["text"].as_str().unwrap());
}

#[tokio::test]
async fn nothing_is_sent_to_an_address_whose_template_fails() {
    let site = ok();
    let kind = slack(&site, "text", "#{{ index .Alerts 7 }}");
    let told = integration(kind, Templates::default());
    let error = told.deliver(&firing(), Duration::from_secs(10)).await.unwrap_err();
    assert!(error.to_string().contains("`channel`") && !error.is_retryable(), "{error}");
    assert!(site.asked().is_empty());
}

#[test]
fn the_rehearsal_finds_mistakes_and_doubts() {
    let site = ok();
    let problems = |text: &str| {
        let kind = slack(&site, text, "#ops");
        let found = rehearsed(kind);
        let shown = found.iter().map(|p| format!("{} {} {}", p.is_mistake, p.field, p.message));
        shown.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(problems("{{ .Status }}"), "");
    expect![[r#"true text template: :1: function "nope" not defined"#]]
        .assert_eq(&problems("{{ nope }}"));
    expect![[r#"true text template: :1:12: executing "" at <{{template "nope" .}}>: template "nope" not defined"#]].assert_eq(&problems(r#"{{ template "nope" . }}"#));
    expect![[r#"false text template: :1:3: executing "" at <index .Alerts 1>: error calling index: reflect: slice index out of range"#]].assert_eq(&problems("{{ index .Alerts 1 }}"));
    let sns = IntegrationKind::Sns(Box::default());
    expect![[r#"
        [
            TemplateProblem {
                field: "",
                message: "SNS needs `region`, `access_key` and `secret_key` in `sigv4`: the environment is not asked",
                is_mistake: true,
            },
        ]
    "#]].assert_debug_eq(&rehearsed(sns));
    assert!(site.asked().is_empty());
}

#[test]
fn default_configurations_pass_the_rehearsal() {
    let email = EmailConfig {
        headers: vec![("Subject".into(), "{{ template \"email.default.subject\" . }}".into())],
        ..EmailConfig::default()
    };
    let kinds = [
        IntegrationKind::Email(Box::new(email)),
        IntegrationKind::Webhook(Box::default()),
        IntegrationKind::PagerDuty(Box::default()),
        IntegrationKind::Wechat(Box::default()),
        IntegrationKind::Slack(Box::default()),
        IntegrationKind::VictorOps(Box::default()),
        IntegrationKind::Pushover(Box::default()),
        IntegrationKind::Telegram(Box::default()),
        IntegrationKind::Discord(Box::default()),
        IntegrationKind::Webex(Box::default()),
        IntegrationKind::MsTeams(Box::default()),
        IntegrationKind::MsTeamsV2(Box::default()),
        IntegrationKind::Jira(Box::default()),
        IntegrationKind::Rocketchat(Box::default()),
        IntegrationKind::Mattermost(Box::default()),
        IntegrationKind::Incidentio(Box::default()),
        IntegrationKind::GoogleChat(Box::default()),
    ];
    for kind in kinds {
        let name = kind.name();
        assert_eq!(rehearsed(kind), [], "{name}");
    }
}

#[tokio::test]
async fn what_is_redacted_reaches_nobody() {
    let site = ok();
    let config = WebhookConfig { url: secret(url(&site, "/")), ..WebhookConfig::default() };
    let kind = IntegrationKind::Webhook(Box::new(config));
    let redaction = Redaction {
        allow: Some(BTreeSet::from(["severity".to_owned()])),
        mask: BTreeSet::from(["summary".to_owned()]),
        hash: BTreeSet::from(["instance".to_owned()]),
        hash_key: Some(secret("key")),
    };
    let config = config::Integration { send_resolved: true, index: 0, kind };
    let around = Arc::new(around(Templates::default()));
    let told = Integration::new(&config, Some(redaction), &around);
    told.deliver(&firing(), Duration::from_secs(10)).await.unwrap();
    let body = String::from_utf8(site.asked()[0].body.clone()).unwrap();
    for hidden in ["web-1", "down>", "prometheus", "\"team\""] {
        assert!(!body.contains(hidden), "{hidden} in {body}");
    }
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    expect![[r#"
        {
          "annotations": {
            "summary": "***"
          },
          "endsAt": "0001-01-01T00:00:00Z",
          "fingerprint": "2202e17138d1a099",
          "generatorURL": "",
          "labels": {
            "alertname": "HostDown",
            "instance": "97970f4307003f78",
            "severity": "critical"
          },
          "startsAt": "2026-11-22T00:56:40.5Z",
          "status": "firing"
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&body["alerts"][0]).unwrap());
}
