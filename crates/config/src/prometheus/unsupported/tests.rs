use super::UNSUPPORTED;
use std::path::Path;

const BEGIN: &str =
    "<!-- unsupported keys: written by `UPDATE_EXPECT=1 cargo test -p config` -->\n";
const END: &str = "<!-- end -->";

fn table() -> String {
    let rows = UNSUPPORTED.iter().map(|entry| format!("| `{}` | {} |\n", entry.key, entry.effect));
    let rows: Vec<String> = rows.collect();
    format!("\n| key | what does not happen |\n|---|---|\n{}\n", rows.concat())
}

#[test]
fn the_list_in_the_documentation_is_this_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/compat.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    if found != table() && std::env::var_os("UPDATE_EXPECT").is_some() {
        return std::fs::write(&path, [before, BEGIN, &table(), END, after].concat()).unwrap();
    }
    assert_eq!(found, table(), "run UPDATE_EXPECT=1 cargo test -p config");
}

#[test]
fn the_table_is_sorted_and_unique() {
    assert!(UNSUPPORTED.is_sorted_by(|a, b| a.key < b.key));
}

#[test]
fn effects_are_half_sentences() {
    for entry in UNSUPPORTED {
        assert!(!entry.effect.ends_with('.') && !entry.effect.is_empty(), "{}", entry.key);
    }
}
