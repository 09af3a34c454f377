//! Any bytes as a segment file: the replay serves what is valid and never panics.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| journal::fuzzing::check(data));
