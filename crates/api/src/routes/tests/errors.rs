//! Bad parameters get upstream's statuses and sentences.

use super::check;
use expect_test::expect;

#[test]
fn bad_query_is_an_invalid_parameter() {
    check(
        "GET /api/v1/query?query=up%7B",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"invalid parameter
            \"query\": 1:4: parse error: unexpected end of input inside braces"}"#]],
    );
    check(
        "GET /api/v1/query",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"invalid parameter
            \"query\": 1:1: parse error: no expression found in input"}"#]],
    );
    check(
        "POST /api/v1/query query=sum(",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"invalid parameter
            \"query\": 1:5: parse error: unclosed left parenthesis"}"#]],
    );
}

#[test]
fn bad_times_and_durations() {
    check(
        "GET /api/v1/query?query=1&time=soon",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"invalid parameter
            \"time\": invalid time value for 'time': cannot parse \"soon\" to a valid
            timestamp"}"#]],
    );
    check(
        "GET /api/v1/query?query=1&time=NaN",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"invalid parameter
            \"time\": invalid time value for 'time': cannot parse \"NaN\" to a valid
            timestamp"}"#]],
    );
    check(
        "GET /api/v1/query?query=1&timeout=abc",
        &expect![[r#"
        400 {"status":"error","errorType":"bad_data","error":"invalid parameter
        \"timeout\": cannot parse \"abc\" to a valid duration"}"#]],
    );
    check(
        "GET /api/v1/query?query=1&lookback_delta=abc",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"error parsing
            lookback delta duration: cannot parse \"abc\" to a valid duration"}"#]],
    );
}

#[test]
fn bad_ranges() {
    check(
        "GET /api/v1/query_range?query=1&end=2&step=1",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"invalid parameter
            \"start\": cannot parse \"\" to a valid timestamp"}"#]],
    );
    check(
        "GET /api/v1/query_range?query=1&start=1&step=1",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"invalid parameter
            \"end\": cannot parse \"\" to a valid timestamp"}"#]],
    );
    check(
        "GET /api/v1/query_range?query=1&start=2&end=1&step=1",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"invalid parameter
            \"end\": end timestamp must not be before start time"}"#]],
    );
    check(
        "GET /api/v1/query_range?query=1&start=1&end=2",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"invalid parameter
            \"step\": cannot parse \"\" to a valid duration"}"#]],
    );
    check(
        "GET /api/v1/query_range?query=1&start=1&end=2&step=0",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"invalid parameter
            \"step\": zero or negative query resolution step widths are not accepted.
            Try a positive integer"}"#]],
    );
    check(
        "GET /api/v1/query_range?query=1&start=1&end=2&step=-1",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"invalid parameter
            \"step\": zero or negative query resolution step widths are not accepted.
            Try a positive integer"}"#]],
    );
    check(
        "GET /api/v1/query_range?query=1&start=1&end=2&step=1e30",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"invalid parameter
            \"step\": cannot parse \"1e30\" to a valid duration. It overflows int64"}"#]],
    );
    check(
        "GET /api/v1/query_range?query=nothing&start=0&end=11000&step=1",
        &expect![[r#"200 {"status":"success","data":{"resultType":"matrix","result":[]}}"#]],
    );
    check(
        "GET /api/v1/query_range?query=1&start=0&end=11001&step=1",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"exceeded maximum
            resolution of 11,000 points per timeseries. Try decreasing the query
            resolution (?step=XX)"}"#]],
    );
}

#[test]
fn bad_limits() {
    check(
        "GET /api/v1/query?query=1&limit=many",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"invalid parameter
            \"limit\": strconv.Atoi: parsing \"many\": invalid syntax"}"#]],
    );
    check(
        "GET /api/v1/query?query=1&limit=-1",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"invalid parameter
            \"limit\": limit must be non-negative"}"#]],
    );
    check(
        "GET /api/v1/labels?limit=99999999999999999999",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"invalid parameter
            \"limit\": strconv.Atoi: parsing \"99999999999999999999\": value out of
            range"}"#]],
    );
    check(
        "GET /api/v1/metadata?limit=x",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"limit must be a
            number"}"#]],
    );
    check(
        "GET /api/v1/metadata?limit_per_metric=x",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"limit_per_metric must
            be a number"}"#]],
    );
    check(
        "GET /api/v1/targets/metadata?limit=x",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"limit must be a
            number"}"#]],
    );
    check(
        "GET /api/v1/status/tsdb?limit=0",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"limit must be a
            positive number"}"#]],
    );
    check(
        "GET /api/v1/status/tsdb?limit=10001",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"limit must not exceed
            10000"}"#]],
    );
}

