//! Full disks, failing syncs, jumping clocks: samples are refused or safe, queries go on, and the
//! database comes back by itself.

use crate::world::{HOUR, Machine, T0, batch, dump, group, labels, put};
use model::{AppendErrorKind, Appender, RowFault, SeriesRef, Value};
use std::time::Duration;
use sys::sim::OpKind;
use tsdb::{Db, DbErrorKind, DbOptions, Durability};

const EIO: i32 = 5;
const ENOSPC: i32 = 28;

fn try_put(db: &Db, series: SeriesRef, ms: i64) -> Result<usize, AppendErrorKind> {
    let outcome = db.commit(&batch(&[(series, ms, Value::Float(ms as f64))]));
    outcome.map(|report| report.accepted).map_err(|error| {
        assert!(error.retry_delay().is_some(), "a refusal says when to come back: {error}");
        error.kind()
    })
}

#[test]
fn a_full_disk_refuses_samples_and_recovers_within_ten_seconds() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    let series = db.resolve(group(), &labels("m", 1)).unwrap();
    assert_eq!(try_put(&db, series, T0), Ok(1));
    machine.vfs.set_available(0);
    let mut refused = 0;
    for step in 1..200 {
        machine.clock.advance(Duration::from_millis(100));
        match try_put(&db, series, T0 + step) {
            Ok(_) => {} // fits into the last sector
            Err(kind) => {
                assert_eq!(kind, AppendErrorKind::ReadOnly);
                refused += 1;
            }
        }
    }
    assert!(refused > 100, "{refused}");
    assert!(db.read_only_reason().is_some());
    let held = dump(&db);
    assert!(!held.is_empty(), "queries go on");
    machine.vfs.set_capacity(None);
    machine.clock.advance(Duration::from_secs(10));
    assert_eq!(try_put(&db, series, T0 + 1000), Ok(1));
    assert_eq!(db.read_only_reason(), None);
    db.sync().unwrap();
    drop(db);
    let (db, report) = machine.open();
    let found = dump(&db);
    assert_eq!(found[&labels("m", 1)].len(), held[&labels("m", 1)].len() + 1);
    assert_eq!(report.damage, Vec::<String>::new(), "what was refused left no trace");
}

#[test]
fn maintenance_alone_ends_the_refusal() {
    let machine = Machine::new(1);
    let options = DbOptions { free_bytes_min: 1 << 20, ..Machine::options() };
    let (db, _) = machine.open_with(options);
    let series = db.resolve(group(), &labels("m", 1)).unwrap();
    machine.vfs.set_available((1 << 20) - 1);
    machine.clock.advance(Duration::from_secs(2));
    assert_eq!(try_put(&db, series, T0), Err(AppendErrorKind::ReadOnly));
    assert!(db.flush().is_ok(), "the room held back is for flushes");
    machine.vfs.set_available(1 << 20);
    machine.clock.advance(Duration::from_secs(2));
    db.maintain(machine.now());
    assert_eq!(db.read_only_reason(), None);
    assert_eq!(try_put(&db, series, T0), Ok(1));
}

#[test]
fn inv_19_what_the_journal_refused_is_not_applied() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    let series = db.resolve(group(), &labels("m", 1)).unwrap();
    assert_eq!(try_put(&db, series, T0), Ok(1));
    machine.vfs.fail(OpKind::Write, 0, 1, EIO);
    assert_eq!(try_put(&db, series, T0 + 1), Err(AppendErrorKind::ReadOnly));
    assert_eq!(dump(&db)[&labels("m", 1)].len(), 1, "INV-19");
    machine.clock.advance(Duration::from_secs(2));
    assert_eq!(try_put(&db, series, T0 + 1), Ok(1), "the same row is new, not repeated");
    drop(db);
    assert_eq!(dump(&machine.open().0)[&labels("m", 1)].len(), 2);
}

#[test]
fn a_failed_sync_is_answered_with_a_new_file() {
    for durability in [Durability::Sync, Durability::Window] {
        let machine = Machine::new(1);
        let (db, _) = machine.open_with(DbOptions { durability, ..Machine::options() });
        let series = db.resolve(group(), &labels("m", 1)).unwrap();
        assert_eq!(try_put(&db, series, T0), Ok(1));
        db.sync().unwrap();
        machine.vfs.fail(OpKind::SyncData, 0, 1, EIO);
        assert_eq!(try_put(&db, series, T0 + 1), Ok(1), "the journal writes it again elsewhere");
        db.sync().unwrap();
        let stats = db.stats();
        assert_eq!((stats.journal.sync_failures, stats.journal.rescued_records), (1, 1));
        let held = dump(&db);
        for seed in 0..20 {
            let vfs = machine.vfs.after_crash(seed);
            let after = Machine { vfs, clock: machine.clock.clone() };
            assert_eq!(dump(&after.open().0), held, "nothing acknowledged is lost");
        }
    }
}

