//! Requests of version 2.0: symbols, starts, metadata, and every way to refer to nothing.

use expect_test::{Expect, expect};
use model::{Exemplar, Histogram, Labels, Metadata, MetricKind, Timestamp};
use testkit::peak_of;
use wire::WireError;
use wire::protobuf::put_varint;
use wire::remote_write::{LabelPairs, SeriesItem};
use wire::remote_write_2::{Request, SYMBOLS_MAX, Series, TimeSeries, encode};

const LABEL_BYTES_MAX: usize = 1000;

fn describe(body: &[u8]) -> Result<String, WireError> {
    let mut lines = Vec::new();
    let mut request = Request::read(body)?;
    while let Some(series) = request.next_series()? {
        describe_series(series, request.symbols(), &mut lines)?;
    }
    Ok(lines.join("\n"))
}

fn describe_series(
    mut series: Series<'_>,
    symbols: &[&str],
    lines: &mut Vec<String>,
) -> Result<(), WireError> {
    let mut bytes = Vec::new();
    match series.put_labels(symbols, LABEL_BYTES_MAX, &mut bytes) {
        Ok(()) => {
            let (mut labels, mut text) = (LabelPairs::of(&bytes), String::from("series"));
            while let Some((name, value)) = labels.next_pair()? {
                text = format!("{text} {name}={value:?}");
            }
            lines.push(text);
        }
        Err(error) => lines.push(error.to_string()),
    }
    while let Some(item) = series.next_item(symbols)? {
        lines.push(match item {
            SeriesItem::Sample(s) => format!("  {:?} {} from {:?}", s.timestamp, s.value, s.start),
            SeriesItem::Histogram(h) => {
                let count = h.histogram.map(|histogram| histogram.count);
                format!("  {:?} {count:?} from {:?}", h.timestamp, h.start)
            }
            SeriesItem::Exemplar(exemplar) => format!("  {exemplar:?}"),
        });
    }
    lines.push(format!("  {:?}", series.metadata(symbols)?));
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "cases read better with expect![..] in place")]
fn check(body: &[u8], expected: Expect) {
    expected.assert_eq(&describe(body).unwrap_or_else(|error| error.to_string()));
}

fn labels(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
}

/// A field with bytes.
fn field(number: u64, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_varint(number << 3 | 2, &mut out);
    put_varint(bytes.len() as u64, &mut out);
    out.extend_from_slice(bytes);
    out
}

#[test]
fn everything_that_a_sender_says_comes_out() {
    let exemplar = Exemplar {
        labels: Labels::from_pairs([("trace_id", "ä")]),
        value: 0.5,
        timestamp: Timestamp::from_ms(6),
    };
    let floats = TimeSeries {
        labels: labels(&[("__name__", "requests_total"), ("job", "a")]),
        samples: vec![(5, 1.0), (6, 2.0)],
        start: 3,
        exemplars: vec![exemplar],
        metadata: Metadata { kind: MetricKind::Counter, help: "All.".into(), unit: "1".into() },
        ..TimeSeries::default()
    };
    let histograms = TimeSeries {
        labels: labels(&[("__name__", "h"), ("empty", "")]),
        histograms: vec![(-5, Histogram { count: 2.0, zero_count: 2.0, ..Histogram::default() })],
        ..TimeSeries::default()
    };
    check(
        &encode(&[floats, histograms]),
        expect![[r#"
            series __name__="requests_total" job="a"
              5ms 1 from Some(3ms)
              6ms 2 from Some(3ms)
              Ok(Exemplar { labels: {trace_id="ä"}, value: 0.5, timestamp: 6ms })
              Some(Metadata { kind: Counter, help: "All.", unit: "1" })
            series __name__="h" empty=""
              -5ms Ok(2.0) from None
              None"#]],
    );
}

/// Symbols "", "a", "b" and one series.
fn with_symbols(series: &[u8]) -> Vec<u8> {
    let mut body = field(5, series);
    for symbol in ["", "a", "b"] {
        body.extend(field(4, symbol.as_bytes()));
    }
    body
}

#[test]
fn references_may_stand_alone_and_symbols_at_the_end() {
    let body =
        with_symbols(b"\x08\x01\x0a\x01\x02\x30\x07\x12\x0b\x09\0\0\0\0\0\0\xf0\x3f\x10\x09");
    check(
        &body,
        expect![[r#"
            series a="b"
              9ms 1 from Some(7ms)
              None"#]],
    );
}

#[test]
fn what_refers_to_nothing_costs_its_series() {
    check(
        &with_symbols(b"\x0a\x02\x01\x03"),
        expect![[r"
            wire: remote write: symbol 3 of 3 at offset 4
              None"]],
    );
    check(
        &with_symbols(b"\x0a\x01\x01"),
        expect![[r"
            wire: remote write: a label name without a value at offset 4
              None"]],
    );
    check(
        &with_symbols(b"\x0a\x02\x01\x02\x22\x04\x0a\x02\x01\x09\x2a\x02\x18\x09"),
        expect!["wire: remote write: symbol 9 of 3 at offset 2"],
    );
}

#[test]
fn malformed_bytes_cost_the_request() {
    check(
        b"\x22\x01\xff",
        expect![[r"
        wire: protobuf: text is not UTF-8: invalid utf-8 sequence of 1 bytes from index 0 at offset 2"]],
    );
    check(
        &with_symbols(b"\x0a\x02\x01\xff"),
        expect![[r"
            wire: protobuf: ends within a number at offset 5
              None"]],
    );
    check(
        b"\x2a\x7f",
        expect!["wire: protobuf: declared length exceeds the 0 bytes left at offset 1"],
    );
}

#[test]
fn label_sets_are_bounded_however_often_a_symbol_is_used() {
    let mut body = field(4, &[b'x'; 100]);
    body.extend(field(5, &field(1, &[0; 100])));
    check(
        &body,
        expect![[r"
        wire: remote write: more than 1000 bytes of labels at offset 104
          None"]],
    );
}

#[test]
fn symbols_are_bounded() {
    let body = b"\x22\x00".repeat(SYMBOLS_MAX + 1);
    let (found, peak) = peak_of(|| Request::read(&body).map(|_| ()).unwrap_err().to_string());
    assert_eq!(found, "wire: remote write: more than 1048576 symbols at offset 2097152");
    assert!(peak < 33 << 20, "{peak} bytes for {SYMBOLS_MAX} symbols");
}

#[test]
fn exemplars_that_are_too_long_or_refer_to_nothing_cost_themselves() {
    let long = Labels::from_pairs([("trace_id", "t".repeat(121))]);
    let exemplar = Exemplar { labels: long, value: 1.0, timestamp: Timestamp::from_ms(1) };
    let series = TimeSeries { exemplars: vec![exemplar], ..TimeSeries::default() };
    let told = describe(&encode(&[series])).unwrap();
    assert!(told.contains("129 characters of labels, at most 128 accepted"), "{told}");
    let told = describe(&with_symbols(b"\x22\x04\x0a\x02\x01\x09")).unwrap();
    assert!(told.contains("symbol 9 of 3"), "{told}");
}
