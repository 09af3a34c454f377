//! Questions under a watch: what they look at and hold is counted, a refusal ends them, and the
//! bounds they carry (ranges, selectors, limits) hold in memory and in segments.

use crate::world::{Machine, T0, group, labels, put};
use model::{
    Appender, Batch, Exemplar, LabelQuery, Labels, MatchOp, Matcher, Metadata, MetricKind,
    MetricMetadata, Querier, QuerierError, QuerierErrorKind, SelectHints, Timestamp, Watch,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use tsdb::Db;

/// Counts, and refuses from one call on.
#[derive(Debug)]
struct Counting {
    calls: AtomicUsize,
    calls_max: usize,
    ticks: AtomicUsize,
    bytes: AtomicUsize,
}

impl Counting {
    fn new(calls_max: usize) -> Self {
        let zero = || AtomicUsize::new(0);
        Self { calls: zero(), calls_max, ticks: zero(), bytes: zero() }
    }

    fn answer(&self) -> Result<(), QuerierError> {
        if self.calls.fetch_add(1, Ordering::Relaxed) < self.calls_max {
            return Ok(());
        }
        Err(QuerierError::new(QuerierErrorKind::Cancelled, "the asker has left"))
    }
}

impl Watch for Counting {
    fn tick(&self, entries: usize) -> Result<(), QuerierError> {
        self.ticks.fetch_add(entries, Ordering::Relaxed);
        self.answer()
    }

    fn hold(&self, bytes: usize) -> Result<(), QuerierError> {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.answer()
    }
}

/// Two series in a segment, three in memory, each with one sample; an exemplar and two texts.
fn world() -> Db {
    let (db, _) = Machine::new(1).open();
    for n in 0..2 {
        put(&db, &labels("stored", n), T0, 1.0);
    }
    db.flush().unwrap();
    let mut batch = Batch::new(group());
    for n in 0..3_u8 {
        let series = db.resolve(group(), &labels("fresh", n.into())).unwrap();
        let timestamp = Timestamp::from_ms(T0 + 1000 + i64::from(n));
        batch.push(series, timestamp, 1.0);
        let labels = Labels::from_pairs([("trace_id", n.to_string())]);
        batch.exemplars.push((series, Exemplar { labels, value: 0.5, timestamp }));
    }
    for metric in ["fresh", "stored"] {
        let metadata = Metadata { kind: MetricKind::Gauge, help: "h".into(), unit: "s".into() };
        batch.metadata.push(MetricMetadata { metric: metric.into(), metadata });
    }
    db.commit(&batch).unwrap();
    db
}

fn everything(watch: &dyn Watch) -> LabelQuery<'_> {
    let (start, end) = (Timestamp::MIN, Timestamp::MAX);
    LabelQuery { start, end, selectors: &[], limit: None, watch }
}

type Answer = Result<usize, QuerierError>;

fn select(db: &Db, op: MatchOp, value: &str, watch: &dyn Watch) -> Answer {
    let matchers = [Matcher::new(op, "n", value).unwrap()];
    let hints = SelectHints { watch, ..SelectHints::default() };
    db.select(Timestamp::MIN, Timestamp::MAX, &matchers, &hints).map(|found| found.len())
}

