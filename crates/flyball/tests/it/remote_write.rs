//! Remote write to real receivers, through their outages and our own kills: every sample arrives,
//! once and in order.

use crate::server::Server;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use testkit::http::{Asked, Scripted, Site};
use testkit::{Peer, find_program, free_port, http, skip, wait_for};

const ITEMS: usize = 3;

/// A flyball that sends to a URL.
fn sender(url: &str, keys: &str) -> Server {
    let mut server = Server::prepare(&["--config.file=prometheus.yml"]);
    // Its own series stay here: what arrives is what the test pushed.
    let text = format!(
        "global: {{external_labels: {{region: eu}}}}\n\
         remote_write:\n\
         - url: {url}\n  \
           name: receiver\n  \
           write_relabel_configs:\n  \
           - {{source_labels: [__name__], regex: numbered, action: keep}}\n  \
           queue_config: {{batch_send_deadline: 100ms, max_samples_per_send: 10{keys}}}\n"
    );
    server.write("prometheus.yml", &text);
    server.run();
    server
}

struct Pushes {
    begin: u64,
    next: u64,
}

impl Pushes {
    fn new() -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Self { begin: now.as_secs() - 600, next: 1 }
    }

    /// Stores so many more samples of each series, in several requests.
    fn push(&mut self, server: &Server, count: u64) {
        for _ in 0..count {
            let at = self.begin + self.next;
            let line = |item| format!("numbered,item={item} value={} {at}\n", self.next);
            let lines = (0..ITEMS).map(line).collect::<Vec<_>>().concat();
            let path = "/write?precision=s";
            let reply = http::post(server.address(), path, &[], lines.as_bytes()).unwrap();
            assert_eq!(reply.status, 204, "{}", reply.text());
            self.next += 1;
        }
    }

    fn expected(&self) -> BTreeMap<u64, u64> {
        (1..self.next).map(|n| (self.begin + n, n)).collect()
    }
}

/// Samples of each series as a Prometheus-like server shows them.
fn shown(address: SocketAddr) -> Option<Vec<BTreeMap<u64, u64>>> {
    let query = "numbered%7Bregion%3D%22eu%22%7D%5B1h%5D";
    let reply = http::get(address, &format!("/api/v1/query?query={query}")).ok()?;
    let body: Value = serde_json::from_slice(&reply.body).ok()?;
    let series = body["data"]["result"].as_array()?.iter();
    let one = |sample: &Value| {
        let number = sample[1].as_str()?.parse::<u64>().ok()?;
        Some((sample[0].as_f64()?.to_string().parse().ok()?, number))
    };
    series.map(|series| series["values"].as_array()?.iter().map(one).collect()).collect()
}

fn wait_for_all(what: &str, pushes: &Pushes, show: impl Fn() -> Option<Vec<BTreeMap<u64, u64>>>) {
    let expected = vec![pushes.expected(); ITEMS];
    wait_for(what, || show().filter(|shown| *shown == expected));
}

struct Prometheus {
    port: u16,
    peer: Option<Peer>,
}

impl Prometheus {
    fn run(&mut self, program: &Path, folder: &Path) {
        std::fs::write(folder.join("receiver.yml"), "global: {}\n").unwrap();
        let mut command = Command::new(program);
        command
            .arg(format!("--config.file={}", folder.join("receiver.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("receiver").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{}", self.port))
            .arg("--web.enable-remote-write-receiver");
        self.peer = Some(Peer::start(&mut command, &folder.join("receiver.log")).unwrap());
    }

    fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }
}

