//! Bodies of every way to push that want to cost more than they are, against the binary: bombs,
//! lengths that are only declared, labels of 10 MB, very many series. Each is refused with a reason
//! or cut to its limits, the process stays within its memory, and a good sample is taken afterwards.

use crate::server::Server;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write as _;
use std::net::{Shutdown, TcpStream};
use testkit::http::exchange;
use testkit::protobuf::Message;
use testkit::{free_port, wait_for};
use wire::bounded::snappy_compress;

const PROTOBUF: &str = "Content-Type: application/x-protobuf";
const PROTOBUF_2: &str =
    "Content-Type: application/x-protobuf;proto=io.prometheus.write.v2.Request";
const DELIMITED: &str = "Content-Type: application/vnd.google.protobuf; \
    proto=io.prometheus.client.MetricFamily; encoding=delimited";
const JSON: &str = "Content-Type: application/json";
const GZIP: &str = "Content-Encoding: gzip";
const SNAPPY: &str = "Content-Encoding: snappy";

/// Series that may be stored.
const SERIES_MAX: usize = 20_000;
/// Series of a flood: all that one body of 32 MiB may hold in the shortest form would take minutes
/// without optimization, and cost no more memory than these.
const FLOOD: usize = 200_000;
/// The process at its worst: budget of the head, bodies in their forms, code.
const PEAK_MIB: usize = 700;
const LABEL_BYTES: usize = 10 << 20;

/// One way to push over HTTP.
struct Way {
    name: &'static str,
    method: &'static str,
    path: &'static str,
    headers: &'static [&'static str],
    /// Body of series `m{l=VALUE}` with these values.
    body: fn(&[String]) -> Vec<u8>,
    /// What a body is wrapped into before it is sent.
    wrap: fn(&[u8]) -> Vec<u8>,
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn snappy(bytes: &[u8]) -> Vec<u8> {
    snappy_compress(bytes).unwrap()
}

fn now_ms() -> u64 {
    u64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap()
}

fn remote_write(values: &[String]) -> Vec<u8> {
    let label = |name: &str, value: &str| Message::new().bytes(1, name).bytes(2, value);
    let sample = Message::new().double(1, 1.0).number(2, now_ms());
    let mut out = Vec::new();
    for value in values {
        let series = Message::new().message(1, &label("__name__", "m"));
        let series = series.message(1, &label("l", value)).message(2, &sample);
        out.push(0x0a);
        out.extend(series.delimited());
    }
    out
}

fn remote_write_2(values: &[String]) -> Vec<u8> {
    let sample = Message::new().double(1, 1.0).number(2, now_ms());
    let (mut symbols, mut series) = (Vec::new(), Vec::new());
    let mut symbol = |text: &str| {
        symbols.push(0x22);
        wire::protobuf::put_varint(text.len() as u64, &mut symbols);
        symbols.extend_from_slice(text.as_bytes());
    };
    ["", "__name__", "m", "l"].into_iter().for_each(&mut symbol);
    for (at, value) in values.iter().enumerate() {
        symbol(value);
        let mut refs = vec![1, 2, 3];
        wire::protobuf::put_varint(4 + at as u64, &mut refs);
        series.push(0x2a);
        series.extend(Message::new().bytes(1, refs).message(2, &sample).delimited());
    }
    [symbols, series].concat()
}

fn otlp(values: &[String]) -> Vec<u8> {
    let mut points = Vec::new();
    for value in values {
        let text = Message::new().bytes(1, value);
        let attribute = Message::new().bytes(1, "l").message(2, &text);
        let point = Message::new().message(7, &attribute).double(4, 1.0);
        points.push(0x0a);
        points.extend(point.delimited());
    }
    let metric = Message::new().bytes(1, "m").bytes(5, points);
    let scope = Message::new().message(2, &metric);
    let resource = Message::new().message(2, &scope);
    let mut out = vec![0x0a];
    out.extend(resource.delimited());
    out
}

fn otlp_json(values: &[String]) -> Vec<u8> {
    let point = |value: &String| {
        format!(
            r#"{{"asDouble":1,"attributes":[{{"key":"l","value":{{"stringValue":"{value}"}}}}]}}"#
        )
    };
    let points: Vec<String> = values.iter().map(point).collect();
    format!(
        r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"name":"m","gauge":
            {{"dataPoints":[{}]}}}}]}}]}}]}}"#,
        points.join(",")
    )
    .into_bytes()
}

fn lines(values: &[String], line: impl Fn(&str) -> String) -> Vec<u8> {
    values.iter().map(|value| line(value)).collect::<String>().into_bytes()
}

fn influx(values: &[String]) -> Vec<u8> {
    lines(values, |value| format!("m,l={value} value=1\n"))
}

fn text(values: &[String]) -> Vec<u8> {
    lines(values, |value| format!("m{{l=\"{value}\"}} 1\n"))
}

fn families(values: &[String]) -> Vec<u8> {
    let mut family = Message::new().bytes(1, "m").number(3, 1);
    for value in values {
        let label = Message::new().bytes(1, "l").bytes(2, value);
        let metric = Message::new().message(1, &label);
        family = family.message(4, &metric.message(2, &Message::new().double(1, 1.0)));
    }
    family.delimited()
}

