//! The fuzz corpora and mutants of them: no panic, no disagreement between the parser's two paths.

use super::census;
use exposition::{Format, check_paths_agree};
use testkit::fuzz::{Replay, corpus};

/// Pieces that mean something to the grammars.
const PIECES: &[&[u8]] = &[
    b"{",
    b"}",
    b"\"",
    b"\\",
    b"\n",
    b" ",
    b"\t",
    b"=",
    b",",
    b"#",
    b"\0",
    b"\xff",
    b"# {",
    b"NaN",
    b"1e999",
    b"# EOF",
    b"# TYPE ",
    b"-",
    b"99999999999999999999",
    b"le=\"1\"",
];

fn replay(target: &'static str, format: Format) {
    for seed in corpus(target).iter().filter(|seed| !seed.is_found()) {
        assert!(census(format, &seed.bytes).is_ok(), "{} is well formed", seed.name);
    }
    let check = move |body: &[u8]| check_paths_agree(format, body);
    Replay::of(target).rounds(4000).pieces(PIECES).run(check);
}

#[test]
fn text_corpus_and_mutants() {
    replay("exposition_text", Format::Text);
}

#[test]
fn openmetrics_corpus_and_mutants() {
    replay("exposition_openmetrics", Format::OpenMetrics);
}

#[test]
fn a_label_of_ten_megabytes_is_one_label() {
    let body = format!("m{{a=\"{}\"}} 1\n", "x".repeat(10 << 20));
    assert_eq!(census(Format::Text, body.as_bytes()).unwrap().samples, 1);
}
