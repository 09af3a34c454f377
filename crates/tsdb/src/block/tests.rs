//! Blocks come back with their starts, for whole and partial ranges; odd versions are refused.

use super::*;
use crate::samples::within;
use sys::sim::SimRng;

#[test]
fn inv_10_floats_and_starts_come_back_for_any_range() {
    let mut random = SimRng::new(9);
    for round in 0..300 {
        let effort = if round % 2 == 0 { Effort::Quick } else { Effort::Cold };
        let len = 1 + random.below(200).cast_signed();
        let times: Vec<i64> = (0..len).map(|i| i * 1000 - 50_000).collect();
        let values: Vec<f64> = (0..len).map(|i| (i * i) as f64).collect();
        let starts: Vec<i64> = (0..len).map(|i| if i < 3 { 0 } else { 77 + i / 50 }).collect();
        let mut bytes = Vec::new();
        encode(&times, ColumnRef::Floats(&values), &starts, effort, &mut bytes);
        let range =
            (random.below(200_000).cast_signed() - 100_000, random.below(200_000).cast_signed());
        let mut found = SampleBuf::default();
        decode(&bytes, &times, within(&times, range), &mut found).unwrap();
        let want: Vec<usize> =
            (0..times.len()).filter(|i| times[*i] >= range.0 && times[*i] <= range.1).collect();
        assert_eq!(found.timestamps, want.iter().map(|i| times[*i]).collect::<Vec<_>>());
        assert_eq!(found.values, want.iter().map(|i| values[*i]).collect::<Vec<_>>());
        if len > 3 {
            assert_eq!(found.starts, want.iter().map(|i| starts[*i]).collect::<Vec<_>>());
        }
    }
}

#[test]
fn an_unknown_version_is_damage() {
    let mut bytes = Vec::new();
    encode(&[1, 2], ColumnRef::Floats(&[1.0, 2.0]), &[], Effort::Quick, &mut bytes);
    for flags in [0x01, 0x40, 0x80] {
        bytes[0] = flags;
        assert!(decode(&bytes, &[1, 2], 0..2, &mut SampleBuf::default()).is_err());
    }
}

#[test]
fn blocks_that_cannot_be() {
    let what = |bytes: &[u8]| {
        let decoded = decode(bytes, &[5], 0..1, &mut SampleBuf::default());
        decoded.err().map_or("nothing", |damage| damage.what)
    };
    let mut floats = Vec::new();
    encode(&[5], ColumnRef::Floats(&[1.0]), &[], Effort::Quick, &mut floats);
    let mut histograms = Vec::new();
    encode(
        &[5],
        ColumnRef::Histograms(&[std::sync::Arc::default()]),
        &[],
        Effort::Cold,
        &mut histograms,
    );
    for good in [floats, histograms] {
        assert_eq!(what(&good), "nothing");
        assert_eq!(what(&[&good[..], &[0]].concat()), "bytes left over");
        for flag in [1, 0x40] {
            let other = [&[good[0] | flag], &good[1..]].concat();
            assert_eq!(what(&other), "unknown version of block");
        }
    }
}
