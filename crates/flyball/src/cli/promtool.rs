//! The command line when the binary is called under the name `promtool`: scripts that check and
//! ask keep working with a symbolic link. What else promtool does is refused with what to use.

use super::{CheckCommand, QueryCommand, TestArgs};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

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

/// Commands of promtool that are not here, and what does the same.
const ABSENT: [(&str, &str); 11] = [
    ("check service-discovery", "the page Targets of a running server shows what was found"),
    ("check healthy", "ask the server for `/-/healthy`"),
    ("check ready", "ask the server for `/-/ready`"),
    ("query analyze", "use `flyball query explain`"),
    ("debug", "ask the server for `/metrics`"),
    ("push", "post to `/metrics/job/JOB`, as to a Pushgateway"),
    ("promql", "use `flyball query explain`, or `/api/v1/format_query` of a server"),
    ("tsdb create-blocks-from", "use `flyball tsdb import openmetrics`"),
    ("tsdb dump", "use `flyball tsdb import prometheus`, then `flyball tsdb dump`"),
    ("tsdb list", "use `flyball tsdb import prometheus`, then `flyball tsdb inspect`"),
    ("tsdb", "use `flyball tsdb`, which works on data directories of flyball"),
];

/// Reads the command line of this process. Like promtool's, the exit code of one that is not
/// understood is 1, and of none at all 0.
pub(crate) fn parse_promtool() -> Result<Promtool, ExitCode> {
    let words: Vec<OsString> = std::env::args_os().collect();
    let says_nothing = words.len() == 1;
    read(words).map_err(|error| {
        let is_wrong = error.use_stderr() && !says_nothing;
        let code = if is_wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        // Nobody is left to be told when the streams are closed.
        error.print().map_or(ExitCode::FAILURE, |()| code)
    })
}

pub(super) fn read(words: Vec<OsString>) -> Result<Promtool, clap::Error> {
    let (words, features) = features_apart(words);
    let parse = |words: &[OsString]| {
        let matches = Promtool::command().try_get_matches_from(words);
        matches.and_then(|matches| Promtool::from_arg_matches(&matches))
    };
    // Commands that evaluate nothing have no features.
    let with = [&words[..], &features].concat();
    let parsed = match parse(&with) {
        Err(error) if error.kind() == ErrorKind::UnknownArgument => parse(&words),
        parsed => parsed,
    };
    parsed.map_err(|mut error| {
        let is_unknown = error.kind() == ErrorKind::InvalidSubcommand;
        if let Some(tip) = is_unknown.then(|| instead(&words)).flatten() {
            let tips = ContextValue::StyledStrs(vec![tip.into()]);
            error.insert(ContextKind::Suggested, tips);
        }
        error
    })
}

/// promtool takes features before its commands, here they stand behind them.
fn features_apart(words: Vec<OsString>) -> (Vec<OsString>, Vec<OsString>) {
    let is_feature = |word: &OsString| word.to_string_lossy().starts_with("--enable-feature");
    let (mut rest, mut features) = (Vec::new(), Vec::new());
    let mut words = words.into_iter().peekable();
    rest.extend(words.next());
    while let Some(word) = words.next_if(is_feature) {
        let needs_value = word == "--enable-feature";
        features.push(word);
        features.extend(words.next_if(|_| needs_value));
    }
    rest.extend(words);
    (rest, features)
}

fn instead(words: &[OsString]) -> Option<String> {
    let named: Vec<&str> = words.iter().skip(1).filter_map(|word| word.to_str()).collect();
    let stands_for = |command: &str| {
        command.split(' ').zip(named.iter().copied().chain([""; 2])).all(|(a, b)| a == b)
    };
    let (command, instead) = ABSENT.iter().find(|(command, _)| stands_for(command))?;
    Some(format!("`promtool {command}` is not a part of flyball: {instead}"))
}
