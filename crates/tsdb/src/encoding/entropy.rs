//! Residuals of integer columns in about as many bits as their distribution needs: bins of a power
//! of two of values, each with a share of 256 states (asymmetric numeral system, a table lookup a
//! value); what is left of a value within its bin follows as plain bits. For cold data: encoding
//! costs several times of packing, decoding about as much again.
//!
//! ```text
//! bits      the bins, least significant bit first: 1 the range is halved (lower half first),
//!           0 a bin, then 4 bits weight w (0: nothing there); the whole range is 2^width values
//! varint    bytes of the stream
//! stream    8 bits state of even values, 8 bits of odd ones; each value: bits of the next state,
//!           then its place within the bin
//! ```
//!
//! Shares are in proportion to 2^(w/2) (see [`WEIGHTS`]), at least 1 of 256; the largest makes up
//! for rounding.

use super::bytes::{Cursor, put_bytes};
use super::{BLOCK_SAMPLES_MAX, Decoded};

const STATE_BITS: u32 = 8;
const STATES: usize = 1 << STATE_BITS;
/// What is dealt to the bins: all states.
const SHARES: u32 = 1 << STATE_BITS;
/// Steps through all states, as it is odd; spreads the states of a bin.
const STRIDE: usize = 163;
/// With the bits of a state a value takes at most 56 bits: one unaligned load.
const EXTRA_MAX: u32 = 48;
/// Most bins that hold something; a bin needs a state at least.
const BINS_MAX: usize = 64;
/// Most bins and halvings; a path down to one value takes 64 of each.
const NODES_MAX: usize = 1 << 10;
/// Fewer values are not worth a closer look.
const SPLIT_MIN: usize = 6;
/// Bits that a halving and a bin take.
const SPLIT_COST: f32 = 1.0;
const BIN_COST: f32 = 5.0;
/// Two weights more are twice the share; the least is a 128th of the largest.
const WEIGHTS: [u32; 16] = [0, 8, 11, 16, 23, 32, 45, 64, 91, 128, 181, 256, 362, 512, 724, 1024];

/// Values from `base` on, 2^extra of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bin {
    base: u64,
    extra: u32,
    /// Index of [`WEIGHTS`], not 0.
    weight: u8,
    /// States of 256.
    share: u32,
}

/// The residuals (each below 2^`width`), unless that takes hardly less than `limit` bytes.
pub(super) fn encode(residuals: &[u64], width: u32, limit: usize) -> Option<Vec<u8>> {
    if width == 0 || residuals.len() < 2 * SPLIT_MIN {
        return None;
    }
    let mut sorted = residuals.to_vec();
    sorted.sort_unstable();
    let shape = Shape::of(&sorted, width, limit)?;
    let mut out = Vec::with_capacity(limit);
    let bins = shape.write(width, &mut out);
    put_bytes(&mut out, &stream(residuals, &bins));
    (out.len() < limit).then_some(out)
}

/// Halvings (`None`) and bins with their number of values, lower half first.
struct Shape {
    nodes: Vec<Option<usize>>,
    total: f32,
    bin_cost: f32,
}

impl Shape {
    fn of(sorted: &[u64], width: u32, limit: usize) -> Option<Self> {
        let total = (sorted.len() as f32).log2();
        // Dearer bins are fewer bins.
        for bin_cost in [BIN_COST, 8.0 * BIN_COST, 64.0 * BIN_COST] {
            let mut shape = Self { nodes: Vec::new(), total, bin_cost };
            let bits = shape.grow(sorted, 0, width);
            if bits > 8.0 * 0.98 * limit as f32 {
                return None;
            }
            let bins = shape.nodes.iter().filter(|node| node.is_some_and(|count| count > 0));
            if bins.count() <= BINS_MAX && shape.nodes.len() <= NODES_MAX {
                return Some(shape);
            }
        }
        None
    }

    /// Adds the best bins of a range to the shape; gives their cost in bits.
    fn grow(&mut self, sorted: &[u64], base: u64, extra: u32) -> f32 {
        let count = sorted.len();
        let whole = match count {
            0 => self.bin_cost,
            _ => self.bin_cost + count as f32 * (self.total - (count as f32).log2() + extra as f32),
        };
        let must = count > 0 && extra > EXTRA_MAX;
        if extra == 0 || count < SPLIT_MIN && !must {
            self.nodes.push(Some(count));
            return whole;
        }
        let mark = self.nodes.len();
        self.nodes.push(None);
        let middle = base + (1 << (extra - 1));
        let (lower, upper) = sorted.split_at(sorted.partition_point(|value| *value < middle));
        let halves = self.grow(lower, base, extra - 1) + self.grow(upper, middle, extra - 1);
        if must || SPLIT_COST + halves < whole {
            return SPLIT_COST + halves;
        }
        self.nodes.truncate(mark);
        self.nodes.push(Some(count));
        whole
    }

