//! Any bytes as a page of metric families in protobuf: errors, never panics.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    wire::fuzzing::check_families(data);
});
