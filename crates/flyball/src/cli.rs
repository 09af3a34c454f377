//! The command line: subcommands, flags under Prometheus' names, `FLYBALL_*` twins, examples.
//! Plain data for the subcommands; nothing here acts.

mod check;
mod migrate;
mod promtool;
mod test;
#[cfg(test)]
mod tests;
mod words;

pub(crate) use self::check::{CheckCommand, CheckConfig, CheckRules, Lint, LintArgs};
pub(crate) use self::migrate::MigrateArgs;
#[cfg(test)]
pub(crate) use self::promtool::Promtool;
pub(crate) use self::promtool::{PromtoolCommand, parse_promtool};
pub(crate) use self::test::{TestArgs, TestCommand, TestPromql, TestRules};
pub(crate) use commands::cli::{
    AlertArgs, Amtool, AmtoolCommand, AmtoolConfig, CheckFiles, ClusterArgs, DashboardCommand,
    PeerArgs, ProbeArgs, QueryCommand, RoutesArgs, SilenceArgs, TemplateCommand, TsdbCommand,
};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  flyball                                     watch this host, no configuration needed
  flyball --config.file=prometheus.yml        scrape what a prometheus.yml names
  flyball check config prometheus.yml         find mistakes before a reload does
  flyball migrate --from-prometheus prometheus.yml    tell what of it works here
  flyball query instant http://127.0.0.1:1788 'rate(node_cpu_seconds_total[5m])'
  flyball probe https://www.example.com       where its time goes, and until when it is valid
  flyball silence add DiskFull --duration=2h --comment='new disk on its way'
  flyball dashboard import node-exporter-full.json
  flyball tsdb verify flyball-data            read every stored byte once";

const SERVE_EXAMPLES: &str = "\
Every flag has a twin in the environment, e.g. FLYBALL_STORAGE_PATH; the flag wins, then the
environment, then flyball.yml.

Examples:
  flyball serve --config.file=flyball.yml
  flyball serve --storage.path=/var/lib/flyball --storage.retention.time=90d
  flyball serve --web.listen-address=0.0.0.0:1788 --web.config.file=web.yml";

const COMPLETION_EXAMPLES: &str = "\
Examples:
  flyball completion bash > /etc/bash_completion.d/flyball
  flyball completion zsh > \"${fpath[1]}/_flyball\"
  flyball completion fish > ~/.config/fish/completions/flyball.fish";

const CHECK_EXAMPLES: &str = "\
Exit codes: 0 good, 1 mistakes found, 3 lint found something (check metrics, --lint-fatal).

Examples:
  flyball check config flyball.yml
  flyball check rules 'rules/*.yml'
  curl -s http://127.0.0.1:1788/metrics | flyball check metrics";

const TEST_EXAMPLES: &str = "\
Exit codes: 0 all passed, 1 some failed, 2 a file cannot be read or is no test.

Examples:
  flyball test rules tests.yml
  flyball test promql rates.test";

const QUERY_EXAMPLES: &str = "\
Examples:
  flyball query instant 'up == 0'
  flyball query range http://prometheus:9090 'rate(http_requests_total[5m])' --start=-1h
  flyball query explain --analyze 'rate(http_requests_total[5m])'
  flyball query series --match='{job=\"node\"}'
  flyball query labels job";

const TSDB_EXAMPLES: &str = "\
All but import only read: they work beside a running server and on snapshots.

Examples:
  flyball tsdb verify
  flyball tsdb list /var/lib/flyball
  flyball tsdb dump --match='up{job=\"node\"}' | head";

const CONFIG_EXAMPLES: &str = "\
Examples:
  flyball config schema > flyball.schema.json
  flyball config routes test severity=page team=db";

