//! Ordinary use.

use crate::world::{DIR, disk_with, open, segment, segments, small, try_open};
use journal::{DamageReason, JournalErrorKind, JournalOptions, Position, Recovery, Replayed};
use std::path::Path;
use std::sync::Arc;
use sys::sim::SimVfs;
use sys::{OsVfs, Vfs};

#[test]
fn an_empty_journal_replays_nothing_and_writes_nothing() {
    let vfs = SimVfs::new(1);
    let opened = open(&vfs);
    assert_eq!(opened.recovery, Recovery::default());
    assert_eq!(opened.journal.len_bytes(), 0);
    assert!(vfs.listing().is_empty());
    assert_eq!(opened.journal.sync().unwrap(), Position::START);
}

#[test]
fn records_come_back_in_order_with_their_positions() {
    let vfs = SimVfs::new(1);
    let mut journal = open(&vfs).journal;
    let positions: Vec<_> =
        (0..100).map(|n| journal.append(format!("record {n}").as_bytes()).unwrap()).collect();
    let end = journal.end();
    let reopened = open(&vfs.after_kill(2));
    assert_eq!(reopened.recovery.records, 100);
    assert_eq!(reopened.recovery.end, end);
    assert_eq!(reopened.recovery.first, Some(positions[0]));
    assert_eq!(reopened.recovery.torn_bytes, 0);
    assert!(reopened.recovery.damage.is_empty(), "{:?}", reopened.recovery.damage);
    assert!(reopened.recovery.segments > 5, "small segments were used");
    let found: Vec<_> = reopened.records.iter().map(|(position, _)| *position).collect();
    assert_eq!(found, positions);
    assert!(found.is_sorted());
    assert_eq!(reopened.texts()[99], "record 99");
}

#[test]
fn several_records_go_with_one_write_and_none_is_no_write() {
    let vfs = SimVfs::new(1);
    let mut journal = open(&vfs).journal;
    journal.append(b"first").unwrap();
    let before = vfs.operations();
    let position = journal.append_all(&[b"a", b"bb", b"ccc"]).unwrap();
    assert_eq!(vfs.operations() - before, 1);
    assert_eq!(journal.append_all(&[]).unwrap(), journal.end());
    assert_eq!(vfs.operations() - before, 1);
    let reopened = open(&vfs.after_kill(2));
    assert_eq!(reopened.texts(), ["first", "a", "bb", "ccc"]);
    assert_eq!(reopened.records[1].0, position);
}

#[test]
fn a_record_may_be_larger_than_a_segment_but_not_than_its_limit() {
    let vfs = SimVfs::new(1);
    let mut journal = open(&vfs).journal;
    journal.append(&[7; 2000]).unwrap();
    journal.append(b"next").unwrap();
    assert_eq!(journal.append(&[7; 2001]).unwrap_err().kind(), JournalErrorKind::RecordSize);
    let error = journal.append(b"").unwrap_err();
    assert_eq!(error.to_string(), "journal: cannot append a record of 0 bytes: 1 to 2000 expected");
    assert_eq!(open(&vfs.after_kill(1)).payloads(), [vec![7; 2000], b"next".to_vec()]);
}

#[test]
fn every_process_writes_its_own_segments_and_positions_only_grow() {
    let vfs = SimVfs::new(1);
    let first = open(&vfs).journal.append(b"one").unwrap();
    let mut again = open(&vfs.after_kill(1));
    let before = vfs.listing();
    let second = again.journal.append(b"two").unwrap();
    assert!(second.segment > first.segment, "{first} {second}");
    assert_eq!(vfs.listing(), before, "the old image is another disk");
}

#[test]
fn inv_25_opening_twice_changes_nothing() {
    let vfs = disk_with(&["a", "b", "c"]);
    let first = open(&vfs);
    let (listing, image) = (vfs.listing(), first.records.clone());
    drop(first);
    let second = open(&vfs);
    assert_eq!((vfs.listing(), second.records), (listing, image));
}