#[test]
fn prometheus_gets_every_sample_through_outages_and_kills() {
    let Some(program) = find_program("prometheus") else {
        return skip("remote write to Prometheus", "prometheus is not installed");
    };
    let folder = tempfile::tempdir().unwrap();
    let mut receiver = Prometheus { port: free_port(), peer: None };
    receiver.run(&program, folder.path());
    let mut server = sender(&format!("http://{}/api/v1/write", receiver.address()), "");
    let mut pushes = Pushes::new();
    let show = |address| move || shown(address);
    pushes.push(&server, 20);
    wait_for_all("samples of a quiet time", &pushes, show(receiver.address()));
    // The receiver is killed, and while it is away the sender is, too.
    receiver.peer = None;
    pushes.push(&server, 20);
    server.kill();
    server.run();
    pushes.push(&server, 20);
    receiver.run(&program, folder.path());
    wait_for_all("samples of an outage", &pushes, show(receiver.address()));
    // Killed with requests under way.
    for _ in 0..3 {
        pushes.push(&server, 20);
        server.kill();
        server.run();
    }
    wait_for_all("samples before a kill", &pushes, show(receiver.address()));
    // Stopped in good order.
    pushes.push(&server, 20);
    assert!(server.terminate().success());
    server.run();
    pushes.push(&server, 5);
    wait_for_all("samples before a stop", &pushes, show(receiver.address()));
    let metrics = server.get("/metrics").text();
    for line in [
        "prometheus_remote_storage_shards{remote_name=\"receiver\"",
        "prometheus_remote_storage_highest_timestamp_in_seconds ",
        "prometheus_remote_storage_samples_failed_total{remote_name=\"receiver\"",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
}

/// Flushes what is in memory: that cuts the journal, and what waits for endpoints has to be kept.
fn flush(server: &Server) {
    let reply = http::post(server.address(), "/api/v1/admin/tsdb/compact", &[], b"").unwrap();
    assert!(reply.status < 300, "{} {}", reply.status, reply.text());
}

/// A flyball that sends to a URL and keeps so much for it beside its journal.
fn keeper(url: &str, backlog: &str) -> Server {
    let flags = ["--config.file=flyball.yml", "--web.enable-admin-api"];
    let mut server = Server::prepare(&flags);
    server.write(
        "flyball.yml",
        &format!(
            "prometheus: prometheus.yml\ncollect: {{host: {{enabled: false}}}}\n\
             storage: {{remote_write_backlog: {backlog}}}\n"
        ),
    );
    server.write(
        "prometheus.yml",
        &format!(
            "global: {{external_labels: {{region: eu}}}}\nremote_write:\n- url: {url}\n  \
             write_relabel_configs:\n  \
             - {{source_labels: [__name__], regex: numbered, action: keep}}\n  \
             queue_config: {{batch_send_deadline: 100ms, max_samples_per_send: 10, \
             max_backoff: 500ms}}\n"
        ),
    );
    server.run();
    server
}

#[test]
fn an_outage_of_many_segments_with_kills_of_both_sides_loses_nothing() {
    let Some(program) = find_program("prometheus") else {
        return skip("a long outage of Prometheus", "prometheus is not installed");
    };
    let folder = tempfile::tempdir().unwrap();
    let mut receiver = Prometheus { port: free_port(), peer: None };
    receiver.run(&program, folder.path());
    let mut server = keeper(&format!("http://{}/api/v1/write", receiver.address()), "1GB");
    let mut pushes = Pushes::new();
    pushes.push(&server, 5);
    wait_for_all("samples before the outage", &pushes, || shown(receiver.address()));
    receiver.peer = None;
    for round in 0..8 {
        pushes.push(&server, 15);
        flush(&server);
        if round % 3 == 1 {
            server.kill();
            server.run();
        }
    }
    let waits = "flyball_remote_write_backlog_bytes > 0";
    server.wait_for_query(waits, |found| !found.is_empty());
    // Both die again while the backlog is on its way.
    receiver.run(&program, folder.path());
    let begin = 5;
    wait_for("a part of the backlog", || {
        let shown = shown(receiver.address())?;
        shown.iter().any(|series| series.len() > begin).then_some(())
    });
    receiver.peer = None;
    server.kill();
    server.run();
    pushes.push(&server, 5);
    receiver.run(&program, folder.path());
    wait_for_all("samples of a long outage", &pushes, || shown(receiver.address()));
    let metrics = server.get("/metrics").text();
    assert!(metrics.contains("\nflyball_remote_write_backlog_lost_bytes_total 0\n"), "{metrics}");
}

#[test]
fn a_backlog_beyond_its_bound_gives_up_the_oldest_and_tells() {
    let server = keeper(&format!("http://127.0.0.1:{}/api/v1/write", free_port()), "1KB");
    let mut pushes = Pushes::new();
    let lost = || {
        let metrics = server.get("/metrics").text();
        let name = "flyball_remote_write_backlog_lost_bytes_total ";
        let line = metrics.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        line.and_then(|count| count.parse::<f64>().ok()).filter(|count| *count > 0.0)
    };
    wait_for("the oldest to be given up", || {
        pushes.push(&server, 10);
        flush(&server);
        lost()
    });
}

/// What a VictoriaMetrics has stored, samples that came twice among it.
fn exported(address: SocketAddr) -> Option<Vec<Vec<(u64, u64)>>> {
    let reply = http::get(address, "/api/v1/export?match%5B%5D=numbered").ok()?;
    let lines = reply.text();
    let one = |line: &str| {
        let series: Value = serde_json::from_str(line).ok()?;
        let times =
            series["timestamps"].as_array()?.iter().map(|at| at.as_u64().map(|ms| ms / 1000));
        let values = series["values"].as_array()?.iter().map(Value::as_u64);
        times.zip(values).map(|(at, value)| Some((at?, value?))).collect()
    };
    lines.lines().map(one).collect()
}

#[test]
fn victoria_metrics_gets_every_sample_once() {
    let Some(program) = find_program("victoria-metrics") else {
        return skip("remote write to VictoriaMetrics", "victoria-metrics is not installed");
    };
    let folder = tempfile::tempdir().unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let start = || {
        let mut command = Command::new(&program);
        command
            .arg(format!("-httpListenAddr={address}"))
            .arg(format!("-storageDataPath={}", folder.path().join("vm").display()))
            .arg("-search.latencyOffset=0s");
        Peer::start(&mut command, &folder.path().join("vm.log")).unwrap()
    };
    let mut receiver = start();
    let mut server = sender(&format!("http://{address}/api/v1/write"), ", max_shards: 4");
    let mut pushes = Pushes::new();
    pushes.push(&server, 20);
    let once = |pushes: &Pushes| -> Vec<(u64, u64)> { pushes.expected().into_iter().collect() };
    wait_for("samples of a quiet time", || {
        exported(address).filter(|series| *series == vec![once(&pushes); ITEMS])
    });
    // It writes its memory to disk when it is told to stop, and is away for a while.
    let stopped = Command::new("kill").args(["-s", "INT", &receiver.id().to_string()]).status();
    assert!(stopped.unwrap().success());
    wait_for("VictoriaMetrics to end", || receiver.ended());
    pushes.push(&server, 40);
    server.kill();
    server.run();
    let _receiver = start();
    wait_for("samples of an outage", || {
        exported(address).filter(|series| *series == vec![once(&pushes); ITEMS])
    });
}

#[test]
fn another_flyball_gets_version_2() {
    let receiver = Server::start(&[]);
    let url = format!("http://{}/api/v1/write", receiver.address());
    let mut server = Server::prepare(&["--config.file=prometheus.yml"]);
    let text = format!(
        "global: {{external_labels: {{region: eu}}}}\n\
         remote_write:\n\
         - {{url: '{url}', protobuf_message: io.prometheus.write.v2.Request, \
         queue_config: {{batch_send_deadline: 100ms}}}}\n"
    );
    server.write("prometheus.yml", &text);
    server.run();
    let mut pushes = Pushes::new();
    pushes.push(&server, 20);
    wait_for_all("samples by version 2.0", &pushes, || shown(receiver.address()));
    // Everything that is stored goes, also what the server tells of itself.
    receiver.wait_for_query("up{job=\"flyball\",region=\"eu\"} == 1", |up| up.len() == 1);
}

fn header<'a>(asked: &'a Asked, name: &str) -> Option<&'a str> {
    asked.head.iter().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

