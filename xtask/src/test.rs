//! The whole suite: tidy, formatting, lints, tests; with nextest when it is there, without it else.
//! Suites that cannot run here write a line into a file, which is printed at the end.

use crate::run::{answers, cargo, run, workspace_root};
use crate::{Chore, tidy, web};
use std::fs;
use std::process::Command;

/// What a skipped suite means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// Print it.
    Lenient,
    /// Fail.
    Strict,
}

pub(crate) fn start(strictness: Strictness) -> Chore {
    tidy::run()?;
    run_cargo(&["fmt", "--all", "--check"])?;
    run_cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    run_cargo(&["build", "--package", "flyball"])?;
    let log = workspace_root().join("target/skipped.log");
    fs::create_dir_all(workspace_root().join("target")).map_err(|e| format!("target/: {e}"))?;
    if log.exists() {
        fs::remove_file(&log).map_err(|e| format!("{}: {e}", log.display()))?;
    }
    let mut suites = suites();
    suites.env("FLYBALL_SKIP_LOG", &log);
    if strictness == Strictness::Strict {
        suites.env("FLYBALL_STRICT", "1");
    }
    let tested = run(&mut suites);
    let paged = web::test(&log, strictness == Strictness::Strict);
    let mut doc = cargo(&["test", "--workspace", "--doc", "--quiet"]);
    let documented = run(&mut doc);
    if let Ok(skipped) = fs::read_to_string(&log) {
        print!("{skipped}");
    }
    tested.and(paged).and(documented)
}

fn run_cargo(words: &[&str]) -> Chore {
    run(&mut cargo(words))
}

fn suites() -> Command {
    if answers("cargo", &["nextest", "--version"]) {
        cargo(&["nextest", "run", "--workspace", "--no-fail-fast"])
    } else {
        cargo(&["test", "--workspace", "--all-targets", "--no-fail-fast"])
    }
}

/// The crash simulation of the storage with many seeds, apart from the ordinary suite.
pub(crate) fn simulate(seeds: Option<&str>) -> Chore {
    let seeds = seeds.unwrap_or("20000");
    for package in ["journal", "tsdb"] {
        let mut command = cargo(&["test", "--release", "-p", package, "--test", "it", "sim"]);
        run(command.env("FLYBALL_SIM_SEEDS", seeds))?;
    }
    Ok(())
}
