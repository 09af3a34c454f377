//! Expressions behave as in Go's regexp package, anchored, with `.` matching newlines.

use model::Pattern;

#[track_caller]
fn check(expression: &str, matching: &[&str], others: &[&str]) {
    let pattern = Pattern::new(expression).unwrap();
    for text in matching {
        assert!(pattern.is_match(text), "/{expression}/ should match {text:?}");
    }
    for text in others {
        assert!(!pattern.is_match(text), "/{expression}/ should not match {text:?}");
    }
}

#[test]
fn expressions_are_anchored() {
    check("node", &["node"], &["node1", "anode", ""]);
    check("a|bc", &["a", "bc"], &["abc", "ac"]);
    check("a.|b", &["ax", "b"], &["xb", "axb"]);
}

#[test]
fn simple_forms_agree_with_the_compiled_ones() {
    check(".*", &["", "a\nb"], &[]);
    check(".+", &["a", "\n"], &[""]);
    check("api.*", &["api", "api\n1"], &["ap", "xapi"]);
    check("(api).*", &["api", "api\n1"], &["ap", "xapi"]);
    check("", &[""], &["a"]);
    check("a|", &["", "a"], &["b"]);
}

#[test]
fn perl_classes_are_ascii() {
    check(r"\d+", &["12"], &["٣", ""]);
    check(r"[\d.]+", &["1.2"], &["٣"]);
    check(r"\w+", &["a_1"], &["é"]);
    check(r"[^\W]+", &["a_1"], &["é", "-"]);
    check(r"a\sb", &["a b", "a\tb"], &["a\u{a0}b", "a\u{b}b"]);
}

#[test]
fn what_only_the_library_knows_is_plain_or_refused() {
    check(r"[a&&b]+", &["a&b"], &["c"]);
    check(r"[]a]+", &["]a"], &["b"]);
    check(r"[[:alpha:]]+", &["ab"], &["1"]);
    check(r"[a[]+", &["a["], &["b"]);
    check(r"\Qa.b\E+", &["a.b", "a.bb"], &["axb"]);
    assert!(Pattern::new(r"\u0041").is_err());
    assert!(Pattern::new(r"\").is_err());
    assert!(Pattern::new("a(").is_err());
}

#[test]
fn a_bracket_that_opens_a_class_does_not_close_it() {
    check(r"[]\d]+", &["]1"], &["[", "a"]);
    check(r"[]a&&b]+", &["]a&b"], &["c"]);
    check(r"[^]a&&b]+", &["c"], &["]", "&", "b"]);
    check(r"[^]\d]+", &["a["], &["]", "1"]);
    check(r"[^a\d]+", &["]b"], &["a", "1"]);
    check(r"[[:digit:]\d&]+", &["1&"], &[":", "["]);
    check(r"[a]\d&&b~~", &["a1&&b~~"], &["a1b"]);
    check(r"a[:]b]", &["a:b]"], &["a]b]"]);
}

#[test]
fn a_quotation_may_end_with_the_expression() {
    check(r"a\Q.+", &["a.+"], &["ab"]);
    check(r"\Q\E", &[""], &["E"]);
}

#[test]
fn a_search_is_bounded_like_a_match() {
    let source = |len: usize| "a|".repeat(len / 2 - 1) + &"a".repeat(2 + len % 2);
    assert!(Pattern::new(&source(1 << 20)).is_ok(), "a list of texts is not compiled");
    for error in [
        Pattern::new(&source((1 << 20) + 1)).unwrap_err().to_string(),
        model::search_pattern(&source((1 << 20) + 1)).unwrap_err().to_string(),
    ] {
        let cut = error.len() < 400;
        assert!(cut && error.contains("1048577 bytes long, at most 1048576"), "{}", error.len());
    }
    assert!(model::search_pattern("b").unwrap().is_match("abc"));
}

/// An error goes into logs, answers and pages, so it repeats the beginning only.
#[test]
fn an_error_repeats_the_beginning_of_a_long_expression() {
    let quoted = |text: String| {
        let error = Pattern::new(&text).unwrap_err().to_string();
        assert_eq!(error, model::search_pattern(&text).unwrap_err().to_string());
        let quoted = error.strip_prefix("cannot compile regular expression \"").unwrap();
        quoted.strip_suffix("\": unclosed group").unwrap().to_owned()
    };
    assert_eq!(quoted("(".to_owned() + &"ä".repeat(199)), format!("({}", "ä".repeat(199)));
    assert_eq!(quoted("(".to_owned() + &"ä".repeat(200)), format!("({}…", "ä".repeat(199)));
    assert_eq!(quoted("(".to_owned() + &"a".repeat(1 << 16)), format!("({}…", "a".repeat(199)));
}

#[test]
fn patterns_are_equal_when_their_expressions_are() {
    assert_eq!(Pattern::new("a|b").unwrap(), Pattern::new("a|b").unwrap());
    assert_ne!(Pattern::new("a|b").unwrap(), Pattern::new("b|a").unwrap());
}

#[test]
fn errors_are_one_line() {
    let error = Pattern::new("a(b").unwrap_err().to_string();
    assert_eq!(error, r#"cannot compile regular expression "a(b": unclosed group"#);
}

#[test]
fn hostile_sizes_are_refused() {
    assert!(Pattern::new(&"a".repeat(2 << 20)).is_err());
    assert!(Pattern::new("((a{100}){100}){100}").is_err());
}

/// Go's `Regexp.Expand`: names as long as possible, leading zeros make a name of a number.
#[test]
fn templates_are_filled_as_go_fills_them() {
    let filled =
        |expression, template| Pattern::new(expression).unwrap().expand("abc", template).unwrap();
    for (template, expected) in [
        ("$1-${2}", "a-bc"),
        ("$1x", ""),
        ("${1}x", "ax"),
        ("$0 $00 ${01}", "abc  "),
        ("$name", "bc"),
        ("$9$nobody", ""),
        ("$$1 $ ${1", "$1 $ ${1"),
        ("$-${}", "$-${}"),
    ] {
        assert_eq!(filled("(a)(?P<name>.*)", template), expected, "{template}");
    }
    // Expressions without a program of their own have the whole match only.
    assert_eq!(filled("ab.*", "$0$1$00"), "abc");
    assert_eq!(Pattern::new("x").unwrap().expand("abc", "$0"), None);
}

#[test]
fn literals_of_a_list_are_known() {
    let pattern = Pattern::new("b|a|b").unwrap();
    let literals: Vec<&str> = pattern.literals().unwrap().iter().map(|l| &**l).collect();
    assert_eq!(literals, ["a", "b"]);
    assert!(Pattern::new("a.c|b").unwrap().literals().is_none());
}

#[test]
fn what_a_pattern_holds_is_known_in_steps() {
    let bytes = |source: &str| Pattern::new(source).unwrap().compiled_bytes();
    for source in ["", "a", "a|b|c", "a.*", ".*", ".+"] {
        assert_eq!(bytes(source), 0, "{source}");
    }
    for source in ["a.b", "(a|b)+", "node-[0-9]+\\.example\\.com"] {
        assert_eq!(bytes(source), 64 << 10, "{source}");
    }
    assert_eq!(bytes("(\\pL{9}){9}"), 10 << 20);
    assert!(Pattern::new("((\\pL{99}){99}){9}").is_err());
}
