//! Any bytes as matchers of alerts: no panic, and what is read reads back.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| config::fuzzing::check_matchers(data));
