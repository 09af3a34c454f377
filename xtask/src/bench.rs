//! Flyball beside Prometheus and VictoriaMetrics on the same payloads, in the same run.
//! The generators live outside the project (`FLYBALL_BENCH`, else `../shared/bench` beside the
//! checkout); figures are CPU seconds of the server process, interleaved rounds.

use crate::Chore;
use crate::run::{cargo, run, target_dir, workspace_root};
use crate::web;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names of the servers in the script.
const SERVERS: [&str; 3] = ["prom", "vm", "flyball"];
const ROUNDS_DEFAULT: &str = "3";

const USAGE: &str = "\
usage: cargo xtask bench [ROW] [NUMBERS]; builds a release and prints ratios and bounds

  ingest [TARGETS HOURS]     remote write, queries, disk, memory, restart (20 4); the default
  scrape [TARGETS SECONDS]   pages of 504 series each second (200 120)
  memory [TARGETS ROWS]      anonymous memory of very many series
  names [METRICS ROWS]       very many metrics of one series each
  hourly [TARGETS ROWS]      a sample an hour
  restart [TARGETS ROWS]     kill -9, until every acknowledged sample is found again
  sender [TARGETS SECONDS]   remote write by Prometheus, four shards
  exporters [SECONDS STEP]   disk on the data of real exporters (3600 5)
  push [SERIES ROWS]         every way to push
  rules, alerts, probes, ui  rule groups, Alertmanager's work, probes, the page

FLYBALL_BENCH_ROUNDS: rounds, medians of which are told (3). FLYBALL_BENCH: folder of generators.";

/// Every row of the usage but `ui`, which needs no release.
const ROWS: [&str; 12] = [
    "ingest",
    "scrape",
    "memory",
    "names",
    "hourly",
    "restart",
    "sender",
    "exporters",
    "push",
    "rules",
    "alerts",
    "probes",
];

/// Rows of the engine's table that have a script of their own, see `xtask/engine-bench.py`.
const ENGINE_ROWS: [&str; 6] = ["memory", "names", "hourly", "restart", "sender", "exporters"];

