//! Project chores, run as `cargo xtask NAME`. Knows the workspace from `cargo metadata`.
//! Installs nothing except in `setup`; every chore ends with a non-zero code when it fails.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a tool that talks to a terminal")]

mod bench;
mod fuzz;
mod run;
mod setup;
mod test;
mod tidy;
mod web;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <chore>

  setup                 install Debian packages and npm modules that the suites need (root)
  test [--strict]       tidy, fmt, clippy, then every suite; --strict: SKIPPED is a failure
  screenshots [DIR]     every page, light and dark, wide and narrow, with data and without
  tidy                  layers, sizes, heads, names, invariants, licences
  sim [SEEDS]           the storage simulation with many seeds (default 20000)
  fuzz [SECONDS] [TARGET]  each fuzz target for SECONDS (default 60); needs a nightly toolchain
                        (rustup toolchain install nightly) and cargo install cargo-fuzz
  fuzz promql [QUERIES] [SEED]  random queries (default 100000): engine, model, Prometheus
  bench [ROW] [NUMBERS] Flyball beside Prometheus and VictoriaMetrics; rows: bench --help";

/// What a chore returns: an error is one sentence.
type Chore = Result<(), String>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match chore(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

fn chore(words: &[&str]) -> Chore {
    match words {
        ["setup"] => setup::start(),
        ["test"] => test::start(test::Strictness::Lenient),
        ["test", "--strict"] => test::start(test::Strictness::Strict),
        ["screenshots", rest @ ..] => web::screenshots(rest.first().copied()),
        ["tidy"] => tidy::run(),
        ["sim", rest @ ..] => test::simulate(rest.first().copied()),
        ["fuzz", rest @ ..] => fuzz::start(rest),
        ["bench", rest @ ..] => bench::start(rest),
        [] | ["--help" | "-h" | "help"] => {
            println!("{USAGE}");
            Ok(())
        }
        [other, ..] => Err(format!("unknown chore or arguments at `{other}`\n{USAGE}")),
    }
}
