//! What the door for samples refuses or leaves out, beside the rules for timestamps: label sets,
//! batches and exemplars beyond a limit leave no trace in memory or journal.

use crate::world::{Machine, T0, batch, dump, group, labels, put};
use model::{
    AppendErrorKind, Appender, Batch, Exemplar, LabelQuery, Labels, Querier, SeriesRef, Timestamp,
    Unwatched, Value,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use sys::sim::OpKind;
use tsdb::{Db, DbOptions, Limits};

const EIO: i32 = 5;
/// Longest text of one label set in a record.
const TEXT_MAX: usize = 1 << 20;

/// No limit but those of the formats.
fn unlimited() -> DbOptions {
    let limits = Limits {
        labels_max: usize::MAX,
        label_name_bytes_max: usize::MAX,
        label_value_bytes_max: usize::MAX,
        ..Limits::default()
    };
    DbOptions { limits, ..Machine::options() }
}

#[test]
fn no_option_lifts_the_limits_of_the_record() {
    let machine = Machine::new(1);
    let (db, _) = machine.open_with(unlimited());
    let kind = |labels: &Labels| db.resolve(group(), labels).err().map(|error| error.kind());
    let value = |len: usize| Labels::from_pairs([("a", &*"x".repeat(len))]);
    let many = |count: usize| Labels::from_pairs((0..count).map(|n| (format!("l{n}"), "v")));
    assert_eq!((kind(&value(TEXT_MAX - 1)), kind(&many(1 << 12))), (None, None));
    assert_eq!(kind(&value(TEXT_MAX)), Some(AppendErrorKind::InvalidLabels));
    assert_eq!(kind(&many((1 << 12) + 1)), Some(AppendErrorKind::InvalidLabels));
    assert_eq!(kind(&Labels::from_pairs([("", "x")])), Some(AppendErrorKind::InvalidLabels));
}

/// It is the sender's trouble, not the disk's: others go on at once.
#[test]
fn a_batch_too_large_for_a_record_is_refused_alone() {
    let machine = Machine::new(1);
    let (db, _) = machine.open_with(unlimited());
    let long = "x".repeat(TEXT_MAX - 10);
    let rows: Vec<(SeriesRef, i64, Value)> = (0..65)
        .map(|n| Labels::from_pairs([("a", format!("{long}{n}"))]))
        .map(|labels| (db.resolve(group(), &labels).unwrap(), T0, Value::Float(1.0)))
        .collect();
    let error = db.commit(&batch(&rows)).unwrap_err();
    assert_eq!(error.kind(), AppendErrorKind::Overloaded, "{error}");
    assert_eq!(db.read_only_reason(), None);
    assert_eq!(db.commit(&batch(&rows[..60])).unwrap().accepted, 60);
}

fn exemplars(db: &Db) -> usize {
    let (start, end) = (Timestamp::MIN, Timestamp::MAX);
    let query = LabelQuery { start, end, selectors: &[], limit: None, watch: &Unwatched };
    db.exemplars(&query).unwrap().iter().map(|(_, found)| found.len()).sum()
}

/// Commits an exemplar without a row; gives whether the journal grew.
fn journals_exemplar(db: &Db, series: SeriesRef, trace_len: usize, ms: i64) -> bool {
    let exemplar = Exemplar {
        labels: Labels::from_pairs([("t", &*"x".repeat(trace_len))]),
        value: 1.0,
        timestamp: Timestamp::from_ms(ms),
    };
    let mut batch = Batch::new(group());
    batch.exemplars.push((series, exemplar));
    let before = db.stats().journal_written_bytes;
    db.commit(&batch).unwrap();
    db.stats().journal_written_bytes > before
}

#[test]
fn an_exemplar_needs_a_born_series_a_bounded_length_and_news() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    let unborn = db.resolve(group(), &labels("unborn", 1)).unwrap();
    put(&db, &labels("m", 1), T0, 1.0);
    let born = db.resolve(group(), &labels("m", 1)).unwrap();
    assert!(!journals_exemplar(&db, unborn, 10, T0), "no record says who that is");
    assert!(!journals_exemplar(&db, born, 4096, T0), "with its name it is above 4096");
    assert_eq!(exemplars(&db), 0);
    assert!(journals_exemplar(&db, born, 4095, T0));
    assert!(!journals_exemplar(&db, born, 4095, T0), "senders repeat the newest one");
    assert_eq!(exemplars(&db), 1);
    let limits = Limits { exemplars_max: 0, ..Limits::default() };
    drop(db);
    let (db, _) = machine.open_with(DbOptions { limits, ..Machine::options() });
    let born = db.resolve(group(), &labels("m", 1)).unwrap();
    assert!(!journals_exemplar(&db, born, 10, T0 + 1), "they are switched off");
    assert_eq!(exemplars(&db), 0);
}

