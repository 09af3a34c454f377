//! Shapes, statuses and sentences of upstream; the answers of Alertmanager 0.25 to the same requests
//! were recorded and brought forward to 0.34 (`mutedBy`, labels of receivers, UTF-8 names).

mod acceptance;
mod grafana;

use crate::test_client::{Client, run, text, wrapped};
use axum::body::Body;
use expect_test::{Expect, expect};
use http::Request;

/// `METHOD path body` with a JSON body; status and answer.
fn ask(client: &Client, line: &str) -> String {
    let mut words = line.splitn(3, ' ');
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let request = Request::builder().method(method).uri(path).header("host", "localhost");
    let request = request.header("content-type", "application/json");
    let body = Body::from(words.next().unwrap_or_default().to_owned());
    run(async {
        let response = client.send(request.body(body).unwrap()).await;
        let status = response.status().as_u16();
        format!("{status} {}", text(response).await)
    })
}

fn show(client: &Client, line: &str, expect: &Expect) {
    expect.assert_eq(&wrapped(&ask(client, line)));
}

#[track_caller]
fn check(line: &str, expected: &str) {
    assert_eq!(ask(&Client::new(), line), expected, "{line}");
}

const TIMES: &str = r#""startsAt":"1970-01-01T00:05:00Z","endsAt":"1970-01-01T00:10:00Z""#;

fn silence(rest: &str) -> String {
    format!(r#"POST /api/v2/silences {{{rest},{TIMES},"createdBy":"ann","comment":"c"}}"#)
}

/// Three alerts, one of which mutes another.
const ALERTS: &str = r#"POST /api/v2/alerts [{"labels":{"alertname":"Down","team":"a","gone":""},
        "annotations":{"summary":"<b>"},"generatorURL":"http://g/?a=1","startsAt":"1970-01-01T01:00:00+01:00"},
        {"labels":{"alertname":"Full","team":"db","severity":"high"},"endsAt":"2000-01-01T00:00:00.123456Z"},
        {"labels":{"alertname":"Slow","team":"db","severity":"low"},"startsAt":"0001-01-01T00:00:00.000Z","endsAt":"0001-01-01T00:00:00.000Z","more":1}]"#;

