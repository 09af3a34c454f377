//! Dashboards of files that somebody else keeps: read-only, replaced as a whole when files change.
//! A file that is no dashboard costs only itself and is named. The shell reads the files.

use crate::body::Body;
use crate::dashboard::uid_of;
use crate::error::{Error, ErrorKind};
use crate::import::import;
use crate::json::shown;
use crate::library::{Folder, Origin, Summary};
use crate::report::Finding;
use crate::store::KEPT_BYTES_MAX;
use std::collections::BTreeMap;

/// Files that are read at most.
pub const FILES_MAX: usize = 2_000;

/// A file of a provisioned folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path, for messages.
    pub path: String,
    /// Name of the folder below the provisioned one that it lies in; empty: none.
    pub folder: String,
    /// Its content, or why it cannot be read.
    pub content: Result<Vec<u8>, String>,
}

/// A file that is no dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Its path.
    pub path: String,
    /// Why, in one line.
    pub message: String,
}

/// Dashboards of files.
#[derive(Clone, Debug, Default)]
pub struct Provisioned {
    boards: BTreeMap<String, Entry>,
    folders: BTreeMap<String, String>,
    troubles: Vec<Trouble>,
    bytes: usize,
}

#[derive(Clone, Debug)]
struct Entry {
    summary: Summary,
    body: Body,
    findings: Vec<Finding>,
    path: String,
}

impl Provisioned {
    /// Reads files; of two with one identity the first one counts.
    pub fn of(files: Vec<File>) -> Self {
        let mut provisioned = Self::default();
        for file in files {
            let path = file.path.clone();
            if let Err(error) = provisioned.add(file) {
                provisioned.troubles.push(Trouble { path, message: error.to_string() });
            }
        }
        provisioned
    }

    fn add(&mut self, file: File) -> Result<(), Error> {
        let content = file.content.map_err(Error::invalid)?;
        let imported = import(&content)?;
        let dashboard = imported.dashboard;
        let uid = dashboard.uid().map_or_else(|| uid_of(dashboard.title()), str::to_owned);
        if let Some(first) = self.boards.get(&uid) {
            let message = format!("{} has the identity {} already", first.path, shown(&uid));
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        let body = Body::pack(&dashboard)?;
        if self.boards.len() >= FILES_MAX || self.bytes + body.len() > KEPT_BYTES_MAX {
            let message = format!("more than {FILES_MAX} files or {KEPT_BYTES_MAX} bytes");
            return Err(Error::new(ErrorKind::Full, message));
        }
        self.bytes += body.len();
        let folder = match file.folder.as_str() {
            "" => String::new(),
            title => {
                let uid = uid_of(title);
                self.folders.insert(uid.clone(), title.to_owned());
                uid
            }
        };
        let summary = shipped(&uid, &dashboard, folder, Origin::Provisioned);
        let entry = Entry { summary, body, findings: imported.report, path: file.path };
        self.boards.insert(uid, entry);
        Ok(())
    }

    /// Files that are no dashboards.
    pub fn troubles(&self) -> &[Trouble] {
        &self.troubles
    }

    /// How many dashboards there are.
    pub fn len(&self) -> usize {
        self.boards.len()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.boards.is_empty()
    }

    pub(crate) fn summaries(&self) -> impl Iterator<Item = &Summary> {
        self.boards.values().map(|entry| &entry.summary)
    }

    pub(crate) fn find(&self, uid: &str) -> Option<(&Summary, &Body)> {
        self.boards.get(uid).map(|entry| (&entry.summary, &entry.body))
    }

    pub(crate) fn findings(&self, uid: &str) -> Option<&[Finding]> {
        self.boards.get(uid).map(|entry| entry.findings.as_slice())
    }

    pub(crate) fn folders(&self) -> Vec<Folder> {
        let folder = |(uid, title): (&String, &String)| Folder {
            uid: uid.clone(),
            title: title.clone(),
            is_provisioned: true,
        };
        self.folders.iter().map(folder).collect()
    }
}

/// What is known of a dashboard that nobody saved here.
pub(crate) fn shipped(
    uid: &str,
    dashboard: &crate::Dashboard,
    folder: String,
    origin: Origin,
) -> Summary {
    Summary {
        uid: uid.to_owned(),
        title: dashboard.title().to_owned(),
        folder,
        tags: dashboard.tags().map(str::to_owned).collect(),
        is_starred: false,
        origin,
        version: 1,
        created: None,
        updated: None,
        author: String::new(),
        message: String::new(),
    }
}
