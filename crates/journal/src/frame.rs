//! The frame around a record, and how a frame is told from anything else.
//! Segment number and offset are under both checksums, so a frame is valid in one place only: stale
//! bytes of another segment, another offset or another file never pass.
//!
//! | offset | bytes | content (little endian) |
//! |---|---|---|
//! | 0 | 4 | mark f1 7b a1 1e |
//! | 4 | 4 | length of the payload, at least 1 |
//! | 8 | 4 | CRC32C of the payload, begun with segment number and offset of the frame |
//! | 12 | 4 | CRC32C of bytes 0..12, begun with segment number and offset of the frame |
//! | 16 | n | payload |

use crate::Position;

pub(crate) const FRAME_HEADER_LEN: usize = 16;
pub(crate) const MARK: [u8; 4] = [0xf1, 0x7b, 0xa1, 0x1e];

/// What a valid frame header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    pub(crate) payload_len: u32,
    payload_crc: u32,
}

impl FrameHeader {
    pub(crate) fn frame_len(self) -> u64 {
        FRAME_HEADER_LEN as u64 + u64::from(self.payload_len)
    }

    pub(crate) fn matches(self, at: Position, payload: &[u8]) -> bool {
        payload_crc(at, payload) == self.payload_crc
    }
}

/// Appends a frame to `out`; it is valid only if `out` is then written so that it lies at `at`.
///
/// # Panics
/// When the payload is empty or above 4 GiB: callers check their limits first.
pub(crate) fn encode(at: Position, payload: &[u8], out: &mut Vec<u8>) {
    assert!(!payload.is_empty(), "records are not empty");
    let len = u32::try_from(payload.len()).expect("records are below 4 GiB");
    let start = out.len();
    out.extend_from_slice(&MARK);
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&payload_crc(at, payload).to_le_bytes());
    let header_crc = crc32c::crc32c_append(place_crc(at), &out[start..]);
    out.extend_from_slice(&header_crc.to_le_bytes());
    out.extend_from_slice(payload);
}

/// Appends frames for records that lie one after another from `first`.
pub(crate) fn encode_all(first: Position, records: &[&[u8]], out: &mut Vec<u8>) {
    let start = out.len();
    for record in records {
        let at = Position { offset: first.offset + (out.len() - start) as u64, ..first };
        encode(at, record, out);
    }
}

/// Bytes that the frames of these records take.
pub(crate) fn framed_len(records: &[&[u8]]) -> u64 {
    records.iter().map(|record| (FRAME_HEADER_LEN + record.len()) as u64).sum()
}

/// The payloads in a run of frames that this process encoded itself.
pub(crate) fn payloads(mut frames: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while !frames.is_empty() {
        let end = FRAME_HEADER_LEN + word(frames, 4) as usize;
        found.push(&frames[FRAME_HEADER_LEN..end]);
        frames = &frames[end..];
    }
    found
}

/// The header at the start of `bytes`, if it is valid at this place.
pub(crate) fn decode_header(at: Position, bytes: &[u8]) -> Option<FrameHeader> {
    let header = bytes.get(..FRAME_HEADER_LEN)?;
    if header[..4] != MARK {
        return None;
    }
    if crc32c::crc32c_append(place_crc(at), &header[..12]) != word(header, 12) {
        return None;
    }
    let payload_len = word(header, 4);
    (payload_len > 0).then(|| FrameHeader { payload_len, payload_crc: word(header, 8) })
}

fn payload_crc(at: Position, payload: &[u8]) -> u32 {
    crc32c::crc32c_append(place_crc(at), payload)
}

fn place_crc(at: Position) -> u32 {
    crc32c::crc32c(&at.to_bytes())
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests;
