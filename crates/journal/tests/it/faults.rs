//! Writes and syncs that fail, disks that fill up: nothing acknowledged is lost, nothing doubled.

use crate::world::{DIR, EIO, bytes, open, segment, segments, small, try_open};
use journal::{JournalErrorKind, JournalOptions, Position};
use std::path::Path;
use sys::Vfs;
use sys::sim::{OpKind, SimVfs};

/// What a new process sees after a kill, and after the worst power cuts.
fn served(vfs: &SimVfs) -> Vec<String> {
    let killed = open(&vfs.after_kill(1));
    assert!(killed.recovery.damage.is_empty(), "{:?}", killed.recovery.damage);
    killed.texts()
}

fn served_after_power_cuts(vfs: &SimVfs, expected: &[&str]) {
    for seed in 0..200 {
        let opened = open(&vfs.after_crash(seed));
        assert_eq!(opened.texts(), expected, "seed {seed}");
        assert!(opened.recovery.damage.is_empty(), "seed {seed}: {:?}", opened.recovery.damage);
    }
}

#[test]
fn a_full_disk_refuses_keeps_and_goes_on_when_there_is_room() {
    let vfs = SimVfs::new(1);
    let mut journal = open(&vfs).journal;
    journal.append(b"before").unwrap();
    vfs.set_available(0);
    for _ in 0..3 {
        let error = journal.append(&[b'x'; 600]).unwrap_err();
        assert_eq!(error.kind(), JournalErrorKind::NoSpace, "{error}");
        assert_eq!(served(&vfs), ["before"]);
    }
    assert_eq!(vfs.listing().len(), 1, "failed attempts leave nothing behind");
    vfs.set_capacity(None);
    journal.append(b"after").unwrap();
    assert_eq!(served(&vfs), ["before", "after"]);
    journal.sync().unwrap();
    served_after_power_cuts(&vfs, &["before", "after"]);
}

/// The incumbent's worst bug: a partial record stays in the middle of the log, and the repair after
/// the next restart throws away everything behind it.
#[test]
fn inv_26_a_partial_write_never_stands_before_later_records() {
    for room in [0, 512] {
        let vfs = SimVfs::new(1);
        let options = JournalOptions { segment_bytes_max: 1 << 20, ..small() };
        let mut journal = try_open(&vfs, options).unwrap().journal;
        journal.append(&[b'a'; 300]).unwrap();
        vfs.set_available(room);
        assert!(journal.append(&[b'b'; 1900]).is_err());
        let len = bytes(&vfs, &segment(1)).len();
        assert_eq!(len, 64 + 16 + 300, "the file ends at the last good record");
        vfs.set_capacity(None);
        journal.append(b"c").unwrap();
        assert_eq!(journal.stats().write_failures, 1);
        assert_eq!(served(&vfs), ["a".repeat(300), "c".into()]);
    }
}

#[test]
fn a_failed_cut_is_replaced_by_the_next_header() {
    let vfs = SimVfs::new(1);
    let options = JournalOptions { segment_bytes_max: 1 << 20, ..small() };
    let mut journal = try_open(&vfs, options).unwrap().journal;
    journal.append(b"a").unwrap();
    vfs.set_available(1024);
    vfs.fail(OpKind::SetLen, 0, 1, EIO);
    // The first of these two fits and lies whole in the file; the second does not.
    let error = journal.append_all(&[b"lost", &[b'x'; 1900]]).unwrap_err();
    assert_eq!(error.kind(), JournalErrorKind::NoSpace);
    assert_eq!(journal.stats().failed_cuts, 1);
    assert!(bytes(&vfs, &segment(1)).len() > 64 + 17 + 20);
    vfs.set_capacity(None);
    journal.append_all(&[b"lost", b"again"]).unwrap();
    assert_eq!(served(&vfs), ["a", "lost", "again"]);
    journal.sync().unwrap();
    served_after_power_cuts(&vfs, &["a", "lost", "again"]);
}

