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
const JUDGED_AT_MINUTES: i64 = 70;
/// The same for rules that ask what has not happened for a day: promtool begins in 1970.
const JUDGED_LATE_MINUTES: i64 = 25 * 60;
/// A series that changes its level does so this long before.
const CHANGE_MINUTES: i64 = 30;
/// Attempts to find values: first with plain series, then with everything that there is.
const PLAIN_ATTEMPTS: usize = 300;
const ATTEMPTS_MAX: usize = 900;

/// A series that begins at `first` and changes by `slope` with each sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    first: f64,
    slope: f64,
    /// Where it stays from half an hour before the judged instant on.
    last: Option<f64>,
}

/// Series of a data set.
type Series = BTreeMap<Labels, Line>;

/// Series, and when they are judged.
#[derive(Clone, Debug)]
pub(super) struct DataSet {
    series: Series,
    pub(super) judged_at_minutes: i64,
}

/// Both data sets of a rule, as far as they were found.
#[derive(Debug, Default)]
pub(super) struct DataSets {
    pub(super) firing: Option<DataSet>,
    pub(super) quiet: Option<DataSet>,
}

impl DataSet {
    /// Series in the notation of rule tests: so many samples behind a first gap.
    pub(super) fn notations(&self, samples: i64) -> impl Iterator<Item = (String, String)> {
        self.series.iter().map(move |(labels, line)| {
            let Line { first, slope, last } = *line;
            let sign = if slope < 0.0 { "" } else { "+" };
            let text = match last {
                None => format!("_ {first}{sign}{slope}x{samples}"),
                Some(last) => {
                    let (before, after) = (self.change(), samples - self.change());
                    format!("_ {first}{sign}{slope}x{} {last}+0x{after}", before - 1)
                }
            };
            (labels.to_string(), text)
        })
    }

    /// Index of the first sample at another level.
    fn change(&self) -> i64 {
        (self.judged_at_minutes - CHANGE_MINUTES) * 60_000 / STEP_MS
    }

    /// Has the rule a result at a minute? `None`: it fails.
    fn has_result(&self, engine: &Engine, expr: &Expr, text: &str, minute: i64) -> Option<bool> {
        let mut store = MemoryQuerier::new();
        for (labels, line) in &self.series {
            for index in 1..=minute * 60_000 / STEP_MS {
                let at = Timestamp::from_ms(index * STEP_MS);
                let value = match line.last {
                    Some(last) if index > self.change() => last,
                    _ => line.first + line.slope * (index - 1) as f64,
                };
                store.push(labels, at, Value::Float(value));
            }
        }
        let at = Timestamp::from_ms(minute * 60_000);
        let output = engine.instant(&store, Query { expr, text }, at, &Cancel::new()).ok()?;
        match output.value {
            QueryValue::Vector(samples) => Some(!samples.is_empty()),
            QueryValue::Scalar { .. } | QueryValue::String { .. } | QueryValue::Matrix(_) => None,
        }
    }
}

/// How series of a rule are labelled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Naming {
    /// With an instance and a job, and what each selector asks for.
    Plain,
    /// With what each selector asks for: what has no other labels meets results of aggregations.
    Bare,
    /// With an instance and a job, and what any selector asks for: they meet in all labels.
    Shared,
}

/// Searches values for a rule's expression; `wait_minutes` after the judged instant it must still be
/// quiet, if it is to be quiet.
pub(super) fn search(expr: &Expr, text: &str, seed: u64, wait_minutes: i64) -> DataSets {
    let engine = Engine::new(EngineOptions::default());
    let namings = [Naming::Plain, Naming::Bare, Naming::Shared].map(|way| identities(expr, way));
    let (values, groupings) = (numbers(expr), groupings(expr));
    let asks_the_time = text.contains("time()");
    let mut rng = SimRng::new(seed);
    let mut found = DataSets::default();
    for attempt in 0..ATTEMPTS_MAX {
        if found.firing.is_some() && found.quiet.is_some() {
            break;
        }
        let is_plain = attempt < PLAIN_ATTEMPTS;
        let naming = if is_plain { 0 } else { rng.index(namings.len()) };
        let is_late = !is_plain && asks_the_time && rng.coin();
        let series = series(&namings[naming], &values, &groupings, attempt, &mut rng);
        let judged_at_minutes = if is_late { JUDGED_LATE_MINUTES } else { JUDGED_AT_MINUTES };
        let set = DataSet { series, judged_at_minutes };
        let has_result = |minute| set.has_result(&engine, expr, text, minute);
        match has_result(judged_at_minutes) {
            Some(true) if found.firing.is_none() => found.firing = Some(set),
            Some(false) if found.quiet.is_none() && !set.series.is_empty() => {
                let last = judged_at_minutes + 1 + wait_minutes;
                let instants = [5, judged_at_minutes + 1, last];
                if instants.iter().all(|minute| has_result(*minute) == Some(false)) {
                    found.quiet = Some(set);
                }
            }
            Some(_) | None => {}
        }
    }
    found
}

