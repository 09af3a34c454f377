//! The fuzz corpus and thousands of mutations of it: never a panic, memory bounded by the input.

use crate::memory::peak_of;
use crate::requests::describe;
use std::path::{Path, PathBuf};
use wire::bounded::{Bounds, snappy_block};

const ROUNDS: usize = 3000;

fn corpus() -> Vec<(PathBuf, Vec<u8>)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/remote_write");
    let mut paths: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// `SplitMix64`; this crate may not use `sys`.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % (bound.max(1) as u64)).unwrap()
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }
}

fn mutate(input: &mut Vec<u8>, chance: &mut Chance) {
    let at = chance.below(input.len());
    match chance.below(5) {
        0 if !input.is_empty() => input[at] = chance.byte(),
        1 if !input.is_empty() => input[at] ^= 1 << chance.below(8),
        2 => input.truncate(at),
        3 => drop(input.splice(at..at, [chance.byte(), chance.byte()])),
        _ => {
            let tail = input[at..].to_vec();
            input.extend(tail.iter().take(64));
        }
    }
}

/// The input as a body, and as a snappy block of one.
fn decode(input: &[u8]) {
    let work = || {
        drop(describe(input));
        let mut body = Vec::new();
        if snappy_block(input, Bounds::of(1 << 20), &mut body).is_ok() {
            drop(describe(&body));
        }
    };
    let ((), peak) = peak_of(work);
    assert!(peak < 64 * 1024 + 2000 * input.len(), "{peak} bytes for {}", input.len());
}

#[test]
fn the_corpus_and_mutations_of_it_are_survived() {
    let mut chance = Chance(1788);
    for (_, seed) in corpus() {
        decode(&seed);
        for _ in 0..ROUNDS {
            let mut input = seed.clone();
            for _ in 0..=chance.below(6) {
                mutate(&mut input, &mut chance);
            }
            decode(&input);
        }
    }
}

#[test]
fn honest_files_of_the_corpus_decode() {
    for (path, seed) in corpus() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("good_") {
            assert!(describe(&seed).is_ok(), "{name}");
        }
    }
}
