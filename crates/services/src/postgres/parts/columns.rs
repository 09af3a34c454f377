//! Columns of the larger queries and the metrics they become.

use super::{Metric, metric};
use model::MetricKind::{Counter, Gauge};

pub(super) const OLD: &str = "Unknown metric from pg_stat_database";

pub(super) const BUFFERS_CLEAN: Metric = metric(
    "buffers_clean",
    "pg_stat_bgwriter_buffers_clean_total",
    Counter,
    "Number of buffers written by the background writer",
);
pub(super) const MAXWRITTEN_CLEAN: Metric = metric(
    "maxwritten_clean",
    "pg_stat_bgwriter_maxwritten_clean_total",
    Counter,
    "Number of times the background writer stopped a cleaning scan because it had written too \
     many buffers",
);
pub(super) const BUFFERS_ALLOC: Metric = metric(
    "buffers_alloc",
    "pg_stat_bgwriter_buffers_alloc_total",
    Counter,
    "Number of buffers allocated",
);
pub(super) const BGWRITER_RESET: Metric = metric(
    "reset",
    "pg_stat_bgwriter_stats_reset_total",
    Counter,
    "Time at which these statistics were last reset",
);

pub(super) const WAL_RECEIVER: &[Metric] = &[
    metric(
        "start_lsn",
        "pg_stat_wal_receiver_receive_start_lsn",
        Counter,
        "First write-ahead log location used when WAL receiver is started represented as a \
         decimal",
    ),
    metric(
        "receive_start_tli",
        "pg_stat_wal_receiver_receive_start_tli",
        Gauge,
        "First timeline number used when WAL receiver is started",
    ),
    metric(
        "flushed_lsn",
        "pg_stat_wal_receiver_flushed_lsn",
        Counter,
        "Last write-ahead log location already received and flushed to disk, the initial value \
         of this field being the first log location used when WAL receiver is started \
         represented as a decimal",
    ),
    metric(
        "received_tli",
        "pg_stat_wal_receiver_received_tli",
        Gauge,
        "Timeline number of last write-ahead log location received and flushed to disk",
    ),
    metric(
        "sent",
        "pg_stat_wal_receiver_last_msg_send_time",
        Counter,
        "Send time of last message received from origin WAL sender",
    ),
    metric(
        "receipt",
        "pg_stat_wal_receiver_last_msg_receipt_time",
        Counter,
        "Receipt time of last message received from origin WAL sender",
    ),
    metric(
        "end_lsn",
        "pg_stat_wal_receiver_latest_end_lsn",
        Counter,
        "Last write-ahead log location reported to origin WAL sender as integer",
    ),
    metric(
        "end_time",
        "pg_stat_wal_receiver_latest_end_time",
        Counter,
        "Time of last write-ahead log location reported to origin WAL sender",
    ),
];

pub(super) const STATEMENT_LABELS: &[&str] = &["user", "datname", "queryid"];
pub(super) const STATEMENTS: &[Metric] = &[
    metric("calls", "pg_stat_statements_calls_total", Counter, "Number of times executed"),
    metric(
        "seconds",
        "pg_stat_statements_seconds_total",
        Counter,
        "Total time spent in the statement, in seconds",
    ),
    metric(
        "rows",
        "pg_stat_statements_rows_total",
        Counter,
        "Total number of rows retrieved or affected by the statement",
    ),
    metric(
        "read",
        "pg_stat_statements_block_read_seconds_total",
        Counter,
        "Total time the statement spent reading blocks, in seconds",
    ),
    metric(
        "written",
        "pg_stat_statements_block_write_seconds_total",
        Counter,
        "Total time the statement spent writing blocks, in seconds",
    ),
];

