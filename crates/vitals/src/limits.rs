//! Limits that every system has: disks, memory, processors, connections, certificates. Each is
//! PromQL over the names of the usual exporters, so that it holds for their series as well as for
//! those of the built-in collectors.

use model::Timestamp;

/// A built-in limit.
pub(crate) struct Limit {
    /// What fills up.
    pub(crate) name: &'static str,
    /// Value by target.
    pub(crate) expr: &'static str,
    /// Nothing is wrong up to here.
    pub(crate) soft: f64,
    /// From here on it cannot be worse.
    pub(crate) hard: f64,
    /// How values are written.
    pub(crate) unit: Unit,
    /// Labels that tell resources of one target apart.
    pub(crate) labels: &'static [&'static str],
    /// What to do.
    pub(crate) remedy: &'static str,
}

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// A ratio of 1, as per cent that are used.
    Used,
    /// Days that are left.
    DaysLeft,
    /// Hours that are left until it is full.
    HoursLeft,
    /// Rate at which a budget burns.
    Burn,
    /// A ratio of a budget that is left.
    BudgetLeft,
}

/// All of them.
pub(crate) const LIMITS: &[Limit] = &[
    Limit {
        name: "processors",
        expr: "1 - avg by (job, instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[2m]))",
        soft: 0.85,
        hard: 0.99,
        unit: Unit::Used,
        labels: &[],
        remedy: "Find the process with `top`; move work away or add processors.",
    },
    Limit {
        name: "memory",
        expr: "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes",
        soft: 0.85,
        hard: 0.98,
        unit: Unit::Used,
        labels: &[],
        remedy: "Find the largest process with `top -o %MEM`; look whether it grows.",
    },
    Limit {
        name: "disk",
        expr: "1 - node_filesystem_avail_bytes{fstype!~\"tmpfs|ramfs|devtmpfs|squashfs|iso9660\"} \
               / node_filesystem_size_bytes and node_filesystem_readonly == 0",
        soft: 0.8,
        hard: 0.97,
        unit: Unit::Used,
        labels: &["mountpoint"],
        remedy: "Find what is large with `du -xh MOUNTPOINT | sort -h | tail`; delete or move it.",
    },
    Limit {
        name: "inodes",
        expr: "1 - node_filesystem_files_free{fstype!~\"tmpfs|ramfs|devtmpfs|squashfs|iso9660\"} \
               / (node_filesystem_files > 0) and node_filesystem_readonly == 0",
        soft: 0.8,
        hard: 0.97,
        unit: Unit::Used,
        labels: &["mountpoint"],
        remedy: "Find folders with very many small files; delete them.",
    },
    Limit {
        name: "stalled for memory",
        expr: "rate(node_pressure_memory_stalled_seconds_total[2m])",
        soft: 0.05,
        hard: 0.4,
        unit: Unit::Used,
        labels: &[],
        remedy: "Everything waits for memory: stop what is not needed.",
    },
    Limit {
        name: "tracked connections",
        expr: "node_nf_conntrack_entries / (node_nf_conntrack_entries_limit > 0)",
        soft: 0.75,
        hard: 0.95,
        unit: Unit::Used,
        labels: &[],
        remedy: "Raise net.netfilter.nf_conntrack_max, or find who opens so many connections.",
    },
    Limit {
        name: "files of the host",
        expr: "node_filefd_allocated / (node_filefd_maximum > 0)",
        soft: 0.7,
        hard: 0.95,
        unit: Unit::Used,
        labels: &[],
        remedy: "Find who holds them with `lsof`; raise fs.file-max.",
    },
    Limit {
        name: "open files",
        expr: "process_open_fds / (process_max_fds > 0)",
        soft: 0.7,
        hard: 0.95,
        unit: Unit::Used,
        labels: &[],
        remedy: "Raise its limit of open files (LimitNOFILE), or find the leak.",
    },
    Limit {
        name: "connections",
        expr: "sum by (job, instance) (pg_stat_activity_count) \
               / max by (job, instance) (pg_settings_max_connections)",
        soft: 0.75,
        hard: 0.95,
        unit: Unit::Used,
        labels: &[],
        remedy: "Find who holds connections in pg_stat_activity; use a pool.",
    },
    Limit {
        name: "Redis memory",
        expr: "redis_memory_used_bytes / (redis_memory_max_bytes > 0)",
        soft: 0.85,
        hard: 1.0,
        unit: Unit::Used,
        labels: &[],
        remedy: "Raise maxmemory, or let keys expire; look at redis_evicted_keys_total.",
    },
    Limit {
        name: "Redis clients",
        expr: "redis_connected_clients / (redis_config_maxclients > 0)",
        soft: 0.75,
        hard: 0.95,
        unit: Unit::Used,
        labels: &[],
        remedy: "Find who connects with CLIENT LIST; use a pool.",
    },
    Limit {
        name: "certificate",
        expr: "(min by (job, instance) (probe_ssl_earliest_cert_expiry) - time()) / 86400",
        soft: 14.0,
        hard: 1.0,
        unit: Unit::DaysLeft,
        labels: &[],
        remedy: "Renew the certificate, and let the server load it.",
    },
    Limit {
        name: "burn rate",
        expr: "max without (sloth_window) (slo:current_burn_rate:ratio)",
        soft: 1.0,
        hard: 14.4,
        unit: Unit::Burn,
        labels: &["sloth_service", "sloth_slo"],
        remedy: "Look what fails now, and at what changed last.",
    },
    Limit {
        name: "error budget",
        expr: "slo:period_error_budget_remaining:ratio",
        soft: 1.0,
        hard: 0.0,
        unit: Unit::BudgetLeft,
        labels: &["sloth_service", "sloth_slo"],
        remedy: "Put reliability before features until the period ends.",
    },
];

impl Unit {
    /// A value in words, as of an instant.
    pub(crate) fn words(self, value: f64, now: Timestamp) -> String {
        match self {
            Self::Used => format!("{:.0} % used", value * 100.0),
            Self::DaysLeft if value < 0.0 => format!("expired {:.0} days ago", -value),
            Self::DaysLeft => format!("{value:.1} days left"),
            Self::HoursLeft => {
                let hours = value.max(0.0);
                let when = when(hours, now);
                format!("full in {hours:.1} hours{when} if it goes on as in the last three")
            }
            Self::Burn => format!("burns {value:.1} times as fast as it may"),
            Self::BudgetLeft => format!("{:.0} % left", value * 100.0),
        }
    }

    /// The limit from which on a value counts, in words.
    pub(crate) fn soft_words(self, soft: f64) -> Option<String> {
        match self {
            Self::Used => Some(format!("counts above {:.0} %", soft * 100.0)),
            Self::DaysLeft => Some(format!("counts below {soft:.0} days")),
            Self::HoursLeft => Some(format!("counts below {soft:.0} hours")),
            Self::Burn | Self::BudgetLeft => None,
        }
    }
}

/// The clock's time in so many hours, to ten minutes: a forecast knows no better.
fn when(hours: f64, now: Timestamp) -> String {
    const ROUNDED_TO: i64 = 600;
    let seconds = now.seconds() + hours * 3600.0;
    #[expect(clippy::cast_possible_truncation, reason = "rounded; what is too large has no time")]
    let tens = (seconds / ROUNDED_TO as f64).round() as i64;
    let at = jiff::Timestamp::from_second(tens.saturating_mul(ROUNDED_TO));
    at.map_or_else(|_| String::new(), |at| at.strftime(", about %Y-%m-%d %H:%M UTC,").to_string())
}
