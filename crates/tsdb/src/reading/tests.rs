//! Columns and pages are brought once; equal trails have equal names, others do not.

use super::*;
use std::convert::Infallible;

fn stored(column: u32) -> ColumnKey {
    ColumnKey::Stored { source: 0, column }
}

#[test]
fn columns_and_pages_are_brought_once() {
    let mut scratch = Scratch::default();
    let mut brought = 0;
    for key in [stored(1), stored(2), ColumnKey::InMemory(1), stored(1), stored(2)] {
        let column = scratch.column(key, |_| {
            brought += 1;
            Ok::<_, Infallible>(vec![brought])
        });
        assert_eq!(column.unwrap().len(), 1);
    }
    assert_eq!(brought, 3);
    assert_eq!(&*scratch.column(stored(2), |_| Err(())).unwrap(), [2]);
    let mut read = 0;
    for place in [(0, 7), (1, 7), (0, 7), (1, 8), (1, 8), (0, 7)] {
        let page = scratch.page(place, |_| {
            read += 1;
            Ok::<_, Infallible>(Arc::from([read]))
        });
        assert_eq!(page.unwrap().len(), 1);
    }
    assert_eq!(read, 3);
    assert_eq!(scratch.page((0, 9), |_| Err("no such page")), Err("no such page"));
}

#[test]
fn what_is_kept_is_bounded() {
    let mut scratch = Scratch::default();
    for column in 0..9 {
        scratch.column(stored(column), |_| Ok::<_, Infallible>(vec![0; TIMES_KEPT / 4])).unwrap();
        assert!(scratch.times_kept <= TIMES_KEPT && scratch.columns.len() <= 4);
    }
    let next = AtomicU64::new(0);
    for row in 0..=TIMELINES_KEPT {
        scratch.begin();
        scratch.note_rows(stored(0), row..row + 1);
        assert_eq!(scratch.timeline(&next).unwrap().0, row as u64, "never the same name again");
    }
    assert_eq!(scratch.timelines.len(), 1);
}

#[test]
fn equal_trails_have_equal_names() {
    let (mut scratch, next) = (Scratch::default(), AtomicU64::new(0));
    let mut name = |trail: &[(ColumnKey, Range<usize>)], is_mixed: bool| {
        scratch.begin();
        for (column, rows) in trail {
            scratch.note_rows(*column, rows.clone());
        }
        if is_mixed {
            scratch.note_mixed();
        }
        scratch.timeline(&next)
    };
    let one = name(&[(stored(1), 0..9)], false);
    assert!(one.is_some());
    assert_eq!(name(&[(stored(1), 0..9)], false), one);
    for other in [
        &[(stored(1), 0..8)][..],
        &[(stored(1), 1..9)],
        &[(stored(2), 0..9)],
        &[(ColumnKey::InMemory(1), 0..9)],
        &[(stored(1), 0..9), (stored(2), 0..9)],
    ] {
        let found = name(other, false);
        assert!(found.is_some() && found != one, "{other:?}");
    }
    assert_eq!(name(&[(stored(1), 0..9)], true), None, "merged with others");
    assert_eq!(name(&[], false), None, "no samples");
}