/// Series for one attempt.
fn series(
    identities: &[Labels],
    values: &[f64],
    groupings: &[String],
    attempt: usize,
    rng: &mut SimRng,
) -> Series {
    let is_plain = attempt < PLAIN_ATTEMPTS;
    let mut series = Series::new();
    // A whole family moves alike in half of the attempts: ratios of families decide.
    let mut families: BTreeMap<String, Line> = BTreeMap::new();
    for identity in identities {
        let own = line(values, attempt, rng);
        let family = identity.value(METRIC_NAME).to_owned();
        let shared = *families.entry(family).or_insert(own);
        let chosen = if attempt.is_multiple_of(2) { shared } else { own };
        // What is absent can decide, too.
        if rng.chance(if attempt < 4 { 0 } else { 100 }) {
            continue;
        }
        series.insert(identity.clone(), buckets(identity, chosen));
        // And how many there are, and whether they agree.
        if attempt % 3 == 2 {
            let (label, value) = match twin_label(is_plain, groupings, rng) {
                None => ("instance", "host-2"),
                Some(place) => (groupings[place].as_str(), "v2.2.2"),
            };
            let twin = identity.to_builder().set(label, value).build();
            let other = if rng.coin() { chosen } else { line(values, attempt, rng) };
            series.insert(twin, buckets(identity, other));
        }
    }
    series
}

/// Which label a twin differs in; `None`: its instance.
fn twin_label(is_plain: bool, groupings: &[String], rng: &mut SimRng) -> Option<usize> {
    let place = if is_plain { 0 } else { rng.index(groupings.len() + 1) };
    place.checked_sub(1)
}

/// Labels by which the expression groups.
fn groupings(expr: &Expr) -> Vec<String> {
    let mut labels = Vec::new();
    expr.walk(&mut |part| {
        if let ExprKind::Aggregate(aggregate) = &part.kind {
            labels.extend(aggregate.grouping.iter().filter(|label| *label != "le").cloned());
        }
    });
    labels.sort();
    labels.dedup();
    labels
}

/// Larger buckets of a histogram hold more.
fn buckets(identity: &Labels, line: Line) -> Line {
    let share = match identity.get("le") {
        Some("0.001") => 0.25,
        Some("1") => 0.5,
        Some("1000") => 0.75,
        _ => 1.0,
    };
    Line {
        first: line.first * share,
        slope: line.slope * share,
        last: line.last.map(|last| last * share),
    }
}

fn line(values: &[f64], attempt: usize, rng: &mut SimRng) -> Line {
    let value = values[rng.index(values.len())];
    let slope = match rng.below(4) {
        0 | 1 => 0.0,
        2 => value.abs().clamp(1.0, 1e6),
        _ => -1.0,
    };
    let last = (attempt >= PLAIN_ATTEMPTS && rng.chance(300)).then_some(0.0);
    match attempt {
        0 => Line { first: values[0], slope: 0.0, last },
        1 => Line { first: 0.0, slope: 0.0, last },
        _ => Line { first: value, slope, last },
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
fn identities(expr: &Expr, naming: Naming) -> Vec<Labels> {
    let mut all = Vec::new();
    let jobs = expr.selectors().into_iter().flat_map(|selector| &selector.matchers);
    let mut jobs = jobs.filter(|m| m.name() == "job" && m.op() == MatchOp::Equal);
    // Series of one rule usually meet in their `job`.
    let job = jobs.find(|m| !m.value().is_empty()).map_or("exporter", Matcher::value);
    let mut base = LabelsBuilder::default();
    if naming != Naming::Bare {
        base.set("instance", "host-1").set("job", job);
    }
    if naming == Naming::Shared {
        for selector in expr.selectors() {
            base = identity(selector, &base);
            base.remove(METRIC_NAME);
        }
    }
    for selector in expr.selectors() {
        let identity = identity(selector, &base).build();
        if identity.metric_name().is_none() {
            continue;
        }
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

/// The base with other labels where the selector asks for them; where nothing satisfies a matcher,
/// what is nearly what it asks for.
fn identity(selector: &VectorSelector, base: &LabelsBuilder) -> LabelsBuilder {
    let mut labels = base.clone();
    for matcher in &selector.matchers {
        let known = labels.get(matcher.name()).unwrap_or_default().to_owned();
        if !known.is_empty() && matcher.matches(&known) {
            continue;
        }
        let mut candidates = candidates(matcher).into_iter();
        let value = candidates.find(|value| matcher.matches(value)).unwrap_or("x".to_owned());
        labels.set(matcher.name(), &value);
    }
    labels
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
