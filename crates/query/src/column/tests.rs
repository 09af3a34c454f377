//! Columns, bitmaps and steps at their borders.

use super::*;

fn histogram(count: f64) -> Arc<Histogram> {
    Arc::new(Histogram { count, ..Histogram::default() })
}

#[test]
fn steps_end_at_or_before_the_end() {
    let count = |start, end, step| Steps::between(start, end, step).count;
    assert_eq!(count(0, 10, 5), 3);
    assert_eq!(count(0, 9, 5), 2);
    assert_eq!(count(7, 7, 1), 1);
    assert_eq!(count(8, 7, 1), 0);
    assert_eq!(count(0, 3, 0), 4, "a step is at least 1 ms");
    assert_eq!(Steps::between(i64::MIN, i64::MAX, 1).count, usize::MAX);
    assert_eq!(Steps::between(-10, 10, 5).iter().collect::<Vec<_>>(), [-10, -5, 0, 5, 10]);
    assert_eq!(Steps::between(0, 10, 4).last(), 8);
}

#[test]
fn bits_hold_any_number_of_steps() {
    for steps in [1, 63, 64, 65, 200] {
        let mut ones = Bits::ones(steps);
        assert_eq!(ones.count(), steps);
        let mut last = Bits::zeroes(steps);
        assert!(!last.any());
        last.set(steps - 1);
        assert!(ones.intersects(&last));
        ones.remove(&last);
        assert_eq!(ones.count(), steps - 1);
        assert!(!ones.get(steps - 1));
        ones.add(&last);
        ones.keep(&last);
        assert_eq!(ones, last);
        last.unset(steps - 1);
        assert!(!last.any());
    }
}

#[test]
fn a_cell_is_absent_a_float_or_a_histogram() {
    let mut column = Column::absent(4);
    column.set_float(0, 1.5);
    column.set_histogram(2, histogram(7.0));
    column.set_histogram(1, histogram(5.0));
    column.set_float(1, 2.5);
    let shown: Vec<String> = column
        .cells()
        .map(|cell| match cell {
            Cell::Absent => "-".to_owned(),
            Cell::Float(value) => value.to_string(),
            Cell::Histogram(histogram) => format!("h{}", histogram.count),
        })
        .collect();
    assert_eq!(shown, ["1.5", "2.5", "h7", "-"]);
    assert!(matches!(column.get(2), Cell::Histogram(_)));
    column.map_floats(|step, value| value + step as f64);
    assert_eq!(column.present().count(), 2, "histograms are dropped");
    assert!(matches!(column.get(1), Cell::Float(value) if value == 3.5));
}

#[test]
fn columns_merge_only_when_they_do_not_meet() {
    let mut left = Column::absent(3);
    left.set_float(0, 1.0);
    let mut right = Column::absent(3);
    right.set_histogram(2, histogram(2.0));
    assert!(left.merge(&right));
    assert!(matches!(left.get(2), Cell::Histogram(_)));
    assert!(!left.merge(&right), "step 2 is taken");
    left.clear(2);
    assert!(!left.has_histograms());
    assert!(left.merge(&right));
}

#[test]
fn masks_take_histograms_along() {
    let mut column = Column::repeated(Cell::Histogram(&histogram(1.0)), 5);
    let mut mask = Bits::zeroes(5);
    mask.set(1);
    mask.set(3);
    column.remove(&mask);
    assert_eq!(column.histograms().len(), 3);
    column.keep(&mask);
    assert!(!column.has_histograms() && !column.present().any());
}
