//! The bytes that a query accounts for against those that an allocator sees: never less (but for
//! small change), and not many times more, whatever the operator and the shape of the data.

use model::{
    Histogram, LabelQuery, Labels, Matcher, Querier, QuerierError, SampleBuf, SelectHints,
    Selection, Span, Timestamp,
};
use query::{Cancel, Engine, EngineOptions, QueryErrorKind, StepRange};
use std::sync::Arc;
use std::time::Duration;
use testkit::peak_of;

#[global_allocator]
static COUNTING: testkit::Counting = testkit::Counting;

/// Small change: buffers that do not grow with the data.
const SLACK_BYTES: usize = 128 << 10;
/// Estimates may be above what is seen by this factor; a row of one sample costs most.
const FACTOR_MAX: usize = 8;

/// Series whose samples are made when they are read, so that only the query holds memory.
struct Made {
    series: Arc<Vec<Labels>>,
    samples: i64,
    histograms: bool,
}

impl Made {
    /// So many series with samples every 15 s from 0 on; of 10 series 9 differ in `i` alone.
    fn new(series: usize, samples: i64) -> Self {
        let labels = |i: usize| {
            let (i, le) = (format!("instance-{i:06}"), format!("{}", i % 10));
            Labels::from_pairs([("__name__", "m_bucket"), ("i", &i), ("job", "j"), ("le", &le)])
        };
        Self { series: Arc::new((0..series).map(labels).collect()), samples, histograms: false }
    }
}

struct Chosen {
    made: Made,
    until: i64,
    from: i64,
}

impl Selection for Chosen {
    fn len(&self) -> usize {
        self.made.series.len()
    }

    fn labels(&self, index: usize) -> &Labels {
        &self.made.series[index]
    }

    fn samples_max(&self, _index: usize) -> usize {
        usize::try_from(self.made.samples).unwrap()
    }

    fn read(&self, index: usize, into: &mut SampleBuf) -> Result<(), QuerierError> {
        into.clear();
        let seed = index as f64;
        for at in (0..self.made.samples).map(|i| i * 15_000) {
            if at < self.from || at > self.until {
                continue;
            }
            if self.made.histograms {
                into.push_histogram(at, Arc::new(histogram(seed + at as f64)));
            } else {
                into.push(at, seed * 1000.0 + at as f64);
            }
        }
        Ok(())
    }
}

fn histogram(count: f64) -> Histogram {
    Histogram {
        count: 8.0 * count,
        sum: count,
        positive_spans: vec![Span { offset: 0, length: 8 }],
        positive_buckets: vec![count; 8],
        ..Histogram::default()
    }
}

impl Querier for Made {
    fn select(
        &self,
        start: Timestamp,
        end: Timestamp,
        _matchers: &[Matcher],
        _hints: &SelectHints<'_>,
    ) -> Result<Box<dyn Selection>, QuerierError> {
        let made = Self { series: Arc::clone(&self.series), ..*self };
        Ok(Box::new(Chosen { made, from: start.ms(), until: end.ms() }))
    }

    fn label_names(&self, _query: &LabelQuery<'_>) -> Result<Vec<String>, QuerierError> {
        Ok(Vec::new())
    }

    fn label_values(
        &self,
        _name: &str,
        _query: &LabelQuery<'_>,
    ) -> Result<Vec<String>, QuerierError> {
        Ok(Vec::new())
    }

    fn metadata(
        &self,
        _metric: Option<&str>,
        _limit: Option<usize>,
    ) -> Result<Vec<model::MetricMetadata>, QuerierError> {
        Ok(Vec::new())
    }

    fn exemplars(
        &self,
        _query: &LabelQuery<'_>,
    ) -> Result<Vec<(Labels, Vec<model::Exemplar>)>, QuerierError> {
        Ok(Vec::new())
    }
}

