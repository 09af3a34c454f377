//! XXH64 against the published test vectors, and the layout of labels.

use super::*;

#[test]
fn the_hash_has_the_published_values() {
    let long: Vec<u8> = b"Nobody inspects the spammish repetition".to_vec();
    let cases: [(&[u8], u64); 4] = [
        (b"", 0xEF46_DB37_51D8_E999),
        (b"a", 0xD24E_C4F1_A98C_6E5B),
        (b"abc", 0x44BC_2CF5_AD77_0999),
        (&long, 0xFBCE_A83C_8A37_8BF1),
    ];
    for (data, hash) in cases {
        assert_eq!(xxh64(data), hash, "{data:?}");
    }
}

#[test]
fn labels_are_laid_out_with_their_lengths() {
    let labels = Labels::from_pairs([("a", "b"), ("cc", "dd")]);
    assert_eq!(label_hash(&labels), xxh64(b"\x01a\x01b\x02cc\x02dd"));
    let long = "x".repeat(300);
    let labels = Labels::from_pairs([("a", long.as_str())]);
    let mut bytes = b"\x01a\xff\x2c\x01\x00".to_vec();
    bytes.extend(long.as_bytes());
    assert_eq!(label_hash(&labels), xxh64(&bytes));
}
