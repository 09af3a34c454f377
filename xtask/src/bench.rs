//! Flyball beside Prometheus and VictoriaMetrics on the same payloads, in the same run.
//! The generators live outside the project (`FLYBALL_BENCH`, else `../shared/bench` beside the
//! checkout); figures are CPU seconds of the server process, interleaved rounds.

use crate::Chore;
use crate::run::{cargo, run, target_dir, workspace_root};
use std::path::{Path, PathBuf};
use std::process::Command;

const ROUNDS_DEFAULT: &str = "3";

/// `bench [ingest] [TARGETS HOURS]` or `bench scrape`
pub(crate) fn start(words: &[&str]) -> Chore {
    let folder = bench_dir()?;
    run(&mut cargo(&["build", "--release", "--package", "flyball"]))?;
    match words {
        [] | ["ingest"] => ingest(&folder, "20", "4", "1800"),
        ["ingest", targets, hours] => ingest(&folder, targets, hours, "1800"),
        ["scrape"] => scrape(&folder),
        _ => Err("bench takes `ingest [TARGETS HOURS]` or `scrape`".into()),
    }
}

fn bench_dir() -> Result<PathBuf, String> {
    let beside = || workspace_root().join("../shared/bench/metrics");
    let folder = std::env::var_os("FLYBALL_BENCH").map_or_else(beside, PathBuf::from);
    if folder.join("run_baselines.sh").is_file() {
        Ok(folder)
    } else {
        Err(format!("no benchmark generators in {}; set FLYBALL_BENCH", folder.display()))
    }
}

/// Remote write, queries, disk, memory, kill -9 and restart: a round of every server after another.
fn ingest(folder: &Path, targets: &str, hours: &str, churn: &str) -> Chore {
    let rounds = std::env::var("FLYBALL_BENCH_ROUNDS").unwrap_or_else(|_| ROUNDS_DEFAULT.into());
    let rounds: u32 = rounds.parse().map_err(|e| format!("FLYBALL_BENCH_ROUNDS={rounds}: {e}"))?;
    for round in 1..=rounds {
        println!("round {round} of {rounds}: {targets} targets x {hours} h");
        let work = target_dir().join(format!("bench/round-{round}"));
        let mut script = Command::new("bash");
        script
            .arg(folder.join("run_baselines.sh"))
            .args([targets, hours, churn])
            .arg(&work)
            .args(["prom", "vm", "flyball"])
            .env("GEN_MULTINOMIAL", "1")
            .env("FLYBALL_BIN", target_dir().join("release/flyball"));
        run(&mut script)?;
    }
    print_medians(rounds, targets)
}

/// Medians of the recorded rounds, one line per server.
fn print_medians(rounds: u32, targets: &str) -> Chore {
    println!("\nmedians of {rounds} rounds, {targets} targets");
    println!(
        "{:10} {:>22} {:>12} {:>14}",
        "server", "samples/CPU-s settled", "RSS MiB", "query CPU ms"
    );
    for server in ["prom", "vm", "flyball"] {
        let mut columns: [Vec<f64>; 3] = Default::default();
        for round in 1..=rounds {
            let base = target_dir().join(format!("bench/round-{round}/{server}-{targets}"));
            let ingest = read_json(&base.with_extension("ingest.json"))?;
            let query = read_json(&base.with_extension("query.json"))?;
            columns[0].push(number(&ingest, "/samples_per_cpu_s_settled")?);
            columns[1].push(number(&ingest, "/settled/VmRSS_MiB")?);
            columns[2].push(number(&query, "/total_cpu_ms")?);
        }
        let [rate, rss, cpu] = columns.map(median);
        println!("{server:10} {rate:>22.0} {rss:>12.1} {cpu:>14.1}");
    }
    println!("disk and restart figures are printed by each round above");
    Ok(())
}

fn read_json(path: &Path) -> Result<serde_json::Value, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
}

fn number(value: &serde_json::Value, pointer: &str) -> Result<f64, String> {
    let found = value.pointer(pointer).and_then(serde_json::Value::as_f64);
    found.ok_or_else(|| format!("the benchmark result has no number at {pointer}"))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The scrape path: Prometheus and Flyball scrape the same served pages, 30 s each.
fn scrape(folder: &Path) -> Chore {
    let script = workspace_root().join("xtask/scrape-bench.sh");
    run(Command::new("bash")
        .arg(script)
        .arg(folder)
        .arg(target_dir().join("bench/scrape"))
        .env("FLYBALL_BIN", target_dir().join("release/flyball")))
}
