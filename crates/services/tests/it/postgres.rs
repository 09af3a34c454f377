//! PostgreSQL 15 and Debian's `postgres_exporter` 0.11 on the same server; known load; ways to
//! authenticate; roles without rights; locks, hangs, ends and beginnings.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::compare::{Exception, Shape, assert_same};
use crate::world::{block, faults, loopback, settings, shape, signal, world};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use services::{PartOutcome, PostgresCollector};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use testkit::{Peer, find_program, free_port, http, skip, wait_for};

/// What 0.20 has and 0.11 has not, and the other way round.
const EXCEPTIONS: &[Exception] = &[
    ("postgres_exporter_build_info is missing", "there is no exporter"),
    ("pg_settings_", "0.20 has other help texts"),
    ("pg_scrape_collector_", "the parts are ours"),
    ("pg_stat_activity_", "0.20 has more labels"),
    ("pg_stat_archiver_last_archive_age", "0.20 leaves out what is not known, 0.11 says NaN"),
    ("pg_stat_database_", "0.20 leaves out the row without a database"),
    ("pg_database_connection_limit", "newer"),
    ("pg_database_wraparound_", "newer"),
    ("pg_long_running_transactions_", "newer"),
    ("pg_postmaster_start_time_seconds", "newer"),
    ("pg_replication_", "newer"),
    ("pg_roles_", "newer"),
    ("pg_wal_", "newer"),
    ("pg_stat_user_", "newer"),
    ("pg_statio_user_", "newer"),
    ("pg_locks_count{datname=\"bench\"", "newer"),
];

/// Who may connect how.
const HBA: &str = "local all all trust
host replication all 127.0.0.1/32 trust
host all by_md5 127.0.0.1/32 md5
host all by_scram 127.0.0.1/32 scram-sha-256
host all by_password 127.0.0.1/32 password
host all all 127.0.0.1/32 trust
";

/// A server with a directory of its own.
struct Server {
    dir: TempDir,
    bin: PathBuf,
    port: u16,
    peer: Option<Peer>,
}

impl Server {
    /// Makes a cluster and starts it, if PostgreSQL is installed.
    fn start(suite: &str) -> Option<Self> {
        let Some(bin) = newest() else {
            skip(suite, "postgresql is not installed");
            return None;
        };
        let dir = tempfile::tempdir().unwrap();
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(dir.path()));
        }
        let mut server = Self { dir, bin, port: free_port(), peer: None };
        let data = server.data();
        run(server
            .program("initdb")
            .arg("-D")
            .arg(&data)
            .args(["-A", "trust", "-U", "postgres", "-N"]));
        std::fs::write(data.join("pg_hba.conf"), HBA).unwrap();
        server.run();
        Some(server)
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// A program of the server, as a user that may run it.
    fn program(&self, name: &str) -> Command {
        let path = self.bin.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.current_dir(self.dir.path());
        command
    }

    /// A replica that streams through a slot of its own.
    fn replica(&self) -> Self {
        let dir = tempfile::tempdir().unwrap();
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(dir.path()));
        }
        let mut replica = Self { dir, bin: self.bin.clone(), port: free_port(), peer: None };
        let data = replica.data();
        let port = self.port.to_string();
        let mut copy = replica.program("pg_basebackup");
        copy.args(["-h", "127.0.0.1", "-U", "postgres", "-p", &port, "-X", "stream", "-R", "-C"]);
        run(copy.args(["-c", "fast", "-S", "standby", "-D"]).arg(&data));
        replica.run();
        replica
    }

    fn run(&mut self) {
        let mut command = self.program("postgres");
        command.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
        for setting in [
            "listen_addresses=127.0.0.1",
            "fsync=off",
            "shared_preload_libraries=pg_stat_statements",
            &format!("unix_socket_directories={}", self.dir.path().display()),
            &format!("ssl={}", if self.dir.path().join("key.pem").exists() { "on" } else { "off" }),
            &format!("ssl_cert_file={}", self.dir.path().join("cert.pem").display()),
            &format!("ssl_key_file={}", self.dir.path().join("key.pem").display()),
        ] {
            command.args(["-c", setting]);
        }
        self.peer = Some(Peer::start(&mut command, &self.dir.path().join("log")).unwrap());
        wait_for("postgres to answer", || self.sql("SELECT 7").contains('7').then_some(()));
    }

    fn psql(&self, sql: &str) -> Command {
        let mut command = Command::new(self.bin.join("psql"));
        command.args(["-h", "127.0.0.1", "-U", "postgres", "-At", "-p", &self.port.to_string()]);
        command.args(["-c", sql]).env_remove("PGPASSWORD").env("PGSSLMODE", "disable");
        command
    }

    fn sql(&self, sql: &str) -> String {
        String::from_utf8_lossy(&self.psql(sql).output().unwrap().stdout).into_owned()
    }

    fn collector(&self, who: &str, more: &str) -> PostgresCollector {
        let port = self.port;
        let text =
            format!("  postgres: [{{dsn: 'postgres://{who}@127.0.0.1:{port}/postgres'{more}}}]");
        PostgresCollector::new(settings(&text).services.postgres.remove(0), world())
    }
}

