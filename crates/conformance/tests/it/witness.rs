//! The engine over the real storage against Debian's Prometheus. Differences must be explained by
//! the list of changes since its version.

use crate::number;
use conformance::Witness;
use conformance::trial::{self, Outcome};

/// Questions about the data of one seed.
const QUESTIONS_PER_SEED: usize = 100;
const QUESTIONS: usize = 500;
/// Rounds that one witness takes before another is started.
const ROUNDS_PER_WITNESS: usize = 50;

#[test]
fn the_engine_answers_as_prometheus() {
    let Some(program) = testkit::find_program("prometheus") else {
        return testkit::skip("questions to Prometheus", "prometheus is not installed");
    };
    let rounds = number("FLYBALL_FUZZ_QUERIES", QUESTIONS).div_ceil(QUESTIONS_PER_SEED);
    let first = number("FLYBALL_FUZZ_SEED", 1);
    let mut outcome = Outcome::default();
    let mut failures = Vec::new();
    for witnesses in (0..rounds).collect::<Vec<_>>().chunks(ROUNDS_PER_WITNESS) {
        let folder = tempfile::tempdir().unwrap();
        let witness = Witness::start(&program, folder.path()).unwrap();
        for (number, round) in (0..).zip(witnesses) {
            let seed = (first + round) as u64;
            let place = (&*program, folder.path());
            match trial::round(&witness, place, (number, seed), QUESTIONS_PER_SEED) {
                Ok(round) => outcome.add(&round),
                Err(failure) => failures.push(failure),
            }
            assert!(failures.len() < 5, "{}", failures.join("\n\n"));
        }
    }
    println!("{outcome:#?}");
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
