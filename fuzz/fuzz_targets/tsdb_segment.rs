//! Bytes nobody trusts through the decoders behind `tsdb::probe::segment`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    tsdb::probe::segment(data);
});
