//! What must be equal whatever the data: a range query and the instant queries at its steps, a store
//! that tells of shared timestamps and one that does not, one evaluation and the next.

use crate::store::{Random, WithTimelines, add_histograms, random_floats};
use model::{Labels, Querier, Timestamp, Value};
use promql::{ParserOptions, parse_with};
use query::{Cancel, Engine, MatrixSeries, QueryValue, StepRange};
use std::collections::BTreeMap;
use std::time::Duration;

pub(crate) const QUERIES: &[&str] = &[
    "requests_total",
    "requests_total offset 1m",
    "requests_total @ 300",
    "temperature smoothed",
    "timestamp(requests_total)",
    "rate(requests_total[1m])",
    "increase(requests_total[90s] offset -30s)",
    "delta(temperature[2m])",
    "irate(requests_total[1m])",
    "idelta(temperature[1m])",
    "rate(requests_total[1m] anchored)",
    "increase(requests_total[1m] smoothed)",
    "resets(requests_total[3m])",
    "changes(temperature[3m] @ end())",
    "deriv(temperature[2m])",
    "predict_linear(requests_total[2m], 60)",
    "double_exponential_smoothing(requests_total[2m], 0.3, 0.6)",
    "avg_over_time(temperature[2m])",
    "sum_over_time(temperature[2m])",
    "min_over_time(temperature[2m])",
    "max_over_time(temperature[2m])",
    "stddev_over_time(requests_total[2m])",
    "quantile_over_time(0.3, temperature[2m])",
    "mad_over_time(requests_total[2m])",
    "ts_of_max_over_time(temperature[2m])",
    "absent_over_time(requests_total{job=\"c\"}[1m])",
    "absent(temperature{instance=\"1\", job=\"a\"} > 100)",
    "max_over_time(rate(requests_total[1m])[3m:20s])",
    "sum_over_time(temperature[2m:7s] offset 11s)",
    "sum(requests_total)",
    "sum by (job) (rate(requests_total[1m]))",
    "avg without (instance) (temperature)",
    "stddev by (job) (requests_total)",
    "quantile by (job) (0.7, temperature)",
    "count_values by (job) (\"value\", resets(requests_total[5m]))",
    "topk by (job) (2, requests_total)",
    "bottomk(3, temperature)",
    "limitk(2, requests_total)",
    "limit_ratio(0.4, {__name__=~\".+\"})",
    "group by (instance) ({job=\"a\"})",
    "count by (job) ({__name__=~\".+\"})",
    "count without (instance) ((temperature offset 20s))",
    "count(latency)",
    "topk(1, count by (instance) ({__name__=~\".+\"}))",
    "requests_total + temperature",
    "requests_total / ignoring(job) group_left sum by (instance) (temperature)",
    "requests_total > bool 50",
    "temperature > 0 and on (instance) requests_total > 20",
    "temperature unless requests_total > 20",
    "temperature < 0 or requests_total",
    "requests_total * on (job, instance) fill(3) (temperature > 0)",
    "-temperature ^ 2 % 7",
    "scalar(sum(requests_total)) * time()",
    "clamp(temperature, -10, 10)",
    "round(temperature, 5)",
    "label_replace(temperature, \"x\", \"$1\", \"instance\", \"(.*)\")",
    "label_join(temperature, \"x\", \"-\", \"job\", \"instance\")",
    "hour(requests_total)",
    "histogram_quantile(0.8, latency)",
    "histogram_quantile(0.8, rate(size[1m]))",
    "histogram_quantile(0.8, rate(duration_bucket[1m]))",
    "histogram_fraction(0, 2, latency)",
    "histogram_count(sum(latency))",
    "histogram_sum(increase(size[2m]))",
    "histogram_avg(avg_over_time(latency[2m]))",
    "sum(rate(latency[1m]))",
    "latency - latency offset 20s",
    "size * 2 </ 3",
    "changes(latency[2m])",
    "latency == size or size",
];

type Answer = BTreeMap<Labels, BTreeMap<i64, Value>>;

fn matrix(series: Vec<MatrixSeries>) -> Answer {
    let points = |series: &MatrixSeries| {
        series.points.iter().map(|(at, value)| (at.ms(), value.clone())).collect()
    };
    series.into_iter().map(|series| (series.labels.clone(), points(&series))).collect()
}

fn range(store: &dyn Querier, query: &str, steps: &StepRange) -> Result<Answer, String> {
    let expr = parse_with(query, &ParserOptions::ALL).unwrap();
    let output = Engine::default().range(store, &expr, steps, &Cancel::new());
    match output.map_err(|error| error.to_string())?.value {
        QueryValue::Matrix(series) => Ok(matrix(series)),
        other => panic!("{query}: {other:?}"),
    }
}

