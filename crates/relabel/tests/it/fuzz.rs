//! The fuzz corpus and mutants of it: applying and explaining agree, whatever the rules are.

use relabel::fuzzing;
use testkit::fuzz::Replay;

/// Pieces that turn one rule into another.
const PIECES: &[&[u8]] = &[
    b"\n",
    b"|",
    b",",
    b"=",
    b"(",
    b")",
    b"$1",
    b"${",
    b"}",
    b"$$",
    b".*",
    b"(?P<x>a)",
    b"\\",
    "é".as_bytes(),
    b"[",
    b"||",
];

#[test]
fn any_rules_on_any_labels() {
    Replay::of("relabel").pieces(PIECES).run(fuzzing::check);
}
