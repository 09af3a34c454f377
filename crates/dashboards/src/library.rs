//! All dashboards there are: kept by users, provisioned from files, and those that come with
//! Flyball. Of one identity, files win over what is kept, and both over what is shipped.
//! Only kept ones can be changed; the others say so and how to go on.

use crate::body::Body;
use crate::builtin;
use crate::dashboard::Dashboard;
use crate::error::{Error, ErrorKind};
use crate::json::shown;
use crate::provision::{Provisioned, Trouble};
use crate::report::Finding;
use crate::store::{Act, Annotation, Draft, Over, Store, Version, no_dashboard};
use journal::{JournalError, Recovery};
use model::Timestamp;
use parking_lot::RwLock;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use sys::Vfs;

/// Where a dashboard comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A user keeps it.
    Kept,
    /// A file of a provisioned folder.
    Provisioned,
    /// It comes with Flyball.
    BuiltIn,
}

/// One line of the list of dashboards.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Identity.
    pub uid: String,
    /// Title.
    pub title: String,
    /// Identity of the folder; empty: none.
    pub folder: String,
    /// Tags.
    pub tags: Vec<String>,
    /// Does the user who asks find it quickly?
    pub is_starred: bool,
    /// Where it comes from.
    pub origin: Origin,
    /// Number of its last version.
    pub version: u64,
    /// When the first version was saved; absent for those of files.
    pub created: Option<Timestamp>,
    /// When the last version was saved; absent for those of files.
    pub updated: Option<Timestamp>,
    /// Who saved it.
    pub author: String,
    /// Why.
    pub message: String,
}

/// A dashboard with what is known of it.
#[derive(Clone, Debug)]
pub struct Found {
    /// Schema version 41.
    pub dashboard: Dashboard,
    /// What is known of it.
    pub summary: Summary,
    /// What reading it cost.
    pub report: Vec<Finding>,
}

/// A version without its content.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionSummary {
    /// Its number.
    pub number: u64,
    /// When it was saved.
    pub at: Timestamp,
    /// Who saved it.
    pub author: String,
    /// Why.
    pub message: String,
    /// Title it had then.
    pub title: String,
}

/// A folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Identity.
    pub uid: String,
    /// Title.
    pub title: String,
    /// Is it a folder of files?
    pub is_provisioned: bool,
}

/// Which annotations are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Begin of the range.
    pub from_ms: Option<i64>,
    /// End of the range.
    pub to_ms: Option<i64>,
    /// Words that it must have.
    pub tags: Vec<String>,
    /// Is one of the words enough?
    pub any_tag: bool,
    /// The dashboard that it belongs to.
    pub dashboard: Option<String>,
    /// The panel that it belongs to.
    pub panel: Option<i64>,
}

/// Everything that is shown on the page of dashboards.
pub struct Library {
    store: Store,
    provisioned: RwLock<Arc<Provisioned>>,
    built_in: Vec<(Summary, Body)>,
}

impl Library {
    /// Opens what is kept in a directory, made when missing. Damage is no error: see the recovery.
    ///
    /// # Errors
    /// When the directory cannot be read or has a later format.
    pub fn open(vfs: Arc<dyn Vfs>, dir: &Path) -> Result<(Self, Recovery), JournalError> {
        let (store, recovery) = Store::open(vfs, dir)?;
        let built_in = builtin::all();
        Ok((Self { store, provisioned: RwLock::default(), built_in }, recovery))
    }

    /// Serves these files from now on, in the place of those before.
    pub fn provision(&self, provisioned: Provisioned) {
        *self.provisioned.write() = Arc::new(provisioned);
    }

    /// Files that are no dashboards, and why.
    pub fn troubles(&self) -> Vec<Trouble> {
        self.files().troubles().to_vec()
    }

    /// Writes of what users keep that failed.
    pub fn log_failures(&self) -> u64 {
        self.store.failures()
    }

    /// How many dashboards users keep, and how many bytes these and their versions take.
    pub fn kept(&self) -> (usize, usize) {
        self.store.ask(|kept| (kept.boards.len(), kept.bytes))
    }

    /// All dashboards, by title; stars are those of the user.
    pub fn list(&self, user: &str) -> Vec<Summary> {
        let files = self.files();
        let mut all: Vec<Summary> = files.summaries().cloned().collect();
        let mut seen: BTreeSet<String> = all.iter().map(|summary| summary.uid.clone()).collect();
        self.store.ask(|kept| {
            for version in kept.boards.values().filter_map(|versions| versions.back()) {
                if seen.insert(version.uid.clone()) {
                    all.push(summary_of(version));
                }
            }
        });
        let shipped = self.built_in.iter().map(|(summary, _)| summary);
        all.extend(shipped.filter(|summary| !seen.contains(&summary.uid)).cloned());
        self.star_all(&mut all, user);
        all.sort_by(|a, b| (&a.title, &a.uid).cmp(&(&b.title, &b.uid)));
        all
    }

