//! Opening what crashes, operators and newer programs left: nothing that can be read is given up,
//! nothing that cannot is destroyed, and what opening decided survives a power cut.

use crate::world::{DIR, Dump, Machine, T0, dump, labels, put, tenant};
use journal::{Journal, JournalOptions, Position, Replayed};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use sys::Vfs;
use sys::sim::OpKind;
use tsdb::{Db, DbErrorKind, DbOptions, DbResult, OpenReport};

const EIO: i32 = 5;

fn segment(id: u64) -> PathBuf {
    tenant("segments").join(format!("{id:016}.seg"))
}

fn checkpoint(id: u64) -> PathBuf {
    tenant("segments").join(format!("{id:016}.ckp"))
}

/// Segments 1 and 3, checkpoints 2 and 4, and rows in the journal, of series that none of its
/// records gives birth to.
fn filled() -> (Machine, Dump) {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    for (step, ms) in (T0..T0 + 30).enumerate() {
        put(&db, &labels("m", step % 3), ms, step as f64);
        if step == 9 || step == 19 {
            db.flush().unwrap();
        }
    }
    db.sync().unwrap();
    let all = dump(&db);
    drop(db);
    (machine, all)
}

impl Machine {
    fn try_open(&self) -> DbResult<(Db, OpenReport)> {
        Db::open(Machine::options(), Arc::new(self.vfs.clone()), self.clock.clone())
    }

    fn damage(&self, path: &Path) {
        self.vfs.edit(path, |bytes| bytes[20] ^= 1).unwrap();
    }
}

#[test]
fn a_new_directory_says_whose_it_is_and_stays_ours() {
    let machine = Machine::new(1);
    drop(machine.open());
    let format = Path::new(DIR).join("FORMAT");
    assert_eq!(machine.vfs.read(&format, 100).unwrap(), b"flyball tsdb 1\n");
    machine.vfs.create_dir_all(&Path::new(DIR).join("wal")).unwrap();
    drop(machine.open());
    machine.vfs.replace(&format, &[b'x'; 300]).unwrap();
    let error = machine.try_open().err().unwrap();
    assert_eq!(error.kind(), DbErrorKind::Io, "a long file is not read, nor printed: {error}");
}

/// New files take numbers above all that are there, whichever kind has the highest.
#[test]
fn after_the_loss_of_the_manifest_no_file_is_written_again() {
    for merged in [false, true] {
        let (machine, mut all) = filled();
        if merged {
            let (db, _) = machine.open();
            db.compact_now(true).unwrap();
            all = dump(&db);
        }
        machine.vfs.remove_file(&tenant("MANIFEST")).unwrap();
        let (db, _) = machine.open();
        assert_eq!(dump(&db), all);
        assert!(machine.vfs.exists(&tenant("MANIFEST")).unwrap(), "it is stored at once");
        for step in 100..103 {
            put(&db, &labels("m", 0), T0 + step, 1.0);
            db.flush().unwrap();
            all = dump(&db);
        }
        drop(db);
        let manifest = machine.vfs.read(&tenant("MANIFEST"), 10_000).unwrap();
        assert!(!String::from_utf8(manifest).unwrap().contains("rebuilt"), "until the next flush");
        assert_eq!(dump(&machine.open().0), all, "merged: {merged}");
        assert_eq!(all[&labels("m", 0)].len(), 13, "merged: {merged}");
    }
}

/// The checkpoint of a flush that did not get to its end is younger than the segments that count.
#[test]
fn a_manifest_lost_in_the_middle_of_a_flush_loses_no_sample() {
    let (machine, all) = filled();
    let machine = machine.killed();
    let manifest = machine.vfs.read(&tenant("MANIFEST"), 10_000).unwrap();
    let begin = {
        let (_db, _) = machine.open();
        machine.vfs.operations()
    };
    let mut tried = 0;
    for point in begin.. {
        let (machine, _) = filled();
        let machine = machine.killed();
        let (db, _) = machine.open();
        machine.vfs.crash_at(point);
        drop(db.flush());
        let after = machine.killed();
        if after.vfs.read(&tenant("MANIFEST"), 10_000).unwrap() != manifest {
            break;
        }
        after.vfs.remove_file(&tenant("MANIFEST")).unwrap();
        if after.vfs.exists(&segment(5)).unwrap() {
            after.vfs.edit(&segment(5), Vec::clear).unwrap();
        }
        assert_eq!(dump(&after.open().0), all, "crash at operation {point}");
        for seed in 0..20 {
            let cut = after.without_power(seed);
            let (db, report) = cut.open();
            assert_eq!(dump(&db), all, "crash at operation {point}, seed {seed}");
            assert_eq!(report.damage, Vec::<String>::new(), "operation {point}, seed {seed}");
        }
        tried += 1;
    }
    assert!(tried > 10, "{tried} operations before the manifest changed");
}

