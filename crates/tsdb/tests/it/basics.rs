//! The ordinary life of a database: what is appended is found, restarts forget nothing.

use crate::world::{
    HOUR, Machine, T0, batch, commit, dump, dump_range, faults, group, labels, put, text,
};
use model::{
    AppendErrorKind, Appender, Batch, CounterReset, Exemplar, GroupKey, Histogram, HistogramCounts,
    LabelQuery, Labels, Matcher, Metadata, MetricKind, MetricMetadata, Querier, RowFault,
    SampleBuf, SelectHints, SeriesRef, Span, Timestamp, Value, stale_marker,
};
use std::path::Path;
use std::time::Duration;
use sys::Vfs;
use sys::sim::OpKind;
use tsdb::inspect::View;
use tsdb::{DbErrorKind, DbOptions, Durability, Limits};

#[test]
fn what_is_committed_is_found_at_once_and_after_a_restart() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    put(&db, &labels("up", 1), T0, 1.0);
    put(&db, &labels("up", 1), T0 + 1000, stale_marker());
    let before = dump(&db);
    assert_eq!(before[&labels("up", 1)].len(), 2);
    drop(db);
    let (db, report) = machine.open();
    assert_eq!(dump(&db), before);
    assert_eq!((report.rows, report.series, report.damage.len()), (2, 1, 0));
}

#[test]
fn the_rules_for_timestamps() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    let a = labels("a", 1);
    assert_eq!(put(&db, &a, T0, 1.0).accepted, 1);
    assert_eq!(put(&db, &a, T0, 1.0).repeated, 1);
    assert_eq!(faults(&put(&db, &a, T0, 2.0)), [RowFault::DuplicateTimestamp]);
    assert_eq!(faults(&put(&db, &a, T0 - 1, 2.0)), [RowFault::OutOfOrder]);
    assert_eq!(put(&db, &a, T0 + 600_000, 2.0).accepted, 1, "ten minutes ahead");
    assert_eq!(faults(&put(&db, &a, T0 + 600_001, 2.0)), [RowFault::TooFarInFuture]);
    let unknown = commit(&db, &[(SeriesRef(999), T0, Value::Float(1.0))]);
    assert_eq!(faults(&unknown), [RowFault::UnknownSeries]);
    let month_ago = T0 - 31 * 24 * HOUR;
    machine.open_fails_while_open();
    db.maintain(machine.now());
    assert_eq!(faults(&put(&db, &labels("c", 1), month_ago, 1.0)), [RowFault::TooOld]);
}

impl Machine {
    fn open_fails_while_open(&self) {
        let vfs = std::sync::Arc::new(self.vfs.clone());
        let error = tsdb::Db::open(Self::options(), vfs, self.clock.clone()).err().unwrap();
        assert_eq!(error.kind(), DbErrorKind::Locked);
    }
}

#[test]
fn rows_of_one_series_in_one_batch_follow_the_same_rules() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    let a = db.resolve(group(), &labels("a", 1)).unwrap();
    let b = db.resolve(group(), &labels("b", 1)).unwrap();
    let f = Value::Float;
    let rows = [
        (a, T0, f(1.0)),
        (b, T0, f(1.0)),
        (a, T0 + 1, f(2.0)),
        (a, T0 + 1, f(2.0)),
        (a, T0 + 1, f(3.0)),
        (a, T0, f(9.0)),
        (b, T0 + 5, f(2.0)),
    ];
    let report = commit(&db, &rows);
    assert_eq!((report.accepted, report.repeated), (4, 1));
    assert_eq!(faults(&report), [RowFault::DuplicateTimestamp, RowFault::OutOfOrder]);
    let rejected: Vec<usize> = report.rejected.iter().map(|r| r.row).collect();
    assert_eq!(rejected, [4, 5]);
    assert_eq!(dump(&db)[&labels("a", 1)].len(), 2);
}

#[test]
fn a_batch_names_a_new_series_once_however_many_rows_it_has() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    let long = Labels::from_pairs([("__name__", "m".to_owned()), ("text", "x".repeat(1000))]);
    let series = db.resolve(group(), &long).unwrap();
    let commit_from = |first: i64| {
        let before = db.stats().journal_written_bytes;
        let rows: Vec<_> =
            (0..500).map(|row| (series, T0 + first + row, Value::Float(1.0))).collect();
        assert_eq!(commit(&db, &rows).accepted, 500);
        db.sync().unwrap();
        db.stats().journal_written_bytes - before
    };
    let (first, second) = (commit_from(0), commit_from(500));
    assert!((1000..1100).contains(&(first - second)), "one label set: {first}, then {second}");
}

