//! The header of a segment file: format version, own number, and where the predecessor really ends.
//! The last one makes failed writes harmless: bytes behind that end were never acknowledged, or
//! live on as copies in later segments, and segments between a segment and its predecessor are
//! void.
//!
//! | offset | bytes | content (little endian) |
//! |---|---|---|
//! | 0 | 8 | "flyball" and a zero byte |
//! | 8 | 4 | format version, 1 |
//! | 12 | 4 | length of this header, 64 |
//! | 16 | 8 | number of this segment, from 1 |
//! | 24 | 8 | number of the predecessor, 0 for none |
//! | 32 | 8 | length of the valid part of the predecessor |
//! | 40 | 20 | zero |
//! | 60 | 4 | CRC32C of bytes 0..60 |

use crate::Position;

pub(crate) const HEADER_LEN: u64 = 64;
pub(crate) const VERSION: u32 = 1;
const MAGIC: [u8; 8] = *b"flyball\0";
const CRC_AT: usize = 60;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) id: u64,
    /// Segment and end of the predecessor; [`Position::START`] for none.
    pub(crate) predecessor: Position,
}

/// What the first bytes of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Header(Header),
    /// An intact header of another format version.
    OtherVersion(u32),
    Damaged,
}

pub(crate) fn encode(header: Header) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&64_u32.to_le_bytes());
    for number in [header.id, header.predecessor.segment, header.predecessor.offset] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes.resize(CRC_AT, 0);
    let crc = crc32c::crc32c(&bytes);
    bytes.extend_from_slice(&crc.to_le_bytes());
    debug_assert_eq!(bytes.len() as u64, HEADER_LEN, "the table above");
    bytes
}

pub(crate) fn decode(bytes: &[u8]) -> Found {
    let Some(bytes) = bytes.get(..64) else { return Found::Damaged };
    if bytes[..8] != MAGIC || crc32c::crc32c(&bytes[..CRC_AT]) != word32(bytes, CRC_AT) {
        return Found::Damaged;
    }
    let version = word32(bytes, 8);
    if version != VERSION {
        return Found::OtherVersion(version);
    }
    let predecessor = Position { segment: word64(bytes, 24), offset: word64(bytes, 32) };
    Found::Header(Header { id: word64(bytes, 16), predecessor })
}

fn word32(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().rev().fold(0, |sum, byte| (sum << 8) | u32::from(*byte))
}

fn word64(bytes: &[u8], at: usize) -> u64 {
    bytes[at..at + 8].iter().rev().fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_of_somebody_else_is_no_header() {
        let header = Header { id: 7, predecessor: Position::START };
        let mut bytes = encode(header);
        assert_eq!(decode(&bytes), Found::Header(header));
        bytes[0] = b'F';
        let crc = crc32c::crc32c(&bytes[..CRC_AT]).to_le_bytes();
        bytes[CRC_AT..].copy_from_slice(&crc);
        assert_eq!(decode(&bytes), Found::Damaged);
    }
}
