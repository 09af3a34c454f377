//! Flush, compaction, retention, snapshots and closing: when they are due, what they leave behind
//! when they fail, and what a power cut may take afterwards.

use crate::world::{DIR, Dump, HOUR, Machine, T0, batch, dump, group, labels, put, tenant};
use model::{Appender, Labels, Matcher, SeriesRef, Timestamp, Value};
use std::path::Path;
use std::time::Duration;
use sys::Vfs;
use sys::sim::OpKind;
use tsdb::{Db, DbOptions, Retention};

const EIO: i32 = 5;
const KINDS: [OpKind; 5] =
    [OpKind::Create, OpKind::Write, OpKind::SyncData, OpKind::Rename, OpKind::SyncDir];

impl Machine {
    fn manifest(&self) -> String {
        String::from_utf8(self.vfs.read(&tenant("MANIFEST"), 100_000).unwrap()).unwrap()
    }

    /// After any power cut the directory holds exactly this and nothing in it is damaged.
    fn survives(&self, dir: &str, all: &Dump) {
        for seed in 0..50 {
            let options = DbOptions { dir: dir.into(), ..Machine::options() };
            let (db, report) = self.without_power(seed).open_with(options);
            assert_eq!(&dump(&db), all, "seed {seed}");
            assert_eq!(report.damage, Vec::<String>::new(), "seed {seed}");
        }
    }
}

/// Two windows of two series in memory, and a segment of an earlier one.
fn filled() -> (Machine, Db) {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    for window in 0..3 {
        machine.at(T0 + window * 2 * HOUR);
        for n in [1, 2] {
            put(&db, &labels("m", n), machine.now().ms(), window as f64);
        }
        if window == 0 {
            db.flush().unwrap();
        }
    }
    (machine, db)
}

#[test]
fn what_a_flush_registered_survives() {
    let (machine, db) = filled();
    db.flush().unwrap();
    machine.survives(DIR, &dump(&db));
}

/// Only files that a manifest on the disk may name stay (INV-22).
#[test]
fn a_failed_flush_or_merge_leaves_no_file_behind() {
    let flush: fn(&Db) -> bool =
        |db| db.flush().is_err_and(|e| !e.to_string().contains("manifest"));
    let merge: fn(&Db) -> bool =
        |db| db.compact_now(true).is_err_and(|e| !e.to_string().contains("manifest"));
    for (step, flushed) in [(flush, false), (merge, true)] {
        let mut failures = 0;
        for kind in KINDS {
            for pass in 0..15 {
                let (machine, db) = filled();
                if flushed {
                    db.flush().unwrap();
                }
                let before = machine.files("segments");
                machine.vfs.fail(kind, pass, 1, EIO);
                if step(&db) {
                    failures += 1;
                    assert_eq!(machine.files("segments"), before, "{kind:?} {pass}");
                }
            }
        }
        assert!(failures > 10, "{failures}");
    }
}

#[test]
fn a_removal_is_known_until_it_survives_a_power_cut() {
    for kind in [OpKind::SyncDir, OpKind::Remove] {
        for pass in 0..15 {
            let (machine, db) = filled();
            db.flush().unwrap();
            put(&db, &labels("m", 1), machine.now().ms() + 1, 1.0);
            machine.vfs.fail(kind, pass, 1, EIO);
            drop(db.flush());
            machine.vfs.heal(kind);
            // Concerns the first segment, deletes nothing, and stores the manifest.
            let nobody = vec![Matcher::equal("n", "7")];
            db.delete(&[nobody], Timestamp::from_ms(T0), Timestamp::from_ms(T0)).unwrap();
            machine.survives(DIR, &dump(&db));
        }
    }
}

#[test]
fn a_failed_flush_is_repeated_by_maintenance() {
    let (machine, db) = filled();
    machine.vfs.fail(OpKind::Create, 0, 1, EIO);
    assert!(db.flush().is_err());
    assert!(db.maintain(machine.now()).flushed);
}

#[test]
fn a_window_is_flushed_five_minutes_after_its_end() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    put(&db, &labels("m", 1), T0, 1.0);
    let minutes = |minutes: i64| Timestamp::from_ms(T0 + 2 * HOUR + minutes * 60_000);
    assert!(!db.maintain(minutes(4)).flushed, "rows of the last scrape may still come");
    assert!(db.maintain(minutes(5)).flushed);
}