#[test]
fn truncation_removes_whole_segments_and_keeps_the_last() {
    let vfs = SimVfs::new(1);
    let mut journal = open(&vfs).journal;
    let positions: Vec<_> = (0..60).map(|_| journal.append(&[1; 50]).unwrap()).collect();
    let (size, count) = (journal.len_bytes(), segments(&vfs).len());
    let border = positions[30];
    journal.truncate_before(border).unwrap();
    assert!(journal.len_bytes() < size);
    assert_eq!(open(&vfs.after_kill(1)).recovery.first.unwrap().segment, border.segment);
    journal.truncate_before(Position { segment: u64::MAX, offset: 0 }).unwrap();
    assert_eq!(segments(&vfs).len(), 1, "of {count}");
    let reopened = open(&vfs.after_kill(1));
    assert_eq!(reopened.recovery.end, journal.end());
    assert!(reopened.recovery.damage.is_empty(), "{:?}", reopened.recovery.damage);
    assert_eq!(journal.len_bytes(), vfs.listing().iter().map(|(_, len)| len).sum::<u64>());
}

#[test]
fn rotation_lets_truncation_free_everything_before() {
    let vfs = SimVfs::new(1);
    let mut journal = open(&vfs).journal;
    journal.append(b"old").unwrap();
    journal.rotate();
    let kept = journal.append(b"kept").unwrap();
    journal.truncate_before(kept).unwrap();
    assert_eq!(open(&vfs.after_kill(1)).texts(), ["kept"]);
}

#[test]
fn a_crash_during_truncation_leaves_no_gap() {
    let make = || {
        let vfs = SimVfs::new(1);
        let mut journal = open(&vfs).journal;
        for n in 0..40_u8 {
            journal.append(&[n; 60]).unwrap();
        }
        journal.sync().unwrap();
        (vfs, journal)
    };
    let (vfs, mut journal) = make();
    let start = vfs.operations();
    let end = journal.end();
    journal.truncate_before(end).unwrap();
    for point in start..vfs.operations() {
        for seed in 0..20 {
            let (vfs, mut journal) = make();
            vfs.crash_at(point);
            assert!(journal.truncate_before(end).is_err());
            let reopened = open(&vfs.after_crash(seed));
            assert!(reopened.recovery.damage.is_empty(), "point {point} seed {seed}");
            assert_eq!(reopened.recovery.end, end);
            let payloads = reopened.payloads();
            let first = payloads[0][0];
            let expected: Vec<_> = (first..40).map(|n| vec![n; 60]).collect();
            assert_eq!(payloads, expected, "point {point} seed {seed}");
        }
    }
}

#[test]
fn an_owner_that_cannot_use_a_record_stops_the_opening() {
    let vfs = disk_with(&["good", "bad"]);
    let mut seen = 0;
    let error =
        journal::Journal::open(Arc::new(vfs), Path::new(DIR), small(), &mut |_, payload| {
            seen += 1;
            if payload == b"bad" { Err("series 7 unknown".into()) } else { Ok(Replayed::Taken) }
        })
        .map(|_| ())
        .unwrap_err();
    assert_eq!((seen, error.kind()), (2, JournalErrorKind::Replay));
    assert_eq!(
        error.to_string(),
        "journal: cannot replay /data/journal/00000001.journal at offset 84: series 7 unknown"
    );
}

#[test]
fn a_record_that_its_owner_cannot_read_is_kept_and_the_rest_served() {
    let vfs = disk_with(&["good", "odd", "last"]);
    let mut seen = Vec::new();
    let mut take = |_: Position, payload: &[u8]| {
        seen.push(payload.to_vec());
        Ok(if payload == b"odd" { Replayed::Unusable } else { Replayed::Taken })
    };
    let opened =
        journal::Journal::open(Arc::new(vfs.clone()), Path::new(DIR), small(), &mut take).unwrap();
    assert_eq!(seen, [b"good".to_vec(), b"odd".to_vec(), b"last".to_vec()]);
    let (mut journal, recovery) = opened;
    assert_eq!((recovery.records, recovery.bytes), (2, 8));
    let damage = &recovery.damage[0];
    assert_eq!((damage.offset, damage.len, damage.reason), (84, 19, DamageReason::Unusable));
    let end = journal.append(b"on").unwrap();
    journal.truncate_before(end).unwrap();
    assert!(vfs.exists(&Path::new(DIR).join("quarantine/00000001.journal")).unwrap());
}

#[test]
fn files_of_others_are_left_alone() {
    let vfs = disk_with(&["a"]);
    for name in ["LOCK", "x.journal", "1.journal", "00000000.journal", "00000003.journal.old"] {
        vfs.create(&Path::new(DIR).join(name)).unwrap();
    }
    let opened = open(&vfs);
    assert_eq!(opened.texts(), ["a"]);
    assert!(opened.recovery.void.is_empty());
    assert_eq!(vfs.listing().len(), 6);
}

