use super::*;
use std::collections::BTreeSet;
use std::process::Command;

fn content(path: &str) -> &'static str {
    str::from_utf8(asset(path).expect("the file is there").bytes).expect("assets are UTF-8")
}

fn scripts() -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES.iter().filter(|(_, kind, _)| *kind == SCRIPT).map(|(name, _, text)| (*name, *text))
}

/// What stands between `before` and the next `after`, at every place.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split(after).next()).collect()
}

#[test]
fn unknown_paths_have_no_asset() {
    for path in ["/", "index", "assets/app.js", "APP.JS", "../src/lib.rs", "app.js/", "app.js?x"] {
        assert_eq!(asset(path), None, "{path}");
    }
}

#[test]
fn every_file_has_its_own_validator() {
    let tags: BTreeSet<_> =
        FILES.iter().map(|(name, ..)| asset(name).expect("listed").etag).collect();
    assert_eq!(tags.len(), FILES.len());
    assert!(tags.iter().all(|tag| tag.len() == 16 && tag.bytes().all(|b| b.is_ascii_hexdigit())));
    // Published test vectors of FNV-1a.
    assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
    assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
}

#[test]
fn files_name_only_files_that_are_there_and_all_are_used() {
    let mut used = BTreeSet::from(["index.html".to_owned()]);
    let page = content("index.html");
    for name in between(page, "src=\"", "\"").into_iter().chain(between(page, "href=\"", "\"")) {
        if !name.starts_with('#') && !name.starts_with("api/") && name != "metrics" {
            used.insert(name.to_owned());
        }
    }
    for (_, script) in scripts() {
        used.extend(between(script, " from \"./", "\"").into_iter().map(str::to_owned));
    }
    let there: BTreeSet<_> = FILES.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(used, there);
}

/// Addresses are relative, so that any route prefix works; the namespace of SVG is no address.
#[test]
fn the_page_asks_nobody_else_and_works_below_any_prefix() {
    for (name, _, text) in FILES {
        // The key that leads to the query box is no address either.
        let text = text.replace("http://www.w3.org/2000/svg", "").replace("key(\"/\")", "");
        for foreign in ["http://", "https://", "//cdn", "@import", "url("] {
            assert!(!text.contains(foreign), "{name} names {foreign}");
        }
        for absolute in ["=\"/", "(\"/", "`/", "\"/api", "'/"] {
            assert!(!text.contains(absolute), "{name} has an absolute address: {absolute}");
        }
    }
}

/// What the policy `script-src 'self'; style-src 'self'` would block, and what would let data
/// become markup.
#[test]
fn nothing_is_inline_and_data_never_becomes_markup() {
    let page = content("index.html");
    assert!(!page.contains("<style") && !page.contains(" style="), "no inline style");
    assert!(between(page, "<script", "</script>").iter().all(|script| script.ends_with('>')));
    for handler in [" onclick=", " onload=", " onerror=", "javascript:"] {
        assert!(!page.contains(handler), "{handler}");
    }
    for (name, text) in scripts() {
        for door in
            ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("]
        {
            assert!(!text.contains(door), "{name} uses {door}");
        }
        assert!(
            !text.contains("\"style\"") && !text.contains("style:"),
            "{name} sets a style text"
        );
    }
}

/// The page for builds without Node stays small: a fuller one is built elsewhere.
#[test]
fn the_page_stays_small() {
    let lines: usize = FILES.iter().map(|(_, _, text)| text.lines().count()).sum();
    let bytes: usize = FILES.iter().map(|(_, _, text)| text.len()).sum();
    assert!(lines <= 1650, "{lines} lines");
    assert!(bytes <= 80 * 1024, "{bytes} bytes");
}

#[test]
fn scripts_are_valid_modules() {
    let Some(node) = testkit::find_program("node") else {
        return testkit::skip("syntax of the page's scripts", "node is not installed");
    };
    for (name, _) in scripts() {
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
