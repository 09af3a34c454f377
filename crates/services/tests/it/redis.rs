//! Redis 7.0 and Debian's `redis_exporter` 1.45 on the same servers: primary, replica, Sentinel,
//! cluster node; known load; a server that hangs, is gone, comes back, refuses.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::compare::{Exception, Shape, assert_same};
use crate::world::{block, faults, page, settings, shape, signal, world};
use model::Timestamp;
use services::{PartOutcome, RedisCollector};
use std::path::Path;
use std::process::Command;
use sys::Clock;
use tempfile::TempDir;
use testkit::{Peer, find_program, free_port, skip, wait_for};

/// What 1.7x has and 1.45 has not, and what only the exporter's process has.
const EXCEPTIONS: &[Exception] = &[
    ("redis_exporter_build_info is missing", "there is no exporter"),
    ("redis_target_scrape_request_errors_total is missing", "its HTTP interface is not there"),
    ("redis_instance_info{", "1.7x has the label master_replid"),
    ("redis_expired_time_cap_reached_total is counter, not gauge", "as 1.7x"),
    ("redis_total_system_memory_bytes", "1.45 has it on request; rules use it"),
    ("redis_commands_latencies_usec", "since 1.46"),
    ("redis_config_client_output_buffer_limit_", "since 1.46"),
    ("redis_scrape_collector_", "ours"),
    ("redis_errors_total", "since 1.47"),
    ("redis_commands_", "the readings themselves are commands"),
    ("redis_latency_percentiles_usec", "the readings themselves are commands"),
    ("redis_exporter_last_scrape_error", "reasons are words"),
    ("redis_hz ", "newer"),
    ("redis_configured_hz ", "newer"),
    ("redis_acl_access_denied_", "newer"),
    ("redis_async_loading", "newer"),
    ("redis_client_output_buffer_limit_", "newer"),
    ("redis_client_query_buffer_limit_", "newer"),
    ("redis_current_eviction_exceeded_time_ms", "newer"),
    ("redis_evict", "newer"),
    ("redis_expire_cycle_cpu_time_ms_total", "newer"),
    ("redis_max_clients", "newer"),
    ("redis_mem_total_replication_buffers_bytes", "newer"),
    ("redis_memory_used_", "newer"),
    ("redis_net_repl_", "newer"),
    ("redis_number_of_", "newer"),
    ("redis_pubsubshard_channels", "newer"),
    ("redis_rdb_last_load_", "newer"),
    ("redis_rdb_saves_total", "newer"),
    ("redis_reply_buffer_", "newer"),
];

/// What is different of a Sentinel.
const SENTINEL_EXCEPTIONS: &[Exception] = &[
    ("redis_db_keys", "a Sentinel has no databases, so none is shown as empty"),
    ("redis_last_key_groups_scrape_duration_milliseconds", "a Sentinel has no keys"),
    ("redis_sentinel_master_setting_", "since 1.46"),
    ("redis_sentinel_master_config_epoch", "newer"),
    ("redis_sentinel_master_last_ok_ping_reply_seconds", "newer"),
];

/// A server with a directory of its own.
struct Server {
    dir: TempDir,
    port: u16,
    words: Vec<String>,
    peer: Option<Peer>,
}

