//! Pages in protobuf through the core: the same samples as of text, and hostile pages.

use super::{World, rule, shape};
use crate::PageFormat;
use crate::cache::{Page, ScrapeReport};
use expect_test::expect;
use relabel::Action;
use testkit::protobuf::Message;

impl World {
    pub(super) fn protobuf(&mut self, body: &[u8]) -> ScrapeReport {
        self.page(Page::Body { format: PageFormat::Protobuf, bytes: body })
    }
}

/// `LabelPair`s as field 1 of whatever follows.
pub(super) fn labelled(pairs: &[(&str, &str)]) -> Message {
    pairs.iter().fold(Message::new(), |message, (name, value)| {
        message.message(1, &Message::new().bytes(1, name).bytes(2, value))
    })
}

/// A family of one type with metrics.
pub(super) fn family(name: &str, kind: u64, metrics: &[Message]) -> Vec<u8> {
    let head = Message::new().bytes(1, name).bytes(2, "Help.").number(3, kind);
    metrics.iter().fold(head, |family, metric| family.message(4, metric)).delimited()
}

pub(super) fn seconds(seconds: u64) -> Message {
    Message::new().number(1, seconds).number(2, 500_000_000)
}

fn exemplar(trace: &str) -> Message {
    labelled(&[("trace_id", trace)]).double(2, 0.7).message(3, &seconds(1))
}

