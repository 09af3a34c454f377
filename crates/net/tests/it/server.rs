//! A server that says exactly what it is told to, and remembers what it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// What happens behind the request's head.
#[derive(Clone)]
pub(crate) enum Reply {
    /// These bytes, then the connection is closed.
    Bytes(Vec<u8>),
    /// These bytes again and again until the client hangs up.
    Forever(Vec<u8>),
    /// Nothing at all; the connection stays open.
    Silence,
}

impl Reply {
    pub(crate) fn ok(body: &str) -> Self {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        Self::Bytes(format!("{head}{body}").into_bytes())
    }

    pub(crate) fn head(head: &str) -> Self {
        Self::Bytes(format!("HTTP/1.1 {head}\r\nContent-Length: 0\r\n\r\n").into_bytes())
    }
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers each connection by what `reply` makes of its request.
    pub(crate) async fn start(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let reply = Arc::new(reply);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&reply), Arc::clone(&log)));
            }
        });
        Self { address, asked }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Heads of the requests so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

pub(crate) async fn serve<S, F>(mut stream: S, reply: Arc<F>, log: Arc<Mutex<Vec<String>>>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    F: Fn(&str) -> Reply,
{
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let reply = reply(&head);
    log.lock().unwrap().push(head);
    match reply {
        Reply::Bytes(bytes) => {
            // A client that hung up early is part of some tests.
            let _gone = stream.write_all(&bytes).await;
            let _gone = stream.shutdown().await;
        }
        Reply::Forever(bytes) => while stream.write_all(&bytes).await.is_ok() {},
        Reply::Silence => {
            let mut rest = Vec::new();
            let _gone = stream.read_to_end(&mut rest).await;
        }
    }
}
