//! One map of a file: getters for its keys, and at the end the check for unknown ones.
//! The keys asked for are the keys known, so the list of hints can never be outdated.

use super::{Reader, UnknownKeys};
use crate::hint::did_you_mean;
use crate::yaml::{Content, Node};
use crate::{Place, Secret, SecretSource};
use model::units;
use std::cell::RefCell;
use std::time::Duration;

/// A map being read; [`Section::finish`] must be called at the end.
pub(crate) struct Section<'s> {
    pub(crate) reader: &'s Reader<'s>,
    pub(crate) place: Place,
    entries: &'s [(Node, Node)],
    asked: RefCell<Vec<&'static str>>,
}

impl<'s> Section<'s> {
    pub(super) fn open(reader: &'s Reader<'s>, node: &'s Node, path: &'static str) -> Option<Self> {
        let entries = match &node.content {
            Content::Map(entries) => entries.as_ref(),
            Content::Scalar(_) if node.is_null() => &[],
            Content::Scalar(_) | Content::List(_) => {
                let name = path.rsplit('.').next().filter(|name| !name.is_empty());
                let name = name.map_or("the file".to_owned(), |name| format!("`{name}`"));
                let message = format!("{name} is a map of keys, found {}", node.kind());
                reader.problem(node.place, message);
                return None;
            }
        };
        Some(Self { reader, place: node.place, entries, asked: RefCell::default() })
    }

    /// Notes a problem at the value of a key.
    pub(crate) fn problem(&self, key: &'static str, message: impl Into<String>) {
        self.reader.problem(self.place_of(key), message);
    }

    /// Notes a problem of the section as a whole.
    pub(crate) fn problem_here(&self, message: impl Into<String>) {
        self.reader.problem(self.place, message);
    }

    /// Value of a key, null included.
    pub(crate) fn get(&self, key: &'static str) -> Option<&'s Node> {
        self.asked.borrow_mut().push(key);
        self.find(key).map(|(_, value)| value)
    }

    fn find(&self, key: &str) -> Option<&'s (Node, Node)> {
        self.entries.iter().find(|(name, _)| name.scalar().is_some_and(|name| name.text == key))
    }

    /// Is the key there, null included? Does not make it known.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// Has the key a value that is not empty? Notes nothing and does not make it known.
    pub(crate) fn is_filled(&self, key: &str) -> bool {
        let filled = |node: &Node| node.scalar().is_none_or(|scalar| !scalar.text.is_empty());
        self.find(key).is_some_and(|(_, node)| !node.is_null() && filled(node))
    }

    /// Where the value of a key stands, else where the section stands.
    pub(crate) fn place_of(&self, key: &str) -> Place {
        self.find(key).map_or(self.place, |(_, value)| value.place)
    }

    /// Where a key stands, else where the section stands.
    pub(crate) fn key_place(&self, key: &str) -> Place {
        self.find(key).map_or(self.place, |(name, _)| name.place)
    }

