//! Any bytes as OTLP metrics, protobuf and JSON: errors, never panics.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    wire::fuzzing::check_otlp(data);
});
