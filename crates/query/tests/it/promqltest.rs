//! Upstream's promqltest scripts: every eval, each instant eval also as a range and under `@`.
//! A committed ratchet says how many evals of each file pass; it may only go up.

mod compare;
mod nhcb;
mod run;
mod script;

use run::Runner;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Evals that pass per file, one `name passed` a line.
const RATCHET: &str = include_str!("promqltest/ratchet.txt");

/// Set this variable to see why evals of a file fail: `FLYBALL_PROMQLTEST=functions`.
const SHOW: &str = "FLYBALL_PROMQLTEST";

struct Outcome {
    passed: usize,
    failures: Vec<String>,
}

fn run_file(path: &Path) -> Outcome {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let script = script::parse(&std::fs::read_to_string(path).unwrap());
    let mut runner = Runner::new(&name);
    let mut outcome = Outcome { passed: 0, failures: Vec::new() };
    for command in &script {
        match runner.run(command) {
            Ok(true) => outcome.passed += 1,
            Ok(false) => {}
            Err(why) => outcome.failures.push(format!("{name}:{}: {why}", command.line)),
        }
    }
    outcome
}

#[test]
fn scripts_pass_as_often_as_the_ratchet_says() {
    let Some(folder) = testkit::conformance_dir("promqltest", "promqltest") else { return };
    let mut expected: BTreeMap<&str, usize> = RATCHET
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, passed)| (name, passed.parse().unwrap()))
        .collect();
    let shown = std::env::var(SHOW).unwrap_or_default();
    let mut report = String::new();
    let mut found = String::new();
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "test"));
    paths.sort();
    let mut worse = Vec::new();
    let (mut passed, mut failed) = (0, 0);
    for path in &paths {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let outcome = run_file(path);
        writeln!(report, "{name}: {} passed, {} failed", outcome.passed, outcome.failures.len())
            .unwrap();
        if !shown.is_empty() && (shown == "all" || name.contains(&shown)) {
            outcome.failures.iter().for_each(|failure| writeln!(report, "  {failure}").unwrap());
        }
        writeln!(found, "{name} {}", outcome.passed).unwrap();
        passed += outcome.passed;
        failed += outcome.failures.len();
        if outcome.passed < expected.remove(name.as_str()).unwrap_or(0) {
            worse.push(name);
        }
    }
    println!("{report}promqltest: {passed} passed, {failed} failed");
    assert!(worse.is_empty(), "fewer evals pass than before in {worse:?}; found:\n{found}");
    assert!(expected.is_empty(), "the ratchet names files that are gone: {expected:?}");
}
