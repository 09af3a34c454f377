//! The fuzz corpus and mutants of it: no panic, no disagreement between the parser's two paths.

use super::census;
use exposition::{Format, check_paths_agree};
use std::path::Path;

const MUTANTS: u64 = 4000;

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
    let mut seeds: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .collect();
    seeds.sort();
    seeds
}

/// `SplitMix64`: small, seeded, good enough to place mutations.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap()
    }
}

/// Pieces that mean something to the grammars.
const PIECES: [&[u8]; 20] = [
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

fn mutate(seed: u64, bytes: &mut Vec<u8>) {
    let mut random = Random(seed);
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        match random.below(3) {
            0 => drop(bytes.splice(at..at, PIECES[random.below(PIECES.len())].iter().copied())),
            1 => bytes.truncate(at),
            _ => drop(bytes.drain(at..bytes.len().min(at + random.below(5)))),
        }
    }
}

fn replay(name: &str, format: Format) {
    let seeds = corpus(name);
    assert!(!seeds.is_empty(), "{name} has seeds");
    for seed in &seeds {
        assert!(census(format, seed).is_ok(), "seeds are well formed");
    }
    for number in 0..MUTANTS {
        let mut bytes = seeds[usize::try_from(number).unwrap() % seeds.len()].clone();
        mutate(number, &mut bytes);
        let outcome = std::panic::catch_unwind(|| check_paths_agree(format, &bytes));
        assert!(outcome.is_ok(), "mutant {number} of {name}: {}", bytes.escape_ascii());
    }
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
