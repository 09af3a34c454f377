//! The command line: subcommands, flags under Prometheus' names, `FLYBALL_*` twins, examples.
//! Plain data for the subcommands; nothing here acts.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::collections::BTreeMap;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  flyball                                     watch this host, no configuration needed
  flyball --config.file=prometheus.yml        scrape what a prometheus.yml names
  flyball check config prometheus.yml         find mistakes before a reload does
  flyball query instant http://127.0.0.1:1788 'rate(node_cpu_seconds_total[5m])'
  flyball tsdb verify flyball-data            read every stored byte once";

/// Measures a running system, judges it, acts on it and proves the effect.
#[derive(Debug, Parser)]
#[command(name = "flyball", version, after_help = EXAMPLES)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server (the default).
    Serve(Box<ServeArgs>),
    /// Check files before the server reads them.
    #[command(subcommand)]
    Check(CheckCommand),
    /// Ask a server that speaks Prometheus' API.
    #[command(subcommand)]
    Query(QueryCommand),
    /// Look into a data directory; the server need not run.
    #[command(subcommand)]
    Tsdb(TsdbCommand),
    /// Print things about the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the completion script of a shell.
    #[command(after_help = "Example:\n  flyball completion bash > /etc/bash_completion.d/flyball")]
    Completion {
        /// Shell to complete for.
        shell: clap_complete::Shell,
    },
    /// Print the version.
    Version {
        /// As JSON, with build facts.
        #[arg(long)]
        json: bool,
    },
}

/// Flags of `serve`. Prometheus' names work verbatim; each has a `FLYBALL_*` twin.
#[derive(Args, Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct ServeArgs {
    /// flyball.yml, or a prometheus.yml as it is.
    #[arg(long = "config.file", env = "FLYBALL_CONFIG_FILE", value_name = "FILE")]
    pub(crate) config_file: Option<PathBuf>,
    /// Data directory [default: ./flyball-data].
    #[arg(
        long = "storage.path",
        alias = "storage.tsdb.path",
        env = "FLYBALL_STORAGE_PATH",
        value_name = "DIR"
    )]
    pub(crate) storage_path: Option<PathBuf>,
    /// Keep samples for this long, e.g. 30d [default: 30d].
    #[arg(
        long = "storage.retention.time",
        alias = "storage.tsdb.retention.time",
        env = "FLYBALL_STORAGE_RETENTION_TIME",
        value_name = "DURATION"
    )]
    pub(crate) retention_time: Option<String>,
    /// Keep at most this many bytes, e.g. 50GB [default: 20 % of the free disk].
    #[arg(
        long = "storage.retention.size",
        alias = "storage.tsdb.retention.size",
        env = "FLYBALL_STORAGE_RETENTION_SIZE",
        value_name = "SIZE"
    )]
    pub(crate) retention_size: Option<String>,
    /// When an accepted sample survives: after write(2) and 200 ms, or after fdatasync.
    #[arg(
        long = "storage.durability",
        env = "FLYBALL_STORAGE_DURABILITY",
        value_enum,
        value_name = "MODE"
    )]
    pub(crate) durability: Option<DurabilityArg>,
    /// Memory for head, caches and queries, e.g. 2GB [default: half of what the process may use].
    #[arg(long = "memory.limit", env = "FLYBALL_MEMORY_LIMIT", value_name = "SIZE")]
    pub(crate) memory_limit: Option<String>,
    /// Address of the page and of all HTTP interfaces [default: 127.0.0.1:1788].
    #[arg(long = "web.listen-address", env = "FLYBALL_WEB_LISTEN_ADDRESS", value_name = "ADDRESS")]
    pub(crate) listen_address: Option<String>,
    /// URL under which users reach the server.
    #[arg(long = "web.external-url", env = "FLYBALL_WEB_EXTERNAL_URL", value_name = "URL")]
    pub(crate) external_url: Option<String>,
    /// Path prefix of all routes [default: the path of the external URL].
    #[arg(long = "web.route-prefix", env = "FLYBALL_WEB_ROUTE_PREFIX", value_name = "PATH")]
    pub(crate) route_prefix: Option<String>,
    /// TLS and basic auth, as Prometheus' exporter toolkit reads it.
    #[arg(long = "web.config.file", env = "FLYBALL_WEB_CONFIG_FILE", value_name = "FILE")]
    pub(crate) web_config_file: Option<PathBuf>,
    /// Serve other addresses than loopback without authentication.
    #[arg(long = "web.allow-anonymous", env = "FLYBALL_WEB_ALLOW_ANONYMOUS")]
    pub(crate) allow_anonymous: bool,
    /// Allow reload and shutdown by HTTP.
    #[arg(long = "web.enable-lifecycle", env = "FLYBALL_WEB_ENABLE_LIFECYCLE")]
    pub(crate) enable_lifecycle: bool,
    /// Allow snapshot and compaction by HTTP.
    #[arg(long = "web.enable-admin-api", env = "FLYBALL_WEB_ENABLE_ADMIN_API")]
    pub(crate) enable_admin_api: bool,
    /// Accepted for compatibility: remote write is always on.
    #[arg(long = "web.enable-remote-write-receiver", hide = true)]
    pub(crate) enable_remote_write_receiver: bool,
    /// Longest time a query may take.
    #[arg(long = "query.timeout", env = "FLYBALL_QUERY_TIMEOUT", value_name = "DURATION")]
    pub(crate) query_timeout: Option<String>,
    /// Most samples a query may load [default: 50000000].
    #[arg(long = "query.max-samples", env = "FLYBALL_QUERY_MAX_SAMPLES", value_name = "COUNT")]
    pub(crate) query_max_samples: Option<usize>,
    /// Queries evaluated at once; more wait [default: 20].
    #[arg(
        long = "query.max-concurrency",
        env = "FLYBALL_QUERY_MAX_CONCURRENCY",
        value_name = "COUNT"
    )]
    pub(crate) query_max_concurrency: Option<usize>,
    /// How far back an instant selector looks [default: 5m].
    #[arg(
        long = "query.lookback-delta",
        env = "FLYBALL_QUERY_LOOKBACK_DELTA",
        value_name = "DURATION"
    )]
    pub(crate) query_lookback_delta: Option<String>,
    /// Least severe messages to log [default: info].
    #[arg(long = "log.level", env = "FLYBALL_LOG_LEVEL", value_enum, value_name = "LEVEL")]
    pub(crate) log_level: Option<LogLevel>,
    /// How messages are written to standard error [default: logfmt].
    #[arg(long = "log.format", env = "FLYBALL_LOG_FORMAT", value_enum, value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormat>,
}