pub(super) const DATABASE: &[Metric] = &[
    metric(
        "numbackends",
        "pg_stat_database_numbackends",
        Gauge,
        "Number of backends currently connected to this database. This is the only column \
         in this view that returns a value reflecting current state; all other columns \
         return the accumulated values since the last reset.",
    ),
    metric(
        "xact_commit",
        "pg_stat_database_xact_commit",
        Counter,
        "Number of transactions in this database that have been committed",
    ),
    metric(
        "xact_rollback",
        "pg_stat_database_xact_rollback",
        Counter,
        "Number of transactions in this database that have been rolled back",
    ),
    metric(
        "blks_read",
        "pg_stat_database_blks_read",
        Counter,
        "Number of disk blocks read in this database",
    ),
    metric(
        "blks_hit",
        "pg_stat_database_blks_hit",
        Counter,
        "Number of times disk blocks were found already in the buffer cache, so that a \
         read was not necessary (this only includes hits in the PostgreSQL buffer cache, \
         not the operating system's file system cache)",
    ),
    metric(
        "tup_returned",
        "pg_stat_database_tup_returned",
        Counter,
        "Number of rows returned by queries in this database",
    ),
    metric(
        "tup_fetched",
        "pg_stat_database_tup_fetched",
        Counter,
        "Number of rows fetched by queries in this database",
    ),
    metric(
        "tup_inserted",
        "pg_stat_database_tup_inserted",
        Counter,
        "Number of rows inserted by queries in this database",
    ),
    metric(
        "tup_updated",
        "pg_stat_database_tup_updated",
        Counter,
        "Number of rows updated by queries in this database",
    ),
    metric(
        "tup_deleted",
        "pg_stat_database_tup_deleted",
        Counter,
        "Number of rows deleted by queries in this database",
    ),
    metric(
        "conflicts",
        "pg_stat_database_conflicts",
        Counter,
        "Number of queries canceled due to conflicts with recovery in this database. \
         (Conflicts occur only on standby servers; see pg_stat_database_conflicts for \
         details.)",
    ),
    metric(
        "temp_files",
        "pg_stat_database_temp_files",
        Counter,
        "Number of temporary files created by queries in this database. All temporary \
         files are counted, regardless of why the temporary file was created (e.g., \
         sorting or hashing), and regardless of the log_temp_files setting.",
    ),
    metric(
        "temp_bytes",
        "pg_stat_database_temp_bytes",
        Counter,
        "Total amount of data written to temporary files by queries in this database. All \
         temporary files are counted, regardless of why the temporary file was created, \
         and regardless of the log_temp_files setting.",
    ),
    metric(
        "deadlocks",
        "pg_stat_database_deadlocks",
        Counter,
        "Number of deadlocks detected in this database",
    ),
    metric(
        "blk_read_time",
        "pg_stat_database_blk_read_time",
        Counter,
        "Time spent reading data file blocks by backends in this database, in \
         milliseconds",
    ),
    metric(
        "blk_write_time",
        "pg_stat_database_blk_write_time",
        Counter,
        "Time spent writing data file blocks by backends in this database, in \
         milliseconds",
    ),
    metric(
        "reset",
        "pg_stat_database_stats_reset",
        Counter,
        "Time at which these statistics were last reset",
    ),
];