#[test]
fn a_histogram_whose_buckets_do_not_fit_is_refused_alone() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    let a = db.resolve(group(), &labels("a", 1)).unwrap();
    let positive = Histogram { positive_buckets: vec![1.0], ..Default::default() };
    let negative = Histogram { negative_buckets: vec![1.0], ..Default::default() };
    for (at, bad) in [(T0, positive), (T0 + 2, negative)] {
        let rows = [(a, at, Value::Histogram(bad.into())), (a, at + 1, Value::Float(1.0))];
        let report = commit(&db, &rows);
        assert_eq!(faults(&report), [RowFault::InvalidHistogram]);
        assert_eq!(report.accepted, 1);
    }
}

/// Neighbours that differ in one part only are not written as if they had the same shape.
#[test]
fn inv_10_each_part_of_a_histogram_comes_back() {
    let first = Histogram {
        counts: HistogramCounts::Integer,
        schema: 1,
        zero_threshold: 0.25,
        count: 6.0,
        positive_spans: vec![Span { offset: 0, length: 2 }],
        positive_buckets: vec![1.0, 2.0],
        negative_spans: vec![Span { offset: 1, length: 1 }],
        negative_buckets: vec![3.0],
        custom_values: vec![0.0, 2.0],
        ..Histogram::default()
    };
    let others = [
        Histogram { counts: HistogramCounts::Float, ..first.clone() },
        Histogram { counter_reset: CounterReset::Reset, ..first.clone() },
        Histogram { schema: 2, ..first.clone() },
        Histogram { zero_threshold: -0.25, ..first.clone() },
        Histogram { positive_spans: vec![Span { offset: 1, length: 2 }], ..first.clone() },
        Histogram { negative_spans: vec![Span { offset: 2, length: 1 }], ..first.clone() },
        Histogram { custom_values: vec![-0.0, 2.0], ..first.clone() },
        Histogram { custom_values: vec![0.0], ..first.clone() },
    ];
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    let series = db.resolve(group(), &labels("h", 1)).unwrap();
    let mut want = Vec::new();
    for (at, other) in (T0..).step_by(2).zip(others) {
        for (ms, histogram) in [(at, first.clone()), (at + 1, other)] {
            let value = Value::Histogram(histogram.into());
            want.push((ms, text(&value, 0)));
            assert_eq!(commit(&db, &[(series, ms, value)]).accepted, 1);
        }
    }
    assert_eq!(dump(&db)[&labels("h", 1)], want);
    db.flush().unwrap();
    assert_eq!(dump(&db)[&labels("h", 1)], want);
}

#[test]
fn metadata_beyond_its_limits_is_left_out() {
    let machine = Machine::new(1);
    let limits = Limits { metadata_max: 3, label_value_bytes_max: 10, ..Limits::default() };
    let (db, _) = machine.open_with(DbOptions { limits, ..Machine::options() });
    let entry = |metric: &str, unit: usize, help: usize| {
        let (help, unit) = ("h".repeat(help), "u".repeat(unit));
        let metadata = Metadata { kind: MetricKind::Gauge, help, unit };
        MetricMetadata { metric: metric.into(), metadata }
    };
    let give = |db: &tsdb::Db, metadata: &[MetricMetadata]| {
        let batch = Batch { metadata: metadata.to_vec(), ..Batch::new(group()) };
        db.commit(&batch).unwrap();
    };
    let known = |db: &tsdb::Db| {
        let found = db.metadata(None, None).unwrap().into_iter();
        let found = found.map(|entry| format!("{} {}", entry.metric, entry.metadata.help.len()));
        found.collect::<Vec<_>>().join(", ")
    };
    let (longest, longer) = ("m".repeat(10), "m".repeat(11));
    for bad in [entry("", 1, 1), entry(&longer, 1, 1), entry("a", 11, 1), entry("a", 1, 65_537)] {
        give(&db, &[bad]);
        assert_eq!(known(&db), "");
    }
    give(&db, &[entry(&longest, 10, 1), entry("b", 0, 65_536)]);
    assert_eq!(known(&db), "b 65536, mmmmmmmmmm 1");
    give(&db, &[entry("c", 0, 2), entry("d", 0, 2)]);
    assert_eq!(known(&db), "b 65536, c 2, mmmmmmmmmm 1", "three at most");
    give(&db, &[entry("b", 0, 3), entry("d", 0, 2)]);
    assert_eq!(known(&db), "b 3, c 2, mmmmmmmmmm 1", "a known one may change");
    let operations = machine.vfs.operations();
    give(&db, &[entry("b", 0, 3), entry("d", 0, 2)]);
    assert_eq!(machine.vfs.operations(), operations, "nothing new is nothing to write");
    drop(db);
    let (db, _) = machine.killed().open();
    assert_eq!(known(&db), "b 3, c 2, mmmmmmmmmm 1", "metadata alone are worth a record");
}

