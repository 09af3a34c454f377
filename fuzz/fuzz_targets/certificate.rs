//! Any bytes as a certificate: read or refused.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| probe::fuzzing::check_certificate(data));
