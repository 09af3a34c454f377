use super::{NotedMatchers, parse_matcher, parse_matchers, parse_noted_matchers};
use expect_test::{Expect, expect};
use model::{MatchOp, Matcher};
use proptest::prelude::*;

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
fn mistakes_of_both_grammars_have_a_column() {
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

fn check_noted(text: &str, expected: &Expect) {
    let out = match parse_noted_matchers(text) {
        Ok(NotedMatchers { matchers, note }) => {
            let note = note.map_or(String::new(), |note| format!("; {note}"));
            format!("{}{note}", super::written(&matchers))
        }
        Err(error) => error,
    };
    expected.assert_eq(&out);
}

#[test]
fn the_classic_way_is_the_second_choice() {
    check_noted("foo=bar", &expect![[r#"foo="bar""#]]);
    check_noted("foo🙂=bar", &expect![[r#""foo🙂"="bar""#]]);
    check_noted(
        "{foo=!bar, bar=$baz\n}",
        &expect![[
            r#"foo="!bar",bar="$baz"; read in the classic way, since names and values are not quoted; better write `foo="!bar",bar="$baz"`"#
        ]],
    );
    check_noted(
        "foo='bar'",
        &expect![[
            r#"foo="'bar'"; read in the classic way, since names and values are not quoted; better write `foo="'bar'"`"#
        ]],
    );
    check_noted(
        r#"{quote="She said: \"Hi, ladies! That's gender-neutral…\""}"#,
        &expect![[r#"quote="She said: \"Hi, ladies! That's gender-neutral…\"""#]],
    );
    check_noted(
        "foo=~(",
        &expect![[r#"matcher foo=~"(": cannot compile regular expression "(": unclosed group"#]],
    );
}

#[test]
fn where_the_grammars_disagree_the_classic_one_counts() {
    check_noted(
        r#"foo="\xf0\x9f\x99\x82""#,
        &expect![[
            r#"foo="\\xf0\\x9f\\x99\\x82"; the classic and the UTF-8 way to read this differ; it is taken as `foo="\\xf0\\x9f\\x99\\x82"`"#
        ]],
    );
    // Names outside of the legacy alphabet leave only one grammar, which knows Go's escapes.
    check_noted(r#""a b"="\xf0\x9f\x99\x82\101\u00e4""#, &expect![[r#""a b"="🙂Aä""#]]);
    check_noted(
        r#""a b"="\xff""#,
        &expect![[
            r#"matcher "\"a b\"=\"\\xff\"": expected UTF-8 (invalid utf-8 sequence of 1 bytes from index 0), found `"` at 7"#
        ]],
    );
}

#[test]
fn classic_values_may_be_anything_but_a_stray_quote() {
    let check = |text: &str, expected: &Expect| {
        let out = match super::classic::parse(text) {
            Ok(found) => super::written(&found),
            Err(error) => error,
        };
        expected.assert_eq(&out);
    };
    check(r#"{foo="a,b", bar=c ,}"#, &expect![[r#"foo="a,b",bar="c""#]]);
    check(r#"foo="a\"b,c\\",x=y"#, &expect![[r#"foo="a\"b,c\\",x="y""#]]);
    check("foo=a\\", &expect![[r#"foo="a\\""#]]);
    check(r"foo=\n\t", &expect![[r#"foo="\n\\t""#]]);
    check("foo=", &expect![[r#"foo="""#]]);
    check(
        r#"foo="a"b""#,
        &expect![[r#"matcher "foo=\"a\"b\"": its value has an unescaped quote"#]],
    );
    check(r#"foo="a\""#, &expect![[r#"matcher "foo=\"a\\\"": its value has an unescaped quote"#]]);
    check("a:b=c", &expect![[r#""a:b"="c""#]]);
    check("1a=b", &expect![[r#"matcher "1a=b": expected a label name"#]]);
    check("a=b,,c=d", &expect![[r#"matcher "": expected a label name"#]]);
    check("a", &expect![[r#"matcher "a": expected `=`, `!=`, `=~` or `!~`"#]]);
}

#[test]
fn a_single_matcher_has_no_braces_and_no_neighbours() {
    let check = |text: &str, expected: &Expect| {
        let out = parse_matcher(text).map_or_else(|error| error, |found| found.to_string());
        expected.assert_eq(&out);
    };
    check("foo=bar", &expect![[r#"foo="bar""#]]);
    check("\"a b\"=\"c,d\"", &expect![[r#""a b"="c,d""#]]);
    check("foo=bar,baz=x", &expect![[r#"foo="bar,baz=x""#]]);
    check("\"a b\"=c,d=e", &expect![[r#"matcher "\"a b\"=c,d=e": expected one matcher, found 2"#]]);
    check(
        "{foo=bar}",
        &expect![[r#"matcher "{foo=bar}": braces are not expected around a single matcher"#]],
    );
    check("", &expect![[r#"matcher "": expected one matcher, found 0"#]]);
    check(
        "foo",
        &expect![[r#"matcher "foo": expected `=`, `!=`, `=~` or `!~`, found the end at 4"#]],
    );
}

proptest! {
    /// Whatever matchers say in printable letters reads back, whichever grammar reads it.
    #[test]
    fn what_is_written_reads_back(
        names in prop::collection::vec("[a-zA-Z_][a-zA-Z0-9_]{0,5}|[a-zäß🙂 .]{1,6}", 0..4),
        values in prop::collection::vec("[ -~äß🙂\n]{0,8}", 4),
        op in 0..2_usize,
    ) {
        let op = [MatchOp::Equal, MatchOp::NotEqual][op];
        let matchers: Vec<Matcher> = names
            .iter()
            .zip(&values)
            .map(|(name, value)| Matcher::new(op, name, value).unwrap())
            .collect();
        let text = super::written(&matchers);
        prop_assert_eq!(&parse_matchers(&text).unwrap(), &matchers);
        prop_assert_eq!(&parse_matchers(&format!("{{{text}}}")).unwrap(), &matchers);
    }

    /// No text makes a parser panic, and a single matcher is what a list of one is.
    #[test]
    fn any_text_is_read_or_refused(text in "[a-c=!~,\"{}'\\\\ n\u{e4}]{0,12}") {
        let list = parse_matchers(&text);
        if let (Ok(one), false) = (parse_matcher(&text), text.contains(',')) {
            prop_assert_eq!(list.unwrap(), vec![one]);
        }
    }
}
