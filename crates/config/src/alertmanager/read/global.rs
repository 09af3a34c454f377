//! Section `global`: what receivers take when they have nothing of their own.

use super::receivers::fields;
use crate::alertmanager::receivers::{HostPort, SlackConfig};
use crate::http;
use crate::read::Section;
use crate::{HttpClientConfig, REDACTED, SecretSource, TlsConfig};
use std::time::Duration;

pub(super) const DEFAULT_RESOLVE_TIMEOUT: Duration = Duration::from_mins(5);

/// Section `global` with its defaults.
pub(super) struct Global {
    pub(super) resolve_timeout: Duration,
    pub(super) http: HttpClientConfig,
    pub(super) smtp: Smtp,
    pub(super) urls: ApiUrls,
    pub(super) secrets: Secrets,
    pub(super) wechat_corp_id: Option<String>,
}

/// Keys `smtp_*`.
pub(super) struct Smtp {
    pub(super) from: Option<String>,
    pub(super) hello: String,
    pub(super) smarthost: Option<HostPort>,
    pub(super) auth_username: String,
    pub(super) auth_password: Option<SecretSource>,
    pub(super) auth_secret: Option<SecretSource>,
    pub(super) auth_identity: String,
    pub(super) require_tls: bool,
    pub(super) force_implicit_tls: Option<bool>,
    pub(super) tls: TlsConfig,
}

/// Addresses of APIs; a null in the file takes the default away.
pub(super) struct ApiUrls {
    pub(super) slack_app: Option<String>,
    pub(super) pagerduty: Option<String>,
    pub(super) opsgenie: Option<String>,
    pub(super) wechat: Option<String>,
    pub(super) victorops: Option<String>,
    pub(super) telegram: Option<String>,
    pub(super) webex: Option<String>,
    pub(super) rocketchat: Option<String>,
    pub(super) jira: Option<String>,
}

/// Secrets that receivers share.
#[derive(Default)]
pub(super) struct Secrets {
    pub(super) slack_api_url: Option<SecretSource>,
    pub(super) slack_app_token: Option<SecretSource>,
    pub(super) opsgenie_api_key: Option<SecretSource>,
    pub(super) wechat_api_secret: Option<SecretSource>,
    pub(super) victorops_api_key: Option<SecretSource>,
    pub(super) telegram_bot_token: Option<SecretSource>,
    pub(super) rocketchat_token: Option<SecretSource>,
    pub(super) rocketchat_token_id: Option<SecretSource>,
    pub(super) mattermost_webhook_url: Option<SecretSource>,
}

impl Default for Global {
    fn default() -> Self {
        Self {
            resolve_timeout: DEFAULT_RESOLVE_TIMEOUT,
            http: HttpClientConfig::default(),
            smtp: Smtp::default(),
            urls: ApiUrls::default(),
            secrets: Secrets::default(),
            wechat_corp_id: None,
        }
    }
}

impl Default for Smtp {
    fn default() -> Self {
        Self {
            from: None,
            hello: "localhost".to_owned(),
            smarthost: None,
            auth_username: String::new(),
            auth_password: None,
            auth_secret: None,
            auth_identity: String::new(),
            require_tls: true,
            force_implicit_tls: None,
            tls: TlsConfig::default(),
        }
    }
}

impl Default for ApiUrls {
    fn default() -> Self {
        let url = |text: &str| Some(text.to_owned());
        Self {
            slack_app: url(SlackConfig::POST_MESSAGE_URL),
            pagerduty: url("https://events.pagerduty.com/v2/enqueue"),
            opsgenie: url("https://api.opsgenie.com/"),
            wechat: url("https://qyapi.weixin.qq.com/cgi-bin/"),
            victorops: url("https://alert.victorops.com/integrations/generic/20131114/alert/"),
            telegram: url("https://api.telegram.org"),
            webex: url("https://webexapis.com/v1/messages"),
            rocketchat: url("https://open.rocket.chat/"),
            jira: None,
        }
    }
}

