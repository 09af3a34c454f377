//! A YAML text as a tree of nodes that remember their places; the raw form of every file.
//! Built from granit-parser's events (the parser below serde-saphyr), read through `read`.
//! Bounded: 16 MiB of text, 64 levels, a million nodes after aliases are followed.

mod compose;
mod scalar;

use crate::Place;
use std::sync::Arc;

pub(crate) use compose::{first_document, only_document};
pub(crate) use scalar::{Scalar, Style};

/// What a file holds.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) root: Node,
    /// Where a second document begins, if there is one.
    pub(crate) next: Option<Place>,
}

/// One node with its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) content: Content,
    /// Does a scalar stand in the file letter by letter, on one line?
    pub(crate) verbatim: bool,
    /// Nodes below and including this one, aliases followed; bounded by the composer.
    weight: usize,
    /// Levels of nodes, 1 for a scalar.
    height: usize,
}

/// What a node holds; collections are shared by all aliases of the node.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Scalar(Arc<Scalar>),
    List(Arc<[Node]>),
    /// Entries in the order of the file, keys unique, merge keys resolved.
    Map(Arc<[(Node, Node)]>),
}

impl Node {
    /// An absent value: `key:` without anything, `~` or `null`.
    pub(crate) fn is_null(&self) -> bool {
        match &self.content {
            Content::Scalar(scalar) => scalar.is_null(),
            Content::List(_) | Content::Map(_) => false,
        }
    }

    pub(crate) fn scalar(&self) -> Option<&Scalar> {
        match &self.content {
            Content::Scalar(scalar) => Some(scalar),
            Content::List(_) | Content::Map(_) => None,
        }
    }

    /// What the node is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.content {
            Content::Scalar(scalar) => scalar.kind(),
            Content::List(_) => "a list",
            Content::Map(_) => "a map",
        }
    }

    /// The same node with other content, at the same place.
    pub(crate) fn with_content(&self, content: Content) -> Self {
        Self { content, ..self.clone() }
    }

    /// The same tree without the entries and elements whose value stands at a place.
    pub(crate) fn without(&self, place: Place) -> Self {
        let content = match &self.content {
            Content::Scalar(_) => self.content.clone(),
            Content::List(items) => {
                let others = items.iter().filter(|item| item.place != place);
                Content::List(others.map(|item| item.without(place)).collect())
            }
            Content::Map(entries) => {
                let others = entries.iter().filter(|(_, value)| value.place != place);
                let others = others.map(|(key, value)| (key.clone(), value.without(place)));
                Content::Map(others.collect())
            }
        };
        self.with_content(content)
    }

    /// A node that stands in no file: a default that is shown.
    pub(crate) fn made_up(content: Content) -> Self {
        let place = Place { line: 0, column: 0 };
        Self { place, content, verbatim: false, weight: 1, height: 1 }
    }

    /// A made-up text, which stays one when it looks like a number.
    pub(crate) fn made_up_text(text: &str) -> Self {
        let scalar = Scalar { text: text.into(), style: Style::Quoted, forced_text: false };
        Self::made_up(Content::Scalar(Arc::new(scalar)))
    }

    /// A made-up boolean.
    pub(crate) fn made_up_flag(value: bool) -> Self {
        let text = if value { "true" } else { "false" };
        let scalar = Scalar { text: text.into(), style: Style::Plain, forced_text: false };
        Self::made_up(Content::Scalar(Arc::new(scalar)))
    }

    /// Entries of a map; none when the node is something else.
    pub(crate) fn entries(&self) -> &[(Self, Self)] {
        match &self.content {
            Content::Map(entries) => entries,
            Content::Scalar(_) | Content::List(_) => &[],
        }
    }

    /// Elements of a list; none when the node is something else.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.content {
            Content::List(items) => items,
            Content::Scalar(_) | Content::Map(_) => &[],
        }
    }

    /// The map with other values for some keys; keys that are missing come first, in this order.
    pub(crate) fn with_entries(&self, changes: Vec<(&str, Self)>) -> Self {
        let mut entries = self.entries().to_vec();
        let mut missing = Vec::new();
        for (name, value) in changes {
            let is_key =
                |(key, _): &&mut (Self, Self)| key.scalar().is_some_and(|k| k.text == name);
            match entries.iter_mut().find(is_key) {
                Some(entry) => entry.1 = value,
                None => missing.push((Self::made_up_text(name), value)),
            }
        }
        missing.append(&mut entries);
        self.with_content(Content::Map(missing.into()))
    }

    /// Value of a key, when the node is a map that has it.
    pub(crate) fn value(&self, key: &str) -> Option<&Self> {
        let Content::Map(entries) = &self.content else { return None };
        let is_key = |(name, _): &&(Self, Self)| name.scalar().is_some_and(|n| n.text == key);
        entries.iter().find(is_key).map(|(_, value)| value)
    }

    /// Place of the value that a path of keys leads to, as far as it leads.
    pub(crate) fn place_below(&self, path: &[&str]) -> Place {
        let mut node = self;
        for key in path {
            let Some(below) = node.value(key) else { break };
            node = below;
        }
        node.place
    }

    /// An empty map at the beginning of the file: what an empty file means.
    pub(crate) fn empty_map() -> Self {
        let content = Content::Map(Arc::from([]));
        Self { place: Place::START, content, verbatim: true, weight: 1, height: 1 }
    }
}
