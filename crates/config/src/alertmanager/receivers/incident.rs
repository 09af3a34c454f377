//! Services that keep incidents open until they are told of the end.

use super::{built_in, no_secret};
use crate::{HttpClientConfig, SecretSource, TextSource};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// An event for `PagerDuty`.
#[derive(Clone, Debug, PartialEq)]
pub struct PagerDutyConfig {
    /// Key of the integration, which also selects the version of the API.
    pub key: PagerDutyKey,
    /// The API of version 2; version 1 has a fixed address. Not a template.
    pub url: String,
    /// Name of the client.
    pub client: String,
    /// Link back to the client.
    pub client_url: String,
    /// What happened.
    pub description: String,
    /// Further details: every text in them is a template. `firing`, `resolved`, `num_firing` and
    /// `num_resolved` are always there.
    pub details: Map<String, Value>,
    /// Pictures.
    pub images: Vec<PagerDutyImage>,
    /// Links.
    pub links: Vec<PagerDutyLink>,
    /// What is affected; the client's name when the file has none.
    pub source: String,
    /// Severity; empty: `error`.
    pub severity: String,
    /// Class of the event.
    pub class: String,
    /// Component that is affected.
    pub component: String,
    /// Group of components.
    pub group: String,
    /// Longest time of a call; absent: the group's.
    pub timeout: Option<Duration>,
    /// How requests are made.
    pub http: HttpClientConfig,
}

impl Default for PagerDutyConfig {
    fn default() -> Self {
        // Alertmanager's own spelling, without a blank before the last brace.
        let description = r#"{{ template "pagerduty.default.description" .}}"#.to_owned();
        let client = built_in("pagerduty.default.client");
        Self {
            key: PagerDutyKey::Routing(no_secret()),
            url: String::new(),
            client: client.clone(),
            client_url: built_in("pagerduty.default.clientURL"),
            description,
            details: Self::default_details(),
            images: Vec::new(),
            links: Vec::new(),
            source: client,
            severity: String::new(),
            class: String::new(),
            component: String::new(),
            group: String::new(),
            timeout: None,
            http: HttpClientConfig::default(),
        }
    }
}

impl PagerDutyConfig {
    fn default_details() -> Map<String, Value> {
        let details = [
            ("firing", "{{ .Alerts.Firing | toJson }}"),
            ("resolved", "{{ .Alerts.Resolved | toJson }}"),
            ("num_firing", "{{ .Alerts.Firing | len }}"),
            ("num_resolved", "{{ .Alerts.Resolved | len }}"),
        ];
        details.map(|(name, text)| (name.to_owned(), Value::from(text))).into_iter().collect()
    }
}

/// Key of a `PagerDuty` integration; a template when it is written in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PagerDutyKey {
    /// Events API version 2 (`routing_key`).
    Routing(SecretSource),
    /// The generic API, version 1 (`service_key`); wins when a file has both.
    Service(SecretSource),
}

/// A picture in an event.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PagerDutyImage {
    /// The picture.
    pub src: String,
    /// Text in its place.
    pub alt: String,
    /// Where a click leads.
    pub href: String,
}

/// A link in an event.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PagerDutyLink {
    /// Where it leads.
    pub href: String,
    /// Its text.
    pub text: String,
}

/// An alert for Opsgenie.
#[derive(Clone, Debug, PartialEq)]
pub struct OpsGenieConfig {
    /// Key of the API; a template when it is written in place.
    pub api_key: SecretSource,
    /// The API, ending in a slash. Not a template.
    pub api_url: String,
    /// Title of the alert.
    pub message: String,
    /// Text of the alert.
    pub description: String,
    /// Link back.
    pub source: String,
    /// Further details; labels of the group are added.
    pub details: BTreeMap<String, String>,
    /// What the alert is about.
    pub entity: String,
    /// Who is responsible.
    pub responders: Vec<OpsGenieResponder>,
    /// Actions, comma separated.
    pub actions: String,
    /// Tags, comma separated.
    pub tags: String,
    /// Note.
    pub note: String,
    /// `P1` to `P5`.
    pub priority: String,
    /// Also change message and description of an alert that is open.
    pub update_alerts: bool,
    /// How requests are made.
    pub http: HttpClientConfig,
}

impl Default for OpsGenieConfig {
    fn default() -> Self {
        Self {
            api_key: no_secret(),
            api_url: String::new(),
            message: built_in("opsgenie.default.message"),
            description: built_in("opsgenie.default.description"),
            source: built_in("opsgenie.default.source"),
            details: BTreeMap::new(),
            entity: String::new(),
            responders: Vec::new(),
            actions: String::new(),
            tags: String::new(),
            note: String::new(),
            priority: String::new(),
            update_alerts: false,
            http: HttpClientConfig::default(),
        }
    }
}

