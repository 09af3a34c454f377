//! A slow and obvious evaluator of range functions: for every step it collects the samples of the
//! window anew and computes from the definition. The engine must agree bit for bit.

use crate::store::{Random, WithTimelines, random_floats};
use model::{Timestamp, Value};
use promql::{ParserOptions, parse_with};
use query::{Cancel, Engine, MemoryQuerier, QueryValue, StepRange};
use std::time::Duration;

/// Samples (ms, value) of one window, without staleness markers.
type Samples = [(i64, f64)];

/// A function and its definition over the samples of (lo, hi].
struct Definition {
    name: &'static str,
    value: fn(&Samples, i64, i64) -> Option<f64>,
}

const DEFINITIONS: &[Definition] = &[
    Definition { name: "rate", value: |s, lo, hi| extrapolated(s, lo, hi, true, true) },
    Definition { name: "increase", value: |s, lo, hi| extrapolated(s, lo, hi, true, false) },
    Definition { name: "delta", value: |s, lo, hi| extrapolated(s, lo, hi, false, false) },
    Definition { name: "count_over_time", value: |s, _, _| some(s, s.len() as f64) },
    Definition { name: "last_over_time", value: |s, _, _| s.last().map(|last| last.1) },
    Definition { name: "first_over_time", value: |s, _, _| s.first().map(|first| first.1) },
    Definition { name: "min_over_time", value: |s, _, _| extreme(s, |a, b| a < b) },
    Definition { name: "max_over_time", value: |s, _, _| extreme(s, |a, b| a > b) },
    Definition { name: "resets", value: |s, _, _| pairs(s, |a, b| b < a) },
    Definition {
        name: "changes",
        value: |s, _, _| pairs(s, |a, b| a != b && !(a.is_nan() && b.is_nan())),
    },
    Definition { name: "idelta", value: |s, _, _| last_two(s).map(|(a, b)| b.1 - a.1) },
    Definition {
        name: "irate",
        value: |s, _, _| {
            let (a, b) = last_two(s)?;
            let change = if b.1 < a.1 { b.1 } else { b.1 - a.1 };
            Some(change / ((b.0 - a.0) as f64 / 1000.0))
        },
    },
];

fn some(samples: &Samples, value: f64) -> Option<f64> {
    (!samples.is_empty()).then_some(value)
}

fn last_two(samples: &Samples) -> Option<((i64, f64), (i64, f64))> {
    let [.., a, b] = samples else { return None };
    Some((*a, *b))
}

fn pairs(samples: &Samples, counts: fn(f64, f64) -> bool) -> Option<f64> {
    let count = samples.windows(2).filter(|pair| counts(pair[0].1, pair[1].1)).count();
    some(samples, count as f64)
}

fn extreme(samples: &Samples, better: fn(f64, f64) -> bool) -> Option<f64> {
    let mut best = samples.first()?.1;
    for (_, value) in samples {
        if better(*value, best) || best.is_nan() {
            best = *value;
        }
    }
    Some(best)
}

/// The definition in Prometheus' documentation of `rate`, with upstream's order of operations.
fn extrapolated(samples: &Samples, lo: i64, hi: i64, counter: bool, rate: bool) -> Option<f64> {
    if samples.len() < 2 {
        return None;
    }
    let (first, last) = (samples[0], samples[samples.len() - 1]);
    let mut change = last.1 - first.1;
    if counter {
        for pair in samples.windows(2) {
            if pair[1].1 < pair[0].1 {
                change += pair[0].1;
            }
        }
    }
    let mut to_start = (first.0 - lo) as f64 / 1000.0;
    let mut to_end = (hi - last.0) as f64 / 1000.0;
    let sampled = (last.0 - first.0) as f64 / 1000.0;
    let average = sampled / (samples.len() - 1) as f64;
    if to_start >= average * 1.1 {
        to_start = average / 2.0;
    }
    if counter && change > 0.0 && first.1 >= 0.0 {
        to_start = to_start.min(sampled * (first.1 / change));
    }
    if to_end >= average * 1.1 {
        to_end = average / 2.0;
    }
    let mut factor = (sampled + to_start + to_end) / sampled;
    if rate {
        factor /= (hi - lo) as f64 / 1000.0;
    }
    Some(change * factor)
}

#[derive(Clone, Copy, Debug)]
struct Case {
    start: i64,
    step: i64,
    range: i64,
    offset: i64,
}

fn case(random: &mut Random) -> Case {
    let whole_second =
        |random: &mut Random, limit| 1_000 * (1 + i64::try_from(random.below(limit)).unwrap());
    Case {
        start: i64::try_from(random.below(900_000)).unwrap() - 100_000,
        step: 1 + i64::try_from(random.below(50_000)).unwrap(),
        range: whole_second(random, 300),
        offset: whole_second(random, 120) - 60_000,
    }
}

const STEPS: i64 = 30;

fn check(store: &MemoryQuerier, definition: &Definition, case: Case, seed: u64) {
    let Case { start, step, range, offset } = case;
    let name = definition.name;
    let what = format!("seed {seed}: {name} {case:?}");
    let steps = StepRange {
        start: Timestamp::from_ms(start),
        end: Timestamp::from_ms(start + step * (STEPS - 1)),
        step: Duration::from_millis(step.unsigned_abs()),
    };
    let options = query::EngineOptions::default();
    let shared = WithTimelines(store.clone());
    for metric in ["requests_total", "temperature"] {
        let query = format!("{name}({metric}[{range}ms] offset {offset}ms)");
        let expr = parse_with(&query, &ParserOptions::ALL)
            .unwrap_or_else(|error| panic!("{query}: {error}"));
        let output = Engine::new(options.clone()).range(&shared, &expr, &steps, &Cancel::new());
        let QueryValue::Matrix(found) = output.unwrap().value else { panic!("no matrix") };
        for (labels, points) in store.iter().filter(|(l, _)| l.metric_name() == Some(metric)) {
            let keeps_name = matches!(name, "first_over_time" | "last_over_time");
            let shown = labels.without(|label| label == "__name__" && !keeps_name);
            let found = found.iter().find(|series| series.labels == shown);
            for index in 0..STEPS {
                let at = start + step * index;
                let (lo, hi) = (at - offset - range, at - offset);
                let samples = window(&points, lo, hi);
                let expected = (definition.value)(&samples, lo, hi);
                let got = found.and_then(|series| {
                    let point = series.points.iter().find(|(time, _)| time.ms() == at)?;
                    match &point.1 {
                        Value::Float(value) => Some(*value),
                        Value::Histogram(_) => None,
                    }
                });
                let same = match (expected, got) {
                    (Some(a), Some(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
                    (None, None) => true,
                    _ => false,
                };
                assert!(same, "{what} at {at} {labels}: expected {expected:?}, got {got:?}");
            }
        }
    }
}

fn window(points: &[(Timestamp, Value)], lo: i64, hi: i64) -> Vec<(i64, f64)> {
    let floats = points.iter().filter_map(|(at, value)| match value {
        Value::Float(value) if !model::is_stale(*value) => Some((at.ms(), *value)),
        Value::Float(_) | Value::Histogram(_) => None,
    });
    floats.filter(|(at, _)| *at > lo && *at <= hi).collect()
}

#[test]
fn range_functions_agree_with_their_definitions_bit_for_bit() {
    for seed in 0..12 {
        let mut random = Random(seed);
        let store = random_floats(&mut random);
        for definition in DEFINITIONS {
            let case = case(&mut random);
            check(&store, definition, case, seed);
        }
    }
}
