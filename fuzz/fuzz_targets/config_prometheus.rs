//! Any bytes as a file in one of Prometheus' formats: no panic, and what is shown reads back.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| config::fuzzing::check_prometheus(data));
