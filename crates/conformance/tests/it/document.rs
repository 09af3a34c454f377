//! The list of changes in docs/compat.md is the one that the oracle knows.

use conformance::Change;
use std::path::Path;

const BEGIN: &str =
    "<!-- changes since 2.42: written by `UPDATE_EXPECT=1 cargo test -p conformance` -->\n";
const END: &str = "<!-- end of changes -->";

fn list() -> String {
    let items = Change::ALL.iter().map(|change| format!("- {}\n", change.describe()));
    format!("\n{}\n", items.collect::<String>())
}

#[test]
fn the_list_in_the_documentation_is_the_oracles() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/compat.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    if found != list() && std::env::var_os("UPDATE_EXPECT").is_some() {
        return std::fs::write(&path, [before, BEGIN, &list(), END, after].concat()).unwrap();
    }
    assert_eq!(found, list(), "run UPDATE_EXPECT=1 cargo test -p conformance");
}
