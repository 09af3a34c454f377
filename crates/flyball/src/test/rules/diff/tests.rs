use super::*;

#[test]
fn differences_stand_where_they_are() {
    let alert = |labels: &[(&str, &str)], text: &str| {
        let annotations = Labels::from_pairs([("text", text)]);
        (Labels::from_pairs(labels.iter().copied()), annotations)
    };
    let expected = [alert(&[("a", "1"), ("b", "2")], "x")];
    let found = [alert(&[("a", "1"), ("c", "3")], "\"y\""), alert(&[], "z")];
    expect_test::expect![[r#"
            [
                {
                    "Annotations": {
                        "text": {~"x" => "\"y\""~}
                    },
                    "Labels": {
                        "a": "1",
                        [-"b": "2"-],
                        {+"c": "3"+}
                    }
                },
                {+{
                    "Annotations": {
                        "text": "z"
                    },
                    "Labels": {}
                }+}
            ]"#]]
    .assert_eq(&alerts(&expected, &found, Marks::SIGNS));
    assert!(alerts(&[], &found[..1], Marks::COLOURS).contains("\x1b[0;32m\"a\": \"1\"\x1b[0m"));
}
