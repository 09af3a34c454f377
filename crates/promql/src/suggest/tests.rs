use crate::{ParserOptions, parse, parse_with};

fn suggestion(source: &str) -> Option<String> {
    parse(source).unwrap_err().suggestion().map(str::to_owned)
}

#[test]
fn near_misses_get_a_suggestion() {
    let cases = [
        ("rtae(up[5m])", "did you mean `rate`?"),
        ("Rate(up[5m])", "did you mean `rate`?"),
        ("histogram_quantil(1, up)", "did you mean `histogram_quantile`?"),
        ("summ(up)", "did you mean `sum`?"),
        ("holt_winters(up[5m], 1, 1)", "did you mean `double_exponential_smoothing`?"),
        ("rate(up)", "did you mean `rate(up[5m])`?"),
        ("rate(sum(up))", "did you mean `rate(sum(up)[5m:])`?"),
        ("predict_linear(up{a=\"b\"}, 3)", "did you mean `predict_linear(up{a=\"b\"}[5m], 3)`?"),
        ("sum(up)[5m]", "did you mean `sum(up)[5m:]`?"),
        ("1 > 2", "did you mean `1 > bool 2`?"),
        ("up = 1", "did you mean `==`?"),
        ("up{job=node}", "did you mean `\"node\"`?"),
        ("a && b", "did you mean `and`?"),
        ("a || b", "did you mean `or`?"),
        ("up =~ \"a\"", "regular expressions match labels: `{label=~\"...\"}`"),
        ("limitk(1, up)", "`--enable-feature=promql-experimental-functions` switches it on"),
        (
            "mad_over_time(up[5m])",
            "`--enable-feature=promql-experimental-functions` switches it on",
        ),
        ("up anchored", "`--enable-feature=promql-extended-range-selectors` switches it on"),
        ("a + fill(0) b", "`--enable-feature=promql-binop-fill-modifiers` switches it on"),
    ];
    for (source, expected) in cases {
        assert_eq!(suggestion(source).as_deref(), Some(expected), "{source}");
    }
}

#[test]
fn guesses_are_not_suggested() {
    for source in [
        "completely_unknown(up)",
        "fo(up)",
        "rate(up offset 5m)",
        "rate(up @ 5)",
        "up +",
        "up )",
        "sum(up[5m])",
        "up{job=1}",
    ] {
        assert_eq!(suggestion(source), None, "{source}");
    }
    let long = format!("rate(up{{a=\"{}\"}})", "x".repeat(200));
    assert_eq!(suggestion(&long), None);
}

#[test]
fn suggested_expressions_parse() {
    for source in ["rate(up)", "rate(sum(up))", "sum(up)[5m]", "1 > 2", "rate(1 + up)"] {
        let suggestion = suggestion(source).unwrap();
        let text = suggestion.split('`').nth(1).unwrap();
        assert!(parse_with(text, &ParserOptions::ALL).is_ok(), "{source}: {suggestion}");
    }
}