/// Segments and memory hold the same series in different orders of birth; a selection merges them.
#[test]
fn inv_3_selections_come_sorted_from_segments_and_memory() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    for step in 0..40_usize {
        let now = T0 + i64::try_from(step).unwrap() * 15_000;
        machine.at(now);
        for n in [7, 3, 9, 1] {
            put(&db, &labels("m", (n + step) % 11), now, step as f64);
        }
        if step == 20 {
            db.flush().unwrap();
        }
    }
    let hints = SelectHints::default();
    let found =
        db.select(Timestamp::MIN, Timestamp::MAX, &[Matcher::equal("__name__", "m")], &hints);
    let found = found.unwrap();
    assert_eq!(found.len(), 11);
    let mut samples = SampleBuf::default();
    for index in 0..found.len() {
        assert!(index == 0 || found.labels(index - 1) < found.labels(index), "INV-3: series");
        found.read(index, &mut samples).unwrap();
        assert!(samples.len() > 5);
        assert!(samples.timestamps.is_sorted_by(|a, b| a < b), "INV-3: samples of {index}");
    }
}

#[test]
fn inv_23_flush_and_compaction_change_no_answer() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    for step in 0..2000_i64 {
        let now = T0 + step * 60_000;
        machine.at(now);
        for n in 0..3 {
            put(&db, &labels("m", n), now, (step * 7) as f64 / 100.0);
        }
        if step % 350 == 0 {
            db.flush().unwrap();
        }
    }
    let before = dump(&db);
    let report = db.maintain(machine.now());
    assert!(report.flushed && report.errors.is_empty(), "{report:?}");
    assert_eq!(dump(&db), before);
    while db.compact_step(machine.now()).unwrap() {
        assert_eq!(dump(&db), before, "INV-23");
    }
    let many = db.stats().segments;
    db.compact_now(true).unwrap();
    assert!(db.stats().segments < many, "{} segments, {many} before", db.stats().segments);
    assert_eq!(dump(&db), before, "INV-23");
    let some = dump_range(&db, T0 + HOUR, T0 + 2 * HOUR, &[Matcher::equal("n", "1")]);
    assert_eq!(some[&labels("m", 1)].len(), 61);
    drop(db);
    let (db, report) = machine.open();
    assert_eq!(dump(&db), before);
    assert_eq!(report.rows, 0, "everything is in segments");
    assert_eq!(put(&db, &labels("m", 1), machine.now().ms() + 1, 1.0).accepted, 1);
}

/// Who asks for presence alone sees every sample, marker and histogram where it is, in any order;
/// equal timelines mean equal timestamps.
fn check_presence(db: &tsdb::Db) {
    let (start, end) = (Timestamp::from_ms(T0 + HOUR), Timestamp::MAX);
    let whole = db.select(start, end, &[], &SelectHints::default()).unwrap();
    let hints = SelectHints { any_order: true, presence_only: true, ..SelectHints::default() };
    let some = db.select(start, end, &[], &hints).unwrap();
    assert_eq!(some.len(), whole.len());
    let (mut samples, mut present) = (SampleBuf::default(), SampleBuf::default());
    let mut timelines = std::collections::HashMap::new();
    for index in 0..whole.len() {
        whole.read(index, &mut samples).unwrap();
        let labels = whole.labels(index);
        let place = (0..some.len()).find(|place| some.labels(*place) == labels).unwrap();
        some.read(place, &mut present).unwrap();
        assert_eq!(present.timestamps, samples.timestamps, "{labels}");
        assert_eq!(present.histograms, samples.histograms, "{labels}");
        let markers = |samples: &SampleBuf| -> Vec<bool> {
            samples.values.iter().map(|value| model::is_stale(*value)).collect()
        };
        assert_eq!(markers(&present), markers(&samples), "{labels}");
        if let Some(id) = samples.timeline {
            let times = timelines.entry(id).or_insert_with(|| samples.timestamps.clone());
            assert_eq!(*times, samples.timestamps, "{labels}");
        }
    }
    assert!(timelines.len() < whole.len(), "some share their timestamps");
}

