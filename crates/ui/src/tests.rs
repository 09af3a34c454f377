//! Properties of the page that is embedded, whichever it is; the rest apart for each of the two.

use super::*;

mod application;
mod small;

/// What stands between `before` and the next `after`, at every place.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split(after).next()).collect()
}

fn text(file: &File) -> &'static str {
    str::from_utf8(file.bytes).expect("texts are UTF-8")
}

fn is_script(file: &File) -> bool {
    content_type(file.path).starts_with("text/javascript")
}

/// Both pages, the application only where it was built.
fn all_files() -> impl Iterator<Item = &'static File> {
    SMALL.iter().chain(BUILT)
}

#[test]
fn unknown_paths_have_no_asset() {
    for path in ["/", "index", "assets", "APP.JS", "../src/lib.rs", "index.html/", "app.js?x"] {
        assert_eq!(asset(path), None, "{path}");
    }
}

#[test]
fn validators_change_with_the_content() {
    // Published test vectors of FNV-1a.
    assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
    assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    for file in all_files() {
        let tag = describe(file).etag;
        assert!(tag.len() == 16 && tag.bytes().all(|b| b.is_ascii_hexdigit()), "{}", file.path);
        let others = all_files().filter(|other| other.bytes != file.bytes);
        assert!(others.map(|other| describe(other).etag).all(|other| other != tag));
    }
}

#[test]
fn every_file_has_a_media_type_that_browsers_accept() {
    for file in all_files() {
        assert_ne!(content_type(file.path), "application/octet-stream", "{}", file.path);
    }
    assert_eq!(content_type("no-ending"), "application/octet-stream");
}

/// What the policy `script-src 'self'; style-src 'self'` would block.
#[test]
fn nothing_is_inline() {
    for page in all_files().filter(|file| file.path == "index.html").map(text) {
        assert!(!page.contains("<style") && !page.contains(" style="), "no inline style");
        assert!(between(page, "<script", "</script>").iter().all(|script| script.ends_with('>')));
        for handler in [" onclick=", " onload=", " onerror=", "javascript:"] {
            assert!(!page.contains(handler), "{handler}");
        }
    }
}
