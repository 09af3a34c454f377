//! Write requests: what a sender meant comes out, and what is wrong is said with its place.

use expect_test::{Expect, expect};
use model::{Exemplar, Labels, Metadata, MetricKind, MetricMetadata, STALE_NAN_BITS, Timestamp};
use testkit::peak_of;
use wire::WireError;
use wire::protobuf::put_varint;
use wire::remote_write::{Item, Request, Series, SeriesItem, TimeSeries, encode};

pub(crate) fn series(labels: &[(&str, &str)], samples: &[(i64, f64)]) -> TimeSeries {
    let labels = labels.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    TimeSeries { labels, samples: samples.to_vec(), ..TimeSeries::default() }
}

/// Everything in a request as text, one item a line.
pub(crate) fn describe(body: &[u8]) -> Result<String, WireError> {
    let mut lines = Vec::new();
    let mut request = Request::new(body);
    while let Some(item) = request.next_item()? {
        match item {
            Item::Metadata(found) => lines.push(format!("{found:?}")),
            Item::Series(series) => describe_series(series, &mut lines)?,
        }
    }
    Ok(lines.join("\n"))
}

fn describe_series(mut series: Series<'_>, lines: &mut Vec<String>) -> Result<(), WireError> {
    let mut labels = series.labels();
    let mut text = String::from("series");
    while let Some((name, value)) = labels.next_pair()? {
        text = format!("{text} {name}={value:?}");
    }
    let raw = series.label_bytes()?.map(<[u8]>::len);
    lines.push(format!("{text} raw {raw:?}"));
    while let Some(item) = series.next_item()? {
        lines.push(match item {
            SeriesItem::Sample(s) => format!("  {} {:x}", s.timestamp.ms(), s.value.to_bits()),
            SeriesItem::Exemplar(Ok(exemplar)) => format!("  {exemplar:?}"),
            SeriesItem::Exemplar(Err(error)) => format!("  {error}"),
            SeriesItem::Histogram(sample) => match sample.histogram {
                Ok(histogram) => format!("  {:?} {histogram:?}", sample.timestamp),
                Err(error) => format!("  {:?} {error}", sample.timestamp),
            },
        });
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "cases read better with expect![..] in place")]
fn check(body: &[u8], expected: Expect) {
    expected.assert_eq(&describe(body).unwrap_or_else(|error| error.to_string()));
}

