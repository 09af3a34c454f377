//! Plans and analyses over the API.

use super::check;
use expect_test::expect;

#[test]
fn a_plan_reads_nothing_and_says_what_would_be_done() {
    check(
        "GET /api/flyball/v1/explain?query=sum(up)%20%2B%201&time=60",
        &expect![[r#"
            200 {"status":"success","data":{"nodes":[{"depth":0,"text":"+","line":1,
            "column":1,"endLine":1,"endColumn":12,"valueType":"instant vector",
            "steps":{"first":60.0,"last":60.0,"count":1},"does":["each series on the
            left with a number"],"reads":[]},{"depth":1,"text":"sum","line":1,
            "column":1,"endLine":1,"endColumn":8,"valueType":"instant vector",
            "steps":{"first":60.0,"last":60.0,"count":1},"does":["one series of all"],
            "reads":[]},{"depth":2,"text":"up","line":1,"column":5,"endLine":1,
            "endColumn":7,"valueType":"instant vector","steps":{"first":60.0,
            "last":60.0,"count":1},"does":["the newest sample, less than 5m old"],
            "reads":[{"matchers":"{__name__=\"up\"}","first":-239.999,"last":60.0,
            "hints":{}}]},{"depth":1,"text":"1","line":1,"column":11,"endLine":1,
            "endColumn":12,"valueType":"scalar","steps":{"first":60.0,"last":60.0,
            "count":1},"does":[],"reads":[]}]}}"#]],
    );
    check(
        "POST /api/flyball/v1/explain query=rate(requests_total[1m])&start=0&end=60&step=30",
        &expect![[r#"
            200 {"status":"success","data":{"nodes":[{"depth":0,"text":"rate","line":1,
            "column":1,"endLine":1,"endColumn":25,"valueType":"instant vector",
            "steps":{"first":0.0,"last":60.0,"count":3,"stepSeconds":30.0},
            "does":["windows of 1m: their ends and the resets, which are looked for
            once"],"reads":[]},{"depth":1,"text":"requests_total[1m]","line":1,
            "column":6,"endLine":1,"endColumn":24,"valueType":"range vector",
            "steps":{"first":0.0,"last":60.0,"count":3,"stepSeconds":30.0},"does":[],
            "reads":[{"matchers":"{__name__=\"requests_total\"}","first":-59.999,
            "last":60.0,"hints":{"stepSeconds":30.0,"rangeSeconds":60.0,
            "function":"rate"}}]}]}}"#]],
    );
}

#[test]
fn an_analysis_has_figures() {
    check(
        "GET /api/flyball/v1/explain?query=rate(up[1m])&analyze=true",
        &expect![[r#"
            200 {"status":"success","data":{"nodes":[{"depth":0,"text":"rate","line":1,
            "column":1,"endLine":1,"endColumn":13,"valueType":"instant vector",
            "steps":{"first":300.0,"last":300.0,"count":1},"does":["windows of 1m:
            their ends and the resets, which are looked for once"],"reads":[],
            "measured":{"series":2,"points":2,"peakBytes":1666,"totalSeconds":0.0,
            "ownSeconds":0.0,"ways":[{"way":"by the ends of windows","series":2}]}},
            {"depth":1,"text":"up[1m]","line":1,"column":6,"endLine":1,"endColumn":12,
            "valueType":"range vector","steps":{"first":300.0,"last":300.0,"count":1},
            "does":[],"reads":[{"matchers":"{__name__=\"up\"}","first":240.001,
            "last":300.0,"hints":{"rangeSeconds":60.0,"function":"rate"},"series":2,
            "samples":8}],"measured":{"series":2,"points":8,"peakBytes":1138,
            "totalSeconds":0.0,"ownSeconds":0.0,"ways":[]}}],
            "analysis":{"totalSeconds":0.0,"seriesRead":2,"samplesRead":8,"series":2,
            "points":2,"peakSamples":5,"peakBytes":1666}},"infos":["PromQL info: metric
            might not be a counter, name does not end in _total/_sum/_count/_bucket:
            \"up\" (1:6)"]}"#]],
    );
}

#[test]
fn a_query_that_fails_shows_where() {
    check(
        "GET /api/flyball/v1/explain?query=up%20*%20on(job)%20up&analyze=true",
        &expect![[r#"
            200 {"status":"success","data":{"nodes":[{"depth":0,"text":"* on (job)",
            "line":1,"column":1,"endLine":1,"endColumn":16,"valueType":"instant vector",
            "steps":{"first":300.0,"last":300.0,"count":1},"does":["joins one series
            with one, by the labels (job)"],"reads":[],"measured":{"series":0,
            "points":0,"peakBytes":4699,"totalSeconds":0.0,"ownSeconds":0.0,"ways":[],
            "error":"found duplicate series for the match group {job=\"node\"} on the
            right hand-side of the operation: [{__name__=\"up\", instance=\"a:9100\",
            job=\"node\"}, {__name__=\"up\", instance=\"b:9100\",
            job=\"node\"}];many-to-many matching not allowed: matching labels must be
            unique on one side"}},{"depth":1,"text":"up","line":1,"column":1,
            "endLine":1,"endColumn":3,"valueType":"instant vector",
            "steps":{"first":300.0,"last":300.0,"count":1},"does":["the newest sample,
            less than 5m old"],"reads":[{"matchers":"{__name__=\"up\"}","first":0.001,
            "last":300.0,"hints":{},"series":2,"samples":40}],"measured":{"series":2,
            "points":2,"peakBytes":3643,"totalSeconds":0.0,"ownSeconds":0.0,"ways":[]}},
            {"depth":1,"text":"up","line":1,"column":14,"endLine":1,"endColumn":16,
            "valueType":"instant vector","steps":{"first":300.0,"last":300.0,"count":1},
            "does":["the newest sample, less than 5m old"],
            "reads":[{"matchers":"{__name__=\"up\"}","first":0.001,"last":300.0,
            "hints":{},"series":2,"samples":40}],"measured":{"series":2,"points":2,
            "peakBytes":4699,"totalSeconds":0.0,"ownSeconds":0.0,"ways":[]}}],
            "error":{"errorType":"execution","error":"found duplicate series for the
            match group {job=\"node\"} on the right hand-side of the operation:
            [{__name__=\"up\", instance=\"a:9100\", job=\"node\"}, {__name__=\"up\",
            instance=\"b:9100\", job=\"node\"}];many-to-many matching not allowed:
            matching labels must be unique on one side"}}}"#]],
    );
}

#[test]
fn what_is_no_query_is_refused_as_by_the_query() {
    check(
        "GET /api/flyball/v1/explain?query=rate(up)",
        &expect![[r#"
        400 {"status":"error","errorType":"bad_data","error":"invalid parameter
        \"query\": 1:6: parse error: expected type range vector in call to function
        \"rate\", got instant vector"}"#]],
    );
    check(
        "GET /api/flyball/v1/explain?query=up&analyze=maybe",
        &expect![[r#"
        400 {"status":"error","errorType":"bad_data","error":"invalid parameter
        \"analyze\": strconv.ParseBool: parsing \"maybe\": invalid syntax"}"#]],
    );
    check(
        "GET /api/flyball/v1/explain?query=up&start=1&end=0&step=1",
        &expect![[r#"
        400 {"status":"error","errorType":"bad_data","error":"invalid parameter
        \"end\": end timestamp must not be before start time"}"#]],
    );
    check(
        "GET /api/flyball/v1/explain?query=up[1m]&start=0&end=1&step=1",
        &expect![[r#"
        400 {"status":"error","errorType":"bad_data","error":"invalid parameter
        \"query\": invalid expression type \"range vector\" for range query, must
        be Scalar or instant Vector"}"#]],
    );
    check(
        "GET /api/flyball/v1/explain?query=up&timeout=0s",
        &expect![[r#"
        503 {"status":"error","errorType":"timeout","error":"query timed out in
        query execution"}"#]],
    );
}
