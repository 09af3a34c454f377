//! Upstream's fixture tree in, upstream's expected scrape out, line by line.

use crate::tree::{FixtureHost, copy, metric, normalise, render, unpack};
use collect::{HostCollector, Options, OsHost, Roots};
use model::Timestamp;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use sys::SystemClock;

/// Lines that the fixtures cannot decide or that are not ours to give, by the beginning of the
/// metric's name. Everything else of upstream's expectation must come out, and nothing more.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("go_", "the exporter's own process"),
    ("process_", "the exporter's own process"),
    ("promhttp_", "the exporter's own process"),
    ("node_exporter_build_info", "the exporter's own process"),
    ("node_textfile_mtime_seconds", "times of the checked out files; upstream skips it"),
    ("node_filesystem_", "upstream leaves the collector out: statfs of the testing machine"),
    ("node_uname_info", "upstream leaves the collector out: the testing machine's name"),
    ("node_selinux_", "upstream leaves the collector out: the testing machine's mode"),
    ("node_timex_", "upstream leaves the collector out: the testing machine's clock"),
    ("node_time_seconds", "the clock; upstream skips it"),
    ("node_time_zone_offset_seconds", "the testing machine's zone; upstream skips it"),
    ("node_scrape_collector_duration_seconds", "durations; upstream skips them"),
    ("node_scrape_collector_success", "checked apart: upstream runs other collectors"),
    ("node_network_receive_", "the testing machine's loopback device, asked through netlink"),
    ("node_network_transmit_", "the testing machine's loopback device, asked through netlink"),
    ("node_qdisc_", "off by default and not offered: upstream asks netlink"),
    ("node_wifi_", "off by default and not offered: upstream asks netlink"),
    ("flyball_host_collector_fault", "ours alone: why a collector has no data"),
    ("node_swap_", "ours alone: upstream's test leaves the collector off"),
    ("node_tcp_", "ours alone: upstream's test leaves the collector off"),
];

fn is_exception(name: &str) -> bool {
    EXCEPTIONS.iter().any(|(prefix, _)| name.starts_with(prefix))
}

