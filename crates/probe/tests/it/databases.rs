//! PostgreSQL and Redis, real servers: logins that are right, wrong and refused, queries, primaries
//! and replicas, servers that hang.

#![expect(clippy::unwrap_used, reason = "a test that cannot serve fails")]

use crate::exporter::{ours, probe};
use crate::servers;
use probe::{Modules, Outcome, Reason};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use testkit::{Peer, find_program, free_port, skip, wait_for};

fn value(outcome: &Outcome, name: &str) -> Option<f64> {
    let family = outcome.families.iter().find(|family| family.name == name)?;
    Some(family.points[0].value)
}

fn check(modules: &Modules, cases: &[(&str, String, Option<Reason>)]) {
    for (module, target, reason) in cases {
        let outcome = probe(modules, module, target);
        assert_eq!(outcome.reason, *reason, "{module} {target}\n{}", outcome.log);
        assert!(!outcome.log.contains("hunter2"), "{}", outcome.log);
    }
}

fn redis(words: &[&str]) -> Option<(u16, Peer, TempDir)> {
    let (Some(program), Some(client)) = (find_program("redis-server"), find_program("redis-cli"))
    else {
        skip("probes of Redis", "redis-server is not installed (cargo xtask setup)");
        return None;
    };
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let mut command = Command::new(program);
    command.current_dir(folder.path()).args(["--port", &port.to_string(), "--save", ""]);
    let peer = Peer::start(command.args(words), &folder.path().join("log")).unwrap();
    wait_for("redis answers", || {
        let output = Command::new(&client).args(["-p", &port.to_string(), "PING"]).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (text.contains("PONG") || text.contains("NOAUTH")).then_some(())
    });
    Some((port, peer, folder))
}

const REDIS_MODULES: &str = "modules:\n  open: {prober: redis}\n  \
    right: {prober: redis, redis: {password: hunter2}}\n  \
    wrong: {prober: redis, redis: {password: hunter3}}\n  \
    tls: {prober: redis, timeout: 500ms, redis: {tls: true}}\n  \
    late: {prober: redis, timeout: 300ms}\n  \
    primary: {prober: redis, redis: {password: hunter2, role: primary}}\n  \
    replica: {prober: redis, redis: {role: replica, max_replication_lag: 1m}}\n  \
    near: {prober: redis, redis: {max_replication_lag: 1ns}}\n";

#[test]
fn redis_is_asked_as_a_user_and_for_its_replication() {
    let Some((port, mut peer, _folder)) = redis(&["--requirepass", "hunter2"]) else { return };
    let source = port.to_string();
    let follows = ["--replicaof", "127.0.0.1", &source, "--masterauth", "hunter2"];
    let Some((follower, _peer, _dir)) = redis(&follows) else { return };
    let modules = ours(REDIS_MODULES);
    let (leader, follower) = (format!("127.0.0.1:{port}"), format!("localhost:{follower}"));
    wait_for("the replica follows", || probe(&modules, "replica", &follower).success.then_some(()));
    check(
        &modules,
        &[
            ("right", leader.clone(), None),
            ("open", leader.clone(), Some(Reason::Auth)),
            ("wrong", leader.clone(), Some(Reason::Auth)),
            ("primary", leader.clone(), None),
            ("replica", leader.clone(), Some(Reason::Auth)),
            ("primary", follower.clone(), Some(Reason::Auth)),
            ("open", follower.clone(), None),
            ("tls", leader.clone(), Some(Reason::Timeout)),
            ("open", format!("127.0.0.1:{}", free_port()), Some(Reason::Connect)),
            ("late", servers::silent().to_string(), Some(Reason::Timeout)),
            ("open", servers::lines().to_string(), Some(Reason::Protocol)),
            ("open", "169.254.169.254:6379".to_owned(), Some(Reason::Forbidden)),
        ],
    );
    let outcome = probe(&modules, "right", &leader);
    assert_eq!(value(&outcome, "flyball_probe_database_replica"), Some(0.0));
    assert_eq!(value(&outcome, "probe_ip_protocol"), Some(4.0));
    assert_eq!(outcome.findings.body.as_deref(), Some("PONG"));
    let outcome = probe(&modules, "open", &follower);
    assert_eq!(value(&outcome, "flyball_probe_database_replica"), Some(1.0));
    assert!(value(&outcome, "flyball_probe_database_replication_lag_seconds").unwrap() < 60.0);
    // Without its primary a replica falls behind.
    peer.kill();
    let behind = wait_for("the replica is behind", || {
        let outcome = probe(&modules, "near", &follower);
        (!outcome.success).then_some(outcome)
    });
    assert_eq!(behind.reason, Some(Reason::Lag), "{}", behind.log);
}

