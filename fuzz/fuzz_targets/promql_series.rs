//! Any text as a series description, as start timestamps and as a promqltest script: no panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    promql::fuzzing::check_series(text);
});
