use super::{BodyLimits, Decoder, Encoding, read};
use crate::{Error, ErrorKind};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::HeaderValue;
use http_body_util::Full;
use hyper::body::{Body, Frame};
use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn decode(encoding: Encoding, bytes_max: u64, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut decoder = Decoder::new(encoding, bytes_max, b"left over".to_vec())?;
    decoder.push(bytes)?;
    decoder.finish()
}

#[test]
fn bodies_come_back_up_to_their_bound() {
    assert_eq!(decode(Encoding::Identity, 3, b"abc").unwrap(), b"abc");
    assert_eq!(decode(Encoding::Gzip, 3, &gzip(b"abc")).unwrap(), b"abc");
    let two = [gzip(b"ab"), gzip(b"c")].concat();
    assert_eq!(decode(Encoding::Gzip, 3, &two).unwrap(), b"abc");
}

#[test]
fn one_byte_more_is_too_much() {
    for (encoding, bytes) in
        [(Encoding::Identity, b"abcd".to_vec()), (Encoding::Gzip, gzip(b"abcd"))]
    {
        let error = decode(encoding, 3, &bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BodySize);
        let text = error.describe();
        assert!(text.starts_with("body size limit exceeded") && text.contains("3 bytes"), "{text}");
    }
}

#[tokio::test]
async fn of_a_beginning_more_is_no_trouble_and_less_is_none() {
    let beginning = async |encoding, bytes: Vec<u8>| {
        let (limits, mut into) = (BodyLimits::beginning(3), b"left over".to_vec());
        let body = Full::new(Bytes::from(bytes));
        read(body, encoding, limits, &mut into).await.map(|()| into)
    };
    assert_eq!(beginning(Encoding::Identity, b"abcd".to_vec()).await.unwrap(), b"abc");
    assert_eq!(beginning(Encoding::Identity, b"ab".to_vec()).await.unwrap(), b"ab");
    assert_eq!(beginning(Encoding::Gzip, gzip(b"abc")).await.unwrap(), b"abc");
    assert_eq!(beginning(Encoding::Gzip, b"not gzip".to_vec()).await.unwrap(), b"");
}

/// A body that begins and does not go on.
struct Stalled(Option<Bytes>);

impl Body for Stalled {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.0.take().map_or(Poll::Pending, |bytes| Poll::Ready(Some(Ok(Frame::data(bytes)))))
    }
}

#[tokio::test(start_paused = true)]
async fn a_beginning_that_does_not_go_on_is_not_waited_for() {
    let mut into = Vec::new();
    let body = Stalled(Some(Bytes::from_static(b"ab")));
    let reading = read(body, Encoding::Identity, BodyLimits::beginning(3), &mut into);
    tokio::time::timeout(Duration::from_mins(1), reading).await.unwrap().unwrap();
    assert_eq!(into, b"ab");
}

#[test]
fn a_bomb_is_refused_by_its_ratio() {
    let bomb = gzip(&vec![b'0'; 64 << 20]);
    let error = decode(Encoding::Gzip, BodyLimits::default().bytes_max, &bomb).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BodySize);
    assert!(error.describe().contains("more than 200 times"), "{}", error.describe());
}

#[test]
fn damaged_gzip_is_a_decode_error() {
    let whole = gzip(b"some text that is long enough");
    for bytes in
        [&whole[..whole.len() - 4], b"not gzip at all", &[&whole[..12], b"\xff\xff"].concat()]
    {
        let error = decode(Encoding::Gzip, 1000, bytes).unwrap_err();
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
        "body has content encoding `br`, expected gzip, zstd or identity"
    );
}
