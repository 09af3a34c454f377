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

/// Appends `count` values to `out`; `bytes` must hold exactly [`packed_len`] bytes.
pub fn unpack(bytes: &[u8], count: usize, width: u32, out: &mut Vec<u64>) -> Decoded<()> {
    if width > 64 {
        return Err(Damage { what: "packed width above 64 bits", at: 0 });
    }
    if bytes.len() != packed_len(count, width) {
        return Err(Damage { what: "packed bytes do not fit their count", at: 0 });
    }
    if width == 0 {
        out.resize(out.len() + count, 0);
        return Ok(());
    }
    if width <= 56 {
        unpack_narrow(bytes, count, width, out);
    } else {
        unpack_wide(bytes, count, width, out);
    }
    Ok(())
}

const fn low_mask(width: u32) -> u64 {
    if width >= 64 { u64::MAX } else { (1 << width) - 1 }
}

/// A value of at most 56 bits lies within the eight bytes that start at its first byte.
fn unpack_narrow(bytes: &[u8], count: usize, width: u32, out: &mut Vec<u64>) {
    let mask = low_mask(width);
    let whole =
        if bytes.len() < 8 { 0 } else { ((bytes.len() - 8) * 8 / width as usize + 1).min(count) };
    let mut bit = 0_usize;
    out.extend((0..whole).map(|_| {
        let word = load(&bytes[bit / 8..]);
        let value = (word >> (bit % 8)) & mask;
        bit += width as usize;
        value
    }));
    for index in whole..count {
        out.push(load_partial(bytes, index * width as usize) & mask);
    }
}

fn unpack_wide(bytes: &[u8], count: usize, width: u32, out: &mut Vec<u64>) {
    let mask = low_mask(width);
    out.extend((0..count).map(|index| load_partial(bytes, index * width as usize) & mask));
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
