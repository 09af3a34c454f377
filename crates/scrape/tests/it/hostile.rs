//! Targets of every kind: what they send decides `up`, and nothing else breaks.

use crate::server::{Reply, Server};
use crate::world::{World, eventually};
use flate2::Compression;
use flate2::write::GzEncoder;
use scrape::{Health, TargetView};
use std::io::Write as _;
use std::time::Duration;
use testkit::protobuf::Message;

const TEXT: &str = "Content-Type: text/plain\r\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn job(server: &Server, more: &str) -> String {
    format!("- job_name: j\n  static_configs: [{{targets: ['{}']}}]\n{more}", server.address)
}

/// Scrapes a target until its last error holds one of the texts; an empty text means "up".
async fn check(reply: Reply, more: &str, expected: &[&str]) {
    let server = Server::start(reply).await;
    let mut world = World::new();
    world.apply(&job(&server, more)).await;
    let fits = |target: &TargetView| match target.health {
        Health::Unknown => false,
        Health::Up => expected == [""],
        Health::Down => expected.iter().any(|e| !e.is_empty() && target.last_error.contains(e)),
    };
    let target = world.target(&format!("{expected:?}"), fits).await;
    let wanted = if target.health == Health::Up { 1.0 } else { 0.0 };
    let instance = server.address.to_string();
    let stored = || world.up("j", &instance).iter().any(|(_, up)| *up == wanted).then_some(());
    eventually("a value of up", stored).await;
    world.pools.stop().await;
}

#[tokio::test]
async fn a_good_page_is_stored_and_shown() {
    let server = Server::start(Reply::text("# TYPE a gauge\n# HELP a Help.\na{x=\"1\"} 5\n")).await;
    let mut world = World::new();
    world.apply(&job(&server, "  params: {p: [v]}\n  metrics_path: /own\n")).await;
    let target = world.target("a scrape", |target| target.health == Health::Up).await;
    let instance = server.address.to_string();
    assert_eq!(target.url, format!("http://{instance}/own?p=v"));
    assert_eq!(target.labels.to_string(), format!("{{instance=\"{instance}\", job=\"j\"}}"));
    assert_eq!((target.pool.as_str(), target.samples), ("j", 1));
    let labels = [("__name__", "a"), ("x", "1"), ("job", "j"), ("instance", instance.as_str())];
    let samples = world.memory.samples(&labels);
    assert_eq!(samples[0].1, 5.0);
    let at = target.last_scrape.unwrap();
    assert!(samples.iter().any(|(time, _)| *time <= at.ms()));
    let asked = server.asked().remove(0).to_lowercase();
    for header in [
        "accept: application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,",
        "accept-encoding: zstd,gzip;q=0.9\r\n",
        "x-prometheus-scrape-timeout-seconds: 0.2\r\n",
        "user-agent: flyball/",
    ] {
        assert!(asked.contains(header), "{header} in {asked}");
    }
    let metadata = world.pools.view().metadata();
    assert_eq!(metadata[0].metric.metadata.help, "Help.");
    assert_eq!(world.pools.view().pools(), ["j"]);
    world.pools.stop().await;
}

