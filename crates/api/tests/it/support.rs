//! A running server and the simplest possible client.

use crate::testing::{Rooms, state};
use api::{AppState, HttpMetrics, Mount, Server, ServerOptions};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use testkit::DEADLINE;
use tokio::sync::oneshot;

/// A server on a free port, in its own runtime.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) http: Arc<HttpMetrics>,
    shutdown: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Loopback, port 0.
pub(crate) fn options() -> ServerOptions {
    ServerOptions { listen: vec!["127.0.0.1:0".into()], ..ServerOptions::default() }
}

impl Running {
    pub(crate) fn new() -> Self {
        Self::start(options(), Vec::new())
    }

    pub(crate) fn start(options: ServerOptions, mounts: Vec<Mount>) -> Self {
        Self::over(options, state(&Arc::new(Rooms::default())), mounts)
    }

    /// A server over rooms of the test's own.
    pub(crate) fn over(options: ServerOptions, state: AppState, mounts: Vec<Mount>) -> Self {
        let http = state.http.clone();
        let (shutdown, stop) = oneshot::channel();
        let (bound, address) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let mut builder = tokio::runtime::Builder::new_multi_thread();
            let runtime = builder.worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async move {
                let listening = Server::listen(options).await.unwrap();
                bound.send(listening.addresses()[0]).unwrap();
                // A dropped sender stops the server too.
                listening.open(state, mounts).serve(async { drop(stop.await) }).await;
            });
        });
        let address = address.recv().unwrap();
        Self { address, http, shutdown: Some(shutdown), thread: Some(thread) }
    }

    /// Sends the shutdown signal.
    pub(crate) fn stop(&mut self) {
        drop(self.shutdown.take());
    }

    /// Sends the signal and waits for the end.
    pub(crate) fn join(mut self) {
        self.stop();
        self.thread.take().unwrap().join().unwrap();
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_write_timeout(Some(DEADLINE)).unwrap();
        stream
    }

    /// Sends `GET path` on a connection of its own; the whole answer as text.
    pub(crate) fn get(&self, path: &str) -> String {
        let mut stream = self.connect();
        let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        read_all(&mut stream)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take()
            && !std::thread::panicking()
        {
            thread.join().unwrap();
        }
    }
}

/// Everything until the other side closes.
pub(crate) fn read_all(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Reads until `text` has come.
pub(crate) fn read_until(stream: &mut TcpStream, text: &str) -> String {
    let mut seen = Vec::new();
    let mut byte = [0];
    while !String::from_utf8_lossy(&seen).ends_with(text) {
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "closed after {seen:?}");
        seen.push(byte[0]);
    }
    String::from_utf8(seen).unwrap()
}

/// Short enough for a test that waits for it.
pub(crate) const SHORT: Duration = Duration::from_millis(50);
