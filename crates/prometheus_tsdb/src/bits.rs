//! Streams of bits, as chunks hold them; `tsdb/chunkenc/varbit.go` names the widths of numbers.

use crate::bytes::Cursor;

/// Bits read from the front, the highest one of a byte first.
pub(crate) struct Bits<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Bits<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(crate) fn bit(&mut self) -> Option<bool> {
        let byte = *self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1 == 1;
        self.at += 1;
        Some(bit)
    }

    /// At most 64 bits, the first one the highest.
    pub(crate) fn take(&mut self, count: u32) -> Option<u64> {
        let mut value = 0_u64;
        let mut left = count as usize;
        while left > 0 {
            let byte = *self.bytes.get(self.at / 8)?;
            let room = 8 - self.at % 8;
            let taken = room.min(left);
            let bits = u64::from(byte) >> (room - taken) & ((1 << taken) - 1);
            value = value << taken | bits;
            self.at += taken;
            left -= taken;
        }
        Some(value)
    }

    pub(crate) fn uvarint(&mut self) -> Option<u64> {
        let mut bytes = [0; 10];
        for count in 1..=bytes.len() {
            let byte = u8::try_from(self.take(8)?).ok()?;
            bytes[count - 1] = byte;
            if byte < 0x80 {
                return Cursor(&bytes[..count]).uvarint();
            }
        }
        None
    }

    /// A number of one of nine widths (upstream's "varbit"), without a sign.
    pub(crate) fn varbit(&mut self) -> Option<u64> {
        match self.width()? {
            0 => Some(0),
            width => self.take(width),
        }
    }

    /// The same with a sign: the upper half of a width is negative, but for its first number.
    pub(crate) fn signed_varbit(&mut self) -> Option<i64> {
        match self.width()? {
            0 => Some(0),
            64 => self.take(64).map(u64::cast_signed),
            width => {
                let value = self.take(width)?.cast_signed();
                Some(if value > 1 << (width - 1) { value - (1 << width) } else { value })
            }
        }
    }

    /// Up to eight ones say how wide a number is.
    fn width(&mut self) -> Option<u32> {
        const WIDTHS: [u32; 9] = [0, 3, 6, 9, 12, 18, 25, 56, 64];
        let mut ones = 0;
        while ones < 8 && self.bit()? {
            ones += 1;
        }
        Some(WIDTHS[ones])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_width_have_a_sign_or_none() {
        assert_eq!(Bits::new(&[0b0100_0000]).varbit(), Some(0));
        // 10 and three bits.
        assert_eq!(Bits::new(&[0b1010_1000]).varbit(), Some(0b101));
        assert_eq!(Bits::new(&[0b1010_1000]).signed_varbit(), Some(-3));
        assert_eq!(Bits::new(&[0b1010_0000]).signed_varbit(), Some(4));
        // 1111110 and 25 bits.
        assert_eq!(Bits::new(&[0xfd, 0xff, 0xff, 0xff]).signed_varbit(), Some(-1));
        assert_eq!(Bits::new(&[0xfd, 0xff, 0xff, 0xff]).varbit(), Some((1 << 25) - 1));
        assert_eq!(Bits::new(&[0xff; 9]).varbit(), Some(u64::MAX));
        assert_eq!(Bits::new(&[0xff; 9]).signed_varbit(), Some(-1));
        assert_eq!(Bits::new(&[0xff; 8]).varbit(), None);
    }
}
