//! Coverage-guided fuzzing of every parser and decoder; the ordinary suite replays the corpus.
//! What a run learns stays in `fuzz/learned`, so that the committed corpus holds only what somebody
//! chose: whole inputs, and minimised ones that once broke something (`found_*`).

use crate::Chore;
use crate::run::{answers, cargo, output, run, workspace_root};
use std::process::Command;

/// Seconds per target when none are given.
const SECONDS: u64 = 60;
/// Longest input, in bytes; `testkit::fuzz` makes mutants of the same length.
const INPUT_BYTES_MAX: &str = "-max_len=65536";
/// Seconds after which one input counts as hung.
const INPUT_SECONDS_MAX: &str = "-timeout=10";
/// Memory above which one input counts as a bomb, in MiB.
const MEMORY_MIB_MAX: &str = "-rss_limit_mb=2048";

fn nightly_fuzz(words: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(["+nightly", "fuzz"]).args(words);
    command
}

fn check_tools() -> Chore {
    if !answers("cargo", &["+nightly", "--version"]) {
        return Err("a nightly toolchain is missing: rustup toolchain install nightly".into());
    }
    if !answers("cargo", &["+nightly", "fuzz", "--version"]) {
        return Err("cargo-fuzz is missing: cargo install cargo-fuzz".into());
    }
    Ok(())
}

/// Fuzzes the targets one after another, also when one finds something.
fn run_targets(seconds: u64, only: Option<&str>) -> Chore {
    check_tools()?;
    let listed = output(&mut nightly_fuzz(&["list"]))?;
    let is_wanted = |target: &&str| only.is_none_or(|only| only == *target);
    let targets: Vec<&str> = listed.lines().filter(is_wanted).collect();
    if targets.is_empty() {
        let known = listed.lines().collect::<Vec<_>>().join(", ");
        return Err(format!("no fuzz target has this name, expected one of {known}"));
    }
    let mut failed = Vec::new();
    for target in targets {
        if let Err(message) = run_target(seconds, target) {
            eprintln!("xtask: {message}");
            failed.push(target);
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(format!(
        "fuzzing found something in {}: minimise the input in fuzz/artifacts with \
         `cargo +nightly fuzz tmin TARGET INPUT` and keep it as fuzz/corpus/TARGET/found_NAME",
        failed.join(", ")
    ))
}

fn run_target(seconds: u64, target: &str) -> Chore {
    let (learned, corpus) = (format!("fuzz/learned/{target}"), format!("fuzz/corpus/{target}"));
    std::fs::create_dir_all(workspace_root().join(&learned))
        .map_err(|error| format!("cannot create {learned}: {error}"))?;
    let time = format!("-max_total_time={seconds}");
    let libfuzzer = ["--", &time, INPUT_BYTES_MAX, INPUT_SECONDS_MAX, MEMORY_MIB_MAX];
    // New inputs go to the first folder, the second is only read.
    run(nightly_fuzz(&["run", target, &learned, &corpus]).args(libfuzzer))
}

/// Random PromQL: Flyball's engine beside the model and, where it is installed, Prometheus.
fn promql(queries: &str, seed: &str) -> Chore {
    let words = ["test", "--release", "--package", "conformance", "--test", "it", "engine"];
    let mut command = cargo(&words);
    command.args(["--", "--nocapture"]);
    run(command.env("FLYBALL_FUZZ_QUERIES", queries).env("FLYBALL_FUZZ_SEED", seed))
}

/// `fuzz [SECONDS] [TARGET]` or `fuzz promql [QUERIES] [SEED]`
pub(crate) fn start(words: &[&str]) -> Chore {
    let seconds = |text: &str| {
        text.parse().map_err(|error| format!("fuzz: {text:?} are no SECONDS: {error}"))
    };
    match words {
        [] => run_targets(SECONDS, None),
        ["promql"] => promql("100000", "1"),
        ["promql", queries] => promql(queries, "1"),
        ["promql", queries, seed] => promql(queries, seed),
        [time] => run_targets(seconds(time)?, None),
        [time, target] => run_targets(seconds(time)?, Some(target)),
        _ => Err("fuzz takes at most SECONDS and TARGET".into()),
    }
}
