use super::UNSUPPORTED;

#[test]
fn the_list_in_the_documentation_is_this_table() {
    let rows = UNSUPPORTED.iter().map(|entry| format!("| `{}` | {} |\n", entry.key, entry.effect));
    let rows: Vec<String> = rows.collect();
    let table = format!("\n| key | what does not happen |\n|---|---|\n{}\n", rows.concat());
    let marks = (
        "<!-- unsupported alertmanager keys: written by `UPDATE_EXPECT=1 cargo test -p config` -->\n",
        "<!-- end of unsupported alertmanager keys -->",
    );
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/compat.md");
    testkit::assert_page(page, marks, &table);
}

#[test]
fn the_table_is_sorted_and_its_effects_are_half_sentences() {
    assert!(UNSUPPORTED.is_sorted_by(|a, b| a.key < b.key));
    for entry in UNSUPPORTED {
        assert!(!entry.effect.ends_with('.') && !entry.effect.is_empty(), "{}", entry.key);
    }
}