impl ServeArgs {
    /// Flags as given, for `/api/v1/status/flags`; flags that were left out are missing.
    pub(crate) fn flags(&self) -> BTreeMap<String, String> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let on = |flag: bool| Some(flag.to_string());
        let count = |count: Option<usize>| count.map(|count| count.to_string());
        let flags = [
            ("config.file", path(&self.config_file)),
            ("storage.path", path(&self.storage_path)),
            ("storage.retention.time", self.retention_time.clone()),
            ("storage.retention.size", self.retention_size.clone()),
            ("storage.durability", self.durability.map(|mode| format!("{mode:?}").to_lowercase())),
            ("memory.limit", self.memory_limit.clone()),
            ("web.listen-address", self.listen_address.clone()),
            ("web.external-url", self.external_url.clone()),
            ("web.route-prefix", self.route_prefix.clone()),
            ("web.config.file", path(&self.web_config_file)),
            ("web.allow-anonymous", on(self.allow_anonymous)),
            ("web.enable-lifecycle", on(self.enable_lifecycle)),
            ("web.enable-admin-api", on(self.enable_admin_api)),
            ("query.timeout", self.query_timeout.clone()),
            ("query.max-samples", count(self.query_max_samples)),
            ("query.max-concurrency", count(self.query_max_concurrency)),
            ("query.lookback-delta", self.query_lookback_delta.clone()),
            ("log.level", self.log_level.map(|level| format!("{level:?}").to_lowercase())),
            ("log.format", self.log_format.map(|format| format!("{format:?}").to_lowercase())),
        ];
        let given = flags.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        given.collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DurabilityArg {
    Window,
    Sync,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Logfmt,
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CheckCommand {
    /// Check flyball.yml or prometheus.yml with all files they name.
    #[command(
        after_help = "Exit codes: 0 good, 1 mistakes found.\n\nExample:\n  flyball check config prometheus.yml"
    )]
    Config {
        /// Files to check.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Check rule files.
    #[command(
        after_help = "Exit codes: 0 good, 1 mistakes found.\n\nExample:\n  flyball check rules rules/*.yml"
    )]
    Rules {
        /// Files to check.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Check a web configuration (TLS and basic auth).
    #[command(name = "web-config")]
    WebConfig {
        /// Files to check.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

/// Output of `query`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people, as promtool prints it.
    Promql,
    /// The server's answer.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum QueryCommand {
    /// Evaluate an expression at one instant.
    #[command(after_help = "Example:\n  flyball query instant http://127.0.0.1:1788 'up == 0'")]
    Instant {
        #[command(flatten)]
        server: QueryServer,
        /// PromQL expression.
        expr: String,
        /// Instant: RFC 3339 or Unix seconds [default: now].
        #[arg(long)]
        time: Option<String>,
    },
    /// Evaluate an expression over a range.
    #[command(
        after_help = "Example:\n  flyball query range http://127.0.0.1:1788 'rate(x[5m])' --start 1700000000 --end 1700003600 --step 1m"
    )]
    Range {
        #[command(flatten)]
        server: QueryServer,
        /// PromQL expression.
        expr: String,
        /// First instant [default: five minutes before the end].
        #[arg(long)]
        start: Option<String>,
        /// Last instant [default: now].
        #[arg(long)]
        end: Option<String>,
        /// Distance of the steps [default: chosen from the range].
        #[arg(long)]
        step: Option<String>,
    },
    /// List the label sets of series.
    Series {
        #[command(flatten)]
        server: QueryServer,
        /// Series selector; several may be given.
        #[arg(long = "match", required = true)]
        matches: Vec<String>,
        /// Earliest instant.
        #[arg(long)]
        start: Option<String>,
        /// Latest instant.
        #[arg(long)]
        end: Option<String>,
    },
    /// List the values of a label.
    Labels {
        #[command(flatten)]
        server: QueryServer,
        /// Label name.
        name: String,
        /// Earliest instant.
        #[arg(long)]
        start: Option<String>,
        /// Latest instant.
        #[arg(long)]
        end: Option<String>,
        /// Only series that match; several may be given.
        #[arg(long = "match")]
        matches: Vec<String>,
    },
}

