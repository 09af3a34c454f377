//! Any bytes as line protocol of InfluxDB: errors, never panics.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    wire::fuzzing::check_influx(data);
});
