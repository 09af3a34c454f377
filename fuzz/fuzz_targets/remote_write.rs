//! Any bytes as a remote write body, bare and compressed: errors, never panics.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    wire::fuzzing::check(data);
});
