//! nginx 1.22 and Debian's exporter 0.11 on the same server; known requests in the access log, also
//! across a rotation; a server that hangs, is gone, has no such page.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::compare::{Exception, Shape, assert_same};
use crate::world::{block, faults, loopback, page, settings, shape, signal, world};
use services::{NginxCollector, PartOutcome};
use std::process::Command;
use tempfile::TempDir;
use testkit::{Peer, find_program, free_port, http, skip, wait_for};

const EXCEPTIONS: &[Exception] = &[
    ("nginxexporter_build_info is missing", "there is no exporter"),
    ("nginx_scrape_collector_", "ours"),
];

/// Format of the log, as nginx.conf and flyball.yml have it.
const FORMAT: &str =
    "$remote_addr [$time_local] \"$request\" $status $body_bytes_sent $request_time";

/// A server with a directory of its own.
struct Server {
    dir: TempDir,
    port: u16,
    peer: Option<Peer>,
}

impl Server {
    /// Starts a server, if nginx is installed.
    fn start(suite: &str) -> Option<Self> {
        if find_program("nginx").is_none() {
            skip(suite, "nginx is not installed");
            return None;
        }
        let mut server = Self { dir: tempfile::tempdir().unwrap(), port: free_port(), peer: None };
        let (port, dir) = (server.port, server.dir.path().display().to_string());
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {dir}/{kind};"))
            .join("\n");
        let config = format!(
            "daemon off; master_process off; pid {dir}/pid; error_log {dir}/error;
            events {{ }}
            http {{
                {temporary}
                log_format timed '{FORMAT}';
                access_log {dir}/access timed;
                server {{
                    listen 127.0.0.1:{port};
                    location = /status {{ stub_status; access_log off; }}
                    location = /closed {{
                        stub_status; auth_basic x; auth_basic_user_file {dir}/users;
                    }}
                    location = /denied {{ stub_status; deny all; }}
                    location /api/ {{ return 200 'four'; }}
                    location /broken {{ return 503; }}
                }}
            }}"
        );
        std::fs::write(server.dir.path().join("nginx.conf"), config).unwrap();
        std::fs::write(server.dir.path().join("users"), "watcher:{PLAIN}pw\n").unwrap();
        server.run();
        Some(server)
    }

    fn run(&mut self) {
        let mut command = Command::new(find_program("nginx").unwrap());
        command.arg("-p").arg(self.dir.path()).arg("-c").arg(self.dir.path().join("nginx.conf"));
        self.peer = Some(Peer::start(&mut command, &self.dir.path().join("log")).unwrap());
        wait_for("nginx to answer", || http::get(loopback(self.port), "/status").ok());
    }

    fn get(&self, path: &str, times: usize) {
        for _ in 0..times {
            http::get(loopback(self.port), path).unwrap();
        }
    }

    /// Debian's exporter for this server, if it is installed.
    fn exporter(&self, suite: &str) -> Option<(Peer, u16)> {
        let Some(program) = find_program("prometheus-nginx-exporter") else {
            skip(suite, "prometheus-nginx-exporter is not installed");
            return None;
        };
        let port = free_port();
        let mut command = Command::new(program);
        command.arg(format!("-nginx.scrape-uri=http://127.0.0.1:{}/status", self.port));
        command.arg(format!("-web.listen-address=127.0.0.1:{port}"));
        Some((Peer::start(&mut command, &self.dir.path().join("exporter")).unwrap(), port))
    }

    fn collector(&self, path: &str, more: &str) -> NginxCollector {
        let text = format!("  nginx: [{{url: 'http://127.0.0.1:{}{path}'{more}}}]", self.port);
        NginxCollector::new(settings(&text).services.nginx.remove(0), world())
    }
}

fn collect(collector: &mut NginxCollector) -> (Shape, Vec<PartOutcome>) {
    let (families, parts) = block(collector.collect());
    (shape(&families), parts)
}

