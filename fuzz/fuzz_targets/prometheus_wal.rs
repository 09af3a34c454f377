//! Any bytes as a file of the write-ahead log: read up to its end or to its damage.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| prometheus_tsdb::fuzzing::check_wal(data));
