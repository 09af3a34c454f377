//! Replays a fuzz target without a fuzzer: its committed corpus, then seeded mutants of it. So the
//! ordinary suite finds what a fuzzer finds in its first seconds, and what one found stays found.
//! `FLYBALL_FUZZ_ROUNDS` sets the number of mutants of every target.

use std::env;
use std::fs;
use std::io;
use std::panic::{RefUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use sys::sim::SimRng;

/// Mutants of a target that asks for no other number.
const ROUNDS: u64 = 3000;
/// Longest mutant, in bytes: as long as the inputs that `cargo xtask fuzz` makes.
const MUTANT_BYTES_MAX: usize = 64 << 10;
/// Most changes that lead from a seed to a mutant.
const CHANGES_MAX: usize = 8;
/// Longest piece of a seed that one change cuts, doubles or borrows, in bytes.
const SLICE_BYTES_MAX: usize = 64;
/// Variable that overrides the number of mutants.
const ROUNDS_VARIABLE: &str = "FLYBALL_FUZZ_ROUNDS";

/// An input of the committed corpus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    /// Name of its file.
    pub name: String,
    /// The input.
    pub bytes: Vec<u8>,
}

impl Seed {
    /// Did a fuzzer find it (its name begins with `found_`)? Then it is there because it once broke
    /// something and need not be well formed.
    pub fn is_found(&self) -> bool {
        self.name.starts_with("found_")
    }
}

/// Folder with the corpus of a fuzz target.
pub fn corpus_dir(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target)
}

/// The corpus of a fuzz target, sorted by name.
///
/// # Panics
/// When the target has no corpus or a file of it cannot be read.
pub fn corpus(target: &str) -> Vec<Seed> {
    let dir = corpus_dir(target);
    let mut seeds = read_corpus(&dir)
        .unwrap_or_else(|error| panic!("corpus of {target} in {}: {error}", dir.display()));
    assert!(!seeds.is_empty(), "corpus of {target} in {} is empty", dir.display());
    seeds.sort_by(|a, b| a.name.cmp(&b.name));
    seeds
}

fn read_corpus(dir: &Path) -> io::Result<Vec<Seed>> {
    let read = |entry: io::Result<fs::DirEntry>| {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        Ok(Seed { name, bytes: fs::read(entry.path())? })
    };
    fs::read_dir(dir)?.map(read).collect()
}

/// What is replayed of a fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Replay {
    target: &'static str,
    rounds: u64,
    pieces: &'static [&'static [u8]],
}

impl Replay {
    /// The corpus of a target (a folder below `fuzz/corpus`) and 3000 mutants.
    pub const fn of(target: &'static str) -> Self {
        Self { target, rounds: ROUNDS, pieces: &[] }
    }

    /// The same with another number of mutants.
    pub const fn rounds(self, rounds: u64) -> Self {
        Self { rounds, ..self }
    }

    /// The same with pieces that mean something to the grammar, to be put in here and there.
    pub const fn pieces(self, pieces: &'static [&'static [u8]]) -> Self {
        Self { pieces, ..self }
    }

    /// Hands every seed and every mutant to `check`, which panics when a property does not hold.
    ///
    /// # Panics
    /// When `check` did, naming the seed file or the number of the mutant and showing the input;
    /// a mutant follows from the corpus and its number alone.
    pub fn run(self, check: impl Fn(&[u8]) + RefUnwindSafe) {
        let asked = env::var(ROUNDS_VARIABLE).ok();
        let rounds = asked.map_or(self.rounds, |text| {
            text.parse().unwrap_or_else(|error| panic!("{ROUNDS_VARIABLE}={text}: {error}"))
        });
        self.run_rounds(rounds, check);
    }

    fn run_rounds(self, rounds: u64, check: impl Fn(&[u8]) + RefUnwindSafe) {
        let seeds = corpus(self.target);
        let judge = |what: &str, input: &[u8]| {
            let outcome = catch_unwind(|| check(input));
            assert!(outcome.is_ok(), "{} {what}: \"{}\"", self.target, input.escape_ascii());
        };
        for seed in &seeds {
            judge(&seed.name, &seed.bytes);
        }
        for number in 0..rounds {
            judge(&format!("mutant {number}"), &self.mutant(&seeds, number));
        }
    }

    fn mutant(&self, seeds: &[Seed], number: u64) -> Vec<u8> {
        let mut random = SimRng::new(number);
        let mut bytes = seeds[random.index(seeds.len())].bytes.clone();
        for _ in 0..=random.index(CHANGES_MAX) {
            self.change(seeds, &mut random, &mut bytes);
            bytes.truncate(MUTANT_BYTES_MAX);
        }
        bytes
    }

    fn change(&self, seeds: &[Seed], random: &mut SimRng, bytes: &mut Vec<u8>) {
        let at = random.index(bytes.len() + 1);
        let end = bytes.len().min(at + random.index(SLICE_BYTES_MAX));
        match random.below(8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 if at < bytes.len() => bytes[at] = byte(random),
            2 => bytes.insert(at, byte(random)),
            3 => drop(bytes.drain(at..end)),
            4 => bytes.truncate(at),
            5 => bytes.extend_from_within(at..end),
            6 => {
                let other = &seeds[random.index(seeds.len())].bytes;
                let from = random.index(other.len() + 1);
                let to = other.len().min(from + random.index(SLICE_BYTES_MAX));
                bytes.splice(at..at, other[from..to].iter().copied());
            }
            _ => {
                let piece = self.pieces.get(random.index(self.pieces.len())).copied();
                bytes.splice(at..at, piece.unwrap_or(&[0xff]).iter().copied());
            }
        }
    }
}

fn byte(random: &mut SimRng) -> u8 {
    random.next_u64().to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::{MUTANT_BYTES_MAX, Replay, Seed};
    use std::cell::RefCell;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    const REPLAY: Replay = Replay::of("relabel").pieces(&[b"<piece>"]);

    fn inputs() -> Vec<Vec<u8>> {
        let seen = RefCell::new(Vec::new());
        let note = AssertUnwindSafe(&seen);
        REPLAY.run_rounds(300, |input| note.borrow_mut().push(input.to_vec()));
        seen.into_inner()
    }

    #[test]
    fn seeds_come_first_and_mutants_follow_from_their_numbers() {
        let (seeds, found) = (super::corpus("relabel"), inputs());
        let first: Vec<&[u8]> = seeds.iter().map(|seed| &*seed.bytes).collect();
        assert_eq!(found[..seeds.len()], first);
        assert_eq!(found, inputs());
        let others = found[seeds.len()..].iter().filter(|input| !first.contains(&&***input));
        assert!(others.count() > 280, "mutants differ from their seeds");
        assert!(found.iter().any(|input| input.windows(7).any(|window| window == b"<piece>")));
    }

    #[test]
    fn mutants_have_a_longest_length() {
        let seeds = [Seed { name: "long".into(), bytes: vec![b'x'; MUTANT_BYTES_MAX] }];
        assert!((0..100).all(|n| REPLAY.mutant(&seeds, n).len() <= MUTANT_BYTES_MAX));
    }

    #[test]
    fn a_failure_names_the_mutant_and_shows_the_input() {
        let refuse = |input: &[u8]| assert!(!input.starts_with(b"<piece>"), "starts with a piece");
        let panic = catch_unwind(|| REPLAY.run_rounds(30_000, refuse)).unwrap_err();
        let message = panic.downcast_ref::<String>().unwrap();
        assert!(message.starts_with("relabel mutant "), "{message}");
        assert!(message.contains(": \"<piece>"), "{message}");
    }
}
