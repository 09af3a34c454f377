//! What integrations authenticate with, for checks that look at every file a receiver names.

use super::{IntegrationKind, PagerDutyKey};
use crate::{HttpClientConfig, SecretSource};

impl IntegrationKind {
    /// How requests are made; a mail makes none.
    pub fn http(&self) -> Option<&HttpClientConfig> {
        Some(match self {
            Self::Email(_) => return None,
            Self::Webhook(config) => &config.http,
            Self::PagerDuty(config) => &config.http,
            Self::OpsGenie(config) => &config.http,
            Self::Wechat(config) => &config.http,
            Self::Slack(config) => &config.http,
            Self::VictorOps(config) => &config.http,
            Self::Pushover(config) => &config.http,
            Self::Sns(config) => &config.http,
            Self::Telegram(config) => &config.http,
            Self::Discord(config) => &config.http,
            Self::Webex(config) => &config.http,
            Self::MsTeams(config) => &config.http,
            Self::MsTeamsV2(config) => &config.http,
            Self::Jira(config) => &config.http,
            Self::Rocketchat(config) => &config.http,
            Self::Mattermost(config) => &config.http,
            Self::Incidentio(config) => &config.http,
            Self::Ntfy(config) => &config.http,
            Self::GoogleChat(config) => &config.http,
        })
    }

    /// Secrets besides those of [`Self::http`], each with the key that names its file.
    pub fn secrets(&self) -> Vec<(&'static str, &SecretSource)> {
        match self {
            Self::Webhook(config) => vec![("url_file", &config.url)],
            Self::Email(config) => {
                let password = config.auth_password.iter().map(|s| ("auth_password_file", s));
                password.chain(config.auth_secret.iter().map(|s| ("auth_secret_file", s))).collect()
            }
            Self::PagerDuty(config) => match &config.key {
                PagerDutyKey::Routing(key) => vec![("routing_key_file", key)],
                PagerDutyKey::Service(key) => vec![("service_key_file", key)],
            },
            Self::OpsGenie(config) => vec![("api_key_file", &config.api_key)],
            Self::Wechat(config) => vec![("api_secret_file", &config.api_secret)],
            Self::Slack(config) => vec![("api_url_file", &config.api_url)],
            Self::VictorOps(config) => vec![("api_key_file", &config.api_key)],
            Self::Pushover(config) => {
                vec![("user_key_file", &config.user_key), ("token_file", &config.token)]
            }
            Self::Telegram(config) => vec![("bot_token_file", &config.bot_token)],
            Self::Discord(config) => vec![("webhook_url_file", &config.webhook_url)],
            Self::MsTeams(config) => vec![("webhook_url_file", &config.webhook_url)],
            Self::MsTeamsV2(config) => vec![("webhook_url_file", &config.webhook_url)],
            Self::Rocketchat(config) => {
                vec![("token_id_file", &config.token_id), ("token_file", &config.token)]
            }
            Self::Mattermost(config) => vec![("webhook_url_file", &config.webhook_url)],
            Self::GoogleChat(config) => vec![("webhook_url_file", &config.webhook_url)],
            Self::Sns(_) | Self::Webex(_) | Self::Jira(_) | Self::Incidentio(_) | Self::Ntfy(_) => {
                Vec::new()
            }
        }
    }
}
