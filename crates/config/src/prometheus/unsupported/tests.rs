use super::UNSUPPORTED;

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
