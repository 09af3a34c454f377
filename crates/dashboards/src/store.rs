//! What users keep: dashboards with their versions, folders, stars, annotations. Checked against
//! every bound, written to the log, then applied; whoever asks next sees it.
//! Who may ask is decided before; what is shipped or provisioned is `library`'s.

mod change;
mod log;
#[cfg(test)]
mod tests;

pub use change::{ANNOTATIONS_MAX, Annotation, VERSIONS_MAX};
pub(crate) use change::{Kept, Version};

use crate::body::Body;
use crate::dashboard::{Dashboard, clean_title, is_uid, numbered, uid_of};
use crate::error::{Error, ErrorKind};
use crate::json::shown;
use change::Change;
use journal::{JournalError, Recovery};
use log::Log;
use model::Timestamp;
use parking_lot::Mutex;
use std::path::Path;
use std::sync::Arc;
use sys::Vfs;

/// Dashboards that users keep at most.
pub const DASHBOARDS_MAX: usize = 2_000;
/// Folders at most.
pub const FOLDERS_MAX: usize = 500;
/// Stars of all users at most.
pub const STARS_MAX: usize = 20_000;
/// Bytes of all versions, deflated: about ten times as much JSON.
pub const KEPT_BYTES_MAX: usize = 32 << 20;
/// Longest text of an annotation.
pub const ANNOTATION_BYTES_MAX: usize = 4 << 10;
/// Tags of an annotation at most.
const ANNOTATION_TAGS_MAX: usize = 20;
/// Longest tag, message and author, in characters.
const WORDS_CHARS_MAX: usize = 500;

/// Who does something, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Name of the user.
    pub user: String,
    /// Now.
    pub at: Timestamp,
}

/// What is to be saved.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The dashboard; its identity counts unless `uid` says another one.
    pub dashboard: Dashboard,
    /// Identity of the folder; absent: where it is.
    pub folder: Option<String>,
    /// Why; may be empty.
    pub message: String,
    /// What it is saved over.
    pub over: Over,
}

/// What a dashboard is saved over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Nothing: a taken identity gets a number.
    Nothing,
    /// Nothing: a taken identity is a conflict.
    NothingStrictly,
    /// This version; another one, or none, is a conflict.
    Version(u64),
    /// This version, or nothing: another version is a conflict.
    VersionOrNothing(u64),
    /// Whatever is there.
    Anything,
}

/// The state and its log, one order at a time.
pub(crate) struct Store(Mutex<Inner>);

struct Inner {
    kept: Kept,
    log: Log,
    failures: u64,
}

impl Store {
    /// Opens what is kept in a directory, made when missing.
    pub(crate) fn open(vfs: Arc<dyn Vfs>, dir: &Path) -> Result<(Self, Recovery), JournalError> {
        let (log, kept, recovery) = Log::open(vfs, dir)?;
        Ok((Self(Mutex::new(Inner { kept, log, failures: 0 })), recovery))
    }

    /// Asks the state something.
    pub(crate) fn ask<T>(&self, question: impl FnOnce(&Kept) -> T) -> T {
        question(&self.0.lock().kept)
    }

    /// Writes to the log that failed.
    pub(crate) fn failures(&self) -> u64 {
        self.0.lock().failures
    }

    /// Saves a version. `is_taken` says which identities belong to others.
    pub(crate) fn save(
        &self,
        draft: Draft,
        act: &Act,
        is_taken: impl Fn(&str) -> bool,
    ) -> Result<String, Error> {
        let mut inner = self.0.lock();
        let wanted =
            draft.dashboard.uid().map_or_else(|| uid_of(draft.dashboard.title()), str::to_owned);
        let uid = inner.kept.uid_for(&wanted, draft.over, is_taken)?;
        let folder = inner.kept.folder_for(&uid, draft.folder.as_deref())?;
        let newest = inner.kept.newest(&uid);
        let number = newest.map_or(0, |version| version.number) + 1;
        let at_ms = act.at.ms();
        let created_ms = newest.map_or(at_ms, |version| version.created_ms);
        let dashboard = draft.dashboard.with_uid(&uid).with_version(number);
        let version = Version {
            number,
            at_ms,
            created_ms,
            author: cut(&act.user),
            message: cut(&draft.message),
            folder,
            title: dashboard.title().to_owned(),
            tags: dashboard.tags().map(cut).collect(),
            body: Body::pack(&dashboard)?,
            uid: uid.clone(),
        };
        inner.kept.check_room(&version)?;
        inner.carry_out(vec![Change::Saved(Box::new(version))])?;
        Ok(uid)
    }

