//! Chunks of samples. Floats: Gorilla's encoding (Pelkonen et al., VLDB 2015) with Prometheus'
//! widths, as `tsdb/chunkenc/xor.go` writes it. Native histograms: [`histogram`].

mod histogram;

use crate::bits::Bits;
use crate::bytes::Cursor;
use model::{SampleBuf, Value};

/// Encodings of chunks.
const XOR: u8 = 1;
const HISTOGRAMS: u8 = 2;
const FLOAT_HISTOGRAMS: u8 = 3;

/// Can chunks of this encoding be read?
pub(crate) fn is_known(encoding: u8) -> bool {
    matches!(encoding, XOR | HISTOGRAMS | FLOAT_HISTOGRAMS)
}

/// Gives the samples of a chunk, its bytes without encoding and checksum; `None` when they end too
/// early or are none of such a chunk.
pub(crate) fn read(encoding: u8, bytes: &[u8], mut sample: impl FnMut(i64, Value)) -> Option<()> {
    match encoding {
        XOR => floats(bytes, |at, value| sample(at, Value::Float(value))),
        HISTOGRAMS => histogram::integers(bytes, |at, one| sample(at, Value::Histogram(one))),
        FLOAT_HISTOGRAMS => histogram::floats(bytes, |at, one| sample(at, Value::Histogram(one))),
        _ => None,
    }
}

/// The samples of a chunk of floats (encoding 1), histograms (2) or histograms of floats (3), as
/// Prometheus stores and streams it: without encoding and checksum. `None` when it is damaged.
pub fn decode_chunk(encoding: u8, bytes: &[u8]) -> Option<SampleBuf> {
    let mut samples = SampleBuf::default();
    read(encoding, bytes, |at, value| match value {
        Value::Float(value) => samples.push(at, value),
        Value::Histogram(histogram) => samples.push_histogram(at, histogram),
    })?;
    Some(samples)
}

/// The value of a sample and how the one before was told.
#[derive(Default)]
struct Values {
    bits: u64,
    leading: u32,
    trailing: u32,
}

impl Values {
    fn next(&mut self, bits: &mut Bits<'_>) -> Option<f64> {
        if bits.bit()? {
            if bits.bit()? {
                self.leading = u32::try_from(bits.take(5)?).ok()?;
                let width = match bits.take(6)? {
                    // Six bits have no room for 64.
                    0 => 64,
                    width => u32::try_from(width).ok()?,
                };
                self.trailing = 64_u32.checked_sub(self.leading + width)?;
            }
            let width = 64 - self.leading - self.trailing;
            self.bits ^= bits.take(width)?.checked_shl(self.trailing)?;
        }
        Some(f64::from_bits(self.bits))
    }
}

fn floats(bytes: &[u8], mut sample: impl FnMut(i64, f64)) -> Option<()> {
    let mut cursor = Cursor(bytes);
    let count = cursor.u16()?;
    if count == 0 {
        return Some(());
    }
    let mut timestamp = cursor.varint()?;
    let mut values = Values { bits: cursor.u64()?, ..Values::default() };
    sample(timestamp, f64::from_bits(values.bits));
    let mut bits = Bits::new(cursor.0);
    let mut delta = 0_i64;
    for number in 1..count {
        delta = if number == 1 {
            bits.uvarint()?.cast_signed()
        } else {
            delta.wrapping_add(delta_of_delta(&mut bits)?)
        };
        timestamp = timestamp.wrapping_add(delta);
        let value = values.next(&mut bits)?;
        sample(timestamp, value);
    }
    Some(())
}

fn delta_of_delta(bits: &mut Bits<'_>) -> Option<i64> {
    let mut ones = 0;
    while ones < 4 && bits.bit()? {
        ones += 1;
    }
    let width = match ones {
        0 => return Some(0),
        1 => 14,
        2 => 17,
        3 => 20,
        _ => return bits.take(64).map(u64::cast_signed),
    };
    let value = bits.take(width)?.cast_signed();
    // The upper half is negative, but for its first number.
    Some(if value > 1 << (width - 1) { value - (1 << width) } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes bits as they are read, for samples told in full.
    #[derive(Default)]
    struct Writer {
        bytes: Vec<u8>,
        at: usize,
    }

    impl Writer {
        fn put(&mut self, value: u64, count: u32) {
            for bit in (0..count).rev() {
                if self.at.is_multiple_of(8) {
                    self.bytes.push(0);
                }
                let byte = self.bytes.last_mut().expect("one was pushed");
                *byte |= u8::from(value >> bit & 1 == 1) << (7 - self.at % 8);
                self.at += 1;
            }
        }
    }

    fn samples(bytes: &[u8]) -> Option<Vec<(i64, u64)>> {
        let mut samples = Vec::new();
        floats(bytes, |timestamp, value| samples.push((timestamp, value.to_bits())))?;
        Some(samples)
    }

    #[test]
    fn every_width_of_a_step_is_read() {
        let steps = [(0, 0), (14, 8192), (14, -8191), (17, 65536), (17, -65535), (20, 524_288)];
        let steps = [&steps[..], &[(20, -524_287), (64, 1 << 40), (64, -(1 << 40))]].concat();
        let mut writer = Writer::default();
        writer.put(u64::try_from(steps.len() + 2).unwrap(), 16);
        writer.put(200, 8);
        writer.put(1, 8);
        writer.put(1.5_f64.to_bits(), 64);
        writer.put(10, 8);
        writer.put(0, 1);
        let (mut timestamp, mut delta) = (110_i64, 10_i64);
        let mut expected = vec![(100, 1.5_f64.to_bits()), (110, 1.5_f64.to_bits())];
        for (width, step) in steps {
            let (prefix, length) = match width {
                0 => (0, 1),
                14 => (0b10, 2),
                17 => (0b110, 3),
                20 => (0b1110, 4),
                _ => (0b1111, 4),
            };
            writer.put(prefix, length);
            writer.put(i64::cast_unsigned(step), width);
            writer.put(0, 1);
            delta += step;
            timestamp += delta;
            expected.push((timestamp, 1.5_f64.to_bits()));
        }
        assert_eq!(samples(&writer.bytes), Some(expected));
        for len in 0..writer.bytes.len() {
            assert_eq!(samples(&writer.bytes[..len]), None, "{len}");
        }
    }

    #[test]
    fn values_are_told_by_their_difference() {
        let mut writer = Writer::default();
        writer.put(4, 16);
        writer.put(0, 8);
        writer.put(0, 64);
        writer.put(1, 8);
        // All 64 bits, then the same window, then none.
        writer.put(0b11, 2);
        writer.put(0, 5);
        writer.put(0, 6);
        writer.put(u64::MAX, 64);
        writer.put(0b0_10, 3);
        writer.put(1, 64);
        writer.put(0b0_0, 2);
        let values = [0, u64::MAX, u64::MAX - 1, u64::MAX - 1];
        let found = samples(&writer.bytes).unwrap();
        assert_eq!(found, (0..).zip(values).collect::<Vec<_>>());
    }

    #[test]
    fn windows_beyond_64_bits_are_damage() {
        let mut writer = Writer::default();
        writer.put(2, 16);
        writer.put(0, 8);
        writer.put(0, 64);
        writer.put(1, 8);
        writer.put(0b11, 2);
        writer.put(31, 5);
        writer.put(63, 6);
        writer.put(u64::MAX, 64);
        assert_eq!(samples(&writer.bytes), None);
        assert_eq!(samples(&[0, 0]), Some(Vec::new()));
    }
}
