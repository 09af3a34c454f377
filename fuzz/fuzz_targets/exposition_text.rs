//! Any bytes as text 0.0.4: no panic, and both paths of the parser agree.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    exposition::check_paths_agree(exposition::Format::Text, data);
});