    pub(crate) fn delete(&self, uid: &str) -> Result<(), Error> {
        let mut inner = self.0.lock();
        inner.kept.newest(uid).ok_or_else(|| no_dashboard(uid))?;
        inner.carry_out(vec![Change::Deleted { uid: uid.to_owned() }])
    }

    /// Makes a folder or gives one another title; gives its identity.
    pub(crate) fn set_folder(&self, uid: Option<&str>, title: &str) -> Result<String, Error> {
        let mut inner = self.0.lock();
        let title = clean_title(title);
        if let Some(uid) = uid.filter(|uid| !is_uid(uid)) {
            return Err(Error::invalid(format!("{} is no identity of a folder", shown(uid))));
        }
        let folders = &inner.kept.folders;
        let named = folders.iter().find(|(_, known)| **known == title).map(|(uid, _)| uid);
        let uid = match (uid, named) {
            (Some(uid), _) => uid.to_owned(),
            (None, Some(named)) => named.clone(),
            (None, None) => free_uid(&uid_of(&title), |uid| folders.contains_key(uid)),
        };
        if !folders.contains_key(&uid) && folders.len() >= FOLDERS_MAX {
            return Err(full(format!("there are {FOLDERS_MAX} folders, the most there may be")));
        }
        inner.carry_out(vec![Change::FolderSet { uid: uid.clone(), title }])?;
        Ok(uid)
    }

    /// Deletes a folder that is empty.
    pub(crate) fn delete_folder(&self, uid: &str) -> Result<(), Error> {
        let mut inner = self.0.lock();
        if !inner.kept.folders.contains_key(uid) {
            return Err(no_folder(uid));
        }
        let mut newest = inner.kept.boards.values().filter_map(|versions| versions.back());
        if let Some(version) = newest.find(|version| version.folder == uid) {
            let title = shown(&version.title);
            return Err(Error::new(
                ErrorKind::Conflict,
                format!("the folder is not empty: it holds {title}; move or delete it first"),
            ));
        }
        inner.carry_out(vec![Change::FolderDeleted { uid: uid.to_owned() }])
    }

    pub(crate) fn star(&self, user: &str, uid: &str, is_on: bool) -> Result<(), Error> {
        let mut inner = self.0.lock();
        let (user, uid) = (cut(user), uid.to_owned());
        if is_on && inner.kept.stars.len() >= STARS_MAX {
            return Err(full(format!("there are {STARS_MAX} stars, the most there may be")));
        }
        let is_known = inner.kept.stars.contains(&(user.clone(), uid.clone()));
        match (is_on, is_known) {
            (true, false) => inner.carry_out(vec![Change::Starred { user, uid }]),
            (false, true) => inner.carry_out(vec![Change::Unstarred { user, uid }]),
            (true, true) | (false, false) => Ok(()),
        }
    }

    /// Keeps an annotation under an identity of its own, which it gives.
    pub(crate) fn annotate(&self, mut annotation: Annotation) -> Result<u64, Error> {
        check_annotation(&annotation)?;
        let mut inner = self.0.lock();
        annotation.id = inner.kept.last_annotation + 1;
        annotation.author = cut(&annotation.author);
        let id = annotation.id;
        inner.carry_out(vec![Change::Annotated(annotation)])?;
        Ok(id)
    }

    pub(crate) fn delete_annotation(&self, id: u64) -> Result<(), Error> {
        let mut inner = self.0.lock();
        if !inner.kept.annotations.keys().any(|(_, known)| *known == id) {
            let message = format!("there is no annotation {id}");
            return Err(Error::new(ErrorKind::NotFound, message));
        }
        inner.carry_out(vec![Change::AnnotationDeleted { id }])
    }

    #[cfg(test)]
    pub(super) fn fold_early(&self) {
        self.0.lock().log.fold_bytes_min = 2_000;
    }
}

