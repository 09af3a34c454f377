//! Bodies of requests and answers about dashboards.

use crate::shape::rfc3339;
use ::dashboards::{
    Annotation, Difference, Finding, Folder, Found, Library, Origin, Summary, VersionSummary,
};
use model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// One line of the list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SummaryBody {
    uid: String,
    title: String,
    /// Identity of the folder; empty: none.
    folder: String,
    /// Title of the folder.
    #[serde(rename = "folderTitle")]
    folder_title: String,
    tags: Vec<String>,
    /// Starred by you?
    starred: bool,
    /// From a file, read-only?
    provisioned: bool,
    /// Comes with Flyball, read-only?
    builtin: bool,
    version: u64,
    /// RFC 3339; null for files.
    updated: Option<String>,
}

/// The list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListBody {
    pub(crate) dashboards: Vec<SummaryBody>,
    pub(crate) folders: Vec<FolderBody>,
    /// Files of provisioned folders that are no dashboards.
    pub(crate) troubles: Vec<TroubleBody>,
}

/// A file that is no dashboard.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TroubleBody {
    pub(crate) path: String,
    pub(crate) message: String,
}

/// A folder.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FolderBody {
    pub(crate) uid: String,
    pub(crate) title: String,
    /// A folder of files, read-only?
    pub(crate) provisioned: bool,
}

/// What is known of a dashboard.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MetaBody {
    uid: String,
    folder: String,
    #[serde(rename = "folderTitle")]
    folder_title: String,
    version: u64,
    provisioned: bool,
    builtin: bool,
    starred: bool,
    /// RFC 3339; null for files.
    created: Option<String>,
    /// RFC 3339; null for files.
    updated: Option<String>,
    /// Who saved the last version.
    author: String,
    /// Why.
    message: String,
}

/// One line of a report.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FindingBody {
    /// Where: `panels[3].targets[0]`.
    path: String,
    /// `changed`, `dropped` or `unsupported`.
    kind: &'static str,
    message: String,
}

/// A dashboard.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FoundBody {
    /// Grafana's classic JSON, schema version 41.
    dashboard: Value,
    meta: MetaBody,
    report: Vec<FindingBody>,
}

/// A dashboard to be saved.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SaveBody {
    /// Any JSON that can be imported.
    pub(crate) dashboard: Value,
    /// Identity of a folder; empty: none; absent: where it is.
    pub(crate) folder: Option<String>,
    /// Why.
    pub(crate) message: Option<String>,
    /// The version it was made from; another one meanwhile is a conflict.
    pub(crate) version: Option<u64>,
}

/// A dashboard to be read.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ImportBody {
    /// Any dashboard of Grafana.
    pub(crate) dashboard: Value,
    pub(crate) folder: Option<String>,
    /// Only show what would be kept.
    #[serde(default)]
    pub(crate) dry_run: bool,
    /// Identity in the place of its own.
    pub(crate) uid: Option<String>,
    /// Save over a dashboard with this identity; without it the new one gets another identity.
    #[serde(default)]
    pub(crate) overwrite: bool,
}

/// What was read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportedBody {
    pub(crate) uid: String,
    pub(crate) dashboard: Value,
    pub(crate) report: Vec<FindingBody>,
}

/// A version without its content.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionBody {
    version: u64,
    /// RFC 3339.
    updated: String,
    author: String,
    message: String,
    title: String,
}

/// Versions, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionsBody {
    pub(crate) versions: Vec<VersionBody>,
}

/// A version.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionFoundBody {
    pub(crate) dashboard: Value,
    pub(crate) meta: VersionBody,
}

/// What is different between two versions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DifferencesBody {
    /// Number of the older version.
    pub(crate) from: u64,
    /// Number of the newer version; null: a draft, which has none.
    pub(crate) to: Option<u64>,
    pub(crate) differences: Vec<DifferenceBody>,
}

/// A dashboard that is compared with a version.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct DraftBody {
    /// Number of the version; the newest by default.
    pub(crate) from: Option<u64>,
    /// Any JSON that can be imported.
    pub(crate) dashboard: Value,
}

/// One difference.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DifferenceBody {
    /// Where: `panel "CPU": targets[0].expr`.
    place: String,
    /// The former value as JSON, cut when it is long; null: it is new.
    old: Option<String>,
    /// The present value as JSON, cut when it is long; null: it is gone.
    new: Option<String>,
}