struct Postgres {
    bin: PathBuf,
    folder: TempDir,
    port: u16,
    _peer: Peer,
}

/// The newest of Debian's versions.
fn newest() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<PathBuf> = versions.filter_map(|entry| Some(entry.ok()?.path())).collect();
    found.sort();
    found.pop().map(|version| version.join("bin")).filter(|bin| bin.join("initdb").exists())
}

/// A program of the server as the user that may run it.
fn program(bin: &Path, name: &str, folder: &Path) -> Command {
    let is_root = std::fs::metadata("/proc/self")
        .is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let mut command = if is_root {
        let mut command = Command::new("setpriv");
        let words = ["--reuid=postgres", "--regid=postgres", "--init-groups"];
        command.args(words).arg(bin.join(name));
        command
    } else {
        Command::new(bin.join(name))
    };
    command.current_dir(folder);
    command
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    // Refused where the tests do not run as root; then the folder belongs to the right user.
    drop(Command::new("chown").arg("postgres").arg(folder.path()).output());
    folder
}

fn serve(bin: PathBuf, folder: TempDir) -> Postgres {
    let port = free_port();
    let mut command = program(&bin, "postgres", folder.path());
    command.arg("-D").arg(folder.path().join("data")).args(["-p", &port.to_string()]);
    command.args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c"]);
    command.arg(format!("unix_socket_directories={}", folder.path().display()));
    let peer = Peer::start(&mut command, &folder.path().join("log")).unwrap();
    let server = Postgres { bin, folder, port, _peer: peer };
    wait_for("postgres answers", || server.sql("SELECT 7").contains('7').then_some(()));
    server
}

impl Postgres {
    fn sql(&self, sql: &str) -> String {
        let mut command = Command::new(self.bin.join("psql"));
        let port = self.port.to_string();
        command.args(["-h", "127.0.0.1", "-U", "postgres", "-At", "-p", &port, "-c", sql]);
        String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
    }