    /// Appends the bins; gives those that hold something.
    fn write(&self, width: u32, out: &mut Vec<u8>) -> Vec<Bin> {
        let most = self.nodes.iter().flatten().copied().max().unwrap_or(1);
        let (mut bits, mut bins) = (BitWriter::default(), Vec::new());
        let mut ranges = vec![(0, width)];
        for node in &self.nodes {
            let (base, extra) = ranges.pop().expect("as many ranges as nodes");
            let Some(count) = node else {
                bits.put(1, 1);
                ranges.push((base + (1 << (extra - 1)), extra - 1));
                ranges.push((base, extra - 1));
                continue;
            };
            let weight = weight(*count, most);
            bits.put(u64::from(weight) << 1, 5);
            if weight > 0 {
                bins.push(Bin { base, extra, weight, share: 0 });
            }
        }
        out.append(&mut bits.finish());
        share_states(&mut bins);
        bins
    }
}

/// The weight that comes next to a count.
fn weight(count: usize, most: usize) -> u8 {
    if count == 0 {
        return 0;
    }
    let near = |weight: &u8| {
        u64::from(WEIGHTS[usize::from(*weight)]) * 84 * most as u64 <= count as u64 * 1024 * 100
    };
    (1..=15).rev().find(near).unwrap_or(1)
}

/// Deals the states to the bins.
fn share_states(bins: &mut [Bin]) {
    let weight = |bin: &Bin| WEIGHTS[usize::from(bin.weight)];
    let sum: u32 = bins.iter().map(weight).sum();
    for bin in &mut *bins {
        bin.share = (weight(bin) * SHARES / sum.max(1)).max(1);
    }
    loop {
        let dealt: u32 = bins.iter().map(|bin| bin.share).sum();
        let Some(largest) = bins.iter_mut().max_by_key(|bin| bin.share) else { return };
        if dealt <= SHARES {
            largest.share += SHARES - dealt;
            return;
        }
        largest.share -= (dealt - SHARES).min(largest.share / 2);
    }
}

/// The bin of every state.
fn spread(bins: &[Bin]) -> [u8; STATES] {
    let mut states = [0; STATES];
    let mut state = 0;
    for (number, bin) in (0..).zip(bins) {
        for _ in 0..bin.share {
            states[state] = number;
            state = (state + STRIDE) % STATES;
        }
    }
    states
}

fn stream(residuals: &[u64], bins: &[Bin]) -> Vec<u8> {
    let mut starts = Vec::with_capacity(bins.len());
    let mut next = 0;
    for bin in bins {
        starts.push(next);
        next += bin.share as usize;
    }
    // States of each bin, ascending.
    let (mut states_of, mut filled) = ([0; STATES], starts.clone());
    for (state, bin) in spread(bins).into_iter().enumerate() {
        let place = &mut filled[usize::from(bin)];
        states_of[*place] = state;
        *place += 1;
    }
    let mut states = [STATES; 2];
    let mut words = vec![(0, 0); residuals.len()];
    for (index, residual) in residuals.iter().enumerate().rev() {
        let number = bins.partition_point(|bin| bin.base <= *residual) - 1;
        let bin = &bins[number];
        let (share, state) = (bin.share as usize, states[index % 2]);
        let mut bits = STATE_BITS - bin.share.ilog2();
        bits -= u32::from(state >> bits < share);
        let low = (state & ((1 << bits) - 1)) as u64;
        words[index] = (low | (residual - bin.base) << bits, bits + bin.extra);
        states[index % 2] = STATES + states_of[starts[number] + (state >> bits) - share];
    }
    let mut out = BitWriter::default();
    for state in states {
        out.put((state - STATES) as u64, STATE_BITS);
    }
    for (word, bits) in words {
        out.put(word, bits);
    }
    out.finish()
}

/// Bits, least significant first.
#[derive(Default)]
struct BitWriter {
    bytes: Vec<u8>,
    pending: u128,
    filled: u32,
}

impl BitWriter {
    /// Appends a word that has no bits above its own.
    fn put(&mut self, word: u64, bits: u32) {
        self.pending |= u128::from(word) << self.filled;
        self.filled += bits;
        while self.filled >= 8 {
            self.bytes.push((self.pending & 0xff) as u8);
            self.pending >>= 8;
            self.filled -= 8;
        }
    }