/// Measures a running system, judges it, acts on it and proves the effect.
#[derive(Debug, Parser)]
#[command(name = "flyball", version, after_help = EXAMPLES)]
#[command(args_conflicts_with_subcommands = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server (the default).
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(Box<ServeArgs>),
    /// Check files before the server reads them.
    #[command(subcommand, after_help = CHECK_EXAMPLES)]
    Check(CheckCommand),
    /// Try queries before anybody relies on them.
    #[command(after_help = TEST_EXAMPLES)]
    Test(TestArgs),
    /// Ask a server that speaks Prometheus' API.
    #[command(subcommand, after_help = QUERY_EXAMPLES)]
    Query(QueryCommand),
    /// Tell what of other systems' files works here.
    #[command(after_help = migrate::MIGRATE_EXAMPLES)]
    Migrate(MigrateArgs),
    /// Probe targets once: where the time goes, what the certificates say, why it fails.
    #[command(after_help = commands::cli::PROBE_EXAMPLES)]
    Probe(Box<ProbeArgs>),
    /// Read, check and compare dashboards of Grafana.
    #[command(subcommand, after_help = commands::cli::DASHBOARD_EXAMPLES)]
    Dashboard(DashboardCommand),
    /// Look into a data directory, or fill one with history.
    #[command(subcommand, after_help = TSDB_EXAMPLES)]
    Tsdb(TsdbCommand),
    /// Add and show alerts.
    #[command(after_help = commands::cli::ALERT_EXAMPLES)]
    Alert(AlertArgs),
    /// Add, show, change and end silences.
    #[command(after_help = commands::cli::SILENCE_EXAMPLES)]
    Silence(SilenceArgs),
    /// Check alertmanager.yml and its templates.
    #[command(name = "check-config", after_help = commands::cli::CHECK_EXAMPLES)]
    CheckConfig(CheckFiles),
    /// Show how the servers of an Alertmanager's cluster see each other.
    #[command(after_help = commands::cli::CLUSTER_EXAMPLES)]
    Cluster(ClusterArgs),
    /// Try templates of notifications.
    #[command(subcommand, after_help = commands::cli::RENDER_EXAMPLES)]
    Template(TemplateCommand),
    /// Print things about the configuration.
    #[command(subcommand, after_help = CONFIG_EXAMPLES)]
    Config(ConfigCommand),
    /// Print the completion script of a shell.
    #[command(after_help = COMPLETION_EXAMPLES)]
    Completion {
        /// Shell to complete for.
        shell: clap_complete::Shell,
    },
    /// Print the version.
    #[command(after_help = "Example:\n  flyball version --json")]
    Version {
        /// As JSON, with build facts.
        #[arg(long)]
        json: bool,
    },
}

/// Commands that take defaults from amtool's files of settings.
const AMTOOLS: [&str; 6] = ["alert", "silence", "check-config", "cluster", "config", "template"];

/// Is the command of this process one of amtool's, so that its settings count?
pub(crate) fn takes_settings() -> bool {
    let word = std::env::args_os().nth(1);
    word.is_some_and(|word| word.to_str().is_some_and(|word| AMTOOLS.contains(&word)))
}

/// Reads the command line of this process; what is not understood ends it with exit code 2.
pub(crate) fn parse(settings: &[(String, String)]) -> Cli {
    read(std::env::args_os(), settings).unwrap_or_else(|error| error.exit())
}

/// The same when the binary is called amtool. Like amtool's, the exit code of a command line that
/// is not understood is 1.
pub(crate) fn parse_amtool(settings: &[(String, String)]) -> Result<Amtool, ExitCode> {
    let words = words::completed(&Amtool::command(), std::env::args_os().collect(), settings);
    Amtool::command()
        .args_override_self(!settings.is_empty())
        .try_get_matches_from(words)
        .and_then(|matches| Amtool::from_arg_matches(&matches))
        .map_err(|error| {
            let code = if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
            // Nobody is left to be told when the streams are closed.
            error.print().map_or(ExitCode::FAILURE, |()| code)
        })
}

fn read(
    words: impl IntoIterator<Item = OsString>,
    settings: &[(String, String)],
) -> Result<Cli, clap::Error> {
    let words: Vec<OsString> = words.into_iter().collect();
    let words = words::completed(&Cli::command(), words, settings);
    let command = Cli::command().args_override_self(!settings.is_empty());
    let matches = command.try_get_matches_from(&words);
    matches.and_then(|matches| Cli::from_arg_matches(&matches)).map_err(|mut error| {
        if let Some(tip) = tip(&error, &words) {
            let tips = ContextValue::StyledStrs(vec![tip.into()]);
            error.insert(ContextKind::Suggested, tips);
        }
        error
    })
}

