//! Measures questions on a data directory, each alone and with helpers on the other cores: the
//! shortest time, processor time, and a checksum of every bit of the answer. Run with `cargo run -p tsdb --release --example questions DIR [REPETITIONS] [WORD]`
//! on a copy, because opening a database may change it; WORD chooses questions by their text.

#![expect(clippy::print_stdout, reason = "printing is what a bench example is for")]

use model::{
    LabelQuery, Labels, Matcher, Querier, SampleBuf, SelectHints, Timestamp, Unwatched, Value,
};
use query::{Cancel, Engine, EngineOptions, Helpers, QueryOutput, QueryValue, StepRange};
use std::error::Error;
use std::hash::Hasher;
use std::sync::Arc;
use std::time::{Duration, Instant};
use sys::{OsVfs, SystemClock};
use tsdb::{Db, DbOptions};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const HOUR: i64 = 3_600_000;

/// Expression, length of its range in ms (0: an instant) and step in seconds.
const QUESTIONS: [(&str, i64, u64); 14] = [
    ("count(node_load1)", 0, 0),
    (r#"topk(10, sum by (instance) (rate(node_cpu_seconds_total{mode!="idle"}[5m])))"#, 0, 0),
    (
        "histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))",
        0,
        0,
    ),
    (r#"node_load1{instance="10.0.0.1:9100"}"#, HOUR, 15),
    (r#"sum by (mode) (rate(node_cpu_seconds_total{instance="10.0.0.1:9100"}[5m]))"#, HOUR, 15),
    ("sum by (mode) (rate(node_cpu_seconds_total[5m]))", HOUR, 15),
    ("sum by (instance) (rate(node_cpu_seconds_total[5m]))", 4 * HOUR, 60),
    (
        "histogram_quantile(0.99, sum by (le, path) \
         (rate(http_request_duration_seconds_bucket[5m])))",
        HOUR,
        15,
    ),
    (
        "histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))",
        4 * HOUR,
        60,
    ),
    (
        r#"sum(rate(http_requests_total{code=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))"#,
        HOUR,
        15,
    ),
    ("topk(5, 1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)", 4 * HOUR, 60),
    (
        r#"sum by (device) (rate(node_network_receive_bytes_total{instance=~"10.0.*[13579]:9100",device=~"eth.+"}[5m]))"#,
        HOUR,
        15,
    ),
    ("max by (queue) (max_over_time(app_queue_length[15m]))", 4 * HOUR, 60),
    (r#"count by (__name__) ({job="node"})"#, HOUR, 60),
];

/// A question with its steps.
struct Asked<'a> {
    db: &'a Db,
    expr: promql::ast::Expr,
    steps: StepRange,
}

impl Asked<'_> {
    fn ask(&self, engine: &Engine) -> Result<QueryOutput, Box<dyn Error>> {
        let Self { db, expr, steps } = self;
        if steps.start == steps.end {
            return Ok(engine.instant(*db, expr, steps.end, &Cancel::new())?);
        }
        Ok(engine.range(*db, expr, steps, &Cancel::new())?)
    }
}

/// What asking took: the shortest time and processor time, ms.
#[derive(Clone, Copy)]
struct Took {
    least: f64,
    processor: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let dir = arguments.next().ok_or("the data directory is missing")?;
    let repetitions: u32 = arguments.next().map_or(Ok(7), |text| text.parse())?;
    let word = arguments.next().unwrap_or_default();
    let mut options = DbOptions::new(&dir);
    options.retention.time = None;
    let (db, _) = Db::open(options, Arc::new(OsVfs), Arc::new(SystemClock::new()))?;
    let (first, last) = span(&db)?;
    println!("{} series, {first} to {last}", db.stats().series);
    println!("    alone: ms   processor | helped: ms   processor | checksum of the answer");
    let helped = EngineOptions { helpers: Helpers::of_cores(), ..EngineOptions::default() };
    let engines = [Engine::default(), Engine::new(helped)];
    let mut total = [Took { least: 0.0, processor: 0.0 }; 2];
    for (text, length, step) in QUESTIONS.into_iter().filter(|(text, ..)| text.contains(&word)) {
        let start = if length == 0 { last } else { (last - length).max(first + 300_000) };
        let at = Timestamp::from_ms;
        let steps = StepRange { start: at(start), end: at(last), step: Duration::from_secs(step) };
        let asked = Asked { db: &db, expr: promql::parse(text)?, steps };
        let checksum = checksum(&asked.ask(&engines[0])?.value);
        let took = compare(&asked, &engines, (repetitions, checksum))?;
        for (total, took) in total.iter_mut().zip(took) {
            total.least += took.least;
            total.processor += took.processor;
        }
        println!("{} | {} | {checksum:016x} {text}", shown(took[0]), shown(took[1]));
    }
    println!("{} | {} |", shown(total[0]), shown(total[1]));
    Ok(())
}

fn shown(took: Took) -> String {
    format!("{:>10.2} {:>11.2}", took.least, took.processor)
}

/// Asks both engines in turn, so that whatever else runs is in the way of both.
fn compare(
    asked: &Asked<'_>,
    engines: &[Engine; 2],
    (repetitions, expected): (u32, u64),
) -> Result<[Took; 2], Box<dyn Error>> {
    let mut took = [Took { least: f64::INFINITY, processor: 0.0 }; 2];
    assert_eq!(checksum(&asked.ask(&engines[1])?.value), expected, "every bit is the same");
    for _ in 0..repetitions {
        for (engine, took) in engines.iter().zip(&mut took) {
            let (before, begun) = (processor_ms()?, Instant::now());
            asked.ask(engine)?;
            took.least = took.least.min(begun.elapsed().as_secs_f64() * 1e3);
            took.processor += (processor_ms()? - before) / f64::from(repetitions);
        }
    }
    Ok(took)
}

/// From the earliest to the latest step that the questions use: the span of one metric.
fn span(db: &Db) -> Result<(i64, i64), Box<dyn Error>> {
    let all = LabelQuery {
        start: Timestamp::MIN,
        end: Timestamp::MAX,
        selectors: &[],
        limit: None,
        watch: &Unwatched,
    };
    let names = db.label_names(&all)?;
    let matchers = [Matcher::equal("__name__", "node_load1")];
    let (start, end) = (Timestamp::MIN, Timestamp::MAX);
    let selection = db.select(start, end, &matchers, &SelectHints::default())?;
    let mut samples = SampleBuf::default();
    let (mut first, mut last) = (i64::MAX, i64::MIN);
    for index in 0..selection.len() {
        selection.read(index, &mut samples)?;
        first = first.min(samples.timestamps[0]);
        last = last.max(samples.timestamps[samples.len() - 1]);
    }
    println!("{} label names", names.len());
    Ok((first, last - last.rem_euclid(15_000)))
}

/// User and system time of this process so far, in ticks of 10 ms: many repetitions even it out.
fn processor_ms() -> Result<f64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = text.rsplit_once(')').ok_or("no name in stat")?;
    let ticks: Vec<&str> = fields.split_ascii_whitespace().skip(11).take(2).collect();
    let ticks: Result<Vec<f64>, _> = ticks.into_iter().map(str::parse).collect();
    Ok(ticks?.iter().sum::<f64>() * 10.0)
}

fn checksum(value: &QueryValue) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    let mut note = |labels: &Labels, at: Timestamp, value: &Value| {
        hasher.write(labels.to_string().as_bytes());
        hasher.write_i64(at.ms());
        match value {
            Value::Float(value) => hasher.write_u64(value.to_bits()),
            Value::Histogram(histogram) => hasher.write(format!("{histogram:?}").as_bytes()),
        }
    };
    match value {
        QueryValue::Scalar { .. } | QueryValue::String { .. } => {}
        QueryValue::Vector(samples) => {
            for sample in samples {
                note(&sample.labels, sample.timestamp, &sample.value);
            }
        }
        QueryValue::Matrix(series) => series.iter().for_each(|series| {
            series.points.iter().for_each(|(at, value)| note(&series.labels, *at, value));
        }),
    }
    hasher.finish()
}
