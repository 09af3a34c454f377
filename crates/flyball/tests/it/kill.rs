//! A killed process loses nothing that it acknowledged; a stopped one ends in time.

use crate::sender::{Sender, now_ms};
use crate::server::Server;
use std::time::{Duration, Instant};

/// Kills at moments that differ from run to run of the loop but not from run to run of the test.
#[test]
fn kill_9_during_ingest_loses_nothing_acknowledged() {
    let mut server = Server::start(QUIET);
    let mut sender = Sender::new(20);
    let start = now_ms() - 1_000_000;
    let mut unanswered = None;
    for round in 0..6_i64 {
        for step in 0..(10 + 7 * round) {
            let at_ms = start + round * 100_000 + step * 100;
            sender.send(&server, at_ms, at_ms as f64).unwrap();
        }
        // A last request races with the kill: it may be stored or not, but as a whole.
        let at_ms = start + round * 100_000 + 90_000;
        let value = at_ms as f64;
        std::thread::scope(|scope| {
            let killed = &server;
            let racing = scope.spawn(|| sender.send(killed, at_ms, value).is_ok());
            killed.signal("KILL");
            if !racing.join().unwrap() {
                unanswered = Some((at_ms, value));
            }
        });
        server.kill();
        server.run();
        sender.assert_stored(&server, unanswered);
        if let Some((at_ms, value)) = unanswered.take() {
            // Sending it again must be harmless, whether it was stored or not.
            sender.send(&server, at_ms, value).unwrap();
            sender.assert_stored(&server, None);
        }
    }
}

#[test]
fn sync_mode_survives_a_kill_too() {
    let mut server = Server::start(&[QUIET, &["--storage.durability=sync"]].concat());
    let mut sender = Sender::new(3);
    let start = now_ms() - 100_000;
    for step in 0..20 {
        sender.send(&server, start + step * 100, 1.5).unwrap();
    }
    server.kill();
    server.run();
    sender.assert_stored(&server, None);
}

#[test]
fn sigterm_ends_within_ten_seconds_and_keeps_everything() {
    let mut server = Server::start(QUIET);
    let mut sender = Sender::new(5);
    sender.send(&server, now_ms() - 1000, 7.0).unwrap();
    let began = Instant::now();
    let status = server.terminate();
    assert!(status.success(), "{status}");
    assert!(began.elapsed() < Duration::from_secs(10), "took {:?}", began.elapsed());
    server.run();
    sender.assert_stored(&server, None);
}

/// No host collector, so that nothing but the sender writes much.
const QUIET: &[&str] = &["--config.file=/dev/null"];
