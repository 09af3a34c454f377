//! The application built from `web/`: what it weighs and whom it asks.

use super::{BUILT, between, is_script, text};
use crate::{File, IS_APPLICATION, content_type};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Compressed bytes, styles included, that a browser loads to show a dashboard of time series with
/// annotations, and to show Explore with its editor.
const DASHBOARD_BYTES_MAX: usize = 90 * 1024;
const EXPLORE_BYTES_MAX: usize = 260 * 1024;

/// Vite's list of chunks by source; nothing where the application was not built.
fn chunks() -> Option<BTreeMap<String, Value>> {
    if !IS_APPLICATION {
        testkit::skip("size of the application", "built without npm, or with FLYBALL_UI=off");
        return None;
    }
    let path = concat!(env!("OUT_DIR"), "/dist/.vite/manifest.json");
    let text = std::fs::read_to_string(path).expect("the build wrote a list of chunks");
    Some(serde_json::from_str(&text).expect("the list is JSON"))
}

fn names<'a>(chunk: &'a Value, field: &str) -> impl Iterator<Item = &'a str> {
    chunk[field].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// Files that are loaded for a chunk: its own, its styles, and those of what it imports.
fn needed(chunks: &BTreeMap<String, Value>, name: &str, files: &mut BTreeSet<String>) {
    let chunk = &chunks[name];
    let own = chunk["file"].as_str().expect("a chunk has a file");
    if !files.insert(own.to_owned()) {
        return;
    }
    files.extend(names(chunk, "css").map(str::to_owned));
    for import in names(chunk, "imports") {
        needed(chunks, import, files);
    }
}

fn compressed_bytes(path: &str) -> usize {
    let file = BUILT.iter().find(|file| file.path == path).expect("the file is embedded");
    file.gzip.map_or(file.bytes.len(), <[u8]>::len)
}

/// Files of the frame and of a page, with those of its parts that are loaded as it is shown.
fn view(chunks: &BTreeMap<String, Value>, page: &str, parts: &[&str]) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    for name in ["index.html", page].iter().chain(parts) {
        assert!(chunks.contains_key(*name), "there is no chunk of {name}");
        needed(chunks, name, &mut files);
    }
    files
}

fn weight(files: &BTreeSet<String>) -> usize {
    files.iter().map(|file| compressed_bytes(file)).sum()
}

/// Is there code among the files that has these letters?
fn has(files: &BTreeSet<String>, letters: &str) -> bool {
    let mut scripts = BUILT.iter().filter(|file| files.contains(file.path) && is_script(file));
    scripts.any(|file| text(file).contains(letters))
}

#[test]
fn pages_stay_within_their_budgets() {
    let Some(chunks) = chunks() else { return };
    let files = view(&chunks, "src/pages/dashboard/page.tsx", &["src/dashboards/marks.ts"]);
    assert!(has(&files, "u-over"), "the drawing of time series is not counted");
    let bytes = weight(&files);
    assert!(bytes <= DASHBOARD_BYTES_MAX, "a dashboard: {bytes} bytes of {files:?}");
    let files = view(&chunks, "src/pages/dashboards/page.tsx", &[]);
    let bytes = weight(&files);
    assert!(bytes <= DASHBOARD_BYTES_MAX, "the list of dashboards: {bytes} bytes of {files:?}");
    let files = view(&chunks, "src/pages/explore/page.tsx", &["src/expression/codemirror.ts"]);
    assert!(has(&files, "u-over") && has(&files, "cm-content"), "the editor is not counted");
    let bytes = weight(&files);
    assert!(bytes <= EXPLORE_BYTES_MAX, "explore: {bytes} bytes of {files:?}");
}

#[test]
fn it_asks_nobody_else() {
    for file in BUILT.iter().filter(|file| content_type(file.path) != "image/svg+xml") {
        for address in between(text(file), "//", "\"").iter().filter(|rest| looks_like_host(rest)) {
            let is_name = address.starts_with("www.w3.org/");
            let is_help = is_script(file) && KNOWN_LINKS.iter().any(|l| address.starts_with(l));
            assert!(is_name || is_help, "{} names //{address}", file.path);
        }
        assert!(!text(file).contains("@import"), "{} imports styles", file.path);
    }
}

/// Addresses that scripts mention and never ask.
const KNOWN_LINKS: &[&str] = &[];

fn looks_like_host(rest: &str) -> bool {
    let host: String =
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-.".contains(*c)).collect();
    host.contains('.') && !host.starts_with('.') && !host.ends_with('.') && host.len() > 4
}

#[test]
fn its_own_scripts_never_make_markup_of_data() {
    let doors = ["document.write", "insertAdjacentHTML", "new Function(", "javascript:"];
    for script in BUILT.iter().filter(|file| is_script(file)) {
        for door in doors {
            assert!(!text(script).contains(door), "{} uses {door}", script.path);
        }
    }
}

#[test]
fn names_follow_the_content_and_large_texts_are_compressed() {
    for File { path, bytes, gzip, brotli } in BUILT {
        let is_hashed = path.starts_with("assets/");
        assert!(is_hashed || ["index.html", "icon.svg"].contains(path), "{path}");
        let compressed = [gzip, brotli].map(|form| form.map_or(bytes.len(), <[u8]>::len));
        if is_hashed && bytes.len() > 1024 {
            assert!(compressed.iter().all(|len| *len < bytes.len()), "{path}");
        }
    }
}
