use crate::ast::{AtModifier, DurationExpr, DurationTerm, Expr, ExprKind, UnaryOp, WindowEdge};
use crate::{ErrorKind, PARTS_MAX, ParserOptions, parse, parse_selector, parse_with};

fn all(source: &str) -> Expr {
    parse_with(source, &ParserOptions::ALL)
        .unwrap_or_else(|error| panic!("{}", error.render(source)))
}

/// The tree with every operation in parentheses.
fn grouped(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Binary(binary) => {
            let (left, right) = (grouped(&binary.left), grouped(&binary.right));
            format!("[{left} {} {right}]", binary.op.as_str())
        }
        ExprKind::Unary(op, inner) => format!("[{op}{}]", grouped(inner)),
        ExprKind::Paren(inner) => format!("({})", grouped(inner)),
        _ => expr.to_string(),
    }
}

#[test]
fn operators_bind_as_in_upstream_s_table() {
    for (source, expected) in [
        ("1 + 2 * 3", "[1 + [2 * 3]]"),
        ("1 * 2 + 3", "[[1 * 2] + 3]"),
        ("1 - 2 - 3", "[[1 - 2] - 3]"),
        ("2 ^ 3 ^ 2", "[2 ^ [3 ^ 2]]"),
        ("-a ^ 2", "[-[a ^ 2]]"),
        ("-a * 2", "[[-a] * 2]"),
        ("-1 ^ 2", "[-[1 ^ 2]]"),
        ("-1 * 2", "[-1 * 2]"),
        ("2 ^ -1", "[2 ^ -1]"),
        ("- -1", "1"),
        ("+-+1", "-1"),
        ("a or b and c", "[a or [b and c]]"),
        ("a and b unless c", "[[a and b] unless c]"),
        ("a == b + c", "[a == [b + c]]"),
        ("a > b < c", "[[a > b] < c]"),
        ("a atan2 b * c", "[[a atan2 b] * c]"),
        ("a </ 1 >/ 2", "[[a </ 1] >/ 2]"),
        ("a + (b - c)", "[a + ([b - c])]"),
    ] {
        assert_eq!(grouped(&all(source)), expected, "{source}");
    }
}

#[test]
fn an_offset_ends_at_its_first_operand() {
    for (source, expected) in [
        ("a offset 1m + 2", "[a offset 1m + 2]"),
        ("a offset -2 ^ 2", "[a offset -2s ^ 2]"),
        ("a offset step() * 0", "[a offset step() * 0]"),
        ("a offset (1m) + 2", "[a offset (1m) + 2]"),
        ("a offset -(1m + 2) + 2", "[a offset -(1m + 2) + 2]"),
        ("a offset - -5m", "a offset 5m"),
        ("a offset +min_of(1m, 2) @ 5", "a @ 5.000 offset +min_of(1m, 2)"),
    ] {
        assert_eq!(grouped(&all(source)), expected, "{source}");
    }
}

#[test]
fn literal_durations_fold_and_computed_ones_stay() {
    let range = |source: &str| match all(source).kind {
        ExprKind::Matrix(matrix) => matrix.range,
        other => panic!("{other:?}"),
    };
    assert_eq!(range("a[5m]"), DurationExpr::Fixed(300_000));
    assert_eq!(range("a[1.5]"), DurationExpr::Fixed(1500));
    assert_eq!(range("a[+90]"), DurationExpr::Fixed(90_000));
    assert_eq!(range("a[0.0019]"), DurationExpr::Fixed(1));
    assert_eq!(range("a[step()]"), DurationExpr::Computed(Box::new(DurationTerm::Step)));
    let DurationExpr::Computed(term) = range("a[-(5m)+1h]") else { panic!("folded") };
    let DurationTerm::Binary(_, left, _) = *term else { panic!("{term:?}") };
    assert!(matches!(*left, DurationTerm::Unary(UnaryOp::Minus, _)));
}

