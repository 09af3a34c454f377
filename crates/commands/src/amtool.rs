//! amtool's commands: alerts, silences and the configuration of any server that speaks
//! Alertmanager's API v2, and checks of its files. What is printed and the exit codes are amtool's.
//! Semantics: Alertmanager 0.34 `cli`; its config files and flags in `cli` of this crate.

mod alert;
mod check;
mod import;
mod labels;
mod letters;
mod peer;
mod print;
mod routes;
mod settings;
mod silence;
mod status;
mod table;
mod template;
mod why;
mod wire;

use crate::ask::Instant;
use crate::cli::{
    AlertArgs, AlertCommand, CheckFiles, ClusterArgs, ClusterCommand, PeerArgs, RoutesArgs,
    RoutesCommand, SilenceArgs, SilenceCommand, TemplateCommand,
};
use crate::console::{Console, Verdict};
pub use settings::read as settings;
use std::io;

/// Why a command was not carried out.
#[derive(Debug)]
enum Failure {
    /// A sentence for the person who asked.
    Refused(String),
    /// What was to be printed cannot be written.
    Console(io::Error),
}

impl From<String> for Failure {
    fn from(sentence: String) -> Self {
        Self::Refused(sentence)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Console(error)
    }
}

/// How a command ended.
type Outcome = Result<Verdict, Failure>;

/// `alert`
pub fn alert(args: &AlertArgs, console: &mut Console<'_>) -> io::Result<Verdict> {
    let done = match &args.command {
        AlertCommand::Query(query) => alert::query(&args.peer, query, console),
        AlertCommand::Add(add) => alert::add(&args.peer, add),
        AlertCommand::Why(why) => why::run(&args.peer, why, console),
        AlertCommand::DeadLetters(wanted) => letters::run(&args.peer, wanted, console),
    };
    told(done, console)
}

/// `silence`
pub fn silence(args: &SilenceArgs, console: &mut Console<'_>) -> io::Result<Verdict> {
    let peer = &args.peer;
    let done = match &args.command {
        SilenceCommand::Query(query) => silence::query(peer, query, console),
        SilenceCommand::Add(add) => silence::add(peer, add, console),
        SilenceCommand::Update(update) => silence::update(peer, update, console),
        SilenceCommand::Expire { ids } => silence::expire(peer, ids),
        SilenceCommand::Import(import) => import::run(peer, import, console),
    };
    told(done, console)
}

/// `cluster`
pub fn cluster(args: &ClusterArgs, console: &mut Console<'_>) -> io::Result<Verdict> {
    let ClusterCommand::Show = args.command;
    told(status::cluster(&args.peer, console), console)
}

/// `config show`
pub fn config_show(args: &PeerArgs, console: &mut Console<'_>) -> io::Result<Verdict> {
    told(status::config(args, console), console)
}

/// `config routes`
pub fn config_routes(args: &RoutesArgs, console: &mut Console<'_>) -> io::Result<Verdict> {
    let done = match &args.command {
        RoutesCommand::Show => routes::show(args, console),
        RoutesCommand::Test(test) => routes::test(args, test, console),
    };
    told(done, console)
}

/// `check-config`
pub fn check_config(args: &CheckFiles, console: &mut Console<'_>) -> io::Result<Verdict> {
    told(check::run(&args.files, args.matchers.mode, console), console)
}

/// `template`
pub fn template(command: &TemplateCommand, console: &mut Console<'_>) -> io::Result<Verdict> {
    let TemplateCommand::Render(render) = command;
    told(template::render(render, console), console)
}

fn told(done: Outcome, console: &mut Console<'_>) -> io::Result<Verdict> {
    match done {
        Ok(verdict) => Ok(verdict),
        Err(Failure::Console(error)) => Err(error),
        Err(Failure::Refused(sentence)) => {
            console.complain(format_args!("error: {sentence}"))?;
            Ok(Verdict::Bad)
        }
    }
}

/// A file as text, or why there is none.
fn read_file(path: &std::path::Path) -> Result<String, String> {
    crate::files::read_text(path).map_err(|error| error.to_string())
}

/// An instant of the command line: RFC 3339, Unix seconds, `now` or a time before now.
fn time(text: &str) -> Result<wire::Time, String> {
    let instant = Instant::parse(text, Instant::now())?;
    let time = jiff::Timestamp::from_millisecond(instant.ms());
    time.map(wire::Time::utc).map_err(|error| format!("{text}: {error}"))
}

fn now() -> jiff::Timestamp {
    let now = jiff::Timestamp::from_millisecond(Instant::now().ms());
    now.unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}