#[test]
fn a_receiver_that_cannot_is_asked_again_and_one_that_will_not_is_not() {
    let count = AtomicUsize::new(0);
    let later = |status| Scripted {
        status,
        headers: vec!["Retry-After: 1".to_owned()],
        ..Scripted::default()
    };
    let site = Site::start(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => later(503),
        1 => later(429),
        2 => Scripted { status: 400, body: "no thanks".to_owned(), ..Scripted::default() },
        _ => Scripted { status: 204, ..Scripted::default() },
    });
    let keys = ", retry_on_http_429: true}\n  metadata_config: {send: false";
    let server = sender(&format!("http://{}/receive", site.address()), keys);
    let mut pushes = Pushes::new();
    pushes.push(&server, 1);
    let asked = wait_for("three requests", || Some(site.asked()).filter(|asked| asked.len() == 3));
    let first = &asked[0];
    assert_eq!(first.target, "POST /receive");
    assert_eq!(header(first, "content-type"), Some("application/x-protobuf"));
    assert_eq!(header(first, "content-encoding"), Some("snappy"));
    assert_eq!(header(first, "x-prometheus-remote-write-version"), Some("0.1.0"));
    assert!(header(first, "user-agent").unwrap().starts_with("Flyball/"));
    assert!(asked.iter().all(|one| one.body == first.body), "the same request");
    assert_eq!(header(&asked[2], "retry-attempt"), Some("2"));
    wait_for("the refusal to be told once", || {
        let log = server.log();
        let told = log.lines().filter(|line| line.contains("no thanks")).count();
        (told == 1).then_some(())
    });
    pushes.push(&server, 1);
    wait_for("the next request", || Some(site.asked()).filter(|asked| asked.len() == 4));
    let counts = [("samples_failed_total", 3), ("samples_retried_total", 6), ("samples_total", 6)];
    for (name, count) in counts {
        let line = format!(
            "prometheus_remote_storage_{name}{{remote_name=\"receiver\",\
             url=\"http://{}/receive\"}} {count}\n",
            site.address()
        );
        wait_for(&line, || server.get("/metrics").text().contains(&line).then_some(()));
    }
}

