//! Arguments of `flyball check`, under promtool's names.

use super::FeatureArgs;
use clap::{Args, Subcommand};
use config::UnknownKeys;
use std::path::PathBuf;
use std::str::FromStr;

const CONFIG_EXAMPLES: &str = "\
Checks everything that a start or a reload would read: rule files, files with targets and scrape
configurations, alertmanager.yml, web-config.yml, and that files of secrets and certificates exist.
Exit codes: 0 good, 1 mistakes found, 3 lint with --lint-fatal.

Examples:
  flyball check config flyball.yml alertmanager.yml
  flyball check config --lint=all --lint-fatal prometheus.yml
  flyball check config --syntax-only prometheus.yml    on a machine without the other files";

const RULES_EXAMPLES: &str = "\
Exit codes: 0 good, 1 mistakes found, 3 lint with --lint-fatal.

Examples:
  flyball check rules rules.yml
  flyball check rules 'rules/*.yml'
  flyball check rules < rules.yml";

const WEB_CONFIG_EXAMPLES: &str = "\
Exit codes: 0 good, 1 mistakes found.

Example:
  flyball check web-config web.yml";

const METRICS_EXAMPLES: &str = "\
Reads the text format 0.0.4 from standard input.
Exit codes: 0 good, 1 not readable, 3 against the conventions.

Examples:
  curl -s http://127.0.0.1:1788/metrics | flyball check metrics
  flyball check metrics --extended < metrics.prom";

#[derive(Debug, Subcommand)]
pub(crate) enum CheckCommand {
    /// Check flyball.yml, prometheus.yml or alertmanager.yml with all files they name.
    #[command(after_help = CONFIG_EXAMPLES, alias = "alertmanager")]
    Config(CheckConfig),
    /// Check rule files.
    #[command(after_help = RULES_EXAMPLES)]
    Rules(CheckRules),
    /// Check a web configuration (TLS and basic auth).
    #[command(name = "web-config", after_help = WEB_CONFIG_EXAMPLES)]
    WebConfig(FileList),
    /// Check exposed metrics against the naming conventions.
    #[command(after_help = METRICS_EXAMPLES)]
    Metrics {
        /// Print how many series each metric has.
        #[arg(long)]
        extended: bool,
    },
}

#[derive(Args, Debug)]
pub(crate) struct CheckConfig {
    /// Files to check.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Check the file alone, not the files it names.
    #[arg(long)]
    pub(crate) syntax_only: bool,
    #[command(flatten)]
    pub(crate) lint: LintArgs,
    #[command(flatten)]
    pub(crate) features: FeatureArgs,
    /// Accepted for compatibility: there is one mode.
    #[arg(long, hide = true)]
    pub(crate) agent: bool,
}

#[derive(Args, Debug)]
pub(crate) struct CheckRules {
    /// Files or patterns to check; standard input when there are none.
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) unknown_keys: UnknownKeyArgs,
    #[command(flatten)]
    pub(crate) lint: LintArgs,
    #[command(flatten)]
    pub(crate) features: FeatureArgs,
}

#[derive(Args, Debug)]
pub(crate) struct UnknownKeyArgs {
    /// Accept keys in rule files that nobody here knows.
    #[arg(long)]
    ignore_unknown_fields: bool,
}

impl UnknownKeyArgs {
    pub(crate) fn treatment(&self) -> UnknownKeys {
        if self.ignore_unknown_fields { UnknownKeys::Ignored } else { UnknownKeys::Refused }
    }
}

#[derive(Args, Debug)]
pub(crate) struct FileList {
    /// Files to check.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct LintArgs {
    /// What to look for besides mistakes: all, duplicate-rules, too-long-scrape-interval, none.
    #[arg(long, value_name = "LIST", default_value = "duplicate-rules")]
    pub(crate) lint: Lint,
    /// Exit with 3 when lint finds something.
    #[arg(long)]
    pub(crate) lint_fatal: bool,
    /// Longest scrape interval that lint accepts.
    #[arg(long, value_name = "DURATION", default_value = "5m", hide_short_help = true)]
    pub(crate) lookback_delta: String,
}

/// What lint looks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lint {
    pub(crate) duplicate_rules: bool,
    pub(crate) long_intervals: bool,
}

impl FromStr for Lint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut lint = Self::default();
        for word in text.split(',').map(str::trim) {
            match word {
                "all" => lint = Self { duplicate_rules: true, long_intervals: true },
                "duplicate-rules" => lint.duplicate_rules = true,
                "too-long-scrape-interval" => lint.long_intervals = true,
                "none" if text.trim() == "none" => {}
                "none" => return Err("`none` stands alone".to_owned()),
                _ => {
                    return Err(format!(
                        "found `{word}`, expected all, duplicate-rules, too-long-scrape-interval \
                         or none"
                    ));
                }
            }
        }
        Ok(lint)
    }
}
