//! Receivers in trouble: what is tried again, when, and what errors never show.

use super::*;
use crate::FailureReason;
use alerts::Delivery;
use config::{
    DiscordConfig, IncidentioConfig, MattermostConfig, MsTeamsConfig, MsTeamsV2Config, NtfyConfig,
    OpsGenieConfig, PagerDutyConfig, PagerDutyKey, RocketchatConfig, SlackConfig, TelegramConfig,
    TextSource, VictorOpsConfig, WebexConfig, WebhookConfig,
};

const KEY: &str = "T0PS3CRET";

/// A default configuration with some changes.
fn config<T: Default, B: From<T>>(change: impl FnOnce(&mut T)) -> B {
    let mut config = T::default();
    change(&mut config);
    config.into()
}

/// Receivers that make one request, with a secret each.
fn kinds(site: &Site) -> Vec<IntegrationKind> {
    let hook = || secret(url(site, &format!("/{KEY}")));
    let base = || url(site, "/");
    vec![
        IntegrationKind::Webhook(config(|c: &mut WebhookConfig| c.url = hook())),
        IntegrationKind::Slack(config(|c: &mut SlackConfig| c.api_url = hook())),
        IntegrationKind::Discord(config(|c: &mut DiscordConfig| c.webhook_url = hook())),
        IntegrationKind::MsTeams(config(|c: &mut MsTeamsConfig| c.webhook_url = hook())),
        IntegrationKind::MsTeamsV2(config(|c: &mut MsTeamsV2Config| c.webhook_url = hook())),
        IntegrationKind::Mattermost(config(|c: &mut MattermostConfig| c.webhook_url = hook())),
        IntegrationKind::Webex(config(|c: &mut WebexConfig| c.api_url = base())),
        IntegrationKind::Incidentio(config(|c: &mut IncidentioConfig| {
            c.url = TextSource::Inline(base());
        })),
        IntegrationKind::Ntfy(config(|c: &mut NtfyConfig| {
            (c.url, c.topic) = (base(), "t".into());
        })),
        IntegrationKind::Rocketchat(config(|c: &mut RocketchatConfig| {
            (c.api_url, c.token, c.token_id) = (base(), secret(KEY), secret("u"));
        })),
        IntegrationKind::OpsGenie(config(|c: &mut OpsGenieConfig| {
            (c.api_url, c.api_key) = (base(), secret(KEY));
        })),
        IntegrationKind::VictorOps(config(|c: &mut VictorOpsConfig| {
            (c.api_url, c.api_key, c.routing_key) = (base(), secret(KEY), "r".into());
        })),
        IntegrationKind::PagerDuty(config(|c: &mut PagerDutyConfig| {
            (c.url, c.key) = (base(), PagerDutyKey::Routing(secret(KEY)));
        })),
        IntegrationKind::Telegram(config(|c: &mut TelegramConfig| {
            (c.api_url, c.bot_token) = (base(), secret(KEY));
            c.chat_id = TextSource::Inline("1".into());
        })),
    ]
}

async fn failures(answer: Scripted) -> Vec<(&'static str, DeliveryError)> {
    let site = site(answer);
    let around = around(Templates::default());
    let mut failures = Vec::new();
    for kind in kinds(&site) {
        let receive = build(&kind, &around);
        let error = tell(receive.as_ref(), &around, &firing()).await.unwrap_err();
        assert!(!error.to_string().contains(KEY), "{error}");
        failures.push((kind.name(), error));
    }
    failures
}

#[tokio::test]
async fn servers_in_trouble_are_tried_again() {
    for (name, error) in failures((503, "busy".to_owned()).into()).await {
        assert_eq!(error.delivery(), Delivery::Retry { after: None }, "{name}: {error}");
        assert_eq!(error.reason(), FailureReason::Server, "{name}");
    }
}

