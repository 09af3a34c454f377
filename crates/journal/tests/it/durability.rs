//! What must have reached the disk before what, shown by power cuts at the worst moment.

use crate::world::{DIR, EIO, disk_with, open, segment, small, try_open};
use journal::{JournalOptions, Position};
use std::path::{Path, PathBuf};
use sys::Vfs;
use sys::sim::{OpKind, SimVfs};

const ENOSPC: i32 = 28;

/// After any power cut a new process serves exactly these and finds no damage.
fn survives(vfs: &SimVfs, expected: &[&str]) {
    for seed in 0..200 {
        let opened = open(&vfs.after_crash(seed));
        assert_eq!(opened.texts(), expected, "seed {seed}");
        assert!(opened.recovery.damage.is_empty(), "seed {seed}: {:?}", opened.recovery.damage);
    }
}

fn kept_file(id: u64) -> PathBuf {
    Path::new(DIR).join(format!("quarantine/{id:08}.journal"))
}

/// Two records that do not fit the disk: the first one lies whole in the file when the write fails.
const LOST: [&[u8]; 2] = [b"lost", &[b'x'; 1900]];

/// The refused record could come back with a power cut as long as only a segment that is not synced
/// says where the file ends.
#[test]
fn a_record_after_a_failed_write_makes_the_end_before_it_durable() {
    let vfs = SimVfs::new(1);
    let options = JournalOptions { segment_bytes_max: 1 << 20, ..small() };
    let mut journal = try_open(&vfs, options).unwrap().journal;
    journal.append(b"a").unwrap();
    journal.sync().unwrap();
    vfs.set_available(1024);
    vfs.fail(OpKind::SetLen, 0, 1, EIO);
    assert!(journal.append_all(&LOST).is_err());
    vfs.set_capacity(None);
    journal.append(b"b").unwrap();
    survives(&vfs, &["a", "b"]);
}

#[test]
fn a_record_after_a_failed_begin_makes_the_end_before_it_durable() {
    let vfs = disk_with(&["a"]);
    let mut journal = open(&vfs).journal;
    vfs.set_available(1024);
    vfs.fail(OpKind::Remove, 0, 1, EIO);
    assert!(journal.append_all(&LOST).is_err());
    assert!(vfs.exists(&segment(2)).unwrap(), "half a segment stays behind");
    vfs.set_capacity(None);
    journal.append(b"b").unwrap();
    survives(&vfs, &["a", "b"]);
}

#[test]
fn inv_26_after_a_failed_write_or_sync_the_file_stays_as_it_is() {
    let vfs = SimVfs::new(1);
    let mut journal = open(&vfs).journal;
    journal.append(b"a").unwrap();
    vfs.fail(OpKind::Write, 0, 1, EIO);
    assert!(journal.append(b"refused").is_err());
    assert_eq!(journal.append(b"b").unwrap().segment, 2, "INV-26: a failed write");
    vfs.fail(OpKind::SyncData, 0, 2, EIO);
    assert!(journal.sync().is_err(), "the sync fails, and saving its records as well");
    assert_eq!(journal.append(b"c").unwrap().segment, 4, "INV-26: a failed sync; 3 failed as well");
    journal.sync().unwrap();
    survives(&vfs, &["a", "b", "c"]);
}

/// A segment that could not be removed is a link of the chain; losing its bytes would be damage.
#[test]
fn a_failed_truncation_leaves_no_hole() {
    for rescue_waits in [false, true] {
        let vfs = disk_with(&["a"]);
        let mut journal = open(&vfs).journal;
        for record in [b"b", b"c"] {
            journal.append(record).unwrap();
            journal.rotate();
        }
        if rescue_waits {
            vfs.fail(OpKind::SyncData, 0, 2, EIO);
            assert!(journal.sync().is_err());
        }
        vfs.fail(OpKind::Remove, 0, 1, EIO);
        assert!(journal.truncate_before(journal.end()).is_err());
        journal.sync().unwrap();
        survives(&vfs, &["a", "b", "c"]);
    }
}

