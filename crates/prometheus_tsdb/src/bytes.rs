//! Numbers and texts of the formats, read within their bounds. Fixed numbers are big-endian.

/// Bytes being read from the front; nothing is `None` but the end of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'b>(pub(crate) &'b [u8]);

impl<'b> Cursor<'b> {
    pub(crate) fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        let bytes = self.take(2)?;
        Some(u16::from_be_bytes(bytes.try_into().ok()?))
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        let bytes = self.take(4)?;
        Some(u32::from_be_bytes(bytes.try_into().ok()?))
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        let bytes = self.take(8)?;
        Some(u64::from_be_bytes(bytes.try_into().ok()?))
    }

    /// A varint of at most ten bytes.
    pub(crate) fn uvarint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            // Ten bytes hold one bit more than 64.
            if shift == 63 && bits > 1 {
                return None;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    /// A varint with its sign in the lowest bit.
    pub(crate) fn varint(&mut self) -> Option<i64> {
        self.uvarint().map(signed)
    }

    pub(crate) fn len(&mut self) -> Option<usize> {
        self.uvarint().and_then(|len| usize::try_from(len).ok())
    }

    /// A text behind its length.
    pub(crate) fn text(&mut self) -> Option<&'b str> {
        let len = self.len()?;
        std::str::from_utf8(self.take(len)?).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A number whose sign stands in the lowest bit.
pub(crate) fn signed(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_end_in_time() {
        assert_eq!(Cursor(&[0xac, 0x02]).uvarint(), Some(300));
        assert_eq!(Cursor(&[0x01]).varint(), Some(-1));
        assert_eq!(Cursor(&[0xff; 9]).uvarint(), None);
        assert_eq!(
            Cursor(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]).uvarint(),
            None
        );
        let all = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        assert_eq!(
            (Cursor(&all).uvarint(), Cursor(&all).varint()),
            (Some(u64::MAX), Some(i64::MIN))
        );
        assert_eq!(Cursor(&[3, b'a', b'b']).text(), None);
    }
}