#[test]
fn bad_selectors() {
    check(
        "GET /api/v1/series",
        &expect![[r#"
        400 {"status":"error","errorType":"bad_data","error":"no match[] parameter
        provided"}"#]],
    );
    check(
        "GET /api/v1/series?match[]=%7B%7D",
        &expect![[r#"
        400 {"status":"error","errorType":"bad_data","error":"invalid parameter
        \"match[]\": match[] must contain at least one non-empty matcher"}"#]],
    );
    check(
        "GET /api/v1/series?match[]=up%7B",
        &expect![[r#"
        400 {"status":"error","errorType":"bad_data","error":"invalid parameter
        \"match[]\": 1:4: parse error: unexpected end of input inside braces"}"#]],
    );
    check(
        "GET /api/v1/labels?match[]=%7Bjob%3D~%22.*%22%7D",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"match[] must contain
            at least one non-empty matcher"}"#]],
    );
    check(
        "GET /api/v1/targets/metadata?match_target=%7B",
        &expect![[r#"
        400 {"status":"error","errorType":"bad_data","error":"invalid parameter
        \"match_target\": 1:2: parse error: unexpected end of input inside braces"}"#]],
    );
    check(
        "GET /api/v1/targets/metadata?metric=absent",
        &expect![[r#"200 {"status":"success","data":[]}"#]],
    );
    check(
        "GET /api/v1/query_exemplars?query=up%7B",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"1:4: parse error:
            unexpected end of input inside braces"}"#]],
    );
    check(
        "GET /api/v1/query_exemplars?query=up&start=2&end=1",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"end timestamp must
            not be before start timestamp"}"#]],
    );
}

#[test]
fn bad_rule_filters() {
    check(
        "GET /api/v1/rules?type=other",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"invalid parameter
            \"type\": not supported value \"other\""}"#]],
    );
    check(
        "GET /api/v1/rules?exclude_alerts=maybe",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"invalid parameter
            \"exclude_alerts\": error converting exclude_alerts: strconv.ParseBool:
            parsing \"maybe\": invalid syntax"}"#]],
    );
    check(
        "GET /api/v1/rules?group_limit=0",
        &expect![[r#"
        400 {"status":"error","errorType":"bad_data","error":"invalid parameter
        \"group_limit\": \"0\" is not a number above 0"}"#]],
    );
    check(
        "GET /api/v1/rules?group_next_token=abc",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"invalid parameter
            \"group_next_token\": group_limit needs to be present in order to paginate
            over the groups"}"#]],
    );
    check(
        "GET /api/v1/rules?group_limit=1&group_next_token=abc",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"invalid parameter
            \"group_next_token\": invalid group_next_token 'abc'. were rule groups
            changed?"}"#]],
    );
}

#[test]
fn inv_82_unknown_paths_are_404() {
    check(
        "GET /api/v1/nothing",
        &expect![[r#"
            404 {"status":"error","errorType":"not_found","error":"there is no
            /api/v1/nothing; /api/openapi.json lists what is there"}"#]],
    );
    check(
        "GET /nothing",
        &expect![[r#"
        404 404 page not found
    "#]],
    );
    check(
        "DELETE /api/v1/query",
        &expect![[r#"
        405 Method Not Allowed
    "#]],
    );
    check(
        "GET /-/reload",
        &expect![[r#"
        403 Lifecycle API is not enabled.
    "#]],
    );
}
