//! Native histograms of targets: which forms are stored, limits, conversion of classic ones.

use super::World;
use super::protobuf::{family, labelled, seconds};
use config::HistogramOptions;
use expect_test::{Expect, expect};
use testkit::protobuf::Message;

const NATIVE: HistogramOptions =
    HistogramOptions { native: true, always_classic: false, convert_classic: false };
const BOTH: HistogramOptions = HistogramOptions { always_classic: true, ..NATIVE };
const CONVERTED: HistogramOptions = HistogramOptions { convert_classic: true, ..NATIVE };
const ALL: HistogramOptions = HistogramOptions { always_classic: true, ..CONVERTED };

fn span(offset: i64, length: u64) -> Message {
    Message::new().signed(1, offset).number(2, length)
}

/// Buckets of schema 3 and a classic one.
fn native() -> Message {
    let exemplar = |trace: &str| labelled(&[("trace_id", trace)]).double(2, 0.7);
    Message::new()
        .number(1, 10)
        .double(2, 12.5)
        .message(3, &Message::new().number(1, 9).double(2, 1.0))
        .signed(5, 3)
        .double(6, 0.001)
        .number(7, 1)
        .message(12, &span(-2, 2))
        .message(12, &span(1, 1))
        .signed(13, 2)
        .signed(13, 1)
        .signed(13, -2)
        .message(9, &span(0, 1))
        .signed(10, 3)
        .message(15, &seconds(0))
        .message(16, &exemplar("late").message(3, &seconds(2)))
        .message(16, &exemplar("early").message(3, &seconds(1)))
        .message(16, &exemplar("undated"))
}

fn page(kind: u64, histogram: &Message) -> Vec<u8> {
    family("h", kind, &[Message::new().message(7, histogram)])
}

