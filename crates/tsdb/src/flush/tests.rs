//! Which segments a flush makes.

use super::*;
use crate::head::{AppliedRow, Head};
use model::{GroupKey, Labels, Timestamp, Value};

fn ranges(timestamps: impl IntoIterator<Item = i64>) -> Vec<(i64, i64)> {
    let mut head = Head::new(1);
    let series = head.insert(GroupKey(1), &Labels::from_pairs([("a", "b")]));
    head.get_mut(series).unwrap().set_born(Position::START);
    for ms in timestamps {
        let (timestamp, value) = (Timestamp::from_ms(ms), Value::Float(1.0));
        head.apply(&AppliedRow { series, timestamp, value: &value, start: None });
    }
    let generation = head.generation;
    head.freeze();
    let mut ranges = FlushRanges::default();
    head.frozen_spans(series, generation, |span| ranges.note_span(span));
    ranges.finish()
}

#[test]
fn two_hour_windows_are_aligned() {
    assert_eq!(ranges([5, WINDOW_MS - 1]), [(0, WINDOW_MS - 1)]);
    assert_eq!(ranges([-1, 0]), [(-WINDOW_MS, -1), (0, WINDOW_MS - 1)]);
    let step = 15_000;
    let found = ranges((0..2000).map(|i| i * step));
    assert_eq!(found.len(), usize::try_from((1999 * step) / WINDOW_MS + 1).unwrap());
}

#[test]
fn a_backfilled_year_makes_few_segments() {
    let found = ranges((0..366 * 24).map(|hour| hour * 3_600_000));
    assert_eq!(found.len(), SEGMENTS_MAX);
    assert!(found.windows(2).all(|pair| pair[0].1 < pair[1].0), "ranges do not overlap");
    assert_eq!(found[0].0, 0);
}

#[test]
fn the_ends_of_time_are_ordinary() {
    let found = ranges([i64::MIN, -1, i64::MAX]);
    assert!(found.windows(2).all(|pair| pair[0].1 < pair[1].0));
    assert!(found[0].0 == i64::MIN && found.last().unwrap().1 == i64::MAX);
}
