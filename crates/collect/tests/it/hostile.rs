//! Damaged texts for every parser: nothing panics, every trouble is a parse error.
//! The first byte chooses the parser, as in the fuzz target `collect_procfs`.

use collect::ErrorKind;
use std::fs;
use std::path::Path;

const ROUNDS: u64 = 20_000;

/// Small and fast; good enough to break texts, with a seed that can be printed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % sides.max(1)
    }
}

fn feed(input: &[u8]) {
    let Some((selector, text)) = input.split_first() else { return };
    if let Err(kind) = collect::parse_any(*selector, text) {
        assert_eq!(kind, ErrorKind::Parse);
    }
}

fn corpus() -> Vec<Vec<u8>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/collect_procfs");
    let mut paths: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn damage(dice: &mut Dice, text: &mut Vec<u8>) {
    const ODD: &[u8] = b"\n\0: -9=\xff\t\"x";
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(text.len() + 1);
        match dice.roll(5) {
            0 => text.truncate(at),
            1 => text.insert(at, ODD[dice.roll(ODD.len())]),
            2 if at < text.len() => text[at] = ODD[dice.roll(ODD.len())],
            3 if at < text.len() => drop(text.remove(at)),
            _ => text.extend_from_within(at..),
        }
        text.truncate(4096);
    }
}

#[test]
fn whole_samples_parse_with_their_parser() {
    let samples = corpus();
    assert!(samples.len() >= 21, "a sample for each parser");
    for sample in samples {
        let (selector, text) = sample.split_first().unwrap();
        assert_eq!(collect::parse_any(*selector, text), Ok(()), "parser {selector}");
    }
}

#[test]
fn damaged_samples_never_panic() {
    let samples = corpus();
    let seed = 0x9e37_79b9_7f4a_7c15;
    let mut dice = Dice(seed);
    for round in 0..ROUNDS {
        let mut text = samples[dice.roll(samples.len())].clone();
        damage(&mut dice, &mut text);
        let outcome = std::panic::catch_unwind(|| feed(&text));
        assert!(outcome.is_ok(), "seed {seed:#x}, round {round}: {text:?}");
    }
}
