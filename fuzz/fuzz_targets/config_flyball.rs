//! Any bytes as flyball.yml: no panic, problems stand within the file.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| config::fuzzing::check_flyball(data));
