//! Any rules on any labels: no panic, and explaining ends where applying ends.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| relabel::fuzzing::check(data));