impl Server {
    /// Starts a server, if Redis is installed.
    fn start(suite: &str, words: &[&str]) -> Option<Self> {
        if find_program("redis-server").is_none() || find_program("redis-cli").is_none() {
            skip(suite, "redis-server is not installed");
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        let mut server = Self { dir, port: free_port(), words, peer: None };
        server.run();
        Some(server)
    }

    fn run(&mut self) {
        let mut command = Command::new(find_program("redis-server").unwrap());
        command.current_dir(self.dir.path());
        let config = self.dir.path().join("redis.conf");
        if !config.exists() {
            std::fs::write(&config, "save \"\"\nbind 127.0.0.1\n").unwrap();
        }
        command.arg(&config).args(["--port", &self.port.to_string()]).args(&self.words);
        self.peer = Some(Peer::start(&mut command, &self.dir.path().join("log")).unwrap());
        wait_for("redis to answer", || {
            let answer = self.cli(&["PING"]);
            (answer.contains("PONG") || answer.contains("NOAUTH")).then_some(())
        });
    }

    fn cli(&self, words: &[&str]) -> String {
        let mut command = Command::new(find_program("redis-cli").unwrap());
        let output = command.args(["-p", &self.port.to_string()]).args(words).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn collector(&self, more: &str) -> RedisCollector {
        let text = format!("  redis: [{{address: '127.0.0.1:{}'{more}}}]", self.port);
        RedisCollector::new(settings(&text).services.redis.remove(0), world())
    }

    /// Debian's exporter for this server.
    fn exporter(&self, dir: &Path) -> Option<(Peer, u16)> {
        let program = find_program("prometheus-redis-exporter")?;
        let port = free_port();
        let mut command = Command::new(program);
        command.arg(format!("-redis.addr=redis://127.0.0.1:{}", self.port));
        command.arg(format!("-web.listen-address=127.0.0.1:{port}"));
        Some((Peer::start(&mut command, &dir.join(format!("exporter-{port}"))).unwrap(), port))
    }

    /// Both pages of this server, ours first; `None`: there is no exporter.
    fn both(&self, suite: &str) -> Option<(Shape, Shape)> {
        let Some((_peer, port)) = self.exporter(self.dir.path()) else {
            skip(suite, "prometheus-redis-exporter is not installed");
            return None;
        };
        let theirs = page(port, "/metrics");
        let (ours, parts) = collect(&mut self.collector(""));
        assert_eq!(faults(&parts), [], "{parts:#?}");
        Some((ours, theirs))
    }
}

fn now() -> Timestamp {
    sys::SystemClock::new().now()
}

fn collect(collector: &mut RedisCollector) -> (Shape, Vec<PartOutcome>) {
    let (families, parts) = block(collector.collect(now()));
    (shape(&families), parts)
}

#[test]
fn a_primary_and_its_replica_give_the_series_of_the_real_exporter() {
    let suite = "redis_exporter beside ours";
    let Some(primary) = Server::start(suite, &["--slowlog-log-slower-than", "0"]) else { return };
    let follows = ["--replicaof", &format!("127.0.0.1 {}", primary.port)];
    let replica = Server::start(suite, &follows).unwrap();
    primary.cli(&["SET", "a", "1", "EX", "1000"]);
    primary.cli(&["-n", "3", "SET", "b", "1"]);
    primary.cli(&["INCR", "word"]);
    primary.cli(&["LPUSH", "a", "no list"]);
    wait_for("the replica to be online", || {
        let up = primary.cli(&["INFO", "replication"]).contains("state=online");
        (up && replica.cli(&["GET", "a"]).contains('1')).then_some(())
    });
    let Some((ours, theirs)) = primary.both(suite) else { return };
    assert_same(&ours, &theirs, EXCEPTIONS);
    let lag = format!(
        r#"redis_connected_slave_lag_seconds{{slave_ip="127.0.0.1",slave_port="{}",slave_state="online"}}"#,
        replica.port
    );
    assert!(ours.value(&lag) <= 1.0, "{lag} is {}", ours.value(&lag));
    assert_eq!(ours.value(r#"redis_db_keys{db="db3"}"#), 1.0);
    assert_eq!(ours.value(r#"redis_errors_total{err="WRONGTYPE"}"#), 1.0);
    let Some((ours, theirs)) = replica.both(suite) else { return };
    assert_same(&ours, &theirs, EXCEPTIONS);
    let link = format!(
        r#"redis_master_link_up{{master_host="127.0.0.1",master_port="{}"}}"#,
        primary.port
    );
    assert_eq!(ours.value(&link), 1.0);
}

#[test]
fn a_cluster_node_and_a_sentinel_give_the_series_of_the_real_exporter() {
    let suite = "redis_exporter beside ours";
    let Some(node) = Server::start(suite, &["--cluster-enabled", "yes"]) else { return };
    node.cli(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    wait_for("the cluster to be whole", || {
        node.cli(&["CLUSTER", "INFO"]).contains("cluster_state:ok").then_some(())
    });
    let Some((ours, theirs)) = node.both(suite) else { return };
    assert_same(&ours, &theirs, EXCEPTIONS);
    assert_eq!(ours.value("redis_cluster_slots_ok"), 16384.0);
    let Some(primary) = Server::start(suite, &[]) else { return };
    let Some(sentinel) = Server::start(suite, &["--sentinel"]) else { return };
    let port = primary.port.to_string();
    sentinel.cli(&["SENTINEL", "MONITOR", "main", "127.0.0.1", &port, "1"]);
    wait_for("the Sentinel to see the primary", || {
        sentinel.cli(&["SENTINEL", "CKQUORUM", "main"]).contains("OK").then_some(())
    });
    let Some((ours, theirs)) = sentinel.both(suite) else { return };
    assert_same(&ours, &theirs, &[EXCEPTIONS, SENTINEL_EXCEPTIONS].concat());
    let address = format!(r#"{{master_address="127.0.0.1:{port}",master_name="main"}}"#);
    assert_eq!(ours.value(&format!("redis_sentinel_master_ok_sentinels{address}")), 1.0);
}

/// The saved page of another machine: every family of it, with its type and help.
#[test]
fn every_family_of_the_saved_page_is_there() {
    let suite = "saved page of redis_exporter";
    let Some(folder) = testkit::conformance_dir(suite, "exposition") else { return };
    let text = std::fs::read_to_string(folder.join("redis.txt")).unwrap();
    let Some(server) = Server::start(suite, &[]) else { return };
    server.cli(&["SET", "a", "1"]);
    server.cli(&["GET", "a"]);
    let (ours, _) = collect(&mut server.collector(""));
    let mut theirs = Shape::of(&text);
    theirs.families.retain(|name, _| name.starts_with("redis_"));
    let mut lines = Vec::new();
    for (name, (kind, help)) in &theirs.families {
        match ours.families.get(name) {
            None => lines.push(format!("{name} is missing")),
            Some((own, words)) if (own, words) != (kind, help) => {
                lines.push(format!("{name} is {own}, not {kind}"));
            }
            Some(_) => {}
        }
    }
    let is_known = |line: &String| EXCEPTIONS.iter().any(|(start, _)| line.starts_with(start));
    lines.retain(|line| !is_known(line));
    assert!(lines.is_empty() && theirs.families.len() > 120, "{lines:#?}");
}

#[test]
fn known_load_moves_the_counters() {
    let suite = "redis under load";
    let Some(server) = Server::start(suite, &[]) else { return };
    let Some(program) = find_program("redis-benchmark") else {
        return skip(suite, "redis-benchmark is not installed");
    };
    let mut collector = server.collector(", key_groups: {bench: 'key:*', locks: '*:lock'}");
    let exporter = server.exporter(server.dir.path());
    let theirs = || exporter.as_ref().map(|(_, port)| page(*port, "/metrics"));
    let their_before = theirs();
    let (before, _) = collect(&mut collector);
    let port = server.port.to_string();
    let words = ["-p", &port, "-t", "set,get", "-n", "2000", "-r", "500", "-q"];
    assert!(Command::new(program).args(words).output().unwrap().status.success());
    server.cli(&["SET", "a:lock", "1"]);
    let mut collector = server.collector(", key_groups: {bench: 'key:*', locks: '*:lock'}");
    let (after, parts) = collect(&mut collector);
    assert_eq!(faults(&parts), []);
    let moved = |series: &str| after.value(series) - before.value(series);
    assert!(moved("redis_commands_processed_total") >= 4000.0);
    assert_eq!(after.value(r#"redis_commands_total{cmd="get"}"#), 2000.0);
    assert_eq!(after.value(r#"redis_commands_total{cmd="set"}"#), 2001.0);
    assert_eq!(moved("redis_keyspace_hits_total") + moved("redis_keyspace_misses_total"), 2000.0);
    assert!(moved("redis_net_input_bytes_total") > 100_000.0);
    let bucket = r#"redis_commands_latencies_usec_bucket{cmd="get",le="inf"}"#;
    assert_eq!(after.value(bucket), 2000.0);
    let group = |name: &str| format!(r#"redis_key_group_count{{db="db0",key_group="{name}"}}"#);
    assert_eq!(after.value(&group("locks")), 1.0);
    assert_eq!(after.value(&group("bench")) + 1.0, after.value(r#"redis_db_keys{db="db0"}"#));
    let (Some(their_before), Some(their_after)) = (their_before, theirs()) else {
        return skip(suite, "prometheus-redis-exporter is not installed");
    };
    for name in [
        r#"redis_commands_total{cmd="get"}"#,
        r#"redis_commands_total{cmd="set"}"#,
        "redis_keyspace_hits_total",
        "redis_keyspace_misses_total",
        r#"redis_db_keys{db="db0"}"#,
    ] {
        // A command that was never called has no series yet.
        let by = |before: &Shape, after: &Shape| {
            after.value(name) - Some(before.value(name)).filter(|v| !v.is_nan()).unwrap_or(0.0)
        };
        let (own, other) = (by(&before, &after), by(&their_before, &their_after));
        assert!(own == other && own > 0.0, "{name}: {own} here, {other} by the exporter");
    }
}

/// Nobody asks while the server is away: it is no outage, and its counters begin anew.
#[test]
fn a_restart_between_two_readings_shows_in_the_counters_alone() {
    let Some(mut server) = Server::start("redis that restarts", &[]) else { return };
    let mut collector = server.collector("");
    for _ in 0..20 {
        server.cli(&["SET", "a", "1"]);
    }
    let (before, _) = collect(&mut collector);
    server.peer = None;
    server.run();
    let (after, parts) = collect(&mut collector);
    assert_eq!((after.value("redis_up"), faults(&parts)), (1.0, vec![]));
    let sets = r#"redis_commands_total{cmd="set"}"#;
    assert_eq!((before.value(sets), after.has("redis_commands_total", "\"set\"")), (20.0, false));
    let total = "redis_commands_processed_total";
    assert!(after.value(total) < before.value(total), "the new server begins at none");
    let who = |shape: &Shape| {
        let is_it = |series: &&String| series.starts_with("redis_instance_info{");
        shape.series.iter().find(is_it).cloned()
    };
    assert!(who(&after).is_some() && who(&before) != who(&after), "another run of the server");
    assert_eq!(after.value("redis_exporter_scrapes_total"), 2.0, "the collector goes on");
}

#[test]
fn a_server_that_hangs_or_is_gone_costs_its_series_and_says_why() {
    let Some(mut server) = Server::start("redis that hangs", &[]) else { return };
    let mut collector = server.collector(", timeout: 400ms");
    let up = |shape: &Shape| shape.value("redis_up");
    assert_eq!(up(&collect(&mut collector).0), 1.0);
    let process = server.peer.as_ref().unwrap().id();
    signal(process, "STOP");
    let (shape, parts) = collect(&mut collector);
    signal(process, "CONT");
    assert_eq!(up(&shape), 0.0);
    assert_eq!(faults(&parts), [("info", "timeout")]);
    assert_eq!(shape.value(r#"redis_scrape_collector_success{collector="info"}"#), 0.0);
    assert_eq!(shape.value(r#"redis_exporter_last_scrape_error{err="timeout"}"#), 1.0);
    assert!(shape.value("redis_connected_clients").is_nan());
    assert_eq!(up(&collect(&mut collector).0), 1.0, "it goes on");
    server.peer = None;
    let (shape, parts) = collect(&mut collector);
    assert_eq!((up(&shape), faults(&parts)), (0.0, vec![("connect", "connect")]));
    server.run();
    let (shape, parts) = collect(&mut collector);
    assert_eq!((up(&shape), faults(&parts)), (1.0, vec![]), "it is back");
    assert_eq!(shape.value("redis_exporter_scrapes_total"), 5.0);
}

#[test]
fn passwords_and_rights_are_told_apart() {
    let Some(server) = Server::start("redis with users", &[]) else { return };
    server.cli(&["ACL", "SETUSER", "watcher", "on", ">pw", "~*", "+info", "+slowlog"]);
    server.cli(&["CONFIG", "SET", "requirepass", "main"]);
    let of = |more: &str| collect(&mut server.collector(more));
    let (shape, parts) = of(", username: watcher, password: pw");
    assert_eq!(shape.value("redis_up"), 1.0);
    let refused = ["config", "latency", "latency_histogram"].map(|part| (part, "permission"));
    assert_eq!(faults(&parts), refused);
    let fault = r#"flyball_service_collector_fault{collector="latency",reason="permission",service="redis"}"#;
    assert_eq!(shape.value(fault), 1.0);
    let file = server.dir.path().join("password");
    std::fs::write(&file, "main\n").unwrap();
    let (shape, parts) = of(&format!(", password_file: '{}'", file.display()));
    assert_eq!((shape.value("redis_up"), faults(&parts)), (1.0, vec![]));
    for wrong in [", password: no", ", username: watcher, password: no"] {
        let (shape, parts) = of(wrong);
        assert_eq!(shape.value("redis_up"), 0.0, "{wrong}");
        assert_eq!(faults(&parts), [("connect", "auth")], "{wrong}");
        assert!(!format!("{parts:?}").contains("no\""), "{parts:?}");
    }
    let (shape, parts) = of("");
    assert_eq!(shape.value("redis_up"), 0.0);
    assert_eq!(faults(&parts), [("info", "auth")]);
    let (_, parts) = of(", password_file: /does/not/exist");
    assert_eq!(faults(&parts), [("connect", "config")]);
}

#[test]
fn sockets_and_budgets() {
    let Some(server) = Server::start("redis on a socket", &["--unixsocket", "s.sock"]) else {
        return;
    };
    let path = server.dir.path().join("s.sock");
    let text = format!("  redis: [{{address: '{}', series_max: 150}}]", path.display());
    let instance = settings(&text).services.redis.remove(0);
    let mut collector = RedisCollector::new(instance, world());
    let (shape, parts) = collect(&mut collector);
    assert_eq!(shape.value("redis_up"), 1.0);
    assert_eq!(faults(&parts), [("info", "limit")], "one part beyond the budget costs itself");
    assert!(shape.series.len() < 150 + 30, "{}", shape.series.len());
    server.cli(&["DEBUG", "POPULATE", "3000"]);
    server.cli(&["CONFIG", "SET", "enable-debug-command", "yes"]);
    for key in 0..20 {
        server.cli(&["SET", &format!("k{key}"), "1"]);
    }
    let mut collector = server.collector(", key_groups: {all: '*'}, keys_max: 10");
    let (shape, parts) = collect(&mut collector);
    assert_eq!(faults(&parts), [("key_groups", "limit")]);
    assert_eq!(shape.value("redis_up"), 1.0);
    assert!(!shape.families.contains_key("redis_key_group_count"), "no count beats a wrong one");
}