impl Inner {
    fn carry_out(&mut self, changes: Vec<Change>) -> Result<(), Error> {
        if let Err(error) = self.log.remember(&changes) {
            self.failures += 1;
            let message = format!("cannot keep the change: {error}");
            return Err(Error::new(ErrorKind::Failed, message));
        }
        for change in changes {
            self.kept.apply(change);
        }
        // The change is kept already; a fold that fails is tried again with the next one.
        if self.log.is_long() && self.log.fold(&self.kept).is_err() {
            self.failures += 1;
        }
        Ok(())
    }
}

impl Kept {
    fn uid_for(
        &self,
        wanted: &str,
        over: Over,
        is_taken: impl Fn(&str) -> bool,
    ) -> Result<String, Error> {
        let newest = self.newest(wanted);
        let conflict = |message: String| Err(Error::new(ErrorKind::Conflict, message));
        match (over, newest) {
            (Over::Nothing, _) => {
                let taken = |uid: &str| self.boards.contains_key(uid) || is_taken(uid);
                return Ok(free_uid(wanted, taken));
            }
            (Over::NothingStrictly, Some(newest)) => {
                let title = shown(&newest.title);
                return conflict(format!("a dashboard {title} has this identity already"));
            }
            (Over::Version(version) | Over::VersionOrNothing(version), Some(newest))
                if newest.number != version =>
            {
                return conflict(format!(
                    "version {version} is no longer the last one: {} saved version {}",
                    shown(&newest.author),
                    newest.number
                ));
            }
            (Over::Version(version), None) if version > 0 => return Err(no_dashboard(wanted)),
            _ => {}
        }
        Ok(wanted.to_owned())
    }

    fn folder_for(&self, uid: &str, wanted: Option<&str>) -> Result<String, Error> {
        match wanted {
            Some("") => Ok(String::new()),
            Some(folder) if self.folders.contains_key(folder) => Ok(folder.to_owned()),
            Some(folder) => Err(no_folder(folder)),
            None => Ok(self.newest(uid).map_or_else(String::new, |newest| newest.folder.clone())),
        }
    }

    fn check_room(&self, version: &Version) -> Result<(), Error> {
        if self.newest(&version.uid).is_none() && self.boards.len() >= DASHBOARDS_MAX {
            let message = format!("there are {DASHBOARDS_MAX} dashboards, the most there may be");
            return Err(full(message));
        }
        if self.bytes + version.body.len() > KEPT_BYTES_MAX {
            let message = format!(
                "dashboards and their versions take {} bytes, at most {KEPT_BYTES_MAX}; \
                 delete some",
                self.bytes
            );
            return Err(full(message));
        }
        Ok(())
    }
}

fn check_annotation(annotation: &Annotation) -> Result<(), Error> {
    let Annotation { text, tags, end_ms, at_ms, .. } = annotation;
    if text.len() > ANNOTATION_BYTES_MAX {
        let found = text.len();
        return Err(Error::invalid(format!(
            "the text has {found} bytes, at most {ANNOTATION_BYTES_MAX}"
        )));
    }
    if text.is_empty() && tags.is_empty() {
        return Err(Error::invalid("an annotation has a text or tags"));
    }
    if tags.len() > ANNOTATION_TAGS_MAX || tags.iter().any(|tag| tag.len() > WORDS_CHARS_MAX) {
        return Err(Error::invalid(format!("at most {ANNOTATION_TAGS_MAX} short tags")));
    }
    if end_ms.is_some_and(|end| end < *at_ms) {
        return Err(Error::invalid("an annotation ends after it begins"));
    }
    Ok(())
}

fn free_uid(wanted: &str, is_taken: impl Fn(&str) -> bool) -> String {
    if !is_taken(wanted) {
        return wanted.to_owned();
    }
    let mut numbered = (2..).map(|number| numbered(wanted, number));
    numbered.find(|uid| !is_taken(uid)).expect("there are more numbers than dashboards")
}

fn cut(text: &str) -> String {
    text.chars().take(WORDS_CHARS_MAX).collect()
}

pub(crate) fn no_dashboard(uid: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no dashboard {}", shown(uid)))
}

fn no_folder(uid: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no folder {}", shown(uid)))
}

fn full(message: String) -> Error {
    Error::new(ErrorKind::Full, message)
}
