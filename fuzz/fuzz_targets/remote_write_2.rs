//! Any bytes as a body of remote write 2.0, bare and compressed: errors, never panics.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    wire::fuzzing::check_2(data);
});