impl Global {
    pub(super) fn read(section: Section<'_>) -> Self {
        let default = Self::default();
        let global = Self {
            resolve_timeout: section.duration("resolve_timeout").unwrap_or(default.resolve_timeout),
            http: section.section("http_config", "http").map_or(default.http, http::client),
            smtp: smtp(&section),
            urls: api_urls(&section),
            secrets: secrets(&section),
            wechat_corp_id: section.filled("wechat_api_corp_id"),
        };
        section.finish();
        global
    }
}

fn smtp(section: &Section<'_>) -> Smtp {
    let default = Smtp::default();
    Smtp {
        from: section.filled("smtp_from"),
        hello: section.text("smtp_hello").unwrap_or(default.hello),
        smarthost: fields::host_port(section, "smtp_smarthost"),
        auth_username: section.text("smtp_auth_username").unwrap_or_default(),
        auth_password: section.secret_or_file("smtp_auth_password", "smtp_auth_password_file"),
        auth_secret: section.secret_or_file("smtp_auth_secret", "smtp_auth_secret_file"),
        auth_identity: section.text("smtp_auth_identity").unwrap_or_default(),
        require_tls: section.flag("smtp_require_tls").unwrap_or(default.require_tls),
        force_implicit_tls: fields::own_flag(section, "smtp_force_implicit_tls"),
        tls: section
            .section("smtp_tls_config", "http.tls_config")
            .map(http::tls)
            .unwrap_or_default(),
    }
}

fn api_urls(section: &Section<'_>) -> ApiUrls {
    let default = ApiUrls::default();
    let url = |key: &'static str, default: Option<String>| match section.get(key) {
        Some(_) => fields::url(section, key),
        None => default,
    };
    ApiUrls {
        slack_app: url("slack_app_url", default.slack_app),
        pagerduty: url("pagerduty_url", default.pagerduty),
        opsgenie: url("opsgenie_api_url", default.opsgenie),
        wechat: url("wechat_api_url", default.wechat),
        victorops: url("victorops_api_url", default.victorops),
        telegram: url("telegram_api_url", default.telegram),
        webex: url("webex_api_url", default.webex),
        rocketchat: url("rocketchat_api_url", default.rocketchat),
        jira: url("jira_api_url", default.jira),
    }
}

fn secrets(section: &Section<'_>) -> Secrets {
    let secret = |key, file_key| section.secret_or_file(key, file_key);
    let secrets = Secrets {
        slack_api_url: fields::secret_url(section, "slack_api_url", "slack_api_url_file"),
        slack_app_token: secret("slack_app_token", "slack_app_token_file"),
        opsgenie_api_key: secret("opsgenie_api_key", "opsgenie_api_key_file"),
        wechat_api_secret: secret("wechat_api_secret", "wechat_api_secret_file"),
        victorops_api_key: secret("victorops_api_key", "victorops_api_key_file"),
        telegram_bot_token: secret("telegram_bot_token", "telegram_bot_token_file"),
        rocketchat_token: secret("rocketchat_token", "rocketchat_token_file"),
        rocketchat_token_id: secret("rocketchat_token_id", "rocketchat_token_id_file"),
        mattermost_webhook_url: fields::secret_url(
            section,
            "mattermost_webhook_url",
            "mattermost_webhook_url_file",
        ),
    };
    // The API of bots as `slack_api_url` is how files did it before there was `slack_app_token`.
    let is_bots_api = |source: &SecretSource| match source {
        SecretSource::Inline(url) => {
            url.reveal() == REDACTED || Some(url.reveal()) == api_urls(section).slack_app.as_deref()
        }
        SecretSource::File(_) => false,
    };
    let other = secrets.slack_api_url.as_ref().is_some_and(|source| !is_bots_api(source));
    if secrets.slack_app_token.is_some() && other {
        let key =
            if section.has("slack_app_token") { "slack_app_token" } else { "slack_app_token_file" };
        let message = "at most one of `slack_app_token` and `slack_api_url` may be set, inline or \
                       as a file";
        section.problem(key, message);
    }
    secrets
}