#[test]
fn inv_3_presence_and_timelines_tell_the_truth() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    let series: Vec<SeriesRef> =
        (0..12).map(|n| db.resolve(group(), &labels("m", n)).unwrap()).collect();
    for step in 0..1500_i64 {
        let now = T0 + step * 15_000;
        machine.at(now);
        let rows = (0_i64..).zip(&series).filter(|(n, _)| *n < 9 || (step / 40 + n) % 3 > 0);
        let rows: Vec<_> = rows
            .map(|(n, series)| {
                let value = match (n, step % 50) {
                    (1 | 10, 7) => Value::Float(stale_marker()),
                    (2, _) => Value::Histogram(Histogram::default().into()),
                    (3, _) => Value::Float((step as f64).sqrt()),
                    (4, _) => Value::Float(4.0),
                    (5, 9) => Value::Float(f64::NAN),
                    _ => Value::Float((step * n) as f64 / 8.0),
                };
                (*series, now, value)
            })
            .collect();
        assert_eq!(commit(&db, &rows).rejected.len(), 0);
        if step % 400 == 300 {
            db.flush().unwrap();
            check_presence(&db);
        }
    }
    check_presence(&db);
    db.compact_now(true).unwrap();
    check_presence(&db);
    drop(db);
    check_presence(&machine.open().0);
}

#[test]
fn inv_20_a_selection_survives_everything_that_happens_later() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    for step in 0..500_i64 {
        put(&db, &labels("m", 1), T0 + step * 1000, step as f64);
    }
    db.flush().unwrap();
    put(&db, &labels("m", 1), T0 + 500_000, 500.0);
    let (start, end) = (Timestamp::MIN, Timestamp::MAX);
    let selection = db.select(start, end, &[], &SelectHints::default()).unwrap();
    put(&db, &labels("m", 1), T0 + 501_000, 501.0);
    put(&db, &labels("m", 2), T0 + 501_000, 501.0);
    db.compact_now(true).unwrap();
    assert_eq!(selection.len(), 1);
    let mut samples = SampleBuf::default();
    selection.read(0, &mut samples).unwrap();
    assert_eq!(samples.len(), 501, "INV-20");
    assert_eq!(samples.values[500], 500.0);
    assert_eq!(selection.warnings(), Vec::<String>::new());
}

#[test]
fn labels_values_metadata_and_exemplars_are_answered() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    put(&db, &labels("old", 1), T0, 1.0);
    db.flush().unwrap();
    db.resolve(group(), &labels("never", 1)).unwrap();
    let series = db.resolve(group(), &labels("new", 2)).unwrap();
    let mut batch = Batch::new(group());
    batch.push(series, Timestamp::from_ms(T0 + 5000), 1.0);
    let exemplar = Exemplar {
        labels: Labels::from_pairs([("trace_id", "abc")]),
        value: 0.5,
        timestamp: Timestamp::from_ms(T0 + 4000),
    };
    batch.exemplars.push((series, exemplar.clone()));
    let metadata = Metadata { kind: MetricKind::Gauge, help: "h".into(), unit: "s".into() };
    batch.metadata.push(MetricMetadata { metric: "new".into(), metadata });
    db.commit(&batch).unwrap();
    let check = |db: &tsdb::Db| {
        let all: LabelQuery<'_> = LabelQuery {
            start: Timestamp::MIN,
            end: Timestamp::MAX,
            selectors: &[],
            limit: None,
            watch: &model::Unwatched,
        };
        assert_eq!(db.label_names(&all).unwrap(), ["__name__", "job", "n"]);
        assert_eq!(db.label_values("__name__", &all).unwrap(), ["new", "old"]);
        let late = LabelQuery { start: Timestamp::from_ms(T0 + 5000), ..all.clone() };
        assert_eq!(db.label_values("__name__", &late).unwrap(), ["new"]);
        let selectors = [vec![Matcher::equal("n", "1")], vec![Matcher::equal("n", "7")]];
        let some = LabelQuery { selectors: &selectors, ..all.clone() };
        assert_eq!(db.label_values("__name__", &some).unwrap(), ["old"]);
        assert_eq!(db.label_names(&LabelQuery { limit: Some(1), ..some }).unwrap(), ["__name__"]);
        assert_eq!(db.metadata(None, None).unwrap()[0].metadata.help, "h");
        assert_eq!(db.metadata(Some("old"), None).unwrap(), []);
        let found = db.exemplars(&all).unwrap();
        assert_eq!(found, [(labels("new", 2), vec![exemplar.clone()])]);
        assert_eq!(db.exemplars(&late).unwrap(), []);
    };
    check(&db);
    drop(db);
    let (db, _) = machine.open();
    check(&db);
    db.flush().unwrap();
    drop(db);
    let (db, _) = machine.open();
    check(&db);
}

