//! Float columns, bit-exact: constants, decimals as integers, split floats, raw floats.
//! A decimal exponent counts only if division gives back every bit; what does not fit (staleness
//! markers, NaN payloads, -0.0, infinities, odd floats) travels as an exception beside the column.
//!
//! ```text
//! byte 0      kind: 1 constant, 2 decimal, 3 split, 4 raw, 16 difference, 17 patterns
//! constant    8 bytes pattern
//! decimal     byte exponent e 0..=12; varint number of exceptions, each: varint gap, 8 bytes;
//!             integer column i, value = i / 10^e (at exceptions: a filler)
//! split       see `split`
//! raw         8 bytes a value
//! difference  exponent and exceptions as of decimals; the block it adds to: varint page, varint
//!             offset, varint length; integer column d, i = d + integer of that block
//! patterns    integer column of the patterns
//! ```

use super::bytes::{Cursor, put_varint};
use super::{BLOCK_SAMPLES_MAX, Decoded, Effort, ints, split};
use model::is_stale;

/// All values have one pattern.
pub const KIND_CONSTANT: u8 = 1;
/// Integers divided by a power of ten.
pub const KIND_DECIMAL: u8 = 2;
/// Upper and lower bits apart.
pub const KIND_SPLIT: u8 = 3;
/// Patterns as they are.
pub const KIND_RAW: u8 = 4;
/// Integers that are added to those of another block.
pub const KIND_DIFFERENCE: u8 = 16;
/// Patterns as integers.
pub const KIND_PATTERNS: u8 = 17;

/// Largest exponent: kernel counters are nanoseconds / 1e9, products of them reach 12.
const EXPONENT_MAX: usize = 12;
/// All of these are exact floats (10^22 is the last one that is).
const POWERS: [f64; EXPONENT_MAX + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12];
/// Integers beyond are left to the split form; well inside i64.
const INTEGER_MAX: f64 = 9.0e18;

/// Place of a block in its segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Number of the page.
    pub page: u32,
    /// Where it begins in the page.
    pub offset: u32,
    /// Its bytes.
    pub len: u32,
}

/// The integers of a column of decimals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integers {
    /// Power of ten that they are divided by, 0 to 12.
    pub exponent: usize,
    /// One a sample; where the column has an exception, a filler.
    pub values: Vec<i64>,
}

/// Places and patterns of what is no decimal.
type Exceptions = Vec<(usize, u64)>;

struct Decimals {
    integers: Integers,
    exceptions: Exceptions,
}

/// Appends the encoding of 1 to [`BLOCK_SAMPLES_MAX`] floats.
///
/// # Panics
/// On an empty or too long column: blocks are cut before they are encoded.
pub fn encode(values: &[f64], effort: Effort, out: &mut Vec<u8>) {
    encode_above(values, effort, None, out);
}

/// The same; decimals as differences to the column of another block where that is shorter. Gives
/// the integers if others can refer to this column.
///
/// # Panics
/// As [`encode`] does.
pub fn encode_above(
    values: &[f64],
    effort: Effort,
    below: Option<(&Integers, Place)>,
    out: &mut Vec<u8>,
) -> Option<Integers> {
    assert!(!values.is_empty(), "a column has at least one value");
    assert!(values.len() <= BLOCK_SAMPLES_MAX, "a column is cut at BLOCK_SAMPLES_MAX");
    let first = values[0].to_bits();
    if values.iter().all(|value| value.to_bits() == first) {
        out.push(KIND_CONSTANT);
        out.extend(first.to_le_bytes());
        return None;
    }
    let mut decimal = Vec::new();
    if let Some(decimals) = find_decimals(values) {
        put_decimal_head(KIND_DECIMAL, &decimals, &mut decimal);
        ints::encode(&decimals.integers.values, effort, &mut decimal);
        let difference = below.and_then(|below| difference(&decimals, effort, below));
        let difference = difference.filter(|difference| difference.len() < decimal.len());
        decimal = difference.unwrap_or(decimal);
        if decimal.len() <= 6 * values.len() {
            out.append(&mut decimal);
            return Some(decimals.integers);
        }
    }
    let start = out.len();
    put_patterns(values, effort, out);
    if !decimal.is_empty() && decimal.len() <= out.len() - start {
        out.truncate(start);
        out.append(&mut decimal);
    }
    None
}

