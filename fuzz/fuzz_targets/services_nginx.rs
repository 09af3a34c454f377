//! Any text as a page of stub_status, as a log format and as lines of access logs: no panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    services::nginx::check_text(data);
});
