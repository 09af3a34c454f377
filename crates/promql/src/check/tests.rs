use crate::ast::{Cardinality, ExprKind};
use crate::{ErrorKind, ParserOptions, parse, parse_with};

fn message(source: &str) -> String {
    parse_with(source, &ParserOptions::ALL).unwrap_err().message().to_owned()
}

#[test]
fn only_vectors_are_matched() {
    for (source, cardinality) in [
        ("a + b", Some(Cardinality::OneToOne)),
        ("a + on(x) group_left b", Some(Cardinality::ManyToOne)),
        ("a + on(x) group_right b", Some(Cardinality::OneToMany)),
        ("a and b", Some(Cardinality::ManyToMany)),
        ("a + 1", None),
        ("1 + a", None),
        ("1 + 1", None),
        ("a + on() 1", None),
    ] {
        let ExprKind::Binary(binary) = parse(source).unwrap().kind else { panic!("{source}") };
        let found = binary.matching.map(|matching| matching.cardinality);
        assert_eq!(found, cardinality, "{source}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let cases = [
        ("a + fill(0) 1", "filling in missing series only allowed between instant vectors"),
        ("a and fill(0) b", "filling in missing series not allowed for set operators"),
        ("a[5m] + 1", "binary expression must contain only scalar and instant vector types"),
        ("1 + \"a\"", "binary expression must contain only scalar and instant vector types"),
        ("a </ on(b) 1", "vector matching only allowed between instant vectors"),
        ("sum(1)", "expected type instant vector in aggregation expression, got scalar"),
        ("sum(a[5m])", "expected type instant vector in aggregation expression, got range vector"),
        ("quantile(\"a\", b)", "expected type scalar in aggregation parameter, got string"),
        ("1[5m:]", "subquery is only allowed on instant vector, got scalar instead"),
        ("\"a\"[5m:]", "subquery is only allowed on instant vector, got string instead"),
        (
            "label_join(a, \"b\")",
            "expected at least 3 argument(s) in call to \"label_join\", got 2",
        ),
        (
            "label_join(a, \"b\", \"c\", 1)",
            "expected type string in call to function \"label_join\", got scalar",
        ),
        (
            "histogram_quantiles(a, \"q\")",
            "expected at least 3 argument(s) in call to \"histogram_quantiles\", got 2",
        ),
        ("info(a, 1)", "expected type instant vector in call to function \"info\", got scalar"),
        (
            "info(a, {b=\"c\"}[5m])",
            "expected type instant vector in call to function \"info\", got range vector",
        ),
        ("info(a, ({b=\"c\"}))", "expected label selectors only"),
        ("info(a, b)", "expected label selectors only, got vector selector instead"),
        ("info({}, {})", "vector selector must contain at least one non-empty matcher"),
        ("sum({}[5m])", "vector selector must contain at least one non-empty matcher"),
        ("foo{\"bar\"}", "metric name must not be set twice: \"foo\" or \"bar\""),
    ];
    for (source, expected) in cases {
        assert_eq!(message(source), expected, "{source}");
    }
}

#[test]
fn the_selector_of_info_may_match_everything() {
    for source in ["info(a, {})", "info(a, {b=~\".*\"})", "info(a, {__name__=\"x_info\"})"] {
        assert!(parse_with(source, &ParserOptions::ALL).is_ok(), "{source}");
    }
}

#[test]
fn syntax_comes_before_meaning() {
    let error = parse("1 == 1 + )").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Syntax);
    let error = parse("foo(1) $").unwrap_err();
    assert_eq!(error.message(), "unknown function with name \"foo\"");
}

#[test]
fn the_place_of_an_operator_is_without_the_spaces_around() {
    let source = "a  +   bool  b";
    let error = parse(source).unwrap_err();
    assert_eq!(error.place().text(source), "+   bool");
}
