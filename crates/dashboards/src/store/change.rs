//! What can happen to what users keep. Written to the log as JSON (docs/formats/dashboards.md), and
//! applied in the same order after a crash; applying never fails and keeps every bound.

use crate::body::Body;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Versions of a dashboard that are kept; the oldest go first.
pub const VERSIONS_MAX: usize = 20;
/// Annotations that are kept; those of the earliest times go first.
pub const ANNOTATIONS_MAX: usize = 10_000;

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub(crate) enum Change {
    /// A dashboard has a new version.
    Saved(Box<Version>),
    /// A dashboard and its versions are gone.
    Deleted { uid: String },
    /// A folder is there, or has another title.
    FolderSet { uid: String, title: String },
    /// A folder is gone; its dashboards are in none.
    FolderDeleted { uid: String },
    /// A user wants to find a dashboard quickly.
    Starred { user: String, uid: String },
    /// No longer.
    Unstarred { user: String, uid: String },
    /// Something happened.
    Annotated(Annotation),
    /// It was not worth a mark.
    AnnotationDeleted { id: u64 },
}

/// A version of a dashboard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) uid: String,
    pub(crate) number: u64,
    pub(crate) at_ms: i64,
    /// When the first version was saved.
    pub(crate) created_ms: i64,
    pub(crate) author: String,
    pub(crate) message: String,
    /// Identity of the folder; empty: none.
    pub(crate) folder: String,
    pub(crate) title: String,
    pub(crate) tags: Vec<String>,
    pub(crate) body: Body,
}

/// A mark on the time axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Annotation {
    /// Its identity; never used again.
    pub id: u64,
    /// When it was, or began.
    pub at_ms: i64,
    /// When it ended, for a stretch of time.
    pub end_ms: Option<i64>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// What happened.
    pub text: String,
    /// The dashboard that it belongs to; absent: all.
    pub dashboard: Option<String>,
    /// The panel that it belongs to.
    pub panel: Option<i64>,
    /// Who says so.
    pub author: String,
}

/// What users keep.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Kept {
    /// Versions of every dashboard, oldest first, never empty.
    pub(crate) boards: BTreeMap<String, VecDeque<Version>>,
    /// Titles of folders.
    pub(crate) folders: BTreeMap<String, String>,
    /// User and dashboard.
    pub(crate) stars: BTreeSet<(String, String)>,
    /// By time and identity.
    pub(crate) annotations: BTreeMap<(i64, u64), Annotation>,
    /// The last identity that an annotation had.
    pub(crate) last_annotation: u64,
    /// Bytes of all versions.
    pub(crate) bytes: usize,
}

impl Kept {
    /// Carries out a change.
    pub(crate) fn apply(&mut self, change: Change) {
        match change {
            Change::Saved(version) => self.save(*version),
            Change::Deleted { uid } => {
                let versions = self.boards.remove(&uid).unwrap_or_default();
                self.bytes -= versions.iter().map(|version| version.body.len()).sum::<usize>();
                self.stars.retain(|(_, starred)| *starred != uid);
            }
            Change::FolderSet { uid, title } => {
                self.folders.insert(uid, title);
            }
            Change::FolderDeleted { uid } => {
                self.folders.remove(&uid);
                for version in self.boards.values_mut().flatten() {
                    if version.folder == uid {
                        version.folder.clear();
                    }
                }
            }
            Change::Starred { user, uid } => {
                self.stars.insert((user, uid));
            }
            Change::Unstarred { user, uid } => {
                self.stars.remove(&(user, uid));
            }
            Change::Annotated(annotation) => self.annotate(annotation),
            Change::AnnotationDeleted { id } => {
                self.annotations.retain(|(_, known), _| *known != id);
                self.last_annotation = self.last_annotation.max(id);
            }
        }
    }

    fn save(&mut self, version: Version) {
        self.bytes += version.body.len();
        let versions = self.boards.entry(version.uid.clone()).or_default();
        versions.push_back(version);
        while versions.len() > VERSIONS_MAX {
            let oldest = versions.pop_front().expect("longer than the most");
            self.bytes -= oldest.body.len();
        }
    }

    fn annotate(&mut self, annotation: Annotation) {
        self.last_annotation = self.last_annotation.max(annotation.id);
        self.annotations.insert((annotation.at_ms, annotation.id), annotation);
        while self.annotations.len() > ANNOTATIONS_MAX {
            self.annotations.pop_first();
        }
    }

    /// The last version of a dashboard.
    pub(crate) fn newest(&self, uid: &str) -> Option<&Version> {
        self.boards.get(uid).and_then(VecDeque::back)
    }

    /// Changes that lead here from nothing.
    pub(crate) fn changes(&self) -> Vec<Change> {
        let folder = |(uid, title): (&String, &String)| Change::FolderSet {
            uid: uid.clone(),
            title: title.clone(),
        };
        let star = |(user, uid): &(String, String)| Change::Starred {
            user: user.clone(),
            uid: uid.clone(),
        };
        let mut changes: Vec<Change> = self.folders.iter().map(folder).collect();
        let versions = self.boards.values().flatten().cloned().map(Box::new);
        changes.extend(versions.map(Change::Saved));
        changes.extend(self.stars.iter().map(star));
        changes.extend(self.annotations.values().cloned().map(Change::Annotated));
        if !self.annotations.values().any(|known| known.id == self.last_annotation) {
            // An identity that is gone is not used again.
            changes.push(Change::AnnotationDeleted { id: self.last_annotation });
        }
        changes
    }
}
