//! Round trips of every encoding over the classes of inputs that exist, and damage of every kind.
#![expect(
    clippy::cast_possible_truncation,
    reason = "random numbers are bounded where they are made"
)]

mod damage;

use super::bytes::Cursor;
use super::presence::Presence;
use super::{Effort, floats, histograms, ints};
use model::{CounterReset, Histogram, HistogramCounts, Span, stale_marker};
use std::sync::Arc;
use sys::sim::SimRng;

/// Lengths of the front that are tried of so many values.
fn fronts(len: usize) -> impl Iterator<Item = usize> {
    [0, 1, 2, 3, len / 2, len.saturating_sub(1)].into_iter().filter(move |wanted| *wanted <= len)
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Bytes of a column; coded ones may not be longer.
fn ints_len(values: &[i64]) -> usize {
    let [quick, cold] = [Effort::Quick, Effort::Cold].map(|effort| ints_len_of(values, effort));
    assert!(cold <= quick, "{cold} > {quick}");
    quick
}

fn ints_len_of(values: &[i64], effort: Effort) -> usize {
    let mut bytes = Vec::new();
    ints::encode(values, effort, &mut bytes);
    let mut cursor = Cursor::new(&bytes);
    let mut decoded = Vec::new();
    ints::decode(&mut cursor, values.len(), &mut decoded).unwrap();
    cursor.finish().unwrap();
    assert_eq!(decoded, values, "INV-10");
    for wanted in fronts(values.len()) {
        let (mut cursor, mut front) = (Cursor::new(&bytes), vec![7]);
        ints::decode_front(&mut cursor, (values.len(), wanted), &mut front).unwrap();
        cursor.finish().unwrap();
        assert_eq!((front[0], &front[1..]), (7, &values[..wanted]), "INV-10: the front of it");
    }
    bytes.len()
}

fn floats_len(values: &[f64]) -> usize {
    let [quick, cold] = [Effort::Quick, Effort::Cold].map(|effort| floats_len_of(values, effort));
    assert!(cold <= quick, "{cold} > {quick}");
    quick
}

fn floats_len_of(values: &[f64], effort: Effort) -> usize {
    let mut bytes = Vec::new();
    floats::encode(values, effort, &mut bytes);
    let mut cursor = Cursor::new(&bytes);
    let mut decoded = Vec::new();
    floats::decode(&mut cursor, values.len(), &mut decoded).unwrap();
    cursor.finish().unwrap();
    assert_eq!(bits(&decoded), bits(values), "INV-10");
    for wanted in fronts(values.len()) {
        let (mut cursor, mut front) = (Cursor::new(&bytes), Vec::new());
        floats::decode_front(&mut cursor, (values.len(), wanted), &mut front).unwrap();
        cursor.finish().unwrap();
        assert_eq!(bits(&front), bits(&values[..wanted]), "INV-10: the front of it");
    }
    bytes.len()
}

#[test]
fn inv_10_integers_of_every_shape_come_back() {
    for values in [
        vec![0],
        vec![i64::MIN],
        vec![i64::MAX, i64::MIN],
        vec![i64::MIN, i64::MAX, i64::MIN, 0, -1, 1],
        vec![0, 3 << 61, -(3 << 61), 1 << 62],
        vec![-1; 1000],
        (0..500).map(|i| i * i * i * 1_000_003).collect(),
        (0..500).map(|i| if i == 250 { i64::MAX } else { i }).collect(),
    ] {
        ints_len(&values);
    }
}

#[test]
fn a_regular_grid_costs_next_to_nothing() {
    let grid: Vec<i64> = (0..960).map(|i| 1_700_000_000_000 + i * 15_000).collect();
    assert!(ints_len(&grid) <= 16, "{}", ints_len(&grid));
    let late: Vec<i64> =
        grid.iter().enumerate().map(|(i, t)| t + i64::from(i % 20 == 0) * 3).collect();
    assert!(ints_len(&late) <= 360, "{}", ints_len(&late));
}

#[test]
fn a_counter_reset_is_a_patch() {
    let counter: Vec<i64> =
        (0..480).map(|i| if i < 200 { 1_000_000_000 + i * 7 } else { i * 7 }).collect();
    assert!(ints_len(&counter) <= 40, "{}", ints_len(&counter));
}

#[test]
fn multiples_of_a_page_lose_their_divisor() {
    let mut random = SimRng::new(1);
    let pages: Vec<i64> = (0..480).map(|_| 4096 * random.below(1000).cast_signed()).collect();
    assert!(ints_len(&pages) <= 480 * 10 / 8 + 16, "{}", ints_len(&pages));
}

#[test]
fn inv_10_random_integers_come_back() {
    let mut random = SimRng::new(2);
    for _ in 0..3000 {
        let len = 1 + random.below(300) as usize;
        let shift = random.below(64);
        let magnitude = random.below(40);
        let step = random.below(1 << magnitude).cast_signed();
        let mut value = random.next_u64().cast_signed() >> random.below(64);
        let values: Vec<i64> = (0..len)
            .map(|_| {
                value = value
                    .wrapping_add(step)
                    .wrapping_add((random.next_u64() >> shift).cast_signed());
                if random.below(50) == 0 { random.next_u64().cast_signed() } else { value }
            })
            .collect();
        ints_len(&values);
    }
}

#[test]
fn inv_10_every_class_of_float_pattern_comes_back() {
    let odd = [
        0.0,
        -0.0,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        stale_marker(),
        f64::from_bits(model::NORMAL_NAN_BITS),
        f64::from_bits(0x7ff0_0000_0000_0001),
        f64::from_bits(0xfff8_dead_beef_0001),
        f64::MIN_POSITIVE,
        f64::from_bits(1),
        f64::MAX,
        f64::MIN,
        9.0e18,
        9.3e18,
        -9_007_199_254_740_993.0,
        0.1 + 0.2,
    ];
    for first in odd {
        floats_len(&[first]);
        for second in odd {
            floats_len(&[first, second]);
            floats_len(&[first, 1.5, 2.5, second, 3.5, first]);
        }
    }
    floats_len(&odd);
}

#[test]
fn inv_10_random_float_columns_come_back() {
    let mut random = SimRng::new(3);
    for round in 0..3000 {
        let len = 1 + random.below(250) as usize;
        let scale = [1.0, 10.0, 100.0, 1e3, 1e6, 1e9, 1e12, 3.0][random.below(8) as usize];
        let mut walk = random.below(1 << 40) as f64;
        let values: Vec<f64> = (0..len)
            .map(|_| {
                walk += random.below(1000) as f64;
                match (round % 5, random.below(40)) {
                    (0, _) | (_, 1) => f64::from_bits(random.next_u64()),
                    (_, 0) => stale_marker(),
                    (_, 2) => -0.0,
                    _ => walk / scale,
                }
            })
            .collect();
        floats_len(&values);
    }
}

/// Cumulative buckets of a histogram: with resets, gaps that went stale and odd patterns.
fn random_buckets(random: &mut SimRng, len: usize, buckets: u64) -> Vec<Vec<f64>> {
    let mut counts = vec![0_u64; buckets as usize];
    let mut columns = vec![Vec::new(); buckets as usize];
    for row in 0..len {
        let mut sum = 0;
        for (number, column) in columns.iter_mut().enumerate() {
            sum += random.below(9) * random.below(4);
            counts[number] = if random.below(200) == 0 { 0 } else { counts[number] + sum };
            column.push(match (row + number, random.below(300)) {
                (_, 0) | (100, _) => stale_marker(),
                (_, 1) => -0.0,
                (_, 2) => f64::from_bits(0x7ff8_0000_0000_0000 | random.next_u64() >> 13),
                (_, 3) => f64::INFINITY,
                _ => counts[number] as f64,
            });
        }
    }
    columns
}

#[test]
fn inv_10_buckets_come_back_from_their_differences() {
    let mut random = SimRng::new(7);
    let place = floats::Place { page: 70_000, offset: 1, len: 300 };
    let mut differences = 0;
    for _ in 0..300 {
        let len = 1 + random.below(500) as usize;
        let mut below: Option<floats::Integers> = None;
        for column in random_buckets(&mut random, len, 7) {
            let mut bytes = Vec::new();
            let given = below.as_ref().map(|below| (below, place));
            let integers = floats::encode_above(&column, Effort::Cold, given, &mut bytes);
            let refers = floats::below(&bytes, len).unwrap();
            assert!(refers.is_none_or(|found| found == place));
            let mut decoded = vec![7.0];
            if refers.is_some() {
                differences += 1;
                let mut cursor = Cursor::new(&bytes);
                let found = floats::decode_integers(&mut cursor, len, below.as_ref()).unwrap();
                cursor.finish().unwrap();
                assert_eq!(Some(&found), integers.as_ref(), "INV-10");
                let from = random.below(len as u64) as usize;
                floats::decode_quotients(&bytes, &found, from..len, &mut decoded).unwrap();
                assert_eq!(bits(&decoded[1..]), bits(&column[from..]), "INV-10");
                let alone = floats::decode(&mut Cursor::new(&bytes), len, &mut decoded);
                assert!(alone.is_err(), "without the block below");
            } else {
                floats::decode(&mut Cursor::new(&bytes), len, &mut decoded).unwrap();
                assert_eq!(bits(&decoded[1..]), bits(&column), "INV-10");
            }
            below = integers.or(below);
        }
    }
    assert!(differences > 1000, "{differences}");
}

#[test]
fn differences_that_do_not_fit_are_damage() {
    let column: Vec<f64> = (0..100).map(|i| f64::from(i * i % 77)).collect();
    let place = floats::Place { page: 0, offset: 0, len: 9 };
    let integers = |exponent: usize, len: usize| {
        let values = (0..100_i64).map(|i| i * i % 77 - i).take(len).collect();
        floats::Integers { exponent, values }
    };
    let mut bytes = Vec::new();
    floats::encode_above(&column, Effort::Cold, Some((&integers(0, 100), place)), &mut bytes);
    assert_eq!(floats::below(&bytes, 100).unwrap(), Some(place));
    let decode = |below: Option<&floats::Integers>| {
        floats::decode_integers(&mut Cursor::new(&bytes), 100, below)
    };
    assert!(decode(Some(&integers(0, 100))).is_ok());
    for below in [None, Some(integers(1, 100)), Some(integers(0, 99))] {
        assert!(decode(below.as_ref()).is_err(), "{below:?}");
    }
    let (short, mut out) = (integers(0, 50), Vec::new());
    assert!(floats::decode_quotients(&bytes, &short, 40..60, &mut out).is_err());
}

#[test]
fn decimals_are_found_up_to_nine_and_more_digits() {
    let cents: Vec<f64> = (0..480).map(|i| f64::from(i * 13) / 100.0).collect();
    assert!(floats_len(&cents) <= 20);
    let nanos: Vec<f64> = (0..480).map(|i| (1e17 + f64::from(i) * 1e9) / 1e9).collect();
    assert!(floats_len(&nanos) <= 24);
}

#[test]
fn a_staleness_marker_costs_ten_bytes() {
    let mut values: Vec<f64> = (0..120).map(f64::from).collect();
    let plain = floats_len(&values);
    values[119] = stale_marker();
    assert!(floats_len(&values) <= plain + 16);
    values[0] = stale_marker();
    assert!(floats_len(&values) <= plain + 32);
}

#[test]
fn noise_never_grows_beyond_its_patterns() {
    let mut random = SimRng::new(4);
    let noise: Vec<f64> = (0..480).map(|_| f64::from_bits(random.next_u64())).collect();
    assert!(floats_len(&noise) <= 480 * 8 + 1);
    let ratios: Vec<f64> =
        (0..480).map(|_| random.below(1 << 53) as f64 / (1_u64 << 53) as f64).collect();
    assert!(floats_len(&ratios) <= 480 * 7);
}

pub(crate) fn random_histogram(random: &mut SimRng, wide: bool) -> Histogram {
    let buckets = 1 + random.below(if wide { 40 } else { 5 }) as u32;
    Histogram {
        counts: if random.below(3) == 0 {
            HistogramCounts::Float
        } else {
            HistogramCounts::Integer
        },
        counter_reset: [CounterReset::Unknown, CounterReset::Gauge][random.below(2) as usize],
        schema: random.below(9) as i32 - 4,
        zero_threshold: 1e-128,
        zero_count: random.below(10) as f64,
        count: random.below(100_000) as f64,
        sum: f64::from_bits(random.next_u64()),
        positive_spans: vec![Span { offset: -3, length: 1 }, Span { offset: 2, length: buckets }],
        positive_buckets: (0..=buckets).map(|_| random.below(1000) as f64).collect(),
        negative_spans: vec![],
        negative_buckets: vec![],
        custom_values: vec![],
    }
}

#[test]
fn inv_10_histograms_come_back() {
    let mut random = SimRng::new(5);
    for round in 0..200 {
        let effort = if round % 2 == 0 { Effort::Quick } else { Effort::Cold };
        let len = 1 + random.below(120) as usize;
        let mut current = random_histogram(&mut random, true);
        let column: Vec<Arc<Histogram>> = (0..len)
            .map(|_| {
                match random.below(12) {
                    0 => current = random_histogram(&mut random, false),
                    1 => return Arc::new(Histogram::stale()),
                    _ => current
                        .positive_buckets
                        .iter_mut()
                        .for_each(|b| *b += random.below(9) as f64),
                }
                Arc::new(current.clone())
            })
            .collect();
        let mut bytes = Vec::new();
        histograms::encode(&column, effort, &mut bytes);
        let mut decoded = Vec::new();
        let mut cursor = Cursor::new(&bytes);
        histograms::decode(&mut cursor, len, &mut decoded).unwrap();
        cursor.finish().unwrap();
        assert_eq!(decoded.len(), len);
        assert!(decoded.iter().zip(&column).all(|(a, b)| a.bits_eq(b)), "INV-10");
    }
}

#[test]
fn custom_bounds_keep_their_bits() {
    let custom = Histogram {
        schema: model::CUSTOM_BUCKETS_SCHEMA,
        custom_values: vec![-0.0, 0.005, f64::from_bits(0x7ff8_0000_0000_beef)],
        positive_spans: vec![Span { offset: 0, length: 4 }],
        positive_buckets: vec![1.0, 2.0, 3.5, 4.0],
        ..Histogram::default()
    };
    let mut bytes = Vec::new();
    histograms::encode(&[Arc::new(custom.clone())], Effort::Cold, &mut bytes);
    let mut decoded = Vec::new();
    histograms::decode(&mut Cursor::new(&bytes), 1, &mut decoded).unwrap();
    assert!(decoded[0].bits_eq(&custom));
}

#[test]
fn presence_is_a_run_or_a_bitmap() {
    let column: Vec<i64> = (0..100).map(|i| i * 10).collect();
    let check = |subset: &[i64], want: Option<usize>| {
        let presence = Presence::of(subset, &column);
        assert_eq!(presence.is_some(), want.is_some(), "{subset:?}");
        let Some(presence) = presence else { return };
        let mut bytes = Vec::new();
        presence.encode(&mut bytes);
        assert_eq!(Some(bytes.len()), want, "{subset:?}");
        let mut cursor = Cursor::new(&bytes);
        assert_eq!(Presence::decode(&mut cursor, column.len()).unwrap(), presence);
        cursor.finish().unwrap();
        let mut picked = Vec::new();
        presence.pick(&column, &mut picked);
        assert_eq!(picked, subset);
        assert_eq!(presence.count(column.len()), subset.len());
    };
    check(&column, Some(1));
    check(&column[40..], Some(3));
    check(&[990], Some(3));
    check(&[0, 20, 990], Some(14));
    check(&[0, 25], None);
    check(&[0, 1000], None);
    check(&[-10], None);
    check(&[], None);
}

#[test]
fn damaged_columns_are_errors_and_never_panics() {
    let mut random = SimRng::new(6);
    let mut columns = Vec::new();
    let floats: Vec<f64> = (0..90).map(|i| f64::from(i * i) / 100.0).collect();
    let mut bytes = Vec::new();
    floats::encode(&floats, Effort::Quick, &mut bytes);
    columns.push(bytes);
    let noise: Vec<f64> = (0..90).map(|_| f64::from_bits(random.next_u64())).collect();
    let mut bytes = Vec::new();
    floats::encode(&noise, Effort::Quick, &mut bytes);
    columns.push(bytes);
    let steps: Vec<f64> = (0..90)
        .scan(0, |sum, _| {
            *sum += random.below(9) * random.below(9);
            Some(*sum as f64)
        })
        .collect();
    let mut bytes = Vec::new();
    floats::encode(&steps, Effort::Cold, &mut bytes);
    columns.push(bytes);
    let mut bytes = Vec::new();
    let histogram = Arc::new(random_histogram(&mut random, true));
    histograms::encode(&vec![histogram; 90], Effort::Cold, &mut bytes);
    columns.push(bytes);
    for _ in 0..20_000 {
        let mut bytes = columns[random.below(4) as usize].clone();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len() as u64) as usize;
            match random.below(3) {
                0 => bytes[at] ^= 1 << random.below(8),
                1 => bytes[at] = random.next_u64() as u8,
                _ => bytes.truncate(at.max(1)),
            }
        }
        let count = if random.below(4) == 0 { random.below(200) as usize } else { 90 };
        let mut decoded = Vec::new();
        if floats::decode(&mut Cursor::new(&bytes), count, &mut decoded).is_ok() {
            assert_eq!(decoded.len(), count);
        }
        let mut decoded = Vec::new();
        if histograms::decode(&mut Cursor::new(&bytes), count, &mut decoded).is_ok() {
            assert_eq!(decoded.len(), count);
        }
    }
}
