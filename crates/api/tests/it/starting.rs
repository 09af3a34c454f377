//! Before the rooms are open: alive, not ready, and nobody waits for an answer.

use crate::support::{options, read_all};
use crate::testing::{Rooms, state};
use api::Server;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use testkit::http;
use tokio::sync::oneshot;

#[test]
fn while_rooms_are_opened_clients_are_told_to_come_again() {
    let (opened, opening) = oneshot::channel::<()>();
    let (bound, address) = std::sync::mpsc::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listening = Server::listen(options()).await.unwrap();
            bound.send(listening.addresses()[0]).unwrap();
            listening.hold(opening).await.unwrap();
            let bound = listening.open(state(&Arc::new(Rooms::default())), Vec::new());
            bound.serve(async { drop(stopped.await) }).await;
        });
    });
    let address: SocketAddr = address.recv().unwrap();
    let ask = |path: &str| http::get(address, path).unwrap();

    assert_eq!(ask("/-/healthy").status, 200);
    assert_eq!(ask("/livez").status, 200);
    let ready = ask("/-/ready");
    assert_eq!((ready.status, ready.header("x-prometheus-stopping")), (503, Some("false")));
    let query = ask("/api/v1/query?query=up");
    assert_eq!((query.status, query.header("retry-after")), (503, Some("5")));
    assert!(query.text().contains("the server is starting"), "{}", query.text());
    // A client that has connected and not asked yet is answered after the opening, too.
    let mut early = TcpStream::connect(address).unwrap();
    assert_eq!(ask("/-/healthy").status, 200);

    opened.send(()).unwrap();
    testkit::wait_for("the server to be ready", || (ask("/-/ready").status == 200).then_some(()));
    early.write_all(b"GET /-/ready HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    assert!(read_all(&mut early).starts_with("HTTP/1.1 503"));
    stop.send(()).unwrap();
    server.join().unwrap();
}
