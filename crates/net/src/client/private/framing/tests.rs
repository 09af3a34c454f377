use super::{ASIDE_BYTES_MAX, Framing};
use http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};
use http::{StatusCode, Version};

fn framing(fields: &[(HeaderName, &'static str)]) -> Result<Framing, &'static str> {
    framing_of(Version::HTTP_11, StatusCode::OK, fields)
}

fn framing_of(
    version: Version,
    status: StatusCode,
    fields: &[(HeaderName, &'static str)],
) -> Result<Framing, &'static str> {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(name, HeaderValue::from_static(value));
    }
    Framing::of(version, status, &headers)
}

fn chunks() -> Framing {
    framing(&[(TRANSFER_ENCODING, "chunked")]).unwrap()
}

/// The body in pieces of these sizes, again and again, and what is left behind it.
fn read(
    mut framing: Framing,
    bytes: &[u8],
    sizes: &[usize],
) -> Result<(Vec<u8>, Vec<u8>, bool), &'static str> {
    let (mut body, mut rest) = (Vec::new(), bytes);
    for size in sizes.iter().cycle() {
        if rest.is_empty() || framing.is_done() {
            break;
        }
        let (piece, later) = rest.split_at((*size).min(rest.len()));
        let mut left = piece;
        while !left.is_empty() && !framing.is_done() {
            let (data, behind) = framing.take(left)?;
            body.extend_from_slice(data);
            left = behind;
        }
        rest = &rest[piece.len() - left.len()..];
        assert!(framing.is_done() || rest == later, "all of a piece is taken");
    }
    Ok((body, rest.to_vec(), framing.is_done()))
}

#[test]
fn chunks_are_read_however_they_are_cut() {
    let bytes =
        b"5\r\nhello\r\nB;name=\"v\"\r\n, wide worl\r\n1 \r\nd\r\n0\r\nTrailer: x\r\n\r\nnext";
    for size in 1..=bytes.len() {
        for other in [1, 2, 7] {
            let (body, rest, is_done) = read(chunks(), bytes, &[size, other]).unwrap();
            assert_eq!(String::from_utf8(body).unwrap(), "hello, wide world", "{size}, {other}");
            assert_eq!((rest.as_slice(), is_done), (&b"next"[..], true));
        }
    }
    let lines_without_return = b"3\nabc\n0\n\n";
    assert_eq!(read(chunks(), lines_without_return, &[9]).unwrap().0, b"abc");
}

#[test]
fn a_body_that_stops_early_is_not_done() {
    let bytes = b"5\r\nhello\r\n0\r\n\r\n";
    for cut in 0..bytes.len() {
        assert!(!read(chunks(), &bytes[..cut], &[bytes.len()]).unwrap().2, "{cut}");
    }
    assert!(!chunks().may_end());
    assert!(framing(&[]).unwrap().may_end(), "the end of the connection is its end");
    assert!(!framing(&[(CONTENT_LENGTH, "1")]).unwrap().may_end());
    assert!(framing(&[(CONTENT_LENGTH, "0")]).unwrap().may_end());
}

#[test]
fn what_is_no_chunk_is_refused() {
    for (bytes, why) in [
        (&b"\r\n"[..], "a chunk begins with no hexadecimal size"),
        (b"x\r\n", "a chunk begins with no hexadecimal size"),
        (b"-1\r\n", "a chunk begins with no hexadecimal size"),
        (b"10000000000000000\r\n", "a chunk has more than 2^64 bytes"),
        (b"2\r\nabc\r\n", "a chunk is longer than its size"),
    ] {
        assert_eq!(read(chunks(), bytes, &[1]).unwrap_err(), why, "{}", bytes.escape_ascii());
    }
    let long = format!("1;{}\r\n", "x".repeat(ASIDE_BYTES_MAX + 1));
    let why = "its chunks have extensions or trailers beyond 16 KiB";
    assert_eq!(read(chunks(), long.as_bytes(), &[1000]).unwrap_err(), why);
    let long = format!("0\r\n{}", "a: b\r\n".repeat(ASIDE_BYTES_MAX));
    assert_eq!(read(chunks(), long.as_bytes(), &[1000]).unwrap_err(), why);
    let largest = read(chunks(), b"ffffffffffffffff\r\nab", &[20]).unwrap();
    assert_eq!((largest.0.as_slice(), largest.2), (&b"ab"[..], false));
}

#[test]
fn what_ends_a_body_follows_from_the_head() {
    let length = |count| Ok(Framing::Length(count));
    assert_eq!(framing(&[(CONTENT_LENGTH, "12")]), length(12));
    assert_eq!(framing(&[(CONTENT_LENGTH, "12, 12"), (CONTENT_LENGTH, "12")]), length(12));
    assert_eq!(framing(&[]), Ok(Framing::UntilClose));
    let coded = |coding| framing(&[(CONTENT_LENGTH, "3"), (TRANSFER_ENCODING, coding)]);
    assert_eq!(coded("Chunked"), Ok(chunks()), "chunks count more than a length");
    assert_eq!(coded("gzip, chunked"), Ok(chunks()));
    assert_eq!(coded("gzip"), Ok(Framing::UntilClose));
    let bad = Err("its length is no number, or there are several");
    for text in ["1, 2", "+1", "-1", "", "1x", "18446744073709551616"] {
        assert_eq!(framing(&[(CONTENT_LENGTH, text)]), bad, "{text:?}");
    }
    for status in [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED] {
        let fields = [(CONTENT_LENGTH, "7")];
        assert_eq!(framing_of(Version::HTTP_11, status, &fields), length(0), "{status}");
    }
    let old = framing_of(Version::HTTP_10, StatusCode::OK, &[(TRANSFER_ENCODING, "chunked")]);
    assert_eq!(old, Err("an answer of HTTP/1.0 has no transfer encoding"));
}

#[test]
fn a_length_takes_no_more() {
    let (body, rest, is_done) = read(Framing::Length(4), b"bodynext", &[3]).unwrap();
    assert_eq!((body.as_slice(), rest.as_slice(), is_done), (&b"body"[..], &b"next"[..], true));
    let (body, rest, is_done) = read(Framing::UntilClose, b"bodynext", &[3]).unwrap();
    assert_eq!((body.as_slice(), rest.as_slice(), is_done), (&b"bodynext"[..], &b""[..], false));
}
