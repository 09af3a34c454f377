//! Columns whose checksums are right and whose content cannot be: told by what is wrong.

use crate::encoding::bits::unpack;
use crate::encoding::bytes::Cursor;
use crate::encoding::presence::Presence;
use crate::encoding::{BLOCK_SAMPLES_MAX, Decoded, floats, histograms, ints};

const LIMIT: &str = "count above its limit";

fn what<T>(decoded: Decoded<T>) -> &'static str {
    decoded.err().map_or("nothing", |damage| damage.what)
}

#[test]
fn integers_that_cannot_be() {
    let impossible = "integer column of impossible length";
    let cases: [(usize, &[u8], &str); 9] = [
        (1, &[0, 0, 0], "nothing"),
        (0, &[0, 0, 0], impossible),
        (BLOCK_SAMPLES_MAX + 1, &[0, 0, 0], impossible),
        (9, &[3, 0, 0, 0, 0], "unknown integer column flags"),
        (1, &[1, 0, 0, 0], "unknown integer column flags"),
        (1, &[32, 0, 0], "unknown integer column flags"),
        (1, &[0, 65, 0], "packed width above 64 bits"),
        (1, &[8, 0, 0, 2, 0, 0, 0, 0], LIMIT),
        (1, &[8, 0, 0, 1, 1, 0], "patch behind the end of its column"),
    ];
    for (count, bytes, wrong) in cases {
        let decoded = ints::decode(&mut Cursor::new(bytes), count, &mut Vec::new());
        assert_eq!(what(decoded), wrong, "{count} {bytes:?}");
    }
    let unpacked = |counts: (usize, usize), width: u32| {
        what(unpack(&[0; 9], counts, width, |bits| bits, &mut Vec::new()))
    };
    assert_eq!(unpacked((9, 2), 8), "nothing");
    assert_eq!(unpacked((1, 1), 65), "packed width above 64 bits");
    for counts in [(1, 1), (9, 10)] {
        assert_eq!(unpacked(counts, 8), "packed bytes do not fit their count");
    }
}

#[test]
fn floats_that_cannot_be() {
    let impossible = "float column of impossible length";
    let constant: &[u8] = &[floats::KIND_CONSTANT, 0, 0, 0, 0, 0, 0, 0, 0];
    let decimal = |rest: &[u8]| [&[floats::KIND_DECIMAL], rest].concat();
    let cases: [(usize, Vec<u8>, &str); 9] = [
        (1, constant.to_vec(), "nothing"),
        (0, constant.to_vec(), impossible),
        (BLOCK_SAMPLES_MAX + 1, constant.to_vec(), impossible),
        (1, vec![9], "unknown kind of float column"),
        (1, vec![floats::KIND_SPLIT, 33], "unknown number of lower bits"),
        (1, decimal(&[13, 0, 0, 0, 0]), "decimal exponent above 12"),
        (1, decimal(&[0, 2]), LIMIT),
        (1, decimal(&[0, 1, 2]), LIMIT),
        (1, decimal(&[0, 1, 1]), "exception behind the end of its column"),
    ];
    for (count, bytes, wrong) in cases {
        let decoded = floats::decode(&mut Cursor::new(&bytes), count, &mut Vec::new());
        assert_eq!(what(decoded), wrong, "{count} {bytes:?}");
    }
}

/// What a sender may not store, because no reader would take it.
#[test]
fn histograms_beyond_the_format() {
    use model::{Histogram, Span};
    let spans = |count: usize, length: u32| vec![Span { offset: 0, length }; count];
    let buckets = |count: usize| vec![1.0; count];
    let max = histograms::BUCKETS_MAX;
    let fits = |positive_spans, positive_buckets, custom_values| {
        let given =
            Histogram { positive_spans, positive_buckets, custom_values, ..Histogram::default() };
        histograms::is_consistent(&given)
    };
    assert!(fits(spans(4, 4096), buckets(max), buckets(max)));
    assert!(!fits(spans(4, 4096), buckets(max - 1), vec![]), "a span without its bucket");
    assert!(!fits(spans(max + 1, 1), buckets(max + 1), vec![]), "buckets and spans");
    assert!(!fits(spans(1, 16_385), buckets(16_385), vec![]), "buckets");
    assert!(!fits(spans(4097, 1), buckets(4097), vec![]), "spans");
    assert!(!fits(vec![], vec![], buckets(max + 1)), "bounds");
}

/// A column begins with kind and runs, a run with its length and the number of its shape.
#[test]
fn histograms_that_cannot_be() {
    let kind = histograms::KIND_HISTOGRAMS;
    let none = "no histogram column";
    let shape = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let with_shape = |rest: &[u8]| [&[kind, 1, 1, 0], &shape[..], rest].concat();
    let cases: [(usize, Vec<u8>, &str); 11] = [
        (0, vec![kind], none),
        (121, vec![kind], none),
        (1, vec![4], none),
        (1, vec![kind, 2], LIMIT),
        (1, vec![kind, 1, 2], LIMIT),
        (1, vec![kind, 1, 0], "empty run of histograms"),
        (1, vec![kind, 1, 1, 1], LIMIT),
        (1, with_shape(&[0x81, 0x20]), LIMIT),
        (1, with_shape(&[1, 0, 0x81, 0x80, 1, 0, 0]), "more buckets than a histogram may have"),
        (1, with_shape(&[0, 0, 0x81, 0x80, 1]), LIMIT),
        (1, with_shape(&[0, 0, 0]), "bytes end before the buckets"),
    ];
    for (count, bytes, wrong) in cases {
        let decoded = histograms::decode(&mut Cursor::new(&bytes), count, &mut Vec::new());
        assert_eq!(what(decoded), wrong, "{count} {bytes:?}");
    }
}

#[test]
fn presences_and_numbers_that_cannot_be() {
    let run = "run of rows behind the end of its column";
    let bitmap = "bitmap of rows does not fit its column";
    let cases: [(&[u8], &str); 8] = [
        (&[1, 2, 7], "nothing"),
        (&[1, 10, 1], LIMIT),
        (&[1, 0, 10], LIMIT),
        (&[1, 0, 0], run),
        (&[1, 3, 7], run),
        (&[2, 0, 0], bitmap),
        (&[2, 1, 2], bitmap),
        (&[3], "unknown kind of presence"),
    ];
    for (bytes, wrong) in cases {
        assert_eq!(what(Presence::decode(&mut Cursor::new(bytes), 9)), wrong, "{bytes:?}");
    }
    let above = [255, 255, 255, 255, 255, 255, 255, 255, 255, 2];
    assert_eq!(what(Cursor::new(&above).varint()), "varint above 64 bits");
}
