//! Pages of the documentation: the collectors there are with their pace, and those of upstream that
//! there are not, with the reason.

use std::fmt::Write;
use testkit::assert_page;

const CONFIGURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configure.md");
const COLLECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/collectors.md");
const MARKS: (&str, &str) =
    ("<!-- collectors: written by `UPDATE_EXPECT=1 cargo test -p collect` -->\n", "<!-- end -->\n");

/// Collectors of `node_exporter` 1.12 on Linux that are on by default there.
const ON_UPSTREAM: &str = "arp bcache bcachefs bonding btrfs conntrack cpu cpufreq diskstats dmi \
    dmmultipath edac entropy fibrechannel filefd filesystem hwmon infiniband ipvs kernel_hung \
    loadavg mdadm meminfo netclass netdev netstat nfs nfsd nvme os powersupplyclass pressure rapl \
    schedstat selinux sockstat softnet stat tapestats textfile thermal_zone time timex udp_queues \
    uname vmstat watchdog xfs zfs";

/// Those that are off.
const OFF_UPSTREAM: &str = "buddyinfo cgroups cpu_vulnerabilities drbd drm ethtool interrupts ksmd \
    lnstat logind meminfo_numa mountstats network_route ntp pcidevice perf processes qdisc runit \
    slabinfo softirqs supervisord swap sysctl systemd tcpstat wifi xfrm zoneinfo";

/// Why those that are not here are not.
const ABSENT: [(&str, &str); 9] = [
    ("drm", "AMD's graphics processors alone"),
    ("logind", "sessions by seat from the bus; no rule or dashboard of the packs uses it"),
    ("network_route", "needs the kernel's route netlink, no file has it; no rule uses it"),
    ("ntp", "asks a time server of others; deprecated upstream, `timex` has the clock's state"),
    ("perf", "needs privileges (`CAP_PERFMON`) that nothing else here needs"),
    ("qdisc", "needs the kernel's route netlink, no file has it; no rule uses it"),
    ("runit", "deprecated upstream; its services are files of a supervisor, not the host's"),
    ("supervisord", "deprecated upstream; it is a service of its own"),
    ("wifi", "needs generic netlink (nl80211)"),
];

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" ")
}

/// Names by default and pace, one line each.
fn paces() -> String {
    let mut out = String::from("| collectors | on | run |\n|---|---|---|\n");
    for (on, slow) in [(true, false), (true, true), (false, false), (false, true)] {
        let of = |known: &&collect::Switch| known.default == on && known.interval.is_zero() != slow;
        let names = listed(collect::COLLECTORS.iter().filter(of).map(|known| known.name));
        let on = if on { "by default" } else { "on request" };
        let pace = if slow { "every 15 s" } else { "each time" };
        writeln!(out, "| {names} | {on} | {pace} |").unwrap();
    }
    out
}

/// Upstream's collectors: how many there are, and each that is not.
fn beside_upstream() -> String {
    let mut out =
        String::from("| collectors of 1.12 | there | here | not here |\n|---|---|---|---|\n");
    let is_here = |name: &&str| collect::COLLECTORS.iter().any(|known| known.name == *name);
    for (names, default) in [(ON_UPSTREAM, "on by default"), (OFF_UPSTREAM, "off by default")] {
        let (here, absent): (Vec<_>, Vec<_>) = names.split(' ').partition(is_here);
        let absent = listed(absent.into_iter());
        let absent = if absent.is_empty() { "none" } else { &absent };
        let all = names.split(' ').count();
        writeln!(out, "| {default} | {all} | {} | {absent} |", here.len()).unwrap();
    }
    out.push_str("\n| not here | why |\n|---|---|\n");
    for (name, why) in ABSENT {
        writeln!(out, "| `{name}` | {why} |").unwrap();
    }
    out
}

#[test]
fn the_page_lists_every_collector() {
    assert_page(CONFIGURE, MARKS, &paces());
}

#[test]
fn the_page_says_why_a_collector_of_upstream_is_not_here() {
    for (names, on) in [(ON_UPSTREAM, true), (OFF_UPSTREAM, false)] {
        for name in names.split(' ') {
            let here = collect::COLLECTORS.iter().find(|known| known.name == name);
            let is_absent = ABSENT.iter().any(|(absent, _)| *absent == name);
            assert_eq!(here.map(|known| known.default), (!is_absent).then_some(on), "{name}");
        }
    }
    let upstream = |known: &collect::Switch| {
        ON_UPSTREAM.split(' ').chain(OFF_UPSTREAM.split(' ')).any(|name| name == known.name)
    };
    let own: Vec<_> = collect::COLLECTORS.iter().filter(|known| !upstream(known)).collect();
    assert_eq!(own, [] as [&collect::Switch; 0], "every collector is upstream's");
    assert_page(COLLECTORS, MARKS, &beside_upstream());
}
