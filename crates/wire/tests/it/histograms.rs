//! Native histograms: both forms, custom bounds, and every broken rule.

use crate::requests::series;
use expect_test::{Expect, expect};
use model::{CUSTOM_BUCKETS_SCHEMA, CounterReset, Histogram, HistogramCounts, Span};
use testkit::peak_of;
use wire::protobuf::put_varint;
use wire::remote_write::{BUCKETS_MAX, Item, Request, SeriesItem, TimeSeries, encode};

fn integers() -> Histogram {
    Histogram {
        counts: HistogramCounts::Integer,
        counter_reset: CounterReset::NotReset,
        schema: -2,
        zero_threshold: 0.001,
        zero_count: 2.0,
        count: 19.0,
        sum: -0.0,
        positive_spans: vec![Span { offset: -3, length: 2 }, Span { offset: 1, length: 1 }],
        positive_buckets: vec![1.0, 0.0, 7.0],
        negative_spans: vec![Span { offset: 0, length: 1 }],
        negative_buckets: vec![9.0],
        custom_values: vec![],
    }
}

fn floats() -> Histogram {
    Histogram {
        counts: HistogramCounts::Float,
        count: 18.5,
        counter_reset: CounterReset::Gauge,
        ..integers()
    }
}

fn custom() -> Histogram {
    Histogram {
        counts: HistogramCounts::Integer,
        schema: CUSTOM_BUCKETS_SCHEMA,
        count: 3.0,
        sum: 4.5,
        positive_spans: vec![Span { offset: 0, length: 3 }],
        positive_buckets: vec![1.0, 0.0, 2.0],
        custom_values: vec![0.5, 1.0],
        ..Histogram::default()
    }
}

fn decode(histogram: &Histogram) -> Result<Histogram, String> {
    let sent =
        TimeSeries { histograms: vec![(-5, histogram.clone())], ..series(&[("a", "b")], &[]) };
    decode_body(&encode(&[sent], &[]))
}

fn decode_body(body: &[u8]) -> Result<Histogram, String> {
    let text = |error: wire::WireError| error.to_string();
    let Some(Item::Series(mut series)) = Request::new(body).next_item().map_err(text)? else {
        return Err("no series".into());
    };
    match series.next_item().map_err(text)? {
        Some(SeriesItem::Histogram(found)) => found.histogram.map_err(text),
        other => Err(format!("{other:?}")),
    }
}

#[test]
fn all_forms_come_back_bit_for_bit() {
    let stale = Histogram { counts: HistogramCounts::Integer, ..Histogram::stale() };
    for histogram in [integers(), floats(), custom(), stale, Histogram::stale()] {
        let found = decode(&histogram).unwrap();
        assert!(found.bits_eq(&histogram), "{found:?} {histogram:?}");
    }
}

#[expect(clippy::needless_pass_by_value, reason = "cases read better with expect![..] in place")]
fn check_refused(histogram: Histogram, expected: Expect) {
    expected.assert_eq(&decode(&histogram).unwrap_err());
}

