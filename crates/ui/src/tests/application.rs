//! The application built from `web/`: what it weighs and whom it asks.

use super::{BUILT, between, is_script, text};
use crate::{File, IS_APPLICATION, content_type};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Compressed bytes that a browser loads to show dashboards, and to show Explore with its editor.
/// The aim for dashboards is 90 KiB; this is what they weigh with a little air, and only goes down.
const DASHBOARDS_BYTES_MAX: usize = 110 * 1024;
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

/// Compressed bytes of the frame and these chunks, without what is loaded later.
fn weight(chunks: &BTreeMap<String, Value>, names: &[&str]) -> usize {
    let mut files = BTreeSet::new();
    needed(chunks, "index.html", &mut files);
    for name in names.iter().filter(|name| chunks.contains_key(**name)) {
        needed(chunks, name, &mut files);
    }
    files.iter().map(|file| compressed_bytes(file)).sum()
}

#[test]
fn pages_stay_within_their_budgets() {
    let Some(chunks) = chunks() else { return };
    let dashboards = ["src/pages/dashboards/page.tsx", "src/pages/dashboard/page.tsx"];
    let bytes = weight(&chunks, &dashboards);
    assert!(bytes <= DASHBOARDS_BYTES_MAX, "dashboards: {bytes} bytes");
    // Explore with everything it loads later, the editor of queries included.
    let explore = "src/pages/explore/page.tsx";
    let mut parts = vec![explore];
    parts.extend(
        chunks.get(explore).map(|chunk| names(chunk, "dynamicImports")).into_iter().flatten(),
    );
    let bytes = weight(&chunks, &parts);
    assert!(bytes <= EXPLORE_BYTES_MAX, "explore: {bytes} bytes");
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