/// A late row is accepted, so nobody is refused; the series must begin anew all the same.
#[test]
fn a_late_row_tells_that_the_clock_went_back() {
    let machine = Machine::new(1);
    let window = Duration::from_hours(1);
    let options = DbOptions { out_of_order_window: window, ..Machine::options() };
    let (db, _) = machine.open_with(options);
    let ahead = T0 + 365 * 24 * 3_600_000;
    machine.at(ahead);
    put(&db, &labels("m", 1), ahead, 1.0);
    machine.at(T0);
    assert_eq!(put(&db, &labels("m", 1), T0, 2.0).accepted, 1);
    assert!(db.maintain(machine.now()).flushed);
}

#[test]
fn inv_14_senders_that_meet_a_label_set_at_once_get_one_series() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    let arrived = AtomicUsize::new(0);
    let send = || {
        let resolve = |n| {
            arrived.fetch_add(1, Ordering::SeqCst);
            // Bounded, so that one that fails does not leave the other waiting.
            let mut left = 1_000_000_u32;
            while arrived.load(Ordering::SeqCst) < 2 * (n + 1) && left > 0 {
                std::hint::spin_loop();
                left -= 1;
            }
            db.resolve(group(), &labels("m", n)).unwrap()
        };
        (0..500).map(resolve).collect::<Vec<_>>()
    };
    let (one, other) = std::thread::scope(|scope| {
        let one = scope.spawn(send);
        (send(), one.join().unwrap())
    });
    assert_eq!(one, other, "INV-14");
    assert_eq!(db.stats().series, 500, "INV-14");
}

/// Free space is asked for once a second, not by every batch; once it is short, nothing is tried
/// before a second has passed.
#[test]
fn a_full_disk_is_looked_at_once_a_second() {
    let machine = Machine::new(1);
    let options = DbOptions { free_bytes_min: 1 << 20, ..Machine::options() };
    let (db, _) = machine.open_with(options);
    let series = db.resolve(group(), &labels("m", 1)).unwrap();
    let commits = |ms: i64| db.commit(&batch(&[(series, T0 + ms, Value::Float(1.0))])).is_ok();
    assert!(commits(0));
    machine.vfs.set_available(1 << 19);
    assert!(commits(1), "what was free a moment ago");
    machine.clock.advance(Duration::from_secs(1));
    assert!(!commits(2));
    db.maintain(machine.now());
    assert!(db.read_only_reason().is_some(), "maintenance sees the same");
    machine.vfs.set_capacity(None);
    assert!(!commits(2), "refused without a look");
    machine.clock.advance(Duration::from_secs(1));
    assert!(commits(2));
}

#[test]
fn a_failed_sync_is_told_to_senders() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    put(&db, &labels("m", 1), T0, 1.0);
    machine.vfs.fail(OpKind::SyncData, 0, 2, EIO);
    assert!(db.sync().is_err());
    assert!(db.read_only_reason().is_some());
    assert_eq!(db.stats().sync_failures, 1);
}

/// The checkpoint forgets what lies in the future as memory does.
#[test]
fn a_clock_that_was_ahead_at_a_flush_silences_nobody_after_a_restart() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    let ahead = T0 + 365 * 24 * 3_600_000;
    machine.at(ahead);
    put(&db, &labels("m", 1), ahead, 1.0);
    machine.at(T0);
    db.flush().unwrap();
    drop(db);
    assert_eq!(put(&machine.open().0, &labels("m", 1), T0, 1.0).accepted, 1);
}

#[test]
fn inv_28_what_was_deleted_does_not_come_back_with_a_saved_record() {
    for pass in 0..8 {
        let machine = Machine::new(1);
        let window = Duration::from_hours(1);
        let options = DbOptions { out_of_order_window: window, ..Machine::options() };
        let (db, _) = machine.open_with(options);
        for ms in [T0 + 10, T0 + 5] {
            assert_eq!(put(&db, &labels("m", 1), ms, 1.0).accepted, 1);
        }
        machine.vfs.fail(OpKind::SyncData, pass, 1, EIO);
        let (start, end) = (Timestamp::from_ms(T0), Timestamp::from_ms(T0 + 7));
        let series = vec![model::Matcher::equal("n", "1")];
        let deleted = db.delete(&[series], start, end).is_ok();
        machine.vfs.heal(OpKind::SyncData);
        drop(db);
        let left = dump(&machine.open().0)[&labels("m", 1)].len();
        assert_eq!(left, if deleted { 1 } else { 2 }, "INV-28: sync {pass} failed");
    }
}
