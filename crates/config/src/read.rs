//! Reads nodes into values: every getter notes what is wrong and goes on, so that one pass finds
//! all problems of a file. Used by all loaders; knows no file format.
//! A null (`key:`) is the zero value of its type, not the default: that is what upstream does.

mod de;
mod redact;
mod section;

use crate::yaml::{self, Content, Node};
use crate::{Error, Loaded, Outside, Place, Problem, REDACTED, Warning};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

pub(crate) use de::from_node;
pub(crate) use redact::redact_url;
pub(crate) use section::{Section, unknown_choice};

/// Keys that are read and checked but not acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnsupportedKey {
    /// Path of the key: `scrape_configs.consul_sd_configs`.
    pub key: &'static str,
    /// What does not happen, in one sentence without full stop.
    pub effect: &'static str,
    /// Will it, one day?
    pub outlook: Outlook,
}

/// A row of a table of such keys: it will be acted on.
pub(crate) const fn later(key: &'static str, effect: &'static str) -> UnsupportedKey {
    UnsupportedKey { key, effect, outlook: Outlook::Later }
}

/// A row of a table of such keys: it will not be acted on.
pub(crate) const fn never(key: &'static str, effect: &'static str) -> UnsupportedKey {
    UnsupportedKey { key, effect, outlook: Outlook::Never }
}

/// What is to be expected of a key that is not acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// It is planned.
    Later,
    /// It is not: there is nothing here that it could set, or nobody is to build it.
    Never,
}

/// A value that the redacted form hides: its place, and whether it is a scalar, because a list
/// without indentation stands where its first element stands.
type Hidden = (Place, bool);

fn hidden(node: &Node) -> Hidden {
    (node.place, node.scalar().is_some())
}

/// One file being read.
pub(crate) struct Reader<'a> {
    pub(crate) file: &'a str,
    pub(crate) outside: &'a Outside<'a>,
    text: &'a str,
    unsupported: &'static [UnsupportedKey],
    /// What an unknown key is.
    unknown_keys: Cell<UnknownKeys>,
    notes: RefCell<Notes>,
}

/// What a key is that nobody asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownKeys {
    /// A problem.
    #[default]
    Refused,
    /// Nothing (`--ignore-unknown-fields`).
    Ignored,
}

#[derive(Default)]
struct Notes {
    problems: Vec<Problem>,
    warnings: Vec<Warning>,
    /// Values that the redacted form hides, and what stands in their places.
    secrets: HashMap<Hidden, &'static str>,
    /// Contents of files that were filled in; messages never repeat them.
    contents: Vec<String>,
}

impl<'a> Reader<'a> {
    /// Parses a file; further documents in it are noted and not read.
    pub(crate) fn open(
        file: &'a str,
        text: &'a str,
        outside: &'a Outside<'a>,
        unsupported: &'static [UnsupportedKey],
    ) -> Result<(Self, Node), Error> {
        let document = yaml::first_document(file, text)?;
        let (unknown_keys, notes) = Default::default();
        let reader = Self { file, outside, text, unsupported, unknown_keys, notes };
        if let Some(place) = document.next {
            let message = "only the first document of a file is read; this one is ignored";
            reader.warn(place, "---", message.into());
        }
        Ok((reader, document.root))
    }

    /// Notes a problem.
    pub(crate) fn problem(&self, place: Place, message: impl Into<String>) {
        let mut notes = self.notes.borrow_mut();
        // Twice the number shown: enough to sort, bounded for files that are wrong everywhere.
        if notes.problems.len() < 2 * crate::PROBLEMS_MAX {
            let hide = |message: String, content: &String| message.replace(content, REDACTED);
            let message = notes.contents.iter().fold(message.into(), hide);
            notes.problems.push(Problem::new(self.file, self.text, place, message));
        }
    }

    /// Problems noted so far.
    pub(crate) fn problem_count(&self) -> usize {
        self.notes.borrow().problems.len()
    }

    /// Says what unknown keys are from now on.
    pub(crate) fn treat_unknown_keys(&self, as_what: UnknownKeys) {
        self.unknown_keys.set(as_what);
    }