#[test]
fn a_sync_that_keeps_failing_is_not_acknowledged() {
    let machine = Machine::new(1);
    let options = DbOptions { durability: Durability::Sync, ..Machine::options() };
    let (db, _) = machine.open_with(options);
    let series = db.resolve(group(), &labels("m", 1)).unwrap();
    assert_eq!(try_put(&db, series, T0), Ok(1));
    machine.vfs.fail(OpKind::SyncData, 0, 1000, EIO);
    assert_eq!(try_put(&db, series, T0 + 1), Err(AppendErrorKind::ReadOnly));
    machine.vfs.heal(OpKind::SyncData);
    machine.clock.advance(Duration::from_secs(2));
    // The sender repeats the row; it is there already but must be on the disk before the answer.
    assert_eq!(try_put(&db, series, T0 + 1), Ok(0));
    let vfs = machine.vfs.after_crash(3);
    let after = Machine { vfs, clock: machine.clock.clone() };
    assert_eq!(dump(&after.open().0)[&labels("m", 1)].len(), 2);
}

#[test]
fn inv_22_a_flush_without_room_is_repeated_and_loses_nothing() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    for step in 0..300 {
        put(&db, &labels("m", 1), T0 + step, step as f64);
    }
    let mut time = T0 + 1000;
    for kind in [OpKind::Create, OpKind::Write, OpKind::SyncData, OpKind::Rename, OpKind::SyncDir] {
        for pass in 0..12 {
            time += 1;
            put(&db, &labels("m", 2), time, 1.0);
            let held = dump(&db);
            machine.vfs.fail(kind, pass, 1, ENOSPC);
            let failed = db.flush().is_err();
            machine.vfs.heal(kind);
            assert_eq!(dump(&db), held, "{kind:?} {pass}");
            let vfs = machine.vfs.after_kill(1);
            let after = Machine { vfs, clock: machine.clock.clone() };
            let (reopened, report) = after.open();
            assert_eq!(dump(&reopened), held, "{kind:?} {pass}");
            assert_eq!(report.damage, Vec::<String>::new(), "{kind:?} {pass}");
            if failed {
                db.flush().unwrap();
                assert_eq!(dump(&db), held, "{kind:?} {pass}");
            }
        }
    }
}

#[test]
fn a_merge_that_has_no_room_is_not_begun() {
    let machine = Machine::new(1);
    let options = DbOptions { free_bytes_min: 100_000, ..Machine::options() };
    let (db, _) = machine.open_with(options);
    for window in 0..2 {
        put(&db, &labels("m", 1), T0 + window, 1.0);
        db.flush().unwrap();
    }
    machine.at(T0 + 3 * HOUR);
    let bytes = db.stats().segment_bytes;
    machine.vfs.set_available(bytes + 100_000 - 512);
    let operations = machine.vfs.operations();
    let error = db.compact_now(true).unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::DiskFull);
    assert_eq!(machine.vfs.operations(), operations, "{error}: nothing was written");
    machine.vfs.set_available(bytes + 100_000);
    db.compact_now(true).unwrap();
    assert_eq!(db.stats().segments, 1);
}

#[test]
fn inv_24_jumping_clocks_delete_nothing_and_stop_nobody() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    let far = [HOUR, -HOUR, 24 * HOUR, -48 * HOUR, 24 * 365 * HOUR, -24 * 3650 * HOUR];
    let mut held = 0;
    for (n, jump) in far.into_iter().enumerate() {
        machine.at(T0 + jump);
        db.maintain(machine.now());
        // New series take the time of the day; old ones wait until the clock is back.
        put(&db, &labels("jump", n), machine.now().ms(), 1.0);
        held += 1;
        for _ in 0..10 {
            let report = db.maintain(machine.now());
            assert!(report.errors.is_empty(), "{report:?}");
            machine.clock.advance_monotonic(Duration::from_hours(1));
        }
        assert_eq!(dump(&db).len(), held, "INV-24: jump of {jump} ms");
    }
    machine.at(T0 + 2 * HOUR);
    assert_eq!(put(&db, &labels("later", 1), machine.now().ms(), 1.0).accepted, 1);
}

#[test]
fn a_clock_that_was_a_year_ahead_silences_nobody() {
    for restart in [false, true] {
        let machine = Machine::new(1);
        let (mut db, _) = machine.open();
        let m = labels("m", 1);
        put(&db, &m, T0, 1.0);
        let ahead = T0 + 365 * 24 * HOUR;
        machine.at(ahead);
        put(&db, &m, ahead, 2.0);
        machine.at(T0 + 60_000);
        if restart {
            drop(db);
            db = machine.open().0;
        }
        let refused = put(&db, &m, T0 + 60_000, 3.0);
        assert_eq!(refused.rejected[0].fault, RowFault::OutOfOrder);
        assert!(db.maintain(machine.now()).flushed, "the refusal asks for a flush");
        assert_eq!(put(&db, &m, T0 + 61_000, 4.0).accepted, 1, "restart: {restart}");
        let times = |db: &Db| dump(db)[&m].iter().map(|row| row.0).collect::<Vec<_>>();
        assert_eq!(times(&db), [T0, T0 + 61_000, ahead]);
        db.compact_now(true).unwrap();
        put(&db, &m, T0 + 62_000, 5.0);
        drop(db);
        let (db, _) = machine.open();
        assert_eq!(put(&db, &m, T0 + 63_000, 6.0).accepted, 1);
        assert_eq!(times(&db), [T0, T0 + 61_000, T0 + 62_000, T0 + 63_000, ahead]);
    }
}
