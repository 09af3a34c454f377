use super::parse_matchers;
use expect_test::{Expect, expect};

fn check(text: &str, expected: &Expect) {
    let out = match parse_matchers(text) {
        Ok(found) => found.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        Err(error) => error,
    };
    expected.assert_eq(&out);
}

#[test]
fn lists_of_matchers_are_read() {
    check(r#"foo="bar""#, &expect![[r#"foo="bar""#]]);
    check("foo=bar", &expect![[r#"foo="bar""#]]);
    check(
        r#"{foo="bar",a!=b , c=~"x|y", d!~ z.* ,}"#,
        &expect![[r#"foo="bar" a!="b" c=~"x|y" d!~"z.*""#]],
    );
    check(r#""fo o"="b\"ar\n\u00fc""#, &expect![[r#""fo o"="b\"ar\nü""#]]);
    check("früh=spät", &expect![[r#""früh"="spät""#]]);
    check("foo=\"\"", &expect![[r#"foo="""#]]);
    check("", &expect![""]);
    check("{}", &expect![""]);
}

#[test]
fn mistakes_have_a_column() {
    check(
        "foo",
        &expect![[r#"matcher "foo": expected `=`, `!=`, `=~` or `!~`, found the end at 4"#]],
    );
    check("foo=", &expect![[r#"foo="""#]]);
    check("=bar", &expect![[r#"matcher "=bar": expected a label name, found `=` at 1"#]]);
    check("foo=bar baz", &expect![[r#"foo="bar baz""#]]);
    check("{foo=bar", &expect![[r#"foo="bar""#]]);
    check("foo=bar}", &expect![[r#"foo="bar""#]]);
    check(
        "foo=\"bar",
        &expect![[r#"matcher "foo=\"bar": expected a closing quote, found `"` at 5"#]],
    );
    check(r#"foo="\q""#, &expect![[r#"foo="\\q""#]]);
    check(r#"foo="\ud800""#, &expect![[r#"foo="\\ud800""#]]);
    check(
        "foo=~\"(\"",
        &expect![[r#"matcher foo=~"(": cannot compile regular expression "(": unclosed group"#]],
    );
    check("foo==bar", &expect![[r#"foo="=bar""#]]);
    check(
        "\"\"=bar",
        &expect![[r#"matcher "\"\"=bar": a label name cannot be empty, found `=` at 3"#]],
    );
}