#[test]
fn samples_come_out_with_every_bit() {
    let values = [0.0, -0.0, 1.5, f64::from_bits(STALE_NAN_BITS), f64::NEG_INFINITY];
    let samples: Vec<_> = (-2..).zip(values).collect();
    check(
        &encode(&[series(&[("__name__", "up"), ("a", "ä")], &samples)], &[]),
        expect![[r#"
        series __name__="up" a="ä" raw Some(25)
          -2 0
          -1 8000000000000000
          0 3ff8000000000000
          1 7ff0000000000002
          2 fff0000000000000"#]],
    );
}

#[test]
fn several_series_and_metadata() {
    let metadata = MetricMetadata {
        metric: "up".into(),
        metadata: Metadata { kind: MetricKind::Gauge, help: "Is it?".into(), unit: String::new() },
    };
    let body = encode(&[series(&[("__name__", "a")], &[(1, 1.0)]), series(&[], &[])], &[metadata]);
    check(
        &body,
        expect![[r#"
        series __name__="a" raw Some(15)
          1 3ff0000000000000
        series raw Some(0)
        MetricMetadata { metric: "up", metadata: Metadata { kind: Gauge, help: "Is it?", unit: "" } }"#]],
    );
}

#[test]
fn exemplars_come_out_sorted() {
    let exemplar = Exemplar {
        labels: Labels::from_pairs([("trace_id", "abc"), ("span_id", "d")]),
        value: 0.25,
        timestamp: Timestamp::from_ms(1_700_000_000_000),
    };
    let with = TimeSeries { exemplars: vec![exemplar], ..series(&[("__name__", "a")], &[]) };
    check(
        &encode(&[with], &[]),
        expect![[r#"
        series __name__="a" raw Some(15)
          Exemplar { labels: {span_id="d", trace_id="abc"}, value: 0.25, timestamp: 1700000000000ms }"#]],
    );
}

#[test]
fn an_exemplar_with_endless_labels_costs_only_itself() {
    let with = |text: &str| TimeSeries {
        exemplars: vec![Exemplar {
            labels: Labels::from_pairs([("a", text), ("b", text)]),
            value: 0.25,
            timestamp: Timestamp::from_ms(1),
        }],
        ..series(&[("__name__", "a")], &[])
    };
    // Characters count, not bytes: two names of one and two values of 63.
    assert!(describe(&encode(&[with(&"ä".repeat(63))], &[])).unwrap().contains("Exemplar {"));
    check(
        &encode(&[with(&"ä".repeat(64)), series(&[("__name__", "b")], &[(1, 1.0)])], &[]),
        expect![[r#"
        series __name__="a" raw Some(15)
          wire: exemplar: 130 characters of labels, at most 128 accepted at offset 21
        series __name__="b" raw Some(15)
          1 3ff0000000000000"#]],
    );
    let endless = encode(&[with(&"x".repeat(1 << 20))], &[]);
    let (_, peak) = peak_of(|| describe(&endless));
    assert!(peak < 4096, "{peak} bytes");
}

#[test]
fn an_empty_body_is_an_empty_request() {
    check(b"", expect![""]);
}

#[test]
fn unknown_fields_are_skipped() {
    // field 15 varint, field 16 fixed32, field 2 (reserved for others) bytes
    check(b"\x78\x05\x85\x01abcd\x12\x03xyz", expect![""]);
}

#[test]
fn labels_after_samples_are_found_but_not_recognised_by_bytes() {
    // sample first, then the label a="b"
    check(
        b"\x0a\x0a\x12\x00\x0a\x06\x0a\x01a\x12\x01b",
        expect![[r#"
        series a="b" raw None
          0 0"#]],
    );
}

#[test]
fn malformed_bytes_are_named_with_their_offset() {
    check(b"\x0a", expect!["wire: protobuf: ends within a number at offset 1"]);
    check(
        b"\x0a\x05abc",
        expect!["wire: protobuf: declared length exceeds the 3 bytes left at offset 1"],
    );
    check(
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        expect!["wire: protobuf: declared length exceeds the 0 bytes left at offset 1"],
    );
    check(
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
        expect!["wire: protobuf: number above 64 bits at offset 1"],
    );
    check(b"\x00\x01", expect!["wire: protobuf: field number 0 at offset 0"]);
    check(
        b"\x80\x80\x80\x80\x10\x01",
        expect!["wire: protobuf: field number 536870912 at offset 0"],
    );
    check(b"\x0b\x0c", expect!["wire: protobuf: wire type 3 at offset 0"]);
    check(
        b"\x08\x01",
        expect!["wire: protobuf: field 1 has another type, bytes expected at offset 0"],
    );
    check(
        b"\x0a\x05\x0a\x03\x0a\x01\xff",
        expect![
            "wire: protobuf: text is not UTF-8: invalid utf-8 sequence of 1 bytes from index 0 at offset 6"
        ],
    );
    check(
        b"\x0a\x04\x12\x02\x08\x01",
        expect!["wire: protobuf: field 1 has another type, eight bytes expected at offset 4"],
    );
    check(b"\x0a\x04\x12\x02\x09\x01", expect!["wire: protobuf: ends within a number at offset 5"]);
}

#[test]
fn equal_label_bytes_mean_equal_labels() {
    let body =
        encode(&[series(&[("a", "b")], &[(1, 1.0)]), series(&[("a", "b")], &[(2, 1.0)])], &[]);
    let mut request = Request::new(&body);
    let mut raw = Vec::new();
    while let Some(Item::Series(series)) = request.next_item().unwrap() {
        raw.push(series.label_bytes().unwrap().unwrap());
    }
    assert_eq!(raw[0], raw[1]);
}

#[test]
fn a_series_that_was_likely_is_the_same_series() {
    let labels = [("__name__", "up"), ("job", "a")];
    let mut longer = labels.to_vec();
    longer.push(("zone", "z"));
    let body = encode(&[series(&labels, &[(1, 1.0)]), series(&longer, &[(1, 2.0)])], &[]);
    let mut request = Request::new(&body);
    let Some(Item::Series(first)) = request.next_item().unwrap() else { panic!("a series") };
    let likely = first.label_bytes().unwrap().unwrap();

    let (mut request, mut found) = (Request::new(&body), Vec::new());
    while let Some(Item::Series(series)) = request.next_item_like(likely).unwrap() {
        let plain = series.label_bytes().unwrap().unwrap();
        let mut lines = Vec::new();
        describe_series(series, &mut lines).unwrap();
        found.push((series.is_likely(), plain.len() - likely.len(), lines));
    }
    let first = ["series __name__=\"up\" job=\"a\" raw Some(26)", "  1 3ff0000000000000"];
    let second =
        ["series __name__=\"up\" job=\"a\" zone=\"z\" raw Some(37)", "  1 4000000000000000"];
    assert_eq!(found[0], (true, 0, first.map(String::from).to_vec()));
    // It begins like the other one, but has a label more.
    assert_eq!(found[1], (false, 11, second.map(String::from).to_vec()));
}

#[test]
fn decoding_allocates_nothing_for_floats_however_long_the_body() {
    let mut body = Vec::new();
    for _ in 0..100_000 {
        body.extend_from_slice(b"\x0a\x02\x12\x00"); // a series with one empty sample
    }
    let (count, peak) = peak_of(|| {
        let (mut request, mut count) = (Request::new(&body), 0);
        while let Some(Item::Series(mut series)) = request.next_item().unwrap() {
            while series.next_item().unwrap().is_some() {
                count += 1;
            }
        }
        count
    });
    assert_eq!((count, peak), (100_000, 0));
}

#[test]
fn a_declared_length_is_not_believed() {
    for tag in [0x0a_u8, 0x1a] {
        let mut body = vec![tag];
        put_varint(1 << 40, &mut body);
        let (result, peak) = peak_of(|| describe(&body));
        assert!(result.is_err());
        assert!(peak < 1024, "{peak} bytes");
    }
}

#[test]
fn samples_are_read_alike_however_they_are_written() {
    let value = 1.5_f64.to_le_bytes();
    let plain = [&b"\x09"[..], &value, b"\x10\x05"].concat();
    let turned = [&b"\x10\x05\x09"[..], &value].concat();
    let with_more = [&plain[..], b"\x18\x01"].concat();
    let written_twice = [&b"\x10\x01"[..], &plain].concat();
    let long_tag = [&b"\x89\x00"[..], &value, b"\x90\x00\x05"].concat();
    for sample in [plain, turned, with_more, written_twice, long_tag] {
        for padded_len in [false, true] {
            let mut message = vec![0x12];
            put_varint(sample.len() as u64, &mut message);
            if padded_len {
                let last = message.len() - 1;
                message[last] |= 0x80;
                message.push(0);
            }
            message.extend_from_slice(&sample);
            let mut body = vec![0x0a];
            put_varint(message.len() as u64, &mut body);
            body.extend(message);
            let expected = "series raw Some(0)\n  5 3ff8000000000000";
            assert_eq!(describe(&body).unwrap(), expected, "{sample:?} {padded_len}");
        }
    }
}
