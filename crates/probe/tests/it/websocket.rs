//! WebSocket: a real server (python3-websockets), and peers that answer something else.

#![expect(clippy::unwrap_used, reason = "a test that cannot serve fails")]

use crate::exporter::{ours, probe};
use crate::servers::{certificates, nginx, silent};
use probe::{Outcome, Reason};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use testkit::{Peer, free_port, skip, wait_for};

const SERVER: &str = "
import asyncio, ssl, sys, websockets
folder, plain, secure = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder + '/leaf.pem', folder + '/leaf.key')
async def serve(socket, path):
    if path == '/key' and socket.request_headers.get('X-Key') != 'k':
        await socket.close(1008)
        return
    await socket.ping()
    await socket.send('hello ' + path)
    async for message in socket:
        await socket.send('you said ' + message)
async def main():
    async with websockets.serve(serve, '127.0.0.1', plain):
        async with websockets.serve(serve, '127.0.0.1', secure, ssl=context):
            await asyncio.Future()
asyncio.run(main())
";

struct Server {
    plain: u16,
    secure: u16,
    folder: TempDir,
    _peer: Peer,
}

fn server() -> Option<Server> {
    let python = Path::new("/usr/bin/python3");
    let has = Command::new(python).args(["-c", "import websockets"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        skip("probes of WebSocket", "python3-websockets is not installed (cargo xtask setup)");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    let [plain, secure] = std::array::from_fn(|_| free_port());
    let mut command = Command::new(python);
    command.args(["-c", SERVER]).arg(folder.path());
    command.args([plain.to_string(), secure.to_string()]);
    let peer = Peer::start(&mut command, &folder.path().join("log")).unwrap();
    wait_for("the server answers", || TcpStream::connect(("127.0.0.1", secure)).ok());
    Some(Server { plain, secure, folder, _peer: peer })
}

fn value(outcome: &Outcome, name: &str) -> Option<f64> {
    let family = outcome.families.iter().find(|family| family.name == name)?;
    Some(family.points[0].value)
}

#[test]
fn a_server_is_greeted_and_talked_with() {
    let Some(server) = server() else { return };
    let ca = server.folder.path().join("ca.pem");
    let modules = format!(
        "modules:\n\
         \x20 plain: {{prober: websocket}}\n\
         \x20 secure: {{prober: websocket, websocket: {{http_config: {{tls_config: \
         {{ca_file: {}}}}}}}}}\n\
         \x20 talk:\n    prober: websocket\n    websocket:\n      query_response:\n\
         \x20     - {{expect: '^hello (.*)$', send: 'at ${{1}}'}}\n\
         \x20     - {{expect: '^you said at /x$'}}\n\
         \x20 never:\n    prober: websocket\n    websocket: {{query_response: [{{expect: bye}}]}}\n\
         \x20 key:\n    prober: websocket\n    websocket:\n\
         \x20     http_config: {{headers: {{X-Key: k}}}}\n\
         \x20     query_response: [{{expect: hello}}]\n\
         \x20 no_key: {{prober: websocket, websocket: {{query_response: [{{expect: hello}}]}}}}\n",
        ca.display()
    );
    let modules = ours(&modules);
    let (plain, secure) = (server.plain, server.secure);
    let [plain_url, secure_url] =
        [format!("ws://127.0.0.1:{plain}/x"), format!("wss://localhost:{secure}/x")];
    let key_url = format!("ws://127.0.0.1:{plain}/key");
    for (module, url, reason) in [
        ("plain", &plain_url, None),
        ("secure", &secure_url, None),
        ("plain", &secure_url, Some(Reason::Tls)),
        ("talk", &plain_url, None),
        ("never", &plain_url, Some(Reason::Expect)),
        ("key", &key_url, None),
        ("no_key", &key_url, Some(Reason::Protocol)),
    ] {
        let outcome = probe(&modules, module, url);
        assert_eq!(outcome.reason, reason, "{module} {url}\n{}", outcome.log);
        let upgraded = f64::from(u8::from(reason != Some(Reason::Tls)));
        assert_eq!(value(&outcome, "probe_websocket_connection_upgraded"), Some(upgraded));
        let status = if upgraded == 1.0 { 101.0 } else { 0.0 };
        assert_eq!(value(&outcome, "probe_websocket_status_code"), Some(status));
        let failed = value(&outcome, "probe_websocket_failed_due_to_regex");
        let talks = !matches!(module, "plain" | "secure");
        assert_eq!(failed, talks.then(|| f64::from(u8::from(reason.is_some()))));
    }
}

#[test]
fn what_is_no_websocket_fails_with_its_reason() {
    let modules = ours("modules: {m: {prober: websocket, timeout: 500ms}}\n");
    let hangs = format!("ws://{}", silent());
    let refused = format!("ws://127.0.0.1:{}", free_port());
    for (url, reason) in [
        (hangs.as_str(), Reason::Timeout),
        (&refused, Reason::Connect),
        ("ftp://127.0.0.1", Reason::Config),
        ("ws://169.254.169.254/", Reason::Forbidden),
    ] {
        let outcome = probe(&modules, "m", url);
        assert_eq!(outcome.reason, Some(reason), "{url}\n{}", outcome.log);
    }
    let Some(nginx) = nginx() else { return };
    let outcome = probe(&modules, "m", &format!("ws://127.0.0.1:{}/missing", nginx.plain));
    assert_eq!(outcome.reason, Some(Reason::Status), "{}", outcome.log);
    assert_eq!(value(&outcome, "probe_websocket_status_code"), Some(404.0));
}