#[test]
fn a_server_gives_the_series_of_the_real_exporter() {
    let suite = "nginx exporter beside ours";
    let Some(server) = Server::start(suite) else { return };
    let Some((_peer, port)) = server.exporter(suite) else { return };
    let theirs = page(port, "/metrics");
    let (ours, parts) = collect(&mut server.collector("/status", ""));
    assert_eq!(faults(&parts), []);
    assert_same(&ours, &theirs, EXCEPTIONS);
    let name = "nginx_http_requests_total";
    assert!(ours.value(name) > theirs.value(name), "each reading is a request");
    if let Some(folder) = testkit::conformance_dir(suite, "exposition") {
        let saved = std::fs::read_to_string(folder.join("nginx.txt")).unwrap();
        assert_same(&ours, &Shape::of(&saved), EXCEPTIONS);
    }
}

#[test]
fn known_requests_are_counted_by_route_also_across_a_rotation() {
    let Some(server) = Server::start("nginx under load") else { return };
    let log = server.dir.path().join("access");
    let more = format!(
        ", access_log: {{path: '{}', format: '{FORMAT}', routes: [/api/orders/*]}}",
        log.display()
    );
    server.get("/before", 3);
    let mut collector = server.collector("/status", &more);
    let (before, _) = collect(&mut collector);
    assert_eq!(before.value("nginx_accesslog_lines_total"), 0.0, "old lines are not counted");
    server.get("/api/orders/17", 5);
    server.get("/api/orders/18?x=1", 5);
    server.get("/api/users/4711", 4);
    server.get("/broken", 2);
    let moved = server.dir.path().join("access.1");
    std::fs::rename(&log, moved).unwrap();
    server.get("/api/orders/19", 1);
    signal(server.peer.as_ref().unwrap().id(), "USR1");
    wait_for("nginx to open the new log", || log.exists().then_some(()));
    server.get("/api/orders/20", 1);
    let (after, parts) = collect(&mut collector);
    assert_eq!(faults(&parts), []);
    let of = |metric: &str, route: &str, status: u16| {
        after.value(&format!("{metric}{{method=\"GET\",route=\"{route}\",status=\"{status}\"}}"))
    };
    let requests = |route, status| of("nginx_accesslog_requests_total", route, status);
    assert_eq!(requests("/api/orders/*", 200), 12.0);
    assert_eq!(requests("/api/users/:id", 200), 4.0);
    assert_eq!(requests("/broken", 503), 2.0);
    assert_eq!(of("nginx_accesslog_response_bytes_total", "/api/orders/*", 200), 48.0);
    assert_eq!(of("nginx_http_request_duration_seconds_count", "/api/orders/*", 200), 12.0);
    assert_eq!(after.value("nginx_accesslog_unread_lines_total"), 0.0);
    let moved =
        after.value("nginx_http_requests_total") - before.value("nginx_http_requests_total");
    assert_eq!(moved, 19.0, "eighteen and our own");
}

#[test]
fn a_server_that_hangs_or_is_gone_costs_its_page_and_says_why() {
    let Some(mut server) = Server::start("nginx that hangs") else { return };
    let missing = server.dir.path().join("nothing");
    let more = format!(", timeout: 400ms, access_log: {{path: '{}'}}", missing.display());
    let mut collector = server.collector("/status", &more);
    let (shape, parts) = collect(&mut collector);
    assert_eq!((shape.value("nginx_up"), faults(&parts)), (1.0, vec![("access_log", "io")]));
    let process = server.peer.as_ref().unwrap().id();
    signal(process, "STOP");
    let (shape, parts) = collect(&mut server.collector("/status", ", timeout: 400ms"));
    signal(process, "CONT");
    assert_eq!((shape.value("nginx_up"), faults(&parts)), (0.0, vec![("stub_status", "timeout")]));
    for (path, reason) in
        [("/nothing", "unsupported"), ("/broken", "not_ready"), ("/api/x", "protocol")]
    {
        let (shape, parts) = collect(&mut server.collector(path, ""));
        let expected = (0.0, vec![("stub_status", reason)]);
        assert_eq!((shape.value("nginx_up"), faults(&parts)), expected, "{path}");
    }
    server.peer = None;
    let (shape, parts) = collect(&mut server.collector("/status", ""));
    assert_eq!((shape.value("nginx_up"), faults(&parts)), (0.0, vec![("stub_status", "connect")]));
    server.run();
    assert_eq!(collect(&mut collector).0.value("nginx_up"), 1.0, "it is back");
    let mut odd =
        server.collector("/status", ", access_log: {path: /x, format: '$status$request'}");
    assert_eq!(faults(&collect(&mut odd).1), [("access_log", "config")]);
}