/// `bench [ingest] [TARGETS HOURS]`, `bench scrape [TARGETS SECONDS]`, `bench rules`,
/// `bench alerts`, `bench push [SERIES ROWS]`, `bench probes`, `bench ui` or a row of the engine
/// with its two numbers
pub(crate) fn start(words: &[&str]) -> Chore {
    if words == ["ui"] {
        return web::bench();
    }
    if matches!(words, ["--help" | "-h" | "help"]) {
        println!("{USAGE}");
        return Ok(());
    }
    // Told before minutes of building.
    match words {
        [row, ..] if !ROWS.contains(row) => return Err(format!("unknown row `{row}`\n{USAGE}")),
        [row, numbers @ ..] if numbers.iter().any(|number| number.parse::<f64>().is_err()) => {
            return Err(format!("what stands behind `{row}` are numbers\n{USAGE}"));
        }
        ["ingest" | "scrape", _] => {
            return Err(format!("`{}` takes two numbers or none\n{USAGE}", words[0]));
        }
        _ => {}
    }
    run(&mut cargo(&["build", "--release", "--package", "flyball"]))?;
    if words == ["rules"] {
        return rules();
    }
    if words == ["alerts"] {
        return alerts();
    }
    if let ["push", numbers @ ..] = words {
        return push(numbers);
    }
    if words == ["probes"] {
        return probes();
    }
    let folder = bench_dir()?;
    match words {
        [] | ["ingest"] => ingest(&folder, "20", "4"),
        ["ingest", targets, hours] => ingest(&folder, targets, hours),
        ["scrape"] => scrape(&folder, "200", "120"),
        ["scrape", targets, seconds] => scrape(&folder, targets, seconds),
        [row, numbers @ ..] if ENGINE_ROWS.contains(row) && numbers.len() <= 2 => {
            engine(&folder, row, numbers)
        }
        _ => Err(format!("wrong numbers behind `{}`\n{USAGE}", words[0])),
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

/// Samples per CPU second of each way to push.
fn push(numbers: &[&str]) -> Chore {
    run(Command::new("/usr/bin/python3")
        .arg(workspace_root().join("xtask/push-bench.py"))
        .arg(target_dir().join("bench/push"))
        .args(numbers)
        .env("FLYBALL_BIN", target_dir().join("release/flyball")))
}

/// One row of the engine's table beside VictoriaMetrics.
fn engine(folder: &Path, row: &str, numbers: &[&str]) -> Chore {
    run(Command::new("/usr/bin/python3")
        .arg(workspace_root().join("xtask/engine-bench.py"))
        .arg(folder)
        .arg(target_dir().join("bench").join(row))
        .arg(row)
        .args(numbers)
        .env("FLYBALL_BIN", target_dir().join("release/flyball")))
}

/// Remote write, queries, disk, memory, kill -9 and restart: a round of every server after another.
fn ingest(folder: &Path, targets: &str, hours: &str) -> Chore {
    // Pods change every half hour; in less than an hour every ten minutes.
    let is_short = hours.parse::<f64>().is_ok_and(|hours| hours < 1.0);
    let churn = if is_short { "600" } else { "1800" };
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
            .args(SERVERS)
            .env("GEN_MULTINOMIAL", "1")
            .env("FLYBALL_BIN", target_dir().join("release/flyball"));
        run(&mut script)?;
    }
    print_medians(rounds, targets)
}

/// Name of a query, number of points and sum of the values; questions for labels have no sum.
type Answer = (String, f64, Option<f64>);

/// One server's figures of one round, as the script recorded them.
struct Figures {
    samples_per_cpu_s: f64,
    rss_mib: f64,
    query_cpu_ms: f64,
    /// CPU of `count by (__name__)` over all series.
    count_cpu_ms: f64,
    /// CPU of a rate over many series, by series and step.
    rate_ns: f64,
    bytes_per_sample: f64,
    restart_s: f64,
    answers: Vec<Answer>,
}

impl Figures {
    fn read(round: u32, server: &str, targets: &str) -> Result<Self, String> {
        let base = target_dir().join(format!("bench/round-{round}/{server}-{targets}"));
        let ingest = read_json(&base.with_extension("ingest.json"))?;
        let query = read_json(&base.with_extension("query.json"))?;
        let disk = disk_bytes(server, &read_text(&base.with_extension("disk"))?)?;
        let queries = query.pointer("/queries").and_then(serde_json::Value::as_object);
        let answers = queries.ok_or("the benchmark result has no queries")?.iter();
        let answers = answers.map(|(name, answer)| {
            let sum = answer.pointer("/sum").and_then(serde_json::Value::as_f64);
            Ok((name.clone(), number(answer, "/points")?, sum))
        });
        Ok(Self {
            samples_per_cpu_s: number(&ingest, "/samples_per_cpu_s_settled")?,
            rss_mib: number(&ingest, "/settled/VmRSS_MiB")?,
            query_cpu_ms: number(&query, "/total_cpu_ms")?,
            count_cpu_ms: number(&query, "/queries/r1h60_all_names/cpu_ms")?,
            rate_ns: rate_ns(&query, targets)?,
            bytes_per_sample: disk / number(&ingest, "/samples")?,
            restart_s: word_after(&read_text(&base.with_extension("restart"))?, "wall")?,
            answers: answers.collect::<Result<_, String>>()?,
        })
    }
}

/// `sum by (mode) (rate(node_cpu_seconds_total[5m]))` of 8 modes on 8 processors a target.
fn rate_ns(query: &serde_json::Value, targets: &str) -> Result<f64, String> {
    let targets: f64 = targets.parse().map_err(|e| format!("targets {targets}: {e}"))?;
    let steps = number(query, "/queries/r1h15_cpu_all/points")? / 8.0;
    let ms = number(query, "/queries/r1h15_cpu_all/cpu_ms")?;
    Ok(ms * 1e6 / (targets * 64.0 * steps))
}

/// Bytes on disk after forced compaction: Prometheus' snapshot has all blocks and no WAL.
fn disk_bytes(server: &str, text: &str) -> Result<f64, String> {
    match server {
        "prom" => word_after(text, "bytes"),
        "vm" => Ok(word_after(text, "data")? + word_after(text, "indexdb")?),
        _ => word_after(text, "cold"),
    }
}

/// The number behind the first occurrence of a word.
fn word_after(text: &str, word: &str) -> Result<f64, String> {
    let mut words = text.split_whitespace().skip_while(|found| *found != word);
    let number = words.nth(1).and_then(|found| found.parse().ok());
    number.ok_or_else(|| format!("the benchmark result has no number behind {word:?}: {text}"))
}

/// Medians of the recorded rounds, one line per server, and which answers differ.
fn print_medians(rounds: u32, targets: &str) -> Chore {
    println!("\nmedians of {rounds} rounds, {targets} targets");
    println!(
        "{:10} {:>14} {:>10} {:>14} {:>13} {:>8} {:>12} {:>10}",
        "server",
        "samples/CPU-s",
        "RSS MiB",
        "query CPU ms",
        "count by ms",
        "rate ns",
        "B/sample",
        "restart s"
    );
    let mut of_all = Vec::new();
    for server in SERVERS {
        let of_round = |round| Figures::read(round, server, targets);
        let figures = (1..=rounds).map(of_round).collect::<Result<Vec<_>, _>>()?;
        let middle = |pick: fn(&Figures) -> f64| median(figures.iter().map(pick).collect());
        let of_server = [
            middle(|f| f.samples_per_cpu_s),
            middle(|f| f.query_cpu_ms),
            middle(|f| f.count_cpu_ms),
            middle(|f| f.rate_ns),
            middle(|f| f.bytes_per_sample),
        ];
        let [samples, query, count, rate, bytes] = of_server;
        println!(
            "{server:10} {samples:>14.0} {:>10.1} {query:>14.1} {count:>13.1} {rate:>8.1} \
             {bytes:>12.3} {:>10.2}",
            middle(|f| f.rss_mib),
            middle(|f| f.restart_s),
        );
        of_all.push(of_server);
    }
    if let [_, vm, ours] = of_all[..] {
        print_verdicts(&vm, &ours);
    }
    for round in 1..=rounds {
        print_differences(round, targets)?;
    }
    Ok(())
}

/// What must be reached beside VictoriaMetrics, in the order of the figures.
fn print_verdicts(vm: &[f64; 5], ours: &[f64; 5]) {
    // Many series for a short time: mostly index, where more is to be gained.
    let bytes_max = if vm[4] < 1.5 { 0.80 } else { 0.75 };
    let verdict = |met: bool| if met { "met" } else { "MISSED" };
    let ratio = |at: usize| ours[at] / vm[at];
    let fast = verdict(ratio(0) >= 2.0);
    println!("{:40} {:5.2} x VM, must >= 2: {fast}", "samples per CPU second", ratio(0));
    for (text, at, max) in [
        ("16 queries, CPU", 1, 0.5),
        ("count by (__name__), CPU", 2, 0.25),
        ("disk, bytes per sample", 4, bytes_max),
    ] {
        println!("{text:40} {:5.2} x VM, must <= {max}: {}", ratio(at), verdict(ratio(at) <= max));
    }
    let quick = verdict(ours[3] <= 40.0);
    println!("{:40} {:5.1} ns, must <= 40: {quick}", "rate, a series and step", ours[3]);
}

/// Compares each query's points and sum with Prometheus', as recorded: six digits.
fn print_differences(round: u32, targets: &str) -> Chore {
    let [theirs, ours] = ["prom", "flyball"].map(|server| Figures::read(round, server, targets));
    let (theirs, ours) = (theirs?.answers, ours?.answers);
    let differ = |(a, b): &(&Answer, &Answer)| a != b;
    let all = theirs.len().max(ours.len());
    let same = theirs.len().min(ours.len()) - theirs.iter().zip(&ours).filter(differ).count();
    println!("round {round}: {same} of {all} query checksums equal Prometheus'");
    for (theirs, ours) in theirs.iter().zip(&ours).filter(differ) {
        println!("  prometheus {theirs:?}, flyball {ours:?}");
    }
    Ok(())
}

fn read_text(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn read_json(path: &Path) -> Result<serde_json::Value, String> {
    serde_json::from_str(&read_text(path)?).map_err(|e| format!("{}: {e}", path.display()))
}

fn number(value: &serde_json::Value, pointer: &str) -> Result<f64, String> {
    let found = value.pointer(pointer).and_then(serde_json::Value::as_f64);
    found.ok_or_else(|| format!("the benchmark result has no number at {pointer}"))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The scrape path: every server scrapes the same served pages, one after another.
fn scrape(folder: &Path, targets: &str, seconds: &str) -> Chore {
    let script = workspace_root().join("xtask/scrape-bench.sh");
    run(Command::new("bash")
        .arg(script)
        .arg(folder)
        .arg(target_dir().join("bench/scrape"))
        .args([targets, seconds])
        .env("FLYBALL_BIN", target_dir().join("release/flyball")))
}

/// Rule evaluation: Prometheus and Flyball scrape the same saved pages and evaluate the rules of
/// the conformance data on them.
fn rules() -> Chore {
    let beside = || workspace_root().join("../shared/conformance");
    let data = std::env::var_os("FLYBALL_CONFORMANCE").map_or_else(beside, PathBuf::from);
    if !data.join("rules").is_dir() {
        return Err(format!("no rules in {}; set FLYBALL_CONFORMANCE", data.display()));
    }
    let data = data.canonicalize().map_err(|error| format!("{}: {error}", data.display()))?;
    run(Command::new("bash")
        .arg(workspace_root().join("xtask/rules-bench.sh"))
        .args([data.join("rules"), data.join("exposition")])
        .arg(target_dir().join("bench/rules"))
        .env("FLYBALL_BIN", target_dir().join("release/flyball")))
}

/// 5,000 probes of local targets at 30 s: CPU and memory of the server.
fn probes() -> Chore {
    run(Command::new("/usr/bin/python3")
        .arg(workspace_root().join("xtask/probe-bench.py"))
        .arg(target_dir().join("release/flyball"))
        .arg(target_dir().join("bench/probes"))
        .args(["5000", "90"]))
}

/// Alerts in and out, beside Alertmanager.
fn alerts() -> Chore {
    let work = target_dir().join("bench/alerts");
    if work.exists() {
        std::fs::remove_dir_all(&work).map_err(|error| format!("{}: {error}", work.display()))?;
    }
    let rounds = std::env::var("FLYBALL_BENCH_ROUNDS").unwrap_or_else(|_| ROUNDS_DEFAULT.into());
    run(Command::new("/usr/bin/python3")
        .arg(workspace_root().join("xtask/alerts-bench.py"))
        .arg(work)
        .args(["20000", &rounds])
        .env("FLYBALL_BIN", target_dir().join("release/flyball")))
}
