//! Records come back row by row; damaged ones are errors.

use super::*;
use crate::encoding::Effort;
use crate::encoding::tests::random_histogram;
use sys::sim::SimRng;

fn random_rows(random: &mut SimRng) -> Vec<Row> {
    let mut series = random.below(1000);
    let mut time = random.next_u64().cast_signed() >> 20;
    (0..random.below(50))
        .map(|_| {
            series = if random.below(4) > 0 { series.wrapping_add(1) } else { random.below(1000) };
            if random.below(5) == 0 {
                time += 15_000;
            }
            let value = match random.below(6) {
                0 => f64::from_bits(random.next_u64()),
                1 => stale_marker(),
                2 => random.below(1 << 40) as f64 / 1e9,
                3 => -(random.below(100_000) as f64) / 1e3,
                4 => -0.0,
                _ => random.below(1 << 30) as f64,
            };
            let value = match random.below(5) {
                0 => Value::Histogram(Arc::new(random_histogram(random, false))),
                _ => Value::Float(value),
            };
            let start = (random.below(4) == 0).then(|| Timestamp::from_ms(time - 77));
            Row { series: SeriesRef(series), timestamp: Timestamp::from_ms(time), value, start }
        })
        .collect()
}

fn same(a: &Row, b: &Row) -> bool {
    a.series == b.series
        && a.timestamp == b.timestamp
        && a.start == b.start
        && a.value.bits_eq(&b.value)
}

#[test]
fn inv_15_a_batch_comes_back_whole() {
    let mut random = SimRng::new(11);
    for round in 0..500 {
        let rows = random_rows(&mut random);
        let births: Vec<_> = (0..random.below(9))
            .map(|n| {
                let labels = Labels::from_pairs([("__name__", "m".into()), ("n", n.to_string())]);
                (SeriesRef(n * 7 + 3), GroupKey(n % 2), labels)
            })
            .collect();
        let exemplar = Exemplar {
            labels: Labels::from_pairs([("trace_id", "abc")]),
            value: f64::NAN,
            timestamp: Timestamp::from_ms(-5),
        };
        let exemplars = [(SeriesRef(9), exemplar)];
        let help = "so that\nit helps".to_owned();
        let metadata = MetricMetadata {
            metric: "m".into(),
            metadata: Metadata { kind: MetricKind::StateSet, help, unit: "s".into() },
        };
        let late = if round % 3 == 0 { random_rows(&mut random) } else { Vec::new() };
        let parts = RecordParts {
            group: GroupKey(1),
            births: births.clone(),
            rows: rows.iter().collect(),
            exemplars: exemplars.iter().collect(),
            metadata: vec![&metadata],
            late: late.iter().collect(),
        };
        let mut bytes = Vec::new();
        parts.encode(&mut bytes);
        let record = decode(&bytes).unwrap();
        for (found, want) in [(&record.rows, &rows), (&record.late, &late)] {
            assert_eq!(found.len(), want.len());
            assert!(found.iter().zip(want).all(|(a, b)| same(a, b)), "INV-15, round {round}");
        }
        let found: Vec<_> =
            record.births.into_iter().map(|b| (b.series, b.group, b.labels)).collect();
        assert_eq!(found, births);
        assert_eq!(record.exemplars[0].1.labels, exemplars[0].1.labels);
        assert_eq!(record.metadata, [metadata]);
    }
}

#[test]
fn rows_of_a_scrape_cost_a_flag_and_their_value() {
    let row = |n: u64| Row {
        series: SeriesRef(n),
        timestamp: Timestamp::from_ms(1_700_000_000_000),
        value: Value::Float(n as f64),
        start: None,
    };
    let rows: Vec<Row> = (0..60).map(row).collect();
    let mut bytes = Vec::new();
    put_rows(&mut bytes, &rows.iter().collect::<Vec<_>>());
    assert!(bytes.len() <= 60 * 2 + 10, "{}", bytes.len());
}

#[test]
fn damaged_records_are_errors_and_never_panics() {
    let mut random = SimRng::new(12);
    for _ in 0..300 {
        let rows = random_rows(&mut random);
        let labels = Labels::from_pairs([("a", "b"), ("c", "d")]);
        let parts = RecordParts {
            group: GroupKey(1),
            births: vec![(SeriesRef(1), GroupKey(2), labels)],
            rows: rows.iter().collect(),
            exemplars: vec![],
            metadata: vec![],
            late: rows.iter().take(3).collect(),
        };
        let mut bytes = Vec::new();
        parts.encode(&mut bytes);
        for _ in 0..30 {
            let mut damaged = bytes.clone();
            let at = usize::try_from(random.below(bytes.len() as u64)).unwrap();
            damaged[at] = (random.next_u64() & 0xff) as u8;
            if random.below(3) == 0 {
                damaged.truncate(at);
            }
            drop(decode(&damaged));
        }
    }
}

/// A record of kind 1 and group 0 behind its first nine bytes: births, rows, exemplars, metadata.
#[test]
fn records_that_cannot_be() {
    let limit = "count above its limit";
    let mut histogram = Vec::new();
    histograms::encode(&[Arc::default()], Effort::Quick, &mut histogram);
    histogram.push(0);
    // Next series, same time, a histogram of so many bytes.
    let row = [&[0, 1, 27, u8::try_from(histogram.len()).unwrap()], &histogram[..], &[0, 0]];
    let cases: [(u8, Vec<u8>, &str); 9] = [
        (1, vec![0, 0, 0, 0], "nothing"),
        (3, vec![0, 0, 0, 0], "unknown kind of record"),
        (1, vec![0, 0, 0, 0, 0], "bytes left over"),
        (1, vec![1, 0, 0, 0x81, 0x20], limit),
        (1, vec![1, 0, 0, 1, 1], limit),
        (1, vec![1, 0, 0, 1, 0, 0x81, 0x80, 0x40], limit),
        (1, vec![0, 1, 64, 0, 0, 0], "unknown flags of a row"),
        (1, vec![0, 1, 27, 0x81, 0x80, 0x40], limit),
        (1, row.concat(), "bytes left over"),
    ];
    for (kind, rest, what) in cases {
        let bytes = [&[kind], &[0; 8][..], &rest].concat();
        let found = decode(&bytes).err().map_or("nothing", |damage| damage.what);
        assert_eq!(found, what, "{bytes:?}");
    }
    let labels = [&[0x81, 0x20][..], &[0; 10_000]].concat();
    let found = take_labels(&mut Cursor::new(&labels)).unwrap_err();
    assert_eq!(found.what, limit, "labels of an exemplar");
}
