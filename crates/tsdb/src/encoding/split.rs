//! Floats that are no short decimals: the upper bits (sign, exponent, slow mantissa bits) become an
//! integer column, the noisy lower bits are packed as they are. Loses nothing, gains 1-2 bytes of
//! 8.
//!
//! ```text
//! byte 0      number of lower bits r: 32, 40, 44, 48 or 52
//! ...         integer column of the upper 64 - r bits
//! bytes       lower bits, r each
//! ```

use super::bits::{pack, packed_len, unpack};
use super::bytes::Cursor;
use super::{Decoded, Effort, ints};

const LOWER_BITS: [u8; 5] = [52, 48, 44, 40, 32];

/// Appends the shortest split of the float patterns.
pub(super) fn encode(bits: &[u64], effort: Effort, out: &mut Vec<u8>) {
    let mut best: Option<(usize, u8, Vec<u8>)> = None;
    for lower in LOWER_BITS {
        let upper: Vec<i64> = bits.iter().map(|bits| (bits >> lower).cast_signed()).collect();
        let mut column = Vec::new();
        ints::encode(&upper, effort, &mut column);
        let len = column.len() + packed_len(bits.len(), u32::from(lower));
        if best.as_ref().is_none_or(|(best, ..)| len < *best) {
            best = Some((len, lower, column));
        }
    }
    let (_, lower, column) = best.expect("there is at least one way to split");
    out.push(lower);
    out.extend_from_slice(&column);
    pack(bits, u32::from(lower), out);
}

/// Appends the first `wanted` of `count` decoded floats.
pub(super) fn decode(
    cursor: &mut Cursor<'_>,
    (count, wanted): (usize, usize),
    out: &mut Vec<f64>,
) -> Decoded<()> {
    let lower = cursor.byte()?;
    if !LOWER_BITS.contains(&lower) {
        return Err(cursor.damage("unknown number of lower bits"));
    }
    let mut upper = Vec::with_capacity(wanted);
    ints::decode_front(cursor, (count, wanted), &mut upper)?;
    let packed = cursor.take(packed_len(count, u32::from(lower)))?;
    let mut low = Vec::with_capacity(wanted);
    unpack(packed, (count, wanted), u32::from(lower), |bits| bits, &mut low)?;
    out.extend(
        upper
            .iter()
            .zip(low)
            .map(|(upper, low)| f64::from_bits(upper.cast_unsigned() << lower | low)),
    );
    Ok(())
}
