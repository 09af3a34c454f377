//! Merging against a map, runs of mixed types, start timestamps that begin late.

use super::*;
use std::collections::BTreeMap;
use sys::sim::SimRng;

fn source(random: &mut SimRng, model: &mut BTreeMap<i64, (u64, bool, i64)>) -> SampleBuf {
    let mut samples = SampleBuf::default();
    let mut at = random.below(50).cast_signed();
    let with_starts = random.below(3) == 0;
    for _ in 0..random.below(30) {
        at += 1 + random.below(9).cast_signed();
        let (value, histogram) = (random.next_u64() >> 12, random.below(4) == 0);
        let start = if with_starts { random.below(3).cast_signed() } else { 0 };
        if histogram {
            let count = value as f64;
            samples.push_histogram(at, Arc::new(Histogram { count, ..Histogram::default() }));
        } else {
            samples.push(at, value as f64);
        }
        if with_starts {
            samples.starts.push(start);
        }
        model.entry(at).or_insert((value, histogram, start));
    }
    samples
}

#[test]
fn inv_11_the_older_source_wins_and_nothing_doubles() {
    for seed in 0..500 {
        let mut random = SimRng::new(seed);
        let mut model = BTreeMap::new();
        let mut merged = SampleBuf::default();
        for _ in 0..4 {
            let next = source(&mut random, &mut model);
            merge(&mut merged, &next);
        }
        let found: Vec<_> = (0..merged.len())
            .map(|i| {
                let histogram = merged.histograms.iter().find(|(index, _)| *index == i);
                let value = histogram.map_or(merged.values[i], |(_, h)| h.count);
                let start = merged.starts.get(i).copied().unwrap_or(0);
                (merged.timestamps[i], value, histogram.is_some(), start)
            })
            .collect();
        let want: Vec<_> = model.iter().map(|(t, (v, h, s))| (*t, *v as f64, *h, *s)).collect();
        assert_eq!(found, want, "INV-11, seed {seed}");
        assert!(merged.starts.is_empty() || merged.starts.len() == merged.len(), "seed {seed}");
    }
}

#[test]
fn inv_28_what_is_removed_is_gone_and_the_rest_stays() {
    for seed in 0..300 {
        let mut random = SimRng::new(seed);
        let mut model = BTreeMap::new();
        let mut samples = source(&mut random, &mut model);
        let mut ranges: Vec<(i64, i64)> = Vec::new();
        for _ in 0..random.below(4) {
            let from = ranges.last().map_or(-5, |range| range.1 + 2);
            let from = from + random.below(20).cast_signed();
            ranges.push((from, from + random.below(15).cast_signed()));
        }
        remove(&mut samples, &ranges);
        model.retain(|at, _| !ranges.iter().any(|range| (range.0..=range.1).contains(at)));
        assert_eq!(samples.timestamps, model.keys().copied().collect::<Vec<_>>(), "seed {seed}");
        for (place, (value, is_histogram, start)) in model.values().enumerate() {
            let histogram = samples.histograms.iter().find(|(index, _)| *index == place);
            let found = histogram.map_or(samples.values[place], |(_, h)| h.count);
            let known = samples.starts.get(place).copied().unwrap_or(0);
            let seen = (found, histogram.is_some(), known);
            assert_eq!(seen, (*value as f64, *is_histogram, *start), "INV-28, seed {seed}");
        }
    }
}

#[test]
fn runs_cover_every_sample_once_and_do_not_mix() {
    for seed in 0..200 {
        let samples = source(&mut SimRng::new(seed), &mut BTreeMap::new());
        let mut next = 0;
        for_each_run(&samples, |run| {
            assert_eq!(run.first, next);
            assert!(run.count > 0);
            for offset in 0..run.count {
                let found = samples.histograms.iter().position(|(i, _)| *i == run.first + offset);
                assert_eq!(found, run.histograms.map(|first| first + offset));
            }
            next += run.count;
        });
        assert_eq!(next, samples.len());
    }
}

#[test]
fn start_timestamps_are_kept_only_where_there_are_any() {
    let mut older = SampleBuf::default();
    older.push(1, 1.0);
    older.push(3, 3.0);
    let mut newer = SampleBuf::default();
    newer.push(2, 2.0);
    newer.push(4, 4.0);
    merge(&mut older, &newer);
    assert_eq!((older.len(), older.starts.len()), (4, 0), "merged");
    merge(&mut older, &SampleBuf { timestamps: vec![9], values: vec![9.0], ..newer.clone() });
    assert_eq!((older.len(), older.starts.len()), (5, 0), "appended");
    append(&[10, 11], ColumnRef::Floats(&[1.0, 2.0]), &[], 1..2, &mut older);
    assert_eq!((older.len(), older.starts.len()), (6, 0), "a range");
    append(&[12], ColumnRef::Floats(&[1.0]), &[7], 0..1, &mut older);
    assert_eq!(older.starts, [0, 0, 0, 0, 0, 0, 7]);
    append(&[13], ColumnRef::Floats(&[1.0]), &[], 0..1, &mut older);
    assert_eq!(older.starts, [0, 0, 0, 0, 0, 0, 7, 0]);
}

#[test]
#[should_panic(expected = "INV-10")]
fn inv_10_a_run_has_a_timestamp_per_sample() {
    let run = ColumnRef::Floats(&[1.0]);
    append(&[1, 2], run, &[], 0..2, &mut SampleBuf::default());
}

#[test]
fn what_lies_within_a_range() {
    let times = [10, 20, 30];
    for (range, want) in
        [((10, 30), 0..3), ((11, 29), 1..2), ((31, 40), 3..3), ((0, 9), 0..0), ((25, 15), 2..2)]
    {
        assert_eq!(within(&times, range), want, "{range:?}");
    }
}