#[test]
fn syncs_group_and_stop_when_nothing_is_left() {
    let vfs = SimVfs::new(1);
    let mut journal = open(&vfs).journal;
    let syncer = journal.syncer();
    let (a, b) = (journal.append(b"a").unwrap(), journal.append(b"b").unwrap());
    assert!(syncer.synced() <= a);
    let synced = syncer.sync_to(b).unwrap();
    assert!(a < synced && b < synced);
    let before = vfs.operations();
    assert_eq!(syncer.sync_to(a).unwrap(), synced);
    assert_eq!(syncer.sync().unwrap(), synced);
    assert_eq!(vfs.operations(), before, "nothing was left to sync");
    assert_eq!(journal.stats().syncs, 1);
}

#[test]
fn syncing_runs_beside_appending() {
    let vfs = SimVfs::new(1);
    let mut journal = open(&vfs).journal;
    let syncer = journal.syncer();
    let stop = std::sync::atomic::AtomicBool::new(false);
    let last = std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    syncer.sync().unwrap();
                }
            });
        }
        let last = (0..2000_u32).map(|n| journal.append(&n.to_le_bytes()).unwrap()).last();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        last.unwrap()
    });
    assert!(syncer.sync_to(last).unwrap() > last);
    let reopened = open(&vfs.after_crash(9));
    let expected: Vec<_> = (0..2000_u32).map(|n| n.to_le_bytes().to_vec()).collect();
    assert_eq!(reopened.payloads(), expected);
}

#[test]
fn memory_for_unsynced_records_is_bounded_by_syncing() {
    let vfs = SimVfs::new(1);
    let options = JournalOptions { unsynced_bytes_max: 300, ..small() };
    let mut journal = try_open(&vfs, options).unwrap().journal;
    for _ in 0..10 {
        journal.append(&[1; 100]).unwrap();
    }
    assert!(journal.stats().syncs >= 4, "{:?}", journal.stats());
}

#[test]
fn positions_are_stored_in_their_order() {
    let (low, high) = (Position { segment: 1, offset: 300 }, Position { segment: 256, offset: 64 });
    assert!(low.to_bytes() < high.to_bytes());
    assert_eq!(Position::from_bytes(high.to_bytes()), high);
    assert_eq!(segment(1), Path::new("/data/journal/00000001.journal"));
}

/// Everything once on the real filesystem: the simulation may not promise what it does not keep.
#[test]
fn the_real_filesystem_keeps_it_as_well() {
    let temporary = tempfile::tempdir().unwrap();
    let dir = temporary.path().join("tenants/anonymous/journal");
    let options = JournalOptions { reserve_bytes: 4096, ..small() };
    let open = |records: &mut Vec<Vec<u8>>| {
        let mut replay = |_: Position, record: &[u8]| {
            records.push(record.to_vec());
            Ok(Replayed::Taken)
        };
        journal::Journal::open(Arc::new(OsVfs), &dir, options, &mut replay).unwrap()
    };
    let mut expected = Vec::new();
    for process in 0..3_u8 {
        let mut records = Vec::new();
        let (mut journal, recovery) = open(&mut records);
        assert_eq!(records, expected);
        assert_eq!(recovery.damage_total, 0);
        assert_eq!(journal.stats().reserve_bytes, 4096);
        for record in 0..20 {
            journal.append_all(&[&[process, record], &[process; 100]]).unwrap();
            expected.extend([vec![process, record], vec![process; 100]]);
        }
        journal.sync().unwrap();
    }
    // A torn tail and a flipped bit, by hand.
    let names = OsVfs.read_dir(&dir).unwrap();
    let segments: Vec<_> = names.iter().filter(|e| e.name.ends_with(".journal")).collect();
    let (first, last) = (dir.join(&segments[0].name), dir.join(&segments.last().unwrap().name));
    let file = OsVfs.open_for_write(&last).unwrap();
    file.set_len(file.len().unwrap() - 1).unwrap();
    OsVfs.open_for_write(&first).unwrap().write_all_at(b"\xff", 64 + 16).unwrap();
    let mut records = Vec::new();
    let (mut journal, recovery) = open(&mut records);
    assert_eq!(records.len(), expected.len() - 2);
    assert_eq!((recovery.torn_bytes, recovery.damage_total), (115, 1));
    assert!(dir.join("quarantine").join(&segments[0].name).exists());
    let end = journal.append(b"on").unwrap();
    journal.truncate_before(end).unwrap();
    assert_eq!(OsVfs.read_dir(&dir).unwrap().len(), 3, "segment, reserve, quarantine");
}