/// A merge that did not get to its end leaves files whose names or removals a power cut may forget.
#[test]
fn a_manifest_lost_in_the_middle_of_a_merge_loses_no_sample() {
    let (first, all) = filled();
    let (db, _) = first.open();
    let begin = first.vfs.operations();
    db.compact_now(true).unwrap();
    let end = first.vfs.operations();
    assert!(end - begin > 20, "{begin} to {end}");
    for point in begin..end {
        let (machine, _) = filled();
        let (db, _) = machine.open();
        machine.vfs.crash_at(point);
        drop(db.compact_now(true));
        drop(db);
        let after = machine.killed();
        after.vfs.remove_file(&tenant("MANIFEST")).unwrap();
        assert_eq!(dump(&after.open().0), all, "crash at operation {point}");
        for seed in 0..20 {
            let (db, report) = after.without_power(seed).open();
            assert_eq!(dump(&db), all, "crash at operation {point}, seed {seed}");
            assert_eq!(report.damage, Vec::<String>::new(), "operation {point}, seed {seed}");
        }
    }
}

#[test]
fn damaged_manifests_are_kept_side_by_side() {
    let (machine, all) = filled();
    for _ in 0..2 {
        machine.damage(&tenant("MANIFEST"));
        let (db, report) = machine.open();
        assert_eq!((dump(&db), report.damage.len()), (all.clone(), 1), "{report:?}");
    }
    assert_eq!(machine.files("quarantine"), ["MANIFEST", "MANIFEST.1"]);
}

#[test]
fn a_manifest_beyond_its_bound_is_left_alone() {
    let (machine, _) = filled();
    let file = machine.vfs.open_for_write(&tenant("MANIFEST")).unwrap();
    file.set_len((64 << 20) + 1).unwrap();
    assert_eq!(machine.try_open().err().unwrap().kind(), DbErrorKind::Io);
    assert_eq!(machine.files("quarantine"), Vec::<String>::new());
}

#[test]
fn a_damaged_segment_is_reported_once() {
    let (machine, _) = filled();
    machine.vfs.edit(&segment(1), Vec::clear).unwrap();
    assert_eq!(machine.open().1.damage.len(), 1);
    assert_eq!(machine.open().1.damage, Vec::<String>::new(), "the manifest does not name it now");
    assert_eq!(machine.files("quarantine"), ["0000000000000001.seg"]);
}

/// Gives a file of pages another version, with right checksums.
fn set_version(machine: &Machine, path: &Path, version: u8) {
    let edit = |bytes: &mut Vec<u8>| {
        let footer = bytes.len() - 32;
        bytes[footer + 16] = version;
        let crc = crc32c::crc32c(&bytes[footer..footer + 20]).to_le_bytes();
        bytes[footer + 20..footer + 24].copy_from_slice(&crc);
    };
    machine.vfs.edit(path, edit).unwrap();
}

#[test]
fn a_file_of_a_newer_version_stops_the_opening_and_stays() {
    for (path, version) in [(segment(1), 1), (checkpoint(4), 2)] {
        let (machine, all) = filled();
        set_version(&machine, &path, 3);
        let error = machine.try_open().err().unwrap();
        assert_eq!(error.kind(), DbErrorKind::WrongFormat, "{error}");
        assert_eq!(machine.files("quarantine"), Vec::<String>::new());
        set_version(&machine, &path, version);
        assert_eq!(dump(&machine.open().0), all);
    }
}

/// A cable that is loose for a moment: whatever one start could not read, the next one can.
#[test]
fn what_cannot_be_read_at_one_start_is_there_at_the_next() {
    for kind in [OpKind::Open, OpKind::Read] {
        for pass in 0..30 {
            let (machine, all) = filled();
            machine.vfs.fail(kind, pass, 1, EIO);
            drop(machine.try_open());
            machine.vfs.heal(kind);
            let (db, report) = machine.open();
            assert_eq!(dump(&db), all, "{kind:?} {pass}");
            assert_eq!(report.damage, Vec::<String>::new(), "{kind:?} {pass}");
        }
    }
}