#[test]
fn modifiers_are_kept_with_their_selector() {
    let ExprKind::Matrix(matrix) = all("a[5m] smoothed offset -1m @ -1.5").kind else { panic!() };
    assert_eq!(matrix.selector.edge, WindowEdge::Smoothed);
    assert_eq!(matrix.selector.offset, DurationExpr::Fixed(-60_000));
    assert_eq!(matrix.selector.at, Some(AtModifier::At(model::Timestamp::from_ms(-1500))));
    let ExprKind::Vector(selector) = all("a anchored @ end()").kind else { panic!() };
    assert_eq!((selector.edge, selector.at), (WindowEdge::Anchored, Some(AtModifier::End)));
}

#[test]
fn modifiers_may_be_set_once_and_only_on_selectors() {
    let cases = [
        ("a @ 1 @ 2", "@ <timestamp> may not be set multiple times"),
        ("a @ start() @ 2", "@ <timestamp> may not be set multiple times"),
        ("a[5m] offset step() offset 5m", "offset may not be set multiple times"),
        ("a[5m:] offset 1m offset 1m", "offset may not be set multiple times"),
        ("a anchored smoothed", "anchored and smoothed modifiers cannot be used together"),
        ("a[5m:] anchored", "anchored modifier is not supported for subqueries"),
        ("sum(a) smoothed", "smoothed modifier not implemented"),
        (
            "(a) @ 1",
            "@ modifier must be preceded by an instant vector selector or range vector selector or a subquery",
        ),
        ("a @ start", "unexpected end of input in @, expected timestamp"),
        ("a @ (1)", "unexpected \"(\" in @, expected timestamp"),
        (
            "a offset x",
            "unexpected identifier \"x\" in offset, expected number, duration, step(), or range()",
        ),
        ("a offset NaN", "duration out of range"),
        ("a[5m 3]", "unexpected number \"3\" in subquery or range, expected \":\" or \"]\""),
        ("a[5m:3 3]", "unexpected number \"3\" in subquery selector, expected \"]\""),
        (
            "a[5m:-]",
            "unexpected \"]\" in subquery selector, expected number, duration, step(), range(), or \"]\"",
        ),
        ("sum(a b)", "unexpected identifier \"b\" in aggregation"),
        ("sum(a[5m 3])", "unexpected number \"3\" in subquery or range, expected \":\" or \"]\""),
        ("a + on b", "unexpected identifier \"b\" in grouping opts, expected \"(\""),
        ("a + on(b c) d", "unexpected identifier \"c\" in grouping opts, expected \",\" or \")\""),
        ("sum by (\"\") (a)", "invalid label name for grouping: \"\""),
        ("a + fill(x) b", "unexpected identifier \"x\""),
        ("a + fill_left(1) fill(1) b", "unexpected \"(\""),
    ];
    for (source, expected) in cases {
        let error = parse_with(source, &ParserOptions::ALL).unwrap_err();
        assert_eq!(error.message(), expected, "{source}");
    }
}

#[test]
fn what_is_experimental_is_refused_by_default() {
    let cases = [
        (
            "limitk(1, a)",
            0,
            "limitk() is experimental and must be enabled with --enable-feature=promql-experimental-functions",
        ),
        ("1 + info(a)", 4, "function \"info\" is not enabled"),
        ("start()", 0, "function \"start\" is not enabled"),
        ("a[5m] anchored", 0, "anchored modifier is experimental and not enabled"),
        ("a smoothed", 0, "smoothed modifier is experimental and not enabled"),
        ("a + fill(0) b", 0, "binop fill modifiers are experimental and not enabled"),
    ];
    for (source, place, expected) in cases {
        let error = parse(source).unwrap_err();
        assert_eq!((error.place().start, error.message()), (place, expected), "{source}");
        assert_eq!(error.kind(), ErrorKind::Disabled);
        all(source);
    }
    for source in
        ["a[1m+2m]", "a[(5m)]", "a offset step()", "a[5m:1m] offset -1m", "start", "a </ 1"]
    {
        assert!(parse(source).is_ok(), "{source}");
    }
    assert!(parse("a[-5m]").is_err());
}