#[tokio::test]
async fn formats_and_encodings_that_are_understood() {
    let openmetrics = "Content-Type: application/openmetrics-text\r\n";
    let compressed = format!("{TEXT}Content-Encoding: gzip\r\n");
    let zstd_compressed = format!("{TEXT}Content-Encoding: zstd\r\n");
    let protobuf = "Content-Type: application/vnd.google.protobuf; encoding=delimited; \
                    proto=io.prometheus.client.MetricFamily\r\n";
    let value = Message::new().message(2, &Message::new().double(1, 1.0));
    let gauge = Message::new().bytes(1, "a").number(3, 1).message(4, &value).delimited();
    for (reply, more) in [
        (Reply::page(TEXT, b"a 1\n"), ""),
        (Reply::page(openmetrics, b"a 1\n# EOF\n"), ""),
        (Reply::page(&compressed, &gzip(b"a 1\n")), ""),
        (Reply::page(&zstd_compressed, &zstd::encode_all(&b"a 1\n"[..], 3).unwrap()), ""),
        (Reply::page(protobuf, &gauge), ""),
        (Reply::page("", &gauge), "  fallback_scrape_protocol: PrometheusProto\n"),
        (Reply::page("", b"a 1\n"), "  fallback_scrape_protocol: PrometheusText0.0.4\n"),
        (Reply::page("", b""), ""),
        (Reply::page(TEXT, b"a 1\n"), "  body_size_limit: 5B\n"),
    ] {
        check(reply, more, &[""]).await;
    }
}

#[tokio::test]
async fn pages_that_fail_say_why() {
    for (reply, more, expected) in [
        (
            Reply::status("404 Not Found", TEXT, b""),
            "",
            "server returned HTTP status 404 Not Found",
        ),
        (
            Reply::page("Content-Type: text/html\r\n", b"<p>"),
            "",
            "unsupported Content-Type \"text/html\"",
        ),
        (Reply::page("", b"a 1\n"), "", "blank Content-Type"),
        (Reply::page(TEXT, b"a 1\nb\n"), "", "line 2: expected value after metric"),
        (Reply::page(TEXT, b"a 1\nb 2\n"), "  sample_limit: 1\n", "sample limit exceeded"),
        (
            Reply::page(TEXT, b"a{b=\"c\"} 1\n"),
            "  label_limit: 3\n",
            "label_limit exceeded (metric: a, ",
        ),
        (
            Reply::page(TEXT, b"a 1\n"),
            "  body_size_limit: 4B\n",
            "body size limit exceeded: more than 3 bytes",
        ),
        (
            Reply::page("Content-Type: application/vnd.google.protobuf\r\n", b"a 1\n"),
            "",
            "protobuf: declared length exceeds",
        ),
        (Reply::page("Content-Encoding: br\r\n", b"x"), "", "content encoding `br`"),
        (Reply::Bytes(b"nonsense\r\n\r\n".to_vec()), "", "request to http://127.0.0.1:"),
        (Reply::Silence, "", "within 200ms"),
        (Reply::Drip, "", "within 200ms"),
        (
            Reply::status("302 Found", "Location: http://169.254.169.254/\r\n", b""),
            "",
            "address 169.254.169.254 of \"169.254.169.254\" is forbidden by the policy",
        ),
        (
            Reply::status("302 Found", "Location: /x\r\n", b""),
            "  follow_redirects: false\n",
            "server returned HTTP status 302 Found",
        ),
    ] {
        check(reply, more, &[expected]).await;
    }
}

#[tokio::test]
async fn bombs_floods_and_monsters_are_bounded() {
    let patient = "  scrape_interval: 1s\n  scrape_timeout: 1s\n";
    let compressed = format!("{TEXT}Content-Encoding: gzip\r\n");
    let bomb = gzip(&vec![b'0'; 64 << 20]);
    check(Reply::page(&compressed, &bomb), patient, &["more than 200 times"]).await;
    let compressed = format!("{TEXT}Content-Encoding: zstd\r\n");
    let bomb = zstd::encode_all(&*vec![b'0'; 64 << 20], 3).unwrap();
    check(Reply::page(&compressed, &bomb), patient, &["more than 200 times"]).await;
    let flood = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n".to_vec();
    let small = "  body_size_limit: 64KB\n";
    check(Reply::Forever(flood), small, &["body size limit exceeded"]).await;
    let monster = format!("a{{b=\"{}\"}} 1\n", "x".repeat(10 << 20));
    let server = Server::start(Reply::page(TEXT, monster.as_bytes())).await;
    let mut world = World::new();
    world.apply(&job(&server, &format!("{patient}  label_value_length_limit: 100\n"))).await;
    let is_refused = |target: &TargetView| target.last_error.starts_with("label_value_length");
    let target = world.target("the refusal", is_refused).await;
    assert!(target.last_error.len() < 300, "{}", target.last_error.len());
    world.pools.stop().await;
}

