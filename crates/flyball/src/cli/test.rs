//! Arguments of `flyball test`.

use super::FeatureArgs;
use super::check::UnknownKeyArgs;
use clap::{Args, Subcommand};
use std::path::PathBuf;

const PROMQL_EXAMPLES: &str = "\
A script loads series and says what queries answer. An instant eval must also pass as a range query
around its instant and with @ on its selectors at other instants, as upstream's runner has it.
Without --enable-feature everything is on that upstream's runner switches on.
Exit codes: 0 all passed, 1 some failed, 2 a file cannot be read or is no script.

Examples:
  flyball test promql rates.test
  flyball test promql promqltest/testdata/*.test
  printf 'load 1m\\n  up 1 1 0\\n\\neval instant at 2m up\\n  up 0\\n' > up.test
  flyball test promql --enable-feature=promql-experimental-functions up.test";

const RULES_EXAMPLES: &str = "\
Files and output are those of promtool test rules: series, alerts that fire and answers of queries
at instants after the start, with rule files beside them.
Exit codes: 0 all passed, 1 some failed or a file cannot be read.

Examples:
  flyball test rules tests.yml
  flyball test rules --run='disk|memory' tests/*.yml
  flyball test rules --junit=results.xml --diff tests/*.yml";

/// `test` with what stands before its subcommand.
#[derive(Args, Debug)]
pub(crate) struct TestArgs {
    /// File for the results as `JUnit` XML, as promtool takes it; with `rules` only.
    #[arg(long, value_name = "FILE", hide = true)]
    pub(crate) junit: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: TestCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TestCommand {
    /// Run unit tests of rules.
    #[command(after_help = RULES_EXAMPLES)]
    Rules(TestRules),
    /// Run scripts in the syntax of Prometheus' promqltest.
    #[command(after_help = PROMQL_EXAMPLES)]
    Promql(TestPromql),
}

#[derive(Args, Debug)]
pub(crate) struct TestPromql {
    /// Scripts to run, each on an empty database.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) features: FeatureArgs,
}

#[derive(Args, Debug)]
pub(crate) struct TestRules {
    /// Files of tests.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Run only tests whose name has a match of this expression; may be given several times.
    #[arg(long, value_name = "REGEX")]
    pub(crate) run: Vec<String>,
    /// Mark what differs between expected and found alerts, in one text.
    #[arg(long)]
    pub(crate) diff: bool,
    /// Show when tests begin and end, and all samples behind each.
    #[arg(long)]
    pub(crate) debug: bool,
    /// File for the results as `JUnit` XML.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) unknown_keys: UnknownKeyArgs,
    #[command(flatten)]
    pub(crate) features: FeatureArgs,
}
