//! Dictionaries whose checksums are right and whose content cannot be: told by what is wrong.

use super::*;

/// A dictionary of texts, each with the number of bytes it shares with the one before.
fn encoded(texts: &[(usize, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_varint(&mut bytes, texts.len() as u64);
    for (shared, fresh) in texts {
        put_varint(&mut bytes, *shared as u64);
        put_varint(&mut bytes, fresh.len() as u64);
        bytes.extend_from_slice(fresh);
    }
    bytes
}

#[test]
fn symbols_that_cannot_be() {
    let long = vec![b'x'; TEXT_MAX];
    let longer = vec![b'x'; TEXT_MAX + 1];
    let names: Vec<[u8; 1]> = (b'a'..=b'p').map(|letter| [letter]).collect();
    let mut sixteen: Vec<(usize, &[u8])> = names.iter().map(|name| (0, &name[..])).collect();
    sixteen.push((1, b"q"));
    let limit = "count above its limit";
    let unsorted = "symbols are not sorted or too long";
    let cases = [
        (encoded(&[(0, b"a"), (1, b"b")]), "nothing"),
        (vec![9], limit),
        (encoded(&[(1, b"a")]), limit),
        (encoded(&sixteen), "no restart where one must be"),
        (encoded(&[(0, &longer)]), limit),
        (encoded(&[(0, &long), (TEXT_MAX, b"y")]), unsorted),
        (encoded(&[(0, b"b"), (0, b"a")]), unsorted),
        (encoded(&[(0, b"\xff")]), "text is not UTF-8"),
        ([encoded(&[(0, b"a")]), vec![0]].concat(), "bytes left over"),
    ];
    for (number, (bytes, what)) in cases.iter().enumerate() {
        let found = Symbols::decode(bytes).err().map_or("nothing", |damage| damage.what);
        assert_eq!(found, *what, "case {number}");
    }
}
