//! Series for an alerting rule, found by search: values for its selectors, from its own numbers,
//! under which it has a result, and others under which it has none.

use model::{Labels, LabelsBuilder, METRIC_NAME, MatchOp, Matcher, Timestamp, Value};
use promql::ast::{Expr, ExprKind, VectorSelector};
use query::{Cancel, Engine, EngineOptions, MemoryQuerier, Query, QueryValue};
use std::collections::BTreeMap;
use sys::sim::SimRng;

/// Distance of samples: none ever lies on the edge of a window of whole seconds, so that closed and
/// left-open windows hold the same ones, and a minute holds three.
pub(super) const STEP_MS: i64 = 19_007;
/// When the rule must have a result, or none: after more than an hour, because some look back so far.
pub(super) const JUDGED_AT_MINUTES: i64 = 70;
const JUDGED_AT_MS: i64 = JUDGED_AT_MINUTES * 60_000;
/// Attempts to find values.
const ATTEMPTS_MAX: usize = 300;

/// A series that begins at `first` and changes by `slope` with each sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    first: f64,
    slope: f64,
}

/// Series of a data set.
pub(super) type Series = BTreeMap<Labels, Line>;

/// Both data sets of a rule, as far as they were found.
#[derive(Debug, Default)]
pub(super) struct DataSets {
    pub(super) firing: Option<Series>,
    pub(super) quiet: Option<Series>,
}

/// In the notation of rule tests, so many samples behind a first gap.
pub(super) fn notation(line: Line, samples: i64) -> String {
    let slope = line.slope;
    let sign = if slope < 0.0 { "" } else { "+" };
    format!("_ {}{sign}{slope}x{samples}", line.first)
}

/// Searches values for a rule's expression.
pub(super) fn search(expr: &Expr, text: &str, seed: u64) -> DataSets {
    let engine = Engine::new(EngineOptions::default());
    let (identities, values) = (identities(expr), numbers(expr));
    let mut rng = SimRng::new(seed);
    let mut found = DataSets::default();
    for attempt in 0..ATTEMPTS_MAX {
        if found.firing.is_some() && found.quiet.is_some() {
            break;
        }
        let mut series = Series::new();
        // A whole family moves alike in half of the attempts: ratios of families decide.
        let mut families: BTreeMap<String, Line> = BTreeMap::new();
        for identity in &identities {
            let own = line(&values, attempt, &mut rng);
            let family = identity.value(METRIC_NAME).to_owned();
            let shared = *families.entry(family).or_insert(own);
            let chosen = if attempt % 2 == 0 { shared } else { own };
            // What is absent can decide, too.
            if rng.chance(if attempt < 4 { 0 } else { 100 }) {
                continue;
            }
            series.insert(identity.clone(), buckets(identity, chosen));
            // And how many there are, and whether they agree.
            if attempt % 3 == 2 {
                let twin = identity.to_builder().set("instance", "host-2").build();
                let other = if rng.coin() { chosen } else { line(&values, attempt, &mut rng) };
                series.insert(twin, buckets(identity, other));
            }
        }
        let place = match has_result(&engine, expr, text, &series) {
            Some(true) => &mut found.firing,
            Some(false) if !series.is_empty() => &mut found.quiet,
            Some(false) | None => continue,
        };
        if place.is_none() {
            *place = Some(series);
        }
    }
    found
}

/// Larger buckets of a histogram hold more.
fn buckets(identity: &Labels, line: Line) -> Line {
    let share = match identity.get("le") {
        Some("0.001") => 0.25,
        Some("1") => 0.5,
        Some("1000") => 0.75,
        _ => 1.0,
    };
    Line { first: line.first * share, slope: line.slope * share }
}

fn line(values: &[f64], attempt: usize, rng: &mut SimRng) -> Line {
    let value = values[rng.index(values.len())];
    let slope = match rng.below(4) {
        0 | 1 => 0.0,
        2 => value.abs().clamp(1.0, 1e6),
        _ => -1.0,
    };
    match attempt {
        0 => Line { first: values[0], slope: 0.0 },
        1 => Line { first: 0.0, slope: 0.0 },
        _ => Line { first: value, slope },
    }
}