type Question = (&'static str, fn(&Db, &dyn Watch) -> Answer);

/// One question of each kind.
const QUESTIONS: [Question; 11] = [
    ("one value", |db, watch| select(db, MatchOp::Equal, "1", watch)),
    ("a list of values", |db, watch| select(db, MatchOp::Regex, "0|1|7", watch)),
    ("a prefix", |db, watch| select(db, MatchOp::Regex, "1.*", watch)),
    ("a program", |db, watch| select(db, MatchOp::Regex, "[01]", watch)),
    ("not a value", |db, watch| select(db, MatchOp::NotEqual, "1", watch)),
    ("names", |db, watch| db.label_names(&everything(watch)).map(|names| names.len())),
    ("values", |db, watch| db.label_values("n", &everything(watch)).map(|values| values.len())),
    ("names of some", |db, watch| {
        let selectors = [vec![Matcher::equal("n", "1")]];
        let query = LabelQuery { selectors: &selectors, ..everything(watch) };
        db.label_names(&query).map(|names| names.len())
    }),
    ("values of some", |db, watch| {
        let selectors = [vec![Matcher::equal("job", "test")]];
        let query = LabelQuery { selectors: &selectors, ..everything(watch) };
        db.label_values("n", &query).map(|values| values.len())
    }),
    ("values of some by program", |db, watch| {
        let selectors = [vec![Matcher::new(MatchOp::Regex, "n", "[01]").unwrap()]];
        let query = LabelQuery { selectors: &selectors, ..everything(watch) };
        db.label_values("n", &query).map(|values| values.len())
    }),
    ("exemplars", |db, watch| db.exemplars(&everything(watch)).map(|found| found.len())),
];

#[test]
fn a_question_is_counted_entry_by_entry() {
    let db = world();
    let counted = QUESTIONS.map(|(name, ask)| {
        let watch = Counting::new(usize::MAX);
        let answers = ask(&db, &watch).unwrap();
        let (ticks, bytes) = (watch.ticks.into_inner(), watch.bytes.into_inner());
        format!("{name}: {answers} answers, {ticks} entries, {bytes} bytes")
    });
    // The two stored series are still known in memory, where they have no samples.
    let want = [
        "one value: 2 answers, 4 entries, 693 bytes",
        "a list of values: 4 answers, 20 entries, 1386 bytes",
        "a prefix: 2 answers, 12 entries, 693 bytes",
        "a program: 4 answers, 787 entries, 1581 bytes",
        "not a value: 3 answers, 13 entries, 1083 bytes",
        "names: 3 answers, 12 entries, 300 bytes",
        "values: 3 answers, 10 entries, 291 bytes",
        "names of some: 3 answers, 10 entries, 300 bytes",
        "values of some: 3 answers, 14 entries, 291 bytes",
        "values of some by program: 2 answers, 791 entries, 389 bytes",
        "exemplars: 3 answers, 3 entries, 795 bytes",
    ];
    assert_eq!(counted, want);
}

#[test]
fn a_question_ends_wherever_its_watch_refuses() {
    let db = world();
    for (name, ask) in QUESTIONS {
        let whole = Counting::new(usize::MAX);
        ask(&db, &whole).unwrap();
        let calls = whole.calls.into_inner();
        assert!(calls > 3, "{name}: {calls}");
        for calls_max in 0..calls {
            let watch = Counting::new(calls_max);
            let error = ask(&db, &watch).unwrap_err();
            assert_eq!(error.kind(), QuerierErrorKind::Cancelled, "{name} after {calls_max}");
            assert_eq!(watch.calls.into_inner(), calls_max + 1, "{name}: nothing more is done");
        }
    }
}

#[test]
fn at_most_so_many_series_are_selected_as_are_wanted() {
    let db = world();
    for (wanted, found) in [(0, 0), (1, 1), (4, 4), (5, 5), (6, 5)] {
        let hints = SelectHints { series_max: Some(wanted), ..SelectHints::default() };
        let selection = db.select(Timestamp::MIN, Timestamp::MAX, &[], &hints).unwrap();
        assert_eq!(selection.len(), found);
    }
}

#[test]
fn labels_are_those_of_series_within_the_range() {
    let db = world();
    let values = |start: i64, end: i64, selectors: &[Vec<Matcher>]| {
        let (start, end) = (Timestamp::from_ms(start), Timestamp::from_ms(end));
        let query = LabelQuery { start, end, selectors, ..everything(&model::Unwatched) };
        let names = db.label_names(&query).unwrap();
        (names.len(), db.label_values("n", &query).unwrap().join(" "))
    };
    for selectors in [vec![], vec![vec![Matcher::equal("job", "test")]]] {
        let answer = |names: usize, values: &str| (names, values.to_owned());
        assert_eq!(values(T0 + 1002, T0 + 1002, &selectors), answer(3, "2"), "in memory");
        assert_eq!(values(T0 - 1, T0, &selectors), answer(3, "0 1"), "in the segment");
        assert_eq!(values(T0 + 1, T0 + 999, &selectors), answer(0, ""), "between");
        assert_eq!(values(T0 + 1003, T0 + 9999, &selectors), answer(0, ""), "after");
    }
}

#[test]
fn labels_of_deleted_series_are_not_named() {
    let db = world();
    let first = [vec![Matcher::equal("n", "0")]];
    db.delete(&first, Timestamp::MIN, Timestamp::MAX).unwrap();
    let query = everything(&model::Unwatched);
    assert_eq!(db.label_values("n", &query).unwrap(), ["1", "2"]);
    let rest = [vec![Matcher::equal("job", "test")]];
    db.delete(&rest, Timestamp::MIN, Timestamp::MAX).unwrap();
    assert_eq!(db.label_names(&query).unwrap(), [""; 0]);
}

#[test]
fn exemplars_are_those_within_range_selectors_and_limit() {
    let db = world();
    let found = |start: i64, end: i64, selectors: &[Vec<Matcher>], limit: Option<usize>| {
        let (start, end) = (Timestamp::from_ms(start), Timestamp::from_ms(end));
        let query = LabelQuery { start, end, selectors, limit, ..everything(&model::Unwatched) };
        let found = db.exemplars(&query).unwrap();
        found.iter().map(|(labels, _)| labels.value("n")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(found(T0 + 1000, T0 + 1002, &[], None), "0 1 2", "both ends count");
    assert_eq!(found(T0 + 1001, T0 + 1001, &[], None), "1");
    let some = [vec![Matcher::equal("n", "2")], vec![Matcher::equal("n", "0")]];
    assert_eq!(found(i64::MIN, i64::MAX, &some, None), "0 2");
    let none = [vec![Matcher::equal("n", "0"), Matcher::equal("n", "2")]];
    assert_eq!(found(i64::MIN, i64::MAX, &none, None), "");
    assert_eq!(found(i64::MIN, i64::MAX, &[], Some(2)), "0 1");
}

#[test]
fn metadata_is_that_of_the_metric_up_to_the_limit() {
    let db = world();
    let metrics = |metric: Option<&str>, limit: Option<usize>| {
        let found = db.metadata(metric, limit).unwrap();
        found.into_iter().map(|entry| entry.metric).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(metrics(None, None), "fresh stored");
    assert_eq!(metrics(Some("stored"), None), "stored");
    assert_eq!(metrics(None, Some(1)), "fresh");
    assert_eq!(metrics(None, Some(0)), "");
}
