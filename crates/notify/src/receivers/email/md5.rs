//! HMAC-MD5 (RFC 2104 with RFC 1321) for CRAM-MD5 (RFC 2195) and nothing else: MD5 is broken for
//! signatures, and no library of this workspace offers it.

/// Bytes of a block and of a digest.
const BLOCK_BYTES: usize = 64;
const DIGEST_BYTES: usize = 16;

/// Rotations of each round, four steps that repeat.
const ROTATIONS: [[u32; 4]; 4] =
    [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// The keyed hash of a message.
pub(super) fn hmac(key: &[u8], message: &[u8]) -> [u8; DIGEST_BYTES] {
    let mut block = [0; BLOCK_BYTES];
    if key.len() > BLOCK_BYTES {
        block[..DIGEST_BYTES].copy_from_slice(&digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let padded = |pad: u8| block.map(|byte| byte ^ pad).to_vec();
    let inner = digest(&[padded(0x36), message.to_vec()].concat());
    digest(&[padded(0x5c), inner.to_vec()].concat())
}

fn digest(message: &[u8]) -> [u8; DIGEST_BYTES] {
    let bits = (message.len() as u64).wrapping_mul(8);
    let mut padded = message.to_vec();
    padded.push(0x80);
    let zeros = (BLOCK_BYTES + 56 - padded.len() % BLOCK_BYTES) % BLOCK_BYTES;
    padded.resize(padded.len() + zeros, 0);
    padded.extend(bits.to_le_bytes());
    let mut state = [0x6745_2301_u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in padded.as_chunks::<BLOCK_BYTES>().0 {
        step(&mut state, block);
    }
    let mut digest = [0; DIGEST_BYTES];
    for (bytes, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *bytes = word.to_le_bytes();
    }
    digest
}

fn step(state: &mut [u32; 4], block: &[u8; BLOCK_BYTES]) {
    let mut words = [0; 16];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    let [mut a, mut b, mut c, mut d] = *state;
    for index in 0..64 {
        let round = index / 16;
        let (mixed, word) = match round {
            0 => ((b & c) | (!b & d), index),
            1 => ((d & b) | (!d & c), (5 * index + 1) % 16),
            2 => (b ^ c ^ d, (3 * index + 5) % 16),
            _ => (c ^ (b | !d), (7 * index) % 16),
        };
        let sum = mixed.wrapping_add(a).wrapping_add(sine(index)).wrapping_add(words[word]);
        (a, d, c) = (d, c, b);
        b = b.wrapping_add(sum.rotate_left(ROTATIONS[round][index % 4]));
    }
    for (word, add) in state.iter_mut().zip([a, b, c, d]) {
        *word = word.wrapping_add(add);
    }
}

/// RFC 1321, 3.4: the whole part of 2^32 times the absolute sine of the step's number.
fn sine(index: usize) -> u32 {
    let scaled = ((index + 1) as f64).sin().abs() * f64::from(u32::MAX).mul_add(1.0, 1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 2^32; the whole part is wanted"
    )]
    let whole = scaled as u32;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::hex;

    #[test]
    fn digests_are_those_of_rfc_1321() {
        for (text, expected) in [
            ("", "d41d8cd98f00b204e9800998ecf8427e"),
            ("abc", "900150983cd24fb0d6963f7d28e17f72"),
            ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
            (
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                "57edf4a22be3c955ac49da2e2107b67a",
            ),
        ] {
            assert_eq!(hex(&digest(text.as_bytes())), expected, "{text}");
        }
    }

    #[test]
    fn keyed_hashes_are_those_of_rfc_2202() {
        let tag = hmac(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hex(&tag), "750c783e6ab0b503eaa86e310a5db738");
        let tag = hmac(&[0xaa; 80], b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(hex(&tag), "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd");
    }
}
