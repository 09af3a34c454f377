//! What is remembered is what evaluation gives, whatever came meanwhile, and stays within bounds.

use super::*;
use crate::MemoryQuerier;
use model::{Exemplar, LabelQuery, Matcher, MetricMetadata, QuerierError, SelectHints, Selection};

/// A store that tells what changed.
#[derive(Default)]
struct Store {
    samples: MemoryQuerier,
    changes: Vec<i64>,
    is_silent: bool,
}

impl Store {
    fn push(&mut self, labels: &Labels, at: i64, value: f64) {
        self.samples.push(labels, Timestamp::from_ms(at), Value::Float(value));
        self.changes.push(at);
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

impl History for Store {
    fn moment(&self) -> Option<u64> {
        (!self.is_silent).then_some(self.changes.len() as u64)
    }

    fn unchanged_before(&self, moment: u64) -> Option<Timestamp> {
        let since = &self.changes[usize::try_from(moment).unwrap()..];
        Some(since.iter().min().map_or(Timestamp::MAX, |ms| Timestamp::from_ms(*ms)))
    }
}

impl Querier for Store {
    fn select(
        &self,
        start: Timestamp,
        end: Timestamp,
        matchers: &[Matcher],
        hints: &SelectHints<'_>,
    ) -> Result<Box<dyn Selection>, QuerierError> {
        self.samples.select(start, end, matchers, hints)
    }

    fn label_names(&self, query: &LabelQuery<'_>) -> Result<Vec<String>, QuerierError> {
        self.samples.label_names(query)
    }

    fn label_values(
        &self,
        name: &str,
        query: &LabelQuery<'_>,
    ) -> Result<Vec<String>, QuerierError> {
        self.samples.label_values(name, query)
    }

    fn metadata(
        &self,
        metric: Option<&str>,
        limit: Option<usize>,
    ) -> Result<Vec<MetricMetadata>, QuerierError> {
        self.samples.metadata(metric, limit)
    }

    fn exemplars(
        &self,
        query: &LabelQuery<'_>,
    ) -> Result<Vec<(Labels, Vec<Exemplar>)>, QuerierError> {
        self.samples.exemplars(query)
    }
}

fn steps(first: i64, last: i64, step: u64) -> StepRange {
    let at = Timestamp::from_ms;
    StepRange { start: at(first), end: at(last), step: Duration::from_millis(step) }
}

/// Everything an answer shows, floats by their bits.
fn shown(output: &QueryOutput) -> Vec<String> {
    let QueryValue::Matrix(series) = &output.value else { panic!("a range query") };
    let point = |(time, value): &(Timestamp, Value)| match value {
        Value::Float(value) => format!("{} {:x}", time.ms(), value.to_bits()),
        Value::Histogram(_) => panic!("no histograms here"),
    };
    let rows = series.iter().map(|one| {
        let points: Vec<String> = one.points.iter().map(point).collect();
        format!("{} {}", one.labels, points.join(", "))
    });
    rows.chain(output.warnings.iter().cloned()).chain(output.infos.iter().cloned()).collect()
}

fn ask(cache: &RangeCache, store: &Store, text: &str, steps: &StepRange) -> Vec<String> {
    let (engine, expr) = (Engine::default(), promql::parse(text).unwrap());
    let query = Query { expr: &expr, text };
    let asked = Asked { querier: store, history: store, query };
    let output = cache.range(&engine, asked, steps, &Cancel::new()).unwrap();
    let fresh = engine.range(store, query, steps, &Cancel::new()).unwrap();
    assert_eq!(shown(&output), shown(&fresh), "{text} {steps:?}");
    shown(&output)
}

fn labels(name: &str, n: u64) -> Labels {
    Labels::from_pairs([("__name__", name), ("n", &n.to_string())])
}

const QUESTIONS: [&str; 14] = [
    "a_total",
    "sum(rate(a_total[70s]))",
    "sum by (n) (rate(a_total[2m])) / count(b)",
    "avg(b) + stddev(b)",
    "max_over_time(b[1m]) - min_over_time(b[50s])",
    "sum_over_time(b[95s])",
    "quantile_over_time(0.3, b[3m])",
    "topk(2, b)",
    "b offset 40s",
    "avg_over_time(sum(b)[2m:15s])",
    "absent(b{n=\"1\"})",
    "time() - timestamp(b)",
    "scalar(sum(b))",
    "b unless on (n) a_total > 20",
];

#[test]
fn remembered_answers_are_those_of_evaluation() {
    let mut seed = 7_u64;
    let mut next = |most: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % most
    };
    let cache = RangeCache::new(1 << 20);
    let mut store = Store::default();
    let mut now = 1_000_000_i64;
    for _ in 0..1500 {
        now += 5000;
        for n in 0..4 {
            if next(5) > 0 {
                store.push(&labels("a_total", n), now, (now / 700 % 90_000) as f64 / 3.0);
                store.push(&labels("b", n), now - 1, next(1000) as f64 / 7.0);
            }
        }
        if next(12) == 0 {
            let late = now - 5000 * i64::try_from(next(100)).unwrap() - 2;
            store.push(&labels("b", next(6)), late, next(1000) as f64);
        }
        let text = QUESTIONS[usize::try_from(next(14)).unwrap()];
        let step = [10_000, 15_000][usize::try_from(next(2)).unwrap()];
        let begin = now - 300_000 + i64::try_from(next(3)).unwrap() * 5000;
        let begin = begin - begin % i64::try_from(step).unwrap();
        ask(&cache, &store, text, &steps(begin, now, step));
    }
    let stats = cache.stats();
    assert!(stats.hits > 500 && stats.misses >= 28, "{stats:?}");
    assert!(stats.steps > 8000, "{stats:?}");
}

#[test]
fn steps_that_did_not_change_are_not_evaluated() {
    let (cache, mut store) = (RangeCache::new(1 << 20), Store::default());
    (0..100).for_each(|n| store.push(&labels("b", 1), n * 1000, n as f64));
    ask(&cache, &store, "b", &steps(0, 90_000, 1000));
    ask(&cache, &store, "b", &steps(10_000, 90_000, 1000));
    assert_eq!(cache.stats().steps, 81);
    store.push(&labels("b", 1), 100_000, 1.0);
    ask(&cache, &store, "b", &steps(20_000, 100_000, 1000));
    assert_eq!(cache.stats().steps, 81 + 71);
    store.push(&labels("b", 2), 50_500, 1.0);
    ask(&cache, &store, "b", &steps(20_000, 100_000, 1000));
    assert_eq!(cache.stats().steps, 81 + 71 + 31, "a late sample at 50.5 s");
    store.push(&labels("b", 2), 0, 1.0);
    ask(&cache, &store, "b", &steps(20_000, 100_000, 1000));
    let stats = cache.stats();
    assert_eq!((stats.steps, stats.hits, stats.misses), (183, 3, 2), "nothing is as it was");
}

#[test]
fn what_depends_on_more_than_the_past_of_a_step_is_not_remembered() {
    let (cache, mut store) = (RangeCache::new(1 << 20), Store::default());
    (0..100).for_each(|n| store.push(&labels("b", 1), n * 1000, n as f64));
    let questions =
        ["b offset -10s", "b @ 5", "b @ end()", "limitk(1, b)", "rate(b[10s] @ start())"];
    let parser = promql::ParserOptions::ALL;
    for text in questions {
        let expr = promql::parse_with(text, &parser).unwrap();
        let query = Query { expr: &expr, text };
        for _ in 0..2 {
            let steps = steps(0, 50_000, 1000);
            let asked = Asked { querier: &store, history: &store, query };
            cache.range(&Engine::default(), asked, &steps, &Cancel::new()).unwrap();
        }
    }
    assert_eq!(cache.stats(), RangeCacheStats { passed: 10, ..RangeCacheStats::default() });
    store.is_silent = true;
    ask(&cache, &store, "b", &steps(0, 50_000, 1000));
    assert_eq!((cache.stats().passed, cache.stats().answers), (11, 0), "nobody tells of changes");
}

#[test]
fn answers_with_annotations_are_not_remembered() {
    let (cache, mut store) = (RangeCache::new(1 << 20), Store::default());
    (0..100).for_each(|n| store.push(&labels("b", 1), n * 1000, n as f64));
    for _ in 0..2 {
        let answer = ask(&cache, &store, "rate(b[10s])", &steps(0, 50_000, 1000));
        assert!(answer.iter().any(|line| line.contains("might not be a counter")), "{answer:?}");
    }
    assert_eq!((cache.stats().misses, cache.stats().answers), (2, 0));
}

#[test]
fn the_bound_holds_and_what_was_used_last_stays() {
    let mut store = Store::default();
    (0..1000).for_each(|n| store.push(&labels("b", 1), n * 1000, n as f64));
    let cache = RangeCache::new(20_000);
    let asked = |n: u64| ask(&cache, &store, &format!("b + {n}"), &steps(0, 50_000, 1000));
    for n in 0..100 {
        asked(n);
        asked(0);
        assert!(cache.stats().bytes <= 20_000, "{:?}", cache.stats());
    }
    assert!((5..20).contains(&cache.stats().answers), "{:?}", cache.stats());
    assert_eq!(cache.stats().hits, 100, "the first question is asked again and again");
    ask(&cache, &store, "b", &steps(0, 999_000, 1000));
    let before = cache.stats().hits;
    ask(&cache, &store, "b", &steps(0, 999_000, 1000));
    assert_eq!(cache.stats().hits, before, "larger than a quarter of the cache");
}

#[test]
fn the_ends_of_time_are_ordinary() {
    let (cache, store) = (RangeCache::new(1 << 20), Store::default());
    for (first, last) in [(i64::MIN, i64::MIN + 5000), (i64::MAX - 5000, i64::MAX), (5, 5)] {
        ask(&cache, &store, "vector(1)", &steps(first, last, 1000));
        ask(&cache, &store, "vector(1)", &steps(first, last, 1000));
    }
}
