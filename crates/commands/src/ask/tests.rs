use super::answer::{Answer, Data, Shape, read};
use super::fetch::Reply;
use super::{format, refuse_swapped};
use crate::cli::QueryCommand;
use clap::Parser;
use expect_test::{Expect, expect};

fn reply(status: u16, body: &str) -> Reply {
    Reply { url: "http://a/api/v1/query".to_owned(), status, body: body.as_bytes().to_vec() }
}

fn read_data(body: &str, shape: Shape) -> Data {
    read(&reply(200, body), shape).unwrap().data
}

#[track_caller]
fn check(result: &str, shape: Shape, promql: &Expect, json: &Expect) {
    let body = format!("{{\"status\":\"success\",\"data\":{result}}}");
    let data = read_data(&body, shape);
    promql.assert_eq(&format::promql(&data).join("\n"));
    json.assert_eq(&format::json(&data).join("\n"));
}

#[test]
fn a_vector_keeps_its_order_and_sorts_labels() {
    check(
        r#"{"resultType":"vector","result":[
            {"metric":{"__name__":"up","job":"b","a":"1"},"value":[1700000000.5,"1"]},
            {"metric":{},"value":[1700000000,"+Inf"]},
            {"metric":{"__name__":"x"},"value":[-1.001,"1e+21"]}]}"#,
        Shape::Value,
        &expect![[r#"
            up{a="1", job="b"} => 1 @[1700000000.5]
            {} => +Inf @[1700000000]
            x => 1000000000000000000000 @[-1.001]"#]],
        &expect![[
            r#"[{"metric":{"__name__":"up","a":"1","job":"b"},"value":[1700000000.5,"1"]},{"metric":{},"value":[1700000000,"+Inf"]},{"metric":{"__name__":"x"},"value":[-1.001,"1000000000000000000000"]}]"#
        ]],
    );
}

#[test]
fn a_matrix_is_sorted_for_people_only() {
    check(
        r#"{"resultType":"matrix","result":[
            {"metric":{"a":"2"},"values":[[1,"1"],[2,"NaN"]]},
            {"metric":{"a":"1","b":"1"},"values":[[1,"-0"]]},
            {"metric":{"b":"0"},"values":[[1,"2"]]},
            {"metric":{"a":"1"},"values":[[1,"3"]]}]}"#,
        Shape::Value,
        &expect![[r#"
            {b="0"} =>
            2 @[1]
            {a="1"} =>
            3 @[1]
            {a="2"} =>
            1 @[1]
            NaN @[2]
            {a="1", b="1"} =>
            -0 @[1]"#]],
        &expect![[
            r#"[{"metric":{"a":"2"},"values":[[1,"1"],[2,"NaN"]]},{"metric":{"a":"1","b":"1"},"values":[[1,"-0"]]},{"metric":{"b":"0"},"values":[[1,"2"]]},{"metric":{"a":"1"},"values":[[1,"3"]]}]"#
        ]],
    );
}

#[test]
fn native_histograms_show_their_buckets() {
    check(
        r#"{"resultType":"vector","result":[{"metric":{"__name__":"h"},"histogram":[1,
            {"count":"3","sum":"2.5","buckets":[[3,"-0.1","0.1","1"],[0,"0.5","1","2"]]}]}]}"#,
        Shape::Value,
        &expect!["h => Count: 3, Sum: 2.5, Buckets: [[-0.1,0.1]:1 (0.5,1]:2] @[1]"],
        &expect![[
            r#"[{"metric":{"__name__":"h"},"histogram":[1,{"count":"3","sum":"2.5","buckets":[[3,"-0.1","0.1","1"],[0,"0.5","1","2"]]}]}]"#
        ]],
    );
}

#[test]
fn scalars_strings_series_and_names() {
    check(
        r#"{"resultType":"scalar","result":[1.25,"-Inf"]}"#,
        Shape::Value,
        &expect!["scalar: -Inf @[1.25]"],
        &expect![[r#"[1.25,"-Inf"]"#]],
    );
    check(
        r#"{"resultType":"string","result":[1,"<a> & \"b\""]}"#,
        Shape::Value,
        &expect![[r#"<a> & "b""#]],
        &expect![[r#"[1,"\u003ca\u003e \u0026 \"b\""]"#]],
    );
    check(
        r#"[{"job":"a","__name__":"up"},{}]"#,
        Shape::Series,
        &expect![[r#"
            {__name__="up", job="a"}
            {}"#]],
        &expect![[r#"[{"__name__":"up","job":"a"},{}]"#]],
    );
    check(
        r#"["a","b"]"#,
        Shape::Names,
        &expect![[r"
            a
            b"]],
        &expect![[r#"["a","b"]"#]],
    );
    check(r#"{"resultType":"vector","result":[]}"#, Shape::Value, &expect![""], &expect!["[]"]);
}

#[test]
fn warnings_of_the_server_are_kept() {
    let body = r#"{"status":"success","data":[],"warnings":["a"],"infos":["b"]}"#;
    let Answer { warnings, .. } = read(&reply(200, body), Shape::Names).unwrap();
    assert_eq!(warnings, ["a", "b"]);
}

#[test]
fn what_is_no_answer_is_named() {
    let cases = [
        (
            400,
            r#"{"status":"error","errorType":"bad_data","error":"no"}"#,
            "query error: bad_data: no",
        ),
        (200, "<!doctype html>", "line 1 column 1): <!doctype html>"),
        (401, "", "client_error: http://a/api/v1/query answers with status 401: ; give the cred"),
        (404, "\n404 page not found", "status 404: 404 page not found; is the path prefix"),
        (502, "bad gateway", "query error: server_error: http://a/api/v1/query answers with stat"),
        (200, r#"{"status":"success","data":{"resultType":"odd","result":1}}"#, "type \"odd\""),
        (
            200,
            r#"{"status":"success","data":{"resultType":"scalar","result":[1,"x"]}}"#,
            "with \"x\", which is no number",
        ),
        (200, r#"{"status":"success","data":[]}"#, "in an unknown form"),
        (200, "", "does not answer as Prometheus' API"),
    ];
    for (status, body, expected) in cases {
        let refusal = read(&reply(status, body), Shape::Value).unwrap_err();
        assert!(refusal.contains(expected), "{body}: {refusal}");
    }
}

fn slip(words: &[&str]) -> Result<(), String> {
    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        command: QueryCommand,
    }
    let line = Line::try_parse_from(["query"].iter().chain(words)).unwrap();
    refuse_swapped(&line.command)
}

#[test]
fn server_and_expression_in_the_wrong_order_are_noticed() {
    assert_eq!(slip(&["instant", "up"]), Ok(()));
    assert_eq!(slip(&["instant", "http://a", "up"]), Ok(()));
    assert!(slip(&["instant", "http://a"]).unwrap_err().contains("what to ask is missing"));
    assert!(slip(&["range", "up", "http://a"]).unwrap_err().contains("the server comes first"));
    assert!(slip(&["labels", "https://a"]).unwrap_err().contains("what to ask is missing"));
    assert_eq!(slip(&["series", "http://a", "--match=up"]), Ok(()));
}
