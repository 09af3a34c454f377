//! Measures questions on a data directory: processor time of each, and a checksum of every bit of
//! its answer. Run with `cargo run -p tsdb --release --example questions DIR [REPETITIONS] [WORD]`
//! on a copy, because opening a database may change it; WORD chooses questions by their text.

#![expect(clippy::print_stdout, reason = "printing is what a bench example is for")]

use model::{
    LabelQuery, Labels, Matcher, Querier, SampleBuf, SelectHints, Timestamp, Unwatched, Value,
};
use query::{Cancel, Engine, QueryOutput, QueryValue, StepRange};
use std::error::Error;
use std::hash::Hasher;
use std::sync::Arc;
use std::time::Duration;
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
    let mut total = 0.0;
    for (text, length, step) in QUESTIONS.into_iter().filter(|(text, ..)| text.contains(&word)) {
        let expr = promql::parse(text)?;
        let start = (last - length).max(first + 300_000);
        let ask = || -> Result<QueryOutput, Box<dyn Error>> {
            let at = Timestamp::from_ms;
            if length == 0 {
                return Ok(Engine::default().instant(&db, &expr, at(last), &Cancel::new())?);
            }
            let steps =
                StepRange { start: at(start), end: at(last), step: Duration::from_secs(step) };
            Ok(Engine::default().range(&db, &expr, &steps, &Cancel::new())?)
        };
        let checksum = checksum(&ask()?.value);
        let before = processor_ms()?;
        for _ in 0..repetitions {
            ask()?;
        }
        let each = (processor_ms()? - before) / f64::from(repetitions);
        total += each;
        println!("{each:>9.2} ms {checksum:016x} {text}");
    }
    println!("{total:>9.2} ms");
    Ok(())
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

/// User and system time of this process so far.
fn processor_ms() -> Result<f64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/self/schedstat")?;
    let nanos: u64 = text.split(' ').next().ok_or("no time in schedstat")?.parse()?;
    Ok(nanos as f64 / 1e6)
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
