//! The JSON of every kind of node.

use super::Node;
use expect_test::{Expect, expect};
use promql::ParserOptions;

/// A node begins in a line of its own.
fn check(query: &str, expected: &Expect) {
    let expr = promql::parse_with(query, &ParserOptions::ALL).unwrap();
    let json = serde_json::to_string(&Node::new(&expr)).unwrap();
    let mut lines = json.replace(r#"{"type""#, "\n{\"type\"");
    for field in ["\"matchers\"", "\"timestamp\"", "\"args\""] {
        lines = lines.replace(field, &format!("\n {field}"));
    }
    expected.assert_eq(lines.trim_start());
}

#[test]
fn selectors() {
    check(
        r#"up{job=~"a.*"} offset 1m"#,
        &expect![[r#"
        {"type":"vectorSelector","name":"up","offset":60000,
         "matchers":[{"name":"job","value":"a.*","type":"=~"},{"name":"__name__","value":"up","type":"="}],
         "timestamp":null,"startOrEnd":null,"anchored":false,"smoothed":false}"#]],
    );
    check(
        r#"rate({"my.metric", a!="b"}[5m] smoothed @ 1.5)"#,
        &expect![[r#"
        {"type":"call","func":{"name":"rate","argTypes":["matrix"],"variadic":0,"returnType":"vector"},
         "args":[
        {"type":"matrixSelector","range":300000,"name":"","offset":0,
         "matchers":[{"name":"__name__","value":"my.metric","type":"="},{"name":"a","value":"b","type":"!="}],
         "timestamp":1500,"startOrEnd":null,"anchored":false,"smoothed":true}]}"#]],
    );
}

#[test]
fn subqueries() {
    check(
        "a[1h:5m] @ end() offset -1m",
        &expect![[r#"
        {"type":"subquery","expr":
        {"type":"vectorSelector","name":"a","offset":0,
         "matchers":[{"name":"__name__","value":"a","type":"="}],
         "timestamp":null,"startOrEnd":null,"anchored":false,"smoothed":false},"range":3600000,"step":300000,"offset":-60000,
         "timestamp":null,"startOrEnd":"end"}"#]],
    );
    check(
        "a[step() * 2:]",
        &expect![[r#"
        {"type":"subquery","expr":
        {"type":"vectorSelector","name":"a","offset":0,
         "matchers":[{"name":"__name__","value":"a","type":"="}],
         "timestamp":null,"startOrEnd":null,"anchored":false,"smoothed":false},"range":0,"step":0,"offset":0,
         "timestamp":null,"startOrEnd":null}"#]],
    );
}

#[test]
fn operators() {
    check(
        "-a == bool (-1e3)",
        &expect![[r#"
        {"type":"binaryExpr","op":"==","lhs":
        {"type":"unaryExpr","op":"-","expr":
        {"type":"vectorSelector","name":"a","offset":0,
         "matchers":[{"name":"__name__","value":"a","type":"="}],
         "timestamp":null,"startOrEnd":null,"anchored":false,"smoothed":false}},"rhs":
        {"type":"parenExpr","expr":
        {"type":"numberLiteral","val":"-1000"}},"matching":null,"bool":true}"#]],
    );
    check(
        "a / on (l) group_left (m) fill_right (0) b",
        &expect![[r#"
        {"type":"binaryExpr","op":"/","lhs":
        {"type":"vectorSelector","name":"a","offset":0,
         "matchers":[{"name":"__name__","value":"a","type":"="}],
         "timestamp":null,"startOrEnd":null,"anchored":false,"smoothed":false},"rhs":
        {"type":"vectorSelector","name":"b","offset":0,
         "matchers":[{"name":"__name__","value":"b","type":"="}],
         "timestamp":null,"startOrEnd":null,"anchored":false,"smoothed":false},"matching":{"card":"many-to-one","labels":["l"],"on":true,"include":["m"],"fillValues":{"lhs":null,"rhs":0.0}},"bool":false}"#]],
    );
}

#[test]
fn aggregations_and_calls() {
    check(
        "topk without (a) (1, x)",
        &expect![[r#"
        {"type":"aggregation","op":"topk","expr":
        {"type":"vectorSelector","name":"x","offset":0,
         "matchers":[{"name":"__name__","value":"x","type":"="}],
         "timestamp":null,"startOrEnd":null,"anchored":false,"smoothed":false},"param":
        {"type":"numberLiteral","val":"1"},"grouping":["a"],"without":true}"#]],
    );
    check(
        r#"label_join(vector(time()), "a", "b")"#,
        &expect![[r#"
        {"type":"call","func":{"name":"label_join","argTypes":["vector","string","string","string"],"variadic":-1,"returnType":"vector"},
         "args":[
        {"type":"call","func":{"name":"vector","argTypes":["scalar"],"variadic":0,"returnType":"vector"},
         "args":[
        {"type":"call","func":{"name":"time","argTypes":[],"variadic":0,"returnType":"scalar"},
         "args":[]}]},
        {"type":"stringLiteral","val":"a"},
        {"type":"stringLiteral","val":"b"}]}"#]],
    );
}
