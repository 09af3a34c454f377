//! Any bytes as the index of a block: read or refused with a place.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| prometheus_tsdb::fuzzing::check_index(data));
