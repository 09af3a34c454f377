//! The flyball binary: reads the command line and hands over to one subcommand.
//! Exit codes: 0 good, 1 the thing asked about is not good, 2 the command line is not understood or
//! a test cannot be run, 3 lint found something.
#![expect(clippy::print_stderr, reason = "a command that cannot run says so on standard error")]

mod ask;
mod check;
mod cli;
mod console;
mod dispatch;
mod evaluate;
mod features;
mod inspect;
mod integrate;
mod load;
mod log;
mod outlets;
mod own;
mod process;
mod provider;
mod query_log;
mod reload;
mod serve;
mod settings;
mod sources;
mod storage;
mod supervise;
mod test;
mod version;

use clap::{CommandFactory, Parser};
use cli::{Cli, Command, ConfigCommand, Promtool, PromtoolCommand};
use console::{Console, Verdict};
use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    if cli::is_called_promtool() {
        return match Promtool::parse().command {
            PromtoolCommand::Check(command) => answer(|console| check::run(&command, console)),
            PromtoolCommand::Query(command) => answer(|console| ask::run(&command, console)),
            PromtoolCommand::Test(command) => answer(|console| test::run(&command, console)),
        };
    }
    let cli = cli::parse();
    match cli.command {
        None => serve::run(&cli.serve),
        Some(Command::Serve(args)) => serve::run(&args),
        Some(Command::Check(command)) => answer(|console| check::run(&command, console)),
        Some(Command::Test(command)) => answer(|console| test::run(&command, console)),
        Some(Command::Query(command)) => answer(|console| ask::run(&command, console)),
        Some(Command::Tsdb(command)) => answer(|console| inspect::run(&command, console)),
        Some(Command::Config(ConfigCommand::Schema)) => {
            let schema = config::json_schema();
            answer(|console| console.say(format_args!("{schema:#}")).map(|()| Verdict::Good))
        }
        Some(Command::Completion { shell }) => answer(|console| completion(shell, console)),
        Some(Command::Version { json }) => {
            let facts = if json { version::json() } else { version::line() };
            answer(|console| console.say(facts).map(|()| Verdict::Good))
        }
    }
}

/// Runs a subcommand on the standard streams. A reader that has seen enough (`| head`) is no
/// failure.
fn answer(run: impl FnOnce(&mut Console<'_>) -> io::Result<Verdict>) -> ExitCode {
    let mut console = Console::standard();
    let verdict = run(&mut console);
    match verdict.and_then(|verdict| console.flush().map(|()| verdict)) {
        Ok(verdict) => ExitCode::from(verdict.code()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            drop(console);
            complain(&format!("flyball: {}", console::io_words(&error)));
            ExitCode::FAILURE
        }
    }
}

/// Says why something does not work.
fn complain(message: &str) {
    eprintln!("{message}");
}

fn completion(shell: clap_complete::Shell, console: &mut Console<'_>) -> io::Result<Verdict> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "flyball", &mut script);
    console.answer().write_all(&script)?;
    Ok(Verdict::Good)
}