#[test]
fn a_clock_that_stands_still_does_not_stop_flushes() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    put(&db, &labels("m", 1), T0, 1.0);
    machine.clock.advance_monotonic(Duration::from_hours(3));
    assert!(db.maintain(Timestamp::from_ms(T0)).flushed);
}

#[test]
fn a_long_journal_is_flushed() {
    let machine = Machine::new(1);
    let options = DbOptions { journal_bytes_max: 2000, ..Machine::options() };
    let (db, _) = machine.open_with(options);
    put(&db, &labels("m", 1), T0, 1.0);
    assert!(!db.maintain(machine.now()).flushed);
    (1..100).for_each(|ms| drop(put(&db, &labels("m", 1), T0 + ms, 0.1)));
    assert!(db.maintain(machine.now()).flushed);
}

/// Series alone use up the memory: flushing every few seconds would free none of it.
#[test]
fn a_flush_that_frees_nothing_is_not_due() {
    let machine = Machine::new(1);
    let options = DbOptions { memory_bytes_max: 200_000, ..Machine::options() };
    let (db, _) = machine.open_with(options);
    let mut series = SeriesRef(0);
    for n in 0.. {
        match db.resolve(group(), &labels("m", n)) {
            Ok(id) => series = id,
            Err(_) => break,
        }
    }
    db.commit(&batch(&[(series, T0, Value::Float(1.0))])).unwrap();
    assert!(!db.maintain(machine.now()).flushed);
}

#[test]
fn inv_14_ids_of_series_that_left_are_not_used_again() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    let gone = db.resolve(group(), &labels("gone", 1)).unwrap();
    put(&db, &labels("gone", 1), T0, 1.0);
    db.flush().unwrap();
    machine.at(T0 + 9 * HOUR);
    let stays = db.resolve(group(), &labels("stays", 1)).unwrap();
    for step in 0..2 {
        put(&db, &labels("stays", 1), machine.now().ms() + step, 1.0);
        db.flush().unwrap();
    }
    assert!(stays > gone, "{stays:?} {gone:?}");
    let text = machine.manifest();
    assert!(text.contains(&format!("first-series {}\n", stays.0)), "{text}");
    assert!(text.contains(&format!("next-series {}\n", stays.0 + 1)), "{text}");
}

#[test]
fn a_snapshot_survives_a_power_cut_and_stands_alone() {
    for with_links in [true, false] {
        let (machine, db) = filled();
        db.flush().unwrap();
        put(&db, &labels("m", 1), machine.now().ms() + 1, 1.0);
        if !with_links {
            machine.vfs.fail(OpKind::HardLink, 0, 1000, EIO);
        }
        machine.vfs.fail(OpKind::Remove, 0, 1000, EIO);
        db.snapshot(Path::new("/backups/one")).unwrap();
        machine.survives("/backups/one", &dump(&db));
        assert!(machine.vfs.exists(Path::new("/backups/one/FORMAT")).unwrap());
        let path = Path::new("/backups/one/tenants/anonymous/MANIFEST");
        let text = String::from_utf8(machine.vfs.read(path, 10_000).unwrap()).unwrap();
        let absent = ["fallback", "obsolete"].iter().all(|word| !text.contains(word));
        assert!(absent, "files that are not in the copy: {text}");
    }
}

#[test]
fn closing_makes_everything_durable_and_flushes_only_what_takes_long_to_replay() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    put(&db, &labels("m", 1), T0, 1.0);
    db.close().unwrap();
    assert_eq!(machine.files("segments"), Vec::<String>::new());
    machine.survives(DIR, &dump(&db));
}

/// Series whose births alone take longer to replay than closing lets pass.
fn with_long_journal() -> (Machine, Db) {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    let long = "x".repeat(4000);
    for n in 0..300 {
        let labels = Labels::from_pairs([("a", format!("{long}{n}"))]);
        put(&db, &labels, T0, 1.0);
    }
    (machine, db)
}

#[test]
fn closing_flushes_a_long_journal() {
    let (machine, db) = with_long_journal();
    db.close().unwrap();
    let all = dump(&db);
    drop(db);
    machine.survives(DIR, &all);
    assert_eq!(machine.open().1.records, 0, "nothing is left to replay");
}

#[test]
fn closing_without_room_for_a_flush_leaves_it_to_the_journal() {
    let (machine, db) = with_long_journal();
    machine.vfs.fail(OpKind::Create, 0, 1, EIO);
    db.close().unwrap();
    assert_eq!(machine.files("segments"), Vec::<String>::new(), "the flush failed");
    machine.survives(DIR, &dump(&db));
}

