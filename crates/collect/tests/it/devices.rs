//! Filesystems and sensors whose directories hold less than they should, other things, or nonsense.

use crate::odd::{kinds, lines, only};
use crate::tree::Memory;
use collect::ErrorKind;

const BTRFS: &str = "/sys/fs/btrfs/1234";

fn btrfs(commits: Option<&str>) -> std::sync::Arc<Memory> {
    let host = Memory::new(&[
        (&format!("{BTRFS}/label"), "pool\n"),
        (&format!("{BTRFS}/allocation/data/bytes_reserved"), "7\n"),
        ("/sys/fs/btrfs/features/raid56", "1\n"),
    ]);
    if let Some(commits) = commits {
        host.write(&format!("{BTRFS}/commit_stats"), commits);
    }
    host
}

#[test]
fn commits_of_btrfs_are_zero_on_old_kernels_and_told_when_they_are_odd() {
    let of = |commits, prefix: &str| {
        let mut collector = only(&btrfs(commits), &["btrfs"]);
        (lines(&mut collector, 1, prefix), kinds(&collector))
    };
    let series = |count: u32| vec![format!("node_btrfs_commits_total{{uuid=\"1234\"}} {count}")];
    let prefix = "node_btrfs_commits_total{";
    assert_eq!(of(None, prefix), (series(0), vec![]), "before Linux 5.19");
    let good = "commits 3\nlast_commit_ms 1\nmax_commit_ms 2\ntotal_commit_ms 3\n";
    assert_eq!(of(Some(good), prefix), (series(3), vec![]));
    let odd = Some("commits three\n");
    assert_eq!(of(odd, prefix), (vec![], vec![("btrfs", ErrorKind::Parse)]));
    let (rest, _) = of(odd, "node_btrfs_reserved_bytes{");
    assert_eq!(rest.len(), 1, "the rest of the filesystem has its series");
    let host = btrfs(Some(good));
    host.refuse(&format!("{BTRFS}/commit_stats"));
    let mut collector = only(&host, &["btrfs"]);
    assert!(lines(&mut collector, 1, prefix).is_empty());
    assert_eq!(kinds(&collector), [("btrfs", ErrorKind::Io)]);
}

#[test]
fn chips_without_a_device_are_named_by_themselves() {
    let host = Memory::new(&[
        ("/sys/class/hwmon/notes", "no chip\n"),
        ("/sys/class/hwmon/hwmon0/name", "acpitz\n"),
        ("/sys/class/hwmon/hwmon0/temp1_input", "40000\n"),
        ("/sys/class/hwmon/hwmon1/temp1_input", "50000\n"),
        ("/sys/class/hwmon/hwmon1/device/temp2_input", "60000\n"),
        ("/sys/class/hwmon/hwmon2/name", "fan\n"),
        ("/sys/class/hwmon/hwmon2/temp1_input", "10000\n"),
        ("/sys/class/hwmon/hwmon3/name", "fan\n"),
        ("/sys/class/hwmon/hwmon3/temp1_input", "20000\n"),
    ]);
    let mut collector = only(&host, &["hwmon"]);
    let found = lines(&mut collector, 1, "node_hwmon_temp_celsius{");
    let of = |chip: &str, sensor: &str, celsius: u32| {
        format!("node_hwmon_temp_celsius{{chip=\"{chip}\",sensor=\"{sensor}\"}} {celsius}")
    };
    let expected = [
        of("acpitz", "temp1", 40),
        of("hwmon1", "temp1", 50),
        of("hwmon1", "temp2", 60),
        // Two of one name are told apart by their directories.
        of("fan_hwmon2", "temp1", 10),
        of("fan_hwmon3", "temp1", 20),
    ];
    assert_eq!(found, expected);
    assert_eq!(kinds(&collector), []);
}

#[test]
fn xfs_shows_filesystems_and_neither_their_summary_nor_files_beside_them() {
    let stats = "extent_alloc 1 2 3 4\nabt 0 0 0 0\n";
    let host = Memory::new(&[
        ("/sys/fs/xfs/stats/stats", stats),
        ("/sys/fs/xfs/debug", "0\n"),
        ("/sys/fs/xfs/sda1/stats/stats", stats),
    ]);
    let mut collector = only(&host, &["xfs"]);
    let name = "node_xfs_extent_allocation_extents_allocated_total{";
    assert_eq!(lines(&mut collector, 1, name), [format!("{name}device=\"sda1\"}} 1")]);
    assert_eq!(kinds(&collector), []);
    host.write("/sys/fs/xfs/sdb1/stats/stats", "extent_alloc 1 two\n");
    assert_eq!(lines(&mut collector, 16, name).len(), 1, "what was read before stays");
    assert_eq!(kinds(&collector), [("xfs", ErrorKind::Parse)]);
    host.remove("/sys/fs/xfs/sdb1/stats/stats");
    host.write("/sys/fs/xfs/sdb1/other", "");
    lines(&mut collector, 31, name);
    assert_eq!(kinds(&collector), [("xfs", ErrorKind::NoData)], "a device without statistics");
}
