//! Lists of label names and the three ways to write matchers: `match`, `match_re`, `matchers`.
//! Shared by routes and inhibition rules.

use crate::alertmanager::MatcherMode;
use crate::read::Section;
use model::{MatchOp, Matcher, MatcherError};
use std::collections::BTreeMap;

/// Keys of one set of matchers.
#[derive(Clone, Copy)]
pub(super) struct MatcherKeys {
    pub(super) equal: &'static str,
    pub(super) regex: &'static str,
    pub(super) list: &'static str,
}

/// All matchers of a section, sorted as upstream sorts them: by name, value, operator.
pub(super) fn matchers(
    section: &Section<'_>,
    keys: MatcherKeys,
    mode: MatcherMode,
) -> Vec<Matcher> {
    let mut matchers = Vec::new();
    for (key, op) in [(keys.equal, MatchOp::Equal), (keys.regex, MatchOp::Regex)] {
        matchers_of_map(section, key, op, &mut matchers);
    }
    matchers.extend(matcher_list(section, keys.list, mode));
    sorted(matchers)
}

/// A list of texts, each of which may hold several matchers.
pub(super) fn matcher_list(
    section: &Section<'_>,
    key: &'static str,
    mode: MatcherMode,
) -> Vec<Matcher> {
    let reader = section.reader;
    let mut matchers = Vec::new();
    for item in section.items(key) {
        let Some(text) = reader.text(item, key) else { continue };
        match mode.noted_matchers(&text) {
            Ok(noted) => {
                if let Some(note) = noted.note {
                    let message = format!("matcher {}: {note}", model::quote(&text));
                    reader.warn(item.place, key, message);
                }
                matchers.extend(noted.matchers);
            }
            Err(error) => reader.problem(item.place, error),
        }
    }
    sorted(matchers)
}

fn sorted(mut matchers: Vec<Matcher>) -> Vec<Matcher> {
    matchers.sort_by(|a, b| (a.name(), a.value(), a.op()).cmp(&(b.name(), b.value(), b.op())));
    matchers
}

/// `match: {name: value}`: the old form, with names of the legacy alphabet.
fn matchers_of_map(
    section: &Section<'_>,
    key: &'static str,
    op: MatchOp,
    matchers: &mut Vec<Matcher>,
) {
    let reader = section.reader;
    let Some(map) = section.section(key, key) else { return };
    for (name, value) in map.entries() {
        let label = name.scalar().map_or("", |name| name.text.as_str());
        let Some(text) = reader.text(value, label) else { continue };
        if !model::is_legacy_label_name(label) {
            let message = format!("{} is no valid label name", model::quote(label));
            reader.problem(name.place, message);
        } else if op == MatchOp::Regex && value.is_null() {
            reader.problem(value.place, format!("`{key}` has no expression for `{label}`"));
        } else {
            match old_matcher(op, label, &text) {
                Ok(matcher) => matchers.push(matcher),
                Err(error) => reader.problem(value.place, error.to_string()),
            }
        }
    }
}

/// Expressions of the old form carry their anchors, as upstream's group keys and drawings show
/// them.
fn old_matcher(op: MatchOp, label: &str, text: &str) -> Result<Matcher, MatcherError> {
    let matcher = Matcher::new(op, label, text)?;
    match op {
        MatchOp::Regex => Matcher::new(op, label, &format!("^(?:{text})$")),
        MatchOp::Equal | MatchOp::NotEqual | MatchOp::NotRegex => Ok(matcher),
    }
}

/// A list of label names, none of them empty. The name `...` is for the caller to judge.
pub(super) fn names(section: &Section<'_>, key: &'static str, mode: MatcherMode) -> Vec<String> {
    let names = section.items(key).iter().filter_map(|item| {
        let name = section.reader.text(item, key)?;
        if name.is_empty() {
            section.reader.problem(item.place, "a label name cannot be empty");
        } else if name != "..." && !mode.takes_name(&name) {
            let message = format!("{} is no valid label name", model::quote(&name));
            section.reader.problem(item.place, message);
        }
        Some(name)
    });
    names.collect()
}

/// Labels with their values.
pub(super) fn labels(section: &Section<'_>) -> BTreeMap<String, String> {
    let Some(map) = section.section("labels", "labels") else { return BTreeMap::new() };
    if let Some((name, _)) =
        map.entries().iter().find(|(name, _)| name.scalar().is_none_or(|name| name.text.is_empty()))
    {
        section.reader.problem(name.place, "a label name cannot be empty");
    }
    section.text_map("labels", "labels").into_iter().collect()
}
