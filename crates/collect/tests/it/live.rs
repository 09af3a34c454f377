//! Debian's `node_exporter` (1.5) beside ours on this machine: same names, types and label sets.
//! Values move between the two readings; only constants are compared.

use crate::tree::{metric, normalise, render};
use collect::{HostCollector, Options, OsHost, Roots};
use model::Timestamp;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use sys::{Clock, SystemClock};

/// What 1.12 has and 1.5 has not, by the beginning of the metric's name.
const NEWER: &[&str] = &[
    "node_filesystem_mount_info",
    "node_pressure_irq",
    "node_softnet_backlog_len",
    "node_softnet_cpu_collision_total",
    "node_softnet_flow_limit_count_total",
    "node_softnet_received_rps_total",
    "node_os_support_end",
    "node_nvme_namespace_",
    "node_watchdog_",
    "node_kernel_hung_",
    "node_ksmd_general_profit_",
];

/// Collectors that 1.12 has and 1.5 has not.
const NEWER_COLLECTORS: &[&str] = &["bcachefs", "dmmultipath", "kernel_hung", "watchdog"];

/// Collectors that are off by default and compared, too.
const ON_REQUEST: &[&str] = &[
    "buddyinfo",
    "cgroups",
    "ethtool",
    "interrupts",
    "ksmd",
    "lnstat",
    "meminfo_numa",
    "mountstats",
    "processes",
    "slabinfo",
    "tcpstat",
    "zoneinfo",
];

/// Series that come and go with what the machine does in the moment.
const FLEETING: &[&str] = &["node_processes_state", "node_processes_threads_state", "node_tcp_"];

/// Labels that 1.12 added.
const NEWER_LABELS: &[(&str, &str)] = &[
    ("node_filesystem_", "device_error"),
    ("node_disk_info", "rotational"),
    ("node_network_info", "adminstate"),
];

/// Constants whose value must be the same.
const CONSTANTS: &[&str] = &[
    "node_boot_time_seconds",
    "node_disk_info",
    "node_entropy_pool_size_bits",
    "node_filefd_maximum",
    "node_filesystem_device_error",
    "node_filesystem_readonly",
    "node_filesystem_size_bytes",
    "node_memory_MemTotal_bytes",
    "node_memory_Hugepagesize_bytes",
    "node_memory_SwapTotal_bytes",
    "node_network_address_assign_type",
    "node_network_flags",
    "node_network_info",
    "node_network_mtu_bytes",
    "node_network_protocol_type",
    "node_network_speed_bytes",
    "node_network_up",
    "node_nf_conntrack_entries_limit",
    "node_os_",
    "node_time_clocksource_",
    "node_time_zone_offset_seconds",
    "node_uname_info",
];

/// Flags that give 1.5 as Debian builds it the defaults of 1.12 and nothing but shared collectors.
fn arguments(port: u16, options: &Options) -> Vec<String> {
    let mut arguments = vec![
        format!("--web.listen-address=127.0.0.1:{port}"),
        "--collector.disable-defaults".into(),
        "--web.disable-exporter-metrics".into(),
        format!("--collector.diskstats.device-exclude={}", options.diskstats_exclude),
        format!("--collector.filesystem.fs-types-exclude={}", options.filesystem_types_exclude),
        format!(
            "--collector.filesystem.mount-points-exclude={}",
            options.filesystem_mounts_exclude
        ),
        "--collector.netdev.device-exclude=^$".into(),
        "--collector.netclass.ignored-devices=^$".into(),
        format!("--collector.netstat.fields={}", options.netstat_fields),
    ];
    let is_shared = |known: &&collect::Switch| {
        let is_on = known.default || ON_REQUEST.contains(&known.name);
        is_on && !NEWER_COLLECTORS.contains(&known.name)
    };
    let shared = collect::COLLECTORS.iter().filter(is_shared);
    arguments.extend(shared.map(|known| format!("--collector.{}", known.name)));
    arguments
}

fn scrape(port: u16) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned())
}

/// Names, types, help texts and label sets; values only of constants.
fn comparable(line: String) -> Option<String> {
    let name = metric(&line).to_owned();
    let skipped =
        ["flyball_host_", "node_scrape_collector_", "node_exporter_build_info", "promhttp_"];
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    if starts(NEWER) || starts(FLEETING) || starts(&skipped) || line.starts_with("# HELP") {
        return None;
    }
    if line.starts_with('#') {
        return Some(line);
    }
    let mut line = line;
    for (_, label) in NEWER_LABELS.iter().filter(|(prefix, _)| name.starts_with(prefix)) {
        line = without_label(&line, label);
    }
    let series = line.rsplit_once(' ').expect("a sample line has a value").0.to_owned();
    Some(if starts(CONSTANTS) { line } else { series })
}

fn without_label(line: &str, label: &str) -> String {
    let Some(start) = line.find(&format!("{label}=\"")) else { return line.to_owned() };
    let value = start + label.len() + 2;
    let end = value + line[value..].find('"').expect("a label value ends") + 1;
    let tail = line[end..].trim_start_matches(',');
    let head = line[..start].trim_end_matches(if tail.starts_with('}') { ',' } else { '\0' });
    format!("{head}{tail}")
}

#[test]
fn shared_collectors_give_the_series_of_the_real_exporter() {
    let suite = "node_exporter beside ours";
    let Some(program) = testkit::find_program("prometheus-node-exporter") else {
        return testkit::skip(suite, "prometheus-node-exporter is not installed");
    };
    let switches = ON_REQUEST.iter().map(|name| ((*name).to_owned(), true)).collect();
    let options = Options {
        switches,
        filesystem_timeout_ms: 5_000,
        timeout: Duration::from_mins(2),
        ..Options::default()
    };
    let port = testkit::free_port();
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(program);
    command.args(arguments(port, &options));
    let peer = testkit::Peer::start(&mut command, &dir.path().join("log")).unwrap();
    let theirs = testkit::wait_for("node_exporter to answer", || scrape(port));

    let clock = SystemClock::new();
    let host = Arc::new(OsHost::new());
    let mut collector =
        HostCollector::new(host, Arc::new(clock), Roots::default(), &options).unwrap();
    let ours = render(collector.collect(clock.now()));
    let theirs: BTreeSet<_> = theirs.lines().map(normalise).filter_map(comparable).collect();
    let ours: BTreeSet<_> = ours.into_iter().filter_map(comparable).collect();
    let missing: Vec<_> = theirs.difference(&ours).collect();
    let surplus: Vec<_> = ours.difference(&theirs).collect();
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "missing {missing:#?}, surplus {surplus:#?}, faults {:#?}, log {}",
        collector.faults(),
        peer.output()
    );
    assert!(ours.len() > 200, "{} lines are compared", ours.len());
}

/// Own interface of the machine: two collections in a row keep every series and no counter of CPU
/// time goes back.
#[test]
fn collections_in_a_row_keep_their_series() {
    let clock = SystemClock::new();
    let mut collector = HostCollector::new(
        Arc::new(OsHost::new()),
        Arc::new(clock),
        Roots::default(),
        &Options { timeout: Duration::from_mins(2), ..Options::default() },
    )
    .unwrap();
    let cpu = |collector: &mut HostCollector, now: Timestamp| {
        let families = collector.collect(now);
        let family = families.iter().find(|family| family.name == "node_cpu_seconds_total");
        family.unwrap().points.clone()
    };
    let before = cpu(&mut collector, clock.now());
    let after = cpu(&mut collector, clock.now());
    assert!(!before.is_empty());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.labels, after.labels);
        assert!(after.value >= before.value, "{} went back", before.labels);
    }
}
