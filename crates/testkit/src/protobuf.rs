//! Messages of protobuf written field by field, so that tests can also write what no encoder would.

/// A message in the making.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message(pub Vec<u8>);

impl Message {
    /// Without fields.
    pub fn new() -> Self {
        Self::default()
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.0.push(value.to_le_bytes()[0]);
    }

    /// Adds an unsigned number, or a signed one as its two's complement.
    #[must_use]
    pub fn number(mut self, field: u64, value: u64) -> Self {
        self.varint(field << 3);
        self.varint(value);
        self
    }

    /// Adds a zig-zag number.
    #[must_use]
    pub fn signed(self, field: u64, value: i64) -> Self {
        self.number(field, (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned())
    }

    /// Adds a double.
    #[must_use]
    pub fn double(mut self, field: u64, value: f64) -> Self {
        self.varint(field << 3 | 1);
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    /// Adds bytes or a text.
    #[must_use]
    pub fn bytes(mut self, field: u64, value: impl AsRef<[u8]>) -> Self {
        self.varint(field << 3 | 2);
        self.varint(value.as_ref().len() as u64);
        self.0.extend_from_slice(value.as_ref());
        self
    }

    /// Adds a message.
    #[must_use]
    pub fn message(self, field: u64, value: &Self) -> Self {
        self.bytes(field, &value.0)
    }

    /// The message with its length before it.
    pub fn delimited(&self) -> Vec<u8> {
        let mut framed = Self::new();
        framed.varint(self.0.len() as u64);
        framed.0.extend_from_slice(&self.0);
        framed.0
    }
}
