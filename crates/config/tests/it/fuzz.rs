//! The fuzz corpora and mutants of them: no panic, problems stand within their file.

use config::fuzzing;
use testkit::fuzz::Replay;

/// Pieces that turn one shape of YAML into another.
const PIECES: &[&[u8]] = &[
    b"\n",
    b": ",
    b"- ",
    b"[",
    b"]",
    b"{",
    b"}",
    b"&a ",
    b"*a",
    b"<<: ",
    b"|",
    b">-",
    b"\"",
    b"'",
    b"#",
    b"~",
    b"null",
    b"${",
    b"!!binary ",
    b"0x",
    b"\t",
    b"---\n",
    "é".as_bytes(),
];

#[test]
fn prometheus_files() {
    Replay::of("config_prometheus").rounds(2000).pieces(PIECES).run(fuzzing::check_prometheus);
}

#[test]
fn alertmanager_files() {
    Replay::of("config_alertmanager").rounds(2000).pieces(PIECES).run(fuzzing::check_alertmanager);
}

#[test]
fn matchers() {
    const PARTS: &[&[u8]] = &[
        b"=", b"!=", b"=~", b"!~", b"{", b"}", b",", b"\"", b"\\", b"\\x", b"'", b" ", b"a", b"0",
    ];
    Replay::of("matchers").rounds(5000).pieces(PARTS).run(fuzzing::check_matchers);
}

#[test]
fn flyball_files() {
    Replay::of("config_flyball").rounds(2000).pieces(PIECES).run(fuzzing::check_flyball);
}