/// Somebody responsible; at least one of the first three is not empty.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct OpsGenieResponder {
    /// Identifier.
    pub id: String,
    /// Name; with type `teams` several, comma separated.
    pub name: String,
    /// Name of a user.
    pub username: String,
    /// `team`, `teams`, `user`, `escalation`, `schedule`, in any case, or a template.
    pub kind: String,
}

/// A message for `VictorOps` (Splunk On-Call).
#[derive(Clone, Debug, PartialEq)]
pub struct VictorOpsConfig {
    /// Key of the API. Not a template.
    pub api_key: SecretSource,
    /// The API, ending in a slash. Not a template.
    pub api_url: String,
    /// Who is told.
    pub routing_key: String,
    /// `CRITICAL` by default; an end is always `RECOVERY`.
    pub message_type: String,
    /// Long text.
    pub state_message: String,
    /// Short text.
    pub entity_display_name: String,
    /// Name of the client.
    pub monitoring_tool: String,
    /// Further fields; none has the name of one that exists anyway.
    pub custom_fields: BTreeMap<String, String>,
    /// How requests are made.
    pub http: HttpClientConfig,
}

impl Default for VictorOpsConfig {
    fn default() -> Self {
        Self {
            api_key: no_secret(),
            api_url: String::new(),
            routing_key: String::new(),
            message_type: "CRITICAL".to_owned(),
            state_message: built_in("victorops.default.state_message"),
            entity_display_name: built_in("victorops.default.entity_display_name"),
            monitoring_tool: built_in("victorops.default.monitoring_tool"),
            custom_fields: BTreeMap::new(),
            http: HttpClientConfig::default(),
        }
    }
}

/// An issue in Jira.
#[derive(Clone, Debug, PartialEq)]
pub struct JiraConfig {
    /// The server with the path of its API. Not a template.
    pub api_url: String,
    /// Which product answers there.
    pub api_type: JiraApiType,
    /// Key of the project.
    pub project: String,
    /// Title of the issue.
    pub summary: JiraField,
    /// Text of the issue.
    pub description: JiraField,
    /// Labels of the issue; one that identifies the group is added.
    pub labels: JiraLabels,
    /// Name of the priority.
    pub priority: String,
    /// Name of the type of issue.
    pub issue_type: String,
    /// Transition that opens an issue again; empty: never.
    pub reopen_transition: String,
    /// Transition that resolves an issue; empty: never.
    pub resolve_transition: String,
    /// Issues with this resolution stay closed. Not a template.
    pub wont_fix_resolution: String,
    /// Issues resolved longer ago are not opened again; absent: any age.
    pub reopen_duration: Option<Duration>,
    /// Further fields of the issue: every text in them is a template.
    pub fields: Map<String, Value>,
    /// How requests are made.
    pub http: HttpClientConfig,
}

impl Default for JiraConfig {
    fn default() -> Self {
        let field = |name| JiraField { template: built_in(name), enable_update: true };
        Self {
            api_url: String::new(),
            api_type: JiraApiType::default(),
            project: String::new(),
            summary: field("jira.default.summary"),
            description: field("jira.default.description"),
            labels: JiraLabels { values: Vec::new(), enable_update: true },
            priority: built_in("jira.default.priority"),
            issue_type: String::new(),
            reopen_transition: String::new(),
            resolve_transition: String::new(),
            wont_fix_resolution: String::new(),
            reopen_duration: None,
            fields: Map::new(),
            http: HttpClientConfig::default(),
        }
    }
}

/// Which product of Jira answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum JiraApiType {
    /// Cloud when the host is below `atlassian.net`.
    #[default]
    Auto,
    /// Jira Cloud: documents as ADF, search by `/search/jql`.
    Cloud,
    /// Jira Data Center: documents as text.
    DataCenter,
}

/// A field of an issue.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct JiraField {
    /// Its text.
    pub template: String,
    /// Also written when the issue exists already.
    pub enable_update: bool,
}

/// Labels of an issue.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct JiraLabels {
    /// The labels.
    pub values: Vec<String>,
    /// Also written when the issue exists already.
    pub enable_update: bool,
}

/// An event for incident.io.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct IncidentioConfig {
    /// The alert source. Not a template.
    pub url: TextSource,
    /// Most alerts in a message; absent: all.
    pub alerts_max: Option<u64>,
    /// Longest time of a call; absent: the group's.
    pub timeout: Option<Duration>,
    /// How requests are made; the token of the alert source is its `Authorization`.
    pub http: HttpClientConfig,
}
