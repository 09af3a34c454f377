use super::{MatcherMode, NotedMatchers};
use crate::{MatchOp, Matcher};
use expect_test::{Expect, expect};
use proptest::prelude::*;

const BOTH: MatcherMode = MatcherMode::Fallback;

fn check(text: &str, expected: &Expect) {
    let out = match BOTH.matchers(text) {
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
    let out = match BOTH.noted_matchers(text) {
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
        let out = BOTH.matcher(text).map_or_else(|error| error, |found| found.to_string());
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

/// What each mode makes of a text: fallback, classic, UTF-8.
fn in_modes(
    texts: &[&str],
    read: impl Fn(MatcherMode, &str) -> Result<Vec<Matcher>, String>,
) -> String {
    let modes = [MatcherMode::Fallback, MatcherMode::Classic, MatcherMode::Utf8Strict];
    let one = |mode: MatcherMode, text: &str| {
        read(mode, text).map_or_else(|_| "refused".to_owned(), |found| super::written(&found))
    };
    let row = |text: &&str| format!("{text} => {}", modes.map(|mode| one(mode, text)).join(" | "));
    texts.iter().map(row).collect::<Vec<_>>().join("\n")
}

/// The rows of Alertmanager's `matcher/compat/parse_test.go`.
#[test]
fn each_mode_reads_with_its_own_grammar() {
    let single = [
        "foo=bar",
        "foo!bar",
        "foo🙂=bar",
        r"foo=!bar\n",
        r#"foo="\xf0\x9f\x99\x82""#,
        "{foo=bar}",
    ];
    let lists = [
        "{foo=bar,bar=baz}",
        "{foo!bar}",
        "{foo🙂=bar,bar=baz🙂}",
        r"{foo=!bar,bar=$baz\n}",
        r#"{foo="\xf0\x9f\x99\x82"}"#,
    ];
    expect![[r#"
        foo=bar => foo="bar" | foo="bar" | foo="bar"
        foo!bar => refused | refused | refused
        foo🙂=bar => "foo🙂"="bar" | refused | "foo🙂"="bar"
        foo=!bar\n => foo="!bar\n" | foo="!bar\n" | refused
        foo="\xf0\x9f\x99\x82" => foo="\\xf0\\x9f\\x99\\x82" | foo="\\xf0\\x9f\\x99\\x82" | foo="🙂"
        {foo=bar} => refused | refused | refused"#]]
    .assert_eq(&in_modes(&single, |mode, text| mode.matcher(text).map(|m| vec![m])));
    expect![[r#"
        {foo=bar,bar=baz} => foo="bar",bar="baz" | foo="bar",bar="baz" | foo="bar",bar="baz"
        {foo!bar} => refused | refused | refused
        {foo🙂=bar,bar=baz🙂} => "foo🙂"="bar",bar="baz🙂" | refused | "foo🙂"="bar",bar="baz🙂"
        {foo=!bar,bar=$baz\n} => foo="!bar",bar="$baz\n" | foo="!bar",bar="$baz\n" | refused
        {foo="\xf0\x9f\x99\x82"} => foo="\\xf0\\x9f\\x99\\x82" | foo="\\xf0\\x9f\\x99\\x82" | foo="🙂""#]].assert_eq(&in_modes(&lists, MatcherMode::matchers));
}

#[test]
fn label_names_of_the_classic_mode_are_those_of_the_legacy_alphabet() {
    for (name, both, classic) in [
        ("foo", true, true),
        ("_foo1", true, true),
        ("", false, false),
        ("0foo", true, false),
        ("foo🙂", true, false),
    ] {
        assert_eq!(MatcherMode::Fallback.takes_name(name), both, "{name}");
        assert_eq!(MatcherMode::Utf8Strict.takes_name(name), both, "{name}");
        assert_eq!(MatcherMode::Classic.takes_name(name), classic, "{name}");
    }
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
        prop_assert_eq!(&BOTH.matchers(&text).unwrap(), &matchers);
        prop_assert_eq!(&BOTH.matchers(&format!("{{{text}}}")).unwrap(), &matchers);
    }

    /// No text makes a parser panic, and a single matcher is what a list of one is.
    #[test]
    fn any_text_is_read_or_refused(text in "[a-c=!~,\"{}'\\\\ n\u{e4}]{0,12}") {
        let list = BOTH.matchers(&text);
        if let (Ok(one), false) = (BOTH.matcher(&text), text.contains(',')) {
            prop_assert_eq!(list.unwrap(), vec![one]);
        }
    }
}
