//! What only a wrong writer could have made: the checksums are right and it is no frame.

use super::*;

const AT: Position = Position { segment: 1, offset: 64 };

/// A frame header of these first words, with the right checksum of its own.
fn header(mark: [u8; 4], len: u32) -> Vec<u8> {
    let mut bytes = mark.to_vec();
    bytes.extend_from_slice(&len.to_le_bytes());
    bytes.extend_from_slice(&payload_crc(AT, b"x").to_le_bytes());
    let crc = crc32c::crc32c_append(place_crc(AT), &bytes);
    bytes.extend_from_slice(&crc.to_le_bytes());
    bytes
}

#[test]
fn a_header_needs_the_mark_and_a_payload() {
    assert_eq!(decode_header(AT, &header(MARK, 1)).map(FrameHeader::frame_len), Some(17));
    assert_eq!(decode_header(AT, &header([0; 4], 1)), None, "another mark");
    assert_eq!(decode_header(AT, &header(MARK, 0)), None, "an empty record would stop the scan");
    assert_eq!(decode_header(Position { offset: 65, ..AT }, &header(MARK, 1)), None);
}
