//! Float columns, bit-exact: constants, decimals as integers, split floats, raw floats.
//! A decimal exponent counts only if division gives back every bit; what does not fit (staleness
//! markers, NaN payloads, -0.0, infinities, odd floats) travels as an exception beside the column.
//!
//! ```text
//! byte 0      kind: 1 constant, 2 decimal, 3 split, 4 raw
//! constant    8 bytes pattern
//! decimal     byte exponent e 0..=12; varint number of exceptions, each: varint gap, 8 bytes;
//!             integer column i, value = i / 10^e (at exceptions: a filler)
//! split       see `split`
//! raw         8 bytes a value
//! ```

use super::bytes::{Cursor, put_varint};
use super::{BLOCK_SAMPLES_MAX, Decoded, ints, split};
use model::is_stale;

/// All values have one pattern.
pub const KIND_CONSTANT: u8 = 1;
/// Integers divided by a power of ten.
pub const KIND_DECIMAL: u8 = 2;
/// Upper and lower bits apart.
pub const KIND_SPLIT: u8 = 3;
/// Patterns as they are.
pub const KIND_RAW: u8 = 4;

/// Largest exponent: kernel counters are nanoseconds / 1e9, products of them reach 12.
const EXPONENT_MAX: usize = 12;
/// All of these are exact floats (10^22 is the last one that is).
const POWERS: [f64; EXPONENT_MAX + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12];
/// Integers beyond are left to the split form; well inside i64.
const INTEGER_MAX: f64 = 9.0e18;

struct Decimals {
    exponent: usize,
    integers: Vec<i64>,
    exceptions: Vec<(usize, u64)>,
}

/// Appends the encoding of 1 to [`BLOCK_SAMPLES_MAX`] floats.
///
/// # Panics
/// On an empty or too long column: blocks are cut before they are encoded.
pub fn encode(values: &[f64], out: &mut Vec<u8>) {
    assert!(!values.is_empty(), "a column has at least one value");
    assert!(values.len() <= BLOCK_SAMPLES_MAX, "a column is cut at BLOCK_SAMPLES_MAX");
    let first = values[0].to_bits();
    if values.iter().all(|value| value.to_bits() == first) {
        out.push(KIND_CONSTANT);
        out.extend(first.to_le_bytes());
        return;
    }
    let start = out.len();
    if let Some(decimals) = find_decimals(values) {
        write_decimals(&decimals, out);
        if out.len() - start <= 6 * values.len() {
            return;
        }
    }
    let decimal = out.split_off(start);
    out.push(KIND_SPLIT);
    let bits: Vec<u64> = values.iter().map(|value| value.to_bits()).collect();
    split::encode(&bits, out);
    let raw_len = 1 + 8 * values.len();
    if !decimal.is_empty() && decimal.len() <= (out.len() - start).min(raw_len) {
        out.truncate(start);
        out.extend_from_slice(&decimal);
    } else if raw_len < out.len() - start {
        out.truncate(start);
        out.push(KIND_RAW);
        out.extend(bits.iter().flat_map(|bits| bits.to_le_bytes()));
    }
}

/// The integer whose quotient by the power of ten has exactly the bits of `value`.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked before the cast")]
fn exact_integer(value: f64, power: f64) -> Option<i64> {
    let scaled = (value * power).round_ties_even();
    if scaled.abs() < INTEGER_MAX {
        let integer = scaled as i64;
        let back = integer as f64 / power;
        (back.to_bits() == value.to_bits()).then_some(integer)
    } else {
        None
    }
}

/// Finds the smallest exponent for nearly all values; gives up when too many do not fit.
fn find_decimals(values: &[f64]) -> Option<Decimals> {
    let odd_max = values.len() / 4 + 1;
    let mut exponent = 0;
    let mut odd = 0;
    for &value in values {
        if exact_integer(value, POWERS[exponent]).is_some() {
            continue;
        }
        match (exponent..=EXPONENT_MAX).find(|&e| exact_integer(value, POWERS[e]).is_some()) {
            Some(larger) => exponent = larger,
            None => odd += 1,
        }
        if odd > odd_max {
            return None;
        }
    }
    let mut integers = Vec::with_capacity(values.len());
    let mut exceptions = Vec::new();
    for (index, &value) in values.iter().enumerate() {
        if let Some(integer) = exact_integer(value, POWERS[exponent]) {
            integers.push(integer);
        } else {
            exceptions.push((index, value.to_bits()));
            integers.push(integers.last().copied().unwrap_or(0));
        }
    }
    if exceptions.len() > odd_max {
        return None;
    }
    fill_front(&mut integers, &exceptions);
    Some(Decimals { exponent, integers, exceptions })
}

