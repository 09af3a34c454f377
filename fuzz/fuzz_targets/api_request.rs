//! Any bytes as form, time, duration, label name, Host, Accept-Encoding and Authorization.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| api::fuzzing::request(data));