/// The flags of upstream's end-to-end test.
fn options(dir: &Path) -> Options {
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    Options {
        switches: collect::COLLECTORS.iter().map(|known| (known.name.to_owned(), true)).collect(),
        cpu_info: true,
        cpu_info_bugs_include: "^(cpu_meltdown|spectre_.*|mds)$".into(),
        cpu_info_flags_include: "^(aes|avx.?|constant_tsc)$".into(),
        sysctl_include: words(&[
            "fs.file-nr",
            "fs.file-nr:total,current,max",
            "kernel.threads-max",
        ]),
        sysctl_include_info: words(&["kernel.seccomp.actions_avail"]),
        timeout: Duration::from_mins(2),
        stat_softirq: true,
        bcache_priority_stats: true,
        textfile_directories: vec![format!("{}/textfile/two_metric_files/", dir.display())],
        hwmon_chip_include: "(applesmc|asus_nb_wmi|coretemp|hwmon4|ieee80211|nct6779)".into(),
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
    // A link upstream, the text of its target here.
    let own = dir.path().join("proc/self");
    let target = fs::read_to_string(&own).unwrap();
    fs::remove_file(&own).unwrap();
    std::os::unix::fs::symlink(target.trim(), own).unwrap();
    for tree in ["usr", "textfile"] {
        copy(&from.join(tree), &dir.path().join(tree));
    }
    let expected = fs::read_to_string(from.join("e2e-output.txt")).unwrap();
    Some((dir, expected))
}

#[test]
fn fixtures_give_the_scrape_that_upstream_expects() {
    let Some((dir, expected)) = unpacked("node-fixtures") else { return };
    let wanted = |line: &&str| !is_exception(metric(line));
    let ours = format!("{}/", dir.path().display());
    let expected: BTreeSet<_> = expected.lines().filter(wanted).map(normalise).collect();
    let mut collector = collector(dir.path(), &options(dir.path()));
    let mut now = Timestamp::from_ms(1_700_000_000_123);
    // The second round reads through open files and remembered labels: nothing may change.
    for round in 1..=2 {
        now = Timestamp::from_ms(now.ms() + 1000);
        let found: BTreeSet<_> = render(collector.collect(now))
            .into_iter()
            .filter(|line| !is_exception(metric(line)))
            .map(|line| normalise(&line.replace(&ours, "collector/fixtures/")))
            .collect();
        let missing: Vec<_> = expected.difference(&found).collect();
        let surplus: Vec<_> = found.difference(&expected).collect();
        assert!(
            missing.is_empty() && surplus.is_empty(),
            "round {round}: missing {missing:#?}, surplus {surplus:#?}, faults {:#?}",
            collector.faults()
        );
    }
    assert!(expected.len() > 4000, "the expectation covers {} lines", expected.len());
}

#[test]
fn every_collector_reports_its_success() {
    let Some((dir, _)) = unpacked("node-fixtures (success)") else { return };
    let mut collector = collector(dir.path(), &options(dir.path()));
    let families = collector.collect(Timestamp::from_ms(0)).to_vec();
    let of = |name: &str| families.iter().find(|family| family.name == name).unwrap();
    let outcome =
        |sample: &collect::Point| (sample.labels.value("collector").to_owned(), sample.value);
    let success: Vec<_> = of("node_scrape_collector_success").points.iter().map(outcome).collect();
    // The fixtures have no /proc/net/dev (upstream asks netlink there), no /proc/net/tcp, no bus.
    let expected: Vec<_> = collect::COLLECTORS
        .iter()
        .map(|known| {
            let is_there = !["netdev", "systemd", "tcpstat"].contains(&known.name);
            (known.name.to_owned(), f64::from(u8::from(is_there)))
        })
        .collect();
    assert_eq!(success, expected, "{:#?}", collector.faults());
    assert_eq!(of("node_scrape_collector_duration_seconds").points.len(), expected.len());
}

/// Upstream's suites of the textfile collector: families, errors and times of whole directories.
#[test]
fn textfiles_give_what_upstream_expects() {
    let suite = "node-fixtures (textfile)";
    let Some(dir) = testkit::conformance_dir(suite, "node-fixtures") else { return };
    let suites = [
        ("client_side_timestamp", "client_side_timestamp"),
        ("different_metric_types", "different_metric_types"),
        ("histogram", "histogram"),
        ("inconsistent_metrics", "inconsistent_metrics"),
        ("metrics_merge_different_help", "metrics_merge_different_help"),
        ("metrics_merge_empty_help", "metrics_merge_empty_help"),
        ("metrics_merge_no_help", "metrics_merge_no_help"),
        ("metrics_merge_same_help", "metrics_merge_same_help"),
        ("nonexistent_path", "nonexistent_path"),
        ("no_metric_files", "no_metric_files"),
        ("summary", "summary"),
        ("two_metric_files", "two_metric_files"),
        ("glob_extra_dimension", "*_extra_dimension"),
        ("histogram_extra_dimension", "histogram_extra_dimension"),
        ("summary_extra_dimension", "summary_extra_dimension"),
    ];
    let known = collect::COLLECTORS.iter();
    let switches: Vec<_> = known.map(|k| (k.name.to_owned(), k.name == "textfile")).collect();
    for (suite, pattern) in suites {
        let pattern = format!("{}/textfile/{pattern}", dir.display());
        let options = Options {
            switches: switches.clone(),
            textfile_directories: vec![pattern],
            timeout: Duration::from_mins(2),
            ..Options::default()
        };
        let expected = dir.join("textfile").join(format!("{suite}.out"));
        let expected = fs::read_to_string(expected).unwrap();
        // Bounds and quantiles come in Prometheus 3's form.
        let plain = |line: &str| normalise(line).replace(".0\"}", "\"}").replace(".0\",", "\",");
        let expected: BTreeSet<_> = expected.lines().map(plain).collect();
        let ours = format!("{}/", dir.display());
        let found: BTreeSet<_> = render(collector(&dir, &options).collect(Timestamp::from_ms(0)))
            .into_iter()
            .filter(|line| {
                !["node_scrape_", "flyball_"].iter().any(|own| metric(line).starts_with(own))
            })
            .map(|line| plain(&line.replace(&ours, "fixtures/")))
            .collect();
        // Upstream makes up a sum and a count of 0 for a summary that a file gives without them.
        let made_up = |line: &&String| {
            let name = metric(line);
            line.ends_with(" 0") && (name.ends_with("_sum") || name.ends_with("_count"))
        };
        let missing = expected.difference(&found).filter(|line| !made_up(line));
        let missing: Vec<_> = missing.collect();
        let surplus: Vec<_> = found.difference(&expected).collect();
        assert!(
            missing.is_empty() && surplus.is_empty(),
            "{suite}: missing {missing:#?}, surplus {surplus:#?}"
        );
    }
}
