//! Cursor over untrusted bytes, and the writer's side: varints (LEB128), zigzag, fixed integers.
//! Used by every format of this crate. A read past the end is [`Damage`], never a panic.

use super::{Damage, Decoded};

/// Maps signed to unsigned so that small magnitudes stay small: 0, -1, 1, -2 -> 0, 1, 2, 3.
pub const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

/// Inverse of [`zigzag`].
pub const fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

/// Appends an unsigned varint (1 to 10 bytes).
pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push((value & 0x7f) as u8);
}

/// Appends a signed varint.
pub fn put_signed(out: &mut Vec<u8>, value: i64) {
    put_varint(out, zigzag(value));
}

/// Appends a length-prefixed byte string.
pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Bytes a varint of this value takes.
pub const fn varint_len(value: u64) -> usize {
    let bits = 64 - (value | 1).leading_zeros() as usize;
    bits.div_ceil(7)
}

/// Reads forward through bytes that may be damaged.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// A cursor at the start.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bytes consumed so far.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Bytes not yet consumed.
    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// The bytes not yet consumed.
    pub fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// Is everything consumed?
    pub fn is_empty(&self) -> bool {
        self.remaining() == 0
    }

    /// A damage report at the current place.
    pub fn damage(&self, what: &'static str) -> Damage {
        Damage { what, at: self.at }
    }

    /// The next `len` bytes.
    pub fn take(&mut self, len: usize) -> Decoded<&'a [u8]> {
        if len > self.remaining() {
            return Err(self.damage("bytes end early"));
        }
        let taken = &self.bytes[self.at..self.at + len];
        self.at += len;
        Ok(taken)
    }

    /// One byte.
    pub fn byte(&mut self) -> Decoded<u8> {
        Ok(self.take(1)?[0])
    }

    /// A little-endian u32.
    pub fn u32(&mut self) -> Decoded<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// A little-endian u64.
    pub fn u64(&mut self) -> Decoded<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// A fixed number of bytes.
    pub fn array<const N: usize>(&mut self) -> Decoded<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// An unsigned varint.
    pub fn varint(&mut self) -> Decoded<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let low = u64::from(byte & 0x7f);
            if shift == 63 && low > 1 {
                return Err(self.damage("varint above 64 bits"));
            }
            value |= low << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.damage("varint above 10 bytes"))
    }

    /// A signed varint.
    pub fn signed(&mut self) -> Decoded<i64> {
        Ok(unzigzag(self.varint()?))
    }

    /// A varint that counts things; more than `max` is damage.
    pub fn count(&mut self, max: usize) -> Decoded<usize> {
        let value = self.varint()?;
        match usize::try_from(value) {
            Ok(count) if count <= max => Ok(count),
            Ok(_) | Err(_) => Err(self.damage("count above its limit")),
        }
    }

    /// A varint that fits 32 bits.
    pub fn varint_u32(&mut self) -> Decoded<u32> {
        let value = self.varint()?;
        u32::try_from(value).or(Err(self.damage("number above 32 bits")))
    }

    /// A length-prefixed byte string of at most `max` bytes.
    pub fn bytes(&mut self, max: usize) -> Decoded<&'a [u8]> {
        let len = self.count(max)?;
        self.take(len)
    }

    /// A length-prefixed UTF-8 text of at most `max` bytes.
    pub fn text(&mut self, max: usize) -> Decoded<&'a str> {
        let bytes = self.bytes(max)?;
        std::str::from_utf8(bytes).or(Err(self.damage("text is not UTF-8")))
    }

    /// Damage unless everything was consumed.
    pub fn finish(&self) -> Decoded<()> {
        if self.is_empty() { Ok(()) } else { Err(self.damage("bytes left over")) }
    }
}
