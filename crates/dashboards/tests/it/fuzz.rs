//! The fuzz corpus and mutants of it: no panic, and what is migrated stays as it is.

use dashboards::fuzzing::check;
use testkit::fuzz::{Replay, corpus};

/// Pieces that lead into the corners of the migrations.
const PIECES: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b"null",
    b"1e308",
    b"-1",
    b"\"",
    b"\"panels\":",
    b"\"rows\":",
    b"\"type\":\"graph\"",
    b"\"type\":\"row\"",
    b"\"collapsed\":true",
    b"\"span\":99",
    b"\"height\":\"9e9px\"",
    b"\"gridPos\":{\"x\":99999,\"y\":-5}",
    b"\"thresholds\":\"5,,x\"",
    b"\"schemaVersion\":14",
    b"\"apiVersion\":\"dashboard.grafana.app/v2\"",
    b"\"layout\":{\"kind\":\"TabsLayout\"}",
    b"\"repeat\":\"x\"",
    b"${",
    b"[[x]]",
    "é".as_bytes(),
];

#[test]
fn the_corpus_is_made_of_dashboards() {
    for seed in corpus("dashboard").iter().filter(|seed| !seed.is_found()) {
        let refused = seed.name.starts_with("refused");
        assert_eq!(dashboards::import(&seed.bytes).is_err(), refused, "{}", seed.name);
    }
}

#[test]
fn any_bytes_are_read_or_refused() {
    Replay::of("dashboard").rounds(2000).pieces(PIECES).run(check);
}
