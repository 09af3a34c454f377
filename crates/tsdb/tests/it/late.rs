//! Samples that come out of order: which are taken, that they are seen at once and stay.

use crate::world::{HOUR, Machine, T0, commit, dump, faults, group, labels, put};
use model::{Appender, LabelQuery, Querier, RowFault, Timestamp, Value};
use std::time::Duration;
use sys::sim::OpKind;
use tsdb::{Db, DbOptions};

fn options() -> DbOptions {
    DbOptions { out_of_order_window: Duration::from_hours(1), ..Machine::options() }
}

fn times(db: &Db, n: usize) -> Vec<i64> {
    dump(db)[&labels("m", n)].iter().map(|row| row.0 - T0).collect()
}

/// `storage.tsdb.out_of_order_time_window`: measured against the newest sample of all series.
#[test]
fn the_rules_for_late_samples() {
    let machine = Machine::new(1);
    let (db, _) = machine.open_with(options());
    put(&db, &labels("m", 1), T0, 1.0);
    put(&db, &labels("m", 1), T0 + 1000, 2.0);
    assert_eq!(put(&db, &labels("m", 1), T0 + 500, 3.0).accepted, 1);
    assert_eq!(times(&db, 1), [0, 500, 1000], "seen at once");
    assert_eq!(put(&db, &labels("m", 1), T0 + 500, 3.0).repeated, 1);
    assert_eq!(put(&db, &labels("m", 1), T0, 1.0).repeated, 1, "it came in order");
    let other = put(&db, &labels("m", 1), T0 + 500, 4.0);
    assert_eq!(faults(&other), [RowFault::DuplicateTimestamp]);
    let other = put(&db, &labels("m", 1), T0, 4.0);
    assert_eq!(faults(&other), [RowFault::DuplicateTimestamp]);
    assert_eq!(put(&db, &labels("m", 1), T0 + 1000 - HOUR, 5.0).accepted, 1, "just inside");
    let late = put(&db, &labels("m", 1), T0 + 999 - HOUR, 5.0);
    assert_eq!(faults(&late), [RowFault::TooOld]);
    put(&db, &labels("m", 2), T0 + 60_000, 1.0);
    let late = put(&db, &labels("m", 1), T0 + 59_999 - HOUR, 5.0);
    assert_eq!(faults(&late), [RowFault::TooOld], "another series moved the window");
    let behind = put(&db, &labels("m", 3), T0 - 5 * HOUR, 1.0);
    assert_eq!(behind.accepted, 1, "the first sample of a series is in order");
}

#[test]
fn the_window_changes_while_running_and_none_is_the_default() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    put(&db, &labels("m", 1), T0, 1.0);
    assert_eq!(faults(&put(&db, &labels("m", 1), T0 - 1, 1.0)), [RowFault::OutOfOrder]);
    db.set_out_of_order_window(Duration::from_secs(1));
    assert_eq!(put(&db, &labels("m", 1), T0 - 1000, 1.0).accepted, 1);
    assert_eq!(faults(&put(&db, &labels("m", 1), T0 - 1001, 1.0)), [RowFault::TooOld]);
    db.set_out_of_order_window(Duration::ZERO);
    assert_eq!(faults(&put(&db, &labels("m", 1), T0 - 1, 1.0)), [RowFault::OutOfOrder]);
    drop(db);
    let (db, _) = machine.open();
    assert_eq!(times(&db, 1), [-1000, 0], "what was taken stays whatever the window is");
}

#[test]
fn rows_of_one_batch_may_come_in_any_order() {
    let machine = Machine::new(1);
    let (db, _) = machine.open_with(options());
    let a = db.resolve(group(), &labels("m", 1)).unwrap();
    let f = Value::Float;
    let rows = [
        (a, T0 + 30, f(3.0)),
        (a, T0 + 10, f(1.0)),
        (a, T0 + 20, f(2.0)),
        (a, T0 + 10, f(1.0)),
        (a, T0 + 20, f(9.0)),
        (a, T0 + 30, f(3.0)),
        (a, T0 + 40, f(4.0)),
        (a, T0 + 30, f(9.0)),
    ];
    let report = commit(&db, &rows);
    assert_eq!((report.accepted, report.repeated), (4, 2));
    let twice = RowFault::DuplicateTimestamp;
    assert_eq!(faults(&report), [twice, twice]);
    assert_eq!(times(&db, 1), [10, 20, 30, 40]);
}

#[test]
fn late_samples_survive_restart_flush_and_compaction() {
    let machine = Machine::new(1);
    let (db, _) = machine.open_with(options());
    for step in 0..400 {
        machine.at(T0 + step * 10_000);
        put(&db, &labels("m", 1), T0 + step * 10_000, step as f64);
    }
    db.flush().unwrap();
    // Between samples that a segment holds, and some beside the newest; 200 need several blocks.
    for step in (100..300).rev() {
        let report = put(&db, &labels("m", 1), T0 + step * 10_000 + 5000, -step as f64);
        assert_eq!(report.accepted, 1);
    }
    let before = dump(&db);
    assert_eq!(before[&labels("m", 1)].len(), 600);
    drop(db);
    let (db, report) = machine.open();
    assert_eq!((dump(&db), report.rows), (before.clone(), 200));
    db.flush().unwrap();
    assert_eq!(dump(&db), before);
    drop(db);
    let (db, report) = machine.open();
    assert_eq!((dump(&db), report.rows), (before.clone(), 0));
    db.compact_now(true).unwrap();
    assert_eq!(dump(&db), before);
}

