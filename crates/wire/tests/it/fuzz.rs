//! The fuzz corpus and mutants of it: never a panic, memory bounded by the input.

use crate::requests::describe;
use testkit::fuzz::{Replay, corpus};
use testkit::peak_of;

/// What decompressors need whatever the input is: window, tables and a chunk of output.
const WORKING_BYTES: usize = 256 << 10;

fn decode(input: &[u8]) {
    let (_, peak) = peak_of(|| wire::fuzzing::check(input));
    assert!(peak < WORKING_BYTES + 2000 * input.len(), "{peak} bytes for {}", input.len());
}

#[test]
fn bodies_of_any_bytes() {
    Replay::of("remote_write").rounds(20_000).run(decode);
}

#[test]
fn bodies_of_version_2_of_any_bytes() {
    Replay::of("remote_write_2").rounds(20_000).run(|input| {
        let (_, peak) = peak_of(|| wire::fuzzing::check_2(input));
        assert!(peak < WORKING_BYTES + 2000 * input.len(), "{peak} bytes for {}", input.len());
    });
}

#[test]
fn otlp_of_any_bytes() {
    Replay::of("otlp").rounds(20_000).run(|input| {
        let (_, peak) = peak_of(|| wire::fuzzing::check_otlp(input));
        assert!(peak < WORKING_BYTES + 2000 * input.len(), "{peak} bytes for {}", input.len());
    });
}

#[test]
fn honest_files_of_otlp_decode() {
    for seed in corpus("otlp") {
        let is_good = seed.name.starts_with("good_");
        assert_eq!(wire::fuzzing::check_otlp(&seed.bytes), is_good, "{}", seed.name);
    }
}

#[test]
fn honest_files_of_version_2_decode() {
    for seed in corpus("remote_write_2") {
        let is_good = seed.name.starts_with("good_");
        assert_eq!(wire::fuzzing::check_2(&seed.bytes), is_good, "{}", seed.name);
    }
}

#[test]
fn honest_files_of_the_corpus_decode() {
    for seed in corpus("remote_write") {
        if seed.name.starts_with("good_") {
            assert!(describe(&seed.bytes).is_ok(), "{}", seed.name);
        }
    }
}

#[test]
fn line_protocol_of_any_bytes() {
    Replay::of("influx").rounds(20_000).run(|input| {
        let (_, peak) = peak_of(|| wire::fuzzing::check_influx(input));
        assert!(peak < WORKING_BYTES + 2000 * input.len(), "{peak} bytes for {}", input.len());
    });
}

#[test]
fn honest_files_of_line_protocol_decode() {
    for seed in corpus("influx") {
        let is_good = seed.name.starts_with("good_");
        assert_eq!(wire::fuzzing::check_influx(&seed.bytes), is_good, "{}", seed.name);
    }
}

#[test]
fn families_of_any_bytes() {
    Replay::of("families").rounds(20_000).run(|input| {
        let (_, peak) = peak_of(|| wire::fuzzing::check_families(input));
        assert!(peak < WORKING_BYTES + 2000 * input.len(), "{peak} bytes for {}", input.len());
    });
}

#[test]
fn honest_files_of_families_decode() {
    for seed in corpus("families") {
        let is_good = seed.name.starts_with("good_");
        assert_eq!(wire::fuzzing::check_families(&seed.bytes), is_good, "{}", seed.name);
    }
}
