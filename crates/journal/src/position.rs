//! Where a record lies: segment and byte offset. Positions of one journal are totally ordered and
//! never used twice, also across restarts.

use std::fmt;

/// Start of a record, or the place after the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// Number of the segment, from 1.
    pub segment: u64,
    /// Bytes from the start of the segment's file.
    pub offset: u64,
}

impl Position {
    /// Before every record.
    pub const START: Self = Self { segment: 0, offset: 0 };

    /// Sixteen bytes whose order is the order of positions, for owners that store them.
    pub fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.segment.to_be_bytes());
        bytes[8..].copy_from_slice(&self.offset.to_be_bytes());
        bytes
    }

    /// The position that [`Position::to_bytes`] gave.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let (segment, offset) = bytes.split_at(8);
        let number = |half: &[u8]| half.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
        Self { segment: number(segment), offset: number(offset) }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.segment, self.offset)
    }
}