#[test]
fn limits_refuse_new_series_only() {
    let machine = Machine::new(1);
    let limits = Limits { series_max: 3, series_per_group_max: 2, ..Limits::default() };
    let (db, _) = machine.open_with(DbOptions { limits, ..Machine::options() });
    let kind =
        |group: u64, n: usize| db.resolve(GroupKey(group), &labels("m", n)).map_err(|e| e.kind());
    assert!(kind(1, 1).is_ok() && kind(1, 2).is_ok());
    assert_eq!(kind(1, 3), Err(AppendErrorKind::SeriesLimit), "of this target");
    assert!(kind(2, 3).is_ok());
    assert_eq!(kind(3, 4), Err(AppendErrorKind::SeriesLimit), "in total");
    assert!(kind(3, 1).is_ok(), "known series go on");
    assert_eq!(put(&db, &labels("m", 1), T0, 1.0).accepted, 1);
    let refuse = |labels: Labels| db.resolve(group(), &labels).unwrap_err().kind();
    assert_eq!(refuse(Labels::empty()), AppendErrorKind::InvalidLabels);
    let long = "x".repeat(5000);
    assert_eq!(refuse(Labels::from_pairs([("a", &*long)])), AppendErrorKind::InvalidLabels);
    assert_eq!(refuse(Labels::from_pairs([(&*long, "a")])), AppendErrorKind::InvalidLabels);
    let many = (0..65).map(|n| (format!("l{n}"), "v"));
    assert_eq!(refuse(Labels::from_pairs(many)), AppendErrorKind::InvalidLabels);
}

#[test]
fn the_memory_budget_refuses_series_first_and_batches_later() {
    let machine = Machine::new(1);
    let options = DbOptions { memory_bytes_max: 200_000, ..Machine::options() };
    let (db, _) = machine.open_with(options);
    let mut series = Vec::new();
    let error = loop {
        match db.resolve(group(), &labels("m", series.len())) {
            Ok(id) => series.push(id),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), AppendErrorKind::Overloaded);
    assert!(series.len() > 100);
    let mut refused = None;
    for step in 0..200 {
        let rows: Vec<_> =
            series.iter().map(|id| (*id, T0 + step, Value::Float(step as f64))).collect();
        if let Err(error) = db.commit(&batch(&rows)) {
            refused = Some(error);
            break;
        }
    }
    let refused = refused.expect("the budget ends");
    assert_eq!(refused.kind(), AppendErrorKind::Overloaded);
    assert!(refused.retry_delay().is_some());
    assert_eq!(db.stats().batches_overloaded, 1);
    assert!(db.maintain(machine.now()).flushed, "memory pressure flushes");
    let rows: Vec<_> = series.iter().map(|id| (*id, T0 + 1000, Value::Float(1.0))).collect();
    assert_eq!(commit(&db, &rows).accepted, series.len());
}

#[test]
fn a_closed_database_refuses_samples_and_restarts_fast() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    put(&db, &labels("m", 1), T0, 1.0);
    db.close().unwrap();
    let series = SeriesRef(1);
    let error = db.commit(&batch(&[(series, T0 + 1, Value::Float(1.0))])).unwrap_err();
    assert_eq!(error.kind(), AppendErrorKind::Closed);
    assert_eq!(db.resolve(group(), &labels("x", 1)).unwrap_err().kind(), AppendErrorKind::Closed);
    assert_eq!(dump(&db).len(), 1, "queries go on");
    drop(db);
    assert_eq!(dump(&machine.open().0).len(), 1);
}

#[test]
fn a_snapshot_opens_as_a_database_of_its_own() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    for step in 0..300 {
        put(&db, &labels("m", 1), T0 + step * 1000, step as f64);
    }
    db.snapshot(Path::new("/backup")).unwrap();
    let vfs: std::sync::Arc<dyn Vfs> = std::sync::Arc::new(machine.vfs.clone());
    let operations = machine.vfs.operations();
    let report = tsdb::inspect::verify(&vfs, Path::new("/backup")).unwrap();
    assert_eq!((report.records, report.damage.len()), (0, 0), "it has no journal");
    assert_eq!(machine.vfs.operations(), operations, "nothing was changed");
    let before = dump(&db);
    put(&db, &labels("m", 1), T0 + 300_000, 1.0);
    let options = DbOptions { dir: "/backup".into(), ..Machine::options() };
    let (copy, report) = machine.open_with(options);
    assert_eq!((dump(&copy), report.damage.len()), (before, 0));
    assert_eq!(put(&copy, &labels("m", 1), T0 + 400_000, 1.0).accepted, 1);
    assert_eq!(dump(&db)[&labels("m", 1)].len(), 301, "the original does not notice");
}

