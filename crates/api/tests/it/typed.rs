//! URLs as people type them: raw quotes and brackets in every request of a connection, and bodies
//! that stay as they are, however the bytes arrive.

use crate::support::{Running, options, read_all, read_until};
use api::{Mount, Permission};
use axum::routing::post;
use std::io::{Read, Write};
use std::net::Shutdown;

const TYPED: &str = "GET /api/v1/query?time=60&query=count(up{job=\"node\"}<2)#`it HTTP/1.1\r\n\
                     host: localhost\r\n\r\n";
const COUNTED: &str = "\"result\":[{\"metric\":{},\"value\":[60,\"2\"]}]}}\r\n0\r\n\r\n";

#[test]
fn every_request_of_a_connection_may_be_typed() {
    let running = Running::new();
    let mut stream = running.connect();
    let form = "query=count(up{job=\"node\"}<2)&time=60";
    let length = form.len();
    let posted = format!(
        "POST /api/v1/query?x=\"<\" HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\
         content-type: application/x-www-form-urlencoded\r\n\r\n{form}"
    );
    let chunked = format!(
        "POST /api/v1/query?x=\"<\" HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\
         content-type: application/x-www-form-urlencoded\r\n\r\n{length:x}\r\n{form}\r\n0\r\n\r\n"
    );
    for request in [TYPED, TYPED, &posted, TYPED, &chunked, &posted, TYPED] {
        stream.write_all(request.as_bytes()).unwrap();
        let answer = read_until(&mut stream, COUNTED);
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    }
}

fn echo() -> Mount {
    Mount {
        path: "/echo",
        permission: Permission::ReadMetrics,
        methods: post(|body: String| async move { body }),
        described: Vec::new(),
    }
}

/// A connection on which everything is sent ahead: bodies keep their bytes and their length, and
/// what stands in them never becomes a request, wherever the pieces begin.
#[test]
fn bodies_sent_ahead_are_never_rewritten() {
    let running = Running::start(options(), vec![echo()]);
    let body = "\"<>\n\"<>\r\n\r\nGET /\" HTTP/1.1\r\n\"";
    let length = body.len();
    let echoed = format!(
        "POST /echo HTTP/1.1\r\nhost: localhost\r\nif-match: \"a\"\r\ncontent-length: {length}\r\n\
         \r\n{body}"
    );
    let last = "GET /-/healthy HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let head = "GET /-/healthy HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let all = format!("{head}{echoed}{echoed}{last}");
    for cut in 1..all.len() {
        let mut stream = running.connect();
        let (first, second) = all.as_bytes().split_at(cut);
        stream.write_all(first).unwrap();
        // Lets the first piece arrive alone, most of the time: the assertions hold either way.
        std::thread::yield_now();
        stream.write_all(second).unwrap();
        let answer = read_all(&mut stream);
        assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 4, "cut at {cut}: {answer}");
        assert_eq!(answer.matches(body).count(), 2, "cut at {cut}: {answer}");
    }
}

/// A handler that leaves a body unread: nothing of it is taken for a request.
#[test]
fn unread_bodies_are_never_rewritten() {
    let running = Running::new();
    let body = "\"\"\"\"GET /-/healthy HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let request = format!(
        "POST /-/quit HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = running.connect();
    stream.write_all(request.as_bytes()).unwrap();
    let answer = read_until(&mut stream, "not enabled.\n");
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    // The server may have closed the connection: then nothing is answered.
    drop(stream.write_all(b"GET /-/ready HTTP/1.1\r\nhost: localhost\r\n\r\n"));
    drop(stream.shutdown(Shutdown::Write));
    let mut rest = Vec::new();
    drop(stream.read_to_end(&mut rest));
    let rest = String::from_utf8(rest).unwrap();
    assert!(!rest.contains("Healthy"), "{rest}");
}
