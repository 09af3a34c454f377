//! Any text as an answer to INFO: series or nothing, no panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    services::redis::check_info(data);
});
