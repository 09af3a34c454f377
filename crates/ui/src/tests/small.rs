//! The page for builds without Node: hand-written, small, whole.

use super::{SMALL, between, is_script, text};
use crate::File;
use std::collections::BTreeSet;
use std::process::Command;

fn scripts() -> impl Iterator<Item = &'static File> {
    SMALL.iter().filter(|file| is_script(file))
}

#[test]
fn files_name_only_files_that_are_there_and_all_are_used() {
    let mut used = BTreeSet::from(["index.html".to_owned()]);
    let page = text(SMALL.iter().find(|file| file.path == "index.html").expect("listed"));
    for name in between(page, "src=\"", "\"").into_iter().chain(between(page, "href=\"", "\"")) {
        if !name.starts_with('#') && !name.starts_with("api/") && name != "metrics" {
            used.insert(name.to_owned());
        }
    }
    for script in scripts() {
        used.extend(between(text(script), " from \"./", "\"").into_iter().map(str::to_owned));
    }
    let there: BTreeSet<_> = SMALL.iter().map(|file| file.path.to_owned()).collect();
    assert_eq!(used, there);
}

/// Addresses are relative, so that any route prefix works; the namespace of SVG is no address.
#[test]
fn it_asks_nobody_else_and_works_below_any_prefix() {
    for file in SMALL {
        let name = file.path;
        // The key that leads to the query box is no address either.
        let text = text(file).replace("http://www.w3.org/2000/svg", "").replace("key(\"/\")", "");
        for foreign in ["http://", "https://", "//cdn", "@import", "url("] {
            assert!(!text.contains(foreign), "{name} names {foreign}");
        }
        for absolute in ["=\"/", "(\"/", "`/", "\"/api", "'/"] {
            assert!(!text.contains(absolute), "{name} has an absolute address: {absolute}");
        }
    }
}

#[test]
fn data_never_becomes_markup() {
    for script in scripts() {
        let (name, text) = (script.path, text(script));
        for door in
            ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("]
        {
            assert!(!text.contains(door), "{name} uses {door}");
        }
        let sets_style = text.contains("\"style\"") || text.contains("style:");
        assert!(!sets_style, "{name} sets a style text");
    }
}

#[test]
fn it_stays_small() {
    let lines: usize = SMALL.iter().map(|file| text(file).lines().count()).sum();
    let bytes: usize = SMALL.iter().map(|file| file.bytes.len()).sum();
    assert!(lines <= 1650, "{lines} lines");
    assert!(bytes <= 80 * 1024, "{bytes} bytes");
}

#[test]
fn scripts_are_valid_modules() {
    let Some(node) = testkit::find_program("node") else {
        return testkit::skip("syntax of the page's scripts", "node is not installed");
    };
    for script in scripts() {
        let name = script.path;
        let file = format!("{}/assets/{name}", env!("CARGO_MANIFEST_DIR"));
        let source = std::fs::File::open(&file).expect("the file was compiled in");
        let checked = Command::new(&node)
            .args(["--input-type=module", "--check"])
            .stdin(source)
            .output()
            .expect("node starts");
        let complaint = String::from_utf8_lossy(&checked.stderr).into_owned();
        assert!(checked.status.success(), "{name}: {complaint}");
    }
}
