//! What is rewritten and what is not; whole connections are tested in `tests/it/typed.rs`.

use super::*;
use http_body_util::{BodyExt, Empty, Full};
use tokio::io::AsyncReadExt;

#[tokio::test]
async fn only_the_first_line_is_rewritten() {
    let raw = b"GET /q?query=up{job=\"a\"}>1#`c` HTTP/1.1\r\nX: \"<\r\n\r\n\"".as_slice();
    let mut text = String::new();
    Lenient::new(raw, NextHead::default()).read_to_string(&mut text).await.unwrap();
    let wanted = "GET /q?query=up{job=%22a%22}%3E1%23%60c%60 HTTP/1.1\r\nX: \"<\r\n\r\n\"";
    assert_eq!(text, wanted);
}

#[tokio::test]
async fn small_buffers_lose_nothing() {
    let raw = b"\"\"\"\"\n\"rest".as_slice();
    let mut stream = Lenient::new(raw, NextHead::default());
    let mut text = Vec::new();
    let mut byte = [0; 1];
    while stream.read(&mut byte).await.unwrap() == 1 {
        text.push(byte[0]);
    }
    assert_eq!(text, b"%22%22%22%22\n\"rest");
}

#[tokio::test]
async fn a_line_is_rewritten_again_when_a_head_follows() {
    let next = NextHead::default();
    let (mut client, server) = tokio::io::duplex(64);
    let mut stream = Lenient::new(server, next.clone());
    let mut exchange = async |sent: &[u8], expected: &[u8]| {
        tokio::io::AsyncWriteExt::write_all(&mut client, sent).await.unwrap();
        let mut read = vec![0; expected.len()];
        stream.read_exact(&mut read).await.unwrap();
        assert_eq!(read, expected, "{}", String::from_utf8_lossy(&read));
    };
    exchange(b"\"\n\"", b"%22\n\"").await;
    exchange(b"\"\n", b"\"\n").await;
    drop(next.watch(Empty::<Bytes>::new()));
    exchange(b"\"\n\"", b"%22\n\"").await;
    // A body that was not read to its end tells nothing, one that was read tells it.
    drop(next.watch(Full::new(Bytes::from_static(b"\""))));
    exchange(b"\"\n\"", b"\"\n\"").await;
    next.watch(Full::new(Bytes::from_static(b"\""))).collect().await.unwrap();
    exchange(b"\"\n\"", b"%22\n\"").await;
    // A request whose head came together with the one before takes the news back.
    drop(next.watch(Empty::<Bytes>::new()));
    drop(next.watch(Full::new(Bytes::from_static(b"\""))));
    exchange(b"\"\n", b"\"\n").await;
}
