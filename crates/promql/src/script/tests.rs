use super::*;
use expect_test::{Expect, expect};

#[expect(clippy::needless_pass_by_value, reason = "reads as a table")]
fn check(script: &str, expect: Expect) {
    let shown = match parse_script(script) {
        Ok(script) => format!("{:#?}\n", script.commands),
        Err(error) => error.render(script),
    };
    expect.assert_eq(&shown);
}

#[test]
fn a_load_keeps_lines_steps_and_start_timestamps() {
    check(
        "# comment\nclear\n\nload_with_nhcb 1m30s\n  m{a=\"b\"}@st _ 5s\n  m{a=\"b\"} 1 2\n  @st -1s\n  n 3x1\n",
        expect![[r#"
            [
                Command {
                    line: 2,
                    kind: Clear,
                },
                Command {
                    line: 4,
                    kind: Load(
                        Load {
                            step_ms: 90000,
                            with_nhcb: true,
                            series: [
                                LoadSeries {
                                    line: 6,
                                    labels: {__name__="m", a="b"},
                                    values: [
                                        Float(
                                            1.0,
                                        ),
                                        Float(
                                            2.0,
                                        ),
                                    ],
                                    starts: [
                                        None,
                                        Some(
                                            5000,
                                        ),
                                    ],
                                },
                                LoadSeries {
                                    line: 8,
                                    labels: {__name__="n"},
                                    values: [
                                        Float(
                                            3.0,
                                        ),
                                        Float(
                                            3.0,
                                        ),
                                    ],
                                    starts: [
                                        Some(
                                            -1000,
                                        ),
                                        Some(
                                            -1000,
                                        ),
                                    ],
                                },
                            ],
                        },
                    ),
                },
            ]
        "#]],
    );
}

#[test]
fn an_eval_keeps_its_query_expectations_and_answer() {
    check(
        "eval instant at 1m  sum(up)[5m:1m]\n  expect range vector from 0 to 1m step 1m\n  \
         expect warn msg: a: b\n  expect warn regex:x.*\n  expect no_info\n  {} 1 _\n",
        expect![[r#"
            [
                Command {
                    line: 1,
                    kind: Eval(
                        Eval {
                            query: "sum(up)[5m:1m]",
                            query_start: 20,
                            time: Instant {
                                at_ms: 60000,
                            },
                            expect: Expectations {
                                fail: None,
                                ordered: false,
                                warn: [
                                    Exact(
                                        "a: b",
                                    ),
                                    Regex(
                                        Search {
                                            written: "x.*",
                                            pattern: /.*(?:x.*).*/,
                                        },
                                    ),
                                ],
                                no_warn: false,
                                info: [],
                                no_info: true,
                            },
                            outcome: RangeVector {
                                start_ms: 0,
                                end_ms: 60000,
                                step_ms: 60000,
                                series: [
                                    ExpectedSeries {
                                        line: 6,
                                        labels: {},
                                        values: [
                                            Float(
                                                1.0,
                                            ),
                                            Gap,
                                        ],
                                    },
                                ],
                            },
                        },
                    ),
                },
            ]
        "#]],
    );
}

/// The eval of a script with one command.
fn eval(script: &str) -> Eval {
    match parse_script(script).unwrap().commands.remove(0).kind {
        CommandKind::Eval(eval) => *eval,
        CommandKind::Clear | CommandKind::Load(_) => panic!("no eval: {script}"),
    }
}

#[test]
fn the_older_forms_of_eval_mean_expectations() {
    assert_eq!(eval("eval_fail instant at 0 x").expect.fail, Some(TextMatch::Any));
    assert_eq!(eval("eval_warn range from 0 to 1m step 1m x").expect.warn, [TextMatch::Any]);
    assert_eq!(eval("eval_info instant at 0 x").expect.info, [TextMatch::Any]);
    assert!(eval("eval_ordered instant at 0 x").expect.ordered);
    let fail = eval("eval_fail instant at 0 x\n  expected_fail_message not there").expect.fail;
    assert_eq!(fail, Some(TextMatch::Exact("not there".into())));
    let fail = eval("eval_fail instant at 0 x\n  expected_fail_regexp not.*").expect.fail;
    let fail = fail.unwrap();
    assert!(fail.matches("is not there") && !fail.matches("is there"));
    assert_eq!(fail.to_string(), "/not.*/");
}

#[test]
fn answers_may_be_numbers_strings_or_nothing() {
    let outcome = |line: &str| eval(&format!("eval instant at 0 x\n  {line}")).outcome;
    assert_eq!(outcome("-1.5e3"), Outcome::Scalar(-1500.0));
    assert_eq!(outcome("+Inf"), Outcome::Scalar(f64::INFINITY));
    assert_eq!(outcome("expect string \"a\\tb\""), Outcome::String("a\tb".into()));
    assert_eq!(outcome("expect string `a\\tb`"), Outcome::String("a\\tb".into()));
    assert_eq!(outcome(""), Outcome::Series(Vec::new()));
    assert!(matches!(outcome("expect{} 1"), Outcome::Series(series) if series.len() == 1));
}

#[test]
fn a_wrong_line_is_shown_with_its_place() {
    let script = "load 1m\n\tup{job=\"a\"} 1 2\n\tup{job=a} 1\n";
    check(
        script,
        expect![[r#"
            3:9: parse error: unexpected identifier "a" in label set, expected string
              | 	up{job=a} 1
              | 	       ^
            did you mean `"a"`?
        "#]],
    );
}

#[test]
fn wrong_scripts_are_refused() {
    let cases = [
        ("  up 1", "1:3: parse error: invalid command \"up 1\""),
        ("load", "1:1: parse error: invalid load command. (load[_with_nhcb] <step:duration>)"),
        ("load_x 1m", "1:1: parse error: invalid load command. (load[_with_nhcb] <step:duration>)"),
        (
            "load 1q",
            "1:1: parse error: invalid step definition \"1q\": unknown unit \"q\" in duration \"1q\"",
        ),
        ("load 1m\n m@st 1s", "2:2: parse error: @st line has no following sample line"),
        (
            "load 1m\n m@st 1s\n m@st 1s\n m 1",
            "2:2: parse error: @st line has no following sample line",
        ),
        (
            "load 1m\n m@st 1s\n n 1",
            "2:2: parse error: @st metric does not match the following sample line metric",
        ),
        (
            "load 1m\n m@st 1s\n m 1 2",
            "2:2: parse error: @st line has 1 values but sample line has 2",
        ),
    ];
    check_refused(&cases);
}

fn check_refused(cases: &[(&str, &str)]) {
    for (script, expected) in cases {
        let Err(error) = parse_script(script) else { panic!("accepted: {script}") };
        assert_eq!(error.to_string(), *expected, "{script}");
    }
}

#[test]
fn wrong_evals_are_refused() {
    let cases = [
        (
            "eval range from 5m to 1m step 1m x",
            "1:1: parse error: invalid test definition, end timestamp (1m) is before start timestamp (5m)",
        ),
        (
            "eval instant at x y",
            "1:1: parse error: invalid timestamp definition \"x\": not a valid duration string: \"x\"",
        ),
        (
            "eval instant at 0 x\n expect nothing",
            "2:2: parse error: invalid expected error/annotation type nothing",
        ),
        (
            "eval instant at 0 x\n expect warn\n expect no_warn",
            "3:2: parse error: invalid expect lines, warn and no_warn cannot be used together",
        ),
        (
            "eval instant at 0 x\n expect fail\n expect fail",
            "3:2: parse error: invalid expect lines, multiple expect fail lines are not allowed",
        ),
        (
            "eval instant at 0 x\n expect string",
            "2:2: parse error: expected string literal not valid - a quoted string literal is required",
        ),
        (
            "eval instant at 0 x\n expect string \"",
            "2:2: parse error: expected string literal not valid - check that the string is correctly quoted",
        ),
        (
            "eval instant at 0 x\n expect string \"a\"b",
            "2:2: parse error: expected string literal not valid - check that the string is correctly quoted",
        ),
        (
            "eval instant at 0 x\n 1\n 2",
            "3:2: parse error: unexpected line behind a number, which stands alone",
        ),
        (
            "eval instant at 0 x\n expect fail regex: (",
            "2:2: parse error: invalid regular expression \"(\": cannot compile regular expression \".*(?:().*\": unclosed group",
        ),
        (
            "eval instant at 0 x\n expected_fail_message y",
            "2:24: parse error: unexpected identifier \"y\" in series values, expected number or \"stale\"",
        ),
    ];
    check_refused(&cases);
    for script in
        ["eval", "eval instant x", "eval instant at 0", "eval_ordered range from 0 to 1m step 1m x"]
    {
        let error = parse_script(script).unwrap_err();
        assert!(error.message().starts_with("invalid evaluation command"), "{script}: {error}");
    }
}

#[test]
fn the_values_of_all_series_together_are_bounded() {
    let script = format!("load 1m\n{}", "m 1x999999\n".repeat(3));
    let error = parse_script(&script).unwrap_err();
    assert_eq!((error.kind(), error.line()), (ErrorKind::Limit, 4));
}
