//! Where the host's files are and which collectors run: `node_exporter`'s flags as plain values.
//! Defaults are those of `node_exporter` 1.12; patterns are unanchored, as its flags are.

use std::path::PathBuf;
use std::time::Duration;

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
    /// Shortest time between two runs unless told otherwise; zero runs it each round.
    pub interval: Duration,
}

impl Switch {
    const fn each(self, interval: Duration) -> Self {
        Self { interval, ..self }
    }
}

/// Pace of what changes slowly, is costly or reads hardware.
const SLOW: Duration = Duration::from_secs(15);

/// Every collector there is, in the order they run.
pub const COLLECTORS: &[Switch] = &[
    on("arp"),
    on("bcache").each(SLOW),
    on("bcachefs").each(SLOW),
    on("bonding").each(SLOW),
    on("btrfs").each(SLOW),
    off("buddyinfo").each(SLOW),
    off("cgroups").each(SLOW),
    on("conntrack"),
    on("cpu"),
    off("cpu_vulnerabilities").each(SLOW),
    on("cpufreq"),
    on("diskstats"),
    on("dmi"),
    on("dmmultipath").each(SLOW),
    off("drbd").each(SLOW),
    on("edac").each(SLOW),
    on("entropy"),
    off("ethtool").each(SLOW),
    on("fibrechannel").each(SLOW),
    on("filefd"),
    on("filesystem"),
    on("hwmon").each(SLOW),
    on("infiniband").each(SLOW),
    off("interrupts"),
    on("ipvs").each(SLOW),
    on("kernel_hung").each(SLOW),
    off("ksmd").each(SLOW),
    off("lnstat").each(SLOW),
    on("loadavg"),
    on("mdadm").each(SLOW),
    on("meminfo"),
    off("meminfo_numa").each(SLOW),
    off("mountstats").each(SLOW),
    on("netclass"),
    on("netdev"),
    on("netstat"),
    on("nfs").each(SLOW),
    on("nfsd").each(SLOW),
    on("nvme"),
    on("os"),
    off("pcidevice").each(SLOW),
    on("powersupplyclass").each(SLOW),
    on("pressure"),
    off("processes").each(SLOW),
    on("rapl").each(SLOW),
    on("schedstat"),
    on("selinux").each(SLOW),
    off("slabinfo").each(SLOW),
    on("sockstat"),
    off("softirqs"),
    on("softnet"),
    on("stat"),
    off("swap").each(SLOW),
    off("sysctl").each(SLOW),
    off("systemd").each(SLOW),
    on("tapestats").each(SLOW),
    off("tcpstat").each(SLOW),
    on("textfile").each(SLOW),
    on("thermal_zone"),
    on("time"),
    on("timex"),
    on("udp_queues"),
    on("uname"),
    on("vmstat"),
    on("watchdog"),
    off("xfrm").each(SLOW),
    on("xfs").each(SLOW),
    on("zfs").each(SLOW),
    off("zoneinfo").each(SLOW),
];

const fn on(name: &'static str) -> Switch {
    Switch { name, default: true, interval: Duration::ZERO }
}

const fn off(name: &'static str) -> Switch {
    Switch { name, default: false, interval: Duration::ZERO }
}

/// What `node_exporter`'s flags decide; `Default` is what it does without flags.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "one for each of upstream's switches")]
pub struct Options {
    /// Collectors switched on (true) or off (false) against their default; unknown names are
    /// refused.
    pub switches: Vec<(String, bool)>,
    /// Shortest time between two runs, by collector; unknown names are refused.
    pub intervals: Vec<(String, Duration)>,
    /// How long a run may take, by collector; unknown names are refused.
    pub timeouts: Vec<(String, Duration)>,
    /// How long a run of any other collector may take.
    pub timeout: Duration,
    /// Most samples of one collector.
    pub samples_max: usize,
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
    /// `--collector.cpu.info`: what each processor is.
    pub cpu_info: bool,
    /// `--collector.cpu.info.flags-include`; empty shows none.
    pub cpu_info_flags_include: String,
    /// `--collector.cpu.info.bugs-include`; empty shows none.
    pub cpu_info_bugs_include: String,
    /// `--collector.ethtool.device-include`; empty includes all.
    pub ethtool_include: String,
    /// `--collector.ethtool.device-exclude`; empty excludes none.
    pub ethtool_exclude: String,
    /// `--collector.ethtool.metrics-include`, over the counters' cleaned names.
    pub ethtool_metrics: String,
    /// `--collector.interrupts.name-include`, over `name;info;devices`; empty includes all.
    pub interrupts_include: String,
    /// `--collector.interrupts.name-exclude`, over `name;info;devices`; empty excludes none.
    pub interrupts_exclude: String,
    /// `--collector.interrupts.include-zeros`: also processors that had none.
    pub interrupts_include_zeros: bool,
    /// `--collector.slabinfo.slabs-include`; empty includes all.
    pub slabinfo_include: String,
    /// `--collector.slabinfo.slabs-exclude`; empty excludes none.
    pub slabinfo_exclude: String,
    /// `--collector.sysctl.include`: parameters to show as numbers, `fs.file-nr:total,current,max`.
    pub sysctl_include: Vec<String>,
    /// `--collector.sysctl.include-info`: parameters to show as info series.
    pub sysctl_include_info: Vec<String>,
    /// `--collector.systemd.unit-include`, over whole names; empty includes all.
    pub systemd_include: String,
    /// `--collector.systemd.unit-exclude`, over whole names; empty excludes none.
    pub systemd_exclude: String,
    /// `--collector.systemd.enable-start-time-metrics`: since when units are active.
    pub systemd_start_times: bool,
    /// `--collector.systemd.enable-restarts-metrics`: how often services were started again.
    pub systemd_restarts: bool,
    /// `--collector.systemd.enable-task-metrics`: tasks of services and their limits.
    pub systemd_tasks: bool,
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
            intervals: Vec::new(),
            timeouts: Vec::new(),
            timeout: Duration::from_secs(2),
            samples_max: 50_000,
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
            cpu_info: false,
            cpu_info_flags_include: String::new(),
            cpu_info_bugs_include: String::new(),
            ethtool_include: String::new(),
            ethtool_exclude: String::new(),
            ethtool_metrics: ".*".into(),
            interrupts_include: String::new(),
            interrupts_exclude: String::new(),
            interrupts_include_zeros: true,
            slabinfo_include: String::new(),
            slabinfo_exclude: String::new(),
            sysctl_include: Vec::new(),
            sysctl_include_info: Vec::new(),
            systemd_include: ".+".into(),
            systemd_exclude: r".+\.(automount|device|mount|scope|slice)".into(),
            systemd_start_times: false,
            systemd_restarts: false,
            systemd_tasks: false,
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