impl DifferenceBody {
    pub(crate) fn new(Difference { place, old, new }: Difference) -> Self {
        Self { place, old, new }
    }
}

/// A folder to be made or renamed.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct FolderDraft {
    pub(crate) title: String,
    pub(crate) uid: Option<String>,
}

/// A mark on the time axis.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnnotationBody {
    /// Absent for what the server itself tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    /// Milliseconds since 1970.
    time: i64,
    #[serde(rename = "timeEnd", skip_serializing_if = "Option::is_none")]
    time_end: Option<i64>,
    tags: Vec<String>,
    text: String,
    #[serde(rename = "dashboardUID", skip_serializing_if = "Option::is_none")]
    dashboard_uid: Option<String>,
    #[serde(rename = "panelId", skip_serializing_if = "Option::is_none")]
    panel_id: Option<i64>,
    /// Who says so.
    author: String,
}

/// Annotations by time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnnotationsBody {
    pub(crate) annotations: Vec<AnnotationBody>,
}

/// Something that happened.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct AnnotationDraft {
    /// Milliseconds since 1970; now by default.
    pub(crate) time: Option<i64>,
    #[serde(rename = "timeEnd")]
    pub(crate) time_end: Option<i64>,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    #[serde(default)]
    pub(crate) text: String,
    #[serde(rename = "dashboardUID")]
    pub(crate) dashboard_uid: Option<String>,
    #[serde(rename = "panelId")]
    pub(crate) panel_id: Option<i64>,
}

/// Identity of what was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnnotationCreated {
    pub(crate) id: u64,
}

impl SummaryBody {
    pub(crate) fn new(summary: Summary, folders: &[Folder]) -> Self {
        let Summary { uid, title, folder, tags, is_starred, origin, version, updated, .. } =
            summary;
        Self {
            folder_title: folder_title(&folder, folders),
            uid,
            title,
            folder,
            tags,
            starred: is_starred,
            provisioned: origin == Origin::Provisioned,
            builtin: origin == Origin::BuiltIn,
            version,
            updated: shown(updated),
        }
    }
}

impl MetaBody {
    pub(crate) fn new(summary: Summary, folders: &[Folder]) -> Self {
        Self {
            folder_title: folder_title(&summary.folder, folders),
            uid: summary.uid,
            folder: summary.folder,
            version: summary.version,
            provisioned: summary.origin == Origin::Provisioned,
            builtin: summary.origin == Origin::BuiltIn,
            starred: summary.is_starred,
            created: shown(summary.created),
            updated: shown(summary.updated),
            author: summary.author,
            message: summary.message,
        }
    }

    /// What is known of a dashboard after an order of this user.
    pub(crate) fn of(
        library: &Library,
        uid: &str,
        user: &str,
    ) -> Result<Self, ::dashboards::Error> {
        let found = library.get(uid, user)?;
        Ok(Self::new(found.summary, &library.folders()))
    }
}

impl FoundBody {
    pub(crate) fn new(found: Found, folders: &[Folder]) -> Self {
        Self {
            dashboard: found.dashboard.into_json(),
            meta: MetaBody::new(found.summary, folders),
            report: findings(found.report),
        }
    }
}

impl VersionBody {
    pub(crate) fn new(version: VersionSummary) -> Self {
        let VersionSummary { number, at, author, message, title } = version;
        Self { version: number, updated: rfc3339(Some(at)), author, message, title }
    }
}

impl AnnotationBody {
    pub(crate) fn new(annotation: Annotation) -> Self {
        Self {
            id: (annotation.id > 0).then_some(annotation.id),
            time: annotation.at_ms,
            time_end: annotation.end_ms,
            tags: annotation.tags,
            text: annotation.text,
            dashboard_uid: annotation.dashboard,
            panel_id: annotation.panel,
            author: annotation.author,
        }
    }
}

pub(crate) fn findings(findings: Vec<Finding>) -> Vec<FindingBody> {
    let body = |Finding { path, kind, message }| FindingBody { path, kind: kind.word(), message };
    findings.into_iter().map(body).collect()
}

pub(crate) fn folder_title(uid: &str, folders: &[Folder]) -> String {
    let folder = folders.iter().find(|folder| folder.uid == uid);
    folder.map_or_else(String::new, |folder| folder.title.clone())
}

fn shown(time: Option<Timestamp>) -> Option<String> {
    time.map(|time| rfc3339(Some(time)))
}
