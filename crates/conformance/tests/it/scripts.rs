//! The oracle over upstream's scripts: it must answer every eval as the engine does, which passes
//! them. What the oracle never learnt is counted, and may only become less.

use conformance::dataset::{Contents, Sample};
use conformance::hunt::Verdict;
use conformance::hunt::{ask, judge};
use conformance::oracle::Semantics;
use conformance::{Exactness, Time};
use model::Timestamp;
use promql::script::{Command, CommandKind, EvalTime, parse_script};
use promql::series::SeriesDescription;
use promql::{ParserOptions, parse_with};
use query::{EngineOptions, MemoryQuerier};
use std::collections::BTreeMap;
use std::time::Duration;

/// Evals with what the oracle does not know: `limit_ratio`, histograms as
/// label values.
const UNKNOWN_MAX: usize = 26;

/// Files about features that only the engine has.
const SKIPPED: &[&str] = &["start_timestamps", "type_and_unit", "extended_vectors", "info"];

#[derive(Default)]
struct Count {
    agreed: usize,
    unknown: usize,
    differences: Vec<String>,
}

fn load(store: &mut MemoryQuerier, load: promql::script::Load) {
    let mut batch = MemoryQuerier::new();
    let step = Duration::from_millis(load.step_ms.unsigned_abs());
    for series in load.series {
        let description = SeriesDescription { labels: series.labels, values: series.values };
        batch.load(&description, Timestamp::from_ms(0), step).unwrap();
    }
    batch.note_resets();
    store.extend(batch);
}

fn contents(store: &MemoryQuerier) -> Contents {
    let mut contents = Contents::default();
    for (labels, points) in store.iter() {
        for (at, value) in points {
            contents.accept(&Sample { labels: labels.clone(), at_ms: at.ms(), value });
        }
    }
    contents
}

fn eval(store: &MemoryQuerier, query: &str, time: EvalTime) -> Option<Verdict> {
    // Queries that are wrong on purpose are the parser's business.
    let expr = parse_with(query, &ParserOptions::ALL).ok()?;
    let time = match time {
        EvalTime::Instant { at_ms } => Time::Instant { at_ms },
        EvalTime::Range { start_ms, end_ms, step_ms } => Time::Range { start_ms, end_ms, step_ms },
    };
    let semantics = Semantics { delayed_name_removal: true, ..Semantics::default() };
    let options = EngineOptions { delayed_name_removal: true, ..EngineOptions::default() };
    let found = ask(store, &options, &expr, &time);
    Some(judge(&contents(store), &semantics, (&expr, &time), &found, Exactness::MODEL))
}

fn run(name: &str, commands: Vec<Command>) -> Count {
    let mut store = MemoryQuerier::new();
    let mut count = Count::default();
    for command in commands {
        let line = command.line;
        match command.kind {
            CommandKind::Clear => store.clear(),
            CommandKind::Load(samples) => load(&mut store, samples),
            CommandKind::Eval(question) => match eval(&store, &question.query, question.time) {
                Some(Verdict::Different(why)) => {
                    count.differences.push(format!("{name}:{line}: {}\n{why}", question.query));
                }
                Some(Verdict::Unknown) => count.unknown += 1,
                Some(_) | None => count.agreed += 1,
            },
        }
    }
    count
}

#[test]
fn the_oracle_answers_upstreams_scripts() {
    let Some(folder) = testkit::conformance_dir("the oracle's scripts", "promqltest") else {
        return;
    };
    let mut counts = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_script = path.extension().is_some_and(|extension| extension == "test");
        if is_script && !SKIPPED.contains(&name.as_str()) {
            let script = parse_script(&std::fs::read_to_string(&path).unwrap()).unwrap();
            counts.insert(name.clone(), run(&name, script.commands));
        }
    }
    for (name, count) in &counts {
        let differences = count.differences.len();
        println!(
            "{name}: {} agreed, {} unknown, {differences} differ",
            count.agreed, count.unknown
        );
    }
    let differences: Vec<String> = counts.values().flat_map(|c| c.differences.clone()).collect();
    assert!(differences.is_empty(), "{} evals:\n{}", differences.len(), differences.join("\n"));
    let unknown: usize = counts.values().map(|count| count.unknown).sum();
    assert!(unknown <= UNKNOWN_MAX, "{unknown} evals are unknown to the oracle");
}