#[test]
fn retention_removes_the_files() {
    let machine = Machine::new(1);
    let retention = Retention { time: Some(Duration::from_hours(24)), size_bytes: None };
    let (db, _) = machine.open_with(DbOptions { retention, ..Machine::options() });
    for day in 0..6 {
        machine.at(T0 + day * 24 * HOUR);
        put(&db, &labels("m", 1), machine.now().ms(), 1.0);
        db.flush().unwrap();
    }
    while db.apply_retention(machine.now()).unwrap() > 0 {}
    assert_eq!(dump(&db)[&labels("m", 1)].len(), 2);
    assert_eq!(machine.files("segments").len(), 2 + 2, "two segments, two checkpoints");
}

#[test]
fn files_that_are_gone_leave_the_cache() {
    let (_machine, db) = filled();
    db.flush().unwrap();
    dump(&db);
    assert!(db.stats().cache_bytes > 0);
    db.delete(&[vec![Matcher::equal("job", "test")]], Timestamp::MIN, Timestamp::MAX).unwrap();
    db.purge().unwrap();
    assert_eq!((db.stats().segments, db.stats().cache_bytes), (0, 0));
}

/// Flips a bit of the first place where a text stands.
fn damage_at(machine: &Machine, path: &Path, text: &str) {
    let find = |bytes: &[u8]| bytes.windows(text.len()).position(|part| part == text.as_bytes());
    let edit = |bytes: &mut Vec<u8>| {
        let at = find(bytes).unwrap();
        bytes[at] ^= 1;
    };
    machine.vfs.edit(path, edit).unwrap();
}

#[test]
fn a_merge_keeps_the_damaged_source() {
    let (machine, db) = filled();
    db.flush().unwrap();
    drop(db);
    machine.vfs.flip_bit(&machine.segment_files()[0], 17, 1).unwrap();
    let (db, _) = machine.open();
    db.compact_now(true).unwrap();
    assert_eq!(machine.segment_files().len(), 1, "merged");
    assert_eq!(machine.files("quarantine"), ["0000000000000001.seg"]);
}

#[test]
fn a_segment_found_damaged_is_kept_before_anything_removes_it() {
    let (machine, db) = filled();
    db.flush().unwrap();
    drop(db);
    machine.vfs.flip_bit(&machine.segment_files()[0], 17, 1).unwrap();
    let (db, _) = machine.open();
    assert!(!db.compact_step(machine.now()).unwrap());
    assert_eq!(machine.files("quarantine"), Vec::<String>::new(), "nobody read it yet");
    dump(&db);
    assert!(!db.compact_step(machine.now()).unwrap());
    assert_eq!(machine.files("quarantine"), ["0000000000000001.seg"]);
}

/// Whoever cleared the quarantine is not given the same copy again by the running server.
#[test]
fn a_damaged_segment_is_copied_once() {
    let (machine, db) = filled();
    db.flush().unwrap();
    drop(db);
    machine.vfs.flip_bit(&machine.segment_files()[0], 17, 1).unwrap();
    let (db, _) = machine.open();
    dump(&db);
    db.compact_step(machine.now()).unwrap();
    let copy = tenant("quarantine").join("0000000000000001.seg");
    machine.vfs.remove_file(&copy).unwrap();
    dump(&db);
    db.compact_step(machine.now()).unwrap();
    assert!(!machine.vfs.exists(&copy).unwrap());
}

/// A disk that fails a write and then the removal of what was begun.
#[test]
fn what_a_failed_flush_could_not_remove_is_in_nobodys_way() {
    let (machine, db) = filled();
    machine.vfs.fail(OpKind::Write, 1, 1, EIO);
    machine.vfs.fail(OpKind::Remove, 0, 9, EIO);
    assert!(db.flush().is_err());
    let unfinished = |machine: &Machine| {
        machine.files("segments").iter().filter(|name| name.contains(".tmp")).count()
    };
    assert_eq!(unfinished(&machine), 1);
    KINDS.into_iter().chain([OpKind::Remove]).for_each(|kind| machine.vfs.heal(kind));
    db.flush().unwrap();
    assert_eq!(unfinished(&machine), 0);
    machine.survives(DIR, &dump(&db));
}

