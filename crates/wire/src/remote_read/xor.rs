//! Prometheus' XOR chunks of floats: number of samples (big endian), then a stream of bits: the
//! first time and value whole, then differences. Layout: Prometheus 3.14
//! `tsdb/docs/format/chunks.md`, "XOR chunk data".

use crate::WireError;

/// Samples of a chunk, as upstream cuts them.
const SAMPLES_MAX: usize = 120;
/// No window of meaningful bits was written yet.
const NO_WINDOW: u32 = 0xff;

/// A chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct XorChunk {
    /// Time of its first sample, ms.
    pub first_ms: i64,
    /// Time of its last sample, ms.
    pub last_ms: i64,
    /// The chunk itself.
    pub bytes: Vec<u8>,
}

impl XorChunk {
    /// Chunks of at most 120 samples each; times strictly increase, both slices are equally long.
    pub fn cut(timestamps: &[i64], values: &[f64]) -> Vec<Self> {
        let times = timestamps.chunks(SAMPLES_MAX);
        times.zip(values.chunks(SAMPLES_MAX)).map(|(times, values)| encode(times, values)).collect()
    }
}

/// Bits, most significant first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    /// Free bits of the last byte.
    free: u32,
}

impl Bits {
    fn put(&mut self, value: u64, count: u32) {
        for place in (0..count).rev() {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            self.free -= 1;
            let bit = u8::from(value >> place & 1 == 1);
            if let Some(last) = self.bytes.last_mut() {
                *last |= bit << self.free;
            }
        }
    }

    /// Base-128, each byte wherever the stream stands.
    fn put_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.put(value & 0x7f | 0x80, 8);
            value >>= 7;
        }
        self.put(value, 8);
    }
}

/// Differences of differences by their size: prefix, its bits, bits of the number.
const SIZES: [(u64, u32, u32); 3] = [(0b10, 2, 14), (0b110, 3, 17), (0b1110, 4, 20)];

fn fits(value: i64, bits: u32) -> bool {
    (-((1 << (bits - 1)) - 1)..=1 << (bits - 1)).contains(&value)
}

fn encode(times: &[i64], values: &[f64]) -> XorChunk {
    let mut bits = Bits::default();
    bits.put(times.len() as u64, 16);
    let (mut time, mut delta) = (0_i64, 0_i64);
    let mut value = 0_u64;
    let mut window = (NO_WINDOW, 0);
    for (index, (at, next)) in times.iter().zip(values).enumerate() {
        let next = next.to_bits();
        match index {
            0 => {
                bits.put_varint((at << 1 ^ at >> 63).cast_unsigned());
                bits.put(next, 64);
            }
            1 => {
                delta = at.wrapping_sub(time);
                bits.put_varint(delta.cast_unsigned());
                put_value(&mut bits, value ^ next, &mut window);
            }
            _ => {
                let new = at.wrapping_sub(time);
                put_time(&mut bits, new.wrapping_sub(delta));
                delta = new;
                put_value(&mut bits, value ^ next, &mut window);
            }
        }
        (time, value) = (*at, next);
    }
    let ends = times.first().zip(times.last());
    let (first_ms, last_ms) = ends.map_or((0, 0), |(first, last)| (*first, *last));
    XorChunk { first_ms, last_ms, bytes: bits.bytes }
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

/// Reads bits.
struct Source<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Source<'_> {
    fn take(&mut self, count: u32) -> Result<u64, WireError> {
        let mut value = 0;
        for _ in 0..count {
            let Some(byte) = self.bytes.get(self.at / 8) else {
                return Err(WireError::malformed(self.at / 8, "xor chunk: ends within a sample"));
            };
            value = value << 1 | u64::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Ok(value)
    }

    fn varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0;
        for place in 0..10 {
            let byte = self.take(8)?;
            value |= (byte & 0x7f) << (7 * place);
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(WireError::malformed(self.at / 8, "xor chunk: number above 64 bits"))
    }
}

/// Times and values of a chunk, for tests and for askers.
///
/// # Errors
/// `Malformed` when the bytes end too early.
pub fn decode_xor(bytes: &[u8]) -> Result<(Vec<i64>, Vec<f64>), WireError> {
    let mut source = Source { bytes, at: 0 };
    let count = source.take(16)?;
    let (mut times, mut values) = (Vec::new(), Vec::new());
    let (mut time, mut delta, mut value) = (0_i64, 0_i64, 0_u64);
    let mut window = (0, 0);
    for index in 0..count {
        match index {
            0 => {
                time = crate::protobuf::zigzag(source.varint()?);
                value = source.take(64)?;
            }
            1 => delta = source.varint()?.cast_signed(),
            _ => delta = delta.wrapping_add(take_time(&mut source)?),
        }
        if index > 0 {
            time = time.wrapping_add(delta);
            value ^= take_value(&mut source, &mut window)?;
        }
        times.push(time);
        values.push(f64::from_bits(value));
    }
    Ok((times, values))
}

fn take_time(source: &mut Source<'_>) -> Result<i64, WireError> {
    let mut prefix = 0;
    while prefix < 4 && source.take(1)? == 1 {
        prefix += 1;
    }
    let width = match prefix {
        0 => return Ok(0),
        4 => return Ok(source.take(64)?.cast_signed()),
        size => SIZES[size - 1].2,
    };
    let number = source.take(width)?.cast_signed();
    Ok(if number > 1 << (width - 1) { number - (1 << width) } else { number })
}

fn take_value(source: &mut Source<'_>, window: &mut (u32, u32)) -> Result<u64, WireError> {
    if source.take(1)? == 0 {
        return Ok(0);
    }
    if source.take(1)? == 1 {
        let small = |bits: u64| u32::try_from(bits).unwrap_or_default();
        let leading = small(source.take(5)?);
        let meaningful = match small(source.take(6)?) {
            0 => 64,
            bits => bits,
        };
        let Some(trailing) = 64_u32.checked_sub(leading + meaningful) else {
            return Err(WireError::malformed(source.at / 8, "xor chunk: more than 64 bits"));
        };
        *window = (leading, trailing);
    }
    let (leading, trailing) = *window;
    Ok(source.take(64 - leading - trailing)? << trailing)
}
