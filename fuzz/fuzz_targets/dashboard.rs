//! Any bytes as a dashboard of Grafana: no panic, and what is migrated stays as it is.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dashboards::fuzzing::check(bytes));