    /// Notes a warning about a key.
    pub(crate) fn warn(&self, place: Place, key: &str, message: String) {
        self.note(place, key, message, None);
    }

    fn note(&self, place: Place, key: &str, message: String, outlook: Option<Outlook>) {
        let (file, key) = (self.file.into(), key.into());
        let warning = Warning { file, place: Some(place), key, message, outlook };
        self.notes.borrow_mut().warnings.push(warning);
    }

    /// Notes that a key is accepted but not acted on; it stands in the table of such keys.
    pub(crate) fn unsupported(&self, place: Place, key: &'static str) {
        let entry = self.unsupported.iter().find(|entry| entry.key == key);
        debug_assert!(entry.is_some(), "`{key}` stands in the table of unsupported keys");
        let effect = entry.map_or("it has no effect", |entry| entry.effect);
        let outlook = entry.map_or(Outlook::Never, |entry| entry.outlook);
        let yet = if outlook == Outlook::Later { " yet" } else { "" };
        let name = key.rsplit('.').next().unwrap_or(key);
        let message = format!("`{name}` is not acted on{yet}: {effect}");
        self.note(place, key, message, Some(outlook));
    }

    /// Hides a value in the redacted form.
    pub(crate) fn hide(&self, node: &Node) {
        self.hide_as(node, REDACTED);
    }

    /// Hides a value behind other words.
    pub(crate) fn hide_as(&self, node: &Node, words: &'static str) {
        self.notes.borrow_mut().secrets.insert(hidden(node), words);
    }

    /// The content of a file that a value was made of: INV-70 holds for messages too.
    pub(crate) fn keep_out_of_messages(&self, content: &str) {
        if !content.is_empty() {
            self.notes.borrow_mut().contents.push(content.to_owned());
        }
    }

    /// The entries of a map node; a null is an empty map, anything else a problem.
    pub(crate) fn section<'s>(&'s self, node: &'s Node, path: &'static str) -> Option<Section<'s>> {
        Section::open(self, node, path)
    }

    /// A path as the file means it: relative ones start in the directory of the file.
    pub(crate) fn join_directory(&self, path: &str) -> String {
        let directory = match self.file.rsplit_once('/') {
            Some(("", _)) => "/",
            Some((directory, _)) => directory,
            None => return path.to_owned(),
        };
        if path.is_empty() || path.starts_with('/') {
            return path.to_owned();
        }
        format!("{}/{}", directory.trim_end_matches('/'), path.strip_prefix("./").unwrap_or(path))
    }

    /// A part of the file without the secrets that were found so far.
    pub(crate) fn shown(&self, node: &Node) -> String {
        redact::render(node, &self.notes.borrow().secrets)
    }

    /// Ends the reading: the configuration, or all problems.
    pub(crate) fn finish<T>(self, config: T, root: &Node) -> Result<Loaded<T>, Error> {
        let mut notes = self.notes.into_inner();
        if !notes.problems.is_empty() {
            return Err(Error::invalid(notes.problems));
        }
        notes.warnings.sort_by_key(|warning| warning.place);
        let redacted = redact::render(root, &notes.secrets);
        Ok(Loaded { config, warnings: notes.warnings, redacted })
    }

    /// Texts of a list with their nodes; null is an empty list.
    pub(crate) fn list_of_texts<'n>(&self, node: &'n Node, what: &str) -> Vec<(&'n Node, String)> {
        match &node.content {
            Content::List(items) => {
                let texts = items.iter().map(|item| (item, self.text(item, what)));
                texts.filter_map(|(item, text)| Some((item, text?))).collect()
            }
            Content::Scalar(_) if node.is_null() => Vec::new(),
            Content::Scalar(_) | Content::Map(_) => {
                self.problem(node.place, format!("`{what}` is a list, found {}", node.kind()));
                Vec::new()
            }
        }
    }

    /// Reads a node as text; any scalar is text as written.
    pub(crate) fn text(&self, node: &Node, what: &str) -> Option<String> {
        if node.is_null() {
            return Some(String::new());
        }
        let text = node.scalar().map(|scalar| scalar.text.clone());
        if text.is_none() {
            self.problem(node.place, format!("`{what}` is a text, found {}", node.kind()));
        }
        text
    }
}
