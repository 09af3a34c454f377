//! Bodies that want to cost more than they are: refused cheaply, nothing stored.

use crate::store::{Fixture, series};
use ingest::ReceiverOptions;
use testkit::peak_of;
use wire::bounded::snappy_compress;
use wire::protobuf::put_varint;
use wire::remote_write::encode;

#[global_allocator]
static COUNTING: testkit::Counting = testkit::Counting;

/// Sends a body; gives status and the most memory the receiver held for it, in bytes.
fn send(fixture: &Fixture, body: &[u8]) -> (u16, usize) {
    peak_of(|| fixture.receiver.receive(body).status.as_u16())
}

#[test]
fn declared_lengths_are_not_believed() {
    let fixture = Fixture::new();
    for (declared, status) in [(u64::from(u32::MAX), 413), (32 << 20, 400), (1 << 40, 400)] {
        let mut body = Vec::new();
        put_varint(declared, &mut body);
        body.extend([0xff; 50]);
        let (found, peak) = send(&fixture, &body);
        assert_eq!(found, status, "{declared} bytes declared");
        assert!(peak < 4096, "{peak} bytes held");
    }
}

#[test]
fn millions_of_empty_samples_are_stopped_at_the_bound() {
    let mut one = vec![0x0a];
    let label = b"\x0a\x0d\x0a\x08__name__\x12\x01a";
    let samples = 8 << 20;
    put_varint((label.len() + 2 * samples) as u64, &mut one);
    one.extend_from_slice(label);
    one.extend(std::iter::repeat_n([0x12, 0x00], samples).flatten());
    let options = ReceiverOptions { samples_max: 100_000, ..ReceiverOptions::default() };
    let fixture = Fixture::with(options);
    let (status, peak) = send(&fixture, &snappy_compress(&one).unwrap());
    assert_eq!(status, 413);
    assert!(peak < one.len() + (24 << 20), "{peak} bytes held for {}", one.len());
    assert!(fixture.stored().is_empty());
}

#[test]
fn malformed_bodies_store_nothing() {
    let good = encode(&[series(&[("__name__", "a")], &[(1, 1.0), (2, 2.0)])], &[]);
    let fixture = Fixture::new();
    for cut in 1..good.len() {
        let (status, _) = send(&fixture, &snappy_compress(&good[..cut]).unwrap());
        assert_eq!(status, 400, "cut at {cut}");
    }
    assert!(fixture.stored().is_empty());
    for body in [&b""[..], b"\xff", b"not snappy at all"] {
        assert_eq!(send(&fixture, body).0, 400, "{body:?}");
    }
    let empty = snappy_compress(b"").unwrap();
    assert_eq!(send(&fixture, &empty).0, 204, "a request without series is fine");
}

#[test]
fn a_bad_last_series_undoes_the_good_ones_before_it() {
    let mut body = encode(&[series(&[("__name__", "a")], &[(1, 1.0)])], &[]);
    body.extend_from_slice(b"\x0a\x02\x12\x05");
    let fixture = Fixture::new();
    assert_eq!(send(&fixture, &snappy_compress(&body).unwrap()).0, 400);
    assert!(fixture.stored().is_empty());
}
