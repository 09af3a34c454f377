//! A cursor over protobuf fields that copies nothing (protobuf encoding guide, "Message
//! Structure"). Unknown fields are the caller's to skip; groups and field number 0 are refused;
//! every error carries the offset in the outermost message.

use crate::WireError;

/// A value as it stands on the wire.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 1.
    Fixed64(u64),
    /// Wire type 2: text, bytes, a message or a packed array.
    Bytes(Reader<'a>),
    /// Wire type 5.
    Fixed32(u32),
}

/// One field of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field<'a> {
    /// Field number, at least 1.
    pub number: u32,
    /// Its value.
    pub value: Value<'a>,
    /// Where its tag begins.
    pub offset: usize,
}

/// Walks over a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    /// Offset of `bytes` in the outermost message.
    offset: usize,
}

impl<'a> Reader<'a> {
    /// A cursor at the start of an outermost message.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    /// What was not read yet.
    pub const fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// Offset of the next byte in the outermost message.
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// A cursor behind `prefix`, if that is what comes next.
    #[inline]
    pub fn strip_prefix(mut self, prefix: &[u8]) -> Option<Self> {
        let rest = self.bytes.strip_prefix(prefix)?;
        self.advance(rest, prefix.len());
        Some(self)
    }

    /// Is everything read?
    pub const fn is_at_end(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Steps over a length-delimited field whose tag and length are one byte each, which most are;
    /// gives its tag and content. Anything else, also what is malformed, is left to `next_field`.
    #[inline]
    pub fn next_short(&mut self) -> Option<(u8, Reader<'a>)> {
        let [tag @ ..0x80, len @ ..0x80, rest @ ..] = self.bytes else { return None };
        if tag & 7 != 2 || tag >> 3 == 0 {
            return None;
        }
        let len = usize::from(*len);
        let (found, rest) = rest.split_at_checked(len)?;
        let content = Reader { bytes: found, offset: self.offset + 2 };
        self.advance(rest, 2 + len);
        Some((*tag, content))
    }

    /// The next field, or nothing at the end.
    #[inline]
    pub fn next_field(&mut self) -> Result<Option<Field<'a>>, WireError> {
        if self.is_at_end() {
            return Ok(None);
        }
        let offset = self.offset;
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).ok().filter(|n| (1..1 << 29).contains(n));
        let Some(number) = number else {
            return Err(WireError::malformed(
                offset,
                format!("protobuf: field number {}", tag >> 3),
            ));
        };
        let value = match tag & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(self.fixed64()?),
            2 => Value::Bytes(self.delimited()?),
            5 => Value::Fixed32(u32::from_le_bytes(self.array()?)),
            other => {
                return Err(WireError::malformed(offset, format!("protobuf: wire type {other}")));
            }
        };
        Ok(Some(Field { number, value, offset }))
    }

    /// A base-128 number of at most ten bytes.
    #[inline]
    pub fn varint(&mut self) -> Result<u64, WireError> {
        if let Some((&first, rest)) = self.bytes.split_first()
            && first < 0x80
        {
            self.advance(rest, 1);
            return Ok(u64::from(first));
        }
        self.long_varint()
    }

    fn long_varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0_u64;
        for (index, byte) in self.bytes.iter().take(10).enumerate() {
            let bits = u64::from(byte & 0x7f);
            if index == 9 && bits > 1 {
                break;
            }
            value |= bits << (7 * index);
            if byte & 0x80 == 0 {
                self.advance(&self.bytes[index + 1..], index + 1);
                return Ok(value);
            }
        }
        let what =
            if self.bytes.len() < 10 { "ends within a number" } else { "number above 64 bits" };
        Err(WireError::malformed(self.offset, format!("protobuf: {what}")))
    }

    /// Eight bytes, little endian.
    pub fn fixed64(&mut self) -> Result<u64, WireError> {
        self.array().map(u64::from_le_bytes)
    }

    /// A length and as many bytes.
    pub fn delimited(&mut self) -> Result<Reader<'a>, WireError> {
        let start = self.offset;
        let len = self.varint()?;
        let len = usize::try_from(len).ok().filter(|len| *len <= self.bytes.len());
        let Some(len) = len else {
            let left = self.bytes.len();
            let text = format!("protobuf: declared length exceeds the {left} bytes left");
            return Err(WireError::malformed(start, text));
        };
        let (found, rest) = self.bytes.split_at(len);
        let reader = Reader { bytes: found, offset: self.offset };
        self.advance(rest, len);
        Ok(reader)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let Some((found, rest)) = self.bytes.split_first_chunk::<N>() else {
            return Err(WireError::malformed(self.offset, "protobuf: ends within a number"));
        };
        self.advance(rest, N);
        Ok(*found)
    }

    #[inline]
    fn advance(&mut self, rest: &'a [u8], by: usize) {
        self.bytes = rest;
        self.offset += by;
    }
}

impl<'a> Field<'a> {
    /// The value of a varint field.
    pub fn varint(&self) -> Result<u64, WireError> {
        if let Value::Varint(value) = self.value { Ok(value) } else { Err(self.wrong("a number")) }
    }

    /// The value of a double field; every bit pattern passes.
    pub fn double(&self) -> Result<f64, WireError> {
        if let Value::Fixed64(bits) = self.value {
            return Ok(f64::from_bits(bits));
        }
        Err(self.wrong("eight bytes"))
    }

    /// A cursor over a message, text or packed array.
    pub fn reader(&self) -> Result<Reader<'a>, WireError> {
        if let Value::Bytes(reader) = self.value { Ok(reader) } else { Err(self.wrong("bytes")) }
    }

    /// The text of a string field.
    pub fn text(&self) -> Result<&'a str, WireError> {
        let reader = self.reader()?;
        std::str::from_utf8(reader.rest()).map_err(|source| {
            let offset = reader.offset() + source.valid_up_to();
            WireError::malformed(offset, format!("protobuf: text is not UTF-8: {source}"))
        })
    }

    fn wrong(&self, expected: &str) -> WireError {
        let text = format!("protobuf: field {} has another type, {expected} expected", self.number);
        WireError::malformed(self.offset, text)
    }
}

/// Undoes the zig-zag encoding of `sint32` and `sint64`.
pub const fn zigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ (value & 1).cast_signed().wrapping_neg()
}

/// Appends a base-128 number.
pub fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}
