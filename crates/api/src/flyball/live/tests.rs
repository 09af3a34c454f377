//! Rounds of live answers; the store and the clock stand still, so every round says the same.

use super::STREAMS_MAX;
use crate::test_client::{Client, run};
use axum::body::Body;
use axum::response::Response;
use http::Request;
use http_body_util::BodyExt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

async fn post(client: &Client, body: &str) -> Response {
    let request = Request::post("/api/flyball/v1/live")
        .header("host", "localhost")
        .header("accept-encoding", "gzip")
        .header("content-type", "application/json");
    client.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

async fn round(response: &mut Response) -> Option<String> {
    let frame = response.body_mut().frame().await?.unwrap();
    Some(String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap())
}

const TWO: &str = r#"{"every_ms": 250, "queries": [
    {"id": "u\"p", "expr": "up{instance=\"a:9100\"}"},
    {"id": "grid", "expr": "1 + 1", "step_ms": 7000}]}"#;

#[test]
fn rounds_come_one_after_another_with_an_event_for_each_query() {
    run(async {
        let client = Client::new();
        let mut response = post(&client, TWO).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert!(!response.headers().contains_key("content-encoding"), "events are not held back");
        let begin = round(&mut response).await.unwrap();
        assert_eq!(begin, "event: begin\ndata: {\"every_ms\":250,\"now_ms\":300000}\n\n");
        let point = r#"event: point
data: {"id":"u\"p","time_ms":300000,"resultType":"vector","result":[{"metric":{"__name__":"up","instance":"a:9100","job":"node"},"value":[300,"1"]}]}

event: point
data: {"id":"grid","time_ms":294000,"resultType":"scalar","result":[294,"2"]}

"#;
        for _ in 0..2 {
            assert_eq!(round(&mut response).await.unwrap(), point);
        }
    });
}

#[test]
fn a_query_that_fails_says_so_and_the_others_go_on() {
    run(async {
        let client = Client::new();
        for wrong in ["up * on (job) up", "sum(", "up[5m]"] {
            let failing = format!(r#"{{"id":"a","expr":"{wrong}"}}"#);
            let body = format!(r#"{{"queries":[{failing},{{"id":"b","expr":"1"}}]}}"#);
            let mut response = post(&client, &body).await;
            round(&mut response).await.unwrap();
            let events = round(&mut response).await.unwrap();
            let problem = "event: problem\ndata: {\"id\":\"a\",\"error\":\"";
            assert!(events.starts_with(problem), "{wrong}: {events}");
            assert!(events.contains("event: point\ndata: {\"id\":\"b\""), "{wrong}: {events}");
        }
    });
}

#[test]
fn wrong_requests_are_refused_before_the_stream_begins() {
    run(async {
        let client = Client::new();
        let many: Vec<String> = (0..65).map(|i| format!(r#"{{"id":"{i}","expr":"1"}}"#)).collect();
        let many = format!(r#"{{"queries":[{}]}}"#, many.join(","));
        let cases = [
            ("", "cannot read the body: EOF"),
            (r#"{"queries":[]}"#, "\\\"queries\\\": found 0, expected 1 to 64"),
            (&many, "\\\"queries\\\": found 65, expected 1 to 64"),
            (r#"{"queries":[{"id":"","expr":"1"}]}"#, "\\\"id\\\": found 0, expected 1 to 100"),
            (r#"{"queries":[{"id":"a","expr":"1"},{"id":"a","expr":"2"}]}"#, "names two queries"),
            (r#"{"every_ms":1,"queries":[{"id":"a","expr":"1"}]}"#, "found 1, expected 250 to"),
            (r#"{"queries":[{"id":"a","expr":"1","step_ms":0}]}"#, "\\\"step_ms\\\": found 0"),
            (r#"{"queries":[{"id":"a","expr":"1","stop":1}]}"#, "unknown field"),
        ];
        for (body, expected) in cases {
            let response = post(&client, body).await;
            assert_eq!(response.status(), 400, "{body}");
            let text = crate::test_client::text(response).await;
            assert!(text.contains(expected), "{body}: {text}");
        }
    });
}

#[test]
fn streams_are_counted_and_given_back() {
    run(async {
        let client = Client::new();
        let free = || client.app.live_streams.available_permits();
        let mut open = Vec::new();
        for _ in 0..STREAMS_MAX {
            open.push(post(&client, TWO).await);
        }
        let refused = post(&client, TWO).await;
        assert_eq!((refused.status().as_u16(), free()), (503, 0));
        open.pop();
        assert_eq!(free(), 1);
        assert_eq!(post(&client, TWO).await.status(), 200);
    });
}

#[test]
fn a_stop_of_the_server_ends_the_stream_at_once() {
    run(async {
        let client = Client::new();
        let slow = TWO.replace("250", "60000");
        let mut response = post(&client, &slow).await;
        round(&mut response).await.unwrap();
        round(&mut response).await.unwrap();
        let app = Arc::clone(&client.app);
        let stop = async {
            app.draining.store(true, Ordering::Release);
            app.stopping.notify_waiters();
        };
        let (rest, ()) = tokio::join!(round(&mut response), stop);
        assert_eq!(rest, None);
        assert_eq!(round(&mut response).await, None);
    });
}
