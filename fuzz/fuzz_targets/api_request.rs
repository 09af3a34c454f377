#![no_main]
//! Any bytes as form, time, duration, label name, Host, Accept-Encoding and Authorization.

libfuzzer_sys::fuzz_target!(|data: &[u8]| api::fuzzing::request(data));
