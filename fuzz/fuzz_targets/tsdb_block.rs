//! Bytes nobody trusts through the decoders behind `tsdb::probe::block`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    tsdb::probe::block(data);
});