    fn finish(mut self) -> Vec<u8> {
        if self.filled > 0 {
            self.bytes.push((self.pending & 0xff) as u8);
        }
        self.bytes
    }
}

/// What a state means.
#[derive(Clone, Copy, Default)]
struct Step {
    base: u64,
    /// Bits of the place within the bin.
    extra: u8,
    /// Bits of the next state, which are added to `next`.
    bits: u8,
    next: u8,
}

/// Appends the first `wanted` of `count` residuals of `width` bits.
pub(super) fn decode(
    cursor: &mut Cursor<'_>,
    (count, wanted): (usize, usize),
    width: u32,
    out: &mut Vec<i64>,
) -> Decoded<()> {
    let bins = take_bins(cursor, width)?;
    let stream = cursor.bytes(8 * BLOCK_SAMPLES_MAX)?;
    let [even, odd, ..] = *stream else {
        return Err(cursor.damage("coded residuals without a state"));
    };
    let mut padded = Vec::with_capacity(stream.len() + size_of::<u64>());
    padded.extend_from_slice(stream);
    padded.extend([0; size_of::<u64>()]);
    let steps = steps(&bins);
    let (mut even, mut odd, mut bit) = (even, odd, 2 * STATE_BITS as usize);
    let mut next = |state: &mut u8| {
        let step = &steps[usize::from(*state)];
        let bytes = padded.get(bit / 8..)?.first_chunk::<8>()?;
        let word = u64::from_le_bytes(*bytes) >> (bit % 8);
        *state = step.next.wrapping_add((word & ((1 << step.bits) - 1) & 0xff) as u8);
        bit += usize::from(step.bits) + usize::from(step.extra);
        Some((step.base | word >> step.bits & ((1 << step.extra) - 1)).cast_signed())
    };
    let start = out.len();
    out.resize(start + wanted, 0);
    let mut filled = || -> Option<()> {
        let (pairs, rest) = out[start..].as_chunks_mut::<2>();
        for [first, second] in pairs {
            *first = next(&mut even)?;
            *second = next(&mut odd)?;
        }
        for last in rest {
            *last = next(&mut even)?;
        }
        Some(())
    };
    if filled().is_none() || wanted == count && bit.div_ceil(8) != stream.len() {
        return Err(cursor.damage("coded residuals do not fit their count"));
    }
    Ok(())
}

fn take_bins(cursor: &mut Cursor<'_>, width: u32) -> Decoded<Vec<Bin>> {
    let rest = cursor.rest();
    let (mut bins, mut ranges) = (Vec::with_capacity(16), vec![(0_u64, width)]);
    let (mut bit, mut nodes) = (0, 0);
    while let Some((base, extra)) = ranges.pop() {
        let Some(low) = rest.get(bit / 8) else {
            return Err(cursor.damage("bins end early"));
        };
        let high = rest.get(bit / 8 + 1).copied().unwrap_or(0);
        let word = u16::from_le_bytes([*low, high]) >> (bit % 8);
        nodes += 1;
        if nodes > NODES_MAX {
            return Err(cursor.damage("too many bins"));
        }
        if word & 1 == 1 {
            if extra == 0 {
                return Err(cursor.damage("half of a value"));
            }
            bit += 1;
            ranges.push((base + (1 << (extra - 1)), extra - 1));
            ranges.push((base, extra - 1));
            continue;
        }
        bit += 5;
        let weight = (word >> 1 & 15) as u8;
        if weight == 0 {
            continue;
        }
        if extra > EXTRA_MAX || bins.len() == BINS_MAX {
            return Err(cursor.damage("too many bins, or too wide ones"));
        }
        bins.push(Bin { base, extra, weight, share: 0 });
    }
    cursor.take(bit.div_ceil(8))?;
    if bins.is_empty() {
        return Err(cursor.damage("no bins"));
    }
    share_states(&mut bins);
    Ok(bins)
}

fn steps(bins: &[Bin]) -> [Step; STATES] {
    let mut taken = [0; BINS_MAX];
    for (taken, bin) in taken.iter_mut().zip(bins) {
        *taken = bin.share;
    }
    let mut steps = [Step::default(); STATES];
    for (step, number) in steps.iter_mut().zip(spread(bins)) {
        let (bin, state) = (&bins[usize::from(number)], &mut taken[usize::from(number)]);
        let bits = STATE_BITS - state.ilog2();
        let next = ((*state << bits) & 0xff) as u8;
        *state += 1;
        *step =
            Step { base: bin.base, extra: (bin.extra & 63) as u8, bits: (bits & 15) as u8, next };
    }
    steps
}

#[cfg(test)]
mod tests;