/// Exceptions at the very front take the first ordinary value as filler, so that no jump is coded.
fn fill_front(integers: &mut [i64], exceptions: &[(usize, u64)]) {
    let front =
        exceptions.iter().enumerate().take_while(|(order, (index, _))| order == index).count();
    if front < integers.len() {
        let filler = integers[front];
        integers[..front].fill(filler);
    }
}

fn write_decimals(decimals: &Decimals, out: &mut Vec<u8>) {
    out.push(KIND_DECIMAL);
    out.push(u8::try_from(decimals.exponent).expect("an exponent is at most 12"));
    put_varint(out, decimals.exceptions.len() as u64);
    let mut next = 0;
    for &(index, bits) in &decimals.exceptions {
        put_varint(out, (index - next) as u64);
        out.extend(bits.to_le_bytes());
        next = index + 1;
    }
    ints::encode(&decimals.integers, out);
}

/// Tells without decoding that no float is a staleness marker; `false` when that is not certain.
pub fn has_no_marker(bytes: &[u8]) -> bool {
    match bytes {
        [KIND_CONSTANT, pattern @ ..] => {
            let bits = pattern.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes));
            bits.is_some_and(|bits| !is_stale(f64::from_bits(bits)))
        }
        // Quotients are numbers; there are no exceptions.
        [KIND_DECIMAL, _, 0, ..] => true,
        _ => false,
    }
}

/// Appends `count` decoded floats to `out`.
pub fn decode(cursor: &mut Cursor<'_>, count: usize, out: &mut Vec<f64>) -> Decoded<()> {
    decode_front(cursor, (count, count), out)
}

/// Appends the first `wanted` of `count` floats to `out`; the cursor passes all of them.
pub fn decode_front(
    cursor: &mut Cursor<'_>,
    (count, wanted): (usize, usize),
    out: &mut Vec<f64>,
) -> Decoded<()> {
    if count == 0 || count > BLOCK_SAMPLES_MAX || wanted > count {
        return Err(cursor.damage("float column of impossible length"));
    }
    match cursor.byte()? {
        KIND_CONSTANT => {
            let value = f64::from_bits(cursor.u64()?);
            out.resize(out.len() + wanted, value);
            Ok(())
        }
        KIND_DECIMAL => decode_decimals(cursor, (count, wanted), out),
        KIND_SPLIT => split::decode(cursor, (count, wanted), out),
        KIND_RAW => {
            let bytes = cursor.take(8 * count)?;
            let (patterns, _) = bytes[..8 * wanted].as_chunks::<8>();
            out.extend(patterns.iter().map(|pattern| f64::from_le_bytes(*pattern)));
            Ok(())
        }
        _ => Err(cursor.damage("unknown kind of float column")),
    }
}

fn decode_decimals(
    cursor: &mut Cursor<'_>,
    (count, wanted): (usize, usize),
    out: &mut Vec<f64>,
) -> Decoded<()> {
    let exponent = usize::from(cursor.byte()?);
    let Some(&power) = POWERS.get(exponent) else {
        return Err(cursor.damage("decimal exponent above 12"));
    };
    let exceptions = cursor.count(count)?;
    let mut patterns = Vec::with_capacity(exceptions);
    let mut next = 0_usize;
    for _ in 0..exceptions {
        let index = next + cursor.count(count)?;
        if index >= count {
            return Err(cursor.damage("exception behind the end of its column"));
        }
        patterns.push((index, cursor.u64()?));
        next = index + 1;
    }
    let mut integers = Vec::with_capacity(wanted + ints::ORDER_MAX);
    ints::decode_front(cursor, (count, wanted), &mut integers)?;
    let start = out.len();
    if exponent == 0 {
        out.extend(integers.iter().map(|&integer| integer as f64));
    } else {
        out.extend(integers.iter().map(|&integer| integer as f64 / power));
    }
    for (index, bits) in patterns {
        if let Some(place) = out[start..].get_mut(index) {
            *place = f64::from_bits(bits);
        }
    }
    Ok(())
}
