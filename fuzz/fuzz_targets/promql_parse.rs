//! Any text as PromQL: no panic, and what is printed parses to the same print again.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| promql::fuzzing::check_expression(text));
