//! Queries with helpers: the same bits as alone, within the same limits, and one number of threads
//! for all queries together.

use crate::metamorphic::{QUERIES, steps};
use crate::store::{Random, WithTimelines, add_histograms, load, random_floats};
use model::{
    LabelQuery, Labels, Matcher, MetricMetadata, Querier, QuerierError, SampleBuf, SelectHints,
    Selection, Timestamp,
};
use promql::{ParserOptions, parse_with};
use query::{
    Cancel, Engine, EngineOptions, Helpers, MemoryLimits, QueryError, QueryErrorKind, QueryOutput,
    QueryValue, StepRange,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// Samples that a series claims to have: two of them are work for two lanes.
const CLAIMED: usize = 1_000_000;

type OnRead = Arc<dyn Fn(usize) + Send + Sync>;

/// A store whose series claim to be long, and that tells who reads them.
struct Claims<Q> {
    store: Q,
    samples: usize,
    on_read: OnRead,
}

struct ClaimsSelection {
    inner: Box<dyn Selection>,
    samples: usize,
    on_read: OnRead,
}

impl Selection for ClaimsSelection {
    fn len(&self) -> usize {
        self.inner.len()
    }

    fn labels(&self, index: usize) -> &Labels {
        self.inner.labels(index)
    }

    fn samples_max(&self, _index: usize) -> usize {
        self.samples
    }

    fn read(&self, index: usize, into: &mut SampleBuf) -> Result<(), QuerierError> {
        (self.on_read)(index);
        self.inner.read(index, into)
    }
}

impl<Q: Querier> Querier for Claims<Q> {
    fn select(
        &self,
        start: Timestamp,
        end: Timestamp,
        matchers: &[Matcher],
        hints: &SelectHints<'_>,
    ) -> Result<Box<dyn Selection>, QuerierError> {
        let inner = self.store.select(start, end, matchers, hints)?;
        let on_read = Arc::clone(&self.on_read);
        Ok(Box::new(ClaimsSelection { inner, samples: self.samples, on_read }))
    }

    fn label_names(&self, query: &LabelQuery<'_>) -> Result<Vec<String>, QuerierError> {
        self.store.label_names(query)
    }

    fn label_values(
        &self,
        name: &str,
        query: &LabelQuery<'_>,
    ) -> Result<Vec<String>, QuerierError> {
        self.store.label_values(name, query)
    }

    fn metadata(
        &self,
        metric: Option<&str>,
        limit: Option<usize>,
    ) -> Result<Vec<MetricMetadata>, QuerierError> {
        self.store.metadata(metric, limit)
    }

    fn exemplars(
        &self,
        query: &LabelQuery<'_>,
    ) -> Result<Vec<(Labels, Vec<model::Exemplar>)>, QuerierError> {
        self.store.exemplars(query)
    }
}

fn claims<Q: Querier>(store: Q) -> Claims<Q> {
    Claims { store, samples: CLAIMED, on_read: Arc::new(|_| {}) }
}

fn is_helper() -> bool {
    std::thread::current().name() == Some("query-helper")
}

/// Lets the thread of a query wait until a helper has read something or failed: both have time.
fn wait_for_helper(seen: &AtomicBool, helpers: &Helpers) {
    if is_helper() {
        seen.store(true, Ordering::SeqCst);
    }
    while !seen.load(Ordering::SeqCst) && helpers.busy() > 0 {
        std::thread::yield_now();
    }
}

fn engine(helpers: usize) -> Engine {
    let helpers = Helpers::new(helpers);
    Engine::new(EngineOptions { helpers, count_queryable: true, ..EngineOptions::default() })
}

/// Everything that an answer says, every bit of it.
fn told(output: Result<QueryOutput, QueryError>) -> String {
    let output = match output {
        Ok(output) => output,
        Err(error) => return format!("{:?} {error}", error.kind()),
    };
    let bits = |value: &model::Value| match value {
        model::Value::Float(value) => format!("{:016x}", value.to_bits()),
        model::Value::Histogram(histogram) => format!("{histogram:?}"),
    };
    let value: Vec<String> = match &output.value {
        QueryValue::Vector(samples) => samples
            .iter()
            .map(|sample| format!("{} {}", sample.labels, bits(&sample.value)))
            .collect(),
        QueryValue::Matrix(series) => {
            let points = |points: &[(Timestamp, model::Value)]| -> Vec<String> {
                points.iter().map(|(at, value)| format!("{} {}", at.ms(), bits(value))).collect()
            };
            series.iter().map(|one| format!("{} {:?}", one.labels, points(&one.points))).collect()
        }
        other @ (QueryValue::Scalar { .. } | QueryValue::String { .. }) => {
            vec![format!("{other:?}")]
        }
    };
    let QueryOutput { warnings, infos, stats, queryable, .. } = &output;
    format!("{value:#?}\n{warnings:#?} {infos:#?} {stats:?} {queryable:?}")
}

#[test]
fn an_answer_does_not_depend_on_the_number_of_lanes() {
    for seed in 300..304 {
        let mut random = Random(seed);
        let mut store = random_floats(&mut random);
        add_histograms(&mut store, &mut random);
        let (plain, shared) = (claims(store.clone()), claims(WithTimelines(store)));
        for query in QUERIES {
            let expr = parse_with(query, &ParserOptions::ALL).unwrap();
            let steps = steps(&mut random);
            let range = |helpers: usize, store: &dyn Querier| {
                told(engine(helpers).range(store, &expr, &steps, &Cancel::new()))
            };
            let instant = |helpers: usize| {
                told(engine(helpers).instant(&plain, &expr, steps.end, &Cancel::new()))
            };
            let alone = range(0, &plain);
            for helpers in [1, 3] {
                let what = format!("seed {seed}: {query} over {steps:?}, {helpers} helpers");
                assert_eq!(range(helpers, &plain), alone, "{what}");
                assert_eq!(range(helpers, &shared), alone, "{what}, shared timestamps");
                assert_eq!(instant(helpers), instant(0), "{what}, at its end");
            }
        }
    }
}

/// So many series of `a_total`, an hour long.
fn many(count: usize) -> Claims<query::MemoryQuerier> {
    let series = |i| format!("a_total{{i=\"{i:04}\"}} 0+{}x60", i + 1);
    claims(load(&(0..count).map(series).collect::<Vec<_>>().join("\n")))
}

/// One that has helpers at once, and what they did.
fn run(
    store: &dyn Querier,
    options: &EngineOptions,
    query: &str,
    cancel: &Cancel,
) -> Result<QueryOutput, QueryError> {
    let expr = promql::parse(query).unwrap();
    let at = |minutes: i64| Timestamp::from_ms(minutes * 60_000);
    let steps = StepRange { start: at(10), end: at(60), step: Duration::from_mins(1) };
    Engine::new(options.clone()).range(store, &expr, &steps, cancel)
}

fn with(helpers: &Helpers) -> EngineOptions {
    EngineOptions { helpers: helpers.clone(), ..EngineOptions::default() }
}

#[test]
fn a_helper_stops_when_the_query_is_cancelled() {
    let (cancel, helpers) = (Cancel::new(), Helpers::new(2));
    let mut store = many(600);
    let (seen, reads) = (AtomicBool::new(false), Arc::new(AtomicUsize::new(0)));
    let (stop, counted, lent) = (cancel.clone(), Arc::clone(&reads), helpers.clone());
    store.on_read = Arc::new(move |_| {
        wait_for_helper(&seen, &lent);
        if counted.fetch_add(1, Ordering::SeqCst) == 40 {
            stop.cancel();
        }
    });
    let error = run(&store, &with(&helpers), "rate(a_total[5m])", &cancel).unwrap_err();
    assert_eq!(error.kind(), QueryErrorKind::Cancelled);
    // Every lane asks after a few thousand samples and steps.
    assert!(reads.load(Ordering::SeqCst) < 500, "{reads:?}");
    assert_eq!((helpers.busy(), cancel.progress().bytes()), (0, 0));
}

#[test]
fn limits_are_those_of_a_query_alone() {
    let store = many(400);
    let query = "sum(rate(a_total[5m]))";
    let (helpers, alone) = (Helpers::new(3), Helpers::default());
    let least = (0..40_000).step_by(50).find(|samples_max| {
        let options = EngineOptions { samples_max: *samples_max, ..with(&alone) };
        run(&store, &options, query, &Cancel::new()).is_ok()
    });
    let least = least.expect("an hour of 400 series is less than the largest limit");
    for samples_max in [0, 100, 5_000, least - 50, least] {
        let told = |helpers: &Helpers| {
            let options = EngineOptions { samples_max, ..with(helpers) };
            told(run(&store, &options, query, &Cancel::new()))
        };
        assert_eq!(told(&helpers), told(&alone), "{samples_max} samples");
    }
    assert_eq!(helpers.busy(), 0);
}

#[test]
fn the_bytes_of_all_lanes_count_together() {
    let mut store = many(100);
    let helpers = Helpers::new(1);
    let (seen, lent, rested) = (AtomicBool::new(false), helpers.clone(), AtomicBool::new(false));
    store.on_read = Arc::new(move |_| {
        wait_for_helper(&seen, &lent);
        // The helper holds its first series while the other thread asks for room: that one is
        // refused before it reads, so that nothing tells when it was.
        if is_helper() && !rested.swap(true, Ordering::SeqCst) {
            std::thread::sleep(Duration::from_secs(1));
        }
    });
    // Room for one series that is as long as these claim to be, not for two.
    let memory = MemoryLimits { bytes_max: 100 << 20, ..MemoryLimits::default() };
    let told = |helpers: &Helpers| {
        let options = EngineOptions { memory: memory.clone(), ..with(helpers) };
        run(&store, &options, "sum(rate(a_total[5m]))", &Cancel::new()).map(drop)
    };
    let error = told(&helpers).unwrap_err();
    assert_eq!(error.kind(), QueryErrorKind::TooMuchMemory, "{error}");
    assert!(told(&Helpers::default()).is_ok());
    assert_eq!(helpers.busy(), 0);
}

#[test]
fn a_panic_of_a_helper_is_an_error_of_its_query_alone() {
    let mut store = many(100);
    let helpers = Helpers::new(1);
    let (seen, lent) = (AtomicBool::new(false), helpers.clone());
    store.on_read = Arc::new(move |_| {
        wait_for_helper(&seen, &lent);
        assert!(!is_helper(), "a bug that this test looks for");
    });
    let cancel = Cancel::new();
    let error = run(&store, &with(&helpers), "sum(rate(a_total[5m]))", &cancel).unwrap_err();
    assert_eq!(error.kind(), QueryErrorKind::Storage);
    assert!(error.to_string().contains("panicked"), "{error}");
    assert_eq!((helpers.busy(), cancel.progress().bytes()), (0, 0));
    let next = run(&many(100), &with(&helpers), "sum(rate(a_total[5m]))", &Cancel::new());
    assert!(next.is_ok(), "helpers are there again");
}

#[test]
fn many_queries_share_helpers_and_go_alone_without() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut store = many(300);
    let (reading, peak) = (Arc::clone(&now), Arc::clone(&most));
    store.on_read = Arc::new(move |_| {
        if is_helper() {
            let together = reading.fetch_add(1, Ordering::SeqCst) + 1;
            peak.fetch_max(together, Ordering::SeqCst);
            std::thread::yield_now();
            reading.fetch_sub(1, Ordering::SeqCst);
        }
    });
    let helpers = Helpers::new(2);
    let query = "sum(rate(a_total[5m]))";
    let expected = told(run(&store, &with(&Helpers::default()), query, &Cancel::new()));
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| {
                let told = told(run(&store, &with(&helpers), query, &Cancel::new()));
                assert_eq!(told, expected);
            });
        }
    });
    let most = most.load(Ordering::SeqCst);
    assert!(most <= 2, "{most} helpers at a time");
    assert_eq!(helpers.busy(), 0);
}

#[test]
fn little_work_takes_no_helper() {
    let helpers = Helpers::new(4);
    let busy = Arc::new(AtomicBool::new(false));
    let (asked, noted) = (helpers.clone(), Arc::clone(&busy));
    let mut store = many(1);
    store.on_read = Arc::new(move |_| {
        if asked.busy() > 0 {
            noted.store(true, Ordering::SeqCst);
        }
    });
    // A series alone cannot be shared, whatever it claims; a hundred short ones are not worth it.
    run(&store, &with(&helpers), "rate(a_total[5m])", &Cancel::new()).unwrap();
    let mut store = many(100);
    store.samples = 60;
    store.on_read = Arc::new(|_| assert!(!is_helper()));
    run(&store, &with(&helpers), "rate(a_total[5m])", &Cancel::new()).unwrap();
    assert!(!busy.load(Ordering::SeqCst));
}
