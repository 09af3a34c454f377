//! The fuzz corpora and thousands of mutations of them: never a panic, prints always parse.

use crate::generate::Random;
use promql::script::parse_script;
use promql::series::parse_start_timestamps;
use promql::{ParserOptions, parse_selector, parse_series, parse_with, pretty};
use std::fs;
use std::path::Path;

const ROUNDS: u64 = 3000;

/// Pieces that lead into the corners of the grammar.
const PIECES: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "{{",
    "}}",
    "\"",
    "'",
    "`",
    "\\",
    "\\u",
    "-",
    "^",
    ":",
    ",",
    "@",
    "0x",
    "1e",
    "5m",
    "_",
    "x9",
    "offset ",
    " by ",
    "step()",
    "é",
    "\u{fffd}",
    "#",
    "\n",
    " ",
    "sum",
    "e9",
    "==",
    "</",
    "@st ",
    "load 1m\n",
    "eval instant at 0 ",
    "expect ",
    "1x99999",
];

fn corpus(target: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "corpus of {target}");
    paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// A seed with a few pieces of it cut out, doubled, or replaced.
fn mutated(seeds: &[String], random: &mut Random) -> String {
    let mut text: Vec<char> = seeds[random.below(seeds.len())].chars().collect();
    for _ in 0..=random.below(4) {
        let at = random.below(text.len() + 1);
        let end = (at + random.below(6)).min(text.len());
        match random.below(4) {
            0 => drop(text.drain(at..end)),
            1 => {
                let copy = text[at..end].to_vec();
                drop(text.splice(at..at, copy));
            }
            2 => drop(text.splice(at..end, PIECES[random.below(PIECES.len())].chars())),
            _ => drop(text.splice(at..at, PIECES[random.below(PIECES.len())].chars())),
        }
    }
    text.into_iter().collect()
}

fn check_expression(text: &str) {
    drop(parse_selector(text));
    match parse_with(text, &ParserOptions::ALL) {
        Err(error) => {
            assert!(error.render(text).starts_with(&error.to_string()), "{text:?}");
            assert!(error.place().start <= text.len(), "{text:?}");
        }
        Ok(expr) => {
            let line = expr.to_string();
            for printed in [&line, &pretty(&expr)] {
                let again = parse_with(printed, &ParserOptions::ALL);
                let again =
                    again.unwrap_or_else(|error| panic!("{text:?} as {printed:?}: {error}"));
                assert_eq!(again.to_string(), line, "{text:?}");
            }
        }
    }
}

fn check_series(text: &str) {
    drop(parse_series(text).map_err(|error| error.render(text)));
    drop(parse_start_timestamps(text).map_err(|error| error.render(text)));
    drop(parse_script(text).map_err(|error| error.render(text)));
}

#[test]
fn the_corpora_are_what_they_seem() {
    let seeds = corpus("promql_parse");
    for seed in &seeds {
        check_expression(seed);
    }
    let accepted = seeds.iter().filter(|seed| parse_with(seed, &ParserOptions::ALL).is_ok());
    assert_eq!(accepted.count(), seeds.len() - 1);
    for (seed, text) in corpus("promql_series").iter().enumerate() {
        check_series(text);
        let read = parse_series(text).is_ok()
            || parse_start_timestamps(text).is_ok()
            || parse_script(text).is_ok();
        assert!(read, "seed {seed}: {text}");
    }
}

#[test]
fn mutated_expressions_never_panic_and_prints_parse() {
    let seeds = corpus("promql_parse");
    for seed in 0..ROUNDS {
        check_expression(&mutated(&seeds, &mut Random(seed)));
    }
}

#[test]
fn mutated_series_and_scripts_never_panic() {
    let seeds = corpus("promql_series");
    for seed in 0..ROUNDS {
        check_series(&mutated(&seeds, &mut Random(seed)));
    }
}