/// What the process before wrote without a sync is served, so it must stay.
#[test]
fn what_opening_served_survives() {
    let vfs = SimVfs::new(1);
    open(&vfs).journal.append(b"a").unwrap();
    let vfs = vfs.after_kill(1);
    assert_eq!(open(&vfs).texts(), ["a"]);
    survives(&vfs, &["a"]);
}

#[test]
fn the_second_name_of_a_damaged_file_survives_its_truncation() {
    let cannot_link = |vfs: &SimVfs| vfs.fail(OpKind::HardLink, 0, 1, EIO);
    let cannot_make_the_directory = |vfs: &SimVfs| vfs.fail(OpKind::CreateDir, 0, 1, EIO);
    for trouble in [|_: &SimVfs| (), cannot_link, cannot_make_the_directory] {
        let vfs = disk_with(&["a", "b"]);
        vfs.flip_bit(&segment(1), 64 + 16, 0).unwrap();
        trouble(&vfs);
        let mut journal = open(&vfs).journal;
        journal.append(b"c").unwrap();
        journal.truncate_before(journal.end()).unwrap();
        assert!(!vfs.exists(&segment(1)).unwrap());
        for seed in 0..200 {
            assert!(vfs.after_crash(seed).exists(&kept_file(1)).unwrap(), "seed {seed}");
        }
    }
}

/// A truncation that could not sync a directory has not happened; the next one does the rest.
#[test]
fn a_truncation_is_done_when_all_its_names_are_durable() {
    for (preserve, syncs) in [(false, 1), (true, 5)] {
        for pass in 0..syncs {
            let vfs = disk_with(&["a", "b"]);
            vfs.flip_bit(&segment(1), 64 + 16, 0).unwrap();
            if preserve {
                vfs.fail(OpKind::HardLink, 0, 1, EIO);
            }
            let mut journal = open(&vfs).journal;
            let end = journal.append(b"c").unwrap();
            vfs.fail(OpKind::SyncDir, pass, 1, EIO);
            assert!(journal.truncate_before(end).is_err(), "sync {pass} of {syncs}");
            journal.truncate_before(end).unwrap();
            assert!(!vfs.exists(&segment(1)).unwrap() && vfs.exists(&kept_file(1)).unwrap());
        }
    }
}

#[test]
fn truncation_does_not_mind_a_file_that_is_gone() {
    let vfs = disk_with(&["a"]);
    let mut journal = open(&vfs).journal;
    let end = journal.append(b"b").unwrap();
    vfs.remove_file(&segment(1)).unwrap();
    journal.truncate_before(end).unwrap();
    assert_eq!(journal.len_bytes(), 64 + 17);
}

/// Disks may promise room when bytes are written and refuse it when they are synced.
#[test]
fn a_reserve_that_cannot_be_synced_is_none() {
    let vfs = SimVfs::new(1);
    let options = JournalOptions { reserve_bytes: 4096, ..small() };
    vfs.fail(OpKind::SyncData, 0, 1, ENOSPC);
    let mut journal = try_open(&vfs, options).unwrap().journal;
    assert_eq!((journal.stats().reserve_bytes, vfs.listing().len()), (0, 0));
    assert!(journal.restore_reserve());
    let larger = JournalOptions { reserve_bytes: 8192, ..small() };
    let journal = try_open(&vfs.after_kill(1), larger).unwrap().journal;
    assert_eq!(journal.stats().reserve_bytes, 8192, "one of another size is made anew");
}

#[test]
fn syncing_to_a_durable_record_syncs_nothing() {
    let vfs = SimVfs::new(1);
    let mut journal = open(&vfs).journal;
    let durable = journal.append(b"a").unwrap();
    journal.sync().unwrap();
    journal.append(b"b").unwrap();
    let operations = vfs.operations();
    assert!(journal.syncer().sync_to(durable).unwrap() > durable);
    assert_eq!(vfs.operations(), operations);
}

#[test]
fn no_option_lifts_the_limit_of_the_format() {
    let options = JournalOptions { record_bytes_max: usize::MAX, ..small() };
    let vfs = SimVfs::new(1);
    let mut journal = try_open(&vfs, options).unwrap().journal;
    assert!(journal.append(&vec![0; (1 << 30) + 1]).is_err());
    assert_eq!(journal.end(), Position::START);
}
