//! The flyball binary: reads the command line and hands over to one subcommand.
//! Exit codes: 0 good, 1 the thing asked about is not good, 2 the command line is not understood or
//! a test cannot be run, 3 lint found something.
#![expect(clippy::print_stderr, reason = "a command that cannot run says so on standard error")]

mod board_files;
mod check;
mod cli;
mod dispatch;
mod evaluate;
mod integrate;
mod kept_rules;
mod lines;
mod load;
mod log;
mod memory;
mod migrate;
mod outlets;
mod own;
mod packs;
mod page_files;
mod probes;
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
mod watched;
mod worker;

use clap::CommandFactory;
use cli::{AmtoolCommand, AmtoolConfig, Cli, Command, ConfigCommand, PromtoolCommand, TsdbCommand};
use commands::console::{self, Console, Verdict};
use commands::{amtool, ask, dashboard, import, inspect, probe};
use std::io;
use std::process::ExitCode;

/// Gives memory back after bursts and costs less than the C library's: docs/decisions/0018.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    if cli::is_called("amtool") {
        return under_amtools_name();
    }
    if cli::is_called("promtool") {
        return under_promtools_name();
    }
    let settings = match cli::takes_settings().then(amtool::settings).transpose() {
        Ok(settings) => settings.unwrap_or_default(),
        Err(error) => return unusable(&error),
    };
    let cli = cli::parse(&settings);
    match cli.command {
        None => serve::run(&cli.serve),
        Some(Command::Serve(args)) => serve::run(&args),
        Some(Command::Check(command)) => answer(|console| check::run(&command, console)),
        Some(Command::Test(command)) => answer(|console| test::run(&command, console)),
        Some(Command::Query(command)) => answer(|console| ask::run(&command, console)),
        Some(Command::Migrate(args)) => answer(|console| migrate::run(&args, console)),
        Some(Command::Probe(args)) => match args.worker() {
            Some(args) => worker::run(args),
            None => answer(|console| probe::run(&args, console)),
        },
        Some(Command::Dashboard(command)) => answer(|console| dashboard::run(&command, console)),
        Some(Command::Tsdb(TsdbCommand::Inspect(command))) => {
            answer(|console| inspect::run(&command, console))
        }
        Some(Command::Tsdb(TsdbCommand::Import(command))) => {
            answer(|console| import::run(&command, console))
        }
        Some(Command::Alert(args)) => answer(|console| amtool::alert(&args, console)),
        Some(Command::Silence(args)) => answer(|console| amtool::silence(&args, console)),
        Some(Command::CheckConfig(args)) => answer(|console| amtool::check_config(&args, console)),
        Some(Command::Cluster(args)) => answer(|console| amtool::cluster(&args, console)),
        Some(Command::Template(command)) => answer(|console| amtool::template(&command, console)),
        Some(Command::Config(ConfigCommand::Show(args))) => {
            answer(|console| amtool::config_show(&args, console))
        }
        Some(Command::Config(ConfigCommand::Routes(args))) => {
            answer(|console| amtool::config_routes(&args, console))
        }
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

/// The commands of promtool, called by a link of that name.
fn under_promtools_name() -> ExitCode {
    let command = match cli::parse_promtool() {
        Ok(promtool) => promtool.command,
        Err(code) => return code,
    };
    answer(|console| match &command {
        PromtoolCommand::Check(command) => check::run(command, console),
        PromtoolCommand::Query(command) => ask::run(command, console),
        PromtoolCommand::Test(command) => test::run(command, console),
    })
}

/// The commands of amtool, called by a link of that name.
fn under_amtools_name() -> ExitCode {
    let settings = match amtool::settings() {
        Ok(settings) => settings,
        Err(error) => return unusable(&error),
    };
    let command = match cli::parse_amtool(&settings) {
        Ok(amtool) => amtool.command,
        Err(code) => return code,
    };
    answer(|console| match &command {
        AmtoolCommand::Alert(args) => amtool::alert(args, console),
        AmtoolCommand::Silence(args) => amtool::silence(args, console),
        AmtoolCommand::CheckConfig(args) => amtool::check_config(args, console),
        AmtoolCommand::Cluster(args) => amtool::cluster(args, console),
        AmtoolCommand::Config(AmtoolConfig::Show(args)) => amtool::config_show(args, console),
        AmtoolCommand::Config(AmtoolConfig::Routes(args)) => amtool::config_routes(args, console),
        AmtoolCommand::Template(command) => amtool::template(command, console),
    })
}

/// amtool's file of settings cannot be used.
fn unusable(error: &str) -> ExitCode {
    complain(&format!("error: could not load config file: {error}"));
    ExitCode::FAILURE
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
