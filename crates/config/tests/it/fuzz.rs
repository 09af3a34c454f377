//! Replays the fuzz corpus and thousands of seeded mutations of it (more with `FLYBALL_FUZZ_ROUNDS`).

use config::fuzzing;
use std::path::Path;

/// Pieces that turn one shape of YAML into another.
const PIECES: [&str; 24] = [
    "\n",
    ": ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "&a ",
    "*a",
    "<<: ",
    "|",
    ">-",
    "\"",
    "'",
    "#",
    "~",
    "null",
    "${",
    "}",
    "!!binary ",
    "0x",
    "\t",
    "---\n",
    "é",
];

/// xorshift64*: small, seeded, good enough to choose bytes.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).unwrap() % bound.max(1)
    }
}

fn mutate(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut data = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(4) {
        let at = random.below(data.len());
        match random.below(6) {
            0 if !data.is_empty() => data[at] ^= 1 << random.below(8),
            1 => drop(data.drain(at..data.len().min(at + 1 + random.below(12)))),
            2 => {
                let piece = PIECES[random.below(PIECES.len())];
                data.splice(at..at, piece.bytes());
            }
            3 => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len());
                let to = other.len().min(from + random.below(60));
                data.splice(at..at, other[from..to].iter().copied());
            }
            4 => {
                let copy = data[at..data.len().min(at + random.below(40))].to_vec();
                data.extend(copy);
            }
            _ => data.truncate(at),
        }
    }
    data
}

fn replay(target: &str, rounds: u64, check: fn(&[u8])) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut paths: Vec<_> =
        std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let seeds: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    for seed in &seeds {
        check(seed);
    }
    let wanted = std::env::var("FLYBALL_FUZZ_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    for seed in 1..=wanted.unwrap_or(rounds) {
        let data = mutate(&seeds, &mut Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let outcome = std::panic::catch_unwind(|| check(&data));
        assert!(outcome.is_ok(), "{target} seed {seed}: {:?}", String::from_utf8_lossy(&data));
    }
}

#[test]
fn mutated_prometheus_files_never_panic() {
    replay("config_prometheus", 2000, fuzzing::check_prometheus);
}

#[test]
fn mutated_flyball_files_never_panic() {
    replay("config_flyball", 2000, fuzzing::check_flyball);
}
