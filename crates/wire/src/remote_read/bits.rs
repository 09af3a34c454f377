//! Streams of bits under construction.

/// Bits, most significant first.
#[derive(Default)]
pub(super) struct Bits {
    pub(super) bytes: Vec<u8>,
    /// Free bits of the last byte.
    free: u32,
}

impl Bits {
    pub(super) fn put(&mut self, value: u64, count: u32) {
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
    pub(super) fn put_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.put(value & 0x7f | 0x80, 8);
            value >>= 7;
        }
        self.put(value, 8);
    }

    /// A number in one of nine widths, without a sign: as many ones as it takes, then its bits
    /// (`tsdb/chunkenc/varbit.go`).
    pub(super) fn put_varbit(&mut self, value: u64) {
        let fits = |width: &u32| *width == 64 || value < 1 << width;
        self.put_width(value, fits);
    }

    /// The same with a sign.
    pub(super) fn put_signed_varbit(&mut self, value: i64) {
        let fits = |width: &u32| match *width {
            0 => value == 0,
            64 => true,
            width => fits(value, width),
        };
        self.put_width(value.cast_unsigned(), fits);
    }

    fn put_width(&mut self, value: u64, fits: impl Fn(&u32) -> bool) {
        const WIDTHS: [u32; 9] = [0, 3, 6, 9, 12, 18, 25, 56, 64];
        let ones = WIDTHS.iter().position(fits).unwrap_or(WIDTHS.len() - 1);
        for _ in 0..ones {
            self.put(1, 1);
        }
        if ones < WIDTHS.len() - 1 {
            self.put(0, 1);
        }
        self.put(value, WIDTHS[ones]);
    }
}

/// Is a number within so many bits, of which the upper half is negative but for its first number?
pub(super) fn fits(value: i64, bits: u32) -> bool {
    (-((1 << (bits - 1)) - 1)..=1 << (bits - 1)).contains(&value)
}
