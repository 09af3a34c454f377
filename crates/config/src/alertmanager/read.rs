//! Reads alertmanager.yml and checks what Alertmanager 0.34 checks when it loads one.
//! Routes inherit and receivers take what is global while they are read, so the result is complete.

mod global;
mod inhibit;
mod intervals;
mod labels;
mod receivers;
mod routes;

use super::{AlertmanagerFile, MatcherMode, Route, unsupported};
use crate::prometheus::read_tracing;
use crate::read::{Reader, Section};
use crate::{Error, Loaded, Outside};
use global::Global;
use std::collections::BTreeMap;

/// Reads a whole alertmanager.yml; `path` names it in messages and is where relative paths start.
///
/// # Errors
/// Everything that is wrong with it.
pub fn load(path: &str, text: &str) -> Result<Loaded<AlertmanagerFile>, Error> {
    load_in(MatcherMode::default(), path, text)
}

/// The same with other grammars of matchers.
///
/// # Errors
/// Everything that is wrong with it.
pub fn load_in(
    mode: MatcherMode,
    path: &str,
    text: &str,
) -> Result<Loaded<AlertmanagerFile>, Error> {
    let outside = Outside::nothing();
    let (reader, root) = Reader::open(path, text, &outside, unsupported::UNSUPPORTED)?;
    let file = reader.section(&root, "").map(|section| read_file(section, mode));
    reader.finish(file.unwrap_or_else(AlertmanagerFile::nothing), &root)
}

impl AlertmanagerFile {
    /// Stands in for a file whose problems are noted already.
    fn nothing() -> Self {
        Self {
            resolve_timeout: global::DEFAULT_RESOLVE_TIMEOUT,
            route: Route::root(),
            receivers: Vec::new(),
            inhibit_rules: Vec::new(),
            time_intervals: BTreeMap::new(),
            templates: Vec::new(),
        }
    }
}

fn read_file(file: Section<'_>, mode: MatcherMode) -> AlertmanagerFile {
    let global = file.section("global", "global").map(Global::read).unwrap_or_default();
    let receivers = receivers::read(&file, &global);
    let time_intervals = intervals::read(&file);
    let names = routes::Names {
        receivers: receivers.iter().map(|receiver| receiver.name.as_str()).collect(),
        intervals: time_intervals.keys().map(String::as_str).collect(),
    };
    let route = if let Some(node) = file.get("route").filter(|node| !node.is_null()) {
        routes::read(file.reader, node, &names, mode)
    } else {
        file.problem_here("the file needs a `route`");
        Route::root()
    };
    let inhibit_rules = inhibit::read(&file, mode);
    let templates = file.texts("templates").unwrap_or_default();
    if let Some(node) = file.get("tracing") {
        read_tracing(&file, node);
    }
    for key in ["event_recorder", "storage"] {
        // Not read at all: such a section may hold credentials.
        if let Some(node) = file.get(key).filter(|node| !node.is_null()) {
            file.reader.hide(node);
            file.reader.unsupported(file.key_place(key), key);
        }
    }
    let templates = templates.iter().map(|path| file.reader.join_directory(path)).collect();
    file.finish();
    let resolve_timeout = global.resolve_timeout;
    AlertmanagerFile { resolve_timeout, route, receivers, inhibit_rules, time_intervals, templates }
}

#[cfg(test)]
mod tests;
