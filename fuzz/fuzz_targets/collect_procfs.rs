//! The first byte chooses a parser of the host collector, the rest is its text: no panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some((selector, text)) = data.split_first() {
        let _outcome = collect::parse_any(*selector, text);
    }
});
