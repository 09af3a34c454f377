use super::{BodyLimits, Encoding, decode};
use crate::ErrorKind;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::HeaderValue;
use std::io::Write;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn limit(bytes_max: u64) -> BodyLimits {
    BodyLimits { bytes_max }
}

#[test]
fn bodies_come_back_up_to_their_bound() {
    assert_eq!(decode(Encoding::Identity, limit(3), b"abc").unwrap(), b"abc");
    assert_eq!(decode(Encoding::Gzip, limit(3), &gzip(b"abc")).unwrap(), b"abc");
    let two = [gzip(b"ab"), gzip(b"c")].concat();
    assert_eq!(decode(Encoding::Gzip, limit(3), &two).unwrap(), b"abc");
}

#[test]
fn one_byte_more_is_too_much() {
    for (encoding, bytes) in
        [(Encoding::Identity, b"abcd".to_vec()), (Encoding::Gzip, gzip(b"abcd"))]
    {
        let error = decode(encoding, limit(3), &bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BodySize);
        assert_eq!(error.to_string(), "body size limit exceeded (3 bytes)");
    }
}

#[test]
fn a_bomb_is_refused_by_its_ratio() {
    let bomb = gzip(&vec![b'0'; 64 << 20]);
    let error = decode(Encoding::Gzip, BodyLimits::default(), &bomb).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BodySize);
    assert!(error.to_string().contains("more than 200 times"), "{error}");
}

#[test]
fn damaged_gzip_is_a_decode_error() {
    let whole = gzip(b"some text that is long enough");
    for bytes in
        [&whole[..whole.len() - 4], b"not gzip at all", &[&whole[..12], b"\xff\xff"].concat()]
    {
        let error = decode(Encoding::Gzip, limit(1000), bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    }
}

#[test]
fn only_gzip_and_identity_are_understood() {
    let of = |text| Encoding::of(Some(&HeaderValue::from_static(text)));
    assert_eq!(Encoding::of(None).unwrap(), Encoding::Identity);
    assert_eq!(of("").unwrap(), Encoding::Identity);
    assert_eq!(of(" GZIP ").unwrap(), Encoding::Gzip);
    assert_eq!(
        of("br").unwrap_err().to_string(),
        "body has content encoding `br`, expected gzip or identity"
    );
}