/// What is stored of a page with these options; metadata is left out.
#[track_caller]
fn check(options: HistogramOptions, body: &[u8], expected: &Expect) {
    let mut world = World::with(|shape| shape.histograms = options);
    let error = world.protobuf(body).error;
    let log = world.log();
    let rows = log.split_inclusive('\n').filter(|line| !line.starts_with('#'));
    let shown = rows.map(|line| line.replace(r#", instance="i", job="j""#, ""));
    expected.assert_eq(&error.map_or_else(|| shown.collect::<String>(), |error| error + "\n"));
}

#[test]
fn native_histograms_are_stored_when_they_are_wanted() {
    let body = page(4, &native());
    check(
        NATIVE,
        &body,
        &expect![[r#"
            {__name__="h"} schema 3 count 10 sum 12.5 zero 1<=0.001 +-2+2,1+1:[2.0, 3.0, 1.0] -0+1:[3.0] @1000 from 500
            exemplar of {__name__="h"}: {trace_id="early"} 0.7 @1500
            exemplar of {__name__="h"}: {trace_id="late"} 0.7 @2500
        "#]],
    );
    check(
        HistogramOptions::default(),
        &body,
        &expect![[r#"
            {__name__="h_count"} 10 @1000 from 500
            {__name__="h_sum"} 12.5 @1000 from 500
            {__name__="h_bucket", le="1.0"} 9 @1000 from 500
            {__name__="h_bucket", le="+Inf"} 10 @1000 from 500
        "#]],
    );
    check(
        BOTH,
        &body,
        &expect![[r#"
            {__name__="h"} schema 3 count 10 sum 12.5 zero 1<=0.001 +-2+2,1+1:[2.0, 3.0, 1.0] -0+1:[3.0] @1000 from 500
            {__name__="h_count"} 10 @1000 from 500
            {__name__="h_sum"} 12.5 @1000 from 500
            {__name__="h_bucket", le="1.0"} 9 @1000 from 500
            {__name__="h_bucket", le="+Inf"} 10 @1000 from 500
            exemplar of {__name__="h"}: {trace_id="early"} 0.7 @1500
            exemplar of {__name__="h"}: {trace_id="late"} 0.7 @2500
        "#]],
    );
}

#[test]
fn floats_gauges_and_empty_ones_are_native_too() {
    let float = Message::new()
        .double(4, 2.5)
        .double(2, 1.0)
        .number(1, 99)
        .message(12, &span(0, 2))
        .double(14, 0.5)
        .double(14, 2.0)
        .signed(13, 7);
    check(
        NATIVE,
        &page(5, &float),
        &expect![[r#"
            {__name__="h"} schema 0 count 2.5 sum 1 +0+2:[0.5, 2.0] gauge float @1000
        "#]],
    );
    // A span without buckets says that a histogram without observations is native.
    let empty = Message::new().message(12, &span(0, 0));
    check(
        NATIVE,
        &page(4, &empty),
        &expect![[r#"
            {__name__="h"} schema 0 count 0 sum 0 @1000
        "#]],
    );
    check(
        NATIVE,
        &page(4, &Message::new().number(1, 1)),
        &expect![[r#"
            {__name__="h_count"} 1 @1000
            {__name__="h_sum"} 0 @1000
            {__name__="h_bucket", le="+Inf"} 1 @1000
        "#]],
    );
}

#[test]
fn broken_native_histograms_fail_the_page() {
    let few = Message::new().number(1, 2).message(12, &span(0, 2)).signed(13, 2);
    check(
        NATIVE,
        &page(4, &few),
        &expect![[r"
            h: wire: histogram: positive spans need 2 buckets, have 1 buckets at offset 17
        "]],
    );
    let far = (0..4).fold(Message::new().number(1, 0), |message, _| {
        message.message(12, &span(i64::from(i32::MAX), 0))
    });
    check(
        NATIVE,
        &page(4, &far),
        &expect![[r"
            h: wire: histogram: positive span from bucket 2147483647 to 2147483647 at offset 17
        "]],
    );
    let many = Message::new().bytes(13, vec![0; 20_000]).message(12, &span(0, 20_000));
    check(
        NATIVE,
        &page(4, &many),
        &expect![[r"
            wire: histogram: more than 16384 buckets or spans at offset 23
        "]],
    );
}

#[test]
fn the_limit_on_buckets_fails_the_page_when_nothing_helps() {
    let limited = |limit| {
        let mut world = World::with(|shape| {
            (shape.histograms, shape.bucket_limit) = (NATIVE, Some(limit));
        });
        let report = world.protobuf(&page(4, &native()));
        (report.error, report.bucket_limit_exceeded, world.log())
    };
    let (error, exceeded, log) = limited(3);
    assert_eq!((error, exceeded), (None, false));
    assert!(log.contains("schema 1 count 10"), "{log}");
    let (error, exceeded, log) = limited(2);
    assert_eq!(error.as_deref(), Some("histogram bucket limit exceeded"));
    assert!(exceeded && log.is_empty(), "{log}");
}

#[test]
fn classic_histograms_of_protobuf_are_converted() {
    let bucket = |bound: f64, count| Message::new().number(1, count).double(2, bound);
    let classic = Message::new()
        .number(1, 6)
        .double(2, 7.5)
        .message(3, &bucket(0.5, 2))
        .message(3, &bucket(1.0, 4));
    check(
        CONVERTED,
        &page(4, &classic),
        &expect![[r#"
            {__name__="h"} schema -53 count 6 sum 7.5 +0+3:[2.0, 2.0, 2.0] bounds [0.5, 1.0] @1000
        "#]],
    );
    check(
        ALL,
        &page(4, &classic),
        &expect![[r#"
            {__name__="h"} schema -53 count 6 sum 7.5 +0+3:[2.0, 2.0, 2.0] bounds [0.5, 1.0] @1000
            {__name__="h_count"} 6 @1000
            {__name__="h_sum"} 7.5 @1000
            {__name__="h_bucket", le="0.5"} 2 @1000
            {__name__="h_bucket", le="1.0"} 4 @1000
            {__name__="h_bucket", le="+Inf"} 6 @1000
        "#]],
    );
}

const TEXT: &str = "\
# TYPE a gauge
a 1
# TYPE h histogram
h_bucket{x=\"1\",le=\"0.5\"} 2
h_bucket{x=\"1\",le=\"+Inf\"} 6
h_sum{x=\"1\"} 7.5
h_count{x=\"1\"} 6
h_bucket{x=\"2\",le=\"0.5\"} 1
h_bucket{x=\"2\",le=\"+Inf\"} 0
h_bucket{x=\"3\",le=\"+Inf\"} 2
h_count{x=\"3\"} 2
# TYPE b histogram
b 5
";

#[test]
fn classic_histograms_of_lines_are_converted() {
    let mut world = World::with(|shape| shape.histograms = CONVERTED);
    let report = world.text(TEXT);
    assert_eq!((report.error, report.scraped, report.unconverted), (None, 4, 1));
    world.check(&expect![[r#"
        {__name__="a", instance="i", job="j"} 1 @1000
        {__name__="h", instance="i", job="j", x="1"} schema -53 count 6 sum 7.5 +0+2:[2.0, 4.0] bounds [0.5] @1000
        {__name__="h", instance="i", job="j", x="3"} schema -53 count 2 sum 0 +0+1:[2.0] @1000
        {__name__="b", instance="i", job="j"} 5 @1000
        # a gauge "" ""
        # h histogram "" ""
        # b histogram "" ""
    "#]]);
    let report = world.text(TEXT);
    assert_eq!((report.scraped, report.added, report.stale), (4, 0, 0));
    let report = world.text("a 1\n");
    assert_eq!(report.stale, 3);
    let mut world = World::with(|shape| shape.histograms = ALL);
    assert_eq!(world.text(TEXT).scraped, 12);
}

#[test]
fn converted_histograms_of_openmetrics_know_when_they_began() {
    let mut world = World::with(|shape| shape.histograms = CONVERTED);
    let page = "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 6 # {t=\"x\"} 0.5 1.0\nh_sum 1\n\
                h_created 0.5\n# EOF\n";
    assert_eq!(world.openmetrics(page).error, None);
    world.check(&expect![[r#"
        {__name__="h", instance="i", job="j"} schema -53 count 6 sum 1 +0+1:[6.0] @1000 from 500
        {__name__="h_created", instance="i", job="j"} 0.5 @1000
        exemplar of {__name__="h", instance="i", job="j"}: {t="x"} 0.5 @1000
        # h histogram "" ""
    "#]]);
}
