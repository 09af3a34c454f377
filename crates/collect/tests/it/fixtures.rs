//! Upstream's fixture tree in, upstream's expected scrape out, line by line.

use crate::tree::{FixtureHost, copy, metric, normalise, render, unpack};
use collect::{HostCollector, Options, OsHost, Roots};
use model::Timestamp;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use sys::SystemClock;

/// Lines of our collectors that the fixtures cannot decide, by the beginning of the metric's name.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("node_filesystem_", "upstream leaves the collector out: statfs of the testing machine"),
    ("node_uname_info", "upstream leaves the collector out: the testing machine's name"),
    ("node_time_seconds", "the clock; upstream skips it"),
    ("node_time_zone_offset_seconds", "the testing machine's zone; upstream skips it"),
    ("node_scrape_collector_duration_seconds", "durations; upstream skips them"),
    ("node_scrape_collector_success", "checked apart: upstream runs more collectors"),
    ("node_network_receive_", "the testing machine's loopback device, asked through netlink"),
    ("node_network_transmit_", "the testing machine's loopback device, asked through netlink"),
    ("node_cpu_info", "off by default and not offered yet"),
    ("node_cpu_flag_info", "off by default and not offered yet"),
    ("node_cpu_bug_info", "off by default and not offered yet"),
    ("node_cpu_frequency_hertz", "part of node_cpu_info"),
];

/// Metric names that one of our collectors is answerable for although they share a prefix with
/// collectors that we lack, or the other way round.
fn belongs_to_us(name: &str) -> bool {
    const PREFIXES: &[&str] = &[
        "node_arp_",
        "node_boot_time_seconds",
        "node_context_switches_total",
        "node_cooling_device_",
        "node_cpu_",
        "node_disk_",
        "node_dmi_",
        "node_entropy_",
        "node_filefd_",
        "node_filesystem_",
        "node_forks_total",
        "node_intr_total",
        "node_load",
        "node_memory_",
        "node_netstat_",
        "node_network_",
        "node_nf_conntrack_",
        "node_nvme_",
        "node_os_",
        "node_pressure_",
        "node_procs_",
        "node_schedstat_",
        "node_scrape_",
        "node_sockstat_",
        "node_softirqs_total",
        "node_softnet_",
        "node_thermal_zone_",
        "node_time_",
        "node_udp_queues",
        "node_uname_",
        "node_vmstat_",
        "node_watchdog_",
    ];
    // Collectors that we lack, off by default upstream.
    const OTHERS: &[&str] = &["node_cpu_vulnerabilities_", "node_memory_numa_"];
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    starts(PREFIXES) && !starts(OTHERS)
}

fn is_exception(name: &str) -> bool {
    EXCEPTIONS.iter().any(|(prefix, _)| name.starts_with(prefix))
}

/// The flags of upstream's end-to-end test.
fn options() -> Options {
    Options {
        stat_softirq: true,
        netclass_ignore_invalid_speed: true,
        netclass_exclude: "(dmz|int)".into(),
        arp_exclude: "nope".into(),
        ..Options::default()
    }
}

fn roots(dir: &Path) -> Roots {
    Roots {
        proc: dir.join("proc"),
        sys: dir.join("sys"),
        udev: dir.join("udev/data"),
        root: dir.into(),
    }
}

fn collector(dir: &Path, options: &Options) -> HostCollector {
    let host = Arc::new(FixtureHost(OsHost::new()));
    HostCollector::new(host, Arc::new(SystemClock::new()), roots(dir), options).unwrap()
}

fn unpacked(suite: &str) -> Option<(tempfile::TempDir, String)> {
    let from = testkit::conformance_dir(suite, "node-fixtures")?;
    let dir = tempfile::tempdir().unwrap();
    for archive in ["sys.ttar", "udev.ttar"] {
        unpack(&fs::read_to_string(from.join(archive)).unwrap(), dir.path());
    }
    copy(&from.join("proc"), &dir.path().join("proc"));
    copy(&from.join("usr"), &dir.path().join("usr"));
    let expected = fs::read_to_string(from.join("e2e-output.txt")).unwrap();
    Some((dir, expected))
}

#[test]
fn fixtures_give_the_scrape_that_upstream_expects() {
    let Some((dir, expected)) = unpacked("node-fixtures") else { return };
    let wanted = |line: &&str| belongs_to_us(metric(line)) && !is_exception(metric(line));
    let expected: BTreeSet<_> = expected.lines().filter(wanted).map(normalise).collect();
    let mut collector = collector(dir.path(), &options());
    let mut now = Timestamp::from_ms(1_700_000_000_123);
    // The second round reads through open files and remembered labels: nothing may change.
    for round in 1..=2 {
        now = Timestamp::from_ms(now.ms() + 1000);
        let found: BTreeSet<_> = render(collector.collect(now))
            .into_iter()
            .filter(|line| !is_exception(metric(line)))
            .collect();
        let missing: Vec<_> = expected.difference(&found).collect();
        let surplus: Vec<_> = found.difference(&expected).collect();
        assert!(
            missing.is_empty() && surplus.is_empty(),
            "round {round}: missing {missing:#?}, surplus {surplus:#?}, faults {:#?}",
            collector.faults()
        );
    }
    assert!(expected.len() > 700, "the expectation covers {} lines", expected.len());
}

#[test]
fn every_collector_reports_its_success() {
    let Some((dir, _)) = unpacked("node-fixtures (success)") else { return };
    let mut collector = collector(dir.path(), &options());
    let families = collector.collect(Timestamp::from_ms(0)).to_vec();
    let of = |name: &str| families.iter().find(|family| family.name == name).unwrap();
    let outcome =
        |sample: &collect::Point| (sample.labels.value("collector").to_owned(), sample.value);
    let success: Vec<_> = of("node_scrape_collector_success").points.iter().map(outcome).collect();
    // The fixtures have no /proc/net/dev: upstream asks netlink there.
    let expected: Vec<_> = collect::COLLECTORS
        .iter()
        .filter(|known| known.default)
        .map(|known| (known.name.to_owned(), f64::from(u8::from(known.name != "netdev"))))
        .collect();
    assert_eq!(success, expected, "{:#?}", collector.faults());
    assert_eq!(of("node_scrape_collector_duration_seconds").points.len(), expected.len());
}
