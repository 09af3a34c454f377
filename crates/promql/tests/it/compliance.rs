//! Every query that the PromQL compliance templates expand to parses.

use std::fs;

/// Values of the templates' variables, as upstream's tester expands them.
const VARIABLES: &[(&str, &[&str])] = &[
    ("range", &["1s", "15s", "1m", "5m", "15m", "1h"]),
    ("offset", &["1m", "5m", "10m"]),
    ("simpleAggrOp", &["sum", "avg", "max", "min", "count", "stddev", "stdvar"]),
    ("topBottomOp", &["topk", "bottomk"]),
    ("quantile", &["-0.5", "0.1", "0.5", "0.75", "0.95", "0.90", "0.99", "1", "1.5"]),
    ("arithBinOp", &["+", "-", "*", "/", "%", "^"]),
    ("compBinOp", &["==", "!=", "<", ">", "<=", ">="]),
    ("binOp", &["+", "-", "*", "/", "%", "^", "==", "!=", "<", ">", "<=", ">="]),
    ("simpleMathFunc", &["abs", "ceil", "floor", "exp", "sqrt", "ln", "log2", "log10", "round"]),
    ("extrapolatedRateFunc", &["delta", "rate", "increase"]),
    ("clampFunc", &["clamp_min", "clamp_max"]),
    ("instantRateFunc", &["idelta", "irate"]),
    (
        "dateFunc",
        &["day_of_month", "day_of_week", "days_in_month", "hour", "minute", "month", "year"],
    ),
    ("smoothingFactor", &["0.1", "0.5", "0.8"]),
    ("trendFactor", &["0.1", "0.5", "0.8"]),
    (
        "simpleTimeAggrOp",
        &["sum", "avg", "max", "min", "count", "stddev", "stdvar", "absent", "last"],
    ),
];

/// All queries, or `None` when the templates are absent.
pub(crate) fn queries() -> Option<Vec<String>> {
    let folder = testkit::conformance_dir("promql-compliance", "promql-compliance")?;
    let text = fs::read_to_string(folder.join("promql-test-queries.yml")).unwrap();
    let mut queries = Vec::new();
    for line in text.lines() {
        let line = line.trim().trim_start_matches("- ");
        let Some(template) = line.strip_prefix("query: ") else { continue };
        expand(&unquote_yaml(template), &mut queries);
    }
    Some(queries)
}

/// A single- or double-quoted scalar in one line.
fn unquote_yaml(text: &str) -> String {
    match text.strip_prefix('\'') {
        Some(rest) => rest.trim_end_matches('\'').replace("''", "'"),
        None => text.trim_matches('"').replace("\\\"", "\"").replace("\\\\", "\\"),
    }
}

fn expand(template: &str, queries: &mut Vec<String>) {
    let Some((before, rest)) = template.split_once("{{.") else {
        queries.push(template.to_owned());
        return;
    };
    let (name, after) = rest.split_once("}}").unwrap();
    let values = VARIABLES.iter().find(|(known, _)| *known == name);
    let (_, values) = values.unwrap_or_else(|| panic!("unknown variable {name}"));
    for value in *values {
        expand(&format!("{before}{value}{after}"), queries);
    }
}

#[test]
fn every_query_of_the_compliance_templates_parses() {
    let Some(queries) = queries() else { return };
    let refused: Vec<String> = queries
        .iter()
        .filter_map(|query| {
            promql::parse_with(query, &promql::ParserOptions::ALL)
                .err()
                .map(|error| format!("{query}: {error}"))
        })
        .collect();
    // The one query that the templates themselves mark `should_fail` for its text.
    let expect = expect_test::expect![[r#"
        {__name__=~".*"}: 1:1: parse error: vector selector must contain at least one non-empty matcher"#]];
    expect.assert_eq(&refused.join("\n"));
    assert_eq!(queries.len(), 539);
}
