//! Arguments of `flyball query`: promtool's, with the local server where none is named.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

const INSTANT_EXAMPLES: &str = "\
Examples:
  flyball query instant 'up == 0'
  flyball query instant http://prometheus:9090 'rate(node_cpu_seconds_total[5m])' --time=-10m
  flyball query instant -o json 'count by (job) (up)'";

const RANGE_EXAMPLES: &str = "\
Examples:
  flyball query range 'rate(node_cpu_seconds_total[5m])'
  flyball query range http://prometheus:9090 up --start=2026-01-31T08:00:00Z --end=now --step=1m";

const SERIES_EXAMPLES: &str = "\
Examples:
  flyball query series --match=up
  flyball query series http://prometheus:9090 --match='{job=\"node\"}' --start=-1h";

const LABELS_EXAMPLES: &str = "\
Examples:
  flyball query labels job
  flyball query labels http://prometheus:9090 instance --match=up";

const EXPLAIN_EXAMPLES: &str = "\
Exit codes: 0 explained, 1 not explained, or the query fails.

Examples:
  flyball query explain 'sum by (job) (rate(http_requests_total[5m]))'
  flyball query explain --analyze 'rate(http_requests_total[5m])' --start=-1h --step=1m
  flyball query explain --analyze -o json http://flyball:1788 'count by (job) (up)'";

/// How instants may be written, for the help of every flag that takes one.
macro_rules! instant {
    ($what:literal) => {
        concat!($what, ": RFC 3339, Unix seconds, now, or a time before now like -1h")
    };
}

/// `query`
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "what a flag means its help says")]
pub enum QueryCommand {
    /// Evaluate an expression at one instant.
    #[command(after_help = INSTANT_EXAMPLES, allow_missing_positional = true)]
    Instant {
        #[command(flatten)]
        server: QueryServer,
        /// PromQL expression; one that begins with a minus goes behind `--`.
        expr: String,
        #[arg(long, allow_hyphen_values = true, help = instant!("Evaluation time [default: now]"))]
        time: Option<String>,
    },
    /// Evaluate an expression over a range.
    #[command(after_help = RANGE_EXAMPLES, allow_missing_positional = true)]
    Range {
        #[command(flatten)]
        server: QueryServer,
        /// PromQL expression; one that begins with a minus goes behind `--`.
        expr: String,
        #[arg(long, allow_hyphen_values = true)]
        #[arg(help = instant!("First instant [default: 5 minutes before the last]"))]
        start: Option<String>,
        #[arg(long, allow_hyphen_values = true, help = instant!("Last instant [default: now]"))]
        end: Option<String>,
        /// Time between steps, e.g. 15s [default: a 250th of the range, at least 1s].
        #[arg(long)]
        step: Option<String>,
        /// Header to send, NAME=VALUE; several may be given.
        #[arg(long = "header", value_name = "NAME=VALUE")]
        headers: Vec<String>,
    },
    /// Show what a query does, part by part; with --analyze, what it reads, gives and takes.
    #[command(after_help = EXPLAIN_EXAMPLES, allow_missing_positional = true)]
    Explain {
        #[command(flatten)]
        server: QueryServer,
        /// PromQL expression; one that begins with a minus goes behind `--`.
        expr: String,
        /// Evaluate the query and measure every part of it.
        #[arg(long)]
        analyze: bool,
        #[arg(long, allow_hyphen_values = true, conflicts_with_all = ["start", "end", "step"])]
        #[arg(help = instant!("Evaluation time [default: now]"))]
        time: Option<String>,
        #[arg(long, allow_hyphen_values = true)]
        #[arg(help = instant!("As a range query: first instant"))]
        start: Option<String>,
        #[arg(long, allow_hyphen_values = true)]
        #[arg(help = instant!("As a range query: last instant [default: now]"))]
        end: Option<String>,
        /// As a range query: time between steps [default: a 250th of the range, at least 1s].
        #[arg(long)]
        step: Option<String>,
    },
    /// List the label sets of series.
    #[command(after_help = SERIES_EXAMPLES)]
    Series {
        #[command(flatten)]
        server: QueryServer,
        /// Series selector; several may be given.
        #[arg(long = "match", required = true, value_name = "SELECTOR")]
        matches: Vec<String>,
        #[command(flatten)]
        span: Span,
    },
    /// List the values of a label.
    #[command(after_help = LABELS_EXAMPLES, allow_missing_positional = true)]
    Labels {
        #[command(flatten)]
        server: QueryServer,
        /// Label name.
        name: String,
        /// Only series that match; several may be given.
        #[arg(long = "match", value_name = "SELECTOR")]
        matches: Vec<String>,
        #[command(flatten)]
        span: Span,
    },
}

/// Instants between which series are looked for; by default about a year around now.
#[derive(Args, Debug)]
pub struct Span {
    #[arg(long, allow_hyphen_values = true, help = instant!("Earliest instant"))]
    pub(crate) start: Option<String>,
    #[arg(long, allow_hyphen_values = true, help = instant!("Latest instant"))]
    pub(crate) end: Option<String>,
}

/// Output of `query`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people, as promtool prints it.
    Promql,
    /// The result as JSON.
    Json,
}

/// Which server, and how it is asked.
#[derive(Args, Debug)]
pub struct QueryServer {
    #[arg(help = "URL of the server [default: http://127.0.0.1:1788]")]
    pub(crate) server: Option<String>,
    /// How to print the answer.
    #[arg(short = 'o', long = "format", value_enum, default_value_t = OutputFormat::Promql)]
    pub(crate) format: OutputFormat,
    /// How to authenticate: a YAML file with the HTTP client keys of prometheus.yml.
    #[arg(long = "http.config.file", value_name = "FILE")]
    pub(crate) http_config_file: Option<PathBuf>,
}
