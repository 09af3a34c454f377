//! Any bytes as messages of a PostgreSQL server: messages or errors, no panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    services::postgres::check_messages(data);
});
