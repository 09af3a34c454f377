//! Compression: who gets it, and that the content survives.

use super::compress;
use crate::test_client::{Client, run};
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{HeaderMap, HeaderValue, Request, header};
use http_body_util::BodyExt;
use std::io::Read;

fn accepts(value: &str) -> bool {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_str(value).unwrap());
    super::accepts(&headers, "gzip")
}

#[test]
fn clients_choose() {
    for yes in ["gzip", "GZIP", "deflate, gzip;q=0.5", "*", "gzip ; q=1.0", "br,gzip"] {
        assert!(accepts(yes), "{yes}");
    }
    for no in ["", "identity", "gzip;q=0", "gzip; q=0.0", "x-gzip", "gzip;q=high", "br"] {
        assert!(!accepts(no), "{no}");
    }
    assert!(!super::accepts(&HeaderMap::new(), "gzip"));
}

fn response(content_type: &str, body: Vec<u8>) -> Response {
    Response::builder().header("content-type", content_type).body(Body::from(body)).unwrap()
}

fn bytes(response: Response) -> Bytes {
    run(response.into_body().collect()).unwrap().to_bytes()
}

#[test]
fn content_survives() {
    let content = b"flyball ".repeat(100_000);
    let packed = compress(response("application/json", content.clone()));
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    assert_eq!(packed.headers()["vary"], "Accept-Encoding");
    let packed = bytes(packed);
    assert!(packed.len() < content.len() / 50, "{}", packed.len());
    let mut unpacked = Vec::new();
    GzDecoder::new(&packed[..]).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, content);
}

#[test]
fn short_and_packed_content_stays() {
    let untouched = |response: Response| !response.headers().contains_key("content-encoding");
    assert!(untouched(compress(response("application/json", vec![b'x'; 100]))));
    assert!(untouched(compress(response("image/png", vec![b'x'; 10_000]))));
    let mut packed = response("text/plain", vec![b'x'; 10_000]);
    packed.headers_mut().insert("content-encoding", HeaderValue::from_static("br"));
    assert_eq!(compress(packed).headers()["content-encoding"], "br");
}

#[test]
fn streamed_answers_are_compressed_only_on_demand() {
    let client = Client::new();
    let ask = |accept: &str| {
        let request = Request::get("/api/v1/labels")
            .header("host", "localhost")
            .header("accept-encoding", accept);
        run(client.send(request.body(Body::empty()).unwrap()))
    };
    assert_eq!(ask("gzip").headers()["content-encoding"], "gzip");
    assert!(!ask("identity").headers().contains_key("content-encoding"));
}
