//! When something is full if it goes on as it went: hours from what was there one and three hours
//! ago. The slower of both counts, and both must lead there, so that a spike or a nightly job says
//! nothing; what has no history of three hours has no forecast. Three lookups of an instant each:
//! a trend over all samples would read a million of them at each judgement of a thousand hosts.

use crate::limits::{Limit, Unit};

/// Forecasts name what [`crate::limits::LIMITS`] name: each resource counts once, as its worst.
/// At 24 hours they begin to count; at none they cost half of what being full does.
const SOFT_HOURS: f64 = 24.0;
const HARD_HOURS: f64 = -24.0;

/// Hours left by what is left now, was left an hour ago and three hours ago, where a condition
/// holds.
macro_rules! hours_left {
    ($now:expr, $one:expr, $three:expr, $condition:expr) => {
        concat!(
            "(",
            $now,
            " / ((",
            $three,
            " - ",
            $now,
            ") > 0) * 3 > ",
            $now,
            " / ((",
            $one,
            " - ",
            $now,
            ") > 0) or ",
            $now,
            " / ((",
            $one,
            " - ",
            $now,
            ") > 0) and ",
            $now,
            " / ((",
            $three,
            " - ",
            $now,
            ") > 0)) and ",
            $condition
        )
    };
}

/// The same for a selector of what is left.
macro_rules! left_of {
    ($left:expr, $condition:expr) => {
        hours_left!($left, concat!($left, " offset 1h"), concat!($left, " offset 3h"), $condition)
    };
}

macro_rules! connections {
    ($at:expr) => {
        concat!(
            "(max by (job, instance) (pg_settings_max_connections) - sum by (job, instance) \
             (pg_stat_activity_count",
            $at,
            "))"
        )
    };
}

macro_rules! redis {
    ($at:expr) => {
        concat!("((redis_memory_max_bytes > 0) - redis_memory_used_bytes", $at, ")")
    };
}

/// All of them.
pub(crate) const FORECASTS: &[Limit] = &[
    Limit {
        name: "disk",
        expr: left_of!(
            "node_filesystem_avail_bytes{fstype!~\"tmpfs|ramfs|devtmpfs|squashfs|iso9660\"}",
            "node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.5 \
             and node_filesystem_readonly == 0"
        ),
        soft: SOFT_HOURS,
        hard: HARD_HOURS,
        unit: Unit::HoursLeft,
        labels: &["mountpoint"],
        remedy: "Find what grows with `du -xh MOUNTPOINT | sort -h | tail`; stop or move it.",
    },
    Limit {
        name: "memory",
        expr: left_of!(
            "node_memory_MemAvailable_bytes",
            "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.5"
        ),
        soft: SOFT_HOURS,
        hard: HARD_HOURS,
        unit: Unit::HoursLeft,
        labels: &[],
        remedy: "Find what grows with `top -o %MEM`; restart it, or give it a limit.",
    },
    Limit {
        name: "connections",
        expr: hours_left!(
            connections!(""),
            connections!(" offset 1h"),
            connections!(" offset 3h"),
            "sum by (job, instance) (pg_stat_activity_count) \
             / max by (job, instance) (pg_settings_max_connections) > 0.5"
        ),
        soft: SOFT_HOURS,
        hard: HARD_HOURS,
        unit: Unit::HoursLeft,
        labels: &[],
        remedy: "Find who opens connections and keeps them in pg_stat_activity; use a pool.",
    },
    Limit {
        name: "Redis memory",
        expr: hours_left!(
            redis!(""),
            redis!(" offset 1h"),
            redis!(" offset 3h"),
            "redis_memory_used_bytes / (redis_memory_max_bytes > 0) > 0.5"
        ),
        soft: SOFT_HOURS,
        hard: HARD_HOURS,
        unit: Unit::HoursLeft,
        labels: &[],
        remedy: "Look which keys have no expiry; raise maxmemory, or let keys expire.",
    },
];
