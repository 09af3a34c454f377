//! Index sections whose checksums are right and whose content cannot be: told by what is wrong.

use super::*;

/// Numbers 0 to 4: the empty text, two names, two values.
pub(in crate::segment) fn symbols() -> Symbols {
    let mut bytes = Vec::new();
    Symbols::encode(&["", "a", "b", "x", "y"], &mut bytes);
    Symbols::decode(&bytes).unwrap()
}

pub(in crate::segment) fn wrong<T>(decoded: Decoded<T>) -> &'static str {
    decoded.err().map_or("nothing", |damage| damage.what)
}

pub(in crate::segment) const LIMIT: &str = "count above its limit";
pub(in crate::segment) const LEFT_OVER: &str = "bytes left over";

#[test]
fn timestamp_columns_that_cannot_be() {
    let cases: [(&[u8], &str); 7] = [
        (&[1, 0, 0, 5, 1, 0, 0], "nothing"),
        (&[9], LIMIT),
        (&[1, 1, 0, 5, 1, 0, 0], "page number above 32 bits"),
        (&[1, 0, 0, 5, 0, 0, 0], "impossible timestamp column"),
        (&[1, 0, 0, 5, 0x81, 0x80, 4, 0, 0], LIMIT),
        (
            &[1, 0, 0, 5, 1, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
            "impossible timestamp column",
        ),
        (&[1, 0, 0, 5, 1, 0, 0, 0], LEFT_OVER),
    ];
    for (bytes, what) in cases {
        assert_eq!(wrong(decode_times(bytes)), what, "{bytes:?}");
    }
}

#[test]
fn series_that_cannot_be() {
    let times = decode_times(&[1, 0, 0, 5, 2, 0, 0]).unwrap();
    let cases: [(&[u8], &str); 15] = [
        (&[0, 1, 2, 1, 3, 1, 0, 0, 5], "nothing"),
        (&[1, 1, 2, 1, 3, 1, 0, 0, 5], "series pages do not follow each other"),
        (&[0, 100, 2, 1, 3, 1, 0, 0, 5], LIMIT),
        (&[0, 1, 100], LIMIT),
        (&[0, 1, 3, 1, 3, 1], "label name without a value"),
        (&[0, 1, 2, 9, 3, 0], "symbol that is not in the dictionary"),
        (&[0, 1, 4, 2, 3, 1, 3, 0], "labels are not sorted or empty"),
        (&[0, 1, 2, 1, 0, 0], "labels are not sorted or empty"),
        (&[0, 1, 2, 1, 3, 2, 0, 0, 5], LIMIT),
        (&[0, 1, 2, 1, 3, 1, 2, 0, 5], "block without a timestamp column"),
        (&[0, 1, 2, 1, 3, 1, 0, 8, 5], "unknown flags of a block"),
        (&[0, 1, 2, 1, 3, 1, 0, 2, 1, 0, 5], "page above 32 bits"),
        (
            &[0, 1, 2, 1, 3, 1, 0, 2, 0, 255, 255, 255, 255, 15, 1],
            "block behind the end of every page",
        ),
        (&[0, 1, 2, 1, 3, 1, 0, 4, 5, 0x81, 8], LIMIT),
        (&[0, 1, 2, 1, 3, 1, 0, 0, 5, 0], LEFT_OVER),
    ];
    for (bytes, what) in cases {
        let decoded = decode_series(bytes, &symbols(), &times, &mut SeriesTable::default());
        assert_eq!(wrong(decoded), what, "{bytes:?}");
    }
}
