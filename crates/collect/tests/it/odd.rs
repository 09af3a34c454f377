//! Hosts that lack files, lie, change between two rounds or go backwards.

use crate::tree::{Memory, MemoryHost, render};
use collect::{ErrorKind, HostCollector, Options, Roots};
use model::Timestamp;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;
use sys::SystemClock;

/// Only the named collectors, on a host in memory.
pub(crate) fn only(host: &Arc<Memory>, names: &[&str]) -> HostCollector {
    only_with(host, names, &patient())
}

fn only_with(host: &Arc<Memory>, names: &[&str], options: &Options) -> HostCollector {
    let known = collect::COLLECTORS.iter();
    let switches = known.map(|k| (k.name.to_owned(), names.contains(&k.name))).collect();
    with(host, &Options { switches, ..options.clone() })
}

/// Longer than any collector takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

fn patient() -> Options {
    Options { timeout: PATIENCE, ..Options::default() }
}

fn with(host: &Arc<Memory>, options: &Options) -> HostCollector {
    let host = Arc::new(MemoryHost(Arc::clone(host)));
    HostCollector::new(host, Arc::new(SystemClock::new()), Roots::default(), options).unwrap()
}

/// Sample lines of one round that begin with `prefix`.
pub(crate) fn lines(collector: &mut HostCollector, second: i64, prefix: &str) -> Vec<String> {
    let families = collector.collect(Timestamp::from_ms(second * 1000));
    render(families).into_iter().filter(|line| line.starts_with(prefix)).collect()
}

pub(crate) fn kinds(collector: &HostCollector) -> Vec<(&'static str, ErrorKind)> {
    collector.faults().iter().map(|fault| (fault.collector, fault.kind)).collect()
}

#[test]
fn a_host_without_files_has_no_data_and_no_trouble() {
    let mut collector = with(&Memory::new(&[]), &patient());
    let samples = lines(&mut collector, 5, "node_");
    let faults = kinds(&collector);
    assert!(faults.iter().all(|(_, kind)| *kind == ErrorKind::NoData), "{faults:?}");
    let without_files = [
        "btrfs",
        "edac",
        "selinux",
        "sockstat",
        "textfile",
        "thermal_zone",
        "time",
        "uname",
        "xfs",
    ];
    assert_eq!(
        faults.len(),
        collect::COLLECTORS.iter().filter(|known| known.default).count() - without_files.len(),
        "{faults:?}"
    );
    for line in samples.iter().filter(|line| !line.starts_with("node_scrape_")) {
        let known = ["node_time_", "node_uname_info", "node_selinux_enabled 0", "node_textfile_"];
        assert!(known.iter().any(|known| line.starts_with(known)), "{line}");
    }
}

#[test]
fn a_damaged_file_costs_its_collector_and_names_the_place() {
    let host = Memory::new(&[
        ("/proc/stat", "cpu 1\ncpu0 1 x 3\nctxt 7\n"),
        ("/proc/loadavg", "1 2 3 4/5 6\n"),
    ]);
    let mut collector = only(&host, &["cpu", "loadavg", "stat"]);
    let success = lines(&mut collector, 1, "node_scrape_collector_success");
    assert_eq!(
        success,
        [
            "node_scrape_collector_success{collector=\"cpu\"} 0",
            "node_scrape_collector_success{collector=\"loadavg\"} 1",
            "node_scrape_collector_success{collector=\"stat\"} 1",
        ]
    );
    let fault = &collector.faults()[0].message;
    assert_eq!(*fault, "/proc/stat:2: expected an unsigned integer, found \"x\"");
    host.write("/proc/stat", "cpu 1\ncpu0 1 2 3\n");
    assert_eq!(lines(&mut collector, 2, "node_cpu_seconds_total{").len(), 8);
    assert!(collector.faults().is_empty());
}

#[test]
fn files_stay_open_until_their_handle_goes_bad() {
    let host = Memory::new(&[("/proc/loadavg", "1 2 3\n")]);
    let mut collector = only(&host, &["loadavg"]);
    for second in 0..5 {
        assert_eq!(lines(&mut collector, second, "node_load15"), ["node_load15 3"]);
    }
    assert_eq!(host.opened(), 1);
    host.remove("/proc/loadavg");
    assert!(lines(&mut collector, 6, "node_load").is_empty());
    assert_eq!(kinds(&collector), [("loadavg", ErrorKind::NoData)]);
    host.write("/proc/loadavg", "4 5 6\n");
    assert_eq!(lines(&mut collector, 7, "node_load15"), ["node_load15 6"]);
    assert_eq!(host.opened(), 2);
}

