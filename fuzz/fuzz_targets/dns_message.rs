//! Any bytes as an answer of DNS: read or refused, records within their bounds.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| probe::fuzzing::check_dns(data));
