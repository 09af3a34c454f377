//! What upstream's compliance tests of senders assert about requests: values, labels, order,
//! histograms, exemplars, metadata, in both versions. From the database to the decoded bytes.

use super::super::feed::Feed;
use super::*;
use config::{Outside, RemoteWriteConfig};
use expect_test::{Expect, expect};
use journal::Position;
use model::{
    Appender, Batch, Exemplar, GroupKey, Histogram, HistogramCounts, Labels, MetricKind, Querier,
    Row, Span, Timestamp, Value, stale_marker,
};
use std::fmt::Write as _;
use std::path::Path;
use sys::Vfs;
use sys::sim::{SimClock, SimVfs};
use tsdb::{Db, DbOptions};
use wire::bounded::{Bounds, snappy_block};
use wire::remote_write::{Item, LabelPairs, SeriesItem};

/// 2023-11-15T00:00:00Z
const T0: i64 = 1_700_006_400_000;
const V2: &str = ", protobuf_message: io.prometheus.write.v2.Request";

struct Desk {
    clock: Arc<SimClock>,
    db: Arc<Db>,
    config: RemoteWriteConfig,
    external: Labels,
    feed: Feed,
}

impl Desk {
    /// With further keys of the section, `, key: value`.
    fn new(keys: &str) -> Self {
        let text = format!(
            "global: {{external_labels: {{region: eu, job: outer}}}}\n\
             remote_write: [{{url: 'http://receiver/'{keys}}}]\n"
        );
        let loaded = config::prometheus::load("p.yml", &text, &Outside::nothing()).unwrap();
        let config = loaded.config.remote_write[0].clone();
        let external = loaded.config.global.external_labels;
        let clock = Arc::new(SimClock::new(Timestamp::from_ms(T0)));
        let options = DbOptions { free_bytes_min: 0, ..DbOptions::new(Path::new("/data")) };
        let vfs: Arc<dyn Vfs> = Arc::new(SimVfs::new(1));
        let db = Arc::new(Db::open(options, vfs, clock.clone()).unwrap().0);
        let feed = Feed::new(Arc::clone(&db), db.tail_end(), &config, &external);
        Self { clock, db, config, external, feed }
    }

    fn commit(&self, pairs: &[(&str, &str)], rows: &[(i64, Value)]) {
        let batch = self.batch(pairs, rows);
        let report = self.db.commit(&batch).unwrap();
        assert!(report.rejected.is_empty(), "{report:?}");
    }

    fn batch(&self, pairs: &[(&str, &str)], rows: &[(i64, Value)]) -> Batch {
        let mut batch = Batch::new(GroupKey::of(&"test"));
        let labels = Labels::from_pairs(pairs.iter().copied());
        let series = self.db.resolve(batch.group, &labels).unwrap();
        for (at, value) in rows {
            let timestamp = Timestamp::from_ms(T0 + at);
            batch.rows.push(Row { series, timestamp, value: value.clone(), start: None });
        }
        batch
    }

    fn floats(&self, pairs: &[(&str, &str)], values: &[f64]) {
        let rows = (0_i64..).zip(values).map(|(at, value)| (at, Value::Float(*value)));
        self.commit(pairs, &rows.collect::<Vec<_>>());
    }

    /// The request that everything stored makes, decoded.
    #[expect(clippy::needless_pass_by_value, reason = "cases read better with expect![..]")]
    fn check(&mut self, expected: Expect) {
        self.db.sync().unwrap();
        let fed = self.feed.read(1 << 20).unwrap();
        let all = self.db.metadata(None, None).unwrap();
        let families = all.into_iter().map(|entry| (entry.metric, entry.metadata)).collect();
        let body = encode(self.config.message, &fed.samples, &families).unwrap();
        let mut bytes = Vec::new();
        snappy_block(&body, Bounds { decoded_bytes_max: 1 << 20, ratio_max: 1 << 20 }, &mut bytes)
            .unwrap();
        let mut text = match self.config.message {
            RemoteWriteMessage::V1 => first_shown(&bytes),
            RemoteWriteMessage::V2 => second_shown(&bytes),
        };
        for (reason, kinds) in &fed.dropped {
            writeln!(text, "dropped {} {reason}", kinds.all()).unwrap();
        }
        expected.assert_eq(&text);
    }
}