/// Table of docs/compat.md: version, what is shown, receiver, and the test that shows it.
const SHOWN: [(&str, &str, &str, &str); 9] = [
    (
        "1.0",
        "outage, kill and stop of both sides",
        "Prometheus 2.42",
        "prometheus_gets_every_sample_through_outages_and_kills",
    ),
    (
        "1.0",
        "a long outage, many pieces of journal, kills of both sides",
        "Prometheus 2.42",
        "an_outage_of_many_segments_with_kills_of_both_sides_loses_nothing",
    ),
    (
        "1.0",
        "a backlog beyond its bound",
        "nobody",
        "a_backlog_beyond_its_bound_gives_up_the_oldest_and_tells",
    ),
    (
        "1.0",
        "every sample once, stop of the receiver, kill of the sender",
        "VictoriaMetrics 1.79",
        "victoria_metrics_gets_every_sample_once",
    ),
    ("2.0", "all series of a server", "Flyball", "another_flyball_gets_version_2"),
    (
        "1.0",
        "503 and 429 with `Retry-After`, 400, headers, metrics",
        "scripted",
        "a_receiver_that_cannot_is_asked_again_and_one_that_will_not_is_not",
    ),
    (
        "1.0",
        "client certificates, tokens of OAuth 2",
        "scripted, in Python",
        "crates/flyball/tests/it/encrypted.rs",
    ),
    (
        "1.0, 2.0",
        "values, labels, relabelling, histograms, exemplars, starts, metadata",
        "decoder",
        "crates/egress/src/sender/request/tests.rs",
    ),
    (
        "1.0",
        "crashes and power cuts at any operation, 3,000 seeds",
        "simulated",
        "crates/egress/src/sender/simulation.rs",
    ),
];

#[test]
fn the_page_lists_what_is_shown() {
    const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/compat.md");
    const BEGIN: &str =
        "<!-- remote write: written by `UPDATE_EXPECT=1 cargo test -p flyball` -->\n";
    let mut table = "| version | what | receiver | verdict | shown by |\n".to_owned();
    table += "|---|---|---|---|---|\n";
    for (version, what, receiver, test) in SHOWN {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(test);
        let here = include_str!("remote_write.rs").contains(&format!("fn {test}()"));
        assert!(here || path.is_file(), "{test} exists");
        writeln!(table, "| {version} | {what} | {receiver} | works | `{test}` |").unwrap();
    }
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    let expected = format!("{before}{BEGIN}{table}<!-- end -->{after}");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(PAGE, &expected).unwrap();
    }
    let page = std::fs::read_to_string(PAGE).unwrap();
    assert!(page == expected, "docs/compat.md is behind the tests; set UPDATE_EXPECT=1");
}
