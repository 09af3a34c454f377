//! XXH64 over a label set in Prometheus' own layout: the hash by which `limit_ratio` samples
//! and by which rule groups are spread over their interval.
//! Layout: per label the length of the name, the name, the length of the value, the value; lengths
//! as one byte, or 255 and three bytes little-endian.

use model::Labels;

const PRIME_1: u64 = 0x9E37_79B1_85EB_CA87;
const PRIME_2: u64 = 0xC2B2_AE3D_27D4_EB4F;
const PRIME_3: u64 = 0x1656_67B1_9E37_79F9;
const PRIME_4: u64 = 0x85EB_CA77_C2B2_AE63;
const PRIME_5: u64 = 0x27D4_EB2F_1656_67C5;

/// Hash of a label set, upstream's to the bit.
pub fn label_hash(labels: &Labels) -> u64 {
    let mut bytes = Vec::with_capacity(labels.text_len() + 2 * labels.len());
    for text in labels.iter().flat_map(|(name, value)| [name, value]) {
        match u8::try_from(text.len()) {
            Ok(short) if short < u8::MAX => bytes.push(short),
            Ok(_) | Err(_) => {
                bytes.push(u8::MAX);
                bytes.extend(&text.len().to_le_bytes()[..3]);
            }
        }
        bytes.extend(text.as_bytes());
    }
    xxh64(&bytes)
}

fn xxh64(data: &[u8]) -> u64 {
    let mut chunks = data.chunks_exact(32);
    let mut hash = if data.len() >= 32 {
        let mut lanes = [PRIME_1.wrapping_add(PRIME_2), PRIME_2, 0, 0_u64.wrapping_sub(PRIME_1)];
        for chunk in chunks.by_ref() {
            for (lane, word) in lanes.iter_mut().zip(chunk.chunks_exact(8)) {
                *lane = round(*lane, word_of(word));
            }
        }
        let mut hash = 0_u64;
        for (lane, turn) in lanes.iter().zip([1, 7, 12, 18]) {
            hash = hash.wrapping_add(lane.rotate_left(turn));
        }
        for lane in lanes {
            hash = (hash ^ round(0, lane)).wrapping_mul(PRIME_1).wrapping_add(PRIME_4);
        }
        hash
    } else {
        PRIME_5
    };
    hash = hash.wrapping_add(data.len() as u64);
    finish(hash, chunks.remainder())
}

fn finish(mut hash: u64, rest: &[u8]) -> u64 {
    let mut words = rest.chunks_exact(8);
    for word in words.by_ref() {
        hash = (hash ^ round(0, word_of(word))).rotate_left(27);
        hash = hash.wrapping_mul(PRIME_1).wrapping_add(PRIME_4);
    }
    let mut halves = words.remainder().chunks_exact(4);
    for half in halves.by_ref() {
        hash = (hash ^ word_of(half).wrapping_mul(PRIME_1)).rotate_left(23);
        hash = hash.wrapping_mul(PRIME_2).wrapping_add(PRIME_3);
    }
    for byte in halves.remainder() {
        hash = (hash ^ u64::from(*byte).wrapping_mul(PRIME_5)).rotate_left(11);
        hash = hash.wrapping_mul(PRIME_1);
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(PRIME_2);
    hash = (hash ^ (hash >> 29)).wrapping_mul(PRIME_3);
    hash ^ (hash >> 32)
}

fn round(lane: u64, word: u64) -> u64 {
    lane.wrapping_add(word.wrapping_mul(PRIME_2)).rotate_left(31).wrapping_mul(PRIME_1)
}

fn word_of(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests;
