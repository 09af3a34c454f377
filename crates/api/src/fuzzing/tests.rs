//! The corpus and a few thousand mutations of it, in the normal suite.

use super::request;
use std::path::Path;

#[test]
fn corpus_and_mutations_of_it_are_survived() {
    const SEED: u64 = 1788;
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/api_request");
    let mut seeds: Vec<_> =
        std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    seeds.sort();
    assert!(seeds.len() > 5);
    let mut state = SEED;
    let mut below = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(state >> 33).unwrap() % bound
    };
    for path in seeds {
        let seed = std::fs::read(&path).unwrap();
        request(&seed);
        for round in 0..300 {
            let mut bytes = seed.clone();
            for _ in 0..=below(4) {
                let at = below(bytes.len() + 1);
                match below(3) {
                    0 => bytes.insert(at, u8::try_from(below(256)).unwrap()),
                    1 if at < bytes.len() => drop(bytes.remove(at)),
                    _ if at < bytes.len() => bytes[at] ^= 1 << below(8),
                    _ => bytes.truncate(at / 2),
                }
            }
            let outcome = std::panic::catch_unwind(|| request(&bytes));
            assert!(outcome.is_ok(), "{} round {round} seed {SEED}: {bytes:?}", path.display());
        }
    }
}
