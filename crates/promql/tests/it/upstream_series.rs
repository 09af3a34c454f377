//! Verdicts of upstream's parser on series descriptions, and all series lines of its scripts.
//! The facts are those of Prometheus' `promql/parser/parse_test.go`.

use promql::ast::UnaryOp;
use promql::parse_series;
use promql::series::{SeriesValue, parse_start_timestamps};

/// A description and its values: `_` a gap, `h` a histogram, `+h` a step.
fn values(text: &str) -> String {
    let series = parse_series(text).unwrap_or_else(|error| panic!("{}", error.render(text)));
    let shown = series.values.iter().map(|value| match value {
        SeriesValue::Gap => "_".to_owned(),
        SeriesValue::Float(value) if model::is_stale(*value) => "stale".to_owned(),
        SeriesValue::Float(value) => value.to_string(),
        SeriesValue::Histogram(_) => "h".to_owned(),
        SeriesValue::HistogramStep(UnaryOp::Plus, _) => "+h".to_owned(),
        SeriesValue::HistogramStep(UnaryOp::Minus, _) => "-h".to_owned(),
    });
    format!("{:?} {}", series.labels, shown.collect::<Vec<_>>().join(" "))
}

#[test]
fn descriptions_have_upstream_s_values() {
    let cases = [
        ("", "{} "),
        ("{} 1 2 3", "{} 1 2 3"),
        ("{a=\"b\"} -1 2 3", "{a=\"b\"} -1 2 3"),
        ("my_metric 1 2 3", "{__name__=\"my_metric\"} 1 2 3"),
        ("my_metric{} 1 2 3", "{__name__=\"my_metric\"} 1 2 3"),
        ("m{a=\"b\"} 1 2 3-10x4", "{__name__=\"m\", a=\"b\"} 1 2 3 -7 -17 -27 -37"),
        ("m{a=\"b\"} 1 2 3-0x4", "{__name__=\"m\", a=\"b\"} 1 2 3 3 3 3 3"),
        ("{} 1x0", "{} 1"),
        ("{} 1+1x0", "{} 1"),
        ("m 1 3 _ 5 _x4", "{__name__=\"m\"} 1 3 _ 5 _ _ _ _"),
        ("m 1 -1", "{__name__=\"m\"} 1 -1"),
        ("m 1 +1", "{__name__=\"m\"} 1 1"),
        ("m 1 -1 -3-10x4 7 9 +5", "{__name__=\"m\"} 1 -1 -3 -13 -23 -33 -43 7 9 5"),
        ("m 1 +1 +4 -6 -2 8", "{__name__=\"m\"} 1 1 4 -6 -2 8"),
        ("m 1 2 3    ", "{__name__=\"m\"} 1 2 3"),
        ("m{a=\"\\u70ac = torch\"} 1", "{__name__=\"m\", a=\"炬 = torch\"} 1"),
        ("m stale Inf -inf NaN 1e3 .5 0x3", "{__name__=\"m\"} stale inf -inf NaN 1000 0.5 0 0 0 0"),
        ("http_requests{job=\"api-server\"}", "{__name__=\"http_requests\", job=\"api-server\"} "),
        (
            "{\"http.requests\", \"service.name\"=\"api\", group=\"canary\",}\t\t0+50x2",
            "{__name__=\"http.requests\", group=\"canary\", \"service.name\"=\"api\"} 0 50 100",
        ),
        ("sum 1", "{__name__=\"sum\"} 1"),
        ("{} {{}} {{ }}x1 {{sum:1}}+{{sum:1}}x2 {{sum:2}}-{{sum:2}}x1", "{} h h h h +h +h h -h"),
        ("m 0.1+0.1x2", "{__name__=\"m\"} 0.1 0.2 0.30000000000000004"),
    ];
    for (text, expected) in cases {
        assert_eq!(values(text), expected, "{text}");
    }
}

#[test]
fn wrong_descriptions_are_refused_in_upstream_s_words() {
    let cases = [
        ("{} 1+1", "1:7: parse error: unexpected end of input in series values"),
        ("m 1 3 _ 5 _a4", "1:12: parse error: unexpected \"a\" in series values"),
        ("m -3-3 -3", "1:7: parse error: unexpected \" \" in series values"),
        ("m -3 -3-3", "1:10: parse error: unexpected end of input in series values"),
        ("m -3 _-2", "1:7: parse error: unexpected \"-\" in series values"),
        ("m -3 3+3x4-4", "1:11: parse error: unexpected \"-\" in series values"),
        (
            "{\"http.requests\"xx} 1",
            "1:17: parse error: unexpected identifier \"xx\" in label set, expected \",\" or \"}\"",
        ),
        (
            "{\"http.requests\"=, x=\"y\"} 1",
            "1:18: parse error: unexpected \",\" in label set, expected string",
        ),
        ("{\"http.requests}\t\t0+50x2", "1:2: parse error: unterminated quoted string"),
        ("m{a} 1", "1:4: parse error: unexpected \"}\" in label set, expected \"=\""),
        ("m{1} 1", "1:3: parse error: unexpected character inside braces: '1'"),
        (
            "m x",
            "1:3: parse error: unexpected identifier \"x\" in series values, expected number or \"stale\"",
        ),
        ("m 1x", "1:5: parse error: unexpected end of input in series values"),
        ("m 1x-1", "1:5: parse error: unexpected \"-\" in series values"),
        (
            "m 1x1.5",
            "1:5: parse error: invalid repetition in series values: strconv.ParseUint: parsing \"1.5\": invalid syntax",
        ),
        (
            "m 1x99999999999999999999",
            "1:5: parse error: invalid repetition in series values: strconv.ParseUint: parsing \"99999999999999999999\": value out of range",
        ),
        ("m 1x1000000", "1:12: parse error: series has more than 1000000 values"),
        ("m _x18446744073709551615", "1:25: parse error: series has more than 1000000 values"),
        ("m 1x18446744073709551615", "1:3: parse error: series has more than 1000000 values"),
        ("m 1..2", "1:3: parse error: bad number syntax: \"1..\""),
        ("{} {{schema:1 schema:1}}", "1:1: parse error: duplicate key \"schema\" in histogram"),
        ("{} {{foo:1}}", "1:6: parse error: bad histogram descriptor found: \"foo\""),
        ("{} {{schema :1}}", "1:6: parse error: missing `:` for histogram descriptor"),
        ("{} {{schema: 1}}", "1:13: parse error: unexpected \" \" in series values"),
        ("{} {{buckets:[ 1]}}", "1:15: parse error: unexpected \" \" in series values"),
        ("{} {{ schema:1}}", "1:7: parse error: unexpected \"s\" in series values"),
        (
            "{} {{counter_reset_hint:foo}}",
            "1:25: parse error: bad histogram descriptor found: \"foo\"",
        ),
        (
            "{} {{buckets:[5 10 7] schema:1}}+{{buckets:[1 2 3] schema:0}}x2",
            "1:63: parse error: error combining histograms: cannot merge from schema 0 to 1",
        ),
        (
            "{} {{schema:99999999999}}",
            "1:13: parse error: number 99999999999 in histogram exceeds 2147483647",
        ),
        (
            "{} {{sum:1",
            "1:11: parse error: histogram description incomplete unexpected: '\u{fffd}'",
        ),
        ("{} {{", "1:6: parse error: histogram description incomplete unexpected: '\u{fffd}'"),
    ];
    for (text, expected) in cases {
        let Err(error) = parse_series(text) else { panic!("accepted: {text}") };
        assert_eq!(error.to_string(), expected, "{text}");
    }
}