    /// All entries, for maps whose keys are free.
    pub(crate) fn entries(&self) -> &'s [(Node, Node)] {
        self.entries
    }

    fn wrong<T>(&self, node: &Node, key: &str, expected: &str) -> Option<T> {
        let message = format!("`{key}` is {expected}, found {}", node.kind());
        self.reader.problem(node.place, message);
        None
    }

    /// A text; any scalar as written.
    pub(crate) fn text(&self, key: &'static str) -> Option<String> {
        self.reader.text(self.get(key)?, key)
    }

    /// A text that must not be empty to count.
    pub(crate) fn filled(&self, key: &'static str) -> Option<String> {
        self.text(key).filter(|text| !text.is_empty())
    }

    /// A path, joined with the directory of the file; an empty one is absent.
    pub(crate) fn path(&self, key: &'static str) -> Option<String> {
        self.filled(key).map(|path| self.reader.join_directory(&path))
    }

    /// A boolean.
    pub(crate) fn flag(&self, key: &'static str) -> Option<bool> {
        let node = self.get(key)?;
        if node.is_null() {
            return Some(false);
        }
        let value = node.scalar().and_then(crate::yaml::Scalar::bool);
        value.or_else(|| self.wrong(node, key, "`true` or `false`"))
    }

    /// A whole number within a range.
    pub(crate) fn number<T: TryFrom<i128> + Default>(&self, key: &'static str) -> Option<T> {
        let node = self.get(key)?;
        if node.is_null() {
            return Some(T::default());
        }
        match node.scalar().and_then(crate::yaml::Scalar::integer) {
            Some(value) => T::try_from(value).ok().or_else(|| {
                let message = format!("`{key}` cannot be {value}");
                self.reader.problem(node.place, message);
                None
            }),
            None => self.wrong(node, key, "a whole number"),
        }
    }

    /// A number of things, 0 for "no limit".
    pub(crate) fn limit(&self, key: &'static str) -> Option<u64> {
        self.number::<u64>(key).filter(|&limit| limit > 0)
    }

    /// A floating point number.
    pub(crate) fn float(&self, key: &'static str) -> Option<f64> {
        let node = self.get(key)?;
        if node.is_null() {
            return Some(0.0);
        }
        let value = node.scalar().and_then(crate::yaml::Scalar::float);
        value.or_else(|| self.wrong(node, key, "a number"))
    }

    /// A duration such as `1m30s`.
    pub(crate) fn duration(&self, key: &'static str) -> Option<Duration> {
        self.parsed(key, "a duration like `30s`", Duration::ZERO, units::parse_duration)
    }

    /// A size in bytes such as `15MB`; may be negative.
    pub(crate) fn size(&self, key: &'static str) -> Option<i64> {
        self.parsed(key, "a size like `512MB`", 0, units::parse_size)
    }

    /// A text that `parse` understands; `null` is the value of nothing.
    pub(crate) fn parsed<T, E: ToString>(
        &self,
        key: &'static str,
        expected: &str,
        null: T,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let node = self.get(key)?;
        if node.is_null() {
            return Some(null);
        }
        let Some(scalar) = node.scalar() else { return self.wrong(node, key, expected) };
        parse(&scalar.text)
            .map_err(|error| {
                self.reader.problem(node.place, format!("`{key}`: {}", error.to_string()));
            })
            .ok()
    }

    /// One of a few words, with a hint for the nearest one.
    pub(crate) fn choice<T: Copy>(
        &self,
        key: &'static str,
        choices: &[(&'static str, T)],
    ) -> Option<T> {
        let node = self.get(key)?;
        let text = self.reader.text(node, key)?;
        let found = choices.iter().find(|(name, _)| *name == text);
        if found.is_none() {
            self.problem(key, unknown_choice(key, &text, choices.iter().map(|(name, _)| *name)));
        }
        found.map(|(_, value)| *value)
    }

    /// Elements of a list; absent and null are empty.
    pub(crate) fn items(&self, key: &'static str) -> &'s [Node] {
        match self.get(key).map(|node| (&node.content, node)) {
            None => &[],
            Some((Content::List(items), _)) => items,
            Some((_, node)) if node.is_null() => &[],
            Some((_, node)) => {
                self.wrong::<()>(node, key, "a list");
                &[]
            }
        }
    }

    /// A list of texts; null is an empty list.
    pub(crate) fn texts(&self, key: &'static str) -> Option<Vec<String>> {
        self.get(key)?;
        let items = self.items(key).iter();
        Some(items.filter_map(|item| self.reader.text(item, key)).collect())
    }

    /// A section below this one; absent and null are `None`.
    pub(crate) fn section(&self, key: &'static str, path: &'static str) -> Option<Section<'s>> {
        let node = self.get(key).filter(|node| !node.is_null())?;
        Section::open(self.reader, node, path)
    }

    /// A map with free keys and text values, in the order of the file.
    pub(crate) fn text_map(&self, key: &'static str, path: &'static str) -> Vec<(String, String)> {
        let Some(section) = self.section(key, path) else { return Vec::new() };
        let pairs = section.entries.iter().filter_map(|(name, value)| {
            Some((name.scalar()?.text.clone(), self.reader.text(value, key)?))
        });
        pairs.collect()
    }

    /// A text that is never shown; an empty one is absent.
    pub(crate) fn secret(&self, key: &'static str) -> Option<Secret> {
        let node = self.get(key)?;
        self.reader.hide(node);
        let text = self.reader.text(node, key).filter(|text| !text.is_empty())?;
        Some(Secret::new(text))
    }

    /// Other words for a value that is never shown.
    pub(crate) fn hide_as(&self, key: &'static str, words: &'static str) {
        if let Some(node) = self.get(key) {
            self.reader.hide_as(node, words);
        }
    }

    /// A secret or the path of its file; naming both is a problem.
    pub(crate) fn secret_or_file(
        &self,
        key: &'static str,
        file_key: &'static str,
    ) -> Option<SecretSource> {
        let (inline, file) = (self.secret(key), self.path(file_key));
        if inline.is_some() && file.is_some() {
            self.problem(file_key, format!("at most one of `{key}` and `{file_key}` may be set"));
        }
        inline.map(SecretSource::Inline).or(file.map(SecretSource::File))
    }

    /// Notes every key that nobody asked for.
    pub(crate) fn finish(self) {
        if self.reader.unknown_keys.get() == UnknownKeys::Ignored {
            return;
        }
        let asked = self.asked.into_inner();
        for (name, _) in self.entries {
            let text = name.scalar().map_or("", |name| name.text.as_str());
            if !asked.contains(&text) {
                let hint = did_you_mean(text, asked.iter().copied());
                self.reader.problem(name.place, format!("unknown key `{text}`{hint}"));
            }
        }
    }
}

/// `key` is not a known word: names the nearest one or all of them.
pub(crate) fn unknown_choice(
    key: &str,
    found: &str,
    choices: impl Iterator<Item = &'static str> + Clone,
) -> String {
    let hint = did_you_mean(found, choices.clone());
    let named = choices.filter(|name| !name.is_empty());
    let list: Vec<String> = named.map(|name| format!("`{name}`")).collect();
    let list = list.join(", ");
    format!("`{key}` cannot be {}; expected one of {list}{hint}", model::quote(found))
}
