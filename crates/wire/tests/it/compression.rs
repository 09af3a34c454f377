//! Snappy blocks, gzip and zstd: right output, and bombs that cost nothing.

use std::io::Write;
use testkit::peak_of;
use wire::WireErrorKind::{Malformed, TooLarge};
use wire::bounded::{Bounds, Gunzip, Unzstd, snappy_block, snappy_compress};
use wire::{WireError, WireErrorKind};

const MIB: usize = 1 << 20;

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn unsnap(input: &[u8], max: usize) -> Result<Vec<u8>, WireError> {
    let mut out = b"left over".to_vec();
    snappy_block(input, Bounds::of(max), &mut out).map(|()| out)
}

/// In pieces of a prime number of bytes, as a network cuts them.
fn gunzip(input: &[u8], max: usize) -> Result<Vec<u8>, WireError> {
    let mut decoder = Gunzip::new(Bounds::of(max), b"left over".to_vec());
    for piece in input.chunks(1009) {
        decoder.push(piece)?;
    }
    decoder.finish()
}

fn kind(result: Result<Vec<u8>, WireError>) -> WireErrorKind {
    result.unwrap_err().kind()
}

#[test]
fn both_give_back_what_went_in() {
    let long = vec![7; 100_000];
    for text in [&b""[..], b"x", &long] {
        assert_eq!(unsnap(&snappy_compress(text).unwrap(), MIB).unwrap(), text);
        assert_eq!(gunzip(&gzipped(text), MIB).unwrap(), text);
    }
    let two_members = [gzipped(b"one "), gzipped(b"two")].concat();
    assert_eq!(gunzip(&two_members, MIB).unwrap(), b"one two");
}

#[test]
fn the_bound_itself_is_accepted_and_one_more_is_not() {
    let bytes = vec![7; 5000];
    let (snapped, zipped) = (snappy_compress(&bytes).unwrap(), gzipped(&bytes));
    assert!(unsnap(&snapped, 5000).is_ok() && gunzip(&zipped, 5000).is_ok());
    assert_eq!(kind(unsnap(&snapped, 4999)), TooLarge);
    assert_eq!(kind(gunzip(&zipped, 4999)), TooLarge);
}

#[test]
fn a_snappy_bomb_by_declaration_allocates_nothing() {
    // Declares 4 GiB - 1, then 31 MiB: the first is above the bound, the second above the possible.
    for (declared, expected) in [(u64::from(u32::MAX), TooLarge), (31 << 20, Malformed)] {
        let mut input = Vec::new();
        wire::protobuf::put_varint(declared, &mut input);
        input.extend([0; 100]);
        let (result, peak) = peak_of(|| unsnap(&input, 32 * MIB));
        assert_eq!(kind(result), expected);
        assert!(peak < 4096, "{peak} bytes");
    }
}

#[test]
fn the_densest_honest_snappy_block_passes() {
    let bytes = vec![0; 16 * MIB];
    assert_eq!(unsnap(&snappy_compress(&bytes).unwrap(), 16 * MIB).unwrap().len(), 16 * MIB);
}

#[test]
fn a_gzip_bomb_is_left_when_it_shows() {
    let bomb = gzipped(&vec![0; 64 * MIB]);
    let (result, peak) = peak_of(|| gunzip(&bomb, 256 * MIB));
    assert_eq!(kind(result), TooLarge, "by its ratio");
    assert!(peak < 30 * MIB, "{peak} bytes");
    let (result, peak) = peak_of(|| gunzip(&bomb, MIB));
    assert_eq!(kind(result), TooLarge, "by its size");
    assert!(peak < 4 * MIB, "{peak} bytes");
}

#[test]
fn what_came_before_the_bound_can_be_had() {
    let mut decoder = Gunzip::new(Bounds::of(100_000), Vec::new());
    let error = decoder.push(&gzipped(&vec![7; 1_000_000])).unwrap_err();
    assert!(error.to_string().contains("more than 100000 bytes of output"), "{error}");
    let output = decoder.into_output();
    assert!((1..=100_000).contains(&output.len()), "{}", output.len());
    assert!(output.iter().all(|byte| *byte == 7));
}

#[test]
fn broken_input_is_an_error_and_leaves_no_half_output() {
    let snapped = snappy_compress(&[7; 1000]).unwrap();
    let zipped = gzipped(&[7; 1000]);
    for cut in 0..snapped.len() {
        assert_eq!(kind(unsnap(&snapped[..cut], MIB)), Malformed, "snappy cut at {cut}");
    }
    for cut in 0..zipped.len() {
        assert_eq!(kind(gunzip(&zipped[..cut], MIB)), Malformed, "gzip cut at {cut}");
    }
    let mut out = b"left over".to_vec();
    assert!(snappy_block(&snapped[..snapped.len() - 1], Bounds::of(MIB), &mut out).is_err());
    assert!(out.is_empty());
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

fn unzstd(input: &[u8], max: usize) -> Result<Vec<u8>, WireError> {
    let mut decoder = Unzstd::new(Bounds::of(max), b"left over".to_vec())?;
    for piece in input.chunks(1009) {
        decoder.push(piece)?;
    }
    decoder.finish()
}

#[test]
fn zstd_gives_back_what_went_in() {
    let noise: Vec<u8> =
        (0..300_000_u32).map(|n| (n.wrapping_mul(n) >> 7).to_le_bytes()[0]).collect();
    for text in [&b""[..], b"x", &vec![7; 100_000], &noise] {
        assert_eq!(unzstd(&zstd(text), MIB).unwrap(), text);
    }
    let two_frames = [zstd(b"one "), zstd(b"two")].concat();
    assert_eq!(unzstd(&two_frames, MIB).unwrap(), b"one two");
}

#[test]
fn zstd_is_bounded_and_must_be_whole() {
    let packed = zstd(&vec![7; 5000]);
    assert!(unzstd(&packed, 5000).is_ok());
    assert_eq!(kind(unzstd(&packed, 4999)), TooLarge);
    assert_eq!(kind(unzstd(&packed[..packed.len() - 1], MIB)), Malformed);
    assert_eq!(kind(unzstd(b"", MIB)), Malformed);
    assert_eq!(kind(unzstd(b"nonsense", MIB)), Malformed);
    let bomb = zstd(&vec![0; 64 * MIB]);
    assert!(bomb.len() < 10_000);
    let (result, peak) = peak_of(|| unzstd(&bomb, 128 * MIB));
    assert_eq!(kind(result), TooLarge, "more than 200 times the input");
    assert!(peak < 20 * MIB, "{peak}");
}

/// A frame may ask for a window of more than a terabyte: RFC 8878, 3.1.1.1.2.
#[test]
fn zstd_windows_above_eight_mebibytes_are_refused() {
    let frame = |descriptor: u8| vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, descriptor, 1, 0, 0];
    assert!(unzstd(&frame(0x68), MIB).is_ok(), "8 MiB");
    for descriptor in [0x70, 0xff] {
        assert_eq!(kind(unzstd(&frame(descriptor), MIB)), Malformed, "{descriptor:x}");
    }
}