#[test]
fn inv_26_a_failed_sync_is_not_retried_but_its_records_are_saved() {
    for failures in 1..4 {
        for disk in 0..50 {
            let vfs = SimVfs::new(disk);
            let mut journal = open(&vfs).journal;
            journal.append(b"synced").unwrap();
            journal.sync().unwrap();
            journal.append(b"one").unwrap();
            journal.append(b"two").unwrap();
            vfs.fail(OpKind::SyncData, 0, failures, EIO);
            let refused = std::iter::from_fn(|| journal.sync().err()).count();
            assert_eq!(refused as u64, failures - 1, "the rescue fails as often as it is told to");
            let stats = journal.stats();
            assert_eq!((stats.sync_failures, stats.rescued_records), (1, 2));
            journal.append(b"three").unwrap();
            journal.sync().unwrap();
            served_after_power_cuts(&vfs, &["synced", "one", "two", "three"]);
            assert_eq!(served(&vfs), ["synced", "one", "two", "three"]);
        }
    }
}

#[test]
fn a_failed_sync_of_several_segments_saves_them_all() {
    for disk in 0..50 {
        let vfs = SimVfs::new(disk);
        let mut journal = open(&vfs).journal;
        for record in ["a", "b", "c"] {
            journal.append(record.as_bytes()).unwrap();
            journal.rotate();
        }
        vfs.fail(OpKind::SyncData, 1, 1, EIO);
        journal.sync().unwrap();
        assert_eq!(journal.stats().rescued_records, 2);
        served_after_power_cuts(&vfs, &["a", "b", "c"]);
        assert_eq!(segments(&vfs), ["00000001.journal", "00000004.journal"]);
    }
}

/// An owner cuts at `end` after a sync; nothing from before may come again behind the cut.
#[test]
fn what_was_saved_once_is_not_saved_again_behind_a_cut() {
    for disk in 0..50 {
        let vfs = SimVfs::new(disk);
        let mut journal = open(&vfs).journal;
        journal.append(b"old").unwrap();
        vfs.fail(OpKind::SyncData, 0, 1, EIO);
        journal.sync().unwrap();
        journal.rotate();
        let cut = journal.end();
        journal.append(b"new").unwrap();
        vfs.fail(OpKind::SyncData, 0, 1, EIO);
        journal.sync().unwrap();
        assert_eq!(journal.stats().rescued_records, 2, "each once");
        journal.truncate_before(Position { segment: cut.segment + 1, offset: 0 }).unwrap();
        served_after_power_cuts(&vfs, &["new"]);
    }
}

/// A segment that was begun with care is durable at once, but what lies before it may not be.
#[test]
fn a_failed_sync_before_a_careful_beginning_saves_what_lies_behind_it_too() {
    for disk in 0..50 {
        let vfs = SimVfs::new(disk);
        let mut journal = open(&vfs).journal;
        journal.append(b"before").unwrap();
        vfs.fail(OpKind::Write, 0, 1, EIO);
        journal.append(b"refused").unwrap_err();
        journal.append(b"behind").unwrap();
        vfs.fail(OpKind::SyncData, 0, 1, EIO);
        journal.sync().unwrap();
        served_after_power_cuts(&vfs, &["before", "behind"]);
    }
}

#[test]
fn while_nothing_can_be_saved_nothing_is_accepted() {
    let vfs = SimVfs::new(3);
    let mut journal = open(&vfs).journal;
    journal.append(b"a").unwrap();
    vfs.fail(OpKind::SyncData, 0, u64::MAX, EIO);
    assert_eq!(journal.sync().unwrap_err().kind(), JournalErrorKind::Io);
    assert_eq!(journal.append(b"refused").unwrap_err().kind(), JournalErrorKind::Io);
    assert_eq!(journal.sync().unwrap_err().kind(), JournalErrorKind::Io);
    vfs.heal(OpKind::SyncData);
    journal.append(b"b").unwrap();
    assert_eq!(served(&vfs), ["a", "b"]);
    journal.sync().unwrap();
    served_after_power_cuts(&vfs, &["a", "b"]);
}

#[test]
fn a_failed_directory_sync_is_a_failed_sync() {
    let vfs = SimVfs::new(3);
    let mut journal = open(&vfs).journal;
    journal.append(b"a").unwrap();
    vfs.fail(OpKind::SyncDir, 0, 1, EIO);
    journal.sync().unwrap();
    assert_eq!(journal.stats().sync_failures, 1);
    served_after_power_cuts(&vfs, &["a"]);
}

