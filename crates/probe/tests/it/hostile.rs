//! A hostile DNS server: names that change their address between two questions, that mix good and
//! forbidden addresses, that hide them in IPv6 or behind aliases. The test runs itself again in a
//! network of its own, where it plays the name server, the internet and a cloud's metadata service.

#![expect(clippy::unwrap_used, reason = "a test that cannot serve fails")]

use crate::exporter::{ours, probe};
use net::{AddressPolicy, BodyLimits, Client, ClientOptions, ErrorKind, Request};
use probe::Reason;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, UdpSocket};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use sys::OsVfs;
use testkit::skip;

const INSIDE: &str = "FLYBALL_TEST_INSIDE_NETWORK";
const GOOD: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);
const METADATA: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);
const A: u16 = 1;
const AAAA: u16 = 28;
/// What happens in the new network before the test goes on there.
const SETUP: &str = "ip link set lo up && ip addr add 203.0.113.10/32 dev lo && \
                     ip addr add 169.254.169.254/32 dev lo && \
                     echo 'nameserver 127.0.0.1' > $DIR/resolv.conf && \
                     echo 'hosts: dns' > $DIR/nsswitch.conf && \
                     mount --bind $DIR/resolv.conf /etc/resolv.conf && \
                     mount --bind $DIR/nsswitch.conf /etc/nsswitch.conf";

#[test]
fn inv_30_a_hostile_name_server_leads_nobody_to_forbidden_addresses() {
    if std::env::var_os(INSIDE).is_some() {
        return inside();
    }
    let folder = tempfile::tempdir().unwrap();
    let enter = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--net", "sh", "-c", script]).env("DIR", folder.path());
        command
    };
    if !enter(SETUP).output().is_ok_and(|output| output.status.success()) {
        skip("a hostile name server", "no network of its own (unshare needs CAP_SYS_ADMIN)");
        return;
    }
    let name = "hostile::inv_30_a_hostile_name_server_leads_nobody_to_forbidden_addresses";
    let mut command = enter(&format!("{SETUP} && exec \"$TEST\" --exact {name} --nocapture"));
    command.env("TEST", std::env::current_exe().unwrap()).env(INSIDE, "1");
    let output = command.output().unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "{out}\n{err}");
}

/// Answers every question for addresses: how often each name was asked for one decides.
fn answer(question: &[u8], asked: &Mutex<BTreeMap<String, usize>>) -> Vec<u8> {
    let mut at = 12;
    let mut labels = Vec::new();
    while question[at] != 0 {
        let length = usize::from(question[at]);
        labels.push(String::from_utf8_lossy(&question[at + 1..=at + length]).into_owned());
        at += length + 1;
    }
    let name = labels.join(".");
    let kind = u16::from_be_bytes([question[at + 1], question[at + 2]]);
    let times = {
        let mut asked = asked.lock().unwrap();
        let times = asked.entry(format!("{name} {kind}")).or_default();
        *times += 1;
        *times
    };
    let v6 = |text: &str| text.parse::<Ipv6Addr>().unwrap().octets().to_vec();
    let v4 = |address: Ipv4Addr| address.octets().to_vec();
    // Type and data of each record; an alias leads to the next record's owner.
    let records: Vec<(u16, Vec<u8>)> = match (name.as_str(), kind) {
        ("good.test", A) => vec![(A, v4(GOOD))],
        ("rebind.test", A) if times == 1 => vec![(A, v4(GOOD))],
        ("rebind.test" | "meta.test", A) => vec![(A, v4(METADATA))],
        ("both.test", A) => vec![(A, v4(METADATA)), (A, v4(GOOD))],
        ("mapped.test", AAAA) => vec![(AAAA, v6("::ffff:169.254.169.254"))],
        ("nat64.test", AAAA) => vec![(AAAA, v6("64:ff9b::a9fe:a9fe"))],
        ("compatible.test", AAAA) => vec![(AAAA, v6("::a9fe:a9fe"))],
        ("alias.test", A) => vec![(5, b"\x04step\x05alias\x04test\0".to_vec()), (A, v4(METADATA))],
        _ => Vec::new(),
    };
    let mut message = question[..2].to_vec();
    message.extend([0x81, 0x80, 0, 1, 0, u8::try_from(records.len()).unwrap(), 0, 0, 0, 0]);
    message.extend(&question[12..at + 5]);
    let is_alias = records.first().is_some_and(|(kind, _)| *kind == 5);
    for (index, (kind, bytes)) in records.iter().enumerate() {
        if index > 0 && is_alias {
            message.extend(b"\x04step\x05alias\x04test\0");
        } else {
            message.extend([0xc0, 0x0c]);
        }
        message.extend(kind.to_be_bytes());
        // Class IN, not to be remembered.
        message.extend([0, 1, 0, 0, 0, 0]);
        message.extend(u16::try_from(bytes.len()).unwrap().to_be_bytes());
        message.extend(bytes);
    }
    message
}