/// What a segment holds at the same instant came first, so it stays (INV-11).
#[test]
fn the_first_value_of_an_instant_stays_when_it_is_in_a_segment() {
    let machine = Machine::new(1);
    let (db, _) = machine.open_with(options());
    put(&db, &labels("m", 1), T0, 1.0);
    put(&db, &labels("m", 1), T0 + 1000, 2.0);
    db.flush().unwrap();
    let before = dump(&db);
    put(&db, &labels("m", 1), T0, 9.0);
    assert_eq!(dump(&db), before);
    db.flush().unwrap();
    assert_eq!(dump(&db), before);
    db.compact_now(true).unwrap();
    assert_eq!(dump(&db), before);
}

#[test]
fn late_samples_of_many_windows_make_one_segment_each() {
    let machine = Machine::new(1);
    let window = Duration::from_hours(100);
    let options = DbOptions { out_of_order_window: window, ..Machine::options() };
    let (db, _) = machine.open_with(options.clone());
    put(&db, &labels("m", 1), T0, 1.0);
    for hour in 1..100 {
        assert_eq!(put(&db, &labels("m", 1), T0 - hour * HOUR, 1.0).accepted, 1);
    }
    let before = dump(&db);
    assert_eq!(before[&labels("m", 1)].len(), 100);
    db.flush().unwrap();
    assert_eq!(dump(&db), before);
    let vfs = machine.vfs.clone();
    let list = tsdb::inspect::list(&vfs, std::path::Path::new(crate::world::DIR)).unwrap();
    assert_eq!(list.iter().map(|segment| segment.samples).sum::<u64>(), 100);
    let day = |info: &tsdb::inspect::SegmentInfo| info.last_ms - info.first_ms < 24 * HOUR;
    assert!(list.len() > 5 && list.iter().all(day), "{list:?}");
}

/// A clock that was ahead leaves a newest sample in the future; the window then ends at the clock.
#[test]
fn a_clock_that_was_ahead_does_not_close_the_window() {
    let machine = Machine::new(1);
    let (db, _) = machine.open_with(options());
    let m = labels("m", 1);
    put(&db, &m, T0, 1.0);
    machine.at(T0 + 8760 * HOUR);
    put(&db, &m, machine.now().ms(), 2.0);
    machine.at(T0 + 60_000);
    assert_eq!(put(&db, &m, T0 + 60_000, 3.0).accepted, 1);
    assert_eq!(faults(&put(&db, &m, T0 + 59_999 - HOUR, 3.0)), [RowFault::TooOld]);
    assert!(db.maintain(Timestamp::from_ms(T0 + 60_000)).flushed, "the series begins anew");
    assert_eq!(put(&db, &m, T0 + 61_000, 4.0).accepted, 1);
    assert_eq!(times(&db, 1), [0, 60_000, 61_000, 8760 * HOUR]);
}

/// A flush that fails keeps what it froze; what comes meanwhile belongs to the next one.
#[test]
fn late_samples_that_come_while_a_flush_waits_stay() {
    let machine = Machine::new(1);
    let (db, _) = machine.open_with(options());
    machine.at(T0 + HOUR);
    assert_eq!(put(&db, &labels("m", 1), T0 + HOUR, 0.0).accepted, 1);
    (0..5).for_each(|ms| drop(put(&db, &labels("m", 1), T0 + ms, 1.0)));
    machine.vfs.fail(OpKind::Create, 0, 1, 5);
    assert!(db.flush().is_err());
    machine.vfs.heal(OpKind::Create);
    (5..300).for_each(|ms| drop(put(&db, &labels("m", 1), T0 + ms, 1.0)));
    let all = dump(&db);
    assert_eq!(times(&db, 1).len(), 301);
    db.flush().unwrap();
    assert_eq!(dump(&db), all);
    drop(db);
    assert_eq!(dump(&machine.killed().open().0), all);
}

#[test]
fn labels_are_named_where_late_samples_lie() {
    let machine = Machine::new(1);
    let (db, _) = machine.open_with(options());
    machine.at(T0 + HOUR);
    for n in [1, 2] {
        assert_eq!(put(&db, &labels("m", n), T0 + HOUR, 0.0).accepted, 1);
    }
    put(&db, &labels("m", 1), T0 + 10, 1.0);
    (1000..1200).for_each(|ms| drop(put(&db, &labels("m", 2), T0 + ms, 1.0)));
    let values = |from: i64, to: i64| {
        let (start, end) = (Timestamp::from_ms(T0 + from), Timestamp::from_ms(T0 + to));
        let watch = &model::Unwatched;
        let query = LabelQuery { start, end, selectors: &[], limit: None, watch };
        db.label_values("n", &query).unwrap().join(" ")
    };
    assert_eq!((&*values(0, 10), &*values(0, 9), &*values(11, 999)), ("1", "", ""));
    assert_eq!((&*values(0, 1000), &*values(1200, HOUR - 1)), ("1 2", ""));
    assert_eq!((&*values(1000, 1050), &*values(1150, 1160)), ("2", "2"));
}
