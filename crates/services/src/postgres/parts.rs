//! What is asked of PostgreSQL and what its columns become: names, types and help texts of
//! `postgres_exporter` 0.20. One query is one part; columns differ by the server's version.

mod columns;

use columns::{
    BGWRITER_RESET, BUFFERS_ALLOC, BUFFERS_CLEAN, DATABASE, MAXWRITTEN_CLEAN, OLD,
    STATEMENT_LABELS, STATEMENTS, TABLES, TABLES_IO, WAL_RECEIVER,
};
use model::MetricKind;
use model::MetricKind::{Counter, Gauge, Unknown};

/// A column that becomes a metric.
pub(super) struct Metric {
    /// Name of the column.
    pub(super) column: &'static str,
    /// Name of the metric.
    pub(super) name: &'static str,
    /// Kind.
    pub(super) kind: MetricKind,
    /// Help text.
    pub(super) help: &'static str,
}

/// A query with what its columns are.
pub(super) struct Part {
    /// Name of the part.
    pub(super) name: &'static str,
    /// Versions of the server that have it: from, and up to but not with.
    pub(super) versions: (u32, u32),
    /// The query.
    pub(super) sql: &'static str,
    /// Columns that become labels of all metrics.
    pub(super) labels: &'static [&'static str],
    /// Columns that become metrics.
    pub(super) metrics: &'static [Metric],
    /// Runs unless it is switched off.
    pub(super) default: bool,
    /// What a role needs beyond connecting.
    pub(super) grant: Grant,
}

/// What a role needs for a part to be whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grant {
    /// Nothing.
    None,
    /// Statistics of others: `pg_read_all_stats`, part of `pg_monitor`.
    Stats,
    /// Files of the server: `pg_monitor`.
    Monitor,
}

/// All versions.
const ANY: (u32, u32) = (0, u32::MAX);

const fn metric(
    column: &'static str,
    name: &'static str,
    kind: MetricKind,
    help: &'static str,
) -> Metric {
    Metric { column, name, kind, help }
}