#[test]
fn a_segment_that_cannot_be_created_is_an_error_and_no_gap() {
    for kind in [OpKind::Create, OpKind::Write] {
        let vfs = SimVfs::new(3);
        let mut journal = open(&vfs).journal;
        journal.append(b"a").unwrap();
        journal.rotate();
        vfs.fail(kind, 0, 2, EIO);
        assert!(journal.append(b"x").is_err());
        assert!(journal.append(b"x").is_err());
        journal.append(b"b").unwrap();
        assert_eq!(served(&vfs), ["a", "b"]);
        journal.sync().unwrap();
        served_after_power_cuts(&vfs, &["a", "b"]);
    }
}

#[test]
fn short_writes_are_completed() {
    let vfs = SimVfs::new(3);
    vfs.set_short_io(1000);
    let mut journal = open(&vfs).journal;
    journal.append(&[b'a'; 300]).unwrap();
    journal.append(b"b").unwrap();
    assert_eq!(served(&vfs), ["a".repeat(300), "b".into()]);
}

#[test]
fn the_reserve_is_given_up_for_records_when_the_disk_is_full() {
    let vfs = SimVfs::new(1);
    let options = JournalOptions { reserve_bytes: 100_000, ..small() };
    let mut journal = try_open(&vfs, options).unwrap().journal;
    assert_eq!(journal.stats().reserve_bytes, 100_000);
    journal.append(b"before").unwrap();
    vfs.set_available(0);
    let mut written = 0;
    while journal.append(&[b'x'; 1000]).is_ok() {
        written += 1;
    }
    assert_eq!(written, 65, "segments of 1080 bytes in 3 sectors each: 100,000 / 1536");
    assert_eq!(journal.stats().reserve_bytes, 0);
    assert!(!journal.restore_reserve(), "no room yet");
    vfs.set_available(150_000);
    assert!(!journal.restore_reserve(), "the reserve must not take the last room");
    vfs.set_available(250_000);
    assert!(journal.restore_reserve());
    assert_eq!(vfs.space(Path::new(DIR)).unwrap().available, 250_000 - 100_352);
    assert_eq!(served(&vfs).len(), written + 1);
    let reopened = try_open(&vfs.after_kill(1), options).unwrap();
    assert_eq!(reopened.journal.stats().reserve_bytes, 100_000, "found again");
    let without = try_open(&vfs.after_kill(1), small()).unwrap();
    assert_eq!(without.journal.stats().reserve_bytes, 0);
}

#[test]
fn a_sync_failing_on_a_full_disk_uses_the_reserve() {
    let vfs = SimVfs::new(1);
    let options = JournalOptions { reserve_bytes: 100_000, ..small() };
    let mut journal = try_open(&vfs, options).unwrap().journal;
    journal.append(b"a").unwrap();
    vfs.set_available(0);
    vfs.fail(OpKind::SyncData, 0, 1, EIO);
    journal.sync().unwrap();
    served_after_power_cuts(&vfs, &["a"]);
}

#[test]
fn a_directory_that_cannot_be_read_is_an_error_with_its_path() {
    let vfs = SimVfs::new(1);
    vfs.create_dir_all(Path::new("/data")).unwrap();
    vfs.create(Path::new(DIR)).unwrap();
    let error = try_open(&vfs, small()).map(|_| ()).unwrap_err();
    assert!(error.to_string().starts_with("journal: cannot create directory /data/journal: "));
}

#[test]
fn a_failed_truncation_keeps_the_rest_listed() {
    let vfs = SimVfs::new(1);
    let mut journal = open(&vfs).journal;
    for record in ["a", "b", "c"] {
        journal.append(record.as_bytes()).unwrap();
        journal.rotate();
    }
    let end = journal.end();
    vfs.fail(OpKind::Remove, 1, 1, EIO);
    assert!(journal.truncate_before(end).is_err());
    assert_eq!(served(&vfs), ["b", "c"]);
    journal.truncate_before(end).unwrap();
    assert_eq!(served(&vfs), ["c"]);
}