fn name_server() {
    let socket = UdpSocket::bind("127.0.0.1:53").unwrap();
    let asked = Mutex::default();
    std::thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            // An extension of the question (EDNS) is not answered: 12 bytes and the name are read.
            let answer = answer(&buffer[..length], &asked);
            let _gone = socket.send_to(&answer, from);
        }
    });
}

/// Serves `/` well and leads `/to/NAME` there; counts who came.
fn web(address: Ipv4Addr) -> Arc<AtomicUsize> {
    let listener = TcpListener::bind((address, 80)).unwrap();
    let visits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&visits);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let first = lines.by_ref().map_while(Result::ok).next().unwrap_or_default();
            lines.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
            let path = first.split(' ').nth(1).unwrap_or("/");
            let head = match path.strip_prefix("/to/") {
                Some(host) => format!("302 Found\r\nLocation: http://{host}/"),
                None => "200 OK".to_owned(),
            };
            let text = format!("HTTP/1.1 {head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            let _gone = stream.write_all(text.as_bytes());
        }
    });
    visits
}

fn inside() {
    name_server();
    let (good, metadata) = (web(GOOD), web(METADATA));
    let modules = ours(
        "modules:\n  http: {prober: http, http: {preferred_ip_protocol: ip4}}\n  tcp: {prober: tcp}\n\
         \x20 websocket: {prober: websocket}\n  grpc: {prober: grpc}\n",
    );
    let forbidden = Some(Reason::Forbidden);
    for (module, target, reason) in [
        ("http", "http://good.test/", None),
        // What was allowed once is asked again: the second answer counts for the second probe.
        ("http", "http://rebind.test/", None),
        ("http", "http://rebind.test/", forbidden),
        ("http", "http://both.test/", None),
        ("http", "http://meta.test/", forbidden),
        ("http", "http://mapped.test/", forbidden),
        ("http", "http://nat64.test/", forbidden),
        ("http", "http://compatible.test/", forbidden),
        ("http", "http://alias.test/", forbidden),
        ("http", "http://good.test/to/meta.test", forbidden),
        ("http", "http://good.test/to/mapped.test", forbidden),
        ("http", "http://good.test/to/alias.test", forbidden),
        ("http", "http://good.test/to/169.254.169.254", forbidden),
        ("http", "http://good.test/to/[::ffff:a9fe:a9fe]", forbidden),
        ("http", "http://good.test/to/0xa9fea9fe", forbidden),
        ("http", "http://good.test/to/2852039166", forbidden),
        ("tcp", "good.test:80", None),
        ("tcp", "alias.test:80", forbidden),
        ("tcp", "mapped.test:80", forbidden),
        ("websocket", "ws://meta.test/", forbidden),
        ("grpc", "meta.test:80", forbidden),
    ] {
        let outcome = probe(&modules, module, target);
        assert_eq!(outcome.reason, reason, "{module} {target}\n{}", outcome.log);
    }
    pooled_client();
    assert_eq!(metadata.load(Ordering::SeqCst), 0, "nobody came to the metadata service");
    assert!(good.load(Ordering::SeqCst) >= 10);
}

/// The client of scrapes and notifications goes through the same door.
fn pooled_client() {
    let policy = Arc::new(AddressPolicy::default());
    let options = ClientOptions { policy, vfs: Arc::new(OsVfs) };
    let client = Client::new(config::HttpClientConfig::default(), options);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for url in ["http://meta.test/", "http://good.test/to/alias.test", "http://nat64.test/"] {
        let mut request = Request::get(url.parse().unwrap(), Duration::from_secs(10));
        request.limits = BodyLimits::default();
        let error = runtime.block_on(client.send(request, &mut Vec::new())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Forbidden, "{url}: {}", error.describe());
    }
}
