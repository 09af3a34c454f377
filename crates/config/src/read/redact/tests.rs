use super::{redact_url, render};
use crate::yaml::{Node, first_document};
use expect_test::{Expect, expect};
use proptest::prelude::*;
use std::collections::HashMap;

fn single(file: &str, text: &str) -> Result<Node, crate::Error> {
    first_document(file, text).map(|document| document.root)
}

fn check(text: &str, expected: &Expect) {
    let node = single("f", text).unwrap();
    let shown = render(&node, &HashMap::new());
    expected.assert_eq(&shown);
    let again = render(&single("f", &shown).unwrap(), &HashMap::new());
    assert_eq!(again, shown, "what is printed reads back");
}

#[test]
fn files_keep_their_shape() {
    check(
        "a: 1\nb: [x, {y: z, w: [1, 2]}]\nc: {}\nd:\n'yes': \"on\"\ne: \"a\\nb\"\nf: |\n  l1\n  l2\n",
        &expect![[r#"
            a: 1
            b:
            - x
            - "y": z
              w:
              - 1
              - 2
            c: {}
            d:
            "yes": "on"
            e: "a\nb"
            f: "l1\nl2\n"
        "#]],
    );
    check(
        "- - 1\n  - 2\n- a: 1\n  b: 2\n",
        &expect![[r"
        - - 1
          - 2
        - a: 1
          b: 2
    "]],
    );
    check(
        "",
        &expect![[r"
        {}
    "]],
    );
}

#[test]
fn inv_70_passwords_in_urls_are_hidden() {
    assert_eq!(redact_url("https://u:p@h:1/x?y"), "https://u:xxxxx@h:1/x?y");
    assert_eq!(redact_url("https://u:p:q@@h/"), "https://u:xxxxx@h/");
    assert_eq!(redact_url("https://u@h/a:b@c"), "https://u@h/a:b@c");
    assert_eq!(redact_url("no url: a@b"), "no url: a@b");
}

proptest! {
    #[test]
    fn every_text_survives(text in "\\PC{0,12}|[ -~\n\t]{0,12}|yes|~|0x1f|-|- a|a: b|<<") {
        let source = format!("k: {}\n", super::quoted(&text));
        let shown = render(&single("f", &source).unwrap(), &HashMap::new());
        let again = single("f", &shown).unwrap();
        let crate::yaml::Content::Map(entries) = &again.content else { panic!("{shown}") };
        let value = entries[0].1.scalar().unwrap();
        prop_assert_eq!(&value.text, &redact_url(&text), "{}", shown);
        prop_assert!(value.bool().is_none() && !value.is_null());
    }
}