fn put_item(out: &mut String, item: SeriesItem) {
    let shown = |value: f64| match value.to_bits() {
        model::STALE_NAN_BITS => "stale".to_owned(),
        model::NORMAL_NAN_BITS => "NaN".to_owned(),
        _ => format!("{value:?}"),
    };
    let from = |start: Option<Timestamp>| {
        start.map_or(String::new(), |start| format!(" from {}", start.ms() - T0))
    };
    match item {
        SeriesItem::Sample(one) => {
            let (at, value) = (one.timestamp.ms() - T0, shown(one.value));
            writeln!(out, "  {at} {value}{}", from(one.start)).unwrap();
        }
        SeriesItem::Histogram(one) => {
            let (at, histogram) = (one.timestamp.ms() - T0, one.histogram.unwrap());
            let Histogram { counts, schema, count, sum, positive_buckets, custom_values, .. } =
                histogram;
            let sum = shown(sum);
            writeln!(
                out,
                "  {at} {counts:?} schema {schema} count {count} sum {sum} {positive_buckets:?} \
                 {custom_values:?}{}",
                from(one.start)
            )
            .unwrap();
        }
        SeriesItem::Exemplar(one) => {
            let Exemplar { labels, value, timestamp } = one.unwrap();
            writeln!(out, "  exemplar {labels} {value} at {}", timestamp.ms() - T0).unwrap();
        }
    }
}

fn put_labels(out: &mut String, mut pairs: LabelPairs<'_>) {
    while let Some((name, value)) = pairs.next_pair().unwrap() {
        write!(out, "{name}={value:?} ").unwrap();
    }
    out.push('\n');
}

fn first_shown(bytes: &[u8]) -> String {
    let mut out = String::new();
    let mut request = remote_write::Request::new(bytes);
    while let Some(item) = request.next_item().unwrap() {
        let Item::Series(mut series) = item else { panic!("metadata has requests of its own") };
        put_labels(&mut out, series.labels());
        while let Some(item) = series.next_item().unwrap() {
            put_item(&mut out, item);
        }
    }
    out
}

fn second_shown(bytes: &[u8]) -> String {
    let mut out = String::new();
    let mut request = remote_write_2::Request::read(bytes).unwrap();
    assert_eq!(request.symbols().first(), Some(&""), "the first symbol is empty");
    while let Some(mut series) = request.next_series().unwrap() {
        let symbols = request.symbols();
        let mut labels = Vec::new();
        series.put_labels(symbols, 1 << 20, &mut labels).unwrap();
        put_labels(&mut out, LabelPairs::of(&labels));
        while let Some(item) = series.next_item(symbols).unwrap() {
            put_item(&mut out, item);
        }
        let metadata = series.metadata(symbols).unwrap();
        if let Some(one) = metadata.filter(|one| one.kind != MetricKind::Unknown) {
            writeln!(out, "  {} {:?} {:?}", one.kind.as_str(), one.help, one.unit).unwrap();
        }
    }
    out
}

