//! Any bytes as replies of Redis: values or errors, the same however they arrive.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    services::redis::check_reply(data);
});
