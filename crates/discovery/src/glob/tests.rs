use super::matches;

#[test]
fn patterns_as_go_reads_them() {
    for (pattern, name, expected) in [
        ("a.yml", "a.yml", true),
        ("a.yml", "b.yml", false),
        ("*.yml", "a.yml", true),
        ("*.yml", ".yml", true),
        ("*.yml", "a.yaml", false),
        ("a*b*c", "aXbYbZc", true),
        ("a*b*c", "aXbYbZ", false),
        ("*", "", true),
        ("", "", true),
        ("", "a", false),
        ("?", "ü", true),
        ("?", "", false),
        ("[a-c]x", "bx", true),
        ("[a-c]x", "dx", false),
        ("[^a-c]x", "dx", true),
        ("[\\]a]", "]", true),
        ("[-]", "-", false),
        ("[a-", "a", false),
        ("[", "a", false),
        ("[]a]", "]", false),
        ("[]", "]", false),
        ("a\\*", "a*", true),
        ("a\\*", "ab", false),
        ("\\", "\\", false),
        ("**", "abc", true),
        ("a[0-9]*.json", "a7-b.json", true),
    ] {
        assert_eq!(matches(pattern, name), expected, "{pattern:?} {name:?}");
    }
}

#[test]
fn stars_do_not_explode() {
    assert!(!matches(&format!("{}x", "a*".repeat(50)), &"a".repeat(5000)));
}

proptest::proptest! {
    #[test]
    fn any_pattern_and_name_end(pattern in "[a\\[\\]^*?\\\\-]{0,12}", name in "[a-c-]{0,8}") {
        let _answer = matches(&pattern, &name);
        proptest::prop_assert!(matches(&name.replace('\\', "\\\\"), &name) || name.contains('['));
    }
}
