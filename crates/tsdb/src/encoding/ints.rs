//! Integer columns: differences of order 0, 1 or 2, common divisor, frame of reference with
//! patches. Used for timestamps, decimal floats, histogram counts. A regular grid of any length
//! takes about 12 bytes; a counter of small steps its step's bits; outliers (resets) travel as
//! patches.
//!
//! ```text
//! byte 0      bits 0-1 order, bit 2 divisor present, bit 3 patches present, bit 4 entropy-coded
//! byte 1      width of a residual in bits, 0..=64
//! signed      first value (order >= 1), first difference (order 2)
//! varint      divisor g (if present), at least 2
//! signed      base b
//! varint      number of patches (if present), each: varint gap, signed residual
//! bytes       m = n - order residuals of `width` bits, packed or coded (see `entropy`);
//!             difference = b + g * residual (mod 2^64)
//! ```

use super::bits::{pack, packed_len, unpack};
use super::bytes::{Cursor, put_signed, put_varint, varint_len, zigzag};
use super::{BLOCK_SAMPLES_MAX, Decoded, Effort, entropy};

const ORDER_MASK: u8 = 0b0011;
const DIVISOR_FLAG: u8 = 0b0100;
const PATCHES_FLAG: u8 = 0b1000;
const CODED_FLAG: u8 = 0b1_0000;

/// Most times that differences are taken of differences.
pub(super) const ORDER_MAX: usize = 2;

/// How one order of differences would be packed. Everything is in units of the divisor above the
/// first difference, so that each value is divided once.
struct Plan {
    order: usize,
    divisor: u64,
    /// The difference that the units count from.
    origin: i64,
    /// Smallest packed unit.
    low: i64,
    width: u32,
    cost_bits: usize,
}

/// Appends the encoding of 1 to [`BLOCK_SAMPLES_MAX`] integers.
///
/// # Panics
/// On an empty or too long column: blocks are cut before they are encoded.
pub fn encode(values: &[i64], effort: Effort, out: &mut Vec<u8>) {
    assert!(!values.is_empty(), "a column has at least one value");
    assert!(values.len() <= BLOCK_SAMPLES_MAX, "a column is cut at BLOCK_SAMPLES_MAX");
    let mut differences = values.to_vec();
    let mut units = Vec::with_capacity(values.len());
    let mut scratch = Vec::with_capacity(values.len());
    let (mut best_units, mut best) = (Vec::new(), None::<Plan>);
    for order in 0..=ORDER_MAX.min(values.len() - 1) {
        if order > 0 {
            differentiate(&mut differences);
        }
        let plan = plan(order, &differences, &mut units, &mut scratch);
        // Noise grows with every order: once it got worse, it stays worse.
        if best.as_ref().is_some_and(|best| plan.cost_bits >= best.cost_bits) {
            break;
        }
        let done = plan.width == 0 && plan.cost_bits < 16 * 8;
        best = Some(plan);
        std::mem::swap(&mut best_units, &mut units);
        if done {
            break;
        }
    }
    let plan = best.expect("order 0 is always planned");
    match effort {
        Effort::Quick => {
            let (packed, patches) = residuals(&plan, &best_units);
            write_head(&plan, values, &patches, false, out);
            pack(&packed, plan.width, out);
        }
        Effort::Cold => write_shortest(&plan, values, &best_units, out),
    }
}

/// Replaces a column by the differences of neighbours (one fewer).
fn differentiate(values: &mut Vec<i64>) {
    for index in 1..values.len() {
        values[index - 1] = values[index].wrapping_sub(values[index - 1]);
    }
    values.pop();
}

fn plan(order: usize, differences: &[i64], units: &mut Vec<i64>, scratch: &mut Vec<i64>) -> Plan {
    let origin = differences[0];
    let divisor = common_divisor(differences);
    units.clear();
    let distances = differences.iter().map(|value| value.wrapping_sub(origin));
    if divisor == 1 {
        units.extend(distances);
    } else {
        let divisor = i64::try_from(divisor).expect("it divides distances that fit an i64");
        units.extend(distances.map(|distance| distance / divisor));
    }
    scratch.clear();
    scratch.extend_from_slice(units);
    let middle = scratch.len() / 2;
    let (_, &mut center, _) = scratch.select_nth_unstable(middle);
    let reach = reach_of_inliers(units, center);
    let (mut low, mut high) = (center, center);
    let mut patch_bits = 0;
    for &unit in units.iter() {
        if distance_bits(unit, center) <= reach {
            low = low.min(unit);
            high = high.max(unit);
        } else {
            patch_bits += 12 + 8 * varint_len(zigzag(unit.wrapping_sub(center)));
        }
    }
    let width = 64 - high.wrapping_sub(low).leading_zeros();
    let header = 16 + 8 * varint_len(zigzag(origin)) + 64 * order;
    let cost_bits = header + patch_bits + units.len() * width as usize;
    Plan { order, divisor, origin, low, width, cost_bits }
}