pub(super) const TABLES: &[Metric] = &[
    metric(
        "seq_scan",
        "pg_stat_user_tables_seq_scan",
        Counter,
        "Number of sequential scans initiated on this table",
    ),
    metric(
        "seq_tup_read",
        "pg_stat_user_tables_seq_tup_read",
        Counter,
        "Number of live rows fetched by sequential scans",
    ),
    metric(
        "idx_scan",
        "pg_stat_user_tables_idx_scan",
        Counter,
        "Number of index scans initiated on this table",
    ),
    metric(
        "idx_tup_fetch",
        "pg_stat_user_tables_idx_tup_fetch",
        Counter,
        "Number of live rows fetched by index scans",
    ),
    metric("n_tup_ins", "pg_stat_user_tables_n_tup_ins", Counter, "Number of rows inserted"),
    metric("n_tup_upd", "pg_stat_user_tables_n_tup_upd", Counter, "Number of rows updated"),
    metric("n_tup_del", "pg_stat_user_tables_n_tup_del", Counter, "Number of rows deleted"),
    metric(
        "n_tup_hot_upd",
        "pg_stat_user_tables_n_tup_hot_upd",
        Counter,
        "Number of rows HOT updated (i.e., with no separate index update required)",
    ),
    metric("n_live_tup", "pg_stat_user_tables_n_live_tup", Gauge, "Estimated number of live rows"),
    metric("n_dead_tup", "pg_stat_user_tables_n_dead_tup", Gauge, "Estimated number of dead rows"),
    metric(
        "n_mod_since_analyze",
        "pg_stat_user_tables_n_mod_since_analyze",
        Gauge,
        "Estimated number of rows changed since last analyze",
    ),
    metric(
        "vacuumed",
        "pg_stat_user_tables_last_vacuum",
        Gauge,
        "Last time at which this table was manually vacuumed (not counting VACUUM FULL)",
    ),
    metric(
        "autovacuumed",
        "pg_stat_user_tables_last_autovacuum",
        Gauge,
        "Last time at which this table was vacuumed by the autovacuum daemon",
    ),
    metric(
        "analyzed",
        "pg_stat_user_tables_last_analyze",
        Gauge,
        "Last time at which this table was manually analyzed",
    ),
    metric(
        "autoanalyzed",
        "pg_stat_user_tables_last_autoanalyze",
        Gauge,
        "Last time at which this table was analyzed by the autovacuum daemon",
    ),
    metric(
        "vacuum_count",
        "pg_stat_user_tables_vacuum_count",
        Counter,
        "Number of times this table has been manually vacuumed (not counting VACUUM FULL)",
    ),
    metric(
        "autovacuum_count",
        "pg_stat_user_tables_autovacuum_count",
        Counter,
        "Number of times this table has been vacuumed by the autovacuum daemon",
    ),
    metric(
        "analyze_count",
        "pg_stat_user_tables_analyze_count",
        Counter,
        "Number of times this table has been manually analyzed",
    ),
    metric(
        "autoanalyze_count",
        "pg_stat_user_tables_autoanalyze_count",
        Counter,
        "Number of times this table has been analyzed by the autovacuum daemon",
    ),
    metric(
        "index_size",
        "pg_stat_user_tables_index_size_bytes",
        Gauge,
        "Total disk space used by this index, in bytes",
    ),
    metric(
        "table_size",
        "pg_stat_user_tables_table_size_bytes",
        Gauge,
        "Total disk space used by this table, in bytes",
    ),
];

pub(super) const TABLES_IO: &[Metric] = &[
    metric(
        "heap_blks_read",
        "pg_statio_user_tables_heap_blocks_read",
        Counter,
        "Number of disk blocks read from this table",
    ),
    metric(
        "heap_blks_hit",
        "pg_statio_user_tables_heap_blocks_hit",
        Counter,
        "Number of buffer hits in this table",
    ),
    metric(
        "idx_blks_read",
        "pg_statio_user_tables_idx_blocks_read",
        Counter,
        "Number of disk blocks read from all indexes on this table",
    ),
    metric(
        "idx_blks_hit",
        "pg_statio_user_tables_idx_blocks_hit",
        Counter,
        "Number of buffer hits in all indexes on this table",
    ),
    metric(
        "toast_blks_read",
        "pg_statio_user_tables_toast_blocks_read",
        Counter,
        "Number of disk blocks read from this table's TOAST table (if any)",
    ),
    metric(
        "toast_blks_hit",
        "pg_statio_user_tables_toast_blocks_hit",
        Counter,
        "Number of buffer hits in this table's TOAST table (if any)",
    ),
    metric(
        "tidx_blks_read",
        "pg_statio_user_tables_tidx_blocks_read",
        Counter,
        "Number of disk blocks read from this table's TOAST table indexes (if any)",
    ),
    metric(
        "tidx_blks_hit",
        "pg_statio_user_tables_tidx_blocks_hit",
        Counter,
        "Number of buffer hits in this table's TOAST table indexes (if any)",
    ),
];
