//! The flyball binary: reads the command line and hands over to one subcommand.
//! Exit codes: 0 good, 1 the thing asked about is not good, 2 the command line is not understood.
#![expect(clippy::print_stdout, reason = "subcommands answer on standard output")]

mod cli;
mod dispatch;
mod evaluate;
mod load;
mod log;
mod own;
mod process;
mod provider;
mod supervise;
mod version;

use clap::{CommandFactory, Parser};
use cli::{Cli, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command {
        None => serve(&cli.serve),
        Some(Command::Serve(args)) => serve(&args),
        Some(Command::Completion { shell }) => completion(shell),
        Some(Command::Version { json }) => {
            println!("{}", if json { version::json() } else { version::line() });
            ExitCode::SUCCESS
        }
        Some(_) => ExitCode::FAILURE,
    }
}

fn serve(args: &cli::ServeArgs) -> ExitCode {
    log::start(args.log_level, args.log_format);
    ExitCode::SUCCESS
}

fn completion(shell: clap_complete::Shell) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "flyball", &mut script);
    print!("{}", String::from_utf8_lossy(&script));
    ExitCode::SUCCESS
}