#[test]
fn every_kind_becomes_the_samples_of_its_text() {
    let mut world = World::new();
    let counter = Message::new().double(1, 3.0).message(2, &exemplar("t")).message(3, &seconds(0));
    let bucket = |bound: f64, count| Message::new().number(1, count).double(2, bound);
    let histogram = Message::new()
        .number(1, 6)
        .double(2, 7.5)
        .message(3, &bucket(0.5, 2).message(3, &exemplar("b")))
        .message(3, &bucket(1.0, 4));
    let quantile = |quantile, value| Message::new().double(1, quantile).double(2, value);
    let summary = Message::new()
        .number(1, 2)
        .double(2, 3.0)
        .message(3, &quantile(0.5, 1.0))
        .message(3, &quantile(1.0, f64::NAN));
    let body = [
        family("c_total", 0, &[labelled(&[("a", "1")]).message(3, &counter)]),
        family(
            "g",
            1,
            &[Message::new().message(2, &Message::new().double(1, -1.0)).number(6, 777)],
        ),
        family("u", 3, &[Message::new().message(5, &Message::new().double(1, 2.5))]),
        family("h", 4, &[Message::new().message(7, &histogram)]),
        family("s", 2, &[Message::new().message(4, &summary)]),
        family("none", 1, &[]),
    ]
    .concat();
    let report = world.protobuf(&body);
    assert_eq!((report.error, report.scraped, report.added), (None, 12, 12));
    world.check(&expect![[r#"
        {__name__="c_total", a="1", instance="i", job="j"} 3 @1000 from 500
        {__name__="g", instance="i", job="j"} -1 @777
        {__name__="u", instance="i", job="j"} 2.5 @1000
        {__name__="h_count", instance="i", job="j"} 6 @1000
        {__name__="h_sum", instance="i", job="j"} 7.5 @1000
        {__name__="h_bucket", instance="i", job="j", le="0.5"} 2 @1000
        {__name__="h_bucket", instance="i", job="j", le="1.0"} 4 @1000
        {__name__="h_bucket", instance="i", job="j", le="+Inf"} 6 @1000
        {__name__="s_count", instance="i", job="j"} 2 @1000
        {__name__="s_sum", instance="i", job="j"} 3 @1000
        {__name__="s", instance="i", job="j", quantile="0.5"} 1 @1000
        {__name__="s", instance="i", job="j", quantile="1.0"} NaN @1000
        exemplar of {__name__="c_total", a="1", instance="i", job="j"}: {trace_id="t"} 0.7 @1500
        exemplar of {__name__="h_bucket", instance="i", job="j", le="0.5"}: {trace_id="b"} 0.7 @1500
        # c_total counter "Help." ""
        # g gauge "Help." ""
        # u unknown "Help." ""
        # h histogram "Help." ""
        # s summary "Help." ""
    "#]]);
    let report = world.protobuf(&body);
    assert_eq!((report.scraped, report.added, report.stale), (12, 0, 0), "all are known");
}

#[test]
fn series_of_both_forms_of_a_page_are_the_same() {
    let mut world = World::new();
    let gauge = |value| Message::new().message(2, &Message::new().double(1, value));
    let page = family("g", 1, &[gauge(1.0)]);
    world.protobuf(&page);
    world.log();
    let report = world.text("g 2\n");
    assert_eq!(report.stale, 0, "it is there, in another form");
    let report = world.protobuf(&[page, family("f", 1, &[gauge(4.0)])].concat());
    assert_eq!((report.scraped, report.stale), (2, 0));
    world.log();
    assert_eq!(world.protobuf(&family("f", 1, &[gauge(4.0)])).stale, 1);
    world.check(&expect![[r#"
        {__name__="f", instance="i", job="j"} 4 @4000
        {__name__="g", instance="i", job="j"} stale @4000
    "#]]);
}

#[test]
fn labels_are_relabelled_and_honoured_as_those_of_text() {
    let gauge = |pairs: &[(&str, &str)]| {
        family("g", 1, &[labelled(pairs).message(2, &Message::new().double(1, 1.0))])
    };
    let mut world = World::new();
    world.protobuf(&gauge(&[("job", "own"), ("x", "")]));
    world.check(&expect![[r#"
        {__name__="g", exported_job="own", instance="i", job="j"} 1 @1000
        # g gauge "Help." ""
    "#]]);
    let mut world = World::with(|shape| shape.honor_labels = true);
    world.protobuf(&gauge(&[("job", ""), ("instance", "own")]));
    assert!(world.log().starts_with("{__name__=\"g\", instance=\"own\"} 1 @1000\n"));
    let mut world = World::with(|shape| shape.relabel = vec![rule(Action::Drop, "x", "1")]);
    let report = world.protobuf(&gauge(&[("x", "1")]));
    assert_eq!((report.scraped, report.kept), (1, 0));
    let report = world.protobuf(&gauge(&[("x", "1")]));
    assert_eq!((report.scraped, report.kept, report.added), (1, 0, 0));
    assert!(shape(|_| {}).relabel.is_empty());
}

#[test]
fn pages_that_are_none_fail_with_a_place() {
    let gauge = labelled(&[("a", "1"), ("a", "2")]).message(2, &Message::new());
    let nameless = labelled(&[("", "1")]).message(2, &Message::new());
    let long = "x".repeat(200);
    let bomb = labelled(&[("trace_id", &long)]).double(2, 1.0);
    let counter = Message::new().message(3, &Message::new().message(2, &bomb));
    for (body, expected) in [
        (vec![0xff, 0xff, 0xff, 0xff, 0x0f, 1], "declared length exceeds the 1 bytes left"),
        (vec![1], "declared length exceeds"),
        (vec![2, 0x0a, 5], "declared length exceeds"),
        (Message::new().message(4, &Message::new()).delimited(), "family without a name"),
        (family("x", 9, &[Message::new()]), "\"x\" is of type 9"),
        (family("x", 1, &[gauge]), "x: label name \"a\" is empty or twice"),
        (family("x", 1, &[nameless]), "x: label name \"\" is empty or twice"),
        (family("a\u{0}b", 1, &[Message::new().bytes(1, [0x0a, 1, 0xff])]), "not UTF-8"),
    ] {
        let error = World::new().protobuf(&body).error.unwrap();
        assert!(error.contains(expected), "{error}");
    }
    let mut world = World::new();
    let report = world.protobuf(&family("c", 0, &[counter]));
    assert_eq!((report.error, report.exemplars_refused), (None, 1));
}

#[test]
fn a_million_labels_are_refused_at_the_thousandth() {
    let pairs: Vec<(String, String)> =
        (0..100_000).map(|n| (format!("l{n}"), "v".to_owned())).collect();
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let body = family("g", 1, &[labelled(&pairs).message(2, &Message::new())]);
    let error = World::new().protobuf(&body).error.unwrap();
    assert_eq!(error, "g: more than 1024 labels");
}
