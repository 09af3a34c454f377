//! Batches are read again in their order, over flushes, restarts and kills; what nobody needs goes.

use crate::world::{HOUR, Machine, T0, labels, put};
use journal::Position;
use std::path::Path;
use std::sync::Arc;
use sys::Vfs;
use tsdb::{Db, TailReader};

/// Values from a place on, with the number that labels their series.
fn read(db: &Arc<Db>, from: Position) -> (Vec<(String, f64)>, Position) {
    let mut reader = TailReader::new(Arc::clone(db), from);
    let (mut found, mut next) = (Vec::new(), from);
    loop {
        // One record at a time.
        let tail = reader.read(1).unwrap();
        assert_eq!(tail.damaged_bytes, 0);
        if tail.next == next {
            return (found, next);
        }
        next = tail.next;
        for (at, record) in &tail.records {
            for row in record.rows.iter().chain(&record.late) {
                let model::Value::Float(value) = row.value else { panic!("only floats") };
                let labels = reader.labels(row.series, *at).expect("every series has a name");
                found.push((labels.value("n").to_owned(), value));
            }
        }
    }
}

fn numbered(values: std::ops::Range<u32>) -> Vec<(String, f64)> {
    values.map(|value| ((value % 3).to_string(), f64::from(value))).collect()
}

/// One batch a value, a second apart.
fn fill(machine: &Machine, db: &Db, values: std::ops::Range<u32>) {
    for value in values {
        let n = usize::try_from(value % 3).unwrap();
        let at = T0 + i64::from(value) * 1000;
        machine.at(at);
        assert_eq!(put(db, &labels("m", n), at, f64::from(value)).accepted, 1);
    }
}

#[test]
fn batches_come_again_in_their_order_over_flushes_and_restarts() {
    let machine = Machine::new(1);
    let mut db = Arc::new(machine.open().0);
    let begin = db.tail_end();
    db.keep_tail(Some(begin), u64::MAX).unwrap();
    let mut middle = begin;
    for round in 0..4 {
        fill(&machine, &db, round * 10..round * 10 + 10);
        db.sync().unwrap();
        let (found, next) = read(&db, middle);
        assert_eq!(found, numbered(round * 10..round * 10 + 10));
        middle = next;
        assert_eq!(read(&db, begin).0, numbered(0..round * 10 + 10), "from the beginning again");
        db.flush().unwrap();
        assert_eq!(read(&db, begin).0, numbered(0..round * 10 + 10), "after a flush");
        drop(db);
        db = Arc::new(machine.open().0);
        assert_eq!(read(&db, begin).0, numbered(0..round * 10 + 10), "after a restart");
    }
    assert!(db.outbox_stats().bytes > 0);
    db.keep_tail(Some(middle), u64::MAX).unwrap();
    assert!(read(&db, middle).0.is_empty());
}

#[test]
fn what_is_not_durable_is_not_shown() {
    let machine = Machine::new(2);
    let db = Arc::new(machine.open().0);
    let begin = db.tail_end();
    fill(&machine, &db, 0..3);
    assert!(read(&db, begin).0.is_empty());
    db.sync().unwrap();
    assert_eq!(read(&db, begin).0, numbered(0..3));
}

#[test]
fn a_series_that_left_memory_and_came_back_keeps_its_names() {
    let machine = Machine::new(3);
    let db = Arc::new(machine.open().0);
    let begin = db.tail_end();
    db.keep_tail(Some(begin), u64::MAX).unwrap();
    put(&db, &labels("m", 7), T0, 1.0);
    db.flush().unwrap();
    machine.at(T0 + 5 * HOUR);
    put(&db, &labels("m", 8), T0 + 5 * HOUR, 2.0);
    db.flush().unwrap();
    // The first series is gone from memory; now it comes back under another id, and the process is
    // killed before the next flush.
    put(&db, &labels("m", 7), T0 + 5 * HOUR, 3.0);
    db.sync().unwrap();
    let expected = [("7".to_owned(), 1.0), ("8".to_owned(), 2.0), ("7".to_owned(), 3.0)];
    assert_eq!(read(&db, begin).0, expected);
    drop(db);
    let db = Arc::new(machine.open().0);
    assert_eq!(read(&db, begin).0, expected, "after a restart");
    db.keep_tail(Some(begin), u64::MAX).unwrap();
    put(&db, &labels("m", 8), T0 + 5 * HOUR + 1, 4.0);
    db.flush().unwrap();
    drop(db);
    let db = Arc::new(machine.open().0);
    let expected = [&expected[..], &[("8".to_owned(), 4.0)]].concat();
    assert_eq!(read(&db, begin).0, expected, "and after another flush and restart");
}

#[test]
fn beyond_the_bound_the_oldest_goes_and_is_counted() {
    let machine = Machine::new(4);
    let db = Arc::new(machine.open().0);
    let begin = db.tail_end();
    db.keep_tail(Some(begin), 1).unwrap();
    fill(&machine, &db, 0..3);
    db.flush().unwrap();
    fill(&machine, &db, 3..6);
    db.sync().unwrap();
    assert_eq!(read(&db, begin).0, numbered(3..6), "what is still in the journal");
    let stats = db.outbox_stats();
    assert!(stats.bytes == 0 && stats.lost_bytes > 0, "{stats:?}");
}

#[test]
fn nothing_is_kept_for_nobody() {
    let machine = Machine::new(5);
    let db = Arc::new(machine.open().0);
    fill(&machine, &db, 0..3);
    db.flush().unwrap();
    assert!(!machine.vfs.exists(Path::new("/data/tenants/anonymous/outbox")).unwrap());
    db.keep_tail(Some(db.tail_end()), u64::MAX).unwrap();
    fill(&machine, &db, 3..6);
    db.flush().unwrap();
    assert!(db.outbox_stats().bytes > 0);
    db.keep_tail(None, 0).unwrap();
    assert_eq!(db.outbox_stats().bytes, 0);
    let left = machine.vfs.read_dir(Path::new("/data/tenants/anonymous/outbox")).unwrap();
    assert!(left.is_empty(), "{left:?}");
}