#[test]
fn a_histogram_keeps_all_its_properties() {
    let text = "{} {{schema:1 sum:-0.3 count:3.1 z_bucket:7.1 z_bucket_w:0.05 buckets:[5.1 10 7  ] \
                offset:-3  n_buckets:[4.1 -5] n_offset:5 counter_reset_hint:gauge  }}";
    let series = parse_series(text).unwrap();
    expect_test::expect![[r"
        Histogram(
            SeriesHistogram {
                histogram: Histogram {
                    counts: Float,
                    counter_reset: Gauge,
                    schema: 1,
                    zero_threshold: 0.05,
                    zero_count: 7.1,
                    count: 3.1,
                    sum: -0.3,
                    positive_spans: [
                        Span {
                            offset: -3,
                            length: 3,
                        },
                    ],
                    positive_buckets: [
                        5.1,
                        10.0,
                        7.0,
                    ],
                    negative_spans: [
                        Span {
                            offset: 5,
                            length: 2,
                        },
                    ],
                    negative_buckets: [
                        4.1,
                        -5.0,
                    ],
                    custom_values: [],
                },
                hint_written: true,
            },
        )"]]
    .assert_eq(&format!("{:#?}", series.values[0]));
}

#[test]
fn start_timestamps_have_upstream_s_offsets() {
    let offsets = |text: &str| parse_start_timestamps(text).unwrap().offsets;
    let m = Some;
    assert_eq!(offsets("m{a=\"b\"}@st _ -30s-1mx2"), [None, m(-30_000), m(-90_000), m(-150_000)]);
    assert_eq!(offsets("m@st _x2 1ms 0 -1ms"), [None, None, m(1), m(0), m(-1)]);
    assert_eq!(
        offsets("m@st -1mx2 *  _ *x1"),
        [m(-60_000), m(-60_000), m(-60_000), m(-60_000), None, m(-60_000), m(-60_000)]
    );
    assert_eq!(offsets("@st +1s+1sx1"), [m(1000), m(2000)]);
    assert_eq!(parse_start_timestamps("@st 1s").unwrap().labels, None);
    let labels = parse_start_timestamps("m{a=\"b\"}@st 1s").unwrap().labels.unwrap();
    assert_eq!(format!("{labels:?}"), "{__name__=\"m\", a=\"b\"}");
}

#[test]
fn wrong_start_timestamps_are_refused() {
    let cases = [
        ("m@st", "1:1: parse error: invalid @st line: missing value sequence"),
        (
            "m@st 1x2",
            "1:6: parse error: invalid @st sequence: invalid ST item \"1x2\": invalid duration \"1\": not a valid duration string: \"1\"",
        ),
        (
            "m@st 1s _x0",
            "1:9: parse error: invalid @st sequence: invalid ST item \"_x0\": invalid repeat count",
        ),
        (
            "m@st 1s+1s",
            "1:6: parse error: invalid @st sequence: invalid ST item \"1s+1s\": expected 'x<count>' after step duration",
        ),
        (
            "m@st x",
            "1:6: parse error: invalid @st sequence: invalid ST item \"x\": expected digits in duration \"x\"",
        ),
        (
            "m@st 1s*",
            "1:6: parse error: invalid @st sequence: invalid ST item \"1s*\": unexpected character '*' after duration",
        ),
        (
            "m@st 1sx9999999999",
            "1:6: parse error: invalid @st sequence: invalid ST item \"1sx9999999999\": series has more than 1000000 values",
        ),
        ("m{a}@st 1s", "1:4: parse error: unexpected \"}\" in label set, expected \"=\""),
        ("m!@st 1s", "1:2: parse error: unexpected text behind the metric"),
    ];
    for (text, expected) in cases {
        let Err(error) = parse_start_timestamps(text) else { panic!("accepted: {text}") };
        assert_eq!(error.to_string(), expected, "{text}");
    }
}
