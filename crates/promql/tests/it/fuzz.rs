//! The fuzz corpora and mutants of them: never a panic, prints always parse.

use promql::fuzzing::{check_expression, check_series};
use promql::{ParserOptions, parse_with};
use testkit::fuzz::{Replay, corpus};

/// Pieces that lead into the corners of the grammar.
const PIECES: &[&[u8]] = &[
    b"(",
    b")",
    b"[",
    b"]",
    b"{",
    b"}",
    b"{{",
    b"}}",
    b"\"",
    b"'",
    b"`",
    b"\\",
    b"\\u",
    b"-",
    b"^",
    b":",
    b",",
    b"@",
    b"0x",
    b"1e",
    b"5m",
    b"_",
    b"x9",
    b"offset ",
    b" by ",
    b"step()",
    "é".as_bytes(),
    "\u{fffd}".as_bytes(),
    b"#",
    b"\n",
    b" ",
    b"sum",
    b"e9",
    b"==",
    b"</",
    b"@st ",
    b"load 1m\n",
    b"eval instant at 0 ",
    b"expect ",
    b"1x99999",
];

fn text(input: &[u8]) -> String {
    String::from_utf8_lossy(input).into_owned()
}

#[test]
fn the_corpora_are_what_they_seem() {
    let is_expression = |text: &str| parse_with(text, &ParserOptions::ALL).is_ok();
    for seed in corpus("promql_parse").iter().filter(|seed| !seed.is_found()) {
        let refused = seed.name.starts_with("refused");
        assert_ne!(is_expression(&text(&seed.bytes)), refused, "{}", seed.name);
    }
    for seed in corpus("promql_series").iter().filter(|seed| !seed.is_found()) {
        assert!(check_series(&text(&seed.bytes)), "{}", seed.name);
    }
}

#[test]
fn expressions_never_panic_and_prints_parse() {
    Replay::of("promql_parse").pieces(PIECES).run(|input| check_expression(&text(input)));
}

#[test]
fn series_and_scripts_never_panic() {
    Replay::of("promql_series").pieces(PIECES).run(|input| {
        check_series(&text(input));
    });
}