/// Numbers of the expression with their surroundings, and a few that decide often.
fn numbers(expr: &Expr) -> Vec<f64> {
    let mut values = vec![1.0, 0.0, 2.0, 10.0, 100.0, 1e6, 1e12, -1e7, 0.5, -1.0];
    expr.walk(&mut |part| {
        if let ExprKind::Number(number) = &part.kind {
            let v = number.value;
            values.extend([v, v + 1.0, v - 1.0, v * 0.5, v * 2.0, v * 100.0, v / 100.0]);
        }
    });
    values.retain(|value| value.is_finite());
    values
}

/// A series for each selector, all with the same `instance` and `job`; several for histograms.
fn identities(expr: &Expr) -> Vec<Labels> {
    let mut all = Vec::new();
    let jobs = expr.selectors().into_iter().flat_map(|selector| &selector.matchers);
    let mut jobs = jobs.filter(|m| m.name() == "job" && m.op() == MatchOp::Equal);
    // Series of one rule usually meet in their `job`.
    let job = jobs.find(|m| !m.value().is_empty()).map_or("exporter", Matcher::value);
    for selector in expr.selectors() {
        let Some(identity) = identity(selector, job) else { continue };
        let is_bucket = identity.value(METRIC_NAME).ends_with("_bucket");
        let bounds: &[&str] = if is_bucket { &["0.001", "1", "1000", "+Inf"] } else { &[""] };
        for bound in bounds {
            let mut labels = identity.to_builder();
            if !bound.is_empty() {
                labels.set("le", bound);
            }
            let labels = labels.build();
            if !all.contains(&labels) {
                all.push(labels);
            }
        }
    }
    all
}

fn identity(selector: &VectorSelector, job: &str) -> Option<Labels> {
    let mut labels = LabelsBuilder::default();
    labels.set("instance", "host-1").set("job", job);
    for matcher in &selector.matchers {
        let known = labels.get(matcher.name()).unwrap_or_default().to_owned();
        if !known.is_empty() && matcher.matches(&known) {
            continue;
        }
        let value = candidates(matcher).into_iter().find(|value| matcher.matches(value))?;
        labels.set(matcher.name(), &value);
    }
    let labels = labels.build();
    let fits = selector.matchers.iter().all(|matcher| matcher.matches_labels(&labels));
    (fits && labels.get(METRIC_NAME).is_some()).then_some(labels)
}

/// Values that may satisfy a matcher.
fn candidates(matcher: &Matcher) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    match matcher.op() {
        MatchOp::Equal => values.push(matcher.value().to_owned()),
        MatchOp::NotEqual | MatchOp::NotRegex => {}
        MatchOp::Regex => {
            for part in matcher.value().split(['|', '(', ')']) {
                let plain = part.replace("\\.", ".").replace('\\', "");
                for filled in ["x", "", "1"] {
                    values.push(plain.replace(".+", filled).replace(".*", filled));
                    values.push(plain.replace("[0-9]+", "1").replace("d+", "1").replace('?', ""));
                }
            }
        }
    }
    values.extend(["x", "", "1", "500", "a.b", "eth0"].map(str::to_owned));
    values
}

/// Has the rule a result at the judged instant? `None`: it fails.
fn has_result(engine: &Engine, expr: &Expr, text: &str, series: &Series) -> Option<bool> {
    let mut store = MemoryQuerier::new();
    for (labels, line) in series {
        for index in 1..=JUDGED_AT_MS / STEP_MS {
            let at = Timestamp::from_ms(index * STEP_MS);
            let value = line.first + line.slope * (index - 1) as f64;
            store.push(labels, at, Value::Float(value));
        }
    }
    let at = Timestamp::from_ms(JUDGED_AT_MS);
    let output = engine.instant(&store, Query { expr, text }, at, &Cancel::new()).ok()?;
    match output.value {
        QueryValue::Vector(samples) => Some(!samples.is_empty()),
        QueryValue::Scalar { .. } | QueryValue::String { .. } | QueryValue::Matrix(_) => None,
    }
}