#[test]
fn idle_series_leave_memory_and_come_back() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    let gone = db.resolve(group(), &labels("gone", 1)).unwrap();
    put(&db, &labels("gone", 1), T0, 1.0);
    for hour in 1..10 {
        machine.at(T0 + hour * HOUR);
        put(&db, &labels("stays", 1), T0 + hour * HOUR, 1.0);
        db.flush().unwrap();
    }
    assert_eq!(db.stats().series, 1);
    let report = commit(&db, &[(gone, T0 + 9 * HOUR, Value::Float(2.0))]);
    assert_eq!(faults(&report), [RowFault::UnknownSeries]);
    put(&db, &labels("gone", 1), T0 + 9 * HOUR, 2.0);
    assert_eq!(dump(&db)[&labels("gone", 1)].len(), 2);
}

#[test]
fn inv_24_a_year_on_the_clock_deletes_nothing() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    for day in 0..40 {
        machine.at(T0 + day * 24 * HOUR);
        put(&db, &labels("m", 1), machine.now().ms(), 1.0);
        db.flush().unwrap();
    }
    let before = db.stats().segments;
    for jump in [1, 24, 24 * 365, 24 * 3650] {
        machine.clock.jump_wall(Timestamp::from_ms(T0 + (39 * 24 + jump) * HOUR));
        put(&db, &labels("m", 2), machine.now().ms(), 1.0);
        let held = dump(&db).len();
        for _ in 0..20 {
            assert_eq!(db.maintain(machine.now()).errors.len(), 0);
        }
        assert_eq!(dump(&db).len(), held, "INV-24: {jump} h");
    }
    assert!(db.stats().retention.0 <= 12, "{:?}", db.stats().retention);
    assert!(db.stats().segments + 12 >= before / 2);
}

#[test]
fn retention_by_size_deletes_the_oldest() {
    let machine = Machine::new(1);
    let retention = tsdb::Retention { time: None, size_bytes: Some(20_000) };
    let (db, _) = machine.open_with(DbOptions { retention, ..Machine::options() });
    for window in 0..30 {
        machine.at(T0 + window * 2 * HOUR);
        for n in 0..20 {
            put(&db, &labels("m", n), machine.now().ms(), 1.0);
        }
        db.flush().unwrap();
        db.maintain(machine.now());
    }
    while db.apply_retention(machine.now()).unwrap() > 0 {}
    let stats = db.stats();
    assert!(stats.segment_bytes <= 20_000, "{}", stats.segment_bytes);
    let newest = dump(&db)[&labels("m", 3)].last().unwrap().0;
    assert_eq!(newest, T0 + 58 * HOUR, "the newest stay");
    let files = machine.vfs.read_dir(Path::new("/data/tenants/anonymous/segments")).unwrap();
    assert_eq!(files.len() as u64, stats.segments + 2, "files and two checkpoints: {files:?}");
}

#[test]
fn sync_mode_acknowledges_after_the_disk_has_it() {
    let machine = Machine::new(1);
    let options = DbOptions { durability: Durability::Sync, ..Machine::options() };
    let (db, _) = machine.open_with(options);
    put(&db, &labels("m", 1), T0, 1.0);
    for seed in 0..20 {
        let (after, _) =
            Machine { vfs: machine.vfs.after_crash(seed), clock: machine.clock.clone() }.open();
        assert_eq!(dump(&after), dump(&db));
    }
}

#[test]
fn stats_and_cardinality_add_up() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    for n in 0..10 {
        put(&db, &labels(if n < 7 { "a" } else { "b" }, n), T0, 1.0);
    }
    put(&db, &labels("a", 0), T0 - 1, 1.0);
    let stats = db.stats();
    assert_eq!((stats.series, stats.rows_accepted, stats.head_samples), (10, 10, 10));
    assert_eq!(stats.rows_rejected["out_of_order"], 1);
    assert_eq!(stats.head_span, Some((T0, T0)));
    assert_eq!((stats.batches, stats.rows_repeated), (11, 0));
    put(&db, &labels("a", 0), T0, 1.0);
    assert_eq!((db.stats().batches, db.stats().rows_repeated), (12, 1));
    let cardinality = db.cardinality(2);
    assert_eq!(cardinality.series_by_metric, [("a".to_owned(), 7), ("b".to_owned(), 3)]);
    assert_eq!(cardinality.values_by_label[0], ("n".to_owned(), 10));
    assert_eq!(cardinality.series_by_pair[0], ("job=test".to_owned(), 10));
    assert_eq!(cardinality.label_pairs, 13);
    assert_eq!(cardinality.bytes_by_label[0], ("job".to_owned(), 40));
    let top = cardinality.bytes_by_label.len().max(cardinality.values_by_label.len());
    assert_eq!(top, 2, "as many as asked for");
    assert_eq!(db.cardinality(1).series_by_metric, [("a".to_owned(), 7)]);
    assert_eq!(cardinality.series_by_pair.len(), 2);
}

