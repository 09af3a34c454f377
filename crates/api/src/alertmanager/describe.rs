//! The shapes of Alertmanager's API, for the `OpenAPI` document. Lists are written by hand while
//! they are sent (`written`) and read by hand (`posted`); these are their descriptions.

use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// An alert with what becomes of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GettableAlert {
    annotations: HashMap<String, String>,
    /// RFC 3339.
    ends_at: String,
    /// Hash of the labels, 16 hexadecimal digits.
    fingerprint: String,
    receivers: Vec<ReceiverBody>,
    starts_at: String,
    status: AlertStatusBody,
    updated_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: Option<String>,
    labels: HashMap<String, String>,
}

/// What becomes of an alert.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AlertStatusBody {
    /// Fingerprints of alerts.
    inhibited_by: Vec<String>,
    /// Names of time intervals.
    muted_by: Vec<String>,
    /// IDs of silences.
    silenced_by: Vec<String>,
    /// `unprocessed`, `active` or `suppressed`.
    state: String,
}

/// A receiver.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReceiverBody {
    /// Its name as `name` among them.
    labels: HashMap<String, String>,
    name: String,
}

/// An alert that is sent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PostableAlert {
    annotations: Option<HashMap<String, String>>,
    /// Absent: after `resolve_timeout`, unless it is sent again.
    ends_at: Option<String>,
    /// Absent: now.
    starts_at: Option<String>,
    #[serde(rename = "generatorURL")]
    generator_url: Option<String>,
    labels: HashMap<String, String>,
}

/// A group.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertGroup {
    alerts: Vec<GettableAlert>,
    /// Labels by which it was formed.
    labels: HashMap<String, String>,
    receiver: ReceiverBody,
}

/// A silence that is kept.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GettableSilence {
    id: String,
    status: SilenceStatusBody,
    updated_at: String,
    annotations: Option<HashMap<String, String>>,
    comment: String,
    created_by: String,
    ends_at: String,
    matchers: Vec<MatcherBody>,
    starts_at: String,
}

/// Where a silence stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SilenceStatusBody {
    /// `active`, `pending` or `expired`.
    state: String,
}

/// A silence that is asked for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PostableSilence {
    /// The silence to change; absent: a new one.
    id: Option<String>,
    annotations: Option<HashMap<String, String>>,
    comment: String,
    created_by: String,
    ends_at: String,
    /// At least one; at least one does not match the empty text.
    matchers: Vec<MatcherBody>,
    starts_at: String,
}

/// A condition on a label.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MatcherBody {
    /// Absent: true.
    is_equal: Option<bool>,
    is_regex: bool,
    name: String,
    value: String,
}

/// ID of a silence that was made or changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SilenceId {
    #[serde(rename = "silenceID")]
    pub(super) id: String,
}

/// What the server says about itself.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AlertmanagerStatus {
    pub(super) cluster: ClusterStatus,
    pub(super) config: AlertmanagerConfig,
    /// When it started.
    pub(super) uptime: String,
    pub(super) version_info: VersionInfo,
}

/// The cluster, which there is none of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClusterStatus {
    #[schema(value_type = Vec<String>)]
    pub(super) peers: Vec<&'static str>,
    /// Always `disabled`.
    pub(super) status: &'static str,
}

/// alertmanager.yml.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertmanagerConfig {
    /// As it is used, without its secrets.
    pub(super) original: String,
}

/// Facts about the build.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VersionInfo {
    pub(super) branch: String,
    pub(super) build_date: String,
    pub(super) build_user: String,
    /// The compiler.
    pub(super) go_version: String,
    pub(super) revision: String,
    /// Version of Alertmanager whose API this is.
    pub(super) version: &'static str,
}