#[test]
fn a_segment_without_a_usable_index_leaves_with_a_copy() {
    let (machine, db) = filled();
    db.flush().unwrap();
    drop(db);
    damage_at(&machine, &machine.segment_files()[0], "test");
    let (db, _) = machine.open();
    dump(&db);
    assert!(!db.compact_step(machine.now()).unwrap());
    assert_eq!(machine.files("quarantine"), ["0000000000000001.seg"]);
    assert_eq!(machine.segment_files().len(), 2);
    drop(db);
    assert_eq!(machine.open().1.damage, Vec::<String>::new(), "it was reported once");
}

/// A segment written anew keeps the age of its oldest source, not that of its number.
#[test]
fn inv_11_a_purged_segment_stays_the_older_one() {
    let machine = Machine::new(1);
    let window = Duration::from_hours(1);
    let options = DbOptions { out_of_order_window: window, ..Machine::options() };
    let (db, _) = machine.open_with(options);
    for n in [1, 2] {
        put(&db, &labels("m", n), T0, 1.0);
        put(&db, &labels("m", n), T0 + 10, 1.0);
    }
    db.flush().unwrap();
    assert_eq!(put(&db, &labels("m", 1), T0, 77.0).accepted, 1, "segments are not asked");
    db.flush().unwrap();
    let first = |db: &Db| dump(db)[&labels("m", 1)][0].clone();
    let before = first(&db);
    let two = vec![Matcher::equal("n", "2")];
    db.delete(&[two], Timestamp::MIN, Timestamp::MAX).unwrap();
    db.purge().unwrap();
    assert_eq!(first(&db), before, "INV-11");
    drop(db);
    assert_eq!(first(&machine.open().0), before, "INV-11");
}

#[test]
fn closing_syncs_the_journal_when_the_sync_of_the_flush_failed() {
    let (machine, db) = with_long_journal();
    machine.vfs.fail(OpKind::SyncData, 0, 2, EIO);
    db.close().unwrap();
    machine.vfs.heal(OpKind::SyncData);
    machine.survives(DIR, &dump(&db));
}

/// A copy is whole and survives a power cut, or there is an error.
#[test]
fn a_snapshot_that_fails_says_so() {
    let kinds = [OpKind::Open, OpKind::CreateDir, OpKind::HardLink];
    for kind in KINDS.into_iter().chain(kinds) {
        let mut failures = 0;
        for pass in 0..20 {
            let (machine, db) = filled();
            db.flush().unwrap();
            put(&db, &labels("m", 1), machine.now().ms() + 1, 1.0);
            // A filesystem without hard links copies.
            machine.vfs.fail(OpKind::HardLink, 0, 1000, EIO);
            machine.vfs.fail(kind, pass, 1, EIO);
            let outcome = db.snapshot(Path::new("/copy"));
            machine.vfs.heal(kind);
            machine.vfs.heal(OpKind::HardLink);
            match outcome {
                Ok(()) => machine.survives("/copy", &dump(&db)),
                Err(_) => failures += 1,
            }
        }
        assert!(failures > 0 || kind == OpKind::HardLink, "{kind:?}");
    }
}

#[test]
fn maintenance_deletes_what_is_too_old() {
    let machine = Machine::new(1);
    let retention = Retention { time: Some(Duration::from_hours(24)), size_bytes: None };
    let (db, _) = machine.open_with(DbOptions { retention, ..Machine::options() });
    for day in 0..4 {
        machine.at(T0 + day * 24 * HOUR);
        put(&db, &labels("m", 1), machine.now().ms(), 1.0);
        db.flush().unwrap();
    }
    assert_eq!(db.maintain(machine.now()).deleted, 2);
}

/// Late samples of a window that was flushed wait for the next flush; a round in which nothing is
/// to be done writes nothing.
#[test]
fn stragglers_do_not_flush_each_round() {
    let machine = Machine::new(1);
    let window = Duration::from_hours(9);
    let (db, _) =
        machine.open_with(DbOptions { out_of_order_window: window, ..Machine::options() });
    put(&db, &labels("m", 1), T0, 1.0);
    machine.at(T0 + 3 * HOUR);
    assert!(db.maintain(machine.now()).flushed);
    put(&db, &labels("m", 1), T0 + 3 * HOUR, 1.0);
    put(&db, &labels("m", 1), T0 + 1, 1.0);
    assert!(!db.maintain(machine.now()).flushed);
    let operations = machine.vfs.operations();
    let report = db.maintain(machine.now());
    assert!(!report.flushed && report.errors.is_empty(), "{report:?}");
    assert_eq!(machine.vfs.operations(), operations);
    machine.at(T0 + 5 * HOUR);
    assert!(db.maintain(machine.now()).flushed, "the next window is over");
}