/// Tips for slips that the distance of letters does not explain.
fn tip(error: &clap::Error, words: &[OsString]) -> Option<String> {
    let word = match (error.kind(), error.get(ContextKind::InvalidSubcommand)) {
        (ErrorKind::InvalidSubcommand, Some(ContextValue::String(word))) => word.clone(),
        (ErrorKind::UnknownArgument, _) => return single_dash(words),
        _ => return None,
    };
    let is_yaml = Path::new(&word).extension().is_some_and(|end| end == "yml" || end == "yaml");
    is_yaml.then(|| format!("to start with this file, use '--config.file={word}'"))
}

/// A word with one dash that is no flag: an expression, or how Prometheus 1 wrote its flags.
fn single_dash(words: &[OsString]) -> Option<String> {
    let is_query = words.get(1).is_some_and(|word| word == "query");
    let mut words = words.iter().skip(1).filter_map(|word| word.to_str());
    let has_one = |word: &&str| word.len() > 2 && word.starts_with('-') && !word.starts_with("--");
    let word = words.find(has_one)?;
    Some(if is_query {
        format!("an expression that begins with a minus goes behind '--': -- '{word}'")
    } else {
        format!("flags have two dashes: '-{word}'")
    })
}

/// Flags of `serve`. Prometheus' names work verbatim; each has a `FLYBALL_*` twin.
#[derive(Args, Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct ServeArgs {
    /// flyball.yml, or a prometheus.yml as it is.
    #[arg(long = "config.file", env = "FLYBALL_CONFIG_FILE", value_name = "FILE")]
    pub(crate) config_file: Option<PathBuf>,
    /// alertmanager.yml: who is told, in the place of `alertmanager` in flyball.yml.
    #[arg(
        long = "alertmanager.config.file",
        env = "FLYBALL_ALERTMANAGER_CONFIG_FILE",
        value_name = "FILE"
    )]
    pub(crate) alertmanager_config_file: Option<PathBuf>,
    /// blackbox.yml: modules of probes, in the place of `blackbox` in flyball.yml.
    #[arg(
        long = "blackbox.config.file",
        env = "FLYBALL_BLACKBOX_CONFIG_FILE",
        value_name = "FILE"
    )]
    pub(crate) blackbox_config_file: Option<PathBuf>,
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
    /// Further address for OTLP by HTTP; empty for none [default: 127.0.0.1:4318 if it is free].
    #[arg(
        long = "otlp.http-listen-address",
        env = "FLYBALL_OTLP_HTTP_LISTEN_ADDRESS",
        value_name = "ADDRESS"
    )]
    pub(crate) otlp_listen_address: Option<String>,
    /// Address for OTLP by gRPC; empty for none [default: 127.0.0.1:4317 if it is free].
    #[arg(
        long = "otlp.grpc-listen-address",
        env = "FLYBALL_OTLP_GRPC_LISTEN_ADDRESS",
        value_name = "ADDRESS"
    )]
    pub(crate) otlp_grpc_listen_address: Option<String>,
    /// URL under which users reach the server.
    #[arg(long = "web.external-url", env = "FLYBALL_WEB_EXTERNAL_URL", value_name = "URL")]
    pub(crate) external_url: Option<String>,
    /// Path prefix of all routes [default: the path of the external URL].
    #[arg(long = "web.route-prefix", env = "FLYBALL_WEB_ROUTE_PREFIX", value_name = "PATH")]
    pub(crate) route_prefix: Option<String>,
    /// TLS and basic auth, as Prometheus' exporter toolkit reads it.
    #[arg(long = "web.config.file", env = "FLYBALL_WEB_CONFIG_FILE", value_name = "FILE")]
    pub(crate) web_config_file: Option<PathBuf>,
    /// Further name by which clients may call the server (Host header); several may be given.
    #[arg(
        long = "web.allowed-host",
        env = "FLYBALL_WEB_ALLOWED_HOST",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub(crate) allowed_hosts: Vec<String>,
    /// Most connections at the same time [default: 512].
    #[arg(long = "web.max-connections", env = "FLYBALL_WEB_MAX_CONNECTIONS", value_name = "COUNT")]
    pub(crate) max_connections: Option<usize>,
    /// Longest time for the body of a request [default: 5m].
    #[arg(long = "web.read-timeout", env = "FLYBALL_WEB_READ_TIMEOUT", value_name = "DURATION")]
    pub(crate) read_timeout: Option<String>,
    /// Serve the page from a folder that Vite built, for work on the page.
    #[arg(long = "ui.dir", env = "FLYBALL_UI_DIR", value_name = "DIR")]
    pub(crate) ui_dir: Option<PathBuf>,
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
    /// Oldest state of alerts that a start restores [default: 1h].
    #[arg(
        long = "rules.alert.for-outage-tolerance",
        env = "FLYBALL_RULES_ALERT_FOR_OUTAGE_TOLERANCE",
        value_name = "DURATION"
    )]
    pub(crate) for_outage_tolerance: Option<String>,
    /// Shortest time an alert with a restored `for` stays pending [default: 10m].
    #[arg(
        long = "rules.alert.for-grace-period",
        env = "FLYBALL_RULES_ALERT_FOR_GRACE_PERIOD",
        value_name = "DURATION"
    )]
    pub(crate) for_grace_period: Option<String>,
    /// Time after which a firing alert is handed to routing again [default: 1m].
    #[arg(
        long = "rules.alert.resend-delay",
        env = "FLYBALL_RULES_ALERT_RESEND_DELAY",
        value_name = "DURATION"
    )]
    pub(crate) resend_delay: Option<String>,
    /// Time after the start in which no new group of alerts is told of [default: 0s].
    #[arg(
        long = "dispatch.start-delay",
        env = "FLYBALL_DISPATCH_START_DELAY",
        value_name = "DURATION"
    )]
    pub(crate) start_delay: Option<String>,
    /// Alerts that wait for one external Alertmanager at most [default: 10000].
    #[arg(
        long = "alertmanager.notification-queue-capacity",
        env = "FLYBALL_ALERTMANAGER_NOTIFICATION_QUEUE_CAPACITY",
        value_name = "COUNT"
    )]
    pub(crate) notification_queue_capacity: Option<usize>,
    /// Alerts sent to an external Alertmanager at once [default: 256].
    #[arg(
        long = "alertmanager.notification-batch-size",
        env = "FLYBALL_ALERTMANAGER_NOTIFICATION_BATCH_SIZE",
        value_name = "COUNT"
    )]
    pub(crate) notification_batch_size: Option<usize>,
    /// Send what waits for external Alertmanagers before the end [default: true].
    #[arg(
        long = "alertmanager.drain-notification-queue-on-shutdown",
        env = "FLYBALL_ALERTMANAGER_DRAIN_NOTIFICATION_QUEUE_ON_SHUTDOWN",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub(crate) drain_notification_queue: Option<bool>,
    /// The same switched off, as upstream's flags allow.
    #[arg(long = "no-alertmanager.drain-notification-queue-on-shutdown", hide = true)]
    pub(crate) no_drain_notification_queue: bool,
    /// Longest time a query may take, waiting included [default: 2m].
    #[arg(long = "query.timeout", env = "FLYBALL_QUERY_TIMEOUT", value_name = "DURATION")]
    pub(crate) query_timeout: Option<String>,
    /// Most samples a query may load [default: 50000000].
    #[arg(long = "query.max-samples", env = "FLYBALL_QUERY_MAX_SAMPLES", value_name = "COUNT")]
    pub(crate) query_max_samples: Option<usize>,
    /// Most series a query may read [default: 2000000].
    #[arg(long = "query.max-series", env = "FLYBALL_QUERY_MAX_SERIES", value_name = "COUNT")]
    pub(crate) query_max_series: Option<usize>,
    /// Most memory a query may hold, e.g. 512MB [default: an eighth of the memory limit].
    #[arg(long = "query.max-memory", env = "FLYBALL_QUERY_MAX_MEMORY", value_name = "SIZE")]
    pub(crate) query_max_memory: Option<String>,
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
    /// Evaluations that take this long are logged, 0: none [default: 10s].
    #[arg(
        long = "query.slow-threshold",
        env = "FLYBALL_QUERY_SLOW_THRESHOLD",
        value_name = "DURATION"
    )]
    pub(crate) query_slow_threshold: Option<String>,
    #[command(flatten)]
    pub(crate) features: FeatureArgs,
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
        let list = |texts: &[String]| (!texts.is_empty()).then(|| texts.join(","));
        let flags = [
            ("config.file", path(&self.config_file)),
            ("alertmanager.config.file", path(&self.alertmanager_config_file)),
            ("storage.path", path(&self.storage_path)),
            ("storage.retention.time", self.retention_time.clone()),
            ("storage.retention.size", self.retention_size.clone()),
            ("storage.durability", self.durability.map(|mode| format!("{mode:?}").to_lowercase())),
            ("memory.limit", self.memory_limit.clone()),
            ("web.listen-address", self.listen_address.clone()),
            ("otlp.http-listen-address", self.otlp_listen_address.clone()),
            ("otlp.grpc-listen-address", self.otlp_grpc_listen_address.clone()),
            ("web.external-url", self.external_url.clone()),
            ("web.route-prefix", self.route_prefix.clone()),
            ("web.config.file", path(&self.web_config_file)),
            ("web.allowed-host", list(&self.allowed_hosts)),
            ("web.max-connections", count(self.max_connections)),
            ("web.read-timeout", self.read_timeout.clone()),
            ("ui.dir", path(&self.ui_dir)),
            ("web.allow-anonymous", on(self.allow_anonymous)),
            ("web.enable-lifecycle", on(self.enable_lifecycle)),
            ("web.enable-admin-api", on(self.enable_admin_api)),
            ("rules.alert.for-outage-tolerance", self.for_outage_tolerance.clone()),
            ("rules.alert.for-grace-period", self.for_grace_period.clone()),
            ("rules.alert.resend-delay", self.resend_delay.clone()),
            ("dispatch.start-delay", self.start_delay.clone()),
            ("alertmanager.notification-queue-capacity", count(self.notification_queue_capacity)),
            ("alertmanager.notification-batch-size", count(self.notification_batch_size)),
            (
                "alertmanager.drain-notification-queue-on-shutdown",
                self.drain_notification_queue.and_then(on),
            ),
            ("query.timeout", self.query_timeout.clone()),
            ("query.max-samples", count(self.query_max_samples)),
            ("query.max-series", count(self.query_max_series)),
            ("query.max-memory", self.query_max_memory.clone()),
            ("query.max-concurrency", count(self.query_max_concurrency)),
            ("query.lookback-delta", self.query_lookback_delta.clone()),
            ("query.slow-threshold", self.query_slow_threshold.clone()),
            ("enable-feature", self.features.joined()),
            ("log.level", self.log_level.map(|level| format!("{level:?}").to_lowercase())),
            ("log.format", self.log_format.map(|format| format!("{format:?}").to_lowercase())),
        ];
        let given = flags.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        given.collect()
    }
}

