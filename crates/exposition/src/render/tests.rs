use super::{render_openmetrics, render_text, write_series};
use crate::{Event, Family, Format, Parser};
use expect_test::expect;
use model::{Labels, LabelsBuilder, MetricKind, Timestamp};

fn families() -> Vec<Family> {
    let mut histogram = Family::new("h_seconds", MetricKind::Histogram, "A \"histogram\".");
    histogram.unit = "seconds".into();
    let labels = |le| Labels::from_pairs([("z", "1"), ("le", le)]);
    histogram.push_part("_bucket", labels("1.0"), 2.0);
    histogram.push_part("_bucket", labels("+Inf"), 3.0);
    histogram.push_part("_sum", Labels::from_pairs([("z", "1")]), 4.0);
    histogram.push_part("_count", Labels::from_pairs([("z", "1")]), 3.0);
    let mut odd = Family::gauge("odd.name", "back\\slash\nline");
    odd.push(Labels::from_pairs([("a b", "x\"y\\z\n")]), f64::NAN);
    let mut timed = Family::gauge("timed", "");
    timed.push(Labels::empty(), -1.0);
    timed.points[0].timestamp = Some(Timestamp::from_ms(-1500));
    let lone = Family::counter("lone", "no total").with(1e9);
    let empty = Family::gauge("empty", "left out");
    vec![timed, odd, Family::counter("b_total", "B.").with(7.0), histogram, lone, empty]
}

#[test]
fn text_is_sorted_and_escaped() {
    expect![[r#"
        # HELP b_total B.
        # TYPE b_total counter
        b_total 7
        # HELP h_seconds A "histogram".
        # TYPE h_seconds histogram
        h_seconds_bucket{z="1",le="1.0"} 2
        h_seconds_bucket{z="1",le="+Inf"} 3
        h_seconds_sum{z="1"} 4
        h_seconds_count{z="1"} 3
        # HELP lone no total
        # TYPE lone counter
        lone 1e+09
        # HELP "odd.name" back\\slash\nline
        # TYPE "odd.name" gauge
        {"odd.name","a b"="x\"y\\z\n"} NaN
        # HELP timed 
        # TYPE timed gauge
        timed -1 -1500
    "#]]
    .assert_eq(&render_text(&families()));
}

#[test]
fn openmetrics_names_units_and_end() {
    expect![[r#"
        # HELP b B.
        # TYPE b counter
        b_total 7.0
        # HELP h_seconds A \"histogram\".
        # TYPE h_seconds histogram
        # UNIT h_seconds seconds
        h_seconds_bucket{z="1",le="1.0"} 2
        h_seconds_bucket{z="1",le="+Inf"} 3
        h_seconds_sum{z="1"} 4.0
        h_seconds_count{z="1"} 3
        # HELP lone no total
        # TYPE lone unknown
        lone 1e+09
        # HELP "odd.name" back\\slash\nline
        # TYPE "odd.name" gauge
        {"odd.name","a b"="x\"y\\z\n"} NaN
        # HELP timed 
        # TYPE timed gauge
        timed -1.0 -1.500
        # EOF
    "#]]
    .assert_eq(&render_openmetrics(&families()));
}

#[test]
fn quantiles_come_last_and_a_unit_must_be_a_suffix() {
    let mut summary = Family::new("rpc", MetricKind::Summary, "S.");
    summary.unit = "seconds".into();
    summary.push_part("", Labels::from_pairs([("z", "1"), ("quantile", "0.5")]), 2.0);
    summary.points[0].timestamp = Some(Timestamp::from_ms(1500));
    expect![[r#"
        # HELP rpc S.
        # TYPE rpc summary
        rpc{z="1",quantile="0.5"} 2.0 1.500
        # EOF
    "#]]
    .assert_eq(&render_openmetrics([&summary]));
}

/// Sources within the process share the cache of scraped ones, which knows series by these bytes.
#[test]
fn a_series_alone_is_written_as_in_the_text() {
    for family in families() {
        let text = render_text([&family]);
        for point in &family.points {
            let mut series = String::new();
            write_series(&mut series, &family, point);
            assert!(text.contains(&format!("\n{series} ")), "{series} in {text}");
        }
    }
}

/// Series, value bits and time of everything in a body, sorted.
fn read(format: Format, body: &str) -> Vec<(Labels, u64, Option<i64>)> {
    let mut parser = Parser::new(format, body.as_bytes());
    let mut labels = LabelsBuilder::default();
    let mut read = Vec::new();
    while let Some(event) = parser.next_event().unwrap() {
        if let Event::Sample(sample) = event {
            parser.labels(&mut labels).unwrap();
            let at = sample.timestamp.map(Timestamp::ms);
            read.push((labels.build(), sample.value.to_bits(), at));
        }
    }
    read.sort();
    read
}

fn points(families: &[Family]) -> Vec<(Labels, u64, Option<i64>)> {
    let mut points = Vec::new();
    for family in families {
        for point in &family.points {
            let name = format!("{}{}", family.name, point.suffix);
            let labels = point.labels.to_builder().set("__name__", &name).build();
            let value = point.value;
            let bits = if value.is_nan() { model::NORMAL_NAN_BITS } else { value.to_bits() };
            points.push((labels, bits, point.timestamp.map(Timestamp::ms)));
        }
    }
    points.sort();
    points
}

#[test]
fn what_is_written_is_read_back() {
    let mut all = families();
    assert_eq!(read(Format::OpenMetrics, &render_openmetrics(&all)), points(&all));
    // The text parser takes digits only in timestamps, as upstream's.
    all[0].points[0].timestamp = Some(Timestamp::from_ms(1500));
    assert_eq!(read(Format::Text, &render_text(&all)), points(&all));
}