    fn target(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

fn postgres() -> Option<Postgres> {
    let Some(bin) = newest() else {
        skip("probes of PostgreSQL", "postgresql is not installed (cargo xtask setup)");
        return None;
    };
    let folder = folder();
    let data = folder.path().join("data");
    let mut init = program(&bin, "initdb", folder.path());
    run(init.arg("-D").arg(&data).args(["-A", "trust", "-U", "postgres", "-N"]));
    let hba = "local all all trust\nhost replication all 127.0.0.1/32 trust\n\
               host all probe 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n";
    std::fs::write(data.join("pg_hba.conf"), hba).unwrap();
    let server = serve(bin, folder);
    server.sql("CREATE ROLE probe LOGIN PASSWORD 'hunter2'");
    server.sql("CREATE TABLE orders (id int); INSERT INTO orders VALUES (1), (2)");
    server.sql("GRANT SELECT, INSERT ON orders TO probe; CREATE TABLE secrets (id int)");
    Some(server)
}

fn replica(primary: &Postgres) -> Postgres {
    let folder = folder();
    let mut copy = program(&primary.bin, "pg_basebackup", folder.path());
    let port = primary.port.to_string();
    copy.args(["-h", "127.0.0.1", "-U", "postgres", "-p", &port, "-X", "stream", "-R"]);
    run(copy.args(["-c", "fast", "-D"]).arg(folder.path().join("data")));
    serve(primary.bin.clone(), folder)
}

fn postgres_modules() -> Modules {
    let probe = "username: probe, password: hunter2, database: postgres";
    let module = |name: &str, keys: &str| {
        format!("  {name}: {{prober: postgres, timeout: 8s, postgres: {{{keys}}}}}\n")
    };
    let count = "query: SELECT count(*) FROM orders";
    ours(
        &("modules:\n".to_owned()
            + &module("login", probe)
            + &module("wrong", "username: probe, password: hunter3, database: postgres")
            + &module("nobody", "username: nobody, database: postgres")
            + &module("no_database", "username: probe, password: hunter2, database: none")
            + &module("counted", &format!("{probe}, {count}, expect: '^2$'"))
            + &module("other", &format!("{probe}, {count}, expect: '^3$'"))
            + &module("empty", &format!("{probe}, query: SELECT 1 WHERE false, expect: '.'"))
            + &module("broken", &format!("{probe}, query: SELEC 1"))
            + &module("denied", &format!("{probe}, query: SELECT * FROM secrets"))
            + &module("writes", &format!("{probe}, query: INSERT INTO orders VALUES (3)"))
            + &module("primary", &format!("{probe}, role: primary"))
            + &module("replica", &format!("{probe}, role: replica, max_replication_lag: 30s"))
            + &module("require", &format!("{probe}, sslmode: require"))
            + "  sleeps: {prober: postgres, timeout: 700ms, postgres: {username: probe, \
           password: hunter2, database: postgres, query: SELECT pg_sleep(60)}}\n"
            + "  late: {prober: postgres, timeout: 300ms, postgres: {username: probe}}\n"),
    )
}

#[test]
fn postgresql_is_asked_as_a_user_a_query_and_for_its_replication() {
    let Some(server) = postgres() else { return };
    let follower = replica(&server);
    let modules = postgres_modules();
    let (leads, follows) = (server.target(), follower.target());
    wait_for("the replica follows", || probe(&modules, "replica", &follows).success.then_some(()));
    let socket = server.folder.path().join(format!(".s.PGSQL.{}", server.port));
    check(
        &modules,
        &[
            ("login", leads.clone(), None),
            ("login", socket.display().to_string(), None),
            ("wrong", leads.clone(), Some(Reason::Auth)),
            ("nobody", leads.clone(), Some(Reason::Auth)),
            ("no_database", leads.clone(), Some(Reason::Query)),
            ("counted", leads.clone(), None),
            ("other", leads.clone(), Some(Reason::Expect)),
            ("empty", leads.clone(), Some(Reason::Expect)),
            ("broken", leads.clone(), Some(Reason::Query)),
            ("denied", leads.clone(), Some(Reason::Auth)),
            ("writes", leads.clone(), Some(Reason::Query)),
            ("primary", leads.clone(), None),
            ("primary", follows.clone(), Some(Reason::Role)),
            ("replica", leads.clone(), Some(Reason::Role)),
            ("require", leads.clone(), Some(Reason::Tls)),
            ("sleeps", leads.clone(), Some(Reason::Timeout)),
            ("late", servers::silent().to_string(), Some(Reason::Timeout)),
            ("login", servers::lines().to_string(), Some(Reason::Protocol)),
            ("login", format!("127.0.0.1:{}", free_port()), Some(Reason::Connect)),
        ],
    );
    assert_eq!(server.sql("SELECT count(*) FROM orders").trim(), "2", "probes change nothing");
    let outcome = probe(&modules, "counted", &leads);
    assert_eq!(value(&outcome, "flyball_probe_database_value"), Some(2.0));
    assert_eq!(value(&outcome, "flyball_probe_database_replica"), Some(0.0));
    assert_eq!(outcome.findings.body.as_deref(), Some("2"));
    let outcome = probe(&modules, "replica", &follows);
    assert!(value(&outcome, "flyball_probe_database_replication_lag_seconds").unwrap() < 30.0);
}
