//! The engine over the real storage against the oracle. `FLYBALL_FUZZ_QUERIES` asks more questions,
//! `FLYBALL_FUZZ_SEED` begins elsewhere.

use crate::number;
use conformance::hunt::{self, Tally};

/// Questions about the data of one seed.
const QUESTIONS_PER_SEED: usize = 100;
const QUESTIONS: usize = 3_000;

#[test]
fn the_engine_answers_as_the_oracle() {
    let questions = number("FLYBALL_FUZZ_QUERIES", QUESTIONS);
    let first = number("FLYBALL_FUZZ_SEED", 1) as u64;
    let mut tally = Tally::default();
    let mut failures = Vec::new();
    for seed in (first..).take(questions.div_ceil(QUESTIONS_PER_SEED)) {
        match hunt::round(seed, QUESTIONS_PER_SEED) {
            Ok(round) => tally.add(round),
            Err(failure) => failures.push(failure),
        }
        if failures.len() >= 5 {
            break;
        }
    }
    println!("{tally:?}: {} agreed", tally.agreed());
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