#[test]
fn a_damaged_checkpoint_is_completed_from_the_one_before_and_kept() {
    let cut = |machine: &Machine| machine.vfs.edit(&checkpoint(4), Vec::clear).unwrap();
    for damage in [cut, |machine: &Machine| machine.damage(&checkpoint(4))] {
        let (machine, all) = filled();
        damage(&machine);
        let bytes = machine.vfs.read(&checkpoint(4), 100_000).unwrap();
        let (db, report) = machine.open();
        assert_eq!((dump(&db), report.orphans), (all, 0), "{report:?}");
        assert_eq!(report.damage.len(), 1, "{report:?}");
        for step in 100..102 {
            put(&db, &labels("m", 0), T0 + step, 1.0);
            db.flush().unwrap();
        }
        assert!(!machine.vfs.exists(&checkpoint(4)).unwrap(), "two flushes replace it");
        for seed in 0..50 {
            let kept = tenant("quarantine").join("0000000000000004.ckp");
            let found = machine.without_power(seed).vfs.read(&kept, 100_000).ok();
            assert_eq!(found.as_ref(), Some(&bytes), "seed {seed}");
        }
    }
}

/// Moving a file needs both directories synced, and opening fails when one cannot be.
#[test]
fn opening_syncs_what_it_moved() {
    let syncs = |machine: &Machine| {
        let mut syncs = 0;
        loop {
            let machine = machine.killed();
            machine.vfs.fail(OpKind::SyncDir, syncs, 1, EIO);
            if machine.try_open().is_ok() {
                return syncs;
            }
            syncs += 1;
        }
    };
    let (machine, _) = filled();
    let before = syncs(&machine);
    machine.vfs.edit(&segment(1), Vec::clear).unwrap();
    assert_eq!(syncs(&machine), before + 3, "source, quarantine, and the new manifest");
}

/// Payloads of all records in the journal.
fn records(machine: &Machine, more: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let vfs = Arc::new(machine.vfs.clone());
    let mut found = Vec::new();
    let take = &mut |_: Position, payload: &[u8]| {
        found.push(payload.to_vec());
        Ok(Replayed::Taken)
    };
    let options = JournalOptions::default();
    let (mut journal, _) = Journal::open(vfs, &tenant("journal"), options, take).unwrap();
    for payload in more {
        journal.append(payload).unwrap();
    }
    found
}

#[test]
fn records_that_a_flush_could_not_remove_are_not_replayed() {
    let (machine, all) = filled();
    let (db, _) = machine.open();
    machine.vfs.fail(OpKind::Remove, 0, 1000, EIO);
    db.flush().unwrap();
    drop(db);
    machine.vfs.heal(OpKind::Remove);
    assert!(records(&machine, &[]).len() >= 10);
    let (db, report) = machine.open();
    assert_eq!((report.records, report.rows), (0, 0));
    assert_eq!(dump(&db), all);
}

#[test]
fn a_record_that_stands_twice_counts_once() {
    let options = DbOptions { out_of_order_window: Duration::from_hours(1), ..Machine::options() };
    let machine = Machine::new(1);
    let (db, _) = machine.open_with(options);
    for ms in [T0, T0 + 10, T0 + 5] {
        assert_eq!(put(&db, &labels("m", 1), ms, ms as f64).accepted, 1);
    }
    let all = dump(&db);
    drop(db);
    let again = records(&machine, &[]);
    records(&machine, &again);
    let (db, report) = machine.open();
    assert_eq!((dump(&db), report.rows), (all, 3));
}

/// Written before there were deletions.
#[test]
fn a_manifest_of_the_first_version_is_read() {
    let (machine, all) = filled();
    let bytes = machine.vfs.read(&tenant("MANIFEST"), 10_000).unwrap();
    let text = String::from_utf8(bytes).unwrap().replacen("manifest 2", "manifest 1", 1);
    let body = &text[..text.find("crc32c").unwrap()];
    let old = format!("{body}crc32c {:08x}\n", crc32c::crc32c(body.as_bytes()));
    machine.vfs.replace(&tenant("MANIFEST"), old.as_bytes()).unwrap();
    let (db, report) = machine.open();
    assert_eq!((dump(&db), report.damage), (all, Vec::new()));
}

#[test]
fn a_folder_among_the_segments_is_left_alone() {
    let (machine, all) = filled();
    let folder = tenant("segments").join("lost+found");
    machine.vfs.create_dir_all(&folder).unwrap();
    let (db, report) = machine.open();
    assert_eq!((dump(&db), report.damage), (all, Vec::new()));
    assert!(machine.vfs.exists(&folder).unwrap());
}

#[test]
fn what_a_directory_takes_is_counted_also_before_it_is_there() {
    let (machine, _) = filled();
    assert_eq!(tsdb::stored_bytes(&machine.vfs, Path::new("/nowhere")).unwrap(), 0);
    let len = |dir: &str| {
        machine.vfs.read_dir(&tenant(dir)).unwrap().iter().map(|entry| entry.len).sum::<u64>()
    };
    let (segments, journal) = (len("segments"), len("journal"));
    assert!(segments > 0 && journal > 0, "{segments} {journal}");
    let found = tsdb::stored_bytes(&machine.vfs, Path::new(DIR)).unwrap();
    assert_eq!(found, segments + journal);
}