/// Appends floats that are no decimals in the shortest form.
fn put_patterns(values: &[f64], effort: Effort, out: &mut Vec<u8>) {
    let bits: Vec<u64> = values.iter().map(|value| value.to_bits()).collect();
    let mut best = vec![KIND_SPLIT];
    split::encode(&bits, effort, &mut best);
    if effort == Effort::Cold {
        let integers: Vec<i64> = bits.iter().map(|bits| bits.cast_signed()).collect();
        let mut other = vec![KIND_PATTERNS];
        ints::encode(&integers, effort, &mut other);
        best = if other.len() < best.len() { other } else { best };
    }
    if best.len() <= 8 * values.len() {
        out.append(&mut best);
    } else {
        out.push(KIND_RAW);
        out.extend(bits.iter().flat_map(|bits| bits.to_le_bytes()));
    }
}

/// The column as differences to the integers below, if they go together.
fn difference(
    decimals: &Decimals,
    effort: Effort,
    (below, place): (&Integers, Place),
) -> Option<Vec<u8>> {
    let integers = &decimals.integers;
    if below.exponent != integers.exponent || below.values.len() != integers.values.len() {
        return None;
    }
    let pairs = integers.values.iter().zip(&below.values);
    let differences: Vec<i64> = pairs.map(|(value, below)| value.wrapping_sub(*below)).collect();
    let mut bytes = Vec::new();
    put_decimal_head(KIND_DIFFERENCE, decimals, &mut bytes);
    for number in [place.page, place.offset, place.len] {
        put_varint(&mut bytes, u64::from(number));
    }
    ints::encode(&differences, effort, &mut bytes);
    Some(bytes)
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
    Some(Decimals { integers: Integers { exponent, values: integers }, exceptions })
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

fn put_decimal_head(kind: u8, decimals: &Decimals, out: &mut Vec<u8>) {
    out.push(kind);
    out.push(u8::try_from(decimals.integers.exponent).expect("an exponent is at most 12"));
    put_varint(out, decimals.exceptions.len() as u64);
    let mut next = 0;
    for &(index, bits) in &decimals.exceptions {
        put_varint(out, (index - next) as u64);
        out.extend(bits.to_le_bytes());
        next = index + 1;
    }
}

/// Tells without decoding that no float is a staleness marker; `false` when that is not certain.
pub fn has_no_marker(bytes: &[u8]) -> bool {
    match bytes {
        [KIND_CONSTANT, pattern @ ..] => {
            let bits = pattern.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes));
            bits.is_some_and(|bits| !is_stale(f64::from_bits(bits)))
        }
        // Quotients are numbers; there are no exceptions.
        [KIND_DECIMAL | KIND_DIFFERENCE, _, 0, ..] => true,
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
    let before = out.len();
    match cursor.byte()? {
        KIND_CONSTANT => {
            let value = f64::from_bits(cursor.u64()?);
            out.resize(out.len() + wanted, value);
            Ok(())
        }
        KIND_DECIMAL => {
            let (exponent, exceptions) = take_decimal_head(cursor, count)?;
            let mut integers = Vec::with_capacity(wanted + ints::ORDER_MAX);
            ints::decode_front(cursor, (count, wanted), &mut integers)?;
            put_quotients(exponent, &integers, out);
            put_exceptions(&exceptions, 0, &mut out[before..]);
            Ok(())
        }
        KIND_PATTERNS => {
            let mut integers = Vec::with_capacity(wanted + ints::ORDER_MAX);
            ints::decode_front(cursor, (count, wanted), &mut integers)?;
            out.extend(integers.into_iter().map(|bits| f64::from_bits(bits.cast_unsigned())));
            Ok(())
        }
        KIND_DIFFERENCE => Err(cursor.damage("differences without what they add to")),
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

/// Exponent and exceptions of a column of decimals or differences.
fn take_decimal_head(cursor: &mut Cursor<'_>, count: usize) -> Decoded<(usize, Exceptions)> {
    let exponent = usize::from(cursor.byte()?);
    if exponent > EXPONENT_MAX {
        return Err(cursor.damage("decimal exponent above 12"));
    }
    let number = cursor.count(count)?;
    let mut exceptions = Vec::with_capacity(number);
    let mut next = 0_usize;
    for _ in 0..number {
        let index = next + cursor.count(count)?;
        if index >= count {
            return Err(cursor.damage("exception behind the end of its column"));
        }
        exceptions.push((index, cursor.u64()?));
        next = index + 1;
    }
    Ok((exponent, exceptions))
}

fn put_quotients(exponent: usize, integers: &[i64], out: &mut Vec<f64>) {
    if exponent == 0 {
        out.extend(integers.iter().map(|&integer| integer as f64));
    } else {
        let power = POWERS[exponent];
        out.extend(integers.iter().map(|&integer| integer as f64 / power));
    }
}

/// Puts exceptions into the values from sample `from` on.
fn put_exceptions(exceptions: &[(usize, u64)], from: usize, values: &mut [f64]) {
    for (index, bits) in exceptions {
        if let Some(place) = index.checked_sub(from).and_then(|index| values.get_mut(index)) {
            *place = f64::from_bits(*bits);
        }
    }
}

fn take_place(cursor: &mut Cursor<'_>) -> Decoded<Place> {
    let (page, offset) = (cursor.varint_u32()?, cursor.varint_u32()?);
    Ok(Place { page, offset, len: cursor.varint_u32()? })
}

/// The block that a column of `count` floats adds to, if it holds differences.
pub fn below(bytes: &[u8], count: usize) -> Decoded<Option<Place>> {
    let mut cursor = Cursor::new(bytes);
    if cursor.byte()? != KIND_DIFFERENCE {
        return Ok(None);
    }
    take_decimal_head(&mut cursor, count)?;
    take_place(&mut cursor).map(Some)
}

/// The `count` integers of a column of decimals, or of differences to those below.
pub fn decode_integers(
    cursor: &mut Cursor<'_>,
    count: usize,
    below: Option<&Integers>,
) -> Decoded<Integers> {
    let kind = cursor.byte()?;
    if kind != KIND_DECIMAL && kind != KIND_DIFFERENCE {
        return Err(cursor.damage("differences to what has no integers"));
    }
    let (exponent, _) = take_decimal_head(cursor, count)?;
    if kind == KIND_DIFFERENCE {
        take_place(cursor)?;
    }
    let mut values = Vec::with_capacity(count + ints::ORDER_MAX);
    ints::decode(cursor, count, &mut values)?;
    if kind == KIND_DIFFERENCE {
        let below = below.filter(|b| b.exponent == exponent && b.values.len() == count);
        let Some(below) = below else {
            return Err(cursor.damage("differences to integers of another kind"));
        };
        for (value, below) in values.iter_mut().zip(&below.values) {
            *value = value.wrapping_add(*below);
        }
    }
    Ok(Integers { exponent, values })
}

/// Appends the `wanted` floats of a column whose integers are known.
pub fn decode_quotients(
    bytes: &[u8],
    integers: &Integers,
    wanted: std::ops::Range<usize>,
    out: &mut Vec<f64>,
) -> Decoded<()> {
    let mut cursor = Cursor::new(bytes);
    cursor.byte()?;
    let (exponent, exceptions) = take_decimal_head(&mut cursor, integers.values.len())?;
    let Some(wanted_integers) = integers.values.get(wanted.clone()) else {
        return Err(cursor.damage("fewer differences than samples"));
    };
    let before = out.len();
    put_quotients(exponent, wanted_integers, out);
    put_exceptions(&exceptions, wanted.start, &mut out[before..]);
    Ok(())
}
