//! The list of changes in docs/compat.md is the one that the oracle knows.

use conformance::Change;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/compat.md");
const BEGIN: &str =
    "<!-- changes since 2.42: written by `UPDATE_EXPECT=1 cargo test -p conformance` -->\n";
const END: &str = "<!-- end of changes -->";

fn list() -> String {
    let items = Change::ALL.iter().map(|change| format!("- {}\n", change.describe()));
    format!("\n{}\n", items.collect::<String>())
}

#[test]
fn the_list_in_the_documentation_is_the_oracles() {
    testkit::assert_page(PAGE, (BEGIN, END), &list());
}
