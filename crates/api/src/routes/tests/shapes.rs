//! Good answers have upstream's shapes.

use super::check;
use crate::test_client::{Client, run};
use expect_test::expect;

#[test]
fn scalar_query() {
    check(
        "GET /api/v1/query?query=1.5&time=12.3456",
        &expect![[r#"
            200 {"status":"success","data":{"resultType":"scalar","result":[12.346,
            "1.5"]}}"#]],
    );
    check(
        "POST /api/v1/query query=1e-7&time=1970-01-01T00:00:10Z",
        &expect![[r#"
            200 {"status":"success","data":{"resultType":"scalar","result":[10,
            "0.0000001"]}}"#]],
    );
}

#[test]
fn vectors_and_matrices() {
    check(
        "GET /api/v1/query?query=up",
        &expect![[r#"
            200 {"status":"success","data":{"resultType":"vector",
            "result":[{"metric":{"__name__":"up","instance":"a:9100","job":"node"},
            "value":[300,"1"]},{"metric":{"__name__":"up","instance":"b:9100",
            "job":"node"},"value":[300,"0"]}]}}"#]],
    );
    check(
        "GET /api/v1/query?query=up&limit=1",
        &expect![[r#"
            200 {"status":"success","data":{"resultType":"vector",
            "result":[{"metric":{"__name__":"up","instance":"a:9100","job":"node"},
            "value":[300,"1"]}]},"warnings":["results truncated due to limit"]}"#]],
    );
    check(
        "GET /api/v1/query?query=up[30s]&limit=1",
        &expect![[r#"
            200 {"status":"success","data":{"resultType":"matrix",
            "result":[{"metric":{"__name__":"up","instance":"a:9100","job":"node"},
            "values":[[285,"1"],[300,"1"]]}]},"warnings":["results truncated due to
            limit"]}"#]],
    );
    check(
        "POST /api/v1/query_range query=up&start=0&end=30&step=15",
        &expect![[r#"
            200 {"status":"success","data":{"resultType":"matrix",
            "result":[{"metric":{"__name__":"up","instance":"a:9100","job":"node"},
            "values":[[0,"1"],[15,"1"],[30,"1"]]},{"metric":{"__name__":"up",
            "instance":"b:9100","job":"node"},"values":[[0,"0"],[15,"0"],[30,"0"]]}]}}"#]],
    );
    check(
        "GET /api/v1/query_range?query=1&start=0&end=1.5&step=500ms",
        &expect![[r#"
            200 {"status":"success","data":{"resultType":"matrix",
            "result":[{"metric":{},"values":[[0,"1"],[0.500,"1"],[1,"1"],[1.500,
            "1"]]}]}}"#]],
    );
    check(
        "GET /api/v1/query_range?query=up&start=0&end=15&step=15&limit=1",
        &expect![[r#"
            200 {"status":"success","data":{"resultType":"matrix",
            "result":[{"metric":{"__name__":"up","instance":"a:9100","job":"node"},
            "values":[[0,"1"],[15,"1"]]}]},"warnings":["results truncated due to
            limit"]}"#]],
    );
    check(
        "GET /api/v1/query?query=up&lookback_delta=1s&time=290",
        &expect![[r#"200 {"status":"success","data":{"resultType":"vector","result":[]}}"#]],
    );
}

#[test]
fn annotations_follow_the_data() {
    check(
        "GET /api/v1/query?query=rate(up[1m])%20and%20absent",
        &expect![[r#"
            200 {"status":"success","data":{"resultType":"vector","result":[]},
            "infos":["PromQL info: metric might not be a counter, name does not end in
            _total/_sum/_count/_bucket: \"up\" (1:6)"]}"#]],
    );
}

#[test]
fn form_wins_over_query_string() {
    check(
        "POST /api/v1/query?query=1&time=1 query=2",
        &expect![[r#"200 {"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}"#]],
    );
}

#[test]
fn time_defaults_to_now() {
    check(
        "GET /api/v1/query?query=1",
        &expect![[r#"200 {"status":"success","data":{"resultType":"scalar","result":[300,"1"]}}"#]],
    );
}

#[test]
fn statistics_on_demand() {
    check(
        "GET /api/v1/query?query=up&stats=1",
        &expect![[r#"
            200 {"status":"success","data":{"resultType":"vector",
            "result":[{"metric":{"__name__":"up","instance":"a:9100","job":"node"},
            "value":[300,"1"]},{"metric":{"__name__":"up","instance":"b:9100",
            "job":"node"},"value":[300,"0"]}],"stats":{"timings":{"evalTotalTime":0.0,
            "resultSortTime":0.0,"queryPreparationTime":0.0,"innerEvalTime":0.0,
            "execQueueTime":0.0,"execTotalTime":0.0},
            "samples":{"totalQueryableSamples":2,"peakSamples":2}}},"warnings":["value
            \"1\" for parameter \"stats\" is deprecated and will be rejected in the
            next major release, use \"true\" or \"all\""]}"#]],
    );
    check(
        "GET /api/v1/query?query=up[1m]&stats=all",
        &expect![[r#"
            200 {"status":"success","data":{"resultType":"matrix",
            "result":[{"metric":{"__name__":"up","instance":"a:9100","job":"node"},
            "values":[[255,"1"],[270,"1"],[285,"1"],[300,"1"]]},
            {"metric":{"__name__":"up","instance":"b:9100","job":"node"},"values":[[255,
            "0"],[270,"0"],[285,"0"],[300,"0"]]}],
            "stats":{"timings":{"evalTotalTime":0.0,"resultSortTime":0.0,
            "queryPreparationTime":0.0,"innerEvalTime":0.0,"execQueueTime":0.0,
            "execTotalTime":0.0},"samples":{"totalQueryableSamplesPerStep":[[300.0,8]],
            "totalQueryableSamples":8,"peakSamples":8}}}}"#]],
    );
    check(
        "GET /api/v1/query_range?query=up&start=0&end=1.5&step=0.5&limit=1&stats=all",
        &expect![[r#"
            200 {"status":"success","data":{"resultType":"matrix",
            "result":[{"metric":{"__name__":"up","instance":"a:9100","job":"node"},
            "values":[[0,"1"],[0.500,"1"],[1,"1"],[1.500,"1"]]}],
            "stats":{"timings":{"evalTotalTime":0.0,"resultSortTime":0.0,
            "queryPreparationTime":0.0,"innerEvalTime":0.0,"execQueueTime":0.0,
            "execTotalTime":0.0},"samples":{"totalQueryableSamplesPerStep":[[0.0,2],
            [0.5,2],[1.0,2],[1.5,2]],"totalQueryableSamples":8,"peakSamples":8}}},
            "warnings":["results truncated due to limit"]}"#]],
    );
}

#[test]
fn series_are_sorted_and_unique() {
    check(
        "GET /api/v1/series?match[]=up",
        &expect![[r#"
            200 {"status":"success","data":[{"__name__":"up","instance":"a:9100",
            "job":"node"},{"__name__":"up","instance":"b:9100","job":"node"}]}"#]],
    );
    check(
        "POST /api/v1/series match[]=up&match[]={job=\"node\"}&limit=1",
        &expect![[r#"
            200 {"status":"success","data":[{"__name__":"up","instance":"a:9100",
            "job":"node"}],"warnings":["results truncated due to limit"]}"#]],
    );
    check("GET /api/v1/series?match[]=absent", &expect![[r#"200 {"status":"success","data":[]}"#]]);
}

#[test]
fn labels_and_values() {
    check(
        "GET /api/v1/labels",
        &expect![[r#"
            200 {"status":"success","data":["__name__","http.method","instance","job",
            "method"]}"#]],
    );
    check(
        "POST /api/v1/labels match[]=up&limit=2",
        &expect![[r#"
        200 {"status":"success","data":["__name__","instance"],"warnings":["results
        truncated due to limit"]}"#]],
    );
    check(
        "GET /api/v1/label/job/values",
        &expect![[r#"200 {"status":"success","data":["api","node"]}"#]],
    );
    check(
        "GET /api/v1/label/job/values?limit=1",
        &expect![[r#"
            200 {"status":"success","data":["api"],"warnings":["results truncated due
            to limit"]}"#]],
    );
    check(
        "GET /api/v1/label/U__http_2e_method/values",
        &expect![[r#"200 {"status":"success","data":["GET"]}"#]],
    );
    check(
        "GET /api/v1/label/http.method/values",
        &expect![[r#"200 {"status":"success","data":["GET"]}"#]],
    );
}

#[test]
fn metadata() {
    check(
        "GET /api/v1/metadata",
        &expect![[r#"
            200 {"status":"success","data":{"requests_total":[{"type":"counter",
            "help":"Requests.","unit":""}],"up":[{"type":"gauge","help":"Is the
            \"target\" up?","unit":""}]}}"#]],
    );
    check(
        "GET /api/v1/metadata?metric=up",
        &expect![[r#"
            200 {"status":"success","data":{"up":[{"type":"gauge","help":"Is the
            \"target\" up?","unit":""}]}}"#]],
    );
    check(
        "GET /api/v1/metadata?limit=1",
        &expect![[r#"
        200 {"status":"success","data":{"requests_total":[{"type":"counter",
        "help":"Requests.","unit":""}]}}"#]],
    );
    check(
        "GET /api/v1/targets/metadata",
        &expect![[r#"
            200 {"status":"success","data":[{"target":{"instance":"a:9100",
            "job":"node"},"metric":"up","type":"gauge","help":"Up.","unit":""}]}"#]],
    );
    check(
        "GET /api/v1/targets/metadata?metric=up&match_target=%7Bjob=%22node%22%7D",
        &expect![[r#"
            200 {"status":"success","data":[{"target":{"instance":"a:9100",
            "job":"node"},"type":"gauge","help":"Up.","unit":""}]}"#]],
    );
}

#[test]
fn exemplars() {
    check(
        "GET /api/v1/query_exemplars?query=rate(requests_total[5m])",
        &expect![[r#"
            200 {"status":"success",
            "data":[{"seriesLabels":{"__name__":"requests_total","job":"api",
            "method":"GET"},"exemplars":[{"labels":{"trace_id":"4bf92f35"},
            "value":"0.25","timestamp":60.050}]}]}"#]],
    );
    check("GET /api/v1/query_exemplars?query=1", &expect!["204 "]);
}

#[test]
fn targets() {
    check(
        "GET /api/v1/targets",
        &expect![[r#"
            200 {"status":"success",
            "data":{"activeTargets":[{"discoveredLabels":{"__address__":"a:9100",
            "job":"node"},"labels":{"instance":"a:9100","job":"node"},
            "scrapePool":"node","scrapeUrl":"http://a:9100/metrics",
            "globalUrl":"http://a:9100/metrics","lastError":"",
            "lastScrape":"2023-11-14T22:13:20.123Z","lastScrapeDuration":0.012,
            "health":"up","scrapeInterval":"15s","scrapeTimeout":"10s"}],
            "droppedTargets":[{"discoveredLabels":{"__address__":"c:9100"},
            "scrapePool":"node"}],"droppedTargetCounts":{"node":1}}}"#]],
    );
    check(
        "GET /api/v1/targets?state=active&scrapePool=other",
        &expect![[r#"
        200 {"status":"success","data":{"activeTargets":[],"droppedTargets":[],
        "droppedTargetCounts":null}}"#]],
    );
    check(
        "GET /api/v1/targets?state=Dropped",
        &expect![[r#"
        200 {"status":"success","data":{"activeTargets":[],
        "droppedTargets":[{"discoveredLabels":{"__address__":"c:9100"},
        "scrapePool":"node"}],"droppedTargetCounts":{"node":1}}}"#]],
    );
    check(
        "GET /api/v1/scrape_pools",
        &expect![[r#"200 {"status":"success","data":{"scrapePools":["api","node"]}}"#]],
    );
}

#[test]
fn rules_and_alerts() {
    check(
        "GET /api/v1/rules",
        &expect![[r#"
            200 {"status":"success","data":{"groups":[{"name":"alerts",
            "file":"rules.yml","rules":[{"state":"firing","name":"Down","query":"up ==
            0","duration":60.0,"keepFiringFor":0.0,"labels":{"severity":"page"},
            "annotations":{"summary":"{{ $labels.instance }} is down"},
            "alerts":[{"labels":{"alertname":"Down","severity":"page"},
            "annotations":{"summary":"a is down"},"state":"firing",
            "activeAt":"2023-11-14T22:13:20Z","value":"1e+00"}],"health":"ok",
            "evaluationTime":0.002,"lastEvaluation":"2023-11-14T22:13:20Z",
            "type":"alerting"}],"interval":15.0,"limit":0,"evaluationTime":0.0,
            "lastEvaluation":"0001-01-01T00:00:00Z"},{"name":"records",
            "file":"rules.yml","rules":[{"name":"job:up:sum","query":"sum by (job)
            (up)","health":"err","lastError":"out of luck","evaluationTime":0.0,
            "lastEvaluation":"0001-01-01T00:00:00Z","type":"recording"}],
            "interval":60.0,"limit":10,"evaluationTime":0.0,
            "lastEvaluation":"0001-01-01T00:00:00Z"}]}}"#]],
    );
    check(
        "GET /api/v1/rules?type=alert&exclude_alerts=true",
        &expect![[r#"
            200 {"status":"success","data":{"groups":[{"name":"alerts",
            "file":"rules.yml","rules":[{"state":"firing","name":"Down","query":"up ==
            0","duration":60.0,"keepFiringFor":0.0,"labels":{"severity":"page"},
            "annotations":{"summary":"{{ $labels.instance }} is down"},"alerts":[],
            "health":"ok","evaluationTime":0.002,
            "lastEvaluation":"2023-11-14T22:13:20Z","type":"alerting"}],"interval":15.0,
            "limit":0,"evaluationTime":0.0,"lastEvaluation":"0001-01-01T00:00:00Z"}]}}"#]],
    );
    check(
        "GET /api/v1/rules?type=record&rule_name[]=other",
        &expect![[r#"200 {"status":"success","data":{"groups":[]}}"#]],
    );
    check(
        "GET /api/v1/rules?match[]=%7Bseverity=%22page%22%7D&file[]=rules.yml",
        &expect![[r#"
            200 {"status":"success","data":{"groups":[{"name":"alerts",
            "file":"rules.yml","rules":[{"state":"firing","name":"Down","query":"up ==
            0","duration":60.0,"keepFiringFor":0.0,"labels":{"severity":"page"},
            "annotations":{"summary":"{{ $labels.instance }} is down"},
            "alerts":[{"labels":{"alertname":"Down","severity":"page"},
            "annotations":{"summary":"a is down"},"state":"firing",
            "activeAt":"2023-11-14T22:13:20Z","value":"1e+00"}],"health":"ok",
            "evaluationTime":0.002,"lastEvaluation":"2023-11-14T22:13:20Z",
            "type":"alerting"}],"interval":15.0,"limit":0,"evaluationTime":0.0,
            "lastEvaluation":"0001-01-01T00:00:00Z"}]}}"#]],
    );
    check(
        "GET /api/v1/alerts",
        &expect![[r#"
        200 {"status":"success","data":{"alerts":[{"labels":{"alertname":"Down",
        "severity":"page"},"annotations":{"summary":"a is down"},"state":"firing",
        "activeAt":"2023-11-14T22:13:20Z","value":"1e+00"}]}}"#]],
    );
    check(
        "GET /api/v1/alertmanagers",
        &expect![[r#"
            200 {"status":"success",
            "data":{"activeAlertmanagers":[{"url":"http://am:9093/api/v2/alerts"}],
            "droppedAlertmanagers":[{"url":"http://old:9093/api/v2/alerts"}]}}"#]],
    );
}

#[test]
fn rule_pages_cover_all_groups_once() {
    let client = Client::new();
    let first = run(client.show("GET /api/v1/rules?group_limit=1"));
    let (_, token) = first.split_once("\"groupNextToken\":\"").unwrap();
    let token = token.split('"').next().unwrap();
    let line = format!("GET /api/v1/rules?group_limit=1&group_next_token={token}");
    let second = run(client.show(&line));
    assert!(first.contains("\"name\":\"alerts\""), "{first}");
    assert!(second.contains("\"name\":\"records\""), "{second}");
    assert!(!second.contains("groupNextToken"), "{second}");
    let alone = run(client.show("GET /api/v1/rules?group_limit=1&type=alert"));
    assert!(!alone.contains("groupNextToken"), "nothing follows that passes: {alone}");
}

#[test]
fn status() {
    check(
        "GET /api/v1/status/config",
        &expect![[
            r#"200 {"status":"success","data":{"yaml":"global:\n  scrape_interval: 15s\n"}}"#
        ]],
    );
    check(
        "GET /api/v1/status/flags",
        &expect![[r#"200 {"status":"success","data":{"web.enable-lifecycle":"false"}}"#]],
    );
    check(
        "GET /api/v1/status/runtimeinfo",
        &expect![[r#"
            200 {"status":"success","data":{"startTime":"1970-01-01T00:00:00Z",
            "CWD":"/srv","hostname":"host","serverTime":"1970-01-01T00:05:00Z",
            "reloadConfigSuccess":true,"lastConfigTime":"1970-01-01T00:00:00Z",
            "corruptionCount":0,"goroutineCount":9,"GOMAXPROCS":2,
            "GOMEMLIMIT":1073741824,"GOGC":"","GODEBUG":"","storageRetention":"30d"}}"#]],
    );
    check(
        "GET /api/v1/status/buildinfo",
        &expect![[r#"
            200 {"status":"success","data":{"version":"3.14.0","revision":"abc",
            "branch":"","buildUser":"","buildDate":"","goVersion":"rustc 1.95.0",
            "application":"flyball","flyballVersion":"0.1.0"}}"#]],
    );
    check(
        "GET /api/v1/status/tsdb?limit=1",
        &expect![[r#"
            200 {"status":"success","data":{"headStats":{"numSeries":3,
            "numLabelPairs":7,"chunkCount":1,"minTime":0,"maxTime":0},
            "seriesCountByMetricName":[{"name":"up","value":2}],
            "labelValueCountByLabelName":[{"name":"instance","value":2}],
            "memoryInBytesByLabelName":[{"name":"instance","value":12}],
            "seriesCountByLabelValuePair":[{"name":"job=node","value":2}]}}"#]],
    );
    check(
        "GET /api/v1/status/walreplay",
        &expect![[r#"200 {"status":"success","data":{"min":1,"max":4,"current":4}}"#]],
    );
    check("GET /api/v1/notifications", &expect![[r#"200 {"status":"success","data":[]}"#]]);
    check(
        "GET /api/v1/features",
        &expect![[r#"200 {"status":"success","data":{"promql":{"at_modifier":true}}}"#]],
    );
    check(
        "GET /api/flyball/v1/status",
        &expect![[r#"
            200 {"status":"success","data":{"version":"0.1.0","revision":"abc",
            "dataDir":"flyball-data","configFile":null,"uptimeSeconds":61.0,
            "user":"anonymous","storage":{"state":"ok","sizeBytes":0,"diskFreeBytes":0,
            "series":3,"samplesAccepted":0},"health":{"status":"ok","ready":true,
            "components":[{"name":"scrape","healthy":true,"message":"","restarts":0},
            {"name":"storage","healthy":true,"message":"","restarts":0}]}}}"#]],
    );
}

#[test]
fn health() {
    check(
        "GET /-/healthy",
        &expect![[r#"
        200 Flyball is Healthy.
    "#]],
    );
    check("HEAD /-/healthy", &expect!["200 "]);
    check(
        "GET /-/ready",
        &expect![[r#"
        200 Flyball is Ready.
    "#]],
    );
    check("GET /livez", &expect!["200 ok"]);
    check(
        "GET /readyz?verbose",
        &expect![[r#"
        200 [+]ready ok
        [+]scrape ok
        [+]storage ok
        readyz check passed
    "#]],
    );
    check(
        "GET /healthz?verbose",
        &expect![[r#"
        200 [+]ready ok
        [+]scrape ok
        [+]storage ok
        [-]watched/redis excluded: critical 0: a:6379, connection refused (100 points)
        healthz check passed
    "#]],
    );
    check(
        "GET /metrics",
        &expect![[r#"
        200 # TYPE flyball_build_info gauge
        flyball_build_info 1
    "#]],
    );
}