/// Four clients at once, as a load generator has them; every request is seen by both.
#[test]
fn known_load_moves_the_counters_as_those_of_the_real_exporter() {
    let suite = "nginx under load beside its exporter";
    let Some(server) = Server::start(suite) else { return };
    let Some((_peer, port)) = server.exporter(suite) else { return };
    let log = server.dir.path().join("access");
    let more = format!(", access_log: {{path: '{}', format: '{FORMAT}'}}", log.display());
    let mut collector = server.collector("/status", &more);
    let their_before = page(port, "/metrics");
    let (before, _) = collect(&mut collector);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| server.get("/api/x", 100));
        }
    });
    let (after, parts) = collect(&mut collector);
    let their_after = page(port, "/metrics");
    assert_eq!(faults(&parts), []);
    for name in
        ["nginx_http_requests_total", "nginx_connections_accepted", "nginx_connections_handled"]
    {
        let own = after.value(name) - before.value(name);
        let other = their_after.value(name) - their_before.value(name);
        // Each reading is a request; what it takes connections for is its own affair.
        assert!((400.0..=401.0).contains(&own), "{name} here by {own}");
        assert!((400.0..=403.0).contains(&other), "{name} there by {other}");
    }
    let counted = "nginx_accesslog_requests_total{method=\"GET\",route=\"/api/x\",status=\"200\"}";
    assert_eq!(after.value(counted), 400.0);
}

#[test]
fn passwords_and_rights_are_told_apart() {
    let Some(server) = Server::start("nginx with users") else { return };
    let of = |path: &str, more: &str| {
        let (shape, parts) = collect(&mut server.collector(path, more));
        assert!(!format!("{parts:?}").contains("secret"), "{parts:?}");
        (shape.value("nginx_up"), faults(&parts))
    };
    let refused = |reason| (0.0, vec![("stub_status", reason)]);
    assert_eq!(of("/closed", ", username: watcher, password: pw"), (1.0, vec![]));
    assert_eq!(of("/closed", ", username: watcher, password: secret"), refused("auth"));
    assert_eq!(of("/closed", ", username: secret, password: pw"), refused("auth"));
    assert_eq!(of("/closed", ""), refused("auth"));
    assert_eq!(of("/denied", ""), refused("permission"));
    let file = server.dir.path().join("password");
    let more = format!(", username: watcher, password_file: '{}'", file.display());
    let mut collector = server.collector("/closed", &more);
    for (password, expected) in [("old\n", refused("auth")), ("pw\n", (1.0, vec![]))] {
        std::fs::write(&file, password).unwrap();
        let (shape, parts) = collect(&mut collector);
        assert_eq!((shape.value("nginx_up"), faults(&parts)), expected, "read at each collection");
    }
}

/// Nobody asks while the server is away: it is no outage, its counters begin anew, and those of the
/// access log go on.
#[test]
fn a_restart_between_two_readings_shows_in_the_counters_alone() {
    let Some(mut server) = Server::start("nginx that restarts") else { return };
    let log = server.dir.path().join("access");
    let more = format!(", access_log: {{path: '{}', format: '{FORMAT}'}}", log.display());
    let mut collector = server.collector("/status", &more);
    collect(&mut collector);
    server.get("/api/x", 30);
    let (before, _) = collect(&mut collector);
    server.get("/api/x", 5);
    server.peer = None;
    server.run();
    server.get("/api/x", 2);
    let (after, parts) = collect(&mut collector);
    assert_eq!((after.value("nginx_up"), faults(&parts)), (1.0, vec![]));
    let total = "nginx_http_requests_total";
    assert!(before.value(total) > 30.0 && after.value(total) < 10.0, "the server begins at none");
    let counted = "nginx_accesslog_requests_total{method=\"GET\",route=\"/api/x\",status=\"200\"}";
    assert_eq!((before.value(counted), after.value(counted)), (30.0, 37.0));
}