#[test]
fn alerts_that_came_in_are_shown() {
    let client = Client::new();
    assert_eq!(ask(&client, ALERTS), "200 ");
    show(
        &client,
        "GET /api/v2/alerts?filter=team=a",
        &expect![[r#"
        200 [{"annotations":{"summary":"<b>"},"endsAt":"1970-01-01T00:10:00.000Z",
        "fingerprint":"b9cb4abf6edb68b6","receivers":[{"labels":{"name":"pager, a"},
        "name":"pager, a"}],"startsAt":"1970-01-01T00:00:00.000Z",
        "status":{"inhibitedBy":[],"mutedBy":[],"silencedBy":[],"state":"active"},
        "updatedAt":"1970-01-01T00:05:00.000Z","generatorURL":"http://g/?a=1",
        "labels":{"alertname":"Down","team":"a"}}]"#]],
    );
    show(
        &client,
        "GET /api/v2/alerts?filter=severity=~.%2B",
        &expect![[r#"
        200 [{"annotations":{},"endsAt":"1970-01-01T00:10:00.000Z",
        "fingerprint":"79035dc32714a99f","receivers":[{"labels":{"name":"db",
        "owner":"ann"},"name":"db"},{"labels":{"name":"pager, a"},"name":"pager,
        a"}],"startsAt":"1970-01-01T00:05:00.000Z",
        "status":{"inhibitedBy":["9ded04185c4784cf"],"mutedBy":[],"silencedBy":[],
        "state":"suppressed"},"updatedAt":"1970-01-01T00:05:00.000Z",
        "labels":{"alertname":"Slow","severity":"low","team":"db"}},
        {"annotations":{},"endsAt":"2000-01-01T00:00:00.123Z",
        "fingerprint":"9ded04185c4784cf","receivers":[{"labels":{"name":"db",
        "owner":"ann"},"name":"db"},{"labels":{"name":"pager, a"},"name":"pager,
        a"}],"startsAt":"2000-01-01T00:00:00.123Z","status":{"inhibitedBy":[],
        "mutedBy":[],"silencedBy":[],"state":"active"},
        "updatedAt":"1970-01-01T00:05:00.000Z","labels":{"alertname":"Full",
        "severity":"high","team":"db"}}]"#]],
    );
}

#[test]
fn groups_are_shown() {
    let client = Client::new();
    assert_eq!(ask(&client, ALERTS), "200 ");
    show(
        &client,
        "GET /api/v2/alerts/groups?receiver=db",
        &expect![[r#"
        200 [{"alerts":[{"annotations":{},"endsAt":"2000-01-01T00:00:00.123Z",
        "fingerprint":"9ded04185c4784cf","receivers":[{"labels":{"name":"db",
        "owner":"ann"},"name":"db"},{"labels":{"name":"pager, a"},"name":"pager,
        a"}],"startsAt":"2000-01-01T00:00:00.123Z","status":{"inhibitedBy":[],
        "mutedBy":["always"],"silencedBy":[],"state":"suppressed"},
        "updatedAt":"1970-01-01T00:05:00.000Z","labels":{"alertname":"Full",
        "severity":"high","team":"db"}}],"labels":{"alertname":"Full"},
        "receiver":{"labels":{"name":"db","owner":"ann"},"name":"db"}},
        {"alerts":[{"annotations":{},"endsAt":"1970-01-01T00:10:00.000Z",
        "fingerprint":"79035dc32714a99f","receivers":[{"labels":{"name":"db",
        "owner":"ann"},"name":"db"},{"labels":{"name":"pager, a"},"name":"pager,
        a"}],"startsAt":"1970-01-01T00:05:00.000Z",
        "status":{"inhibitedBy":["9ded04185c4784cf"],"mutedBy":["always"],
        "silencedBy":[],"state":"suppressed"},
        "updatedAt":"1970-01-01T00:05:00.000Z","labels":{"alertname":"Slow",
        "severity":"low","team":"db"}}],"labels":{"alertname":"Slow"},
        "receiver":{"labels":{"name":"db","owner":"ann"},"name":"db"}}]"#]],
    );
    show(
        &client,
        "GET /api/v2/alerts/groups?filter=team=a",
        &expect![[r#"
        200 [{"alerts":[{"annotations":{"summary":"<b>"},
        "endsAt":"1970-01-01T00:10:00.000Z","fingerprint":"b9cb4abf6edb68b6",
        "receivers":[{"labels":{"name":"pager, a"},"name":"pager, a"}],
        "startsAt":"1970-01-01T00:00:00.000Z","status":{"inhibitedBy":[],
        "mutedBy":[],"silencedBy":[],"state":"active"},
        "updatedAt":"1970-01-01T00:05:00.000Z","generatorURL":"http://g/?a=1",
        "labels":{"alertname":"Down","team":"a"}}],"labels":{"alertname":"Down"},
        "receiver":{"labels":{"name":"pager, a"},"name":"pager, a"}}]"#]],
    );
}

fn names(client: &Client, question: &str) -> String {
    let answer = ask(client, &format!("GET /api/v2/alerts{question}"));
    let alerts: serde_json::Value =
        serde_json::from_str(answer.strip_prefix("200 ").unwrap()).unwrap();
    let mut names: Vec<&str> = alerts
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["labels"]["alertname"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    names.join(" ")
}

#[test]
fn alerts_are_chosen_by_state_labels_and_receiver() {
    let client = Client::new();
    let posted = r#"POST /api/v2/alerts [{"labels":{"alertname":"A","team":"a"}},
        {"labels":{"alertname":"B","team":"db","severity":"high"}},
        {"labels":{"alertname":"C","team":"db","severity":"low"}}, {"labels":{"alertname":"D"}}]"#;
    assert_eq!(ask(&client, posted), "200 ");
    let muting = silence(r#""matchers":[{"name":"alertname","value":"D","isRegex":false}]"#);
    assert!(ask(&client, &muting).starts_with("200 "));
    let cases = [
        ("", "A B C D"),
        ("?active=false", "C D"),
        ("?active=maybe&silenced=0", "C"),
        ("?silenced=false", "A B C"),
        ("?inhibited=false", "A B D"),
        ("?unprocessed=false", "A B C D"),
        ("?filter=team=db&filter=severity!=low", "B"),
        ("?filter=team=", "D"),
        ("?receiver=db", "B C"),
        ("?receiver=d.*", "B C D"),
        ("?receiver=d", ""),
        ("?receiver_matchers=owner=ann", "B C"),
        ("?receiver_matchers=name=~pager.*", "A B C"),
        ("?receiver=db&receiver_matchers=name=default", ""),
    ];
    for (question, expected) in cases {
        assert_eq!(names(&client, question), expected, "{question}");
    }
    assert_eq!(ask(&client, "GET /api/v2/alerts/groups?muted=false&receiver=db"), "200 []");
    // Another route of the same alerts is not muted.
    let other =
        ask(&client, "GET /api/v2/alerts/groups?muted=false&receiver=pager.*&filter=team=db");
    assert!(other.contains(r#""mutedBy":[],"#) && !other.contains("always"), "{other}");
}

/// Names of the alerts of a page, and its link to the next.
fn page(client: &Client, query: &str) -> (Vec<String>, Option<String>) {
    run(async {
        let response = client.ask(&format!("GET /api/v2/alerts?{query}")).await;
        let link = response.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        let alerts: Vec<serde_json::Value> = serde_json::from_str(&text(response).await).unwrap();
        let name =
            |alert: &serde_json::Value| alert["labels"]["alertname"].as_str().unwrap().to_owned();
        (alerts.iter().map(name).collect(), link)
    })
}

#[test]
fn a_page_of_alerts_names_the_next() {
    let client = Client::new();
    let posted: Vec<String> =
        (0..5).map(|number| format!(r#"{{"labels":{{"alertname":"A{number}"}}}}"#)).collect();
    let posted = format!("POST /api/v2/alerts [{}]", posted.join(","));
    assert_eq!(ask(&client, &posted), "200 ");
    let all = names(&client, "");
    let mut next = Some("active=true&limit=2&filter=alertname=~A.*".to_owned());
    let (mut seen, mut pages) = (Vec::new(), 0);
    while let Some(query) = next {
        let (alerts, link) = page(&client, &query);
        seen.extend(alerts);
        next = link.map(|link| {
            let query = link.strip_prefix("<?").and_then(|l| l.strip_suffix(">; rel=\"next\""));
            query.unwrap().to_owned()
        });
        pages += 1;
    }
    seen.sort();
    assert_eq!((pages, seen.join(" ")), (3, all));
    check(
        "GET /api/v2/alerts?limit=0",
        r#"422 {"code":601,"message":"limit in query must be of type positive integer: \"0\""}"#,
    );
    check(
        "GET /api/v2/alerts?limit=1&after=x",
        r#"422 {"code":601,"message":"after in query must be of type fingerprint: \"x\""}"#,
    );
}

#[test]
fn questions_that_are_wrong() {
    for path in ["alerts", "alerts/groups"] {
        let asked = |question: &str| ask(&Client::new(), &format!("GET /api/v2/{path}?{question}"));
        let receiver = asked("receiver=(");
        assert!(receiver.starts_with("400 \"failed to parse receiver param: "), "{receiver}");
        let filter = asked("filter=x");
        assert!(filter.starts_with("400 \"matcher \\\"x\\\": expected"), "{filter}");
    }
    assert!(ask(&Client::new(), "GET /api/v2/silences?filter=x").starts_with("400 \""));
    assert!(ask(&Client::new(), "GET /api/v2/receivers?receiver_matchers=x").starts_with("400 \""));
    assert!(ask(&Client::new(), "PUT /api/v2/alerts []").starts_with("405 "));
    check("GET /api/v2/nope", r#"404 {"code":404,"message":"path /api/v2/nope was not found"}"#);
}

/// Go's decoders take a null for an empty text, and read no further than the first value.
#[test]
fn bodies_are_read_as_gos_decoders_read_them() {
    let client = Client::new();
    let posted = r#"POST /api/v2/alerts [{"labels":{"alertname":"A","team":null}}] and more"#;
    assert_eq!(ask(&client, posted), "200 ");
    assert_eq!(names(&client, "?filter=team="), "A");
    let unnamed = r#"POST /api/v2/alerts [{"labels":{"team":null}}]"#;
    check(unnamed, r#"400 "at least one label pair required""#);
}

#[test]
fn a_sample_is_given_of_alerts_that_are_known() {
    let client = Client::new();
    let posted = r#"POST /api/v2/alerts [{"labels":{"alertname":"A","team":"db"}}]"#;
    assert_eq!(ask(&client, posted), "200 ");
    let ask = |query: &str| ask(&client, &format!("GET /api/flyball/v1/alerts/sample?{query}"));
    let message = r#"{"groupKey":"{}/{team=\"db\"}:{alertname=\"A\"}","receiver":"db"}"#;
    let answer = format!(r#"200 {{"status":"success","data":{message}}}"#);
    assert_eq!(ask("filter=alertname=A"), answer);
    assert!(ask("filter=alertname=A&receiver=pager,%20a").contains("pager, a"));
    assert!(ask("filter=alertname=B").starts_with("404 "));
    assert!(ask("fingerprint=1").contains("expected sixteen hexadecimal digits"));
    assert!(ask("filter=x").starts_with("400 "));
}

#[test]
fn alerts_that_are_wrong() {
    let required =
        |what: &str| format!(r#"422 {{"code":602,"message":"{what} in body is required"}}"#);
    let cases = [
        ("", required("alerts")),
        ("[]", "200 ".into()),
        ("null", "200 ".into()),
        ("[{}]", required("0.labels")),
        ("[null]", required("0.labels")),
        (r#"[{"labels":{"a":"b"}},{"annotations":{}}]"#, required("1.labels")),
        (r#"[{"labels":{}}]"#, r#"400 "at least one label pair required""#.into()),
        (
            r#"[{"labels":{"":"x"}},{"labels":{"ok":"1"}},{"labels":{"b":""}}]"#,
            r#"400 "invalid label set: invalid name \"\"; at least one label pair required""#
                .into(),
        ),
        (
            r#"[{"labels":{"a":"1"},"startsAt":"2026-11-23T00:00:00Z","endsAt":"2026-11-22T00:00:00Z"}]"#,
            r#"400 "start time must be before end time""#.into(),
        ),
        (
            r#"[{"labels":{"a":"1"},"annotations":{"":"1"}}]"#,
            r#"400 "invalid annotations: invalid name \"\"""#.into(),
        ),
        (
            r#"[{"labels":{"a":"1"},"generatorURL":":::"}]"#,
            r#"422 {"code":601,"message":"0.generatorURL in body must be of type uri: \":::\""}"#
                .into(),
        ),
    ];
    for (body, expected) in cases {
        check(&format!("POST /api/v2/alerts {body}"), &expected);
    }
    for body in ["x", "{}", r#"[{"labels":{"a":1}}]"#, r#"[{"labels":{"a":"1"},"startsAt":"bad"}]"#]
    {
        let answer = ask(&Client::new(), &format!("POST /api/v2/alerts {body}"));
        let begin = r#"400 {"code":400,"message":"parsing alerts body from \"\" failed, because "#;
        assert!(answer.starts_with(begin), "{body}: {answer}");
    }
}

#[test]
fn valid_alerts_of_a_batch_are_kept() {
    let client = Client::new();
    let answer =
        ask(&client, r#"POST /api/v2/alerts [{"labels":{}},{"labels":{"alertname":"A"}}]"#);
    assert!(answer.starts_with("400 "), "{answer}");
    assert_eq!(names(&client, ""), "A");
}

#[test]
fn bodies_that_are_no_json() {
    let client = Client::new();
    let refused = run(client.show("POST /api/v2/alerts []"));
    assert_eq!(
        refused,
        r#"415 {"code":415,"message":"unsupported media type \"application/x-www-form-urlencoded\", only [application/json] are allowed"}"#
    );
    let request = |name: &str, value: &str, body: String| {
        let request = Request::post("/api/v2/alerts").header("host", "localhost");
        let request = request.header("content-type", "application/json; charset=utf-8");
        run(client.send(request.header(name, value).body(Body::from(body)).unwrap())).status()
    };
    assert_eq!(request("content-encoding", "gzip", "[]".into()), 415);
    assert_eq!(request("content-encoding", "identity", "[]".into()), 200);
    let long = format!("[{}]", " ".repeat(client.app.options.form_bytes_max));
    assert_eq!(request("x", "y", long), 413);
}

#[test]
fn silences_are_made_shown_and_ended() {
    let client = Client::new();
    let matchers = r#""matchers":[{"name":"a","value":"b","isRegex":false},{"name":"c","value":"d|e","isRegex":true,"isEqual":false}]"#;
    let id = "00000000-0000-4000-8000-000000000000";
    check_on(&client, &silence(matchers), &format!(r#"200 {{"silenceID":"{id}"}}"#));
    show(
        &client,
        "GET /api/v2/silences",
        &expect![[r#"
        200 [{"id":"00000000-0000-4000-8000-000000000000",
        "status":{"state":"active"},"updatedAt":"1970-01-01T00:05:00.000Z",
        "comment":"c","createdBy":"ann","endsAt":"1970-01-01T00:10:00.000Z",
        "matchers":[{"isEqual":true,"isRegex":false,"name":"a","value":"b"},
        {"isEqual":false,"isRegex":true,"name":"c","value":"d|e"}],
        "startsAt":"1970-01-01T00:05:00.000Z"}]"#]],
    );
    let one = ask(&client, &format!("GET /api/v2/silence/{id}"));
    assert_eq!(format!("200 [{}]", &one[4..]), ask(&client, "GET /api/v2/silences"));
    let longer = TIMES.replace("00:10:00", "00:20:00");
    let change = format!(
        r#"POST /api/v2/silences {{"id":"{id}",{matchers},{longer},"createdBy":"bob","comment":"","annotations":{{"x":"y"}}}}"#
    );
    check_on(&client, &change, &format!(r#"200 {{"silenceID":"{id}"}}"#));
    show(
        &client,
        "GET /api/v2/silences?filter=c!~d%7Ce&filter=a=b",
        &expect![[r#"
        200 [{"id":"00000000-0000-4000-8000-000000000000",
        "status":{"state":"active"},"updatedAt":"1970-01-01T00:05:00.000Z",
        "annotations":{"x":"y"},"comment":"","createdBy":"bob",
        "endsAt":"1970-01-01T00:20:00.000Z","matchers":[{"isEqual":true,
        "isRegex":false,"name":"a","value":"b"},{"isEqual":false,"isRegex":true,
        "name":"c","value":"d|e"}],"startsAt":"1970-01-01T00:05:00.000Z"}]"#]],
    );
    check_on(&client, "GET /api/v2/silences?filter=a=c", "200 []");
    check_on(&client, &format!("DELETE /api/v2/silence/{id}"), "200 ");
    check_on(
        &client,
        &format!("DELETE /api/v2/silence/{id}"),
        &format!(r#"500 "silence {id} already expired""#),
    );
    let ended = ask(&client, &format!("GET /api/v2/silence/{id}"));
    assert!(ended.contains(r#""status":{"state":"expired"}"#), "{ended}");
}

#[track_caller]
fn check_on(client: &Client, line: &str, expected: &str) {
    assert_eq!(ask(client, line), expected, "{line}");
}

#[test]
fn silences_stand_in_the_order_of_what_comes_next() {
    let client = Client::new();
    let set = |comment: &str, start: u32, end: u32| {
        let times = format!(
            r#""startsAt":"1970-01-01T00:{start:02}:00Z","endsAt":"1970-01-01T00:{end:02}:00Z""#
        );
        let matchers = r#""matchers":[{"name":"a","value":"b","isRegex":false}]"#;
        let line = format!(
            r#"POST /api/v2/silences {{{matchers},{times},"createdBy":"a","comment":"{comment}"}}"#
        );
        let answer = ask(&client, &line);
        answer[18..].trim_end_matches("\"}").to_owned()
    };
    set("later", 9, 10);
    set("active, long", 5, 20);
    set("soon", 8, 30);
    set("active, short", 5, 6);
    let ended = set("ended", 5, 40);
    check_on(&client, &format!("DELETE /api/v2/silence/{ended}"), "200 ");
    let answer = ask(&client, "GET /api/v2/silences");
    let silences: Vec<serde_json::Value> = serde_json::from_str(&answer[4..]).unwrap();
    let comments: Vec<&str> = silences.iter().map(|s| s["comment"].as_str().unwrap()).collect();
    assert_eq!(comments, ["active, short", "active, long", "soon", "later", "ended"]);
}

#[test]
fn silences_that_are_wrong() {
    let matcher = r#"{"name":"a","value":"b","isRegex":false}"#;
    let none = "11111111-1111-1111-1111-111111111111";
    let required =
        |what: &str| format!(r#"422 {{"code":602,"message":"{what} in body is required"}}"#);
    let post = |body: &str| format!("POST /api/v2/silences {body}");
    let with = |times: &str| {
        post(&format!(r#"{{"matchers":[{matcher}],{times},"createdBy":"x","comment":"c"}}"#))
    };
    let cases = [
        (post(""), required("silence")),
        (post("null"), required("comment")),
        (post("{}"), required("comment")),
        (post(r#"{"comment":""}"#), required("createdBy")),
        (silence(r#""matchers":null"#), required("matchers")),
        (
            silence(r#""matchers":[]"#),
            r#"422 {"code":612,"message":"matchers in body should have at least 1 items"}"#.into(),
        ),
        (silence(r#""matchers":[{"name":"a"}]"#), required("matchers.0.isRegex")),
        (silence(r#""matchers":[{"isRegex":true}]"#), required("matchers.0.name")),
        (silence(r#""matchers":[{"name":"a","isRegex":true}]"#), required("matchers.0.value")),
        (
            silence(r#""matchers":[{"name":"a","value":"","isRegex":false}]"#),
            r#"400 "invalid silence: at least one matcher must not match the empty string""#.into(),
        ),
        (
            silence(&format!(r#""id":"nope","matchers":[{matcher}]"#)),
            r#"404 "silence not found""#.into(),
        ),
        (
            with(r#""startsAt":"2026-01-01T00:00:00Z","endsAt":"2026-01-01T00:00:00Z""#),
            r#"400 "Failed to create silence: start time must be before end time""#.into(),
        ),
        (
            with(r#""startsAt":"1970-01-01T00:00:00Z","endsAt":"1970-01-01T00:01:00Z""#),
            r#"400 "Failed to create silence: end time can't be in the past""#.into(),
        ),
        (format!("GET /api/v2/silence/{none}"), "404 ".into()),
        (format!("DELETE /api/v2/silence/{none}"), "404 ".into()),
        (
            "GET /api/v2/silence/nope".into(),
            r#"422 {"code":601,"message":"silenceID in path must be of type uuid: \"nope\""}"#
                .into(),
        ),
    ];
    for (line, expected) in cases {
        check(&line, &expected);
    }
    let bad =
        ask(&Client::new(), &silence(r#""matchers":[{"name":"a","value":"(","isRegex":true}]"#));
    assert!(bad.starts_with(r#"400 "invalid silence: invalid label matcher 0: "#), "{bad}");
}

#[test]
fn status_and_receivers() {
    let client = Client::new();
    show(
        &client,
        "GET /api/v2/status",
        &expect![[r#"
        200 {"cluster":{"peers":[],"status":"disabled"},
        "config":{"original":"route:\n  receiver: default\n  group_by:
        [alertname]\n  routes:\n  - {receiver: db, matchers: [team=db],
        mute_time_intervals: [always], continue: true}\n  - {receiver: 'pager, a',
        matchers: ['team=~\"a|db\"']}\ninhibit_rules:\n- {source_matchers:
        [severity=high], target_matchers: [severity=low], equal:
        [team]}\ntime_intervals:\n- {name: always, time_intervals: [{years:
        ['1970:2100']}]}\nreceivers:\n- {name: default}\n- {name: db, labels:
        {owner: ann}}\n- {name: 'pager, a'}\n"},"uptime":"1970-01-01T00:00:00.000Z",
        "versionInfo":{"branch":"","buildDate":"","buildUser":"","goVersion":"rustc
        1.95.0","revision":"abc","version":"0.34.0"}}"#]],
    );
    show(
        &client,
        "GET /api/v2/receivers",
        &expect![[r#"
        200 [{"labels":{"name":"default"},"name":"default"},{"labels":{"name":"db",
        "owner":"ann"},"name":"db"},{"labels":{"name":"pager, a"},"name":"pager,
        a"}]"#]],
    );
    check(
        "GET /api/v2/receivers?receiver_matchers=owner=ann",
        r#"200 [{"labels":{"name":"db","owner":"ann"},"name":"db"}]"#,
    );
    let response = run(client.ask("GET /api/v2/receivers"));
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["content-type"], "application/json");
}

#[test]
fn few_lists_of_alerts_exist_at_a_time() {
    let client = Client::new();
    run(async {
        let mut lists = Vec::new();
        for _ in 0..4 {
            lists.push(client.ask("GET /api/v2/alerts").await);
        }
        let mut next = std::pin::pin!(client.ask("GET /api/v2/alerts/groups"));
        let is_pending =
            std::future::poll_fn(|cx| std::task::Poll::Ready(next.as_mut().poll(cx).is_pending()));
        assert!(is_pending.await, "the fifth waits for a client to take its list");
        assert_eq!(client.ask("GET /api/v2/silences").await.status(), 200);
        assert_eq!(text(lists.remove(0)).await, "[]");
        assert_eq!(next.await.status(), 200);
    });
}