/// Parts in the order in which they are asked.
pub(super) const PARTS: &[Part] = &[
    Part {
        name: "database",
        versions: ANY,
        sql: "SELECT datname, datconnlimit, CASE WHEN has_database_privilege(datname, 'CONNECT') \
              OR pg_has_role('pg_read_all_stats', 'USAGE') THEN pg_database_size(oid) END AS size \
              FROM pg_database",
        labels: &["datname"],
        metrics: &[
            metric("size", "pg_database_size_bytes", Gauge, "Disk space used by the database"),
            metric(
                "datconnlimit",
                "pg_database_connection_limit",
                Gauge,
                "Connection limit set for the database",
            ),
        ],
        default: true,
        grant: Grant::Stats,
    },
    Part {
        name: "locks",
        versions: ANY,
        sql: "SELECT d.datname, m.mode, count(l.mode) AS count FROM (VALUES ('accesssharelock'), \
              ('rowsharelock'), ('rowexclusivelock'), ('shareupdateexclusivelock'), ('sharelock'), \
              ('sharerowexclusivelock'), ('exclusivelock'), ('accessexclusivelock'), \
              ('sireadlock')) AS m(mode) CROSS JOIN pg_database d LEFT JOIN pg_locks l \
              ON l.database = d.oid AND lower(l.mode) = m.mode GROUP BY 1, 2",
        labels: &["datname", "mode"],
        metrics: &[metric("count", "pg_locks_count", Gauge, "Number of locks")],
        default: true,
        grant: Grant::None,
    },
    Part {
        name: "postmaster",
        versions: ANY,
        sql: "SELECT extract(epoch from pg_postmaster_start_time()) AS start",
        labels: &[],
        metrics: &[metric(
            "start",
            "pg_postmaster_start_time_seconds",
            Gauge,
            "Time at which postmaster started",
        )],
        default: true,
        grant: Grant::None,
    },
    Part {
        name: "replication",
        versions: ANY,
        sql: "SELECT CASE WHEN NOT pg_is_in_recovery() THEN 0 ELSE greatest(0, extract(epoch from \
              now() - pg_last_xact_replay_timestamp())) END AS lag, \
              pg_is_in_recovery()::int AS is_replica",
        labels: &[],
        metrics: &[
            metric(
                "lag",
                "pg_replication_lag_seconds",
                Gauge,
                "Replication lag behind master in seconds",
            ),
            metric(
                "is_replica",
                "pg_replication_is_replica",
                Gauge,
                "Indicates if the server is a replica",
            ),
        ],
        default: true,
        grant: Grant::None,
    },
    Part {
        name: "replication_slots",
        versions: ANY,
        sql: "SELECT slot_name, coalesce(database, '') AS database, active::int AS active, \
              pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE \
              pg_current_wal_lsn() END, restart_lsn) AS diff FROM pg_replication_slots",
        labels: &["slot_name", "database"],
        metrics: &[
            metric(
                "active",
                "pg_replication_slots_active",
                Gauge,
                "Flag indicating if the slot is active",
            ),
            metric(
                "diff",
                "pg_replication_slots_pg_wal_lsn_diff",
                Gauge,
                "Replication lag in bytes",
            ),
        ],
        default: true,
        grant: Grant::None,
    },
    Part {
        name: "replication_slots",
        versions: (130_000, u32::MAX),
        sql: "SELECT slot_name, slot_type, active::int AS active, safe_wal_size, \
              (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE \
              pg_current_wal_lsn() END) - '0/0' AS current, \
              CASE WHEN active THEN coalesce(confirmed_flush_lsn, '0/0') - '0/0' END AS flushed \
              FROM pg_replication_slots",
        labels: &["slot_name", "slot_type"],
        metrics: &[
            metric(
                "current",
                "pg_replication_slots_slot_current_wal_lsn",
                Gauge,
                "current wal lsn value",
            ),
            metric(
                "flushed",
                "pg_replication_slots_slot_confirmed_flush_lsn",
                Gauge,
                "last lsn confirmed flushed to the replication slot",
            ),
            metric(
                "active",
                "pg_replication_slots_slot_is_active",
                Gauge,
                "whether the replication slot is active or not",
            ),
            metric(
                "safe_wal_size",
                "pg_replication_slots_safe_wal_size_bytes",
                Gauge,
                "number of bytes that can be written to WAL such that this slot is not in danger \
                 of getting in state lost",
            ),
        ],
        default: true,
        grant: Grant::None,
    },
    Part {
        name: "stat_replication",
        versions: ANY,
        sql: "SELECT application_name, coalesce(host(client_addr), '') AS client_addr, state, \
              CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn() - '0/0' END AS current, \
              CASE WHEN NOT pg_is_in_recovery() THEN \
              pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) END AS diff, \
              extract(epoch from replay_lag) AS replay_lag FROM pg_stat_replication",
        labels: &["application_name", "client_addr", "state"],
        metrics: &[
            metric(
                "current",
                "pg_stat_replication_pg_current_wal_lsn_bytes",
                Gauge,
                "WAL position in bytes",
            ),
            metric(
                "diff",
                "pg_stat_replication_pg_wal_lsn_diff",
                Gauge,
                "Lag in bytes between master and slave",
            ),
            metric(
                "replay_lag",
                "pg_stat_replication_replay_lag_seconds",
                Gauge,
                "Time between flushing WAL here and its being replayed there",
            ),
        ],
        default: true,
        grant: Grant::Stats,
    },
    Part {
        name: "stat_wal_receiver",
        versions: (130_000, u32::MAX),
        sql: "SELECT coalesce(sender_host, '') AS upstream_host, coalesce(slot_name, '') AS \
              slot_name, status, receive_start_lsn - '0/0' AS start_lsn, receive_start_tli, \
              flushed_lsn - '0/0' AS flushed_lsn, received_tli, \
              extract(epoch from last_msg_send_time) AS sent, \
              extract(epoch from last_msg_receipt_time) AS receipt, \
              latest_end_lsn - '0/0' AS end_lsn, extract(epoch from latest_end_time) AS end_time \
              FROM pg_stat_wal_receiver WHERE status IS NOT NULL",
        labels: &["upstream_host", "slot_name", "status"],
        metrics: WAL_RECEIVER,
        default: true,
        grant: Grant::Stats,
    },
    Part {
        name: "stat_activity",
        versions: ANY,
        sql: "SELECT d.datname, s.state, a.usename, a.application_name, a.backend_type, \
              a.wait_event_type, a.wait_event, count(a.pid) AS count, \
              coalesce(max(extract(epoch from now() - a.xact_start)), 0) AS longest \
              FROM (VALUES ('active'), ('idle'), ('idle in transaction'), \
              ('idle in transaction (aborted)'), ('fastpath function call'), ('disabled')) \
              AS s(state) CROSS JOIN pg_database d LEFT JOIN pg_stat_activity a \
              ON a.state = s.state AND a.datname = d.datname AND a.pid <> pg_backend_pid() \
              GROUP BY 1, 2, 3, 4, 5, 6, 7",
        labels: &[
            "datname",
            "state",
            "usename",
            "application_name",
            "backend_type",
            "wait_event_type",
            "wait_event",
        ],
        metrics: &[
            metric("count", "pg_stat_activity_count", Gauge, "number of connections in this state"),
            metric(
                "longest",
                "pg_stat_activity_max_tx_duration",
                Gauge,
                "max duration in seconds any active transaction has been running",
            ),
        ],
        default: true,
        grant: Grant::Stats,
    },
    Part {
        name: "long_running_transactions",
        versions: ANY,
        sql: "SELECT t.threshold, count(a.pid) AS count FROM (VALUES (60), (300), (600), (1800)) \
              AS t(threshold) LEFT JOIN pg_stat_activity a ON a.state IS DISTINCT FROM 'idle' \
              AND a.query NOT LIKE 'autovacuum:%' AND a.xact_start IS NOT NULL AND \
              extract(epoch from clock_timestamp() - a.xact_start) >= t.threshold GROUP BY 1",
        labels: &["threshold"],
        metrics: &[metric(
            "count",
            "pg_long_running_transactions_count",
            Gauge,
            "Number of transactions running longer than threshold",
        )],
        default: true,
        grant: Grant::Stats,
    },
    Part {
        name: "long_running_transactions",
        versions: ANY,
        sql: "SELECT coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0) \
              AS oldest FROM pg_stat_activity WHERE state IS DISTINCT FROM 'idle' AND \
              query NOT LIKE 'autovacuum:%' AND xact_start IS NOT NULL",
        labels: &[],
        metrics: &[metric(
            "oldest",
            "pg_long_running_transactions_oldest_timestamp_seconds",
            Gauge,
            "The current maximum transaction age in seconds",
        )],
        default: true,
        grant: Grant::Stats,
    },
    Part {
        name: "stat_archiver",
        versions: ANY,
        sql: "SELECT archived_count, failed_count, \
              extract(epoch from now() - last_archived_time) AS age FROM pg_stat_archiver",
        labels: &[],
        metrics: &[
            metric(
                "archived_count",
                "pg_stat_archiver_archived_count",
                Counter,
                "Number of WAL files that have been successfully archived",
            ),
            metric(
                "failed_count",
                "pg_stat_archiver_failed_count",
                Counter,
                "Number of failed attempts for archiving WAL files",
            ),
            metric(
                "age",
                "pg_stat_archiver_last_archive_age",
                Gauge,
                "Time in seconds since last WAL segment was successfully archived",
            ),
        ],
        default: true,
        grant: Grant::None,
    },
    Part {
        name: "bgwriter",
        versions: (0, 170_000),
        sql: "SELECT checkpoints_timed, checkpoints_req, checkpoint_write_time, \
              checkpoint_sync_time, buffers_checkpoint, buffers_clean, maxwritten_clean, \
              buffers_backend, buffers_backend_fsync, buffers_alloc, \
              extract(epoch from stats_reset)::bigint AS reset FROM pg_stat_bgwriter",
        labels: &[],
        metrics: &[
            metric(
                "checkpoints_timed",
                "pg_stat_bgwriter_checkpoints_timed_total",
                Counter,
                "Number of scheduled checkpoints that have been performed",
            ),
            metric(
                "checkpoints_req",
                "pg_stat_bgwriter_checkpoints_req_total",
                Counter,
                "Number of requested checkpoints that have been performed",
            ),
            metric(
                "checkpoint_write_time",
                "pg_stat_bgwriter_checkpoint_write_time_total",
                Counter,
                "Total amount of time that has been spent in the portion of checkpoint processing \
                 where files are written to disk, in milliseconds",
            ),
            metric(
                "checkpoint_sync_time",
                "pg_stat_bgwriter_checkpoint_sync_time_total",
                Counter,
                "Total amount of time that has been spent in the portion of checkpoint processing \
                 where files are synchronized to disk, in milliseconds",
            ),
            metric(
                "buffers_checkpoint",
                "pg_stat_bgwriter_buffers_checkpoint_total",
                Counter,
                "Number of buffers written during checkpoints",
            ),
            metric(
                "buffers_backend",
                "pg_stat_bgwriter_buffers_backend_total",
                Counter,
                "Number of buffers written directly by a backend",
            ),
            metric(
                "buffers_backend_fsync",
                "pg_stat_bgwriter_buffers_backend_fsync_total",
                Counter,
                "Number of times a backend had to execute its own fsync call (normally the \
                 background writer handles those even when the backend does its own write)",
            ),
            BUFFERS_CLEAN,
            MAXWRITTEN_CLEAN,
            BUFFERS_ALLOC,
            BGWRITER_RESET,
        ],
        default: true,
        grant: Grant::None,
    },
    Part {
        name: "bgwriter",
        versions: (170_000, u32::MAX),
        sql: "SELECT buffers_clean, maxwritten_clean, buffers_alloc, \
              extract(epoch from stats_reset)::bigint AS reset FROM pg_stat_bgwriter",
        labels: &[],
        metrics: &[BUFFERS_CLEAN, MAXWRITTEN_CLEAN, BUFFERS_ALLOC, BGWRITER_RESET],
        default: true,
        grant: Grant::None,
    },
    Part {
        name: "checkpointer",
        versions: (170_000, u32::MAX),
        sql: "SELECT num_timed, num_requested, restartpoints_timed, restartpoints_req, \
              restartpoints_done, write_time, sync_time, buffers_written, \
              extract(epoch from stats_reset)::bigint AS reset FROM pg_stat_checkpointer",
        labels: &[],
        metrics: &[
            metric(
                "num_timed",
                "pg_stat_checkpointer_num_timed_total",
                Counter,
                "Number of scheduled checkpoints due to timeout",
            ),
            metric(
                "num_requested",
                "pg_stat_checkpointer_num_requested_total",
                Counter,
                "Number of requested checkpoints that have been performed",
            ),
            metric(
                "restartpoints_timed",
                "pg_stat_checkpointer_restartpoints_timed_total",
                Counter,
                "Number of scheduled restartpoints due to timeout or after a failed attempt to \
                 perform it",
            ),
            metric(
                "restartpoints_req",
                "pg_stat_checkpointer_restartpoints_req_total",
                Counter,
                "Number of requested restartpoints",
            ),
            metric(
                "restartpoints_done",
                "pg_stat_checkpointer_restartpoints_done_total",
                Counter,
                "Number of restartpoints that have been performed",
            ),
            metric(
                "write_time",
                "pg_stat_checkpointer_write_time_total",
                Counter,
                "Total amount of time that has been spent in the portion of processing checkpoints \
                 and restartpoints where files are written to disk, in milliseconds",
            ),
            metric(
                "sync_time",
                "pg_stat_checkpointer_sync_time_total",
                Counter,
                "Total amount of time that has been spent in the portion of processing checkpoints \
                 and restartpoints where files are synchronized to disk, in milliseconds",
            ),
            metric(
                "buffers_written",
                "pg_stat_checkpointer_buffers_written_total",
                Counter,
                "Number of buffers written during checkpoints and restartpoints",
            ),
            metric(
                "reset",
                "pg_stat_checkpointer_stats_reset_total",
                Counter,
                "Time at which these statistics were last reset",
            ),
        ],
        default: true,
        grant: Grant::None,
    },
    Part {
        name: "wraparound",
        versions: ANY,
        sql: "SELECT datname, age(datfrozenxid) AS xid, mxid_age(datminmxid) AS mxid \
              FROM pg_database WHERE datallowconn",
        labels: &["datname"],
        metrics: &[
            metric(
                "xid",
                "pg_database_wraparound_age_datfrozenxid_seconds",
                Gauge,
                "Age of the oldest transaction ID that has not been frozen.",
            ),
            metric(
                "mxid",
                "pg_database_wraparound_age_datminmxid_seconds",
                Gauge,
                "Age of the oldest multi-transaction ID that has been replaced with a transaction \
                 ID.",
            ),
        ],
        default: true,
        grant: Grant::None,
    },
    Part {
        name: "stat_database",
        versions: ANY,
        sql: "SELECT s.*, coalesce(extract(epoch from stats_reset), 0)::bigint AS reset \
              FROM pg_stat_database s WHERE datname IS NOT NULL",
        labels: &["datid", "datname"],
        metrics: DATABASE,
        default: true,
        grant: Grant::None,
    },
    Part {
        name: "stat_database",
        versions: (140_000, u32::MAX),
        sql: "SELECT datid, datname, active_time / 1000 AS active FROM pg_stat_database \
              WHERE datname IS NOT NULL",
        labels: &["datid", "datname"],
        metrics: &[metric(
            "active",
            "pg_stat_database_active_time_seconds_total",
            Counter,
            "Time spent executing SQL statements in this database, in seconds",
        )],
        default: true,
        grant: Grant::None,
    },
    Part {
        name: "stat_database_conflicts",
        versions: ANY,
        sql: "SELECT * FROM pg_stat_database_conflicts",
        labels: &["datid", "datname"],
        metrics: &[
            metric(
                "confl_tablespace",
                "pg_stat_database_conflicts_confl_tablespace",
                Counter,
                "Number of queries in this database that have been canceled due to dropped \
                 tablespaces",
            ),
            metric(
                "confl_lock",
                "pg_stat_database_conflicts_confl_lock",
                Counter,
                "Number of queries in this database that have been canceled due to lock timeouts",
            ),
            metric(
                "confl_snapshot",
                "pg_stat_database_conflicts_confl_snapshot",
                Counter,
                "Number of queries in this database that have been canceled due to old snapshots",
            ),
            metric(
                "confl_bufferpin",
                "pg_stat_database_conflicts_confl_bufferpin",
                Counter,
                "Number of queries in this database that have been canceled due to pinned buffers",
            ),
            metric(
                "confl_deadlock",
                "pg_stat_database_conflicts_confl_deadlock",
                Counter,
                "Number of queries in this database that have been canceled due to deadlocks",
            ),
        ],
        default: true,
        grant: Grant::None,
    },
    Part {
        name: "roles",
        versions: ANY,
        sql: "SELECT rolname, rolconnlimit FROM pg_roles",
        labels: &["rolname"],
        metrics: &[metric(
            "rolconnlimit",
            "pg_roles_connection_limit",
            Gauge,
            "Connection limit set for the role",
        )],
        default: true,
        grant: Grant::None,
    },
    Part {
        name: "wal",
        versions: ANY,
        sql: "SELECT count(*) AS segments, sum(size) AS size FROM pg_ls_waldir() \
              WHERE name ~ '^[0-9A-F]{24}$'",
        labels: &[],
        metrics: &[
            metric("segments", "pg_wal_segments", Gauge, "Number of WAL segments"),
            metric("size", "pg_wal_size_bytes", Gauge, "Total size of WAL segments"),
        ],
        default: true,
        grant: Grant::Monitor,
    },
    Part {
        name: "stat_user_tables",
        versions: ANY,
        sql: "SELECT current_database() AS datname, t.*, \
              coalesce(extract(epoch from last_vacuum), 0)::bigint AS vacuumed, \
              coalesce(extract(epoch from last_autovacuum), 0)::bigint AS autovacuumed, \
              coalesce(extract(epoch from last_analyze), 0)::bigint AS analyzed, \
              coalesce(extract(epoch from last_autoanalyze), 0)::bigint AS autoanalyzed, \
              pg_indexes_size(relid) AS index_size, pg_table_size(relid) AS table_size \
              FROM pg_stat_user_tables t",
        labels: &["datname", "schemaname", "relname"],
        metrics: TABLES,
        default: true,
        grant: Grant::None,
    },
    Part {
        name: "statio_user_tables",
        versions: ANY,
        sql: "SELECT current_database() AS datname, t.* FROM pg_statio_user_tables t",
        labels: &["datname", "schemaname", "relname"],
        metrics: TABLES_IO,
        default: true,
        grant: Grant::None,
    },
    Part {
        name: "stat_user_indexes",
        versions: ANY,
        sql: "SELECT current_database() AS datname, i.*, pg_relation_size(indexrelid) AS size \
              FROM pg_stat_user_indexes i",
        labels: &["datname", "schemaname", "relname", "indexrelname"],
        metrics: &[
            metric(
                "idx_scan",
                "pg_stat_user_indexes_idx_scan_total",
                Counter,
                "Number of index scans initiated on this index",
            ),
            metric(
                "idx_tup_read",
                "pg_stat_user_indexes_idx_tup_read_total",
                Counter,
                "Number of index entries returned by scans on this index",
            ),
            metric(
                "idx_tup_fetch",
                "pg_stat_user_indexes_idx_tup_fetch_total",
                Counter,
                "Number of live table rows fetched by simple index scans using this index",
            ),
            metric(
                "size",
                "pg_stat_user_indexes_size_bytes",
                Gauge,
                "Disk space used by the index, in bytes",
            ),
        ],
        default: true,
        grant: Grant::None,
    },
    Part {
        name: "stat_statements",
        versions: (0, 130_000),
        sql: "SELECT pg_get_userbyid(userid) AS user, d.datname, s.queryid, sum(calls) AS calls, \
              sum(total_time) / 1000 AS seconds, sum(rows) AS rows, \
              sum(blk_read_time) / 1000 AS read, sum(blk_write_time) / 1000 AS written \
              FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid \
              GROUP BY 1, 2, 3 ORDER BY seconds DESC LIMIT 100",
        labels: STATEMENT_LABELS,
        metrics: STATEMENTS,
        default: false,
        grant: Grant::Stats,
    },
    Part {
        name: "stat_statements",
        versions: (130_000, 170_000),
        sql: "SELECT pg_get_userbyid(userid) AS user, d.datname, s.queryid, sum(calls) AS calls, \
              sum(total_exec_time) / 1000 AS seconds, sum(rows) AS rows, \
              sum(blk_read_time) / 1000 AS read, sum(blk_write_time) / 1000 AS written \
              FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid \
              GROUP BY 1, 2, 3 ORDER BY seconds DESC LIMIT 100",
        labels: STATEMENT_LABELS,
        metrics: STATEMENTS,
        default: false,
        grant: Grant::Stats,
    },
    Part {
        name: "stat_statements",
        versions: (170_000, u32::MAX),
        sql: "SELECT pg_get_userbyid(userid) AS user, d.datname, s.queryid, sum(calls) AS calls, \
              sum(total_exec_time) / 1000 AS seconds, sum(rows) AS rows, \
              sum(shared_blk_read_time) / 1000 AS read, \
              sum(shared_blk_write_time) / 1000 AS written FROM pg_stat_statements \
              s JOIN pg_database d ON d.oid = s.dbid \
              GROUP BY 1, 2, 3 ORDER BY seconds DESC LIMIT 100",
        labels: STATEMENT_LABELS,
        metrics: STATEMENTS,
        default: false,
        grant: Grant::Stats,
    },
    Part {
        name: "bloat",
        versions: ANY,
        sql: "SELECT current_database() AS datname, n.nspname, c.relname, \
              c.relpages::bigint * current_setting('block_size')::bigint AS real_size, \
              greatest(0, 100 * (1 - ceil(c.reltuples * (28 + w.width) / \
              (current_setting('block_size')::numeric - 24)) / c.relpages)) AS pct \
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN LATERAL \
              (SELECT sum((1 - null_frac) * avg_width)::numeric AS width FROM pg_stats s \
              WHERE s.schemaname = n.nspname AND s.tablename = c.relname) w ON w.width IS NOT NULL \
              WHERE c.relkind IN ('r', 'm') AND c.relpages > 0 AND c.reltuples >= 0 \
              AND n.nspname NOT IN ('pg_catalog', 'information_schema')",
        labels: &["datname", "nspname", "relname"],
        metrics: &[
            metric(
                "real_size",
                "pg_bloat_table_real_size",
                Gauge,
                "Size of the table on disk, in bytes",
            ),
            metric(
                "pct",
                "pg_bloat_table_bloat_pct",
                Gauge,
                "Part of the table that is estimated to be free, in percent",
            ),
        ],
        default: false,
        grant: Grant::None,
    },
    Part {
        name: "compat_0_11",
        versions: (140_000, u32::MAX),
        sql: "SELECT *, extract(epoch from checksum_last_failure) AS checksum_last \
              FROM pg_stat_database",
        labels: &["datid", "datname"],
        metrics: &[
            metric("active_time", "pg_stat_database_active_time", Unknown, OLD),
            metric("checksum_failures", "pg_stat_database_checksum_failures", Unknown, OLD),
            metric("checksum_last", "pg_stat_database_checksum_last_failure", Unknown, OLD),
            metric(
                "idle_in_transaction_time",
                "pg_stat_database_idle_in_transaction_time",
                Unknown,
                OLD,
            ),
            metric("session_time", "pg_stat_database_session_time", Unknown, OLD),
            metric("sessions", "pg_stat_database_sessions", Unknown, OLD),
            metric("sessions_abandoned", "pg_stat_database_sessions_abandoned", Unknown, OLD),
            metric("sessions_fatal", "pg_stat_database_sessions_fatal", Unknown, OLD),
            metric("sessions_killed", "pg_stat_database_sessions_killed", Unknown, OLD),
        ],
        default: false,
        grant: Grant::None,
    },
];
