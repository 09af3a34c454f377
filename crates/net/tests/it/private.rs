//! Connections of one caller: what they share with those of a pool, and when they are left.
//! What happens when the peer hangs up stands in `kept`, for both.

use crate::server::{Reply, Server};
use crate::{client, fetch, fetch_over, get};
use config::{HttpClientConfig, ProxyConfig, Secret, TextSource};
use net::{BodyLimits, ErrorKind, PrivateConnection, Request};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use url::Url;

/// A server that keeps its connections and answers with what `answer` makes of a path; and how
/// many connections it took.
async fn keeping(
    answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static,
) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (taken, answer) = (Arc::new(AtomicUsize::new(0)), Arc::new(answer));
    let count = Arc::clone(&taken);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            let answer = Arc::clone(&answer);
            tokio::spawn(async move {
                let mut head = String::new();
                while let Ok(byte) = stream.read_u8().await {
                    head.push(char::from(byte));
                    if head.ends_with("\r\n\r\n") {
                        let path = head.split(' ').nth(1).unwrap();
                        // A client that hung up early is part of some tests.
                        let _gone = stream.write_all(&answer(path)).await;
                        head.clear();
                    }
                }
            });
        }
    });
    (url, taken)
}

/// An answer whose body comes in chunks of these sizes.
fn chunked(sizes: &[usize]) -> Vec<u8> {
    let mut answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for size in sizes {
        answer.extend(format!("{size:x}\r\n{}\r\n", "x".repeat(*size)).bytes());
    }
    answer.extend(b"0\r\n\r\n");
    answer
}