#[test]
fn texts_longer_than_any_buffer_are_read_whole() {
    let mut text = String::from("cpu 1\n");
    for cpu in 0..2000 {
        writeln!(text, "cpu{cpu} 100 0 0 0 0 0 0 0 0 0").unwrap();
    }
    let host = Memory::new(&[("/proc/stat", &text)]);
    let mut collector = only(&host, &["cpu"]);
    assert_eq!(lines(&mut collector, 1, "node_cpu_seconds_total{").len(), 16_000);
    // Half of what is read at most, and all of it.
    host.write("/proc/stat", &format!("cpu0 100 0 0 0\nintr{}\n", " 0".repeat(3 << 20)));
    assert_eq!(lines(&mut collector, 2, "node_cpu_seconds_total{").len(), 8);
    host.write("/proc/stat", &"x".repeat(9 << 20));
    assert!(lines(&mut collector, 2, "node_cpu_").is_empty());
    assert_eq!(kinds(&collector), [("cpu", ErrorKind::Io)]);
}

#[test]
fn cpu_time_never_goes_back_unless_the_cpu_was_replaced() {
    let host = Memory::new(&[("/proc/stat", "cpu0 500 0 0 10000\ncpu1 1 0 0 1\n")]);
    let mut collector = only(&host, &["cpu"]);
    let mut state = |stat: &str| {
        host.write("/proc/stat", stat);
        let lines = lines(&mut collector, 0, "node_cpu_seconds_total{cpu=\"0\"");
        let of = |mode: &str| {
            let line = lines.iter().find(|line| line.contains(mode)).unwrap();
            line.rsplit_once(' ').unwrap().1.to_owned()
        };
        (of("\"user\""), of("\"idle\""))
    };
    let pair = |user: &str, idle: &str| (user.to_owned(), idle.to_owned());
    assert_eq!(state("cpu0 500 0 0 10000\ncpu1 1 0 0 1\n"), pair("5", "100"));
    // A little back: the old value stays. User time back with idle going on: the same.
    assert_eq!(state("cpu0 600 0 0 9701\ncpu1 1 0 0 1\n"), pair("6", "100"));
    assert_eq!(state("cpu0 400 0 0 10100\ncpu1 1 0 0 1\n"), pair("6", "101"));
    // Three seconds back and more: the CPU was taken out and put back.
    assert_eq!(state("cpu0 10 0 0 9800\ncpu1 1 0 0 1\n"), pair("0.1", "98"));
    let offline = "cpu0 10 0 0 9800\n";
    host.write("/proc/stat", offline);
    assert_eq!(lines(&mut collector, 0, "node_cpu_seconds_total{").len(), 8);
}