#[derive(Args, Debug)]
pub(crate) struct QueryServer {
    /// URL of the server.
    pub(crate) server: String,
    /// How to print the answer.
    #[arg(short = 'o', long = "format", value_enum, default_value_t = OutputFormat::Promql)]
    pub(crate) format: OutputFormat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TsdbCommand {
    /// Read every stored byte once and report damage.
    #[command(after_help = "Exit codes: 0 sound, 1 damage found.")]
    Verify(DataDir),
    /// Show what takes the space: metrics, labels, bytes per sample.
    Analyze {
        #[command(flatten)]
        data: DataDir,
        /// Rows per table.
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// List segments and journals.
    List(DataDir),
    /// Print samples in OpenMetrics text.
    Dump {
        #[command(flatten)]
        data: DataDir,
        /// Series selector.
        #[arg(long = "match", default_value = "{__name__=~\".+\"}")]
        selector: String,
        /// Earliest instant in Unix milliseconds.
        #[arg(long, allow_hyphen_values = true)]
        min_time: Option<i64>,
        /// Latest instant in Unix milliseconds.
        #[arg(long, allow_hyphen_values = true)]
        max_time: Option<i64>,
    },
}

#[derive(Args, Debug)]
pub(crate) struct DataDir {
    /// Data directory.
    #[arg(default_value = "flyball-data")]
    pub(crate) path: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print the JSON Schema of flyball.yml.
    #[command(after_help = "Example:\n  flyball config schema > flyball.schema.json")]
    Schema,
}

impl From<config::LogLevel> for LogLevel {
    fn from(level: config::LogLevel) -> Self {
        match level {
            config::LogLevel::Error => Self::Error,
            config::LogLevel::Warn => Self::Warn,
            config::LogLevel::Info => Self::Info,
            config::LogLevel::Debug => Self::Debug,
            config::LogLevel::Trace => Self::Trace,
        }
    }
}

impl From<config::LogFormat> for LogFormat {
    fn from(format: config::LogFormat) -> Self {
        match format {
            config::LogFormat::Logfmt => Self::Logfmt,
            config::LogFormat::Json => Self::Json,
        }
    }
}