fn plain(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[tokio::test]
async fn one_connection_carries_request_after_request() {
    let answer = |path: &str| match path {
        "/none" => plain(""),
        "/chunks" => chunked(&[1, 70_000, 3, 200_000]),
        "/long" => plain(&"y".repeat(3_000_000)),
        path => plain(path),
    };
    let (url, taken) = keeping(answer).await;
    let (client, mut own) = (client(HttpClientConfig::default()), PrivateConnection::default());
    for (path, length) in
        [("/a?b=c", 6), ("/none", 0), ("/chunks", 270_004), ("/long", 3_000_000), ("/z", 2)]
    {
        let answer = fetch_over(&mut own, &client, get(&format!("{url}{path}"))).await;
        assert_eq!(answer.unwrap().1.len(), length, "{path}");
    }
    assert_eq!(taken.load(Ordering::Relaxed), 1, "connections");
    own.close();
    fetch_over(&mut own, &client, get(&url)).await.unwrap();
    assert_eq!(taken.load(Ordering::Relaxed), 2, "connections after the first was closed");
}

#[tokio::test]
async fn the_request_is_that_of_the_pool() {
    let server = Server::start(|_| Reply::ok("")).await;
    let client = client(HttpClientConfig::default());
    let url = server.url("/path?and=query#not-sent").replace("//", "//me:secret@");
    let request = || {
        let mut request = get(&url);
        request.headers.insert("accept", http::HeaderValue::from_static("text/plain"));
        request
    };
    fetch(&client, request()).await.unwrap();
    fetch_over(&mut PrivateConnection::default(), &client, request()).await.unwrap();
    let asked = server.asked().into_iter().map(|head| {
        let mut lines: Vec<String> = head.lines().map(str::to_ascii_lowercase).collect();
        lines.sort();
        lines
    });
    let asked: Vec<Vec<String>> = asked.collect();
    assert_eq!(asked[0], asked[1]);
    assert!(asked[0].contains(&"get /path?and=query http/1.1".to_owned()), "{asked:?}");
}

#[tokio::test]
async fn a_request_that_is_given_up_takes_its_connection_along() {
    let (url, taken) = keeping(|path| match path {
        "/half" => b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf".to_vec(),
        path => plain(path),
    })
    .await;
    let (client, mut own) = (client(HttpClientConfig::default()), PrivateConnection::default());
    fetch_over(&mut own, &client, get(&format!("{url}/1"))).await.unwrap();
    let half = Url::parse(&format!("{url}/half")).unwrap();
    let request = Request::get(half, Duration::from_millis(50));
    let error = fetch_over(&mut own, &client, request).await.unwrap_err();
    let expected = format!("no complete answer from {url}/half within 50ms: deadline has elapsed");
    assert_eq!((error.kind(), error.describe()), (ErrorKind::Timeout, expected));
    let answer = fetch_over(&mut own, &client, get(&format!("{url}/2"))).await.unwrap();
    assert_eq!(answer.1, "/2", "the rest of the half answer is not taken for this one");
    assert_eq!(taken.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_body_beyond_its_bound_takes_its_connection_along() {
    let (url, taken) = keeping(|_| chunked(&[100_000, 100_000])).await;
    let (client, mut own) = (client(HttpClientConfig::default()), PrivateConnection::default());
    for limit in [150_000, 200_000, 199_999, 200_000] {
        let mut request = get(&url);
        request.limits = BodyLimits::whole(limit);
        let outcome = fetch_over(&mut own, &client, request).await;
        match outcome {
            Ok((_, body)) => assert_eq!((body.len(), limit), (200_000, 200_000)),
            Err(error) => assert_eq!((error.kind(), limit < 200_000), (ErrorKind::BodySize, true)),
        }
    }
    assert_eq!(taken.load(Ordering::Relaxed), 3, "only the one that was read to its end is kept");
}

#[tokio::test]
async fn what_follows_a_redirect_goes_through_the_pool() {
    let (url, taken) = keeping(|path| match path {
        "/old" => {
            b"HTTP/1.1 302 Found\r\nLocation: /new\r\nContent-Length: 5\r\n\r\nmoved".to_vec()
        }
        path => plain(path),
    })
    .await;
    let (client, mut own) = (client(HttpClientConfig::default()), PrivateConnection::default());
    for _ in 0..5 {
        let (exchange, body) =
            fetch_over(&mut own, &client, get(&format!("{url}/old"))).await.unwrap();
        assert_eq!((exchange.url.path(), body.as_str()), ("/new", "/new"));
    }
    let taken = taken.load(Ordering::Relaxed);
    assert!(taken <= 3, "one of its own and what the pool keeps, not {taken} connections");
    let endless =
        keeping(|_| b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n".to_vec());
    let (url, _) = endless.await;
    let error = fetch_over(&mut PrivateConnection::default(), &client, get(&url)).await;
    assert_eq!(error.unwrap_err().describe(), "stopped after 10 redirects");
}

#[tokio::test]
async fn a_proxy_gets_the_request() {
    let proxy = Server::start(|_| Reply::ok("proxied")).await;
    let url = Some(Secret::new(proxy.url("/")));
    let through = ProxyConfig { url, ..ProxyConfig::default() };
    let client = client(HttpClientConfig { proxy: through, ..HttpClientConfig::default() });
    let request = get("http://target.example/metrics");
    let answer = fetch_over(&mut PrivateConnection::default(), &client, request).await.unwrap();
    assert_eq!(answer.1, "proxied");
    assert!(proxy.asked()[0].starts_with("GET http://target.example/metrics HTTP/1.1\r\n"));
}

#[tokio::test]
async fn other_settings_open_another_connection() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    let write = |name: &str| {
        let certified = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        std::fs::write(&path, certified.cert.pem()).unwrap();
    };
    let mut config = HttpClientConfig::default();
    config.tls.ca = Some(TextSource::File(path.to_str().unwrap().to_owned()));
    let (client, mut own) = (client(config), PrivateConnection::default());
    let (url, taken) = keeping(plain).await;
    for (name, count) in [("a", 1), ("b", 2)] {
        write(name);
        for _ in 0..2 {
            fetch_over(&mut own, &client, get(&url)).await.unwrap();
            assert_eq!(taken.load(Ordering::Relaxed), count, "file of {name}");
        }
    }
    let (elsewhere, also_taken) = keeping(plain).await;
    fetch_over(&mut own, &client, get(&elsewhere)).await.unwrap();
    assert_eq!((taken.load(Ordering::Relaxed), also_taken.load(Ordering::Relaxed)), (2, 1));
}
