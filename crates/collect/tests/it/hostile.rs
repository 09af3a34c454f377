//! Damaged texts for every parser: nothing panics, every trouble is a parse error.
//! The first byte chooses the parser, as in the fuzz target `collect_procfs`.

use collect::ErrorKind;
use testkit::fuzz::{Replay, corpus};

fn parse(input: &[u8]) -> Result<(), ErrorKind> {
    input.split_first().map_or(Ok(()), |(selector, text)| collect::parse_any(*selector, text))
}

#[test]
fn whole_samples_parse_with_their_parser() {
    let samples = corpus("collect_procfs");
    assert!(samples.len() >= 54, "a sample for each parser");
    for sample in samples.iter().filter(|sample| !sample.is_found()) {
        assert_eq!(parse(&sample.bytes), Ok(()), "{}", sample.name);
    }
}

#[test]
fn damaged_samples_are_parse_errors() {
    let pieces: &[&[u8]] = &[b"\n", b"\0", b": ", b"-", b"99999999999999999999", b"\t", b"\"x"];
    Replay::of("collect_procfs").rounds(20_000).pieces(pieces).run(|input| {
        assert!(matches!(parse(input), Ok(()) | Err(ErrorKind::Parse)));
    });
}
