//! Any bytes as alertmanager.yml: no panic, and what is shown reads back.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| config::fuzzing::check_alertmanager(data));
