//! Prometheus' XOR chunks of floats: number of samples (big endian), then a stream of bits: the
//! first time and value whole, then differences. Layout: Prometheus 3.14
//! `tsdb/docs/format/chunks.md`, "XOR chunk data".

use super::bits::{Bits, fits};
use crate::remote_write::encode::zigzag;

/// No window of meaningful bits was written yet.
const NO_WINDOW: u32 = 0xff;

/// Values, each told by its difference to the one before.
pub(super) struct Floats {
    bits: u64,
    window: (u32, u32),
}

impl Floats {
    /// Writes the first value whole.
    pub(super) fn first(value: f64, bits: &mut Bits) -> Self {
        bits.put(value.to_bits(), 64);
        Self { bits: value.to_bits(), window: (NO_WINDOW, 0) }
    }

    /// Writes the next one.
    pub(super) fn put(&mut self, value: f64, bits: &mut Bits) {
        put_value(bits, self.bits ^ value.to_bits(), &mut self.window);
        self.bits = value.to_bits();
    }
}

/// Differences of differences by their size: prefix, its bits, bits of the number.
const SIZES: [(u64, u32, u32); 3] = [(0b10, 2, 14), (0b110, 3, 17), (0b1110, 4, 20)];

/// A chunk of samples, at least one; both slices are equally long.
pub(super) fn encode(times: &[i64], values: &[f64]) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(times.len() as u64, 16);
    let (mut time, mut delta) = (0_i64, 0_i64);
    let mut floats: Option<Floats> = None;
    for (index, (at, next)) in times.iter().zip(values).enumerate() {
        let new = at.wrapping_sub(time);
        match index {
            0 => bits.put_varint(zigzag(*at)),
            1 => bits.put_varint(new.cast_unsigned()),
            _ => put_time(&mut bits, new.wrapping_sub(delta)),
        }
        match &mut floats {
            None => floats = Some(Floats::first(*next, &mut bits)),
            Some(floats) => floats.put(*next, &mut bits),
        }
        (time, delta) = (*at, new);
    }
    bits.bytes
}

fn put_time(bits: &mut Bits, change: i64) {
    if change == 0 {
        return bits.put(0, 1);
    }
    let size = SIZES.into_iter().find(|(_, _, width)| fits(change, *width));
    let (prefix, prefix_bits, width) = size.unwrap_or((0b1111, 4, 64));
    bits.put(prefix, prefix_bits);
    bits.put(change.cast_unsigned(), width);
}

fn put_value(bits: &mut Bits, change: u64, window: &mut (u32, u32)) {
    if change == 0 {
        return bits.put(0, 1);
    }
    bits.put(1, 1);
    let (leading, trailing) = (change.leading_zeros().min(31), change.trailing_zeros());
    if window.0 != NO_WINDOW && leading >= window.0 && trailing >= window.1 {
        bits.put(0, 1);
        return bits.put(change >> window.1, 64 - window.0 - window.1);
    }
    *window = (leading, trailing);
    let meaningful = 64 - leading - trailing;
    bits.put(1, 1);
    bits.put(u64::from(leading), 5);
    // 64 does not fit six bits and 0 does not occur.
    bits.put(u64::from(meaningful & 63), 6);
    bits.put(change >> trailing, meaningful);
}
