//! Damaged files: the damaged records are lost and reported, nothing else.

use crate::world::{EIO, bytes, disk_with, open, segment, segments, small, try_open};
use expect_test::{Expect, expect};
use journal::{DamageReason, JournalErrorKind, Position};
use std::path::Path;
use sys::Vfs;
use sys::sim::{OpKind, SimRng, SimVfs};
use testkit::fuzz::Replay;

/// Records "0" to "9", each in a frame of 17 bytes, in one segment.
const TEN: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

#[expect(clippy::needless_pass_by_value, reason = "cases read better with expect![..] in place")]
fn check(damage: impl Fn(&SimVfs), expected: Expect) {
    let vfs = disk_with(&TEN);
    damage(&vfs);
    let opened = open(&vfs);
    let mut lines = vec![opened.texts().concat()];
    lines.extend(opened.recovery.damage.iter().map(ToString::to_string));
    lines.push(format!("torn {}", opened.recovery.torn_bytes));
    expected.assert_eq(&lines.join("\n"));
    let listing = vfs.listing();
    let again = open(&vfs);
    assert_eq!(again.records, opened.records, "opening twice serves the same");
    assert_eq!(again.recovery, opened.recovery, "opening twice finds the same");
    assert_eq!(vfs.listing(), listing, "opening twice changes nothing");
    if !opened.recovery.damage.is_empty() && !segments(&vfs).is_empty() {
        let kept = Path::new("/data/journal/quarantine/00000001.journal");
        assert_eq!(bytes(&vfs, kept), bytes(&vfs, &segment(1)), "the damaged file is kept");
    }
}

/// Offset of a record's frame.
fn frame(n: usize) -> usize {
    64 + 17 * n
}

fn edit(change: impl Fn(&mut Vec<u8>)) -> impl Fn(&SimVfs) {
    move |vfs| vfs.edit(&segment(1), &change).unwrap()
}

