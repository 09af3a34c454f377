//! Arguments of `flyball dashboard`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Examples of `dashboard --help`.
pub const DASHBOARD_EXAMPLES: &str = "\
Exit codes: 0 good, 1 something is wrong, or different.

Examples:
  flyball dashboard import node-exporter-full.json
  flyball dashboard lint dashboards/*.json
  flyball dashboard diff before.json after.json
  flyball dashboard export flyball-host > host.json";

const IMPORT_EXAMPLES: &str = "\
Reads any dashboard of Grafana (classic, gallery export, V1 and V2 resources, answers of its API),
says what was changed, dropped or cannot be shown, and keeps it on a server.
Exit codes: 0 kept, 1 a file is no dashboard or the server refuses it.

Examples:
  flyball dashboard import node-exporter-full.json
  flyball dashboard import --dry-run *.json        only say what would become of them
  curl -s http://grafana:3000/api/dashboards/uid/x | flyball dashboard import -
  flyball dashboard import --server=http://flyball:1788 --folder='Team A' load.json";

const LINT_EXAMPLES: &str = "\
Expressions must parse, with values in the place of variables and macros, and name only variables
that are there; panels must not cover each other; units must be known.
Exit codes: 0 good or warnings only, 1 errors (with --strict: or warnings).

Examples:
  flyball dashboard lint dashboards/*.json
  curl -s http://app:8080/metrics > metrics.txt
  flyball dashboard lint --metrics=metrics.txt app.json";

const DIFF_EXAMPLES: &str = "\
Panels are compared by number and title, everything else by its place; both files are brought to one
form first, so that versions of the schema make no difference.
Exit codes: 0 the same, 1 different.

Examples:
  flyball dashboard diff before.json after.json
  flyball dashboard export load | flyball dashboard diff load.json -";

const EXPORT_EXAMPLES: &str = "\
Exit codes: 0 printed, 1 there is no such dashboard or no server.

Examples:
  flyball dashboard export flyball-host > host.json
  flyball dashboard export --server=http://flyball:1788 load > load.json";

/// `dashboard`
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "what a flag means its help says")]
pub enum DashboardCommand {
    /// Keep dashboards of Grafana on a server.
    #[command(after_help = IMPORT_EXAMPLES)]
    Import(DashboardImport),
    /// Find what is wrong with dashboards.
    #[command(after_help = LINT_EXAMPLES)]
    Lint(DashboardLint),
    /// Compare two dashboards.
    #[command(after_help = DIFF_EXAMPLES)]
    Diff {
        /// The former one; `-`: standard input.
        old: PathBuf,
        /// The present one; `-`: standard input.
        new: PathBuf,
    },
    /// Print a dashboard of a server as a file that Grafana imports.
    #[command(after_help = EXPORT_EXAMPLES)]
    Export {
        /// Identity of the dashboard.
        uid: String,
        #[command(flatten)]
        server: DashboardServer,
    },
}

/// Where dashboards are kept.
#[derive(Args, Debug)]
pub struct DashboardServer {
    /// URL of the server.
    #[arg(long = "server", value_name = "URL", default_value = "http://127.0.0.1:1788")]
    pub(crate) url: String,
    /// How to authenticate: a YAML file with the HTTP client keys of prometheus.yml.
    #[arg(long = "http.config.file", value_name = "FILE")]
    pub(crate) http_config_file: Option<PathBuf>,
}

/// `dashboard import`
#[derive(Args, Debug)]
pub struct DashboardImport {
    /// Files of dashboards; `-`: standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Title of the folder that they are kept in; it is made when there is none.
    #[arg(long, value_name = "TITLE")]
    pub(crate) folder: Option<String>,
    /// Replace dashboards that have the same identity.
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Keep nothing and ask no server; only say what would be kept.
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) server: DashboardServer,
}

/// `dashboard lint`
#[derive(Args, Debug)]
pub struct DashboardLint {
    /// Files of dashboards; `-`: standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// File of exposed metrics; metrics that are not in it are told.
    #[arg(long, value_name = "FILE")]
    pub(crate) metrics: Option<PathBuf>,
    /// Warnings are errors.
    #[arg(long)]
    pub(crate) strict: bool,
}
