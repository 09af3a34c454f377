//! Coverage-guided fuzzing of every parser and decoder; the ordinary suite replays the corpus.

use crate::Chore;
use crate::run::{answers, output, run};
use std::process::Command;

fn run_targets(seconds: &str, only: Option<&str>) -> Chore {
    if !answers("cargo", &["fuzz", "--version"]) {
        return Err(
            "cargo-fuzz is missing: cargo install cargo-fuzz (needs a nightly toolchain)".into()
        );
    }
    let listed = output(Command::new("cargo").args(["+nightly", "fuzz", "list"]))?;
    for target in listed.lines().filter(|target| only.is_none_or(|only| only == *target)) {
        let limit = format!("-max_total_time={seconds}");
        run(Command::new("cargo").args([
            "+nightly",
            "fuzz",
            "run",
            target,
            "--",
            &limit,
            "-max_len=65536",
            "-timeout=10",
            "-rss_limit_mb=2048",
        ]))?;
    }
    Ok(())
}

/// `fuzz [SECONDS] [TARGET]`
pub(crate) fn start(words: &[&str]) -> Chore {
    match words {
        [] => run_targets("60", None),
        [seconds] => run_targets(seconds, None),
        [seconds, target] => run_targets(seconds, Some(target)),
        _ => Err("fuzz takes at most SECONDS and TARGET".into()),
    }
}
