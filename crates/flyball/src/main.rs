//! The flyball binary: reads the command line and hands over to one subcommand.
//! Exit codes: 0 good, 1 the thing asked about is not good, 2 the command line is not understood.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "subcommands answer on standard output and complain on standard error"
)]

mod cli;
mod dispatch;
mod evaluate;
mod integrate;
mod load;
mod log;
mod own;
mod process;
mod provider;
mod reload;
mod serve;
mod settings;
mod sources;
mod storage;
mod supervise;
mod version;

use clap::{CommandFactory, Parser};
use cli::{Cli, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command {
        None => serve::run(&cli.serve),
        Some(Command::Serve(args)) => serve::run(&args),
        Some(Command::Completion { shell }) => completion(shell),
        Some(Command::Version { json }) => {
            println!("{}", if json { version::json() } else { version::line() });
            ExitCode::SUCCESS
        }
        Some(_) => ExitCode::FAILURE,
    }
}

/// Says why something does not work.
fn complain(message: &str) {
    eprintln!("{message}");
}

fn completion(shell: clap_complete::Shell) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "flyball", &mut script);
    print!("{}", String::from_utf8_lossy(&script));
    ExitCode::SUCCESS
}