#[test]
fn selectors_of_series_requests_are_matchers() {
    let matchers = |source: &str| -> Vec<String> {
        parse_selector(source).unwrap().iter().map(ToString::to_string).collect()
    };
    assert_eq!(matchers("up"), ["__name__=\"up\""]);
    assert_eq!(matchers("up{a!=\"b\"}"), ["a!=\"b\"", "__name__=\"up\""]);
    assert_eq!(
        matchers("{\"my.metric\", \"l l\"=~'v'}"),
        ["__name__=\"my.metric\"", "\"l l\"=~\"v\""]
    );
    assert_eq!(matchers("{}"), Vec::<String>::new());
    for source in ["", "up[5m]", "up offset 5m", "sum(up)", "1", "up{", "up{a=~\"(\"}"] {
        assert!(parse_selector(source).is_err(), "{source}");
    }
}

#[test]
fn numbers_have_go_s_values() {
    for (source, value) in [
        ("0x1F", 31.0),
        ("0755", 493.0),
        ("089", 89.0),
        ("1_000", 1000.0),
        ("1e3", 1000.0),
        ("0x7fffffffffffffff", 9.223_372_036_854_776e18),
        ("5m", 300.0),
        ("1ms", 0.001),
        ("2y999ms", 63_072_000.0 + 0.999),
        ("iNF", f64::INFINITY),
        ("-Inf", f64::NEG_INFINITY),
        ("1_0.5", 10.5),
    ] {
        let ExprKind::Number(number) = all(source).kind else { panic!("{source}") };
        assert_eq!(number.value, value, "{source}");
    }
    for source in ["0xffffffffffffffff", "1e400", "1e+)", "0x"] {
        let error = parse(source).unwrap_err();
        assert!(
            error.message().starts_with("error parsing number")
                || error.kind() == ErrorKind::Syntax,
            "{source}: {error}"
        );
    }
}

#[test]
fn strings_are_decoded() {
    for (source, value) in [
        (r#""a\tb\\\"""#, "a\tb\\\""),
        (r"'it\'s'", "it's"),
        (r"`raw\n`", "raw\\n"),
        (r#""\u70ac\U0001F600\x41\101""#, "炬😀AA"),
        (r#""\xe7\x82\xac""#, "炬"),
        ("\"\"", ""),
    ] {
        let ExprKind::String(text) = all(source).kind else { panic!("{source}") };
        assert_eq!(text, value, "{source}");
    }
}

fn refused_by_limit(source: &str) -> String {
    let error = parse(source).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    error.message().to_owned()
}

#[test]
fn the_parts_of_a_text_are_counted() {
    let listed = |count: usize| format!("sum by ({}) (up)", vec!["a"; count].join(","));
    // `sum` and `up` count, too.
    assert!(parse(&listed(PARTS_MAX - 2)).is_ok());
    let message = "expression has more than 100000 operands, matchers and labels";
    assert_eq!(refused_by_limit(&listed(PARTS_MAX - 1)), message);
    let matchers = format!("up{{{}}}", "a=\"b\",".repeat(PARTS_MAX));
    assert_eq!(refused_by_limit(&matchers), message);
    let arguments = format!("label_join(up, \"a\", \"b\"{})", ", \"c\"".repeat(PARTS_MAX));
    assert_eq!(refused_by_limit(&arguments), message);
}

#[test]
fn regular_expressions_of_a_text_hold_memory_together() {
    let large = |count: usize| format!("up{{{}}}", "a=~\"(\\\\pL{9}){9}\",".repeat(count));
    assert!(parse(&large(6)).is_ok());
    let message = "regular expressions would hold more than 64 MiB compiled";
    assert_eq!(refused_by_limit(&large(7)), message);
    let within = format!("{} + {}", large(3), large(4));
    assert_eq!(refused_by_limit(&within), message);
    let listed = format!("up{{{}}}", "a=~\"b|c\",".repeat(2000));
    assert!(parse(&listed).is_ok());
}
