//! Any bytes as a chunk of floats: read whole or refused.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| prometheus_tsdb::fuzzing::check_chunk(data));