/// Greatest common divisor of the distances to the first difference; 1 when the whole span does not
/// fit an i64, because exact division needs distances that do not wrap.
fn common_divisor(differences: &[i64]) -> u64 {
    let first = differences[0];
    let low = differences.iter().copied().min().unwrap_or(first);
    let high = differences.iter().copied().max().unwrap_or(first);
    if high.checked_sub(low).is_none() {
        return 1;
    }
    let mut divisor = 0_u64;
    for &value in differences {
        divisor = gcd(divisor, value.abs_diff(first));
        if divisor == 1 {
            return 1;
        }
    }
    divisor.max(1)
}

fn gcd(mut a: u64, mut b: u64) -> u64 {
    // Powers of two are the divisors that occur (pages, sectors); they need no division.
    if a.is_power_of_two() && b & (a - 1) == 0 {
        return a;
    }
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn distance_bits(unit: i64, center: i64) -> u32 {
    64 - unit.wrapping_sub(center).unsigned_abs().leading_zeros()
}

/// Chooses the distance (in bits) around the center up to which units are packed; the rest become
/// patches.
fn reach_of_inliers(units: &[i64], center: i64) -> u32 {
    let mut by_bits = [0_usize; 65];
    for &unit in units {
        by_bits[distance_bits(unit, center) as usize] += 1;
    }
    let widest = by_bits.iter().rposition(|&count| count > 0).unwrap_or(0);
    let (mut reach, mut best, mut patches) = (widest, usize::MAX, 0_usize);
    for bits in (0..=widest).rev() {
        let width = if bits == 0 { 0 } else { (bits + 1).min(64) };
        let cost = units.len() * width + patches;
        if cost < best {
            (reach, best) = (bits, cost);
        }
        patches += by_bits[bits] * (12 + 8 * (bits + 1).div_ceil(7));
    }
    u32::try_from(reach).expect("at most 64")
}

/// Places and residuals of what does not fit the width.
type Patches = Vec<(usize, i64)>;

/// Residuals of at most the plan's width, and the patches. A patch leaves the residual before it
/// in its place, which costs little to code.
fn residuals(plan: &Plan, units: &[i64]) -> (Vec<u64>, Patches) {
    let mut patches = Vec::new();
    let mut packed = Vec::with_capacity(units.len());
    for (index, &unit) in units.iter().enumerate() {
        let residual = unit.wrapping_sub(plan.low);
        if 64 - residual.leading_zeros() > plan.width {
            patches.push((index, residual));
            packed.push(packed.last().copied().unwrap_or(0));
        } else {
            packed.push(residual.cast_unsigned());
        }
    }
    (packed, patches)
}

/// Packs the residuals or codes them, with patches or without.
fn write_shortest(plan: &Plan, values: &[i64], units: &[i64], out: &mut Vec<u8>) {
    let (packed, patches) = residuals(plan, units);
    let mut best = Vec::new();
    write_head(plan, values, &patches, false, &mut best);
    pack(&packed, plan.width, &mut best);
    let mut attempt = |plan: &Plan, packed: &[u64], patches: &Patches| {
        let mut other = Vec::new();
        write_head(plan, values, patches, true, &mut other);
        let limit = best.len().saturating_sub(other.len());
        if let Some(coded) = entropy::encode(packed, plan.width, limit) {
            other.extend(coded);
            best = other;
        }
    };
    attempt(plan, &packed, &patches);
    if !patches.is_empty() {
        let low = units.iter().copied().min().unwrap_or(0);
        let high = units.iter().copied().max().unwrap_or(0);
        let width = 64 - high.wrapping_sub(low).leading_zeros();
        let whole = Plan { low, width, ..*plan };
        attempt(&whole, &residuals(&whole, units).0, &Vec::new());
    }
    out.append(&mut best);
}

/// Writes what stands before the residuals.
fn write_head(plan: &Plan, values: &[i64], patches: &Patches, coded: bool, out: &mut Vec<u8>) {
    let mut flags = u8::try_from(plan.order).expect("an order is at most 2");
    flags |= if plan.divisor > 1 { DIVISOR_FLAG } else { 0 };
    flags |= if patches.is_empty() { 0 } else { PATCHES_FLAG };
    flags |= if coded { CODED_FLAG } else { 0 };
    out.extend([flags, (plan.width & 0x7f) as u8]);
    if plan.order >= 1 {
        put_signed(out, values[0]);
    }
    if plan.order == 2 {
        put_signed(out, values[1].wrapping_sub(values[0]));
    }
    if plan.divisor > 1 {
        put_varint(out, plan.divisor);
    }
    let scaled_low = plan.divisor.cast_signed().wrapping_mul(plan.low);
    put_signed(out, plan.origin.wrapping_add(scaled_low));
    if !patches.is_empty() {
        put_varint(out, patches.len() as u64);
        let mut next = 0;
        for (index, residual) in patches {
            put_varint(out, (index - next) as u64);
            put_signed(out, *residual);
            next = index + 1;
        }
    }
}

/// Appends `count` decoded integers to `out`.
pub fn decode(cursor: &mut Cursor<'_>, count: usize, out: &mut Vec<i64>) -> Decoded<()> {
    decode_front(cursor, (count, count), out)
}

/// Appends the first `wanted` of `count` integers to `out`; the cursor passes all of them.
pub fn decode_front(
    cursor: &mut Cursor<'_>,
    (count, wanted): (usize, usize),
    out: &mut Vec<i64>,
) -> Decoded<()> {
    if count == 0 || count > BLOCK_SAMPLES_MAX || wanted > count {
        return Err(cursor.damage("integer column of impossible length"));
    }
    let flags = cursor.byte()?;
    let order = usize::from(flags & ORDER_MASK);
    if order > ORDER_MAX || order >= count || flags & !0b1_1111 != 0 {
        return Err(cursor.damage("unknown integer column flags"));
    }
    let width = u32::from(cursor.byte()?);
    if width > 64 {
        return Err(cursor.damage("packed width above 64 bits"));
    }
    let first = if order >= 1 { cursor.signed()? } else { 0 };
    let second = if order == 2 { cursor.signed()? } else { 0 };
    let divisor = if flags & DIVISOR_FLAG != 0 { cursor.varint()? } else { 1 };
    let base = cursor.signed()?;
    let len = count - order;
    let patches = if flags & PATCHES_FLAG != 0 { read_patches(cursor, len)? } else { Vec::new() };
    let begin = out.len();
    out.extend_from_slice(&[first, first.wrapping_add(second)][..order]);
    let start = out.len();
    let front = (len, wanted.saturating_sub(order));
    if flags & CODED_FLAG != 0 {
        entropy::decode(cursor, front, width, out)?;
    } else {
        let packed = cursor.take(packed_len(len, width))?;
        unpack(packed, front, width, u64::cast_signed, out)?;
    }
    let residuals = &mut out[start..];
    for (index, residual) in patches {
        if let Some(place) = residuals.get_mut(index) {
            *place = residual;
        }
    }
    let divisor = divisor.cast_signed();
    match order {
        0 => scale(residuals, base, divisor),
        1 => integrate(first, residuals, base, divisor),
        _ => integrate_twice((first, second), residuals, base, divisor),
    }
    out.truncate(begin + wanted);
    Ok(())
}

fn read_patches(cursor: &mut Cursor<'_>, len: usize) -> Decoded<Vec<(usize, i64)>> {
    let count = cursor.count(len)?;
    let mut patches = Vec::with_capacity(count);
    let mut next = 0_usize;
    for _ in 0..count {
        let index = next + cursor.count(len)?;
        if index >= len {
            return Err(cursor.damage("patch behind the end of its column"));
        }
        patches.push((index, cursor.signed()?));
        next = index + 1;
    }
    Ok(patches)
}

/// Makes values of residuals.
fn scale(residuals: &mut [i64], base: i64, divisor: i64) {
    for place in residuals {
        *place = base.wrapping_add(place.wrapping_mul(divisor));
    }
}

/// Makes values of the residuals of first differences.
fn integrate(first: i64, residuals: &mut [i64], base: i64, divisor: i64) {
    let mut value = first;
    for place in residuals {
        value = value.wrapping_add(base.wrapping_add(place.wrapping_mul(divisor)));
        *place = value;
    }
}

/// Makes values of the residuals of second differences.
fn integrate_twice((first, step): (i64, i64), residuals: &mut [i64], base: i64, divisor: i64) {
    let (mut value, mut step) = (first.wrapping_add(step), step);
    for place in residuals {
        step = step.wrapping_add(base.wrapping_add(place.wrapping_mul(divisor)));
        value = value.wrapping_add(step);
        *place = value;
    }
}
