//! Where the host's files are and which collectors run: `node_exporter`'s flags as plain values.
//! Defaults are those of `node_exporter` 1.12; patterns are unanchored, as its flags are.

use std::path::PathBuf;

/// Roots of the virtual filesystems, as `--path.procfs` and its siblings name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    /// Usually `/proc`.
    pub proc: PathBuf,
    /// Usually `/sys`.
    pub sys: PathBuf,
    /// Usually `/run/udev/data`.
    pub udev: PathBuf,
    /// Usually `/`; the host's root when it is mounted elsewhere (in a container).
    pub root: PathBuf,
}

impl Default for Roots {
    fn default() -> Self {
        Self {
            proc: "/proc".into(),
            sys: "/sys".into(),
            udev: "/run/udev/data".into(),
            root: "/".into(),
        }
    }
}

/// A collector's name and whether it runs unless told otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switch {
    /// Name as in `--collector.<name>`.
    pub name: &'static str,
    /// Does it run by default?
    pub default: bool,
}

/// Every collector there is, in the order they run.
pub const COLLECTORS: &[Switch] = &[
    on("arp"),
    on("bcache"),
    on("bcachefs"),
    on("bonding"),
    on("btrfs"),
    on("conntrack"),
    on("cpu"),
    on("cpufreq"),
    on("diskstats"),
    on("dmi"),
    on("dmmultipath"),
    on("edac"),
    on("entropy"),
    on("fibrechannel"),
    on("filefd"),
    on("filesystem"),
    on("hwmon"),
    on("infiniband"),
    on("ipvs"),
    on("kernel_hung"),
    on("loadavg"),
    on("mdadm"),
    on("meminfo"),
    on("netclass"),
    on("netdev"),
    on("netstat"),
    on("nfs"),
    on("nfsd"),
    on("nvme"),
    on("os"),
    on("powersupplyclass"),
    on("pressure"),
    on("rapl"),
    on("schedstat"),
    on("selinux"),
    on("sockstat"),
    on("softnet"),
    on("stat"),
    on("tapestats"),
    on("textfile"),
    on("thermal_zone"),
    on("time"),
    on("timex"),
    on("udp_queues"),
    on("uname"),
    on("vmstat"),
    on("watchdog"),
    on("xfs"),
    on("zfs"),
];

const fn on(name: &'static str) -> Switch {
    Switch { name, default: true }
}

/// What `node_exporter`'s flags decide; `Default` is what it does without flags.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "one for each of upstream's switches")]
pub struct Options {
    /// Collectors switched on (true) or off (false) against their default; unknown names are
    /// refused.
    pub switches: Vec<(String, bool)>,
    /// `--collector.cpu.guest`: guest time as an own family.
    pub cpu_guest: bool,
    /// `--collector.stat.softirq`: calls per softirq vector.
    pub stat_softirq: bool,
    /// `--collector.diskstats.device-exclude`: devices without series.
    pub diskstats_exclude: String,
    /// `--collector.filesystem.mount-points-exclude`.
    pub filesystem_mounts_exclude: String,
    /// `--collector.filesystem.fs-types-exclude`.
    pub filesystem_types_exclude: String,
    /// `--collector.filesystem.mount-timeout`: how long a mount may take to answer before it counts
    /// as stuck. Upstream waits 5 s; a collection each second cannot.
    pub filesystem_timeout_ms: u64,
    /// `--collector.netclass.ignored-devices`.
    pub netclass_exclude: String,
    /// `--collector.netclass.ignore-invalid-speed`: no speed instead of a negative one.
    pub netclass_ignore_invalid_speed: bool,
    /// `--collector.netdev.device-exclude`; empty excludes none.
    pub netdev_exclude: String,
    /// `--collector.netdev.device-include`; empty includes all.
    pub netdev_include: String,
    /// `--collector.netstat.fields`: names (`Tcp_InSegs`) that become series.
    pub netstat_fields: String,
    /// `--collector.vmstat.fields`: names that become series.
    pub vmstat_fields: String,
    /// `--collector.arp.device-exclude`; empty excludes none.
    pub arp_exclude: String,
    /// `--collector.bcache.priorityStats`: statistics that are costly to collect.
    pub bcache_priority_stats: bool,
    /// `--collector.hwmon.chip-include`; empty includes all.
    pub hwmon_chip_include: String,
    /// `--collector.hwmon.chip-exclude`; empty excludes none.
    pub hwmon_chip_exclude: String,
    /// `--collector.hwmon.sensor-include`, over `chip;sensor`; empty includes all.
    pub hwmon_sensor_include: String,
    /// `--collector.hwmon.sensor-exclude`, over `chip;sensor`; empty excludes none.
    pub hwmon_sensor_exclude: String,
    /// `--collector.powersupply.ignored-supplies`.
    pub powersupply_exclude: String,
    /// `--collector.tapestats.ignored-devices`.
    pub tapestats_exclude: String,
    /// `--collector.textfile.directory`: directories with files `*.prom`.
    pub textfile_directories: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            switches: Vec::new(),
            cpu_guest: true,
            stat_softirq: false,
            diskstats_exclude: r"^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$".into(),
            filesystem_mounts_exclude: concat!(
                "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+",
                "|var/lib/containers/storage/.+)($|/)"
            )
            .into(),
            filesystem_types_exclude: concat!(
                "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl",
                "|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs",
                "|selinuxfs|squashfs|erofs|sysfs|tracefs)$"
            )
            .into(),
            filesystem_timeout_ms: 500,
            netclass_exclude: "^$".into(),
            netclass_ignore_invalid_speed: false,
            netdev_exclude: String::new(),
            netdev_include: String::new(),
            netstat_fields: concat!(
                "^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)",
                "|Icmp6?_(InMsgs|OutMsgs)|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts",
                "|TCPOFOQueue|TCPRcvQDrop)|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens",
                "|RetransSegs|CurrEstab)|Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors",
                "|SndbufErrors))$"
            )
            .into(),
            vmstat_fields: "^(oom_kill|pgpg|pswp|pg.*fault).*".into(),
            arp_exclude: String::new(),
            bcache_priority_stats: false,
            hwmon_chip_include: String::new(),
            hwmon_chip_exclude: String::new(),
            hwmon_sensor_include: String::new(),
            hwmon_sensor_exclude: String::new(),
            powersupply_exclude: "^$".into(),
            tapestats_exclude: "^$".into(),
            textfile_directories: Vec::new(),
        }
    }
}