#[test]
fn the_span_of_segments_reaches_from_the_oldest_to_the_newest() {
    let (db, _) = Machine::new(1).open();
    assert_eq!(db.stats().segment_span, None);
    let hours = [0, 5, 3];
    for (n, hour) in hours.into_iter().enumerate() {
        put(&db, &labels("m", n), T0 - hour * HOUR, 1.0);
        db.flush().unwrap();
    }
    assert_eq!(db.stats().segment_span, Some((T0 - 5 * HOUR, T0)));
}

#[test]
fn a_directory_can_be_inspected_without_changing_it() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    for n in 0..30 {
        put(&db, &labels(if n % 3 == 0 { "a" } else { "b" }, n), T0, 1.0);
    }
    db.flush().unwrap();
    put(&db, &labels("a", 0), T0 + 1, 1.0);
    let vfs: std::sync::Arc<dyn Vfs> = std::sync::Arc::new(machine.vfs.clone());
    let dir = Path::new("/data");
    let operations = machine.vfs.operations();
    let list = tsdb::inspect::list(&*vfs, dir).unwrap();
    assert_eq!((list.len(), list[0].series, list[0].samples), (1, 30, 30));
    let report = tsdb::inspect::verify(&vfs, dir).unwrap();
    assert_eq!((report.segments, report.blocks, report.damage.len()), (1, 30, 0));
    assert!(report.records >= 1);
    let view = View::open(vfs.clone(), machine.clock.clone(), dir).unwrap();
    let analysis = view.analyze(1).unwrap();
    assert_eq!((analysis.samples, analysis.unflushed_samples), (31, 1));
    assert_eq!(analysis.series_by_metric, [("b".to_owned(), 40)], "in a segment and in memory");
    assert_eq!(analysis.values_by_label, [("n".to_owned(), 30)]);
    let mut seen = Vec::new();
    let selectors = [vec![Matcher::equal("n", "0")], vec![Matcher::equal("__name__", "a")]];
    let lost = view.dump((T0, T0 + 1), &selectors, &mut |_, samples| seen.push(samples.len()));
    assert_eq!(lost.unwrap(), Vec::<String>::new());
    assert_eq!(seen, [vec![2], vec![1; 9]].concat(), "each series once, the journal included");
    let segment = machine.segment_files().remove(0);
    assert_eq!(machine.vfs.operations(), operations, "nothing was changed");
    machine.vfs.flip_bit(&segment, 40, 1).unwrap();
    let report = tsdb::inspect::verify(&vfs, dir).unwrap();
    assert_eq!(report.damage.len(), 2, "a page and its blocks: {:?}", report.damage);
    let view = View::open(vfs, machine.clock.clone(), dir).unwrap();
    let lost = view.dump((T0, T0 + 1), &[], &mut |_, _| {}).unwrap();
    assert!(!lost.is_empty(), "what is left out is told");
}

#[test]
fn segments_are_listed_by_their_times() {
    let machine = Machine::new(1);
    let window = Duration::from_hours(100);
    let options = DbOptions { out_of_order_window: window, ..Machine::options() };
    let (db, _) = machine.open_with(options);
    for hours in [9, 1, 5] {
        machine.at(T0 + 9 * HOUR);
        put(&db, &labels("m", 1), T0 + hours * HOUR, 1.0);
        db.flush().unwrap();
    }
    let list = tsdb::inspect::list(&machine.vfs, Path::new("/data")).unwrap();
    let firsts: Vec<i64> = list.iter().map(|info| (info.first_ms - T0) / HOUR).collect();
    assert_eq!(firsts, [1, 5, 9]);
}

/// Whatever cannot be read, `verify` does not call the directory good.
#[test]
fn verify_finds_nothing_good_that_it_could_not_read() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    put(&db, &labels("m", 1), T0, 1.0);
    db.flush().unwrap();
    (1..9).for_each(|ms| drop(put(&db, &labels("m", 1), T0 + ms, 1.0)));
    drop(db);
    let vfs: std::sync::Arc<dyn Vfs> = std::sync::Arc::new(machine.vfs.clone());
    let journal = crate::world::tenant("journal");
    let file = journal.join(machine.files("journal").remove(0));
    for kind in [OpKind::Open, OpKind::Read] {
        for pass in 0..1000 {
            machine.vfs.fail(kind, pass, 1, 5);
            let outcome = tsdb::inspect::verify(&vfs, Path::new("/data"));
            if outcome.is_ok_and(|report| report.damage.is_empty()) {
                assert!(pass > 4, "{kind:?} {pass}");
                let left = (0..=pass).any(|_| vfs.read(&file, 1000).is_err());
                assert!(left, "{kind:?} {pass}: something was not read, and nobody was told");
                machine.vfs.heal(kind);
                break;
            }
        }
    }
    let middle = vfs.open(&file).unwrap().len().unwrap() / 2;
    machine.vfs.flip_bit(&file, middle, 1).unwrap();
    let report = tsdb::inspect::verify(&vfs, Path::new("/data")).unwrap();
    assert!(!report.damage.is_empty(), "a record of the journal");
}

