//! Every parser with texts that kernels print and texts that they never should.

use super::*;
use expect_test::{Expect, expect};
use std::fmt::Debug;

/// Parses and compares what came out, or the error.
fn check<'a, T: Debug>(parse: fn(&'a [u8]) -> Result<T, Error>, text: &'a str, expected: &Expect) {
    let found = match parse(text.as_bytes()) {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("error: {error}"),
    };
    expected.assert_eq(&found);
}

#[test]
fn cpu_times_count_hundredths_and_missing_modes_are_zero() {
    check(
        cpu::parse,
        "cpu  10 0 0 0\ncpu0 1 2 3 450 5\ncpu17 7\nintr 5\ncpu1 9\n",
        &expect![
            "[CpuTimes { cpu: 0, seconds: [0.01, 0.02, 0.03, 4.5, 0.05, 0.0, 0.0, 0.0, 0.0, 0.0] }, CpuTimes { cpu: 17, seconds: [0.07, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0] }]"
        ],
    );
    check(cpu::parse, "", &expect!["[]"]);
    check(
        cpu::parse,
        "cpu 1\ncpu0 1 -2\n",
        &expect![[r#"error: line 2: expected an unsigned integer, found "-2""#]],
    );
    check(
        cpu::parse,
        "cpux 1 2\n",
        &expect![[r#"error: line 1: expected a CPU number, found "x""#]],
    );
    check(
        cpu::parse,
        "cpu99999999999 1\n",
        &expect![[r#"error: line 1: expected a CPU number, found "99999999999""#]],
    );
}

#[test]
fn cpu_lists_are_bounded() {
    check(cpu::parse_range, "1,3-5,9\n", &expect!["[1, 3, 4, 5, 9]"]);
    check(cpu::parse_range, "\n", &expect!["[]"]);
    assert_eq!(cpu::parse_range(b"0-65535").map(|cpus| cpus.len()).ok(), Some(65_536));
    for bad in ["65536", "5-3", "1,,2", "a", "1-", "-1", "0-4294967295", "0-65535,0-65535,1"] {
        assert!(cpu::parse_range(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn disks_have_eleven_to_seventeen_numbers() {
    check(
        diskstats::parse,
        "   8       0 sda 1 2 3 4 5 6 7 8 9 10 11\n   8 1 sda1 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18\n",
        &expect![[
            r"[Device { major: 8, minor: 0, name: [115, 100, 97], numbers: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0, 0, 0], count: 11 }, Device { major: 8, minor: 1, name: [115, 100, 97, 49], numbers: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17], count: 17 }]"
        ]],
    );
    check(
        diskstats::parse,
        "8 1 sda1 1 2 3 4\n",
        &expect![[
            r#"error: line 1: expected major, minor, device and numbers, found "8 1 sda1 1 2 3 4""#
        ]],
    );
    check(
        diskstats::parse,
        "8 1\n",
        &expect![[r#"error: line 1: expected major, minor, device and numbers, found "8 1""#]],
    );
}

#[test]
fn udev_properties_keep_equal_signs_in_their_values() {
    let properties =
        diskstats::parse_udev(b"S:disk/by-id/x\nE:ID_MODEL=a=b\nE:EMPTY=\nE:NOTHING\nnoise");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let pairs: Vec<_> = properties.iter().map(|(k, v)| (text(k), text(v))).collect();
    assert_eq!(pairs, [("EMPTY".into(), String::new()), ("ID_MODEL".into(), "a=b".into())]);
}

#[test]
fn mounts_name_their_place_and_say_whether_they_are_read_only() {
    check(
        filesystem::parse,
        "22 27 0:21 / /proc rw,relatime shared:5 master:1 - proc proc rw\n\
         31 23 253:0 / /mnt/with\\040space\\011tab ro,nosuid - ext4 /dev/mapper/a rw,errors=remount-ro\n\
         32 23 0:7 / /x rw - tmpfs none ro,size=4k\n",
        &expect![[
            r#"[Mount { device: "proc", point: "/proc", kind: "proc", major: 0, minor: 21, is_read_only: false }, Mount { device: "/dev/mapper/a", point: "/mnt/with space\ttab", kind: "ext4", major: 253, minor: 0, is_read_only: true }, Mount { device: "none", point: "/x", kind: "tmpfs", major: 0, minor: 7, is_read_only: true }]"#
        ]],
    );
    check(
        filesystem::parse,
        "22 27 0:21 / /proc rw - proc\n",
        &expect![[
            r#"error: line 1: expected a line of mountinfo, found "22 27 0:21 / /proc rw - proc""#
        ]],
    );
    check(
        filesystem::parse,
        "22 27 021 / /proc rw - proc proc rw\n",
        &expect![[
            r#"error: line 1: expected a line of mountinfo, found "22 27 021 / /proc rw - proc proc rw""#
        ]],
    );
    check(
        filesystem::parse,
        "\n\n",
        &expect![[r#"error: line 1: expected a line of mountinfo, found """#]],
    );
}

#[test]
fn devices_may_have_colons_and_numbers_that_touch_them() {
    check(
        netdev::parse,
        "Inter-|\n face |\n  eth0:1:18446744073709551615 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
        &expect![
            "[Counts { device: [101, 116, 104, 48, 58, 49], numbers: [18446744073709551615, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16] }]"
        ],
    );
    check(netdev::parse, "Inter-|\n", &expect!["[]"]);
    check(
        netdev::parse,
        "a\nb\n lo: 1 2 3\n",
        &expect![[r#"error: line 3: expected `device:` and sixteen numbers, found " lo: 1 2 3""#]],
    );
    check(
        netdev::parse,
        "a\nb\n lo 1 2 3\n",
        &expect![[r#"error: line 3: expected `device:` and sixteen numbers, found " lo 1 2 3""#]],
    );
}

#[test]
fn protocol_statistics_come_in_pairs_of_lines() {
    let names = |text: &'static str| {
        netstat::parse(text.as_bytes()).map(|entries| entries.len()).map_err(|e| e.to_string())
    };
    assert_eq!(names("Tcp: MaxConn InSegs\nTcp: -1 5\n"), Ok(2));
    assert_eq!(names(""), Ok(0));
    for bad in [
        "Tcp: A\n",
        "Tcp: A\nUdp: 1\n",
        "Tcp: A B\nTcp: 1\n",
        "Tcp: A\nTcp: 1 2\n",
        "Tcp A\nTcp 1\n",
    ] {
        let error = names(bad).unwrap_err();
        assert!(error.starts_with("line 1: expected a line of names"), "{bad:?}: {error}");
    }
    check(
        netstat::parse,
        "Tcp: A\nTcp: x\n",
        &expect![[r#"error: line 2: expected a number, found "x""#]],
    );
    check(
        netstat::parse_snmp6,
        "Ip6InReceives 7\nNoSix 8\nUdpLite6InErrors\t9\n",
        &expect![
            "[Entry { protocol: [73, 112, 54], name: [73, 110, 82, 101, 99, 101, 105, 118, 101, 115], value: 7.0 }, Entry { protocol: [85, 100, 112, 76, 105, 116, 101, 54], name: [73, 110, 69, 114, 114, 111, 114, 115], value: 9.0 }]"
        ],
    );
}

#[test]
fn small_files_say_what_is_missing() {
    check(loadavg::parse, "0.21 0.37 0.39 1/719 19737\n", &expect!["[0.21, 0.37, 0.39]"]);
    check(
        loadavg::parse,
        "0.21 0.37\n",
        &expect![[r#"error: line 1: expected three load averages, found "0.21 0.37\n""#]],
    );
    check(
        loadavg::parse,
        "",
        &expect![[r#"error: line 1: expected three load averages, found """#]],
    );
    check(
        filefd::parse,
        "1024\t0\t9223372036854775807\n",
        &expect!["(1024.0, 9.223372036854776e18)"],
    );
    check(
        filefd::parse,
        "1024\n",
        &expect![[r#"error: line 1: expected three numbers, found "1024\n""#]],
    );
    check(
        vmstat::parse,
        "pgfault\n",
        &expect![[r#"error: line 1: expected a name and a number, found "pgfault""#]],
    );
    check(
        meminfo::parse,
        "MemTotal: 5 MB\n",
        &expect![[r#"error: line 1: expected the unit kB, found "MB""#]],
    );
    check(
        meminfo::parse,
        "MemTotal:\n",
        &expect![[r#"error: line 1: expected a number after the colon, found """#]],
    );
    check(
        meminfo::parse,
        "MemTotal 5\n",
        &expect![[r#"error: line 1: expected `name: number [kB]`, found "MemTotal 5""#]],
    );
    check(
        sockstat::parse,
        "TCP: inuse 4 orphan\n",
        &expect![[
            r#"error: line 1: expected pairs of field and number, found "TCP: inuse 4 orphan""#
        ]],
    );
    check(
        arp::parse,
        "heading\n10.0.0.1 0x1 0x2 00:00 *\n",
        &expect![[r#"error: line 2: expected six columns, found "10.0.0.1 0x1 0x2 00:00 *""#]],
    );
    check(
        udp_queues::parse,
        "sl\n 0: a b 07 00000015:0000000f 0\n 1: a b 07 1:1\n",
        &expect!["[22, 16]"],
    );
    check(
        udp_queues::parse,
        "sl\n 0: a b 07 15\n",
        &expect![[r#"error: line 2: expected a column `tx:rx`, found "15""#]],
    );
}

#[test]
fn pressure_needs_its_total_and_nothing_else() {
    check(
        pressure::parse,
        "some avg10=0.00 total=5\nfull total=7",
        &expect!["Totals { some: Some(5), full: Some(7) }"],
    );
    check(pressure::parse, "", &expect!["Totals { some: None, full: None }"]);
    check(
        pressure::parse,
        "some avg10=0.00\n",
        &expect![[r#"error: line 1: expected `total=` microseconds, found "some avg10=0.00""#]],
    );
}

#[test]
fn old_kernels_number_cpus_of_softnet_by_line() {
    check(
        softnet::parse,
        "a 1 2 0 0 0 0 0 3\n",
        &expect!["[CpuPackets { cpu: 0, columns: [10, 1, 2, 3, 0, 0, 0] }]"],
    );
    check(
        softnet::parse,
        "a 1 2 0 0 0 0 0 3 4 5 6 1f\n",
        &expect!["[CpuPackets { cpu: 31, columns: [10, 1, 2, 3, 4, 5, 6] }]"],
    );
    check(
        softnet::parse,
        "a 1 2\n",
        &expect![[r#"error: line 1: expected at least nine columns, found "a 1 2""#]],
    );
    check(
        softnet::parse,
        "z\n",
        &expect![[r#"error: line 1: expected a hexadecimal number, found "z""#]],
    );
}

#[test]
fn stat_ignores_lines_it_does_not_know() {
    check(
        stat::parse,
        "cpu 1\nintr 5 1 1\nfuture x y\nctxt 7\n",
        &expect![
            "Counts { interrupts: 5, switches: 7, forks: 0, boot: 0, running: 0, blocked: 0, softirqs: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0] }"
        ],
    );
    check(stat::parse, "btime\n", &expect![[r#"error: line 1: expected a number, found "btime""#]]);
}

#[test]
fn os_release_unquotes_like_a_shell() {
    let text = "# comment\nNAME=\"Debian GNU/Linux\"\nVERSION_ID='12'\nID=debian\n\
                PRETTY_NAME=\"a \\\"quoted\\\" \\$name\"\nEMPTY=\nBROKEN\nOPEN=\"never closed\n";
    let found = os::parse(text.as_bytes());
    let value = |name: &str| found.get(name).map(String::as_str);
    assert_eq!(value("NAME"), Some("Debian GNU/Linux"));
    assert_eq!(value("VERSION_ID"), Some("12"));
    assert_eq!(value("ID"), Some("debian"));
    assert_eq!(value("PRETTY_NAME"), Some("a \"quoted\" $name"));
    assert_eq!(value("EMPTY"), Some(""));
    assert_eq!(value("OPEN"), Some("never closed"));
    assert_eq!(value("BROKEN"), None);
}

#[test]
fn nvme_namespaces_are_told_from_controllers_and_partitions() {
    for (name, id) in [
        ("nvme0n1", Some("1")),
        ("nvme10c2n3", Some("3")),
        ("nvme0", None),
        ("nvme0n1p1", None),
        ("nvme0c1", None),
        ("nvmen1", None),
        ("sda", None),
    ] {
        assert_eq!(nvme::namespace_id(name), id, "{name}");
    }
}

#[test]
fn nfs_lines_are_numbers_by_name() {
    check(
        nfs::parse,
        "net 1 2\nproc2 2 5 6\nth 8 0 0.500\n",
        &expect![[r#"[("net", [1.0, 2.0]), ("proc2", [2.0, 5.0, 6.0]), ("th", [8.0, 0.0, 0.5])]"#]],
    );
    check(nfs::parse, "net 1 x\n", &expect![[r#"error: line 1: expected a number, found "x""#]]);
}