#[test]
fn nothing_damaged() {
    check(
        |_| {},
        expect![[r"
        0123456789
        torn 0"]],
    );
}

#[test]
fn a_flipped_bit_in_a_payload_costs_one_record() {
    check(
        edit(|b| b[frame(4) + 16] ^= 1),
        expect![[r"
        012356789
        journal: /data/journal/00000001.journal at offset 132: record with a wrong checksum (17 bytes)
        torn 0"]],
    );
}

#[test]
fn a_flipped_bit_in_a_frame_header_costs_one_record() {
    check(
        edit(|b| b[frame(4) + 5] ^= 128),
        expect![[r"
        012356789
        journal: /data/journal/00000001.journal at offset 132: bytes without a record frame (17 bytes)
        torn 0"]],
    );
}

#[test]
fn a_flipped_bit_in_the_segment_header_costs_nothing() {
    check(
        edit(|b| b[20] ^= 1),
        expect![[r"
        0123456789
        journal: /data/journal/00000001.journal at offset 0: segment header damaged (64 bytes)
        torn 0"]],
    );
}

#[test]
fn a_bad_first_record() {
    check(
        edit(|b| b[frame(0)] = 0),
        expect![[r"
        123456789
        journal: /data/journal/00000001.journal at offset 64: bytes without a record frame (17 bytes)
        torn 0"]],
    );
}

#[test]
fn a_torn_tail_is_cut_and_counted() {
    check(
        edit(|b| b.truncate(frame(9) + 10)),
        expect![[r"
        012345678
        torn 10"]],
    );
}

#[test]
fn a_bad_last_record_is_a_torn_tail() {
    check(
        edit(|b| b[frame(9) + 16] ^= 1),
        expect![[r"
        012345678
        torn 17"]],
    );
}

#[test]
fn a_zero_filled_tail_is_cut_and_counted() {
    check(
        edit(|b| b.resize(5000, 0)),
        expect![[r"
        0123456789
        torn 4766"]],
    );
}

#[test]
fn zeroes_in_the_middle() {
    check(
        edit(|b| b[frame(3) + 2..frame(6) + 3].fill(0)),
        expect![[r"
        012789
        journal: /data/journal/00000001.journal at offset 115: bytes without a record frame (68 bytes)
        torn 0"]],
    );
}

#[test]
fn bytes_inserted_in_the_middle_move_frames_to_where_they_are_not_valid() {
    check(
        edit(|b| b.insert(frame(5), 0)),
        expect![[r"
        01234
        torn 86"]],
    );
}

#[test]
fn a_repeated_frame_is_not_valid_in_another_place() {
    let repeat = |b: &mut Vec<u8>| b.copy_within(frame(2)..frame(3), frame(7));
    check(
        edit(repeat),
        expect![[r"
        012345689
        journal: /data/journal/00000001.journal at offset 183: bytes without a record frame (17 bytes)
        torn 0"]],
    );
}

#[test]
fn an_empty_file() {
    check(
        edit(Vec::clear),
        expect![[r"

        torn 0"]],
    );
}

#[test]
fn a_file_cut_within_its_header() {
    check(
        edit(|b| b.truncate(30)),
        expect![[r"

        torn 30"]],
    );
}

#[test]
fn a_file_of_noise() {
    let noise = |b: &mut Vec<u8>| {
        let mut rng = SimRng::new(1);
        for byte in b.iter_mut() {
            *byte = rng.next_u64().to_le_bytes()[0];
        }
    };
    check(
        edit(noise),
        expect![[r"

        journal: /data/journal/00000001.journal at offset 0: segment header damaged (64 bytes)
        torn 170"]],
    );
}

/// Segments 1 to 3, with records 0 1 2, 3 4 5 and 6 7 8.
fn three_segments() -> SimVfs {
    let vfs = SimVfs::new(1);
    let mut journal = open(&vfs).journal;
    for part in [b"012", b"345", b"678"] {
        for record in part {
            journal.append(&[*record]).unwrap();
        }
        journal.rotate();
    }
    journal.sync().unwrap();
    vfs
}

#[test]
fn a_missing_segment_in_the_middle_is_reported_and_the_rest_served() {
    let vfs = three_segments();
    vfs.remove_file(&segment(2)).unwrap();
    let opened = open(&vfs);
    assert_eq!(opened.texts().concat(), "012678");
    let damage = &opened.recovery.damage[0];
    assert_eq!((&damage.path, damage.reason), (&segment(2), DamageReason::MissingSegment));
    assert_eq!(opened.recovery.damage_total, 1);
}

#[test]
fn missing_oldest_segments_were_truncated() {
    let vfs = three_segments();
    vfs.remove_file(&segment(1)).unwrap();
    let opened = open(&vfs);
    assert_eq!((opened.texts().concat().as_str(), opened.recovery.damage_total), ("345678", 0));
}

#[test]
fn an_empty_or_shortened_segment_in_the_middle_is_damage() {
    for len in [0, 30, 64, 64 + 17, 64 + 20] {
        let vfs = three_segments();
        vfs.edit(&segment(2), |bytes| bytes.truncate(len)).unwrap();
        let opened = open(&vfs);
        let left = &"345"[..len.saturating_sub(64) / 17];
        assert_eq!(opened.texts().concat(), format!("012{left}678"), "length {len}");
        assert!(opened.recovery.damage_total > 0, "length {len}");
        assert_eq!(opened.recovery.torn_bytes, 0, "length {len}");
        assert_eq!(opened.recovery.quarantined.len(), 1, "length {len}");
    }
}

#[test]
fn a_record_cut_in_its_payload_is_told_from_a_changed_one() {
    let vfs = three_segments();
    vfs.edit(&segment(2), |bytes| bytes.truncate(frame(1) + 16)).unwrap();
    let opened = open(&vfs);
    assert_eq!(opened.texts().concat(), "0123678");
    let reasons: Vec<_> = opened.recovery.damage.iter().map(|damage| damage.reason).collect();
    assert_eq!(reasons, [DamageReason::Truncated; 2], "the record, and what follows it");
}

#[test]
fn a_bad_record_at_the_end_of_a_middle_segment_is_damage() {
    let vfs = three_segments();
    vfs.edit(&segment(2), |bytes| *bytes.last_mut().unwrap() ^= 1).unwrap();
    let opened = open(&vfs);
    assert_eq!(opened.texts().concat(), "01234678");
    assert_eq!(opened.recovery.damage[0].reason, DamageReason::Checksum);
}

#[test]
fn a_segment_under_another_name_serves_nothing() {
    let vfs = three_segments();
    vfs.rename(&segment(3), &segment(4)).unwrap();
    let opened = open(&vfs);
    assert_eq!(opened.texts().concat(), "012345", "number and offset are under the checksum");
    let damage = &opened.recovery.damage[0];
    assert_eq!((&damage.path, damage.reason), (&segment(4), DamageReason::SegmentHeader));
}

#[test]
fn a_created_file_that_was_never_written_is_void() {
    let vfs = disk_with(&["a"]);
    vfs.create(&segment(2)).unwrap();
    let mut opened = open(&vfs);
    assert_eq!((opened.texts(), opened.recovery.damage_total), (vec!["a".into()], 0));
    assert_eq!(opened.recovery.void, [segment(2)]);
    assert_eq!(opened.journal.append(b"b").unwrap().segment, 3);
    assert_eq!(open(&vfs).texts(), ["a", "b"]);
}

#[test]
fn an_unfinished_segment_never_counts_and_is_removed() {
    let vfs = disk_with(&["a"]);
    vfs.hard_link(&segment(1), Path::new("/data/journal/00000007.new")).unwrap();
    let mut opened = open(&vfs);
    assert_eq!((opened.texts(), vfs.listing().len()), (vec!["a".into()], 1));
    assert_eq!(opened.journal.append(b"b").unwrap().segment, 8, "its number is used up");
}

#[test]
fn another_format_version_is_refused_with_a_message() {
    let vfs = disk_with(&["a"]);
    vfs.edit(&segment(1), |bytes| {
        bytes[8] = 7;
        let crc = crc32c::crc32c(&bytes[..60]);
        bytes[60..64].copy_from_slice(&crc.to_le_bytes());
    })
    .unwrap();
    let error = try_open(&vfs, small()).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), JournalErrorKind::Version);
    expect!["journal: cannot open /data/journal/00000001.journal: format version 7 found, 1 expected; was it written by a newer flyball?"].assert_eq(&error.to_string());
}

#[test]
fn repair_needs_no_room() {
    let vfs = three_segments();
    vfs.set_available(0);
    vfs.flip_bit(&segment(2), 64 + 16, 0).unwrap();
    let opened = open(&vfs);
    assert_eq!(opened.texts().concat(), "01245678");
    assert_eq!(opened.recovery.quarantined.len(), 1);
}

#[test]
fn truncation_moves_a_damaged_file_that_could_not_be_linked() {
    let vfs = three_segments();
    vfs.flip_bit(&segment(1), 64 + 16, 0).unwrap();
    vfs.fail(OpKind::HardLink, 0, u64::MAX, EIO);
    let mut opened = open(&vfs);
    assert!(opened.recovery.quarantined.is_empty());
    let damaged = bytes(&vfs, &segment(1));
    opened.journal.truncate_before(Position { segment: 3, offset: 0 }).unwrap();
    let kept = Path::new("/data/journal/quarantine/00000001.journal");
    assert_eq!(bytes(&vfs, kept), damaged);
    assert_eq!(segments(&vfs).len(), 1);
}

#[test]
fn what_cannot_be_read_is_stepped_over() {
    let vfs = three_segments();
    vfs.fail(OpKind::Read, 3, 1, EIO); // three headers pass, the first record does not
    let opened = open(&vfs);
    assert_eq!(opened.texts().concat(), "12345678");
    assert_eq!(opened.recovery.damage[0].reason, DamageReason::Unreadable);
}

#[test]
fn old_bytes_that_cannot_be_made_durable_are_reported() {
    let vfs = three_segments();
    vfs.fail(OpKind::SyncData, 1, 1, EIO);
    let opened = open(&vfs);
    assert_eq!(opened.texts().concat(), "012345678");
    assert_eq!(opened.recovery.damage[0].reason, DamageReason::NotDurable);
}

#[test]
fn short_reads_are_not_damage() {
    let vfs = three_segments();
    vfs.set_short_io(900);
    let opened = open(&vfs);
    assert_eq!((opened.texts().concat().as_str(), opened.recovery.damage_total), ("012345678", 0));
}

#[test]
fn much_damage_is_counted_but_not_all_listed() {
    let vfs = SimVfs::new(1);
    let options = journal::JournalOptions { segment_bytes_max: 1 << 20, ..small() };
    let mut journal = try_open(&vfs, options).unwrap().journal;
    for _ in 0..5000 {
        journal.append(b"x").unwrap();
    }
    journal.sync().unwrap();
    vfs.edit(&segment(1), |bytes| {
        for n in (0..5000).step_by(2) {
            bytes[frame(n) + 16] = b'y';
        }
    })
    .unwrap();
    let opened = open(&vfs);
    assert_eq!(opened.recovery.records, 2500);
    assert_eq!((opened.recovery.damage.len(), opened.recovery.damage_total), (1000, 2500));
}

/// Any single flipped bit costs at most one record, and never serves a wrong one.
#[test]
fn every_single_bit_flip_costs_at_most_one_record() {
    let original = bytes(&disk_with(&TEN), &segment(1));
    for bit in 0..original.len() * 8 {
        let vfs = disk_with(&TEN);
        vfs.flip_bit(&segment(1), (bit / 8) as u64, u8::try_from(bit % 8).unwrap()).unwrap();
        let texts = open(&vfs).texts();
        assert!(texts.len() >= 9, "bit {bit}: {texts:?}");
        assert!(texts.is_sorted() && texts.iter().all(|t| TEN.contains(&t.as_str())), "bit {bit}");
    }
}

/// A file may say anything: the replay stays within bounds and never panics.
#[test]
fn segments_of_any_bytes() {
    Replay::of("journal_replay").rounds(16_000).run(journal::fuzzing::check);
}
