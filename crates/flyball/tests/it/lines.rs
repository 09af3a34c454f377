//! StatsD and Graphite with the clients of PyPI and npm, and by hand.

use crate::server::Server;
use std::io::{Read as _, Write as _};
use std::net::{TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use testkit::clients::{node_with, python_with};
use testkit::{free_port, wait_for};

/// A server that takes lines at these ports.
fn start(section: &str, more: &str) -> (Server, u16, u16) {
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    let (udp, tcp) = (free_port(), free_port());
    let text = format!(
        "collect: {{host: {{enabled: false}}}}\nreceive:\n  {section}:\n    \
         listen_udp: 127.0.0.1:{udp}\n    listen_tcp: 127.0.0.1:{tcp}\n{more}"
    );
    server.write("flyball.yml", &text);
    server.run();
    (server, udp, tcp)
}

fn statsd() -> (Server, u16, u16) {
    start("statsd", "    interval: 200ms\n")
}

fn run_python(python: &Path, script: &str, arguments: &[String]) {
    let output = Command::new(python).args(["-c", script]).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Waits until each query has this value.
fn expect(server: &Server, answers: &[(&str, f64)]) {
    for (query, value) in answers {
        let mut found = Vec::new();
        wait_for(&format!("{query} to be {value}"), || {
            found = server.query(query);
            found.first().filter(|(_, found)| (found - value).abs() < 1e-9).map(drop)
        });
    }
}

#[test]
fn the_statsd_client_of_pypi_is_understood() {
    let Some(python) = python_with("statsd", &["statsd"]) else { return };
    let (server, udp, tcp) = statsd();
    run_python(
        &python,
        r#"
import sys, statsd
udp, tcp = map(int, sys.argv[1:])
for prefix, client in [("udp", statsd.StatsClient("127.0.0.1", udp, prefix="udp")),
                       ("tcp", statsd.TCPStatsClient("127.0.0.1", tcp, prefix="tcp"))]:
    client.incr("page.views")
    client.incr("page.views", 4)
    client.decr("page.views", 0)
    client.gauge("rooms", 7)
    client.gauge("rooms", -2, delta=True)
    client.gauge("rooms", 1, delta=True)
    client.timing("took", 320)
    client.set("users", "al")
    client.set("users", "al")
    with client.pipeline() as pipe:
        for i in range(10):
            pipe.incr("batch")
        pipe.timing("took", 100)
    if prefix == "tcp":
        client.close()
"#,
        &[udp.to_string(), tcp.to_string()],
    );
    for prefix in ["udp", "tcp"] {
        let query = |text: &str| text.replace("udp", prefix);
        expect(
            &server,
            &[
                (&query("udp_page_views"), 5.0),
                (&query("udp_rooms"), 6.0),
                (&query("udp_batch"), 10.0),
                (&query("udp_took_count"), 2.0),
                (&query("udp_took_sum"), 0.42),
                (&query("udp_took{quantile=\"0.99\"}"), 0.32),
                (&query("max_over_time(udp_users[5m])"), 1.0),
            ],
        );
    }
    expect(&server, &[("sum(flyball_statsd_refused_total)", 0.0)]);
}

#[test]
fn the_dogstatsd_clients_of_pypi_and_npm_are_understood() {
    let (server, udp, _) = statsd();
    let port = udp.to_string();
    if let Some(python) = python_with("dogstatsd", &["datadog"]) {
        let script = r#"
import sys
from datadog.dogstatsd import DogStatsd
client = DogStatsd(host="127.0.0.1", port=int(sys.argv[1]), constant_tags=["env:test"],
                   disable_telemetry=True)
client.increment("py.orders", 3, tags=["route:/pay", "bare"])
client.gauge("py.load", 0.5)
client.histogram("py.size", 12.5)
client.distribution("py.dist", 2.0)
client.timing("py.took", 250)
client.flush()
client.close_socket()
"#;
        run_python(&python, script, std::slice::from_ref(&port));
        expect(
            &server,
            &[
                ("py_orders{env=\"test\",route=\"/pay\"}", 3.0),
                ("py_load{env=\"test\"}", 0.5),
                ("py_size_sum", 12.5),
                ("py_dist_count", 1.0),
                ("py_took_sum", 0.25),
                ("flyball_statsd_refused_total{reason=\"malformed_tag\"}", 1.0),
            ],
        );
    }
    let Some(mut node) = node_with("hot-shots", &["hot-shots"]) else { return };
    let script = r#"
const StatsD = require("hot-shots");
const client = new StatsD({host: "127.0.0.1", port: +process.argv[1], maxBufferSize: 1000,
                           globalTags: {env: "test"}, errorHandler: e => { throw e; }});
client.increment("js.orders", 2, {route: "/pay"});
client.increment("js.orders", 1, 1, ["route:/pay"]);
client.gauge("js.load", 0.25);
client.timing("js.took", 500);
client.distribution("js.dist", 4);
client.unique("js.users", "al");
client.close(() => {});
"#;
    let output = node.args(["-e", script, &port]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    expect(
        &server,
        &[
            ("js_orders{env=\"test\",route=\"/pay\"}", 3.0),
            ("js_load", 0.25),
            ("js_took_sum", 0.5),
            ("js_dist_sum", 4.0),
            ("max_over_time(js_users[5m])", 1.0),
        ],
    );
}

#[test]
fn the_dogstatsd_client_of_pypi_sends_to_a_unix_socket() {
    let Some(python) = python_with("dogstatsd", &["datadog"]) else { return };
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    let text = "receive:\n  statsd:\n    listen_udp: ''\n    listen_tcp: ''\n    \
        interval: 200ms\n    listen_unixgram: dsd.socket\n    unixsocket_mode: '722'\n";
    server.write("flyball.yml", text);
    let path = server.folder.path().join("dsd.socket");
    // What a killed process leaves is replaced.
    drop(std::os::unix::net::UnixDatagram::bind(&path).unwrap());
    server.run();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o722);
    let script = r#"
import sys
from datadog.dogstatsd import DogStatsd
client = DogStatsd(socket_path=sys.argv[1], constant_tags=["env:test"], disable_telemetry=True)
for _ in range(2):
    client.increment("unix.orders", 3, tags=["route:/pay"])
    client.flush()
client.timing("unix.took", 250)
client.flush()
client.close_socket()
"#;
    run_python(&python, script, &[path.display().to_string()]);
    expect(&server, &[("unix_orders{env=\"test\",route=\"/pay\"}", 6.0), ("unix_took_sum", 0.25)]);
    expect(&server, &[("sum(flyball_statsd_refused_total)", 0.0)]);
    assert!(server.terminate().success());
    assert!(!path.exists(), "the socket goes with the server");
    std::fs::write(&path, "a file").unwrap();
    server.launch();
    assert!(!server.wait().success());
    assert!(server.log().contains("dsd.socket"), "{}", server.log());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "a file", "nothing else is replaced");
}

#[test]
fn a_mapping_file_is_used_as_it_is_and_read_again() {
    let more = "    interval: 200ms\n    mapping_file: mapping.yml\n    labels: {job: shop}\n";
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    let port = free_port();
    let text =
        format!("receive:\n  statsd:\n    listen_udp: 127.0.0.1:{port}\n    listen_tcp: ''\n");
    server.write("flyball.yml", &(text + more));
    let rule = "- match: api.*.took\n  name: api_seconds\n  observer_type: histogram\n  \
        buckets: [0.1, 1]\n  labels: {route: $1}\n";
    server.write("mapping.yml", &format!("mappings:\n{rule}"));
    server.run();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let send = |line: &str| socket.send_to(line.as_bytes(), ("127.0.0.1", port)).unwrap();
    send("api.pay.took:320|ms\nplain:1|c");
    expect(
        &server,
        &[
            ("api_seconds_bucket{route=\"pay\",job=\"shop\",le=\"1.0\"}", 1.0),
            ("api_seconds_bucket{le=\"0.1\"}", 0.0),
            ("histogram_quantile(1, api_seconds_bucket) < bool 1.01", 1.0),
            ("plain{job=\"shop\"}", 1.0),
        ],
    );
    server.write("mapping.yml", "mappings:\n- {match: plain.*, name: renamed}\n");
    server.signal("HUP");
    wait_for("the former series to end", || server.query("plain").is_empty().then_some(()));
    send("plain.x:5|g");
    expect(&server, &[("renamed", 5.0)]);
    server.write("mapping.yml", "mappings:\n- {match: a b, name: c}\n");
    server.signal("HUP");
    wait_for("the refusal", || server.log().contains("mapping.yml:2:11").then_some(()));
}

#[test]
fn what_was_taken_since_the_last_tick_is_stored_at_the_stop() {
    let (mut server, udp, _) = start("statsd", "    interval: 1h\n");
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.send_to(b"late:3|c", ("127.0.0.1", udp)).unwrap();
    expect(&server, &[("flyball_statsd_samples_total", 1.0)]);
    assert!(server.terminate().success());
    server.run();
    expect(&server, &[("last_over_time(late[5m])", 3.0)]);
}

#[test]
fn the_graphite_client_of_pypi_is_understood() {
    let Some(python) = python_with("graphite", &["graphyte"]) else { return };
    let (server, udp, tcp) = start("graphite", "");
    run_python(
        &python,
        r#"
import sys, time, graphyte
udp, tcp = map(int, sys.argv[1:])
for prefix, port, protocol in [("udp", udp, "udp"), ("tcp", tcp, "tcp")]:
    sender = graphyte.Sender("127.0.0.1", port=port, protocol=protocol, prefix=prefix)
    sender.send("web-1.load", 0.5)
    sender.send("disk.used", 42, timestamp=time.time() - 60, tags={"dc": "dc1", "rack": "a1"})
    sender.stop()
"#,
        &[udp.to_string(), tcp.to_string()],
    );
    for prefix in ["udp", "tcp"] {
        let used = format!("{prefix}_disk_used{{dc=\"dc1\",rack=\"a1\"}}");
        expect(
            &server,
            &[
                (&format!("{prefix}_web_1_load"), 0.5),
                (&used, 42.0),
                (&format!("(time() - timestamp({used})) > bool 50"), 1.0),
            ],
        );
    }
}

#[test]
fn plain_lines_are_samples_and_pickles_are_refused() {
    let (server, _, tcp) = start("graphite", "    line_max: 1KB\n");
    let send = |bytes: &[u8]| {
        let mut stream = TcpStream::connect(("127.0.0.1", tcp)).unwrap();
        // Who is refused in the middle may not take the rest.
        drop(stream.write_all(bytes));
        drop(stream.shutdown(std::net::Shutdown::Write));
        let mut rest = Vec::new();
        drop(stream.read_to_end(&mut rest));
    };
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    send(format!("a.b;k=v 1.5 {now}\nbroken\nc 2 -1").as_bytes());
    expect(&server, &[("a_b{k=\"v\"}", 1.5), ("c", 2.0)]);
    send(b"\x00\x00\x00\x20\x80\x02]q\x00(X\x01\x00\x00\x00a");
    send(&vec![b'a'; 70_000]);
    for reason in ["malformed_line", "pickle_protocol", "line_too_long"] {
        expect(
            &server,
            &[(&format!("flyball_graphite_refused_total{{reason=\"{reason}\"}}"), 1.0)],
        );
    }
    assert!(server.log().contains("the pickle protocol is not read"), "{}", server.log());
}

#[test]
fn an_open_address_needs_a_word() {
    let server = Server::prepare(&[]);
    let path = server.write("flyball.yml", "receive:\n  statsd:\n    listen_udp: 0.0.0.0:9125\n");
    let output = crate::server::binary().args(["check", "config"]).arg(path).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && told.contains("3:17: \"0.0.0.0:9125\" is open"), "{told}");
}
