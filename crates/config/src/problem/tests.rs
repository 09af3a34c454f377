use super::{Place, Problem, lines, text_of};
use expect_test::{Expect, expect};

fn check(text: &str, line: usize, column: usize, expected: &Expect) {
    let problem = Problem::new("f.yml", text, Place { line, column }, "wrong".into());
    expected.assert_eq(&problem.to_string());
}

#[test]
fn the_caret_stands_below_the_column() {
    check(
        "a: 1\n  b: x # why\n",
        2,
        3,
        &expect![[r"
        f.yml:2:3: wrong
          2 |   b: x # why
            |   ^"]],
    );
}

#[test]
fn lines_end_as_yaml_says() {
    check(
        "a: 1\r\nb: 2\rc: 3\r\rd: 4\n",
        5,
        1,
        &expect![[r"
        f.yml:5:1: wrong
          5 | d: 4
            | ^"]],
    );
}

#[test]
fn every_line_break_begins_a_line_also_the_last() {
    for (text, count) in [
        ("", 1),
        ("a", 1),
        ("a\n", 2),
        ("a\r\n", 2),
        ("a\r", 2),
        ("\r\r", 3),
        ("\r\r\n", 3),
        ("\n\r\n\r", 4),
    ] {
        assert_eq!(lines(text).count(), count, "{text:?}");
    }
    assert_eq!(lines("a\rb\r\nc\nd").collect::<Vec<_>>(), ["a", "b", "c", "d"]);
}

#[test]
fn places_outside_the_text_have_no_excerpt() {
    check("a: 1", 9, 1, &expect!["f.yml:9:1: wrong"]);
    check("", 1, 1, &expect!["f.yml:1:1: wrong"]);
    check("a: 1", 0, 0, &expect!["f.yml:0:0: wrong"]);
    check("a: \u{1b}[31m", 1, 1, &expect!["f.yml:1:1: wrong"]);
}

#[test]
fn inv_70_a_line_with_a_secret_is_cut() {
    check(
        "  pasword: hunter2",
        1,
        3,
        &expect![[r"
        f.yml:1:3: wrong
          1 |   pasword: ...
            |   ^"]],
    );
    check("basic_auth: {password: hunter2, usr: x}", 1, 33, &expect!["f.yml:1:33: wrong"]);
    check("- c2VjcmV0IGtleSBtYXRlcmlhbA==", 1, 3, &expect!["f.yml:1:3: wrong"]);
    check(
        "url: https://me:hunter2@host/",
        1,
        6,
        &expect![[r"
        f.yml:1:6: wrong
          1 | url: https: ...
            |      ^"]],
    );
}

#[test]
fn the_first_byte_that_is_no_utf_8_has_a_place() {
    let place = |bytes: &[u8]| text_of("f.yml", bytes.to_vec()).unwrap_err().place;
    assert_eq!(text_of("f.yml", "a: \u{e9}\n".into()).unwrap(), "a: \u{e9}\n");
    assert_eq!(place(b"\xe9"), Place { line: 1, column: 1 });
    assert_eq!(place(b"\xc3\xa9\xe6\x97\xa5: \xf0\x9f"), Place { line: 1, column: 5 });
    assert_eq!(place(b"a: 1\r\nb: 2\rc: 3\n\xff\xff"), Place { line: 4, column: 1 });
    let problem = text_of("f.yml", b"a: 1\nb: caf\xe9 # \xe9\n".to_vec()).unwrap_err();
    expect![[r"
        f.yml:2:7: byte 0xe9 found, expected UTF-8
          2 | b: caf? # ?
            |       ^"]]
    .assert_eq(&problem.to_string().replace('\u{fffd}', "?"));
    for mark in [b"\xff\xfe", b"\xfe\xff"] {
        let problem = text_of("f.yml", mark.to_vec()).unwrap_err();
        assert!(problem.message.ends_with("; it begins like UTF-16"), "{problem}");
    }
}