    /// A dashboard.
    ///
    /// # Errors
    /// When there is none.
    pub fn get(&self, uid: &str, user: &str) -> Result<Found, Error> {
        let (summary, body) = self.find(uid)?;
        let mut summaries = [summary];
        self.star_all(&mut summaries, user);
        let [summary] = summaries;
        let imported = body.unpack()?;
        let mut report = imported.report;
        let dashboard = imported.dashboard.with_uid(uid).with_version(summary.version);
        if let Some(findings) = self.files().findings(uid) {
            report = findings.to_vec();
        }
        Ok(Found { dashboard, summary, report })
    }

    fn find(&self, uid: &str) -> Result<(Summary, Body), Error> {
        if let Some((summary, body)) = self.files().find(uid) {
            return Ok((summary.clone(), body.clone()));
        }
        let kept = self.store.ask(|kept| {
            kept.newest(uid).map(|version| (summary_of(version), version.body.clone()))
        });
        let shipped = || self.built_in.iter().find(|(summary, _)| summary.uid == uid).cloned();
        kept.or_else(shipped).ok_or_else(|| no_dashboard(uid))
    }

    /// Saves a version of a dashboard; gives its identity.
    ///
    /// # Errors
    /// When it may not be changed, was changed meanwhile, or cannot be kept.
    pub fn save(&self, draft: Draft, act: &Act) -> Result<String, Error> {
        let uid = draft.dashboard.uid().unwrap_or_default();
        if draft.over != Over::Nothing {
            self.check_writable(uid)?;
        }
        self.store.save(draft, act, |uid| self.is_foreign(uid))
    }

    /// Deletes a dashboard and its versions.
    ///
    /// # Errors
    /// When there is none, it may not be changed, or the disk refuses.
    pub fn delete(&self, uid: &str) -> Result<(), Error> {
        self.check_writable(uid)?;
        self.store.delete(uid)
    }

    /// Versions of a dashboard, newest first.
    ///
    /// # Errors
    /// When there is no such dashboard.
    pub fn versions(&self, uid: &str) -> Result<Vec<VersionSummary>, Error> {
        let versions = self.store.ask(|kept| {
            let versions = kept.boards.get(uid)?;
            Some(versions.iter().rev().map(version_summary).collect())
        });
        match versions {
            Some(versions) => Ok(versions),
            // Those of files have the one version of their file.
            None => self.find(uid).map(|_| Vec::new()),
        }
    }

    /// A former version.
    ///
    /// # Errors
    /// When there is no such version, any more.
    pub fn version(&self, uid: &str, number: u64) -> Result<(VersionSummary, Dashboard), Error> {
        let found = self.store.ask(|kept| {
            let version = kept.boards.get(uid)?.iter().find(|v| v.number == number)?;
            Some((version_summary(version), version.body.clone()))
        });
        let (summary, body) = found.ok_or_else(|| {
            let message = format!("dashboard {} has no version {number}", shown(uid));
            Error::new(ErrorKind::NotFound, message)
        })?;
        Ok((summary, body.unpack()?.dashboard))
    }

    /// Saves a former version as the newest.
    ///
    /// # Errors
    /// As of [`Self::version`] and [`Self::save`].
    pub fn restore(&self, uid: &str, number: u64, act: &Act) -> Result<String, Error> {
        let (_, dashboard) = self.version(uid, number)?;
        let message = format!("restored from version {number}");
        let over = Over::Anything;
        self.save(Draft { dashboard, folder: None, message, over }, act)
    }

    /// Lets a user find a dashboard quickly, or no longer.
    ///
    /// # Errors
    /// When there is none, or the disk refuses.
    pub fn star(&self, user: &str, uid: &str, is_on: bool) -> Result<(), Error> {
        self.find(uid)?;
        self.store.star(user, uid, is_on)
    }

    /// All folders, by title.
    pub fn folders(&self) -> Vec<Folder> {
        let of_files = self.files().folders();
        let mut folders = self.store.ask(|kept| {
            let folder = |(uid, title): (&String, &String)| Folder {
                uid: uid.clone(),
                title: title.clone(),
                is_provisioned: false,
            };
            kept.folders.iter().map(folder).collect::<Vec<_>>()
        });
        folders.retain(|folder| of_files.iter().all(|file| file.uid != folder.uid));
        folders.extend(of_files);
        folders.sort_by(|a, b| (&a.title, &a.uid).cmp(&(&b.title, &b.uid)));
        folders
    }

