//! Any bytes as OpenMetrics: no panic, and both paths of the parser agree.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    exposition::check_paths_agree(exposition::Format::OpenMetrics, data);
});