#[test]
fn every_value_leaves_as_it_is() {
    let values = [1.0, -0.0, 0.0, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE, 1e300];
    let nan = f64::from_bits(model::NORMAL_NAN_BITS);
    for keys in ["", V2] {
        let mut desk = Desk::new(keys);
        let all = [&values[..], &[nan, stale_marker()]].concat();
        desk.floats(&[("__name__", "m"), ("job", "j")], &all);
        desk.check(expect![[r#"
            __name__="m" job="j" region="eu" 
              0 1.0
              1 -0.0
              2 0.0
              3 inf
              4 -inf
              5 2.2250738585072014e-308
              6 1e300
              7 NaN
              8 stale
        "#]]);
    }
}

#[test]
fn labels_are_sorted_and_external_ones_give_way() {
    let mut desk = Desk::new("");
    desk.floats(&[("z", "1"), ("__name__", "m"), ("a", "é\"\n"), ("job", "inner")], &[1.0]);
    desk.floats(&[("__name__", "m"), ("Z", "1")], &[2.0]);
    desk.check(expect![[r#"
        __name__="m" a="é\"\n" job="inner" region="eu" z="1" 
          0 1.0
        Z="1" __name__="m" job="outer" region="eu" 
          0 2.0
    "#]]);
}

#[test]
fn rules_see_external_labels_and_may_drop_series() {
    let rules = ", write_relabel_configs: [{source_labels: [region, __name__], regex: 'eu;drop.*', \
                 action: drop}, {regex: job, action: labeldrop}, {source_labels: [__name__], \
                 target_label: __name__, replacement: 'x_$1'}]";
    let mut desk = Desk::new(rules);
    desk.floats(&[("__name__", "drop_me")], &[1.0, 2.0]);
    desk.floats(&[("__name__", "keep"), ("job", "j")], &[3.0]);
    desk.check(expect![[r#"
        __name__="x_keep" region="eu" 
          0 3.0
        dropped 1 dropped_series
        dropped 1 dropped_series
    "#]]);
}

fn histogram(custom: bool) -> Value {
    let mut histogram = Histogram {
        counts: HistogramCounts::Integer,
        schema: 3,
        count: 5.0,
        sum: 18.4,
        positive_spans: vec![Span { offset: 0, length: 2 }],
        positive_buckets: vec![2.0, 3.0],
        ..Histogram::default()
    };
    if custom {
        histogram.schema = model::CUSTOM_BUCKETS_SCHEMA;
        histogram.custom_values = vec![1.0, 2.0];
    }
    Value::Histogram(Arc::new(histogram))
}

#[test]
fn native_histograms_leave_when_they_are_wanted() {
    let stale = Value::Histogram(Arc::new(Histogram::stale()));
    let rows = [(0, histogram(false)), (1, stale)];
    let mut desk = Desk::new(", send_native_histograms: true");
    desk.commit(&[("__name__", "h")], &rows);
    desk.commit(&[("__name__", "c")], &[(0, histogram(true))]);
    desk.check(expect![[r#"
        __name__="h" job="outer" region="eu" 
          0 Integer schema 3 count 5 sum 18.4 [2.0, 3.0] []
          1 Float schema 0 count 0 sum stale [] []
        dropped 1 nhcb_in_rw1_not_supported
    "#]]);
    let mut desk = Desk::new("");
    desk.commit(&[("__name__", "h")], &rows);
    desk.check(expect![""]);
    let mut desk = Desk::new(V2);
    desk.commit(&[("__name__", "c")], &[(0, histogram(true))]);
    desk.check(expect![[r#"
        __name__="c" job="outer" region="eu" 
          0 Integer schema -53 count 5 sum 18.4 [2.0, 3.0] [1.0, 2.0]
    "#]]);
}

fn with_exemplar(desk: &Desk) {
    let mut batch = desk.batch(&[("__name__", "m_total")], &[(0, Value::Float(1.0))]);
    let exemplar = Exemplar {
        labels: Labels::from_pairs([("trace_id", "abc")]),
        value: 0.5,
        timestamp: Timestamp::from_ms(T0 + 1),
    };
    batch.exemplars.push((batch.rows[0].series, exemplar));
    batch.rows[0].start = Some(Timestamp::from_ms(T0 - 7));
    batch.metadata.push(MetricMetadata {
        metric: "m_total".to_owned(),
        metadata: Metadata {
            kind: MetricKind::Counter,
            help: "Help.".to_owned(),
            unit: "s".to_owned(),
        },
    });
    desk.db.commit(&batch).unwrap();
}

#[test]
fn exemplars_leave_when_they_are_wanted() {
    let mut desk = Desk::new("");
    with_exemplar(&desk);
    desk.check(expect![[r#"
        __name__="m_total" job="outer" region="eu" 
          0 1.0
    "#]]);
    let mut desk = Desk::new(", send_exemplars: true");
    with_exemplar(&desk);
    desk.check(expect![[r#"
        __name__="m_total" job="outer" region="eu" 
          0 1.0
          exemplar {trace_id="abc"} 0.5 at 1
    "#]]);
}

#[test]
fn version_2_has_starts_and_metadata() {
    let mut desk = Desk::new(V2);
    with_exemplar(&desk);
    desk.check(expect![[r#"
        __name__="m_total" job="outer" region="eu" 
          0 1.0 from -7
          counter "Help." "s"
    "#]]);
}

#[test]
fn series_are_named_after_they_left_memory() {
    let mut desk = Desk::new("");
    desk.db.keep_tail(Some(desk.db.tail_end()), u64::MAX).unwrap();
    desk.floats(&[("__name__", "short_lived")], &[1.0]);
    desk.db.flush().unwrap();
    // Five hours later another flush lets it go; the reader has not seen it yet.
    desk.clock.advance(std::time::Duration::from_hours(5));
    desk.commit(&[("__name__", "other")], &[(5 * 3_600_000, Value::Float(2.0))]);
    desk.db.flush().unwrap();
    assert!(desk.db.outbox_stats().bytes > 0);
    desk.feed = Feed::new(Arc::clone(&desk.db), Position::START, &desk.config, &desk.external);
    desk.check(expect![[r#"
        __name__="short_lived" job="outer" region="eu" 
          0 1.0
        __name__="other" job="outer" region="eu" 
          18000000 2.0
    "#]]);
    desk.db.keep_tail(None, 0).unwrap();
    assert_eq!(desk.db.outbox_stats().bytes, 0);
}
