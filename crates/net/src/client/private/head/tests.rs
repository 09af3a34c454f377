use super::{HEAD_BYTES_MAX, Head, request};
use crate::client::private::framing::Framing;
use http::header::{HeaderMap, HeaderName, HeaderValue};

/// Status, framing and whether the connection stays.
fn read(text: &str) -> Option<(u16, Framing, bool)> {
    let (head, length) = Head::read(text.as_bytes()).unwrap()?;
    let (head, framing) = head?;
    assert!(text[..length].ends_with('\n'), "{length}");
    Some((head.status.as_u16(), framing, head.stays))
}

#[test]
fn a_head_tells_status_body_and_whether_the_connection_stays() {
    let length = Framing::Length(2);
    for (text, status, framing, stays) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, length, true),
        (
            "HTTP/1.1 503\r\nContent-Length: 2\r\nconnection: Close\r\n\r\n",
            503,
            Framing::Length(2),
            false,
        ),
        ("HTTP/1.1 204 No Content\r\nConnection: x, close\r\n\r\n", 204, Framing::Length(0), false),
        ("HTTP/1.0 200 OK\r\n\r\n", 200, Framing::UntilClose, false),
        (
            "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\n",
            200,
            Framing::Length(2),
            true,
        ),
    ] {
        assert_eq!(read(text), Some((status, framing, stays)), "{text}");
    }
}

#[test]
fn a_head_is_awaited_to_its_end_and_no_longer_than_its_bound() {
    let text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
    for cut in 0..text.len() {
        assert_eq!(read(&text[..cut]), None, "{cut}");
    }
    let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(HEAD_BYTES_MAX));
    assert_eq!(Head::read(endless.as_bytes()).unwrap_err(), "its head is beyond 64 KiB");
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(101));
    assert_eq!(Head::read(many.as_bytes()).unwrap_err(), "too many headers");
    assert!(Head::read(b"SSH-2.0-OpenSSH_9.2\r\n").is_err(), "another protocol");
    assert!(Head::read(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n").is_err());
}

#[test]
fn announcements_are_no_answers() {
    let text = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n";
    let (head, length) = Head::read(text.as_bytes()).unwrap().unwrap();
    assert!(head.is_none());
    assert!(read(&text[length..]).is_some());
}

#[test]
fn a_request_is_written_with_its_host_first() {
    let mut headers = HeaderMap::new();
    headers.append("accept", HeaderValue::from_static("text/plain"));
    let written = |headers: &HeaderMap| {
        String::from_utf8(request("/metrics?a=b", "host:9100", headers)).unwrap()
    };
    let expected = "GET /metrics?a=b HTTP/1.1\r\nhost: host:9100\r\naccept: text/plain\r\n\r\n";
    assert_eq!(written(&headers), expected);
    headers.insert(HeaderName::from_static("host"), HeaderValue::from_static("other"));
    let written = written(&headers);
    assert!(written.contains("\r\nhost: other\r\n") && !written.contains("host:9100"), "{written}");
}
