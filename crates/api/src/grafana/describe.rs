//! Bodies in Grafana's shapes.

use crate::shape::rfc3339;
use ::dashboards::{Annotation, Folder, Summary};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Grafana's health.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthBody {
    pub(crate) commit: String,
    pub(crate) database: &'static str,
    pub(crate) version: &'static str,
}

/// A sentence, as every refusal has it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Said {
    pub(crate) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<&'static str>,
}

/// A dashboard to be saved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SaveBody {
    pub(crate) dashboard: Value,
    pub(crate) folder_uid: Option<String>,
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) overwrite: bool,
}

/// A dashboard that was saved.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SavedBody {
    pub(crate) id: u64,
    pub(crate) uid: String,
    pub(crate) url: String,
    pub(crate) status: &'static str,
    pub(crate) version: u64,
    pub(crate) slug: String,
    pub(crate) folder_uid: String,
}

/// A dashboard with what is known of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FoundBody {
    pub(crate) dashboard: Value,
    pub(crate) meta: MetaBody,
}

/// What Grafana's clients read of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "Grafana's shape")]
pub(crate) struct MetaBody {
    #[serde(rename = "type")]
    kind: &'static str,
    can_save: bool,
    can_edit: bool,
    can_star: bool,
    is_starred: bool,
    slug: String,
    url: String,
    created: String,
    updated: String,
    created_by: String,
    updated_by: String,
    version: u64,
    folder_uid: String,
    folder_title: String,
    provisioned: bool,
}

/// A hit of the search.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HitBody {
    pub(crate) id: u64,
    pub(crate) uid: String,
    pub(crate) title: String,
    pub(crate) uri: String,
    pub(crate) url: String,
    pub(crate) slug: String,
    /// `dash-db` or `dash-folder`.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) tags: Vec<String>,
    pub(crate) is_starred: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) folder_uid: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) folder_title: String,
}

/// A folder.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FolderBody {
    id: u64,
    uid: String,
    title: String,
    url: String,
    can_save: bool,
    version: u64,
}

/// A folder to be made or renamed.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct FolderDraft {
    pub(crate) uid: Option<String>,
    pub(crate) title: String,
}

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AnnotationBody {
    id: u64,
    #[serde(rename = "dashboardUID")]
    dashboard_uid: String,
    panel_id: i64,
    login: String,
    time: i64,
    time_end: i64,
    text: String,
    tags: Vec<String>,
}

/// Identity of an annotation that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnnotationCreated {
    pub(crate) id: u64,
    pub(crate) message: &'static str,
}

/// A number for clients that want one; the same identity always has the same.
pub(super) fn number(uid: &str) -> u64 {
    // FNV-1a, cut to what every JSON reader keeps exactly.
    let hash = uid.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash >> 12).max(1)
}

/// Where the page of a dashboard is.
pub(super) fn page(prefix: &str, uid: &str, slug: &str) -> String {
    format!("{prefix}/d/{uid}/{slug}")
}

impl MetaBody {
    pub(super) fn new(summary: Summary, folders: &[Folder], prefix: &str) -> Self {
        let slug = ::dashboards::uid_of(&summary.title);
        let is_kept = summary.origin == ::dashboards::Origin::Kept;
        let folder = folders.iter().find(|folder| folder.uid == summary.folder);
        Self {
            kind: "db",
            can_save: is_kept,
            can_edit: is_kept,
            can_star: true,
            is_starred: summary.is_starred,
            url: page(prefix, &summary.uid, &slug),
            slug,
            created: rfc3339(summary.created),
            updated: rfc3339(summary.updated),
            created_by: summary.author.clone(),
            updated_by: summary.author,
            version: summary.version,
            folder_title: folder.map_or_else(|| "General".into(), |folder| folder.title.clone()),
            folder_uid: summary.folder,
            provisioned: !is_kept,
        }
    }
}

impl HitBody {
    pub(super) fn of_dashboard(summary: Summary, folders: &[Folder], prefix: &str) -> Self {
        let slug = ::dashboards::uid_of(&summary.title);
        let folder = folders.iter().find(|folder| folder.uid == summary.folder);
        Self {
            id: number(&summary.uid),
            uri: format!("db/{slug}"),
            url: page(prefix, &summary.uid, &slug),
            slug: String::new(),
            kind: "dash-db",
            folder_title: folder.map_or_else(String::new, |folder| folder.title.clone()),
            uid: summary.uid,
            title: summary.title,
            tags: summary.tags,
            is_starred: summary.is_starred,
            folder_uid: summary.folder,
        }
    }

    pub(super) fn of_folder(folder: &Folder, prefix: &str) -> Self {
        let slug = ::dashboards::uid_of(&folder.title);
        Self {
            id: number(&folder.uid),
            uid: folder.uid.clone(),
            title: folder.title.clone(),
            uri: format!("db/{slug}"),
            url: format!("{prefix}/dashboards?folder={}", folder.uid),
            slug: String::new(),
            kind: "dash-folder",
            tags: Vec::new(),
            is_starred: false,
            folder_uid: String::new(),
            folder_title: String::new(),
        }
    }
}

impl FolderBody {
    pub(super) fn new(folder: &Folder, prefix: &str) -> Self {
        Self {
            id: number(&folder.uid),
            uid: folder.uid.clone(),
            title: folder.title.clone(),
            url: format!("{prefix}/dashboards?folder={}", folder.uid),
            can_save: !folder.is_provisioned,
            version: 1,
        }
    }
}

impl AnnotationBody {
    pub(super) fn new(annotation: Annotation) -> Self {
        let Annotation { id, at_ms, end_ms, tags, text, dashboard, panel, author } = annotation;
        Self {
            id,
            dashboard_uid: dashboard.unwrap_or_default(),
            panel_id: panel.unwrap_or(0),
            login: author,
            time: at_ms,
            time_end: end_ms.unwrap_or(at_ms),
            text,
            tags,
        }
    }
}
