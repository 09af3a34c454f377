//! `format_query` and `parse_query`.

use super::check;
use expect_test::expect;

#[test]
fn format_query() {
    let expected = expect![[r#"200 {"status":"success","data":"sum by (job) (rate(up[5m]))"}"#]];
    check("GET /api/v1/format_query?query=sum(rate(up[5m]))by(job)", &expected);
    check("POST /api/v1/format_query query=sum(rate(up[5m]))by(job)", &expected);
}

#[test]
fn parse_query() {
    let expected = expect![[r#"
        200 {"status":"success","data":{"type":"unaryExpr","op":"-",
        "expr":{"type":"vectorSelector","name":"up","offset":0,
        "matchers":[{"name":"__name__","value":"up","type":"="}],"timestamp":null,
        "startOrEnd":null,"anchored":false,"smoothed":false}}}"#]];
    check("GET /api/v1/parse_query?query=-up", &expected);
    check("POST /api/v1/parse_query query=-up", &expected);
}

#[test]
fn what_is_no_expression_is_refused() {
    check(
        "GET /api/v1/parse_query?query=sum(",
        &expect![[r#"
        400 {"status":"error","errorType":"bad_data","error":"invalid parameter
        \"query\": 1:5: parse error: unclosed left parenthesis"}"#]],
    );
    check(
        "POST /api/v1/format_query query=sum(",
        &expect![[r#"
        400 {"status":"error","errorType":"bad_data","error":"invalid parameter
        \"query\": 1:5: parse error: unclosed left parenthesis"}"#]],
    );
    check(
        "GET /api/v1/parse_query",
        &expect![[r#"
        400 {"status":"error","errorType":"bad_data","error":"invalid parameter
        \"query\": 1:1: parse error: no expression found in input"}"#]],
    );
}
