//! Push notifications and text messages: Pushover, Amazon SNS, ntfy.

use super::{built_in, no_secret};
use crate::{HttpClientConfig, SecretSource};
use std::collections::BTreeMap;
use std::time::Duration;

/// A notification by Pushover.
#[derive(Clone, Debug, PartialEq)]
pub struct PushoverConfig {
    /// Key of the user or group; a template when it is written in place.
    pub user_key: SecretSource,
    /// Token of the application; a template when it is written in place.
    pub token: SecretSource,
    /// Title.
    pub title: String,
    /// Text.
    pub message: String,
    /// Link below the text.
    pub url: String,
    /// Label of the link.
    pub url_title: String,
    /// Device; empty: all.
    pub device: String,
    /// Sound; empty: the user's.
    pub sound: String,
    /// -2 to 2; 2 repeats until somebody acknowledges.
    pub priority: String,
    /// Time between repetitions of priority 2; at least 30 seconds there. 1 minute by default.
    pub retry: Duration,
    /// When repetitions of priority 2 end; 1 hour by default.
    pub expire: Duration,
    /// When the message disappears from devices; zero: never.
    pub ttl: Duration,
    /// How the text is marked up.
    pub format: PushoverFormat,
    /// How requests are made.
    pub http: HttpClientConfig,
}

impl Default for PushoverConfig {
    fn default() -> Self {
        Self {
            user_key: no_secret(),
            token: no_secret(),
            title: built_in("pushover.default.title"),
            message: built_in("pushover.default.message"),
            url: built_in("pushover.default.url"),
            url_title: String::new(),
            device: String::new(),
            sound: String::new(),
            priority: r#"{{ if eq .Status "firing" }}2{{ else }}0{{ end }}"#.to_owned(),
            retry: Duration::from_mins(1),
            expire: Duration::from_hours(1),
            ttl: Duration::ZERO,
            format: PushoverFormat::default(),
            http: HttpClientConfig::default(),
        }
    }
}

/// How a text for Pushover is marked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum PushoverFormat {
    /// Not at all.
    #[default]
    Plain,
    /// As HTML; values in the template are escaped.
    Html,
    /// In a monospace font.
    Monospace,
}

/// A message by the Simple Notification Service of Amazon.
#[derive(Clone, Debug, PartialEq)]
pub struct SnsConfig {
    /// The API; empty: that of the region.
    pub api_url: String,
    /// How requests are signed.
    pub sigv4: SigV4Config,
    /// Who gets the message.
    pub target: SnsTarget,
    /// Subject, for mail.
    pub subject: String,
    /// Text.
    pub message: String,
    /// Attributes of the message.
    pub attributes: BTreeMap<String, String>,
    /// How requests are made.
    pub http: HttpClientConfig,
}

impl Default for SnsConfig {
    fn default() -> Self {
        Self {
            api_url: String::new(),
            sigv4: SigV4Config::default(),
            target: SnsTarget::Topic(String::new()),
            subject: built_in("sns.default.subject"),
            message: built_in("sns.default.message"),
            attributes: BTreeMap::new(),
            http: HttpClientConfig::default(),
        }
    }
}

/// Who gets a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SnsTarget {
    /// Subscribers of a topic (`topic_arn`).
    Topic(String),
    /// A device (`target_arn`).
    Target(String),
    /// A telephone (`phone_number`).
    PhoneNumber(String),
}

/// AWS Signature Version 4. None of it is a template.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SigV4Config {
    /// Region; empty: from the environment.
    pub region: String,
    /// Access key; set exactly when `secret_key` is, else both come from the environment.
    pub access_key: String,
    /// Secret key.
    pub secret_key: Option<SecretSource>,
    /// Profile in the shared credentials file.
    pub profile: String,
    /// Role to assume.
    pub role_arn: String,
    /// External identifier for assuming the role.
    pub external_id: String,
    /// Use the endpoint of the token service that complies with FIPS.
    pub use_fips_sts_endpoint: bool,
    /// Service to sign for; empty: `sns`.
    pub service_name: String,
}

/// A notification by ntfy, on ntfy.sh or a server of one's own.
#[derive(Clone, Debug, PartialEq)]
pub struct NtfyConfig {
    /// The server, `https://ntfy.sh` by default. Not a template.
    pub url: String,
    /// Topic; whoever knows its name can read it on an open server.
    pub topic: String,
    /// Title.
    pub title: String,
    /// Text.
    pub message: String,
    /// `1` to `5`, or `min`, `low`, `default`, `high`, `max`; empty: the server's.
    pub priority: String,
    /// Tags; those that name an emoji are shown as one. Each may render to several, by commas.
    pub tags: Vec<String>,
    /// Where a click leads; empty: nowhere.
    pub click: String,
    /// Picture beside the text; empty: none.
    pub icon: String,
    /// The text is Markdown.
    pub markdown: bool,
    /// Longest time of a call; absent: the group's.
    pub timeout: Option<Duration>,
    /// How requests are made; an access token is its `Authorization`.
    pub http: HttpClientConfig,
}

impl Default for NtfyConfig {
    fn default() -> Self {
        Self {
            url: "https://ntfy.sh".to_owned(),
            topic: String::new(),
            title: built_in("ntfy.default.title"),
            message: built_in("ntfy.default.message"),
            priority: r#"{{ if eq .Status "firing" }}high{{ else }}default{{ end }}"#.to_owned(),
            tags: vec![
                r#"{{ if eq .Status "firing" }}rotating_light{{ else }}white_check_mark{{ end }}"#
                    .to_owned(),
            ],
            click: String::new(),
            icon: String::new(),
            markdown: false,
            timeout: None,
            http: HttpClientConfig::default(),
        }
    }
}