const QUERIES: &[&str] = &[
    "m_bucket",
    "-m_bucket",
    "m_bucket * 2",
    "m_bucket > 100",
    "m_bucket @ 0",
    "m_bucket + m_bucket",
    "m_bucket - on (i) group_left (le) m_bucket",
    "m_bucket * on (i) fill (1) m_bucket",
    "m_bucket and m_bucket",
    "m_bucket or m_bucket{i=\"x\"}",
    "m_bucket unless on (i) m_bucket",
    "rate(m_bucket[5m])",
    "irate(m_bucket[5m])",
    "quantile_over_time(0.5, m_bucket[5m])",
    "max_over_time(m_bucket[10m:30s])",
    "sum_over_time(rate(m_bucket[1m])[10m:15s])",
    "absent_over_time(m_bucket[5m])",
    "absent(m_bucket)",
    "sum(m_bucket)",
    "sum by (i) (m_bucket)",
    "avg by (le) (rate(m_bucket[1m]))",
    "quantile(0.5, m_bucket)",
    "quantile by (i) (0.5, m_bucket)",
    "stddev without (le) (m_bucket)",
    "topk(5, m_bucket)",
    "limit_ratio(0.5, m_bucket)",
    "count_values(\"v\", m_bucket)",
    "histogram_quantile(0.9, m_bucket)",
    "histogram_quantiles(m_bucket, \"q\", 0.5, 0.9)",
    "label_replace(m_bucket, \"copy\", \"$1-$1\", \"i\", \"(.*)\")",
    "label_join(m_bucket, \"copy\", \"-\", \"i\", \"i\", \"i\")",
    "sort(m_bucket)",
    "abs(m_bucket)",
    "clamp(m_bucket, 0, 50)",
    "timestamp(m_bucket)",
    "info(m_bucket)",
    "scalar(m_bucket) + time()",
    "vector(time())",
    "sum_over_time(vector(1)[1h:1s])",
];

/// Real and accounted peak of a query over `steps` steps a minute apart.
fn peaks(store: &Made, text: &str, steps: i64) -> (usize, usize) {
    let expr = promql::parse_with(text, &promql::ParserOptions::ALL).unwrap();
    let (start, step) = (Timestamp::from_ms(0), Duration::from_mins(1));
    let range = StepRange { start, end: Timestamp::from_ms((steps - 1) * 60_000), step };
    let (engine, cancel) = (Engine::default(), Cancel::new());
    let (output, seen) = peak_of(|| match steps {
        1 => engine.instant(store, &expr, Timestamp::from_ms(60_000), &cancel),
        _ => engine.range(store, &expr, &range, &cancel),
    });
    // Values may not fit each other: what had been taken until then is compared all the same.
    drop(output);
    assert_eq!(cancel.progress().bytes(), 0, "{text}: all is given back");
    (seen, cancel.progress().bytes_peak())
}

fn compare(store: &Made, steps: i64) {
    let mut wrong = Vec::new();
    for text in QUERIES {
        let (seen, accounted) = peaks(store, text, steps);
        let line = || format!("{text}: {seen} bytes seen, {accounted} accounted for");
        if seen > accounted + SLACK_BYTES {
            wrong.push(format!("too few: {}", line()));
        }
        if accounted > FACTOR_MAX * seen + SLACK_BYTES {
            wrong.push(format!("too many: {}", line()));
        }
    }
    assert!(wrong.is_empty(), "{steps} steps:\n{}", wrong.join("\n"));
}

#[test]
fn many_series_at_one_instant() {
    compare(&Made::new(5_000, 8), 1);
}

#[test]
fn some_series_over_some_steps() {
    compare(&Made::new(400, 240), 60);
}

#[test]
fn few_series_over_many_steps() {
    compare(&Made::new(10, 6_000), 1_500);
}

#[test]
fn histograms_over_steps() {
    let store = Made { histograms: true, ..Made::new(40, 240) };
    let mut wrong = Vec::new();
    for text in [
        "m_bucket",
        "sum(m_bucket)",
        "avg by (le) (m_bucket)",
        "rate(m_bucket[5m])",
        "m_bucket * 2",
        "m_bucket + m_bucket",
        "m_bucket @ 0",
        "sum_over_time(m_bucket[10m:30s])",
        "histogram_quantile(0.5, m_bucket)",
    ] {
        let (seen, accounted) = peaks(&store, text, 60);
        if seen > accounted + SLACK_BYTES {
            wrong.push(format!("{text}: {seen} bytes seen, {accounted} accounted for"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_operator_gets_past_the_limit() {
    let limit = 2 << 20;
    for (series, samples, steps) in [(10_000, 8, 1), (1_000, 240, 60), (40, 6_000, 1_500)] {
        let store = Made::new(series, samples);
        for text in QUERIES {
            let expr = promql::parse_with(text, &promql::ParserOptions::ALL).unwrap();
            let mut options = EngineOptions::default();
            options.memory.bytes_max = limit;
            let (start, step) = (Timestamp::from_ms(0), Duration::from_mins(1));
            let end = Timestamp::from_ms((steps - 1) * 60_000);
            let range = StepRange { start, end, step };
            let (output, seen) =
                peak_of(|| Engine::new(options).range(&store, &expr, &range, &Cancel::new()));
            assert!(seen < limit + SLACK_BYTES, "{text}: {seen} bytes, the limit is {limit}");
            let Err(error) = output else { continue };
            if error.kind() == QueryErrorKind::TooMuchMemory {
                let text = error.to_string();
                assert!(text.contains("too much memory: more than 2 MiB, at `"), "{text}");
            }
        }
    }
}
