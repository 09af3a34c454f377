//! Peers that lie: garbage, endless answers, silence, ends in the middle; any bytes as an answer.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::world::{block, faults, settings, shape, world};
use model::Timestamp;
use services::{RedisCollector, redis};
use std::io::{Read, Write};
use std::net::TcpListener;
use testkit::fuzz::{Replay, corpus};

/// Collects from a peer that answers everything with the same bytes, again and again.
fn answers(bytes: &'static [u8], again: bool) -> (f64, Vec<(&'static str, &'static str)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let peer = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0; 1024];
        while stream.read(&mut asked).is_ok_and(|read| read > 0) {
            // The other side hangs up when it has enough.
            while stream.write_all(bytes).is_ok() && again {}
            if again {
                break;
            }
        }
    });
    let text = format!("  redis: [{{address: '127.0.0.1:{port}', timeout: 3s}}]");
    let instance = settings(&text).services.redis.remove(0);
    let (families, parts) =
        block(RedisCollector::new(instance, world()).collect(Timestamp::from_ms(0)));
    let outcome = (shape(&families).value("redis_up"), faults(&parts));
    peer.join().unwrap();
    outcome
}

#[test]
fn what_is_no_redis_is_told() {
    let protocol = vec![("info", "protocol")];
    assert_eq!(answers(b"HTTP/1.1 400 Bad Request\r\n\r\n", false), (0.0, protocol.clone()));
    assert_eq!(answers(b"$3\r\nabcde", false), (0.0, protocol));
}

#[test]
fn answers_without_end_are_cut() {
    let limit = vec![("info", "limit")];
    assert_eq!(answers(b"*100\r\n", true), (0.0, limit.clone()));
    assert_eq!(
        answers(b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", true),
        (0.0, limit.clone())
    );
    assert_eq!(answers(b"*2\r\n$9000000\r\n", false).1, [("info", "timeout")]);
}

#[test]
fn any_bytes_are_an_answer_or_an_error() {
    for seed in corpus("services_resp").iter().filter(|seed| !seed.is_found()) {
        assert!(redis::check_reply(&seed.bytes) > 0, "{} holds a reply", seed.name);
    }
    let pieces: &[&[u8]] = &[b"*2\r\n", b"$-1\r\n", b"$5\r\n", b"\r\n", b":", b"-1", b"*"];
    Replay::of("services_resp").rounds(10_000).pieces(pieces).run(|input| {
        redis::check_reply(input);
    });
}

#[test]
fn any_text_is_an_info() {
    let pieces: &[&[u8]] =
        &[b"# Replication\r\n", b"slave0:", b"master_", b",", b"=", b":", b"cmdstat_"];
    Replay::of("services_info").rounds(5_000).pieces(pieces).run(redis::check_info);
}

#[test]
fn any_bytes_are_messages_of_postgres_or_an_error() {
    for seed in corpus("services_postgres").iter().filter(|seed| !seed.is_found()) {
        assert!(services::postgres::check_messages(&seed.bytes) > 0, "{} is a message", seed.name);
    }
    let pieces: &[&[u8]] =
        &[b"T\0\0\0", b"D\0\0\0\x0f\0\x02", b"\xff\xff\xff\xff", b"E\0\0\0\x1c", b"\0"];
    Replay::of("services_postgres").rounds(10_000).pieces(pieces).run(|input| {
        services::postgres::check_messages(input);
    });
}

#[test]
fn any_text_is_a_page_or_a_log_or_an_error() {
    for seed in corpus("services_nginx").iter().filter(|seed| !seed.is_found()) {
        assert!(services::nginx::check_text(&seed.bytes) > 0, "{} is read", seed.name);
    }
    let pieces: &[&[u8]] = &[b"$status", b"$request", b"${uri}", b"\n", b"\"", b" 200 ", b": 1"];
    Replay::of("services_nginx").rounds(5_000).pieces(pieces).run(|input| {
        services::nginx::check_text(input);
    });
}