#[tokio::test]
async fn rate_limits_are_respected() {
    let headers = vec!["Retry-After: 17".to_owned()];
    let limited = Scripted { status: 429, headers, ..Scripted::default() };
    for (name, error) in failures(limited).await {
        let after = match name {
            // Tells the time in its body.
            "telegram" => None,
            _ => Some(Duration::from_secs(17)),
        };
        assert_eq!(error.delivery(), Delivery::Retry { after }, "{name}: {error}");
        assert_eq!(error.reason(), FailureReason::RateLimited, "{name}");
    }
}

#[tokio::test]
async fn telegram_says_in_its_body_when_to_try_again() {
    let mut limited = Scripted::json(
        r#"{"ok":false,"description":"Too Many Requests","parameters":{"retry_after":9}}"#,
    );
    limited.status = 429;
    let failures = failures(limited).await;
    let (_, error) = failures.iter().find(|(name, _)| *name == "telegram").unwrap();
    assert_eq!(error.delivery(), Delivery::Retry { after: Some(Duration::from_secs(9)) });
}

#[tokio::test]
async fn refusals_are_final_but_for_telegram() {
    for (name, error) in failures((400, "no".to_owned()).into()).await {
        assert_eq!(error.is_retryable(), name == "telegram", "{name}: {error}");
        assert_eq!(error.reason(), FailureReason::Client, "{name}");
    }
}

#[tokio::test]
async fn errors_within_good_answers_are_found() {
    let site = site(Scripted::json(r#"{"ok": false, "success": false, "error": "no_channel"}"#));
    let around = around(Templates::default());
    for kind in kinds(&site) {
        let is_judged = matches!(kind.name(), "slack" | "rocketchat" | "telegram");
        let receive = build(&kind, &around);
        let told = tell(receive.as_ref(), &around, &firing()).await;
        assert_eq!(told.is_err(), is_judged, "{}: {told:?}", kind.name());
    }
}

#[tokio::test]
async fn nobody_listening_is_tried_again_and_shows_no_secret() {
    let gone = ok();
    let kinds = kinds(&gone);
    let refusing = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let around = around(Templates::default());
    for kind in kinds.into_iter().filter(|kind| kind.name() == "webhook") {
        let IntegrationKind::Webhook(mut config) = kind else { continue };
        config.url = secret(format!("http://user:{KEY}@{refusing}/{KEY}?k={KEY}"));
        let receive = build(&IntegrationKind::Webhook(config), &around);
        let error = tell(receive.as_ref(), &around, &firing()).await.unwrap_err();
        assert!(error.is_retryable() && !error.to_string().contains(KEY), "{error}");
    }
}

#[tokio::test]
async fn slow_receivers_are_given_up_in_time() {
    let mut slow = Scripted::from((200, "ok".to_owned()));
    slow.latency = Duration::from_secs(2);
    let site = site(slow);
    let around = around(Templates::default());
    let config = WebhookConfig {
        url: secret(url(&site, "/")),
        timeout: Some(Duration::from_millis(100)),
        ..WebhookConfig::default()
    };
    let receive = build(&IntegrationKind::Webhook(Box::new(config)), &around);
    let error = tell(receive.as_ref(), &around, &firing()).await.unwrap_err();
    assert_eq!(error.reason(), FailureReason::Timeout, "{error}");
}

#[tokio::test]
async fn secrets_are_read_from_their_files_each_time() {
    let site = ok();
    let around = around(Templates::default());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("url");
    let source = SecretSource::File(path.to_str().unwrap().to_owned());
    let config = WebhookConfig { url: source, ..WebhookConfig::default() };
    let receive = build(&IntegrationKind::Webhook(Box::new(config)), &around);
    let error = tell(receive.as_ref(), &around, &firing()).await.unwrap_err();
    assert!(!error.is_retryable() && error.to_string().contains("url"), "{error}");
    std::fs::write(&path, format!("{}\n", url(&site, "/first"))).unwrap();
    tell(receive.as_ref(), &around, &firing()).await.unwrap();
    std::fs::write(&path, url(&site, "/second")).unwrap();
    tell(receive.as_ref(), &around, &firing()).await.unwrap();
    let targets: Vec<String> = site.asked().into_iter().map(|asked| asked.target).collect();
    assert_eq!(targets, ["POST /first", "POST /second"]);
}
