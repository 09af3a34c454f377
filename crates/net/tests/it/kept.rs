//! Connections that were kept and that the peer closes when the next request comes.

use crate::{client, fetch, fetch_over, get};
use config::HttpClientConfig;
use http::Method;
use net::{ErrorKind, PrivateConnection, Request};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;

/// What a connection does with its next request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Answer,
    /// Answers and closes the connection, which its answer does not say.
    Leave,
    /// Answers when two connections have such a request.
    Meet,
    /// Closes the connection behind the request.
    Close,
    /// Resets it.
    Reset,
    /// Gives the first bytes of an answer, then closes.
    Begin,
}

use Act::{Answer, Begin, Close, Leave, Meet, Reset};

/// What each connection does.
type Script = &'static [&'static [Act]];

/// A server that does what its script says, one row for each connection; it closes others.
struct Server {
    url: String,
    /// Number of the connection and method of each request.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, barrier) = (Arc::clone(&asked), Arc::new(Barrier::new(2)));
        tokio::spawn(async move {
            for number in 1.. {
                let (stream, _) = listener.accept().await.unwrap();
                let acts = script.get(number - 1).copied().unwrap_or(&[Close]);
                let (log, barrier) = (Arc::clone(&log), Arc::clone(&barrier));
                tokio::spawn(async move { play(stream, number, acts, &log, &barrier).await });
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> String {
        self.asked.lock().unwrap().join(", ")
    }
}

async fn play(
    mut stream: TcpStream,
    number: usize,
    acts: &[Act],
    log: &Mutex<Vec<String>>,
    barrier: &Barrier,
) {
    for act in acts {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else { return };
            head.push(byte);
        }
        let head = String::from_utf8(head).unwrap();
        log.lock().unwrap().push(format!("{number} {}", head.split(' ').next().unwrap()));
        match act {
            Answer | Leave | Meet => {
                if *act == Meet {
                    barrier.wait().await;
                }
                let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{number}");
                stream.write_all(answer.as_bytes()).await.unwrap();
                if *act == Leave {
                    return;
                }
            }
            Begin => return stream.write_all(b"HTTP/1.1 2").await.unwrap(),
            Reset => return stream.set_zero_linger().unwrap(),
            Close => return,
        }
    }
    // Held open until the client hangs up.
    let _end = stream.read_u8().await;
}

/// What becomes of a request on a connection that was kept, by number of the connection, and
/// which requests arrived; what only asks does the same over a connection of the caller's own.
async fn second(
    script: Script,
    change: impl Fn(&mut Request),
) -> (Result<String, ErrorKind>, String) {
    let mut outcomes = Vec::new();
    for is_own in [false, true] {
        let server = Server::start(script).await;
        let client = client(HttpClientConfig::default());
        let mut own = PrivateConnection::default();
        let mut again = get(&server.url);
        change(&mut again);
        let mut last = Ok(String::new());
        for request in [get(&server.url), again] {
            assert!(last.is_ok(), "the first request is answered: {last:?}");
            let answer = if is_own {
                fetch_over(&mut own, &client, request).await
            } else {
                fetch(&client, request).await
            };
            last = answer.map(|(_, body)| body).map_err(|error| error.kind());
        }
        outcomes.push((last, server.asked()));
    }
    let [pooled, private] = <[_; 2]>::try_from(outcomes).unwrap();
    if pooled.1.split(", ").all(|asked| asked.ends_with(" GET")) {
        assert_eq!(pooled, private, "{script:?}: pool and private connection");
    }
    pooled
}

#[tokio::test]
async fn a_kept_connection_that_the_peer_has_closed_long_ago_is_not_used() {
    let (answer, asked) = second(&[&[Leave], &[Answer]], |_| ()).await;
    assert_eq!((answer, asked.as_str()), (Ok("2".into()), "1 GET, 2 GET"));
}

#[tokio::test]
async fn a_request_on_a_kept_connection_that_was_closed_is_sent_again_over_a_new_one() {
    const CLOSED: Script = &[&[Answer, Close], &[Answer]];
    const RESET: Script = &[&[Answer, Reset], &[Answer]];
    for script in [CLOSED, RESET] {
        let (answer, asked) = second(script, |_| ()).await;
        assert_eq!((answer, asked.as_str()), (Ok("2".into()), "1 GET, 1 GET, 2 GET"), "{script:?}");
    }
}

#[tokio::test]
async fn it_is_sent_again_once() {
    let (answer, asked) = second(&[&[Answer, Reset], &[Reset], &[Answer]], |_| ()).await;
    assert_eq!((answer, asked.as_str()), (Err(ErrorKind::Protocol), "1 GET, 1 GET, 2 GET"));
}

#[tokio::test]
async fn the_new_connection_is_new_although_others_were_kept() {
    // Both are kept; whichever the pool takes, the other one is not asked.
    let server = Server::start(&[&[Meet, Reset], &[Meet, Reset], &[Answer]]).await;
    let client = client(HttpClientConfig::default());
    let (one, two) =
        tokio::join!(fetch(&client, get(&server.url)), fetch(&client, get(&server.url)),);
    let mut served = [one.unwrap().1, two.unwrap().1];
    served.sort();
    assert_eq!(served, ["1", "2"], "two requests at once take two connections");
    assert_eq!(fetch(&client, get(&server.url)).await.unwrap().1, "3");
}

#[tokio::test]
async fn what_may_not_arrive_twice_is_not_sent_twice() {
    let script: Script = &[&[Answer, Reset], &[Answer]];
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let (answer, asked) = second(script, |request| request.method = method.clone()).await;
        let expected = format!("1 GET, 1 {method}");
        assert_eq!((answer, asked), (Err(ErrorKind::Protocol), expected));
    }
    for key in ["idempotency-key", "x-idempotency-key"] {
        let keyed = |request: &mut Request| {
            request.method = Method::POST;
            request.headers.insert(key, http::HeaderValue::from_static("k"));
        };
        assert_eq!(second(script, keyed).await.1, "1 GET, 1 POST, 2 POST", "its sender says so");
    }
    let head = second(script, |request| request.method = Method::HEAD).await;
    assert_eq!(head.1, "1 GET, 1 HEAD, 2 HEAD");
}

#[tokio::test]
async fn an_answer_that_began_is_not_asked_for_again() {
    let (answer, asked) = second(&[&[Answer, Begin], &[Answer]], |_| ()).await;
    assert_eq!((answer, asked.as_str()), (Err(ErrorKind::Protocol), "1 GET, 1 GET"));
}

#[tokio::test]
async fn a_new_connection_that_is_closed_is_not_tried_again() {
    const CLOSED: Script = &[&[Close], &[Answer]];
    const RESET: Script = &[&[Reset], &[Answer]];
    for script in [CLOSED, RESET] {
        let server = Server::start(script).await;
        let client = client(HttpClientConfig::default());
        let error = fetch(&client, get(&server.url)).await.unwrap_err();
        assert_eq!((error.kind(), server.asked().as_str()), (ErrorKind::Protocol, "1 GET"));
    }
}