/// Programs of the newest version that is installed.
fn newest() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let bins = folders.filter_map(|folder| Some(folder.ok()?.path().join("bin")));
    bins.filter(|bin| bin.join("postgres").is_file() && bin.join("psql").is_file()).max()
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout == b"0\n"
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn collect(collector: &mut PostgresCollector) -> (Shape, Vec<PartOutcome>) {
    let (families, parts) = block(collector.collect());
    (shape(&families), parts)
}

/// The page of Debian's exporter, without the label that names the server.
fn theirs(server: &Server, program: &Path) -> Shape {
    let port = free_port();
    let mut command = Command::new(program);
    command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
    let dsn = format!("postgresql://postgres@127.0.0.1:{}/postgres?sslmode=disable", server.port);
    command.env("DATA_SOURCE_NAME", dsn);
    let _peer = Peer::start(&mut command, &server.dir.path().join("exporter")).unwrap();
    let text = wait_for("the exporter to answer", || {
        let reply = http::get(loopback(port), "/metrics").ok()?;
        let text = reply.text();
        text.contains("\npg_up 1").then_some(text)
    });
    let label = format!("server=\"127.0.0.1:{}\"", server.port);
    let own = |line: &&str| line.contains("pg_") || line.contains("postgres_");
    let lines = text.lines().filter(own).map(|line| line.replace(&label, "server=\"\""));
    Shape::of(&lines.collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_server_gives_the_series_of_the_real_exporter() {
    let suite = "postgres_exporter beside ours";
    let Some(server) = Server::start(suite) else { return };
    let Some(program) = find_program("prometheus-postgres-exporter") else {
        return skip(suite, "prometheus-postgres-exporter is not installed");
    };
    server.sql("CREATE TABLE t (a int PRIMARY KEY)");
    server.sql("INSERT INTO t SELECT generate_series(1, 1000)");
    let theirs = theirs(&server, &program);
    let (ours, parts) = collect(&mut server.collector("postgres", ", compat_names: '0.11'"));
    assert_eq!(faults(&parts), [], "{parts:#?}");
    assert_same(&ours, &theirs, EXCEPTIONS);
    let own = "pg_settings_extra_float_digits";
    let settings = theirs.families.keys().filter(|name| name.starts_with("pg_settings_"));
    // What the exporter sets for its own session.
    for name in settings.filter(|name| *name != own) {
        assert_eq!(ours.value(name), theirs.value(name), "{name}");
    }
    let of = r#"{datname="postgres",relname="t",schemaname="public"}"#;
    assert_eq!(ours.value(&format!("pg_stat_user_tables_n_tup_ins{of}")), 1000.0);
    assert_eq!(ours.value("pg_replication_is_replica"), 0.0);
    assert!(ours.value("pg_wal_size_bytes") >= 16_777_216.0);
}

/// The saved page of another machine: every family of it, with its type.
#[test]
fn every_family_of_the_saved_page_is_there() {
    let suite = "saved page of postgres_exporter";
    let Some(folder) = testkit::conformance_dir(suite, "exposition") else { return };
    let text = std::fs::read_to_string(folder.join("postgres.txt")).unwrap();
    let Some(server) = Server::start(suite) else { return };
    let (ours, _) = collect(&mut server.collector("postgres", ", compat_names: '0.11'"));
    let theirs = Shape::of(&text);
    let saved = theirs.families.iter().filter(|(name, _)| name.starts_with("pg_"));
    let differs = |(name, (kind, _)): &(&String, &(String, String))| {
        ours.families.get(*name).is_none_or(|(own, _)| own != kind)
    };
    let missing: Vec<&String> = saved.clone().filter(differs).map(|(name, _)| name).collect();
    // Nothing was archived yet, and there are no checksums: 0.11 says NaN, 0.20 nothing.
    let unknown = [
        "pg_stat_archiver_last_archive_age",
        "pg_stat_database_checksum_failures",
        "pg_stat_database_checksum_last_failure",
    ];
    assert_eq!(missing, unknown);
    assert!(saved.count() > 250);
}

#[test]
fn known_load_moves_the_counters() {
    let suite = "postgres under load";
    let Some(server) = Server::start(suite) else { return };
    let bench = |words: &[&str]| {
        let mut command = Command::new(server.bin.join("pgbench"));
        command.args(["-h", "127.0.0.1", "-U", "postgres", "-p", &server.port.to_string()]);
        run(command.args(words).arg("postgres"));
    };
    if !server.bin.join("pgbench").is_file() {
        return skip(suite, "pgbench is not installed");
    }
    server.sql("CREATE EXTENSION pg_stat_statements");
    bench(&["-i", "-q"]);
    let mut collector =
        server.collector("postgres", ", collectors: {stat_statements: true, bloat: true}");
    let exporter = find_program("prometheus-postgres-exporter");
    let their_before = exporter.as_ref().map(|program| theirs(&server, program));
    let (before, _) = collect(&mut collector);
    bench(&["-t", "200", "-c", "2"]);
    let commits = r#"pg_stat_database_xact_commit{datid="5",datname="postgres"}"#;
    let after = wait_for("the statistics to be written", || {
        let (after, parts) = collect(&mut collector);
        assert_eq!(faults(&parts), [], "{parts:#?}");
        (after.value(commits) - before.value(commits) >= 400.0).then_some(after)
    });
    let table = r#"{datname="postgres",relname="pgbench_history",schemaname="public"}"#;
    assert_eq!(after.value(&format!("pg_stat_user_tables_n_tup_ins{table}")), 400.0);
    let calls =
        after.series.iter().filter(|name| name.starts_with("pg_stat_statements_calls_total"));
    assert!(calls.count() > 5);
    assert!(after.families.contains_key("pg_bloat_table_real_size"));
    let reader = r#"pg_stat_user_indexes_idx_scan_total{datname="postgres",indexrelname="pgbench_accounts_pkey",relname="pgbench_accounts",schemaname="public"}"#;
    assert!(after.value(reader) - before.value(reader) >= 800.0);
    let (Some(program), Some(their_before)) = (exporter, their_before) else {
        return skip(suite, "prometheus-postgres-exporter is not installed");
    };
    let their_after = theirs(&server, &program);
    for name in ["xact_commit", "tup_inserted", "tup_updated"] {
        let series = format!(r#"pg_stat_database_{name}{{datid="5",datname="postgres"}}"#);
        let own = after.value(&series) - before.value(&series);
        let other = their_after.value(&series) - their_before.value(&series);
        assert!(own >= 400.0 && other >= 400.0, "{name}: {own} here, {other} by the exporter");
    }
}

/// Nobody asks while the server is away: the connection that was kept is of no more use, which is no
/// outage.
#[test]
fn a_restart_between_two_readings_shows_in_the_counters_alone() {
    let Some(mut server) = Server::start("postgres that restarts") else { return };
    let mut collector = server.collector("postgres", "");
    let (before, parts) = collect(&mut collector);
    assert_eq!((before.value("pg_up"), faults(&parts)), (1.0, vec![]));
    server.peer = None;
    drop(std::fs::remove_file(server.data().join("postmaster.pid")));
    server.run();
    let (after, parts) = collect(&mut collector);
    assert_eq!((after.value("pg_up"), faults(&parts)), (1.0, vec![]), "{parts:#?}");
    let started = "pg_postmaster_start_time_seconds";
    assert!(after.value(started) > before.value(started), "another run of the server");
    assert_eq!(after.value("pg_exporter_scrapes_total"), 2.0, "the collector goes on");
}

#[test]
fn passwords_of_all_kinds() {
    let Some(server) = Server::start("postgres with passwords") else { return };
    server.sql("SET password_encryption = 'md5'; CREATE ROLE by_md5 LOGIN PASSWORD 'p'");
    server
        .sql("CREATE ROLE by_scram LOGIN PASSWORD 'p'; CREATE ROLE by_password LOGIN PASSWORD 'p'");
    let up = |who: &str, more: &str| {
        let (shape, parts) = collect(&mut server.collector(who, more));
        (shape.value("pg_up"), faults(&parts).first().map(|(_, reason)| *reason), parts)
    };
    for role in ["by_md5", "by_scram", "by_password"] {
        assert_eq!(up(&format!("{role}:p"), "").0, 1.0, "{role}");
        for wrong in [format!("{role}:secret"), role.to_owned()] {
            let (value, reason, parts) = up(&wrong, "");
            assert_eq!((value, reason), (0.0, Some("auth")), "{wrong}");
            assert!(!format!("{parts:?}").contains("secret"), "{parts:?}");
        }
    }
    let file = server.dir.path().join("password");
    std::fs::write(&file, "p\n").unwrap();
    assert_eq!(up("by_scram:old", &format!(", password_file: '{}'", file.display())).0, 1.0);
    assert_eq!(up("nobody", "").1, Some("auth"));
    let dsn = server.dir.path().join("dsn");
    let socket = server.dir.path().display();
    std::fs::write(&dsn, format!("host={socket} port={} user=postgres", server.port)).unwrap();
    let text = format!("  postgres: [{{dsn_file: '{}', instance: x}}]", dsn.display());
    let instance = settings(&text).services.postgres.remove(0);
    let (shape, _) = collect(&mut PostgresCollector::new(instance, world()));
    assert_eq!(shape.value("pg_up"), 1.0, "by a socket");
    let text = format!(
        "  postgres: [{{dsn: 'host=127.0.0.1 port={} user=postgres sslmode=require'}}]",
        server.port
    );
    let instance = settings(&text).services.postgres.remove(0);
    let (_, parts) = collect(&mut PostgresCollector::new(instance, world()));
    assert_eq!(faults(&parts), [("connect", "tls")], "this server does not encrypt");
}

#[test]
fn a_role_without_rights_is_told_what_to_grant() {
    let Some(server) = Server::start("postgres with roles") else { return };
    server.sql("CREATE ROLE watcher LOGIN");
    let mut collector = server.collector("watcher", ", collectors: {stat_statements: true}");
    let (shape, parts) = collect(&mut collector);
    assert_eq!(shape.value("pg_up"), 1.0);
    let missing =
        "database stat_replication stat_wal_receiver stat_activity long_running_transactions wal";
    let mut expected: Vec<_> = missing.split(' ').map(|part| (part, "permission")).collect();
    expected.push(("stat_statements", "unsupported"));
    assert_eq!(faults(&parts), expected, "{parts:#?}");
    let message = |part: &str| {
        let outcome = parts.iter().find(|outcome| outcome.part == part).unwrap();
        outcome.fault.as_ref().unwrap().message.clone()
    };
    assert!(message("stat_activity").contains("GRANT pg_monitor TO \"watcher\""));
    assert!(message("wal").contains("GRANT pg_monitor TO \"watcher\""));
    assert!(message("stat_statements").contains("CREATE EXTENSION pg_stat_statements"));
    // Data in spite of the fault: what the role may see.
    let success =
        |part: &str| shape.value(&format!(r#"pg_scrape_collector_success{{collector="{part}"}}"#));
    assert_eq!((success("stat_activity"), success("wal")), (1.0, 0.0));
    server.sql("GRANT pg_monitor TO watcher; CREATE EXTENSION pg_stat_statements");
    let (_, parts) = collect(&mut collector);
    assert_eq!(faults(&parts), [], "{parts:#?}");
}

#[test]
fn a_lock_costs_its_parts_and_a_hang_or_an_end_the_instance() {
    let Some(mut server) = Server::start("postgres that hangs") else { return };
    server.sql("CREATE TABLE t (a int PRIMARY KEY)");
    let more = ", timeout: 4s";
    let mut collector = server.collector("postgres", more);
    assert_eq!(faults(&collect(&mut collector).1), []);
    let log = server.dir.path().join("locker");
    let mut lock = server.psql("BEGIN; LOCK TABLE t; SELECT pg_sleep(600)");
    let holder = Peer::start(&mut lock, &log).unwrap();
    wait_for("the lock to be held", || {
        let held = "SELECT 'held' FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted";
        server.sql(held).contains("held").then_some(())
    });
    let (shape, parts) = collect(&mut collector);
    drop(holder);
    assert_eq!(faults(&parts), [("stat_user_tables", "timeout")], "{parts:#?}");
    assert_eq!(shape.value("pg_up"), 1.0);
    assert_eq!(shape.value("pg_settings_max_connections"), 100.0, "later parts have data");
    let process = server.peer.as_ref().unwrap().id();
    signal(process, "STOP");
    let (shape, parts) = collect(&mut server.collector("postgres", ", timeout: 500ms"));
    signal(process, "CONT");
    assert_eq!((shape.value("pg_up"), faults(&parts)), (0.0, vec![("connect", "timeout")]));
    server.peer = None;
    let gone = wait_for("the last process to end", || {
        let (shape, parts) = collect(&mut collector);
        (shape.value("pg_up") == 0.0).then(|| faults(&parts))
    });
    assert!(gone == [("connect", "connect")] || gone == [("connect", "not_ready")], "{gone:?}");
    drop(std::fs::remove_file(server.data().join("postmaster.pid")));
    server.run();
    let (shape, parts) = collect(&mut collector);
    assert_eq!((shape.value("pg_up"), faults(&parts)), (1.0, vec![]), "it is back");
}

#[test]
fn a_primary_and_its_replica_tell_of_each_other() {
    let Some(server) = Server::start("postgres with a replica") else { return };
    server.sql("CREATE TABLE t (a int)");
    let mut replica = server.replica();
    let (mut here, mut there) =
        (server.collector("postgres", ""), replica.collector("postgres", ""));
    let sender = r#"{application_name="walreceiver",client_addr="127.0.0.1",state="streaming"}"#;
    let behind = format!("pg_stat_replication_pg_wal_lsn_diff{sender}");
    let slot = r#"{slot_name="standby"}"#;
    let receiver = r#"{slot_name="standby",status="streaming",upstream_host="127.0.0.1"}"#;
    let flushed = format!("pg_stat_wal_receiver_flushed_lsn{receiver}");
    let primary = wait_for("the replica to stream", || {
        let (page, parts) = collect(&mut here);
        assert_eq!(faults(&parts), [], "{parts:#?}");
        (page.value(&behind) == 0.0).then_some(page)
    });
    assert_eq!(primary.value("pg_replication_is_replica"), 0.0);
    assert_eq!(primary.value(&format!("pg_replication_slots_active{slot}")), 1.0);
    assert!(!primary.has("pg_stat_wal_receiver_flushed_lsn", ""));
    let (page, parts) = collect(&mut there);
    assert_eq!(faults(&parts), [], "{parts:#?}");
    assert_eq!(page.value("pg_replication_is_replica"), 1.0);
    let before = page.value(&flushed);
    assert!(before > 0.0, "{:#?}", page.series);
    assert_eq!(page.value(&format!("pg_stat_wal_receiver_received_tli{receiver}")), 1.0);

    // Known load while nothing is replayed: the replica has it and lags, in bytes and in seconds.
    // The server tells seconds from the last transaction that was replayed, so there is one.
    server.sql("INSERT INTO t VALUES (0)");
    wait_for("the first row", || replica.sql("SELECT count(*) FROM t").contains('1').then_some(()));
    replica.sql("SELECT pg_wal_replay_pause()");
    server.sql("INSERT INTO t SELECT generate_series(1, 10000)");
    wait_for("the lag in bytes", || {
        (collect(&mut here).0.value(&behind) > 100_000.0).then_some(())
    });
    wait_for("the lag in seconds", || {
        let (page, _) = collect(&mut there);
        let lags = page.value("pg_replication_lag_seconds") > 0.0;
        (lags && page.value(&flushed) - before > 100_000.0).then_some(())
    });
    replica.sql("SELECT pg_wal_replay_resume()");
    wait_for("the lag to be over", || (collect(&mut here).0.value(&behind) == 0.0).then_some(()));

    // A replica that is gone holds its WAL on the primary.
    replica.peer = None;
    let held = format!("pg_replication_slots_pg_wal_lsn_diff{slot}");
    wait_for("the slot to be left", || {
        let (page, _) = collect(&mut here);
        (page.value(&format!("pg_replication_slots_active{slot}")) == 0.0).then_some(())
    });
    let before = collect(&mut here).0.value(&held);
    server.sql("INSERT INTO t SELECT generate_series(1, 10000)");
    let (page, _) = collect(&mut here);
    assert!(page.value(&held) - before > 100_000.0, "{before}");
    assert!(!page.series.contains(&behind));
}

#[test]
fn connections_are_encrypted_and_certificates_checked() {
    let Some(mut server) = Server::start("postgres with TLS") else { return };
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &authority).unwrap();
    let path = |name: &str| server.dir.path().join(name);
    std::fs::write(path("cert.pem"), leaf.pem()).unwrap();
    std::fs::write(path("key.pem"), key.serialize_pem()).unwrap();
    std::fs::write(path("ca.pem"), authority.pem()).unwrap();
    std::fs::write(path("other.pem"), leaf.pem()).unwrap();
    run(Command::new("chmod").arg("600").arg(path("key.pem")));
    if is_root() {
        run(Command::new("chown").arg("postgres").arg(path("key.pem")));
    }
    server.peer = None;
    drop(std::fs::remove_file(server.data().join("postmaster.pid")));
    server.run();
    let up = |mode: &str, ca: &str| {
        let ca = match ca {
            "" => String::new(),
            ca => format!(" sslrootcert={}", server.dir.path().join(ca).display()),
        };
        let dsn = format!("host=127.0.0.1 port={} user=postgres sslmode={mode}{ca}", server.port);
        let text = format!("  postgres: [{{dsn: '{dsn}', instance: x}}]");
        let instance = settings(&text).services.postgres.remove(0);
        let mut collector = PostgresCollector::new(instance, world());
        let (page, parts) = collect(&mut collector);
        let encrypted = "SELECT count(*) FROM pg_stat_ssl WHERE ssl";
        (page.value("pg_up"), faults(&parts), server.sql(encrypted).trim() == "1")
    };
    assert_eq!(up("require", ""), (1.0, vec![], true));
    assert_eq!(up("prefer", ""), (1.0, vec![], true));
    assert_eq!(up("disable", ""), (1.0, vec![], false));
    assert_eq!(up("verify-full", "ca.pem"), (1.0, vec![], true));
    assert_eq!(up("verify-full", ""), (0.0, vec![("connect", "tls")], false), "nobody signed it");
    assert_eq!(up("verify-full", "other.pem").1, [("connect", "tls")], "another signed it");
}
