//! Receivers of alertmanager.yml: one plain struct per kind, with every default filled in and the
//! global settings merged in, so that `notify` needs nothing else. Semantics: Alertmanager 0.34.
//! Texts are Go templates unless a field says otherwise; secrets are sources, never texts.

mod chat;
mod incident;
mod mail;
mod mattermost;
mod push;
mod rocketchat;
mod secrets;
mod slack;
mod webhook;

use std::collections::BTreeMap;

pub use chat::{
    DiscordConfig, GoogleChatConfig, MsTeamsConfig, MsTeamsV2Config, TelegramConfig,
    TelegramParseMode, WebexConfig, WechatConfig, WechatMessageType,
};
pub use incident::{
    IncidentioConfig, JiraApiType, JiraConfig, JiraField, JiraLabels, OpsGenieConfig,
    OpsGenieResponder, PagerDutyConfig, PagerDutyImage, PagerDutyKey, PagerDutyLink,
    VictorOpsConfig,
};
pub use mail::{EmailConfig, EmailThreading, HostPort};
pub use mattermost::{MattermostAttachment, MattermostConfig, MattermostField, MattermostPriority};
pub use push::{NtfyConfig, PushoverConfig, PushoverFormat, SigV4Config, SnsConfig, SnsTarget};
pub use rocketchat::{RocketchatAction, RocketchatConfig, RocketchatField};
pub use slack::{SlackAction, SlackConfig, SlackConfirmation, SlackField};
pub use webhook::WebhookConfig;

/// A named set of ways to notify.
#[derive(Clone, Debug, PartialEq)]
pub struct Receiver {
    /// Name, not empty.
    pub name: String,
    /// Labels of the receiver itself (0.33), which the API shows and filters by.
    pub labels: BTreeMap<String, String>,
    /// Ways to notify, in the order in which Alertmanager builds them: by kind, then by file.
    pub integrations: Vec<Integration>,
}

/// One way to notify.
#[derive(Clone, Debug, PartialEq)]
pub struct Integration {
    /// Also notify when alerts end.
    pub send_resolved: bool,
    /// Position among the integrations of its kind in the receiver, from 0.
    pub index: usize,
    /// What to call and how.
    pub kind: IntegrationKind,
}

/// What to call and how.
#[derive(Clone, Debug, PartialEq)]
pub enum IntegrationKind {
    /// `webhook_configs`
    Webhook(Box<WebhookConfig>),
    /// `email_configs`
    Email(Box<EmailConfig>),
    /// `pagerduty_configs`
    PagerDuty(Box<PagerDutyConfig>),
    /// `opsgenie_configs`
    OpsGenie(Box<OpsGenieConfig>),
    /// `wechat_configs`
    Wechat(Box<WechatConfig>),
    /// `slack_configs`
    Slack(Box<SlackConfig>),
    /// `victorops_configs`
    VictorOps(Box<VictorOpsConfig>),
    /// `pushover_configs`
    Pushover(Box<PushoverConfig>),
    /// `sns_configs`
    Sns(Box<SnsConfig>),
    /// `telegram_configs`
    Telegram(Box<TelegramConfig>),
    /// `discord_configs`
    Discord(Box<DiscordConfig>),
    /// `webex_configs`
    Webex(Box<WebexConfig>),
    /// `msteams_configs`
    MsTeams(Box<MsTeamsConfig>),
    /// `msteamsv2_configs`
    MsTeamsV2(Box<MsTeamsV2Config>),
    /// `jira_configs`
    Jira(Box<JiraConfig>),
    /// `rocketchat_configs`
    Rocketchat(Box<RocketchatConfig>),
    /// `mattermost_configs`
    Mattermost(Box<MattermostConfig>),
    /// `incidentio_configs`
    Incidentio(Box<IncidentioConfig>),
    /// `ntfy_configs`, an addition to Alertmanager's kinds
    Ntfy(Box<NtfyConfig>),
    /// `googlechat_configs`, an addition to Alertmanager's kinds
    GoogleChat(Box<GoogleChatConfig>),
}

impl IntegrationKind {
    /// Name of the kind as Alertmanager's metrics and logs have it: `webhook`, `slack`, ...
    pub fn name(&self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook",
            Self::Email(_) => "email",
            Self::PagerDuty(_) => "pagerduty",
            Self::OpsGenie(_) => "opsgenie",
            Self::Wechat(_) => "wechat",
            Self::Slack(_) => "slack",
            Self::VictorOps(_) => "victorops",
            Self::Pushover(_) => "pushover",
            Self::Sns(_) => "sns",
            Self::Telegram(_) => "telegram",
            Self::Discord(_) => "discord",
            Self::Webex(_) => "webex",
            Self::MsTeams(_) => "msteams",
            Self::MsTeamsV2(_) => "msteamsv2",
            Self::Jira(_) => "jira",
            Self::Rocketchat(_) => "rocketchat",
            Self::Mattermost(_) => "mattermost",
            Self::Incidentio(_) => "incidentio",
            Self::Ntfy(_) => "ntfy",
            Self::GoogleChat(_) => "googlechat",
        }
    }
}

/// A template that calls a built-in one: `{{ template "slack.default.title" . }}`.
fn built_in(name: &str) -> String {
    format!("{{{{ template \"{name}\" . }}}}")
}

/// Stands in for a secret that the file must name.
fn no_secret() -> crate::SecretSource {
    crate::SecretSource::Inline(crate::Secret::default())
}
