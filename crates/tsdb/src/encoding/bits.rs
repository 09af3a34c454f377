//! Bit packing of unsigned integers: value `i` occupies bits `i*width..(i+1)*width`, little-endian.
//! Used by the integer and the split-float encoding. Unpacking costs one unaligned load a value.

use super::{Damage, Decoded};

/// Bytes that `count` values of `width` bits take.
pub const fn packed_len(count: usize, width: u32) -> usize {
    (count * width as usize).div_ceil(8)
}

/// Appends the low `width` bits of each value; higher bits are ignored (they travel as patches).
pub fn pack(values: &[u64], width: u32, out: &mut Vec<u8>) {
    assert!(width <= 64, "a packed value has at most 64 bits");
    if width == 0 {
        return;
    }
    let mask = low_mask(width);
    let (mut pending, mut filled) = (0_u128, 0_u32);
    for &value in values {
        pending |= u128::from(value & mask) << filled;
        filled += width;
        while filled >= 8 {
            out.push((pending & 0xff) as u8);
            pending >>= 8;
            filled -= 8;
        }
    }
    if filled > 0 {
        out.push((pending & 0xff) as u8);
    }
}

/// Appends the first `wanted` of `count` values to `out`, as `make` makes them of their bits;
/// `bytes` must hold exactly [`packed_len`] bytes.
pub fn unpack<T: Copy>(
    bytes: &[u8],
    (count, wanted): (usize, usize),
    width: u32,
    make: impl Fn(u64) -> T,
    out: &mut Vec<T>,
) -> Decoded<()> {
    if width > 64 {
        return Err(Damage { what: "packed width above 64 bits", at: 0 });
    }
    if bytes.len() != packed_len(count, width) || wanted > count {
        return Err(Damage { what: "packed bytes do not fit their count", at: 0 });
    }
    let start = out.len();
    match width {
        0 => out.resize(start + wanted, make(0)),
        1..=NARROW_BITS => unpack_octets(bytes, wanted, width, make, out),
        57.. => unpack_wide(bytes, 0..wanted, width, make, out),
        _ => unpack_medium(bytes, wanted, width, make, out),
    }
    assert_eq!(out.len() - start, wanted, "INV-10: as many values as were wanted");
    Ok(())
}

const fn low_mask(width: u32) -> u64 {
    if width >= 64 { u64::MAX } else { (1 << width) - 1 }
}

/// Eight values of at most so many bits lie in two words of eight bytes, four in each.
const NARROW_BITS: u32 = 16;

/// Eight values of `width` bits take `width` bytes. The upper four of them begin with a byte or in
/// the middle of one; a word from there holds them all.
fn unpack_octets<T>(
    bytes: &[u8],
    wanted: usize,
    width: u32,
    make: impl Fn(u64) -> T,
    out: &mut Vec<T>,
) {
    let (mask, step) = (low_mask(width), width as usize);
    let (half, rest) = (step / 2, 4 * (width % 2));
    // Both words must lie within the bytes.
    let room = bytes.len().saturating_sub(half + size_of::<u64>() - 1).div_ceil(step);
    let octets = (wanted / 8).min(room);
    out.reserve(wanted);
    let places = [0, width, 2 * width, 3 * width];
    let mut begin = 0;
    for _ in 0..octets {
        let bytes = &bytes[begin..begin + half + size_of::<u64>()];
        begin += step;
        for word in [load(bytes), load(&bytes[half..]).wrapping_shr(rest)] {
            out.extend(places.map(|place| make(word.wrapping_shr(place) & mask)));
        }
    }
    unpack_wide(bytes, 8 * octets..wanted, width, make, out);
}

/// A value of at most 56 bits lies within the eight bytes that start at its first byte.
fn unpack_medium<T>(
    bytes: &[u8],
    wanted: usize,
    width: u32,
    make: impl Fn(u64) -> T,
    out: &mut Vec<T>,
) {
    let (mask, step) = (low_mask(width), width as usize);
    let room = if bytes.len() < 8 { 0 } else { (bytes.len() - 8) * 8 / step + 1 };
    let whole = room.min(wanted);
    out.extend((0..whole).map(|index| {
        let bit = index * step;
        make(load(&bytes[bit / 8..]) >> (bit % 8) & mask)
    }));
    unpack_wide(bytes, whole..wanted, width, make, out);
}

fn unpack_wide<T>(
    bytes: &[u8],
    wanted: std::ops::Range<usize>,
    width: u32,
    make: impl Fn(u64) -> T,
    out: &mut Vec<T>,
) {
    let mask = low_mask(width);
    out.extend(wanted.map(|index| make(load_partial(bytes, index * width as usize) & mask)));
}

fn load(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[..8]);
    u64::from_le_bytes(word)
}

/// Reads up to nine bytes; those behind the end count as zero.
fn load_partial(bytes: &[u8], bit: usize) -> u64 {
    let mut wide = [0; 16];
    let rest = &bytes[bit / 8..];
    let len = rest.len().min(9);
    wide[..len].copy_from_slice(&rest[..len]);
    let word = u128::from_le_bytes(wide) >> (bit % 8);
    u64::try_from(word & u128::from(u64::MAX)).expect("masked to 64 bits")
}
