//! Connections without work: how many stay open to a host, and for how long.

use crate::{PATIENCE, client, fetch, get};
use config::HttpClientConfig;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Barrier, watch};

const MINUTE: Duration = Duration::from_mins(1);

/// A server that keeps its connections and answers when so many requests are there at once.
struct Keeper {
    url: String,
    accepted: Arc<AtomicUsize>,
    open: watch::Receiver<usize>,
}

impl Keeper {
    async fn start(at_once: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let accepted = Arc::new(AtomicUsize::new(0));
        let (sender, open) = watch::channel(0);
        let (counter, barrier) = (Arc::clone(&accepted), Arc::new(Barrier::new(at_once)));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::Relaxed);
                sender.send_modify(|open| *open += 1);
                let (sender, barrier) = (sender.clone(), Arc::clone(&barrier));
                tokio::spawn(async move {
                    keep(stream, &barrier).await;
                    sender.send_modify(|open| *open -= 1);
                });
            }
        });
        Self { url, accepted, open }
    }

    async fn wait_until_open(&mut self, count: usize) {
        let wait = self.open.wait_for(|open| *open == count);
        tokio::time::timeout(PATIENCE, wait).await.unwrap().unwrap();
    }
}

/// Answers requests until the client hangs up.
async fn keep(mut stream: TcpStream, barrier: &Barrier) {
    let mut head = Vec::new();
    while let Ok(byte) = stream.read_u8().await {
        head.push(byte);
        if head.ends_with(b"\r\n\r\n") {
            barrier.wait().await;
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            head.clear();
        }
    }
}

#[tokio::test]
async fn at_most_eight_idle_connections_to_a_host_stay_open() {
    let mut server = Keeper::start(12).await;
    let client = Arc::new(client(HttpClientConfig::default()));
    let requests: Vec<_> = (0..12)
        .map(|_| {
            let (client, request) = (Arc::clone(&client), get(&server.url));
            tokio::spawn(async move { fetch(&client, request).await.map(drop) })
        })
        .collect();
    for request in requests {
        request.await.unwrap().unwrap();
    }
    server.wait_until_open(8).await;
}

#[tokio::test]
async fn an_idle_connection_stays_for_minutes_and_not_for_ever() {
    let mut server = Keeper::start(1).await;
    let client = client(HttpClientConfig::default());
    fetch(&client, get(&server.url)).await.unwrap();
    let pass = async |minutes: u32| {
        tokio::time::pause();
        for _ in 0..minutes {
            tokio::time::advance(MINUTE).await;
        }
        tokio::time::resume();
    };
    pass(4).await;
    fetch(&client, get(&server.url)).await.unwrap();
    assert_eq!(server.accepted.load(Ordering::Relaxed), 1, "a scrape every four minutes reuses it");
    pass(11).await;
    server.wait_until_open(0).await;
}