#[test]
fn devices_come_and_go() {
    let heading = "Inter-|\n face |\n";
    let row = |name: &str, bytes: u64| format!("{name}: {bytes} 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
    let host = Memory::new(&[("/sys/class/net/a/statistics/rx_nohandler", "3\n")]);
    let mut collector = only(&host, &["netdev"]);
    let mut bytes = |rows: &[String]| {
        host.write("/proc/net/dev", &format!("{heading}{}", rows.concat()));
        lines(&mut collector, 0, "node_network_receive_bytes_total{")
    };
    let line =
        |name: &str, n: u64| format!("node_network_receive_bytes_total{{device=\"{name}\"}} {n}");
    assert_eq!(bytes(&[row("a", 1), row("b", 2)]), [line("a", 1), line("b", 2)]);
    assert_eq!(bytes(&[row("b", 3), row("c", 4)]), [line("b", 3), line("c", 4)]);
    assert_eq!(bytes(&[row("c", 5), row("a", 6), row("b", 7)]).len(), 3);
    assert_eq!(bytes(&[]), [""; 0]);
    let handler = "node_network_receive_nohandler_total";
    bytes(&[row("a", 1), row("b", 2)]);
    assert_eq!(lines(&mut collector, 0, handler), [format!("{handler}{{device=\"a\"}} 3")]);
}

#[test]
fn an_exchanged_disk_is_noticed_and_a_clock_set_back_does_not_hide_it() {
    let numbers = "1 2 3 4 5 6 7 8 9 10 11";
    let host = Memory::new(&[
        ("/proc/diskstats", &*format!("8 0 sda {numbers}\n7 0 loop0 {numbers}\n")),
        ("/run/udev/data/b8:0", "E:ID_MODEL=Old\n"),
    ]);
    let mut collector = only(&host, &["diskstats"]);
    let model = |lines: &[String]| {
        let line = lines.first().expect("a disk has an info series");
        line.split("model=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let mut at = |second| model(&lines(&mut collector, second, "node_disk_info"));
    assert_eq!(at(1000), "Old");
    host.write("/run/udev/data/b8:0", "E:ID_MODEL=New\n");
    assert_eq!(at(1029), "Old");
    assert_eq!(at(1030), "New");
    host.write("/run/udev/data/b8:0", "E:ID_MODEL=Newest\n");
    assert_eq!(at(5), "Newest");
    assert_eq!(
        lines(&mut collector, 6, "node_disk_io_now"),
        ["node_disk_io_now{device=\"sda\"} 9"]
    );
}

#[test]
fn mounts_are_filtered_deduplicated_and_told_apart_from_failures() {
    let mounts = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n\
                  2 1 0:2 / /proc rw - proc proc rw\n\
                  3 1 0:3 / /run/credentials/x rw - tmpfs tmpfs rw\n\
                  4 1 8:2 / /data\\040disk ro - xfs /dev/sdb1 rw\n\
                  5 1 8:2 / /data\\040disk rw - xfs /dev/sdb1 rw\n\
                  6 1 0:6 / /gone rw - nfs4 server:/x rw\n";
    // Process 1 is hidden (hidepid): this process' own mounts have to do.
    let host = Memory::new(&[("/proc/self/mountinfo", mounts)]);
    let mut collector = only(&host, &["filesystem"]);
    let sda = "device=\"/dev/sda1\",fstype=\"ext4\",mountpoint=\"/\"";
    let sdb = "device=\"/dev/sdb1\",fstype=\"xfs\",mountpoint=\"/data disk\"";
    let gone = concat!(
        "device=\"server:/x\",device_error=\"no such file or directory\",",
        "fstype=\"nfs4\",mountpoint=\"/gone\""
    );
    let series = |name: &str, values: &[(&str, &str)]| -> Vec<String> {
        values.iter().map(|(l, v)| format!("node_filesystem_{name}{{{l}}} {v}")).collect()
    };
    let mut found = |name: &str| lines(&mut collector, 1, &format!("node_filesystem_{name}{{"));
    assert_eq!(
        found("device_error"),
        series("device_error", &[(sda, "0"), (sdb, "0"), (gone, "1")])
    );
    assert_eq!(found("readonly"), series("readonly", &[(sda, "0"), (sdb, "1"), (gone, "0")]));
    assert_eq!(
        found("size_bytes"),
        series("size_bytes", &[(sda, "4.096e+06"), (sdb, "4.096e+06")])
    );
    assert_eq!(found("files_free").len(), 2);
    assert_eq!(
        found("mount_info")[1],
        concat!(
            "node_filesystem_mount_info{device=\"/dev/sdb1\",major=\"8\",minor=\"2\",",
            "mountpoint=\"/data disk\"} 1"
        )
    );
}

#[test]
fn mount_points_are_told_as_the_host_sees_them() {
    let mounts = "1 0 8:1 / /host rw - ext4 /dev/sda1 rw\n\
                  2 1 8:2 / /host/home rw - ext4 /dev/sda2 rw\n\
                  3 1 8:3 / /hostile rw - ext4 /dev/sda3 rw\n";
    let host = Memory::new(&[("/proc/1/mountinfo", mounts)]);
    let roots = Roots { root: "/host".into(), ..Roots::default() };
    let memory = Arc::new(MemoryHost(Arc::clone(&host)));
    let clock = Arc::new(SystemClock::new());
    let mut collector = HostCollector::new(memory, clock, roots, &patient()).unwrap();
    let found = lines(&mut collector, 1, "node_filesystem_files{");
    let points: Vec<_> = found.iter().map(|line| line.split('"').nth(5).unwrap()).collect();
    assert_eq!(points, ["/", "/home", "/hostile"]);
}

#[test]
fn pages_of_sockets_are_counted_in_the_hosts_page_size() {
    let host = Memory::new(&[("/proc/net/sockstat", "sockets: used 9\nTCP: inuse 1 mem 2\n")]);
    let mut collector = only(&host, &["sockstat"]);
    assert_eq!(
        lines(&mut collector, 1, "node_sockstat_"),
        [
            "node_sockstat_TCP_inuse 1",
            "node_sockstat_TCP_mem 2",
            "node_sockstat_TCP_mem_bytes 131072",
            "node_sockstat_sockets_used 9",
        ]
    );
}

#[test]
fn collectors_are_switched_by_name_and_the_last_word_counts() {
    let switch = |pairs: &[(&str, bool)]| Options {
        switches: pairs.iter().map(|(name, on)| ((*name).to_owned(), *on)).collect(),
        ..patient()
    };
    let host = Memory::new(&[]);
    let runs = |options: &Options| {
        let mut collector = with(&host, options);
        let lines = lines(&mut collector, 1, "node_scrape_collector_success");
        (lines.len(), lines.iter().any(|line| line.contains("\"uname\"")))
    };
    let all = collect::COLLECTORS.iter().filter(|known| known.default).count();
    assert_eq!(runs(&switch(&[])), (all, true));
    assert_eq!(runs(&switch(&[("uname", false)])), (all - 1, false));
    assert_eq!(runs(&switch(&[("uname", false), ("uname", true)])), (all, true));
}

#[test]
fn options_that_cannot_work_are_refused() {
    let refuse = |options: Options| {
        let host = Arc::new(MemoryHost(Memory::new(&[])));
        let clock = Arc::new(SystemClock::new());
        let error = HostCollector::new(host, clock, Roots::default(), &options).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Option);
        error.to_string()
    };
    let unknown = Options { switches: vec![("cpus".into(), true)], ..Options::default() };
    let text = refuse(unknown);
    assert!(text.starts_with("no collector is named \"cpus\", expected one of arp, "), "{text}");
    let pattern = Options { netstat_fields: "(".into(), ..Options::default() };
    let text = refuse(pattern);
    assert!(text.starts_with("invalid pattern in collector option netstat.fields: "), "{text}");
}

#[test]
fn network_devices_are_included_and_excluded_by_name() {
    let line = |device: &str| format!("{device}: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
    let text = format!("h\nh\n{}{}{}", line("eth0"), line("eth1"), line("lo"));
    let host = Memory::new(&[("/proc/net/dev", &text)]);
    let devices = |include: &str, exclude: &str| {
        let (netdev_include, netdev_exclude) = (include.to_owned(), exclude.to_owned());
        let options = Options { netdev_include, netdev_exclude, ..patient() };
        let found = lines(&mut with(&host, &options), 1, "node_network_receive_bytes_total");
        let names = found.iter().filter_map(|line| line.split('"').nth(1));
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(devices("", ""), "eth0 eth1 lo");
    assert_eq!(devices("^eth", ""), "eth0 eth1");
    assert_eq!(devices("", "^eth"), "lo");
}

#[test]
fn filesystems_are_excluded_by_type_wherever_they_are_mounted() {
    let mounts = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:2 / /chroot/proc rw - proc proc rw\n";
    let host = Memory::new(&[("/proc/1/mountinfo", mounts)]);
    let found = lines(&mut only(&host, &["filesystem"]), 1, "node_filesystem_readonly{");
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn the_release_is_read_once_a_minute_and_when_the_clock_was_set_back() {
    let release = "NAME=X\nVERSION_ID=7\nSUPPORT_END=2026-11-21\n";
    let host = Memory::new(&[("/etc/os-release", release)]);
    let mut collector = only(&host, &["os"]);
    let mut version = |second: i64| {
        let found = lines(&mut collector, second, "node_os_version{");
        found.first().and_then(|line| line.rsplit(' ').next().map(str::to_owned))
    };
    assert_eq!(version(1000).as_deref(), Some("7"));
    host.write("/etc/os-release", "NAME=X\nVERSION_ID=8\n");
    assert_eq!(version(1059).as_deref(), Some("7"));
    assert_eq!(version(1060).as_deref(), Some("8"));
    host.write("/etc/os-release", "NAME=X\nVERSION_ID=0\n");
    assert_eq!(version(1059), None, "no version instead of 0");
}

#[test]
fn the_end_of_support_is_told_when_it_is_known() {
    let host = Memory::new(&[("/etc/os-release", "NAME=X\nSUPPORT_END=2026-11-21\n")]);
    let end = lines(&mut only(&host, &["os"]), 1, "node_os_support_end_timestamp_seconds");
    assert_eq!(end, ["node_os_support_end_timestamp_seconds 1.7952192e+09"]);
    host.write("/etc/os-release", "NAME=X\n");
    let end = lines(&mut only(&host, &["os"]), 1, "node_os_support_end_timestamp_seconds");
    assert!(end.is_empty());
}

#[test]
fn nfs_calls_go_by_their_place_in_the_line() {
    let host = Memory::new(&[("/proc/net/rpc/nfs", "net 9 1 2 3\nproc2 3 5 6 7\nproc4 1 8\n")]);
    let mut collector = only(&host, &["nfs"]);
    let calls = lines(&mut collector, 1, "node_nfs_requests_total{");
    let nonzero: Vec<_> = calls.iter().filter(|line| !line.ends_with(" 0")).collect();
    assert_eq!(
        nonzero,
        [
            "node_nfs_requests_total{method=\"Null\",proto=\"2\"} 5",
            "node_nfs_requests_total{method=\"GetAttr\",proto=\"2\"} 6",
            "node_nfs_requests_total{method=\"SetAttr\",proto=\"2\"} 7",
            "node_nfs_requests_total{method=\"Null\",proto=\"4\"} 8",
        ]
    );
}

const SLAB: &str = "/proc/slabinfo";
const SLABS: &str = "slabinfo - version: 2.1\nkmalloc 1 2 3 4 5 : tunables 0 0 0\n";

/// Only the named collectors, those of `hanging` with 50 ms and the others with patience.
fn hurried(host: &Arc<Memory>, names: &[&str], hanging: &[&str]) -> HostCollector {
    let known = collect::COLLECTORS.iter();
    let switches = known.map(|k| (k.name.to_owned(), names.contains(&k.name))).collect();
    let short = |name: &&str| ((*name).to_owned(), Duration::from_millis(50));
    let timeouts = hanging.iter().map(short).collect();
    with(host, &Options { switches, timeouts, timeout: PATIENCE, ..Options::default() })
}

#[test]
fn a_hanging_file_costs_its_own_collector_until_it_answers() {
    let host =
        Memory::new(&[("/proc/loadavg", "1 2 3\n"), (SLAB, SLABS), ("/proc/stat", "cpu 1\n")]);
    let mut collector = hurried(&host, &["loadavg", "slabinfo", "stat"], &["slabinfo"]);
    host.hang(SLAB);
    for second in [0, 15, 30] {
        assert_eq!(lines(&mut collector, second, "node_load15"), ["node_load15 3"]);
        assert_eq!(kinds(&collector), [("slabinfo", ErrorKind::Timeout)]);
        assert!(
            collector
                .collect(Timestamp::from_ms(second * 1000 + 1))
                .iter()
                .any(|family| { family.name == "node_forks_total" && family.points.len() == 1 })
        );
    }
    let report = lines(&mut collector, 45, "node_scrape_collector_success{collector=\"slabinfo\"");
    assert_eq!(report, ["node_scrape_collector_success{collector=\"slabinfo\"} 0"]);
    let fault = lines(&mut collector, 46, "flyball_host_collector_fault{");
    let expected = "flyball_host_collector_fault{collector=\"slabinfo\",reason=\"timeout\"} 1";
    assert_eq!(fault, [expected]);
    host.release();
    let mut second = 60;
    let objects = testkit::wait_for("the collector to come back", || {
        second += 15;
        let found = lines(&mut collector, second, "node_slabinfo_objects{");
        Some(found).filter(|found| !found.is_empty())
    });
    assert_eq!(objects, ["node_slabinfo_objects{slab=\"kmalloc\"} 2"]);
    assert!(collector.faults().is_empty(), "{:?}", collector.faults());
}

#[test]
fn when_too_many_hang_the_rest_is_left_out_and_said_so() {
    let host = Memory::new(&[("/proc/vmstat", "pgfault 1\n")]);
    let files = [
        ("buddyinfo", "/proc/buddyinfo"),
        ("cgroups", "/proc/cgroups"),
        ("mdadm", "/proc/mdstat"),
        ("nfs", "/proc/net/rpc/nfs"),
    ];
    let names: Vec<_> = files.iter().map(|(name, _)| *name).chain(["vmstat"]).collect();
    let mut collector = hurried(&host, &names, &names[..4]);
    for (_, path) in files {
        host.hang(path);
    }
    assert!(lines(&mut collector, 0, "node_vmstat_").is_empty());
    let faults = collector.faults();
    assert!(faults.iter().all(|fault| fault.kind == ErrorKind::Timeout), "{faults:?}");
    assert_eq!(faults.len(), 5);
    assert_eq!(faults[4].message, "not asked: 4 collectors hang");
    host.release();
    let mut second = 0;
    testkit::wait_for("the thread to be free again", || {
        second += 15;
        let found = lines(&mut collector, second, "node_vmstat_pgfault ");
        Some(()).filter(|()| !found.is_empty())
    });
}

#[test]
fn a_collector_that_panics_costs_one_round() {
    let host = Memory::new(&[("/proc/loadavg", "1 2 3\n"), ("/proc/stat", "cpu 1\n")]);
    let mut collector = only(&host, &["loadavg", "stat"]);
    host.set_broken("/proc/loadavg", true);
    assert!(lines(&mut collector, 1, "node_load").is_empty());
    assert_eq!(kinds(&collector), [("loadavg", ErrorKind::Panic)]);
    host.set_broken("/proc/loadavg", false);
    assert_eq!(lines(&mut collector, 2, "node_load1 "), ["node_load1 1"]);
    assert!(collector.faults().is_empty());
}

#[test]
fn slow_collectors_keep_their_values_until_they_are_due() {
    let host = Memory::new(&[(SLAB, SLABS)]);
    let mut collector = only(&host, &["slabinfo"]);
    let objects = |collector: &mut HostCollector, second| {
        lines(collector, second, "node_slabinfo_objects{").concat()
    };
    let of = |count: u32| format!("node_slabinfo_objects{{slab=\"kmalloc\"}} {count}");
    assert_eq!(objects(&mut collector, 0), of(2));
    host.write(SLAB, &SLABS.replace("1 2", "1 7"));
    assert_eq!(objects(&mut collector, 14), of(2));
    assert_eq!(objects(&mut collector, 15), of(7));
    host.write(SLAB, &SLABS.replace("1 2", "1 9"));
    assert_eq!(objects(&mut collector, 16), of(7));
    // A clock that went back does not stop it.
    assert_eq!(objects(&mut collector, 10), of(9));
}

#[test]
fn a_collector_gives_no_more_samples_than_it_may() {
    let host = Memory::new(&[(SLAB, SLABS), ("/proc/loadavg", "1 2 3\n")]);
    let known = collect::COLLECTORS.iter();
    let wanted = ["loadavg", "slabinfo"];
    let switches = known.map(|k| (k.name.to_owned(), wanted.contains(&k.name))).collect();
    let mut collector =
        with(&host, &Options { switches, samples_max: 3, timeout: PATIENCE, ..Options::default() });
    assert_eq!(lines(&mut collector, 1, "node_load").len(), 3);
    assert_eq!(lines(&mut collector, 1, "node_slabinfo_").len(), 3);
    assert_eq!(kinds(&collector), [("slabinfo", ErrorKind::Limit)]);
}

#[test]
fn paces_of_unknown_collectors_are_refused() {
    let host = Arc::new(MemoryHost(Memory::new(&[])));
    let intervals = vec![("hwmom".to_owned(), Duration::from_secs(1))];
    let options = Options { intervals, ..Options::default() };
    let clock = Arc::new(SystemClock::new());
    let error = HostCollector::new(host, clock, Roots::default(), &options).err().unwrap();
    assert!(error.to_string().starts_with("no collector is named \"hwmom\""), "{error}");
}

/// Parts of a collector that kernels may lack: their absence costs nothing, their damage is told.
#[test]
fn files_that_a_kernel_may_lack_are_missed_by_nobody() {
    const DAMAGED: &str = "full\n0 1:2:3\n";
    type Files = &'static [(&'static str, &'static str)];
    let cases: [(&str, Files, &str); 9] = [
        (
            "conntrack",
            &[
                ("/proc/sys/net/netfilter/nf_conntrack_count", "1\n"),
                ("/proc/sys/net/netfilter/nf_conntrack_max", "2\n"),
            ],
            "/proc/net/stat/nf_conntrack",
        ),
        ("udp_queues", &[("/proc/net/udp", "head\n")], "/proc/net/udp6"),
        ("udp_queues", &[("/proc/net/udp6", "head\n")], "/proc/net/udp"),
        ("sockstat", &[("/proc/net/sockstat", "TCP: inuse 1\n")], "/proc/net/sockstat6"),
        ("sockstat", &[("/proc/net/sockstat6", "TCP6: inuse 1\n")], "/proc/net/sockstat"),
        (
            "pressure",
            &[
                ("/proc/pressure/cpu", "some total=1\n"),
                ("/proc/pressure/io", "some total=1\nfull total=1\n"),
                ("/proc/pressure/memory", "some total=1\nfull total=1\n"),
            ],
            "/proc/pressure/irq",
        ),
        ("cpu", &[("/proc/stat", "cpu0 1 2 3\n")], "/sys/devices/system/cpu/isolated"),
        (
            "netstat",
            &[
                ("/proc/net/netstat", "TcpExt: A\nTcpExt: 1\n"),
                ("/proc/net/snmp", "Tcp: A\nTcp: 1\n"),
            ],
            "/proc/net/snmp6",
        ),
        (
            "zfs",
            &[("/proc/spl/kstat/zfs/arcstats", "name type data\nhits 4 1\n")],
            "/proc/spl/kstat/zfs/zil",
        ),
    ];
    for (name, files, optional) in cases {
        let host = Memory::new(files);
        let mut collector = only(&host, &[name]);
        assert!(!lines(&mut collector, 1, "node_").is_empty());
        assert_eq!(kinds(&collector), [], "{name} without {optional}");
        let host = Memory::new(files);
        host.write(optional, DAMAGED);
        let mut collector = only(&host, &[name]);
        lines(&mut collector, 1, "node_");
        assert_eq!(kinds(&collector), [(name, ErrorKind::Parse)], "{optional}");
        for (needed, _) in files.iter().filter(|_| name == "conntrack" || name == "pressure") {
            let host = Memory::new(files);
            host.remove(needed);
            let mut collector = only(&host, &[name]);
            lines(&mut collector, 1, "node_");
            assert_eq!(kinds(&collector), [(name, ErrorKind::NoData)], "{needed}");
        }
    }
}

#[test]
fn what_may_be_missing_is_told_when_it_is_there_and_cannot_be_read() {
    type Files = &'static [(&'static str, &'static str)];
    let cases: [(&str, Files, &str, &str); 10] = [
        (
            "cpu",
            &[("/proc/stat", "cpu0 100 2 3\n")],
            "/sys/devices/system/cpu/isolated",
            "node_cpu_seconds_total{cpu=\"0\",mode=\"user\"} 1",
        ),
        (
            "filesystem",
            &[("/proc/self/mountinfo", "1 0 8:1 / / ro - ext4 sda1 rw\n")],
            "/proc/1/mountinfo",
            "node_filesystem_readonly{device=\"sda1\",fstype=\"ext4\",mountpoint=\"/\"} 1",
        ),
        (
            "meminfo_numa",
            &[("/sys/devices/system/node/node0/meminfo", "Node 0 MemFree: 1 kB\n")],
            "/sys/devices/system/node/node0/numastat",
            "node_memory_numa_MemFree{node=\"0\"} 1024",
        ),
        (
            "sysctl",
            &[("/proc/sys/vm/swappiness", "60\n")],
            "/proc/sys/fs/aio-nr",
            "node_sysctl_vm_swappiness 60",
        ),
        (
            "tcpstat",
            &[("/proc/net/tcp", "head\n0: a b 0A 00:00\n")],
            "/proc/net/tcp6",
            "node_tcp_connection_states{state=\"listen\"} 1",
        ),
        ("edac", &[("/sys/devices/system/edac/pci/x", "1")], "/sys/devices/system/edac/mc", ""),
        (
            "netstat",
            &[
                ("/proc/net/netstat", "TcpExt: A\nTcpExt: 1\n"),
                ("/proc/net/snmp", "Tcp: CurrEstab\nTcp: 1\n"),
            ],
            "/proc/net/snmp6",
            "node_netstat_Tcp_CurrEstab 1",
        ),
        (
            "zfs",
            &[("/proc/spl/kstat/zfs/arcstats", "name type data\nhits 4 1\n")],
            "/proc/spl/kstat/zfs/zil",
            "node_zfs_arc_hits 1",
        ),
        (
            "selinux",
            &[("/sys/fs/selinux/enforce", "1")],
            "/etc/selinux/config",
            "node_selinux_config_mode -1",
        ),
        ("time", &[], "/sys/devices/system/clocksource", "node_time_seconds 1"),
    ];
    let sysctl_include = vec!["fs.aio-nr".to_owned(), "vm.swappiness".to_owned()];
    let options = Options { sysctl_include, ..patient() };
    for (name, files, optional, line) in cases {
        let mut collector = only_with(&Memory::new(files), &[name], &options);
        let found = lines(&mut collector, 1, line);
        assert!(line.is_empty() || found == [line], "{name} without {optional}: {found:?}");
        assert_eq!(kinds(&collector), [], "{name} without {optional}");
        let host = Memory::new(files);
        host.refuse(optional);
        let mut collector = only_with(&host, &[name], &options);
        lines(&mut collector, 1, "node_");
        assert_eq!(kinds(&collector), [(name, ErrorKind::Io)], "{optional}");
    }
}

#[test]
fn what_a_pool_does_not_say_is_not_made_up() {
    let dir = "/proc/spl/kstat/zfs/tank";
    let objset = "name type data\nnread 4 7\n";
    let host =
        Memory::new(&[(&format!("{dir}/state"), "ONLINE\n"), (&format!("{dir}/objset-1"), objset)]);
    host.refuse(&format!("{dir}/state"));
    let mut collector = only(&host, &["zfs"]);
    let states = lines(&mut collector, 1, "node_zfs_zpool_state{");
    assert!(states.len() == 7 && states.iter().all(|line| line.ends_with(" 0")), "{states:?}");
    assert_eq!(
        lines(&mut collector, 1, "node_zfs_zpool_dataset_"),
        ["node_zfs_zpool_dataset_nread{zpool=\"tank\"} 7"]
    );
}

#[test]
fn the_mode_of_selinux_is_that_of_its_own_key() {
    let host = Memory::new(&[
        ("/sys/fs/selinux/enforce", "1"),
        ("/etc/selinux/config", "# SELINUX=permissive\nSELINUX=enforcing\nSELINUXTYPE=targeted\n"),
    ]);
    let mut collector = only(&host, &["selinux"]);
    let mode = "node_selinux_config_mode 1";
    assert_eq!(lines(&mut collector, 1, mode), [mode]);
}

#[test]
fn facilities_that_are_switched_off_are_no_trouble() {
    // ENOENT, ENXIO, ENODEV, EOPNOTSUPP; and EIO, which is one.
    for (errno, kind) in [
        (2, ErrorKind::NoData),
        (6, ErrorKind::NoData),
        (19, ErrorKind::NoData),
        (95, ErrorKind::NoData),
        (5, ErrorKind::Io),
    ] {
        let host = Memory::new(&[("/proc/loadavg", "1 2 3\n")]);
        host.refuse_with("/proc/loadavg", errno);
        let mut collector = only(&host, &["loadavg"]);
        assert!(lines(&mut collector, 1, "node_load").is_empty());
        assert_eq!(kinds(&collector), [("loadavg", kind)], "{errno}");
    }
}

#[test]
fn files_of_text_are_bounded_and_trouble_with_one_is_told() {
    let of = |host: &Arc<Memory>, directory: &str| {
        let textfile_directories = vec![directory.to_owned()];
        only_with(host, &["textfile"], &Options { textfile_directories, ..patient() })
    };
    let host = Memory::new(&[]);
    for number in 0..=1000 {
        host.write(&format!("/flat/{number}.prom"), "");
        host.write(&format!("/many/{number}/a.prom"), "");
    }
    for directory in ["/flat", "/many/*"] {
        let read = lines(&mut of(&host, directory), 1, "node_textfile_mtime_seconds{");
        assert_eq!(read.len(), 1000, "{directory}");
    }
    let host = Memory::new(&[("/text/a.prom", "a 1\n"), ("/text/b.prom", "b 1\n")]);
    let trouble = |directory: &str| {
        let mut collector = of(&host, directory);
        (lines(&mut collector, 1, "node_textfile_scrape_error"), lines(&mut collector, 2, "a "))
    };
    let line = |value: u8| vec![format!("node_textfile_scrape_error {value}")];
    assert_eq!(trouble("/text"), (line(0), vec!["a 1".to_owned()]));
    assert_eq!(trouble("/none/*/text"), (line(1), Vec::new()), "no such directory");
    host.date_nothing("/text/b.prom");
    assert_eq!(trouble("/text"), (line(1), vec!["a 1".to_owned()]));
}
