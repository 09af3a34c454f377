//! A target that answers as it is told, and can be told otherwise later.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What a target does behind the request's head.
#[derive(Clone)]
pub(crate) enum Reply {
    /// These bytes, then the connection is closed.
    Bytes(Vec<u8>),
    /// These bytes again and again until the client hangs up.
    Forever(Vec<u8>),
    /// A head, then one byte in a long while.
    Drip,
    /// Nothing at all.
    Silence,
}

impl Reply {
    /// A page of text metrics.
    pub(crate) fn text(body: &str) -> Self {
        Self::page("Content-Type: text/plain; version=0.0.4\r\n", body.as_bytes())
    }

    /// A page with its own headers.
    pub(crate) fn page(headers: &str, body: &[u8]) -> Self {
        Self::status("200 OK", headers, body)
    }

    pub(crate) fn status(status: &str, headers: &str, body: &[u8]) -> Self {
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n");
        Self::Bytes([head.as_bytes(), body].concat())
    }
}

#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    reply: Arc<Mutex<Reply>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) async fn start(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Self { address, reply: Arc::new(Mutex::new(reply)), asked: Arc::default() };
        let accepting = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(accepting.clone().serve(stream));
            }
        });
        server
    }

    /// From now on it answers so.
    pub(crate) fn answer(&self, reply: Reply) {
        *self.reply.lock().unwrap() = reply;
    }

    /// Heads of the requests so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    async fn serve(self, mut stream: TcpStream) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return,
            }
        }
        self.asked.lock().unwrap().push(String::from_utf8(head).unwrap());
        let reply = self.reply.lock().unwrap().clone();
        match reply {
            Reply::Bytes(bytes) => {
                // A client that hung up early is part of some tests.
                let _gone = stream.write_all(&bytes).await;
                let _gone = stream.shutdown().await;
            }
            Reply::Forever(bytes) => while stream.write_all(&bytes).await.is_ok() {},
            Reply::Drip => {
                let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\na";
                let _gone = stream.write_all(head).await;
                let mut rest = Vec::new();
                let _gone = stream.read_to_end(&mut rest).await;
            }
            Reply::Silence => {
                let mut rest = Vec::new();
                let _gone = stream.read_to_end(&mut rest).await;
            }
        }
    }
}
