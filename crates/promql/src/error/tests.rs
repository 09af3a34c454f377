use super::*;
use expect_test::{Expect, expect};

#[expect(clippy::needless_pass_by_value, reason = "reads as a table")]
fn check(source: &str, expect: Expect) {
    expect.assert_eq(&crate::parse(source).unwrap_err().render(source));
}

#[test]
fn the_wrong_part_is_under_carets() {
    check(
        "sum(rate(up))",
        expect![[r#"
            1:10: parse error: expected type range vector in call to function "rate", got instant vector
              | sum(rate(up))
              |          ^^
            did you mean `rate(up[5m])`?
        "#]],
    );
}

#[test]
fn the_right_line_of_many_is_shown_and_tabs_stay() {
    check(
        "sum(\n\tup{job=node}\n)",
        expect![[r#"
            2:9: parse error: unexpected identifier "node" in label matching, expected string
              | 	up{job=node}
              | 	       ^^^^
            did you mean `"node"`?
        "#]],
    );
}

#[test]
fn columns_count_bytes_and_carets_count_characters() {
    check(
        "\"日本\" + é",
        expect![[r#"
            1:12: parse error: unexpected character: 'é'
              | "日本" + é
              |        ^
        "#]],
    );
}

#[test]
fn the_end_of_a_text_has_a_place_too() {
    check(
        "up +\n",
        expect![[r"
            2:1: parse error: unexpected end of input
              | 
              | ^
        "]],
    );
    check(
        "",
        expect![[r"
            1:1: parse error: no expression found in input
              | 
              | ^
        "]],
    );
}

#[test]
fn long_lines_are_cut_around_the_place() {
    let source = format!("{} + $ + {}", "a".repeat(200), "b".repeat(200));
    check(
        &source,
        expect![[r"
            1:204: parse error: unexpected character: '$'
              | …aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa + $ + bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb…
              |                                          ^
        "]],
    );
}

#[test]
fn a_place_beyond_the_text_is_shown_at_its_end() {
    let error = ParseError::new(ErrorKind::Syntax, "a\nb", Place { start: 9, end: 12 }, "odd");
    assert_eq!(error.render("a\nb"), "2:2: parse error: odd\n  | b\n  |  ^\n");
    let error = ParseError::new(ErrorKind::Syntax, "é", Place { start: 1, end: 1 }, "odd");
    assert_eq!(error.render("é"), "1:2: parse error: odd\n  | é\n  | ^\n");
}
