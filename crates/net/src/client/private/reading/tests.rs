use super::{Failure, Reading};
use crate::ErrorKind;
use crate::body::BodyLimits;

/// What comes of an answer that arrives in pieces of a size and then ends: status, body and
/// whether the connection stays, or the error's kind (none without a head) and text.
fn read(bytes: &[u8], size: usize) -> Result<(u16, String, bool), (Option<ErrorKind>, String)> {
    let mut reading = Reading::new(BodyLimits::whole(100), b"old".to_vec());
    let outcome = bytes.chunks(size).try_for_each(|piece| {
        assert!(!reading.is_done() || size < bytes.len(), "pieces behind the end are not read");
        if reading.is_done() { Ok(()) } else { reading.take(piece) }
    });
    let outcome = outcome.and_then(|()| if reading.is_done() { Ok(()) } else { reading.end() });
    let outcome = outcome.and_then(|()| reading.finish());
    let (head, body) = outcome.map_err(|failure| match failure {
        Failure::Unanswered(cause) => (None, cause.to_string()),
        Failure::Body(error) => (Some(error.kind()), error.describe()),
    })?;
    Ok((head.status.as_u16(), String::from_utf8(body).unwrap(), head.stays))
}

#[test]
fn an_answer_is_the_same_in_pieces_of_any_size() {
    for (bytes, expected) in [
        (&b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"[..], (200, "body", true)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", (200, "", true)),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
            (404, "body", true),
        ),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil it closes", (200, "until it closes", false)),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nbody", (200, "body", false)),
    ] {
        for size in 1..=bytes.len() {
            let (status, body, stays) = expected;
            let answer = read(bytes, size);
            assert_eq!(answer, Ok((status, body.to_owned(), stays)), "pieces of {size}");
        }
    }
}

#[test]
fn an_answer_that_ends_early_is_none() {
    let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody";
    for cut in 1..bytes.len() {
        let error = read(&bytes[..cut], 7).unwrap_err();
        let expected = if cut < bytes.len() - 4 {
            (None, "the connection was closed before an answer was complete".to_owned())
        } else {
            let message = "cannot read body: the connection was closed before its end";
            (Some(ErrorKind::Protocol), message.to_owned())
        };
        assert_eq!(error, expected, "{cut}");
    }
}

#[test]
fn a_connection_that_says_too_much_is_not_kept() {
    let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbodyHTTP/1.1 200 OK\r\n";
    assert_eq!(read(bytes, bytes.len()), Ok((200, "body".to_owned(), false)));
}

#[test]
fn bodies_have_a_bound_and_known_encodings() {
    let long = format!("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n{}", "x".repeat(101));
    assert_eq!(read(long.as_bytes(), 50).unwrap_err().0, Some(ErrorKind::BodySize));
    let coded = b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx";
    assert_eq!(read(coded, 50).unwrap_err().0, Some(ErrorKind::Decode));
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n";
    let why = "cannot read body: a chunk begins with no hexadecimal size";
    assert_eq!(read(chunked, 50).unwrap_err(), (Some(ErrorKind::Protocol), why.to_owned()));
}