    /// Makes a folder, or gives the one with this identity another title; gives its identity.
    ///
    /// # Errors
    /// When it is one of files, or cannot be kept.
    pub fn set_folder(&self, uid: Option<&str>, title: &str) -> Result<String, Error> {
        if let Some(uid) = uid {
            self.check_own_folder(uid)?;
        }
        self.store.set_folder(uid, title)
    }

    /// Deletes an empty folder.
    ///
    /// # Errors
    /// When there is none, it is not empty, one of files, or the disk refuses.
    pub fn delete_folder(&self, uid: &str) -> Result<(), Error> {
        self.check_own_folder(uid)?;
        self.store.delete_folder(uid)
    }

    /// Annotations that are wanted, by time.
    pub fn annotations(&self, wanted: &Wanted) -> Vec<Annotation> {
        self.store.ask(|kept| {
            let found = kept.annotations.values().filter(|annotation| wanted.covers(annotation));
            found.cloned().collect()
        })
    }

    /// Keeps an annotation; gives its identity.
    ///
    /// # Errors
    /// When it is too long or cannot be kept.
    pub fn annotate(&self, annotation: Annotation) -> Result<u64, Error> {
        self.store.annotate(annotation)
    }

    /// Deletes an annotation.
    ///
    /// # Errors
    /// When there is none, or the disk refuses.
    pub fn delete_annotation(&self, id: u64) -> Result<(), Error> {
        self.store.delete_annotation(id)
    }

    fn files(&self) -> Arc<Provisioned> {
        Arc::clone(&self.provisioned.read())
    }

    /// Does an identity belong to a file or to a shipped dashboard?
    fn is_foreign(&self, uid: &str) -> bool {
        self.files().find(uid).is_some() || self.is_shipped(uid)
    }

    fn is_shipped(&self, uid: &str) -> bool {
        self.built_in.iter().any(|(summary, _)| summary.uid == uid)
    }

    fn check_writable(&self, uid: &str) -> Result<(), Error> {
        let what = match self.files().find(uid) {
            Some(_) => "comes from a provisioned file; change the file or save a copy",
            None if self.is_shipped(uid) => "comes with Flyball; save a copy",
            None => return Ok(()),
        };
        let message = format!("dashboard {} {what}", shown(uid));
        Err(Error::new(ErrorKind::ReadOnly, message))
    }

    fn check_own_folder(&self, uid: &str) -> Result<(), Error> {
        if self.files().folders().iter().all(|folder| folder.uid != uid) {
            return Ok(());
        }
        let message = format!("folder {} is a folder of provisioned files", shown(uid));
        Err(Error::new(ErrorKind::ReadOnly, message))
    }

    fn star_all(&self, summaries: &mut [Summary], user: &str) {
        self.store.ask(|kept| {
            for summary in summaries {
                let star = (user.to_owned(), summary.uid.clone());
                summary.is_starred = kept.stars.contains(&star);
            }
        });
    }
}

impl Wanted {
    /// Is an annotation wanted?
    pub fn covers(&self, annotation: &Annotation) -> bool {
        let end_ms = annotation.end_ms.unwrap_or(annotation.at_ms);
        let is_inside = self.from_ms.is_none_or(|from| end_ms >= from)
            && self.to_ms.is_none_or(|to| annotation.at_ms <= to);
        let of_dashboard = |wanted: &String| {
            annotation.dashboard.as_ref().is_none_or(|dashboard| dashboard == wanted)
        };
        let is_there = self.dashboard.as_ref().is_none_or(of_dashboard)
            && self.panel.is_none_or(|panel| annotation.panel.is_none_or(|own| own == panel));
        is_inside && is_there && self.has_tags(&annotation.tags)
    }

    /// Are these the words that are asked for?
    pub fn has_tags(&self, tags: &[String]) -> bool {
        let mut wanted = self.tags.iter();
        if self.any_tag && !self.tags.is_empty() {
            wanted.any(|tag| tags.contains(tag))
        } else {
            wanted.all(|tag| tags.contains(tag))
        }
    }
}

fn summary_of(version: &Version) -> Summary {
    Summary {
        uid: version.uid.clone(),
        title: version.title.clone(),
        folder: version.folder.clone(),
        tags: version.tags.clone(),
        is_starred: false,
        origin: Origin::Kept,
        version: version.number,
        created: Some(Timestamp::from_ms(version.created_ms)),
        updated: Some(Timestamp::from_ms(version.at_ms)),
        author: version.author.clone(),
        message: version.message.clone(),
    }
}

fn version_summary(version: &Version) -> VersionSummary {
    VersionSummary {
        number: version.number,
        at: Timestamp::from_ms(version.at_ms),
        author: version.author.clone(),
        message: version.message.clone(),
        title: version.title.clone(),
    }
}
