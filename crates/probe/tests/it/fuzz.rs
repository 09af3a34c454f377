//! The fuzz corpora and mutants of them.

use probe::fuzzing;
use testkit::fuzz::Replay;

#[test]
fn answers_of_dns() {
    const PIECES: &[&[u8]] =
        &[b"\xc0\x0c", b"\xc0\x00", b"\x00", b"\x3f", b"\x00\x01", b"\xff\xff"];
    Replay::of("dns_message").pieces(PIECES).run(fuzzing::check_dns);
}

#[test]
fn certificates() {
    const PIECES: &[&[u8]] = &[b"\x30\x80", b"\x30\x82", b"\x84\xff\xff\xff\xff", b"\x1f\x81"];
    Replay::of("certificate").pieces(PIECES).run(fuzzing::check_certificate);
}