/// Instant queries at every step, with `@ end()` pinned to the end of the range.
fn instants(store: &dyn Querier, query: &str, steps: &StepRange) -> Result<Answer, String> {
    let end = steps.end.ms() as f64 / 1000.0;
    let query = query.replace("@ end()", &format!("@ {end}"));
    let expr = parse_with(&query, &ParserOptions::ALL).unwrap();
    let mut answer = Answer::new();
    let mut at = steps.start;
    while at <= steps.end {
        let output = Engine::default().instant(store, &expr, at, &Cancel::new());
        match output.map_err(|error| error.to_string())?.value {
            QueryValue::Vector(samples) => {
                for sample in samples {
                    answer.entry(sample.labels).or_default().insert(at.ms(), sample.value);
                }
            }
            QueryValue::Scalar { value, .. } => {
                let value = Value::Float(value);
                answer.entry(Labels::empty()).or_default().insert(at.ms(), value);
            }
            other => panic!("{query}: {other:?}"),
        }
        at = at.saturating_add(steps.step);
    }
    Ok(answer)
}

fn assert_same(a: &Result<Answer, String>, b: &Result<Answer, String>, what: &str) {
    let (Ok(a), Ok(b)) = (a, b) else {
        assert_eq!(a.is_err(), b.is_err(), "{what}: {a:?} against {b:?}");
        return;
    };
    let names = |answer: &Answer| answer.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(a), names(b), "{what}: series differ");
    for (labels, points) in a {
        let others = &b[labels];
        let same = points.len() == others.len()
            && points.iter().zip(others).all(|((at, value), (other_at, other))| {
                at == other_at && (value.bits_eq(other) || both_nan(value, other))
            });
        assert!(same, "{what}: {labels}\n{points:?}\nagainst\n{others:?}");
    }
}

fn both_nan(a: &Value, b: &Value) -> bool {
    matches!((a, b), (Value::Float(a), Value::Float(b)) if a.is_nan() && b.is_nan())
}

pub(crate) fn steps(random: &mut Random) -> StepRange {
    let start = Timestamp::from_ms(i64::try_from(random.below(400_000)).unwrap() - 60_000);
    let step = Duration::from_millis(1 + random.below(60_000));
    StepRange { start, end: start.saturating_add(step * 25), step }
}

#[test]
fn a_range_query_equals_the_instant_queries_at_its_steps() {
    for seed in 0..6 {
        let mut random = Random(seed);
        let mut store = random_floats(&mut random);
        add_histograms(&mut store, &mut random);
        for query in QUERIES {
            let steps = steps(&mut random);
            let what = format!("seed {seed}: {query} over {steps:?}");
            assert_same(&range(&store, query, &steps), &instants(&store, query, &steps), &what);
        }
    }
}

/// Groups come in the order of their first series, whatever order the store prefers.
#[test]
fn counts_are_in_the_order_of_their_series() {
    for seed in 200..204 {
        let mut random = Random(seed);
        let mut store = random_floats(&mut random);
        add_histograms(&mut store, &mut random);
        let shared = WithTimelines(store.clone());
        for query in ["count by (__name__, job) ({__name__=~\".+\"})", "group by (le) (size or up)"]
        {
            let expr = parse_with(query, &ParserOptions::ALL).unwrap();
            let rows = |store: &dyn Querier, query: &promql::Expr| {
                let at = Timestamp::from_ms(600_000);
                let output = Engine::default().instant(store, query, at, &Cancel::new()).unwrap();
                let QueryValue::Vector(rows) = output.value else { panic!("{query}: no vector") };
                rows.into_iter().map(|row| format!("{} {:?}", row.labels, row.value)).collect()
            };
            let expected: Vec<String> = rows(&store, &expr);
            assert_eq!(rows(&shared, &expr), expected, "seed {seed}: {query}");
        }
    }
}

#[test]
fn shared_timestamps_change_no_answer() {
    for seed in 100..108 {
        let mut random = Random(seed);
        let mut store = random_floats(&mut random);
        add_histograms(&mut store, &mut random);
        let shared = WithTimelines(store.clone());
        for query in QUERIES {
            let steps = steps(&mut random);
            let what = format!("seed {seed}: {query} over {steps:?}");
            assert_same(&range(&store, query, &steps), &range(&shared, query, &steps), &what);
        }
    }
}
