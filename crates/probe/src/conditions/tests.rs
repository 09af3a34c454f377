//! Conditions by cases, most of them those of Gatus' documentation.

use super::*;
use crate::Findings;
use std::time::Duration;

fn outcome(body: &str) -> Outcome {
    let mut headers = http::HeaderMap::new();
    headers.insert("content-type", http::HeaderValue::from_static("application/json"));
    Outcome {
        success: true,
        reason: None::<Reason>,
        families: Vec::new(),
        certificates: Vec::new(),
        log: String::new(),
        conditions: Vec::new(),
        duration: Duration::from_micros(250_900),
        findings: Findings {
            address: Some([192, 168, 0, 232].into()),
            connected: true,
            status: Some(201),
            rcode: Some("NOERROR"),
            body: Some(body.to_owned()),
            headers,
            ..Findings::default()
        },
    }
}

fn judged(condition: &str, body: &str) -> Judged {
    let outcome = outcome(body);
    let memory = Memory::new([("id".to_owned(), "7".to_owned())]);
    let facts = Facts::new(&outcome, Timestamp::from_ms(0), Some(&memory));
    Condition::read(condition).expect(condition).judge(&facts)
}

#[test]
fn conditions_hold_as_upstream_documents_them() {
    for (condition, body, holds) in [
        ("[STATUS] == 201", "", true),
        ("[STATUS] == 200", "", false),
        ("[STATUS] < 300", "", true),
        ("[STATUS] <= 201", "", true),
        ("[STATUS] > 400", "", false),
        ("[STATUS] == any(200, 201)", "", true),
        ("[STATUS] != any(200, 201)", "", false),
        ("[CONNECTED] == true", "", true),
        ("[RESPONSE_TIME] < 251", "", true),
        ("[RESPONSE_TIME] < 250", "", false),
        ("[RESPONSE_TIME] <= 250ms", "", true),
        ("[RESPONSE_TIME] < 1s", "", true),
        ("[IP] == 192.168.0.232", "", true),
        ("[IP] == pat(192.168.*)", "", true),
        ("[IP] != pat(10.*)", "", true),
        ("pat(192.*) == [IP]", "", true),
        ("[DNS_RCODE] == NOERROR", "", true),
        ("[BODY] == 1", "1", true),
        ("[BODY] == 1", " 1\n", true),
        ("[BODY] == 0x1", "1", true),
        ("[BODY].user.name == john", r#"{"user":{"name":"john"}}"#, true),
        ("[body].user.name == john", r#"{"user":{"name":"john"}}"#, true),
        ("[BODY].data[0].id == 1", r#"{"data":[{"id":1}]}"#, true),
        ("[BODY][1].id == 2", r#"[{"id":1},{"id":2}]"#, true),
        ("[BODY].age == [BODY].id", r#"{"age":1,"id":1}"#, true),
        ("len([BODY].data) < 5", r#"{"data":[{"id":1}]}"#, true),
        ("len([BODY].name) == 8", r#"{"name":"john.doe"}"#, true),
        ("len([BODY].name) == 8", r#"{"name":"bob"}"#, false),
        ("len([BODY].o) == 7", r#"{"o": {"a": 1}}"#, true),
        ("len([BODY]) == 3", "[1,2,3]", true),
        ("len([BODY]) == 5", "hello", true),
        ("has([BODY].errors) == false", r#"{"name":"john.doe"}"#, true),
        ("has([BODY].errors) == false", r#"{"errors":[]}"#, false),
        ("has([BODY].users) == true", r#"{"users":[]}"#, true),
        ("has([BODY].users) == true", r#"{"users":null}"#, false),
        ("has([BODY]) == true", "", false),
        ("[BODY].name == pat(john*)", r#"{"name":"john.doe"}"#, true),
        ("[BODY].id == any(1, 2)", r#"{"id":2}"#, true),
        ("[BODY].id == any(1, 2)", r#"{"id":3}"#, false),
        ("[BODY].price == 24.99", r#"{"price":24.99}"#, true),
        ("[BODY].big == 123456789", r#"{"big":123456789}"#, true),
        ("[BODY].list == [a b]", r#"{"list":["a","b"]}"#, true),
        ("[BODY].on == true", r#"{"on":true}"#, true),
        ("[BODY] == pat(*<h1>Hi</h1>*)", "<html><h1>Hi</h1>", true),
        ("[CERTIFICATE_EXPIRATION] > 48h", "", false),
        ("[HEADER].Content-Type == application/json", "", true),
        ("has([HEADER].x-none) == false", "", true),
        ("[CONTEXT].id == 7", "", true),
        ("has([CONTEXT].other) == true", "", false),
        ("[BODY].items[*].ok == true", r#"{"items":[{"ok":true},{"ok":true}]}"#, true),
        ("[BODY].items[*].ok == true", r#"{"items":[{"ok":true},{"ok":false}]}"#, false),
        ("[BODY].items[*].ok == true", r#"{"items":[]}"#, false),
    ] {
        let judged = judged(condition, body);
        assert_eq!(judged.holds, holds, "{condition} {body}: {}", judged.shown);
    }
}

#[test]
fn what_is_not_there_holds_nothing_but_a_difference() {
    for (condition, holds) in [
        ("[BODY].n < 5", false),
        ("[BODY].n > 5", false),
        ("[BODY].n == 5", false),
        ("[BODY].n != 5", true),
        ("[BODY].list.n == 5", false),
        ("[BODY].list[9] == 5", false),
    ] {
        let judged = judged(condition, r#"{"list":[1]}"#);
        assert_eq!(judged.holds, holds, "{}", judged.shown);
        assert!(judged.shown.contains(" (INVALID)"), "{}", judged.shown);
    }
    assert!(!judged("[BODY].x == 1", "no JSON").holds);
}

#[test]
fn values_are_shown_and_cut() {
    assert_eq!(judged("[STATUS] == 200", "").shown, "[STATUS] (201) == 200");
    let long = judged("[BODY] == pat(x*)", &"y".repeat(100)).shown;
    assert_eq!(long, format!("[BODY] ({}...(truncated)) == pat(x*)", "y".repeat(25)));
    assert!(judged("[BODY] == x", &"y".repeat(100_000)).shown.len() < 300);
    let each = judged("[BODY][*] == 1", "[1,2]");
    assert_eq!((each.holds, each.shown.as_str()), (false, "[BODY][1] (2) == 1"));
    let none = judged("[CERTIFICATE_EXPIRATION] > 48h", "").shown;
    assert_eq!(none, "[CERTIFICATE_EXPIRATION] (0s) > 48h");
}

#[test]
fn mistakes_are_told() {
    for (text, expected) in [
        ("[STATUS]", "has no operator"),
        ("[STATUS]==200", "has no operator"),
        ("[STATSU] == 200", "there is no placeholder `[STATSU]`"),
        ("[STATUS].x == 200", "nothing stands behind `[STATUS]`"),
        ("[STATUS] < ok", "`ok` is neither a number nor a duration"),
        ("[STATUS] < any(1, 2)", "beside `==` and `!=` alone"),
        ("[BODY] == pat([)", "is no pattern"),
        ("[BODY].a..b == 1", "an empty key"),
        ("[BODY].a[x] == 1", "is no index of an array"),
        ("[BODY]a == 1", "needs a `.` before each key"),
        ("len(5) == 1", "`len()` needs a placeholder"),
        ("200 == 200", "compares nothing"),
        ("[STATUS] == 200 == 201", "two operators"),
        ("[DOMAIN_EXPIRATION] > 48h", "is not measured here"),
        ("age([BODY].at, 2006-01-02) < 1h", "takes no layout here"),
        ("age(1) < 1h", "needs a placeholder"),
        ("[DOMAIN_EXPIRATION] > 720h", "no registry is asked"),
        ("[HEADER] == 1", "needs a name"),
        ("[STATUS][*] == 1", "`[*]` stands behind `[BODY]` alone"),
    ] {
        let mistake = Condition::read(text).expect_err(text).message;
        assert!(mistake.contains(expected), "{text}: {mistake}");
    }
}

#[test]
fn texts_are_filled_from_memory() {
    let mut memory = Memory::new([("a".to_owned(), "1".to_owned())]);
    assert!(memory.set("user", serde_json::json!({"id": 5, "name": "x y"})));
    assert!(!memory.set("long", Value::String("x".repeat(100_000))));
    let fill = |text: &str| memory.fill(text);
    assert_eq!(fill("/u/[CONTEXT].user.id/[CONTEXT].a?b").as_deref(), Ok("/u/5/1?b"));
    assert_eq!(fill("plain").as_deref(), Ok("plain"));
    assert_eq!(fill("{\"n\": \"[CONTEXT].user.name\"}").as_deref(), Ok("{\"n\": \"x y\"}"));
    assert_eq!(fill("[CONTEXT].none"), Err("[CONTEXT].none".to_owned()));
}

#[test]
fn ages_are_told_as_durations_and_an_instant_that_is_none_fails() {
    for (condition, body, shown, holds) in [
        (
            "age([BODY].at) < 1h",
            "{\"at\": \"1969-12-31T23:30:00Z\"}",
            "age([BODY].at) (30m) < 1h",
            true,
        ),
        ("age([BODY].at) < 10m", "{\"at\": -1800}", "age([BODY].at) (30m) < 10m", false),
        ("age([BODY]) < 1h", "soon", "age([BODY]) (INVALID) < 1h", false),
        (
            "age([HEADER].Last-Modified) < 1h",
            "",
            "age([HEADER].Last-Modified) (INVALID) < 1h",
            false,
        ),
    ] {
        let judged = judged(condition, body);
        assert_eq!((judged.shown.as_str(), judged.holds), (shown, holds));
    }
}