#[test]
fn broken_rules_are_named() {
    check_refused(
        Histogram { schema: 9, ..integers() },
        expect!["wire: histogram: schema 9, -4 to 8 or -53 expected at offset 12"],
    );
    check_refused(
        Histogram { count: 20.0, ..integers() },
        expect!["wire: histogram: 19 observations found in buckets, count is 20 at offset 12"],
    );
    check_refused(
        Histogram { count: 18.0, sum: f64::NAN, ..integers() },
        expect!["wire: histogram: 19 observations found in buckets, count is 18 at offset 12"],
    );
    check_refused(
        Histogram { positive_buckets: vec![1.0, 0.0], ..integers() },
        expect!["wire: histogram: positive spans need 3 buckets, have 2 buckets at offset 12"],
    );
    check_refused(
        Histogram { negative_buckets: vec![-9.0], ..floats() },
        expect!["wire: histogram: negative bucket with count -9 at offset 12"],
    );
    check_refused(
        Histogram { count: -1.0, ..floats() },
        expect!["wire: histogram: count -1 is negative at offset 12"],
    );
    let backwards = vec![Span { offset: 0, length: 2 }, Span { offset: -1, length: 1 }];
    check_refused(
        Histogram { positive_spans: backwards, ..integers() },
        expect!["wire: histogram: positive span with offset -1 after the first at offset 12"],
    );
    let endless = vec![Span { offset: 0, length: u32::MAX }; 3];
    check_refused(
        Histogram { positive_spans: endless, ..integers() },
        expect![
            "wire: histogram: positive spans need 12884901885 buckets, have 3 buckets at offset 12"
        ],
    );
    check_refused(
        Histogram { custom_values: vec![1.0], ..integers() },
        expect!["wire: histogram: custom bounds with an exponential schema at offset 12"],
    );
    check_refused(
        Histogram { custom_values: vec![1.0, 1.0], ..custom() },
        expect!["wire: histogram: custom bounds do not strictly increase at offset 12"],
    );
    check_refused(
        Histogram { custom_values: vec![1.0, f64::INFINITY], ..custom() },
        expect!["wire: histogram: custom bounds do not strictly increase at offset 12"],
    );
    check_refused(
        Histogram { custom_values: vec![1.0], ..custom() },
        expect!["wire: histogram: 3 buckets with 1 custom bounds at offset 12"],
    );
    check_refused(
        Histogram {
            negative_spans: vec![Span { offset: 0, length: 1 }],
            negative_buckets: vec![1.0],
            count: 4.0,
            ..custom()
        },
        expect![
            "wire: histogram: custom bounds together with a zero or negative bucket at offset 12"
        ],
    );
    check_refused(
        Histogram { zero_count: 1.0, count: 4.0, ..custom() },
        expect![
            "wire: histogram: custom bounds together with a zero or negative bucket at offset 12"
        ],
    );
}

#[test]
fn fewer_observations_in_buckets_are_fine_when_some_were_nan() {
    assert!(decode(&Histogram { count: 20.0, sum: f64::NAN, ..integers() }).is_ok());
}

/// A body with one series that holds one histogram of these bytes.
fn body_of(histogram: &[u8]) -> Vec<u8> {
    let mut series = vec![0x22];
    put_varint(histogram.len() as u64, &mut series);
    series.extend_from_slice(histogram);
    let mut body = vec![0x0a];
    put_varint(series.len() as u64, &mut body);
    body.extend(series);
    body
}

#[test]
fn numbers_one_by_one_are_read_like_packed_ones() {
    // count 3; positive span length 2; deltas 1, 1 unpacked
    let found = decode_body(&body_of(b"\x08\x03\x5a\x02\x10\x02\x60\x02\x60\x02")).unwrap();
    assert_eq!(found.positive_buckets, [1.0, 2.0]);
    // count_float 1.0; positive span length 1; count 1.0 unpacked
    let one = 1.0_f64.to_le_bytes();
    let body = [b"\x11", &one[..], b"\x5a\x02\x10\x01\x69", &one].concat();
    assert_eq!(decode_body(&body_of(&body)).unwrap().positive_buckets, [1.0]);
}

#[test]
fn counts_beyond_what_a_float_holds_are_refused() {
    let mut body = vec![0x08];
    put_varint((1 << 53) + 1, &mut body);
    expect!["wire: histogram: count 9007199254740993 is above 2^53 at offset 4"]
        .assert_eq(&decode_body(&body_of(&body)).unwrap_err());
    let mut deltas = vec![0x62, 20];
    for _ in 0..2 {
        put_varint(u64::MAX - 1, &mut deltas); // i64::MAX, twice: saturates instead of wrapping
    }
    assert!(decode_body(&body_of(&deltas)).unwrap_err().contains("above 2^53"));
}

#[test]
fn mixed_forms_are_refused() {
    let one = 1.0_f64.to_le_bytes();
    let floats_in_integers = [b"\x08\x03\x5a\x02\x10\x01\x69", &one[..]].concat();
    let integers_in_floats = [b"\x11", &one[..], b"\x5a\x02\x10\x01\x60\x02"].concat();
    for body in [floats_in_integers, integers_in_floats] {
        expect!["wire: histogram: positive side mixes integers and floats at offset 4"]
            .assert_eq(&decode_body(&body_of(&body)).unwrap_err());
    }
}

#[test]
fn buckets_are_bounded() {
    let mut body = vec![0x62];
    put_varint(1 << 20, &mut body);
    body.extend(vec![0; 1 << 20]);
    let body = body_of(&body);
    let (result, peak) = peak_of(|| decode_body(&body));
    assert!(result.unwrap_err().contains("more than 16384 buckets"));
    assert!(peak < 4 * 8 * BUCKETS_MAX, "{peak} bytes");
}