fn ways() -> Vec<Way> {
    let (write, metrics, job) = ("/api/v1/write", "/v1/metrics", "/metrics/job/j");
    let way =
        |name, method, path, headers, body, wrap| Way { name, method, path, headers, body, wrap };
    vec![
        way("remote write 1.0", "POST", write, &[PROTOBUF, SNAPPY], remote_write, snappy),
        way("remote write 2.0", "POST", write, &[PROTOBUF_2, SNAPPY], remote_write_2, snappy),
        way("OTLP protobuf", "POST", metrics, &[PROTOBUF, GZIP], otlp, gzip),
        way("OTLP JSON", "POST", metrics, &[JSON, GZIP], otlp_json, gzip),
        way("line protocol", "POST", "/write", &[GZIP], influx, gzip),
        way("Pushgateway text", "PUT", job, &[GZIP], text, gzip),
        way("Pushgateway protobuf", "PUT", job, &[DELIMITED, GZIP], families, gzip),
    ]
}

/// What a body may be answered with: it is refused, or its good part is stored.
fn send(server: &Server, way: &Way, what: &str, body: &[u8]) -> u16 {
    let reply = exchange(server.address(), way.method, way.path, way.headers, body).unwrap();
    let told = reply.text();
    let is_explained = reply.status == 204 || !told.is_empty() || reply.status == 200;
    assert!(is_explained && reply.status != 500, "{} {what}: {} {told}", way.name, reply.status);
    reply.status
}

fn peak_mib(server: &Server) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() >> 10
}

fn start(more: &str) -> Server {
    let mut server = Server::prepare(&["--config.file=flyball.yml", "--memory.limit=256MB"]);
    let text = format!(
        "collect: {{host: {{enabled: false}}}}\ndefault_rules: false\n\
         limits: {{series_max: {SERIES_MAX}}}\n{more}"
    );
    server.write("flyball.yml", &text);
    server.run();
    server
}

#[test]
fn bombs_and_long_labels_cost_little_in_every_way_to_push() {
    let server = start("");
    let before = peak_mib(&server);
    let zeros = gzip(&vec![0; 256 << 20]);
    let long = ["x".repeat(LABEL_BYTES)];
    let mut declared = Vec::new();
    wire::protobuf::put_varint(u64::from(u32::MAX), &mut declared);
    declared.extend([0xff; 50]);
    for way in ways() {
        let is_gzip = way.headers.contains(&GZIP);
        let bomb = if is_gzip { &zeros } else { &declared };
        assert!(send(&server, &way, "bomb", bomb) >= 400, "{}", way.name);
        // A message whose length is 4 GiB, in a body that is well compressed.
        let endless = (way.wrap)(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3]);
        assert!(send(&server, &way, "declared length", &endless) >= 400, "{}", way.name);
        let status = send(&server, &way, "label", &(way.wrap)(&(way.body)(&long)));
        let is_partial = way.name.starts_with("OTLP") && status == 200;
        assert!(status >= 400 || is_partial, "{}: {status}", way.name);
        let good = (way.wrap)(&(way.body)(&["good".to_owned()]));
        assert!(send(&server, &way, "good body", &good) < 400, "{}", way.name);
        let peak = peak_mib(&server);
        assert!(peak - before < 300, "{}: {before} MiB before, {peak} MiB after", way.name);
    }
}

#[test]
fn a_flood_of_series_ends_at_the_limit_in_every_way_to_push() {
    for way in ways() {
        let server = start("");
        let values: Vec<String> = (0..FLOOD).map(|at| format!("{at:08x}")).collect();
        send(&server, &way, "flood", &(way.wrap)(&(way.body)(&values)));
        let peak = peak_mib(&server);
        assert!(peak < PEAK_MIB, "{}: {peak} MiB", way.name);
        let found = server.query("count({__name__=~\"m|m_total\"})");
        let found = found.first().map_or(0.0, |(_, count)| *count);
        assert!(found <= SERIES_MAX as f64, "{}: {found} series", way.name);
    }
}

#[test]
fn floods_of_lines_end_at_their_limits() {
    let (statsd, graphite) = (free_port(), free_port());
    let server = start(&format!(
        "receive:\n  statsd: {{listen_udp: '', listen_tcp: '127.0.0.1:{statsd}', \
         series_max: 5000, interval: 200ms}}\n  graphite: {{listen_udp: '', \
         listen_tcp: '127.0.0.1:{graphite}', series_max: 5000}}\n"
    ));
    let before = peak_mib(&server);
    let values: Vec<String> = (0..FLOOD).map(|at| format!("{at:08x}")).collect();
    let long = "x".repeat(LABEL_BYTES);
    let statsd_lines = lines(&values, |value| format!("m{value}:1|c\n"));
    let graphite_lines = lines(&values, |value| format!("m{value} 1 -1\n"));
    for (port, flood, long) in [
        (statsd, statsd_lines, format!("{long}:1|c\n")),
        (graphite, graphite_lines, format!("{long} 1 -1\n")),
    ] {
        for bytes in [long.as_bytes(), &flood, &vec![0xff; 100_000], &vec![b'\n'; 1 << 20]] {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
            // Who sends a line that is too long is cut off.
            drop(stream.write_all(bytes));
            drop(stream.shutdown(Shutdown::Write));
        }
    }
    for protocol in ["statsd", "graphite"] {
        let name = |what: &str| format!("flyball_{protocol}_{what}");
        let refused =
            format!("{}{{reason=\"series_limit\"}} == {}", name("refused_total"), FLOOD - 5000);
        wait_for(&format!("{protocol} to refuse series"), || {
            (!server.query(&refused).is_empty()).then_some(())
        });
        let series = server.query(&name("series"));
        assert_eq!(series.first().map(|(_, count)| *count), Some(5000.0), "{protocol}");
    }
    let peak = peak_mib(&server);
    assert!(peak - before < 200, "{before} MiB before, {peak} MiB after");
}
