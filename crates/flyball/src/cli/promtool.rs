//! The command line when the binary is called under the name `promtool`: scripts that check and
//! ask keep working with a symbolic link. What else promtool does is refused by its name.

use super::{CheckCommand, QueryCommand, TestArgs};
use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "promtool", version, max_term_width = 100)]
#[command(about = "Checks files and asks servers; this is flyball under promtool's name.")]
pub(crate) struct Promtool {
    #[command(subcommand)]
    pub(crate) command: PromtoolCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PromtoolCommand {
    /// Check files.
    #[command(subcommand)]
    Check(CheckCommand),
    /// Ask a server.
    #[command(subcommand)]
    Query(QueryCommand),
    /// Run unit tests.
    Test(TestArgs),
}
