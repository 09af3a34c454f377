//! A dashboard in the one form that is kept: classic JSON of schema version 41.
//! Made by `import` only, so whoever has one need not doubt its shape.

use crate::json::{Object, filled, list, text};
use serde_json::Value;
use std::fmt::Write as _;

/// Longest identity, as Grafana has it.
pub const UID_CHARS_MAX: usize = 40;
/// Longest title, in characters.
const TITLE_CHARS_MAX: usize = 200;
/// Most tags that are kept.
const TAGS_MAX: usize = 50;

/// A dashboard of schema version 41.
#[derive(Clone, Debug, PartialEq)]
pub struct Dashboard(Object);

impl Dashboard {
    /// Takes what the migrations made; the caller has migrated it.
    pub(crate) fn of(object: Object) -> Self {
        Self(object)
    }

    /// The JSON.
    pub fn json(&self) -> &Object {
        &self.0
    }

    /// The JSON, to be sent.
    pub fn into_json(self) -> Value {
        Value::Object(self.0)
    }

    /// Its title; never empty.
    pub fn title(&self) -> &str {
        filled(&self.0, "title").unwrap_or("Untitled")
    }

    /// Its identity, when it has one that can be used.
    pub fn uid(&self) -> Option<&str> {
        text(&self.0, "uid").filter(|uid| is_uid(uid))
    }

    /// The same dashboard under another identity.
    pub fn with_uid(mut self, uid: &str) -> Self {
        self.0.insert("uid".to_owned(), uid.into());
        self
    }

    /// The same dashboard with the number of its version.
    pub fn with_version(mut self, version: u64) -> Self {
        self.0.insert("version".to_owned(), version.into());
        self
    }

    /// Its tags.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        list(&self.0, "tags").iter().filter_map(Value::as_str).take(TAGS_MAX)
    }

    /// All panels with their paths, rows before the panels in them.
    pub fn panels(&self) -> Vec<(String, &Object)> {
        let mut found = Vec::new();
        for (index, panel) in list(&self.0, "panels").iter().enumerate() {
            let Some(panel) = panel.as_object() else { continue };
            let path = format!("panels[{index}]");
            found.push((path.clone(), panel));
            for (index, inner) in list(panel, "panels").iter().enumerate() {
                let Some(inner) = inner.as_object() else { continue };
                found.push((format!("{path}.panels[{index}]"), inner));
            }
        }
        found
    }

    /// Variables in their order.
    pub fn variables(&self) -> impl Iterator<Item = &Object> {
        let list = self.0.get("templating").and_then(|templating| templating.get("list"));
        let list = list.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        list.iter().filter_map(Value::as_object)
    }

    /// As a file, in the form that Grafana imports.
    pub fn to_file(&self) -> String {
        let mut file = self.0.clone();
        // Grafana takes a number for that of a row in its own database.
        file.insert("id".to_owned(), Value::Null);
        let mut text = serde_json::to_string_pretty(&file).expect("JSON objects become text");
        text.push('\n');
        text
    }
}

/// Can a text be the identity of a dashboard or folder?
pub fn is_uid(text: &str) -> bool {
    let is_good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    !text.is_empty() && text.len() <= UID_CHARS_MAX && text.chars().all(is_good)
}

/// An identity made of a title: `Node Exporter Full` becomes `node-exporter-full`.
pub fn uid_of(title: &str) -> String {
    let mut uid = String::new();
    for c in title.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => uid.push(c.to_ascii_lowercase()),
            _ if uid.is_empty() || uid.ends_with('-') => {}
            _ => uid.push('-'),
        }
        // Room for a number that makes it unique.
        if uid.len() == UID_CHARS_MAX - 6 {
            break;
        }
    }
    let uid = uid.trim_end_matches('-');
    if uid.is_empty() { "dashboard".to_owned() } else { uid.to_owned() }
}

/// The n-th identity for one that is taken.
pub(crate) fn numbered(uid: &str, number: usize) -> String {
    let mut numbered: String = uid.chars().take(UID_CHARS_MAX - 6).collect();
    write!(numbered, "-{number}").expect("writing to a text cannot fail");
    numbered
}

/// A title without what no title needs, not too long and never empty.
pub(crate) fn clean_title(title: &str) -> String {
    let words = title.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let clean: String = words.join(" ").chars().take(TITLE_CHARS_MAX).collect();
    if clean.is_empty() { "Untitled".to_owned() } else { clean }
}
