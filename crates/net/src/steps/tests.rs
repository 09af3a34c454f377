use super::{Marks, OneRequest, StepClient};
use crate::proxy::Proxy;
use crate::{AddressPolicy, ClientOptions};
use bytes::Bytes;
use config::{HeaderValue, HttpClientConfig, HttpHeader, Secret, SecretSource};
use http::{HeaderMap, Method};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use sys::OsVfs;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use url::Url;

/// Long enough for anything that is meant to happen.
const PATIENCE: Duration = Duration::from_secs(30);

fn client(change: impl FnOnce(&mut HttpClientConfig)) -> StepClient {
    let mut config = HttpClientConfig::default();
    change(&mut config);
    let policy = Arc::new(AddressPolicy::default());
    StepClient::new(config, ClientOptions { policy, vfs: Arc::new(OsVfs) })
}

fn request(url: &str, address: Option<SocketAddr>) -> OneRequest {
    OneRequest {
        method: Method::GET,
        url: Url::parse(url).unwrap(),
        address,
        server_name: None,
        headers: HeaderMap::new(),
        body: Bytes::new(),
    }
}

/// A proxy and its URL.
async fn proxy() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// The head of the request that comes first.
async fn first_head(proxy: TcpListener) -> String {
    let (mut stream, _) = proxy.accept().await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

#[tokio::test]
async fn no_way_delays_small_requests() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let proxy = Proxy { host: "127.0.0.1".into(), port: address.port(), authorization: None };
    for (through, dialled) in [(Some(&proxy), None), (None, None), (None, Some(address))] {
        let asked = request("http://127.0.0.1/", dialled);
        let (client, mut marks) = (client(|_| ()), Marks::default());
        let port = address.port();
        let stream = client.dial(&asked, "127.0.0.1", port, through, &mut marks).await.unwrap();
        assert!(stream.nodelay().unwrap(), "{through:?} {dialled:?}");
    }
}

#[tokio::test]
async fn a_tunnel_names_addresses_as_urls_do() {
    for (dialled, expected) in [
        (None, "CONNECT www.example:443 HTTP/1.1\r\n"),
        (Some("192.0.2.1:443"), "CONNECT 192.0.2.1:443 HTTP/1.1\r\n"),
        (Some("[2001:db8::1]:443"), "CONNECT [2001:db8::1]:443 HTTP/1.1\r\n"),
    ] {
        let (proxy, url) = proxy().await;
        let client = client(|config| config.proxy.url = Some(Secret::new(url)));
        let asked = request("https://www.example/", dialled.map(|text| text.parse().unwrap()));
        let mut marks = Marks::default();
        let (_refused, head) = tokio::join!(client.send(asked, &mut marks), first_head(proxy));
        assert!(head.starts_with(expected), "{head}");
    }
}

/// Opening a pipe to read waits for who writes: here a task of the same thread.
#[test]
fn files_of_a_proxy_are_read_where_they_hold_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("header");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        tell.send(runtime.block_on(headers_of(&pipe)))
    });
    let head = told.recv_timeout(PATIENCE).unwrap();
    assert!(head.contains("\r\nx-key: \r\n"), "{head}");
}

async fn headers_of(pipe: &Path) -> String {
    let (proxy, url) = proxy().await;
    let file = SecretSource::File(pipe.display().to_string());
    let header = HttpHeader { name: "X-Key".into(), values: vec![HeaderValue::Secret(file)] };
    let client = client(|config| {
        config.proxy.url = Some(Secret::new(url));
        config.proxy.connect_headers = vec![header];
    });
    let mut marks = Marks::default();
    let sending = client.send(request("https://www.example/", None), &mut marks);
    // Begins when the sender waits for something, if it does not hold up this thread.
    let writing = async {
        let pipe = pipe.to_owned();
        let open = move || std::fs::OpenOptions::new().write(true).open(pipe);
        tokio::task::spawn_blocking(open).await.unwrap().unwrap()
    };
    let (_refused, head, _written) = tokio::join!(sending, first_head(proxy), writing);
    head
}