#[test]
fn a_dump_without_selectors_shows_every_series_that_has_samples_in_range() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    for n in [1, 2] {
        put(&db, &labels("m", n), T0, 1.0);
        put(&db, &labels("m", n), T0 + 10, 1.0);
    }
    put(&db, &labels("m", 2), T0 + 20, 1.0);
    db.flush().unwrap();
    drop(db);
    let vfs: std::sync::Arc<dyn Vfs> = std::sync::Arc::new(machine.vfs.clone());
    let view = View::open(vfs, machine.clock.clone(), Path::new("/data")).unwrap();
    let shown = |range: (i64, i64)| {
        let mut seen = Vec::new();
        let mut note = |labels: &Labels, samples: &SampleBuf| {
            seen.push((labels.value("n").to_owned(), samples.len()));
        };
        view.dump(range, &[], &mut note).unwrap();
        seen
    };
    let both = |count: [usize; 2]| vec![("1".to_owned(), count[0]), ("2".to_owned(), count[1])];
    assert_eq!(shown((i64::MIN, i64::MAX)), both([2, 3]));
    assert_eq!(shown((T0 + 1, T0 + 10)), both([1, 1]));
    assert_eq!(shown((T0 + 1, T0 + 9)), [], "a block without a sample in range shows nothing");
}

/// What a question may have to read is known from the blocks that it touches.
#[test]
fn the_samples_of_a_range_are_bounded_by_its_blocks() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    let series = db.resolve(group(), &labels("m", 1)).unwrap();
    machine.at(T0 + HOUR);
    for n in 0..3000 {
        commit(&db, &[(series, T0 + n * 1000, Value::Float(n as f64))]);
    }
    db.flush().unwrap();
    for from in [0, 1_500_000, 2_990_000] {
        let (start, end) = (Timestamp::from_ms(T0 + from), Timestamp::from_ms(T0 + from + 9000));
        let selection = db.select(start, end, &[], &SelectHints::default()).unwrap();
        let bound = selection.samples_max(0);
        assert!((10..=2 * 720).contains(&bound), "{bound} from {from}");
    }
}

#[test]
fn a_directory_of_another_format_is_not_shown() {
    let machine = Machine::new(1);
    drop(machine.open());
    let dir = Path::new("/data");
    machine.vfs.replace(&dir.join("FORMAT"), b"flyball 99\n").unwrap();
    let vfs: std::sync::Arc<dyn Vfs> = std::sync::Arc::new(machine.vfs.clone());
    let view = View::open(vfs.clone(), machine.clock.clone(), dir).err().unwrap();
    let list = tsdb::inspect::list(&*vfs, dir).err().unwrap();
    let verify = tsdb::inspect::verify(&vfs, dir).err().unwrap();
    for error in [view, list, verify] {
        assert_eq!(error.kind(), DbErrorKind::WrongFormat, "{error}");
    }
}

#[test]
fn a_snapshot_is_a_copy_where_links_are_not_possible() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    put(&db, &labels("m", 1), T0, 1.0);
    machine.vfs.fail(OpKind::HardLink, 0, 100, 1);
    db.snapshot(Path::new("/backup")).unwrap();
    let options = DbOptions { dir: "/backup".into(), ..Machine::options() };
    assert_eq!(dump(&machine.open_with(options).0), dump(&db));
}

#[test]
fn a_flush_leaves_next_to_nothing_in_the_journal() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    for step in 0..500 {
        put(&db, &labels("m", 1), T0 + step, step as f64 / 3.0);
    }
    let before = db.stats().journal_bytes;
    db.flush().unwrap();
    let after = db.stats().journal_bytes;
    assert!(before > 5000 && after < 200, "{before} bytes before, {after} after");
    drop(db);
    let (db, report) = machine.open();
    assert_eq!((report.records, report.rows), (0, 0));
    assert!(!db.flush().unwrap(), "nothing to flush after a restart");
}
