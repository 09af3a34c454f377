use super::first_document;
use crate::yaml::{Content, Node};
use expect_test::{Expect, expect};
use std::fmt::Write;

fn root(file: &str, text: &str) -> Result<Node, crate::Error> {
    first_document(file, text).map(|document| document.root)
}

fn draw(node: &Node, out: &mut String) {
    match &node.content {
        Content::Scalar(scalar) => write!(out, "{:?}", scalar.text).unwrap(),
        Content::List(items) => {
            out.push('[');
            items.iter().for_each(|item| {
                draw(item, out);
                out.push(' ');
            });
            out.push(']');
        }
        Content::Map(entries) => {
            out.push('{');
            for (key, value) in entries.iter() {
                draw(key, out);
                write!(out, "@{}=", key.place).unwrap();
                draw(value, out);
                write!(out, "@{} ", value.place).unwrap();
            }
            out.push('}');
        }
    }
}

fn check(text: &str, expected: &Expect) {
    let mut out = String::new();
    match root("f", text) {
        Ok(node) => draw(&node, &mut out),
        Err(error) => out = error.to_string(),
    }
    expected.assert_eq(&out);
}

#[test]
fn every_node_knows_its_place() {
    check(
        "a: 1\nb:\n  - x\n  - 'y z'\n",
        &expect![[r#"{"a"@1:1="1"@1:4 "b"@2:1=["x" "y z" ]@3:3 }"#]],
    );
    check("é: ü\n", &expect![[r#"{"é"@1:1="ü"@1:4 }"#]]);
    check(
        "a: |\n  one\n  two\nb: >-\n  x\n  y\n",
        &expect![[r#"{"a"@1:1="one\ntwo\n"@2:3 "b"@4:1="x y"@5:3 }"#]],
    );
    check("\u{feff}a: 1", &expect![[r#"{"a"@1:1="1"@1:4 }"#]]);
}

#[test]
fn an_empty_text_is_an_empty_map() {
    check("", &expect!["{}"]);
    check("# nothing\n", &expect!["{}"]);
    check("---\n", &expect![[r#""~""#]]);
}

#[test]
fn keys_are_unique_texts() {
    check(
        "a: 1\nb: 2\na: 3",
        &expect![[r"
        f:3:1: key `a` is already set in this map
          3 | a: 3
            | ^"]],
    );
    check(
        "[a]: 1",
        &expect![[r"
        f:1:1: a key is a text, found a list
          1 | [a]: 1
            | ^"]],
    );
}

#[test]
fn merge_keys_fill_what_is_not_set() {
    check(
        "d: &d {x: 1, y: 2}\ne:\n  <<: *d\n  x: 3",
        &expect![[
            r#"{"d"@1:1={"x"@1:8="1"@1:11 "y"@1:14="2"@1:17 }@1:7 "e"@2:1={"x"@4:3="3"@4:6 "y"@1:14="2"@1:17 }@3:3 }"#
        ]],
    );
    check(
        "d: &d {x: 1}\ne: &e {x: 2, z: 4}\nf: {<<: [*d, *e]}",
        &expect![[
            r#"{"d"@1:1={"x"@1:8="1"@1:11 }@1:7 "e"@2:1={"x"@2:8="2"@2:11 "z"@2:14="4"@2:17 }@2:7 "f"@3:1={"x"@1:8="1"@1:11 "z"@2:14="4"@2:17 }@3:4 }"#
        ]],
    );
    check(
        "<<: 1",
        &expect![[r"
        f:1:5: `<<` merges maps, found a number
          1 | <<: 1
            |     ^"]],
    );
    check("'<<': 1", &expect![[r#"{"<<"@1:1="1"@1:7 }"#]]);
}

#[test]
fn binary_values_are_decoded() {
    check("a: !!binary aGVsbG8=", &expect![[r#"{"a"@1:1="hello"@1:13 }"#]]);
    check(
        "a: !!binary /w==",
        &expect![[r"
        f:1:13: `!!binary` value is no valid UTF-8 at byte 0
          1 | a: !!binary /w==
            |             ^"]],
    );
    check(
        "a: !!binary /w==$1",
        &expect![[r"
        f:1:13: `!!binary` value is no valid base64
          1 | a: !!binary /w==$1
            |             ^"]],
    );
}

#[test]
fn what_is_no_yaml_has_a_place() {
    check(
        "a: [1, 2\nb: 3",
        &expect![[r"
        f:2:2: this is no YAML: illegal placement of ':' indicator
          2 | b: 3
            |  ^"]],
    );
    check(
        "a: *missing",
        &expect![[r"
        f:1:4: this is no YAML: while parsing node, found unknown anchor
          1 | a: *missing
            |    ^"]],
    );
    check(
        "a: &a [*a]",
        &expect![[r"
        f:1:8: this alias stands inside the node it names
          1 | a: &a [*a]
            |        ^"]],
    );
    check(
        "a:\n\t- b",
        &expect![[r"
            f:2:2: this is no YAML: tabs disallowed within this context (block indentation)
              2 |  - b
                |  ^"]],
    );
}

#[test]
fn bombs_are_refused() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let below = format!("*a{},", level - 1).repeat(10);
        writeln!(text, "a{level}: &a{level} [{below}]").unwrap();
    }
    let error = root("f", &text).unwrap_err();
    assert!(error.to_string().contains("more than 1000000 values"), "{error}");

    let mut chain = String::from("a0: &a0 [x]\n");
    for level in 1..500 {
        writeln!(chain, "a{level}: &a{level} [*a{}]", level - 1).unwrap();
    }
    let error = root("f", &chain).unwrap_err();
    assert!(error.to_string().contains("nested deeper"), "{error}");
    assert!(root("f", &"[".repeat(100_000)).is_err());
    assert!(root("f", &"- ".repeat(100_000)).is_err());
}

#[test]
fn a_second_document_is_seen_but_not_read() {
    let next = |text| first_document("f", text).unwrap().next.map(|place| place.line);
    assert_eq!(next("a: 1\n---\nb: [\n"), Some(2));
    assert_eq!(next("---\na: 1\n...\n"), None);
    assert_eq!(next("a: 1\n"), None);
}
