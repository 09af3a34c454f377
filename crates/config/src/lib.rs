//! All configuration files: strict loading, places of errors, defaults.
//! Every loader takes a path and a text and returns types in use, warnings and a redacted form;
//! the shell reads the files. Pure: no clock, no files, no network.

pub mod alertmanager;
pub mod amtool;
pub mod blackbox;
pub mod flyball;
#[doc(hidden)]
pub mod fuzzing;
mod hint;
mod http;
pub mod mappings;
mod outside;
mod problem;
pub mod prometheus;
mod read;
pub mod rule_tests;
pub mod rules;
mod secret;
mod targets;
mod urls;
mod value;
pub mod web;
mod yaml;

pub use alertmanager::receivers::{
    DiscordConfig, EmailConfig, EmailThreading, GoogleChatConfig, HostPort, IncidentioConfig,
    Integration, IntegrationKind, JiraApiType, JiraConfig, JiraField, JiraLabels,
    MattermostAttachment, MattermostConfig, MattermostField, MattermostPriority, MsTeamsConfig,
    MsTeamsV2Config, NtfyConfig, OpsGenieConfig, OpsGenieResponder, PagerDutyConfig,
    PagerDutyImage, PagerDutyKey, PagerDutyLink, PushoverConfig, PushoverFormat, Receiver,
    RocketchatAction, RocketchatConfig, RocketchatField, SigV4Config, SlackAction, SlackConfig,
    SlackConfirmation, SlackField, SnsConfig, SnsTarget, TelegramConfig, TelegramParseMode,
    VictorOpsConfig, WebexConfig, WebhookConfig, WechatConfig, WechatMessageType,
};
pub use alertmanager::{
    AlertmanagerFile, GroupBy, InhibitRule, InhibitSource, MatcherMode, MatcherNote, NotedMatchers,
    Route, TimeInterval,
};
pub use blackbox::{BlackboxConfig, ProbeModule, Prober};
pub use flyball::{
    AccessLog, ConfigFile, ContainersSettings, Dsn, Durability, FlyballConfig, HERE, HealthCheck,
    HealthComponent, HealthCriticality, HealthSettings, HostSettings, InstanceSettings, KeyGroup,
    LineListen, LogFormat, LogLevel, LogSettings, NginxInstance, POSTGRES_COLLECTORS, PostgresDsn,
    PostgresInstance, ProbeLocation, ProbeStep, QuerySettings, REDIS_COLLECTORS, ReceiveSettings,
    Redact, RedisInstance, RulePack, RulePacks, ScheduledProbe, SeriesLimits, ServiceAddress,
    ServiceSettings, SslMode, StorageSettings, WebSettings, json_schema, load_any,
};
pub use http::{
    HeaderValue, HttpAuth, HttpClientConfig, HttpHeader, OAuth2Config, ProxyConfig, TextSource,
    TlsConfig, TlsVersion, load_http_client,
};
pub use mappings::{MappedKind, MappingConfig, MappingRule, NamePattern, Observer};
pub use model::units::{format_duration, parse_duration, parse_go_duration, parse_size};
pub use outside::Outside;
pub use problem::{Error, ErrorKind, Loaded, PROBLEMS_MAX, Place, Problem, Warning, text_of};
pub use prometheus::{
    AlertingConfig, AlertmanagerConfig, ConsulSdConfig, DiscoveryConfig, DnsRecordType,
    DnsSdConfig, DockerSdConfig, EscapingScheme, FileSdConfig, GlobalConfig, HistogramOptions,
    HttpSdConfig, KubernetesMetadata, KubernetesRole, KubernetesSdConfig, KubernetesSelector,
    MetadataConfig, OtlpConfig, OtlpTranslation, PrometheusConfig, QueueConfig, RemoteSdConfig,
    RemoteWriteConfig, RemoteWriteMessage, RulePlaces, ScrapeConfig, ScrapeLimits, ScrapeProtocol,
    StorageConfig,
};
pub use read::{Outlook, UnknownKeys, UnsupportedKey};
pub use rules::{PlacedText, RuleDefinition, RuleFile, RuleGroup, RuleKind};
pub use secret::{REDACTED, REDACTED_URL, Secret, SecretSource};
pub use targets::{TargetGroup, load_target_groups};
pub use value::yaml_value;
pub use web::{CipherSuite, ClientAuth, Curve, RateLimit, TlsServerConfig, WebConfig};
