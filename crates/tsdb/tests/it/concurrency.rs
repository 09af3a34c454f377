//! Real threads at once: senders, readers, maintenance. What each must see holds at every moment.

use crate::world::{HOUR, Machine, T0, dump, group, labels, put};
use model::{Appender, Batch, Querier, SampleBuf, SelectHints, SeriesRef, Timestamp};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use tsdb::{Db, DbOptions, Durability};

const SERIES: usize = 20;
const BATCHES: i64 = 400;

fn send(db: &Db, acknowledged: &AtomicI64) {
    let ids: Vec<SeriesRef> =
        (0..SERIES).map(|n| db.resolve(group(), &labels("m", n)).unwrap()).collect();
    for round in 0..BATCHES {
        let mut batch = Batch::new(group());
        for id in &ids {
            batch.push(*id, Timestamp::from_ms(T0 + round), round as f64);
        }
        assert_eq!(db.commit(&batch).unwrap().accepted, SERIES);
        acknowledged.store(round, Ordering::SeqCst);
    }
}

/// A selection holds the same rounds for every series, all that were acknowledged before it began,
/// and the same ones when it is read again.
fn ask(db: &Db, acknowledged: &AtomicI64) {
    let floor = acknowledged.load(Ordering::SeqCst);
    let (start, end) = (Timestamp::MIN, Timestamp::MAX);
    let selection = db.select(start, end, &[], &SelectHints::default()).unwrap();
    let mut lengths = Vec::new();
    let mut samples = SampleBuf::default();
    for index in (0..selection.len()).chain(0..selection.len()) {
        selection.read(index, &mut samples).unwrap();
        let want: Vec<f64> = (0_i32..).map(f64::from).take(samples.len()).collect();
        assert_eq!(samples.values, want, "no gap, no double");
        lengths.push(i64::try_from(samples.len()).unwrap());
    }
    assert!(lengths.iter().all(|len| *len == lengths[0]), "INV-2, INV-20: torn view {lengths:?}");
    let rows = lengths.first().copied().unwrap_or(0);
    assert!(rows > floor, "INV-2: {rows} rows seen, round {floor} was acknowledged");
}

/// Ends the other threads even when the sender fails.
struct StopWhenDropped<'a>(&'a AtomicBool);

impl Drop for StopWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn inv_2_batches_are_visible_whole_while_everything_moves() {
    for durability in [Durability::Window, Durability::Sync] {
        let machine = Machine::new(1);
        let options = DbOptions { durability, journal_bytes_max: 3000, ..Machine::options() };
        let (db, _) = machine.open_with(options.clone());
        let (done, acknowledged) = (AtomicBool::new(false), AtomicI64::new(-1));
        let working = || !done.load(Ordering::SeqCst);
        std::thread::scope(|scope| {
            let _stop = StopWhenDropped(&done);
            scope.spawn(|| {
                while working() {
                    ask(&db, &acknowledged);
                }
            });
            scope.spawn(|| {
                while working() {
                    assert!(db.maintain(machine.now()).errors.is_empty());
                    db.sync().unwrap();
                }
            });
            scope.spawn(|| {
                while working() {
                    db.compact_now(true).unwrap();
                    db.stats();
                }
            });
            send(&db, &acknowledged);
        });
        ask(&db, &acknowledged);
        let held = dump(&db);
        drop(db);
        assert_eq!(dump(&machine.open_with(options).0), held);
    }
}

#[test]
fn many_senders_share_syncs_and_series() {
    let machine = Machine::new(1);
    let options = DbOptions { durability: Durability::Sync, ..Machine::options() };
    let (db, _) = machine.open_with(options);
    std::thread::scope(|scope| {
        for sender in 0..4 {
            let db = &db;
            scope.spawn(move || {
                for round in 0..50_i64 {
                    // Everybody resolves the same series; each has one of its own.
                    db.resolve(group(), &labels("shared", 1)).unwrap();
                    let own = db.resolve(group(), &labels("own", sender)).unwrap();
                    let mut batch = Batch::new(group());
                    batch.push(own, Timestamp::from_ms(T0 + round), round as f64);
                    assert_eq!(db.commit(&batch).unwrap().accepted, 1);
                }
            });
        }
    });
    let held = dump(&db);
    assert_eq!(held.values().map(Vec::len).sum::<usize>(), 200);
    assert_eq!(db.stats().series, 5);
    let after = Machine { vfs: machine.vfs.after_crash(7), clock: machine.clock.clone() };
    assert_eq!(dump(&after.open().0), held, "all of it was acknowledged");
}

#[test]
fn two_that_compact_at_once_take_turns() {
    for seed in 0..20 {
        let machine = Machine::new(seed);
        let (db, _) = machine.open();
        for window in 0..6 {
            machine.at(T0 + window * 2 * HOUR);
            for n in 0..50 {
                put(&db, &labels("m", n), machine.now().ms(), 1.0);
            }
            db.flush().unwrap();
        }
        let before = dump(&db);
        let start = std::sync::Barrier::new(2);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    start.wait();
                    db.compact_now(true).unwrap();
                });
            }
        });
        assert_eq!(db.stats().compactions, (1, 0), "seed {seed}: merged once");
        assert_eq!(dump(&db), before, "INV-23, seed {seed}");
    }
}
