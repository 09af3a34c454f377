//! Any template: no panic, bounded output, the same output twice.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gotemplate::fuzzing::check(data));