/// Features that are off by default.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct FeatureArgs {
    /// Experimental features to switch on, under upstream's names, separated by commas.
    #[arg(
        long = "enable-feature",
        env = "FLYBALL_ENABLE_FEATURE",
        value_name = "NAMES",
        value_delimiter = ','
    )]
    pub(crate) enable_feature: Vec<String>,
}

impl FeatureArgs {
    /// The names as given; `None` without any.
    fn joined(&self) -> Option<String> {
        (!self.enable_feature.is_empty()).then(|| self.enable_feature.join(","))
    }
}

/// Was the binary started under this name, by a link?
pub(crate) fn is_called(name: &str) -> bool {
    let path = std::env::args_os().next().map(PathBuf::from);
    path.is_some_and(|path| path.file_stem().is_some_and(|stem| stem == name))
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
pub(crate) enum ConfigCommand {
    /// Print the JSON Schema of flyball.yml.
    #[command(after_help = "Example:\n  flyball config schema > flyball.schema.json")]
    Schema,
    /// Print alertmanager.yml as the server uses it, without its secrets.
    #[command(after_help = "Example:\n  flyball config show --alertmanager.url=http://am:9093")]
    Show(PeerArgs),
    /// Show and try the routing tree of alertmanager.yml.
    #[command(after_help = commands::cli::ROUTES_EXAMPLES)]
    Routes(RoutesArgs),
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