#[tokio::test]
async fn the_size_of_a_page_says_when_it_was_too_long() {
    let missing = Reply::status("404 Not Found", TEXT, b"nothing");
    for (reply, more, expected) in [
        (Reply::page(TEXT, b"a 1\n"), "  body_size_limit: 4B\n", -1.0),
        (Reply::page(TEXT, b"a 1\n"), "", 4.0),
        (missing, "", 0.0),
    ] {
        let server = Server::start(reply).await;
        let mut world = World::new();
        world.apply(&job(&server, &format!("{more}  extra_scrape_metrics: true\n"))).await;
        let size = || world.memory.latest("scrape_body_size_bytes").values().next().copied();
        assert_eq!(eventually("a scrape", size).await, Some(expected));
        world.pools.stop().await;
    }
}

#[tokio::test]
async fn a_hanging_target_delays_nobody_and_does_not_stop_the_stop() {
    let hanging = Server::start(Reply::Silence).await;
    let good = Server::start(Reply::text("a 1\n")).await;
    let mut world = World::new();
    let jobs = format!(
        "- job_name: j\n  static_configs: [{{targets: ['{}', '{}']}}]\n",
        hanging.address, good.address
    );
    world.apply(&jobs).await;
    world.target("the good one", |target| target.health == Health::Up).await;
    let slow = world.target("the hanging one", |target| target.health == Health::Down).await;
    assert!(slow.last_duration >= Duration::from_millis(200));
    let jobs = "- job_name: j\n  scrape_interval: 1h\n  scrape_timeout: 1h\n  static_configs: \
                [{targets: ['127.0.0.1:1']}]\n";
    world.apply(jobs).await;
    tokio::time::timeout(Duration::from_secs(10), world.pools.stop()).await.unwrap();
}

#[tokio::test]
async fn a_panic_of_the_storage_does_not_end_the_loop_of_its_target() {
    let server = Server::start(Reply::text("a 1\n")).await;
    let mut world = World::new();
    world.memory.panic_next();
    world.apply(&job(&server, "")).await;
    world.target("a scrape after the panic", |target| target.health == Health::Up).await;
    assert!(server.asked().len() > 1);
    world.pools.stop().await;
}

#[tokio::test]
async fn a_limit_on_targets_fails_all_of_them() {
    let server = Server::start(Reply::text("a 1\n")).await;
    let mut world = World::new();
    let jobs = format!(
        "- job_name: j\n  target_limit: 1\n  static_configs: [{{targets: ['{}', 'localhost:1']}}]\n",
        server.address
    );
    world.apply(&jobs).await;
    let all_down = || {
        let active = world.pools.view().active();
        (active.len() == 2 && active.iter().all(|t| t.health == Health::Down)).then_some(active)
    };
    for target in eventually("both down", all_down).await {
        assert_eq!(target.last_error, "target_limit exceeded (number of targets: 2, limit: 1)");
    }
    assert!(server.asked().is_empty());
    world.apply(&job(&server, "  target_limit: 1\n")).await;
    world.target("as many as allowed", |target| target.health == Health::Up).await;
    world.pools.stop().await;
}

#[tokio::test]
async fn authentication_reaches_the_target() {
    let server = Server::start(Reply::text("a 1\n")).await;
    let mut world = World::new();
    world.apply(&job(&server, "  basic_auth: {username: user, password: secret}\n")).await;
    world.target("a scrape", |target| target.health == Health::Up).await;
    assert!(server.asked()[0].contains("authorization: Basic dXNlcjpzZWNyZXQ=\r\n"));
    world.pools.stop().await;
}
