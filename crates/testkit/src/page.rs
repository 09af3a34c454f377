//! Parts of pages that tests write: what they found out stands in the documentation.

use std::path::Path;

/// Compares the part of a page between two marks; rewrites it when `UPDATE_EXPECT` is set. Panics
/// when it differs, or when the page or a mark is missing.
pub fn assert_page(page: impl AsRef<Path>, (begin, end): (&str, &str), expected: &str) {
    let page = page.as_ref();
    let text = std::fs::read_to_string(page)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", page.display()));
    let parts = text.split_once(begin).and_then(|(before, rest)| {
        rest.split_once(end).map(|(found, after)| (before, found, after))
    });
    let Some((before, found, after)) = parts else {
        panic!("{}: no part between {begin:?} and {end:?}", page.display());
    };
    if found != expected && std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(page, [before, begin, expected, end, after].concat())
            .unwrap_or_else(|error| panic!("cannot write {}: {error}", page.display()));
    } else {
        assert_eq!(found, expected, "{} is behind; set UPDATE_EXPECT=1", page.display());
    }
}
