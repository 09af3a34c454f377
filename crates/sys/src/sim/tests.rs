//! The simulated world against its promises, and against the real filesystem.

use super::{OpKind, SimClock, SimEntropy, SimRng, SimVfs, is_crash};
use crate::{Clock, Entropy, File, OsVfs, Vfs};
use model::Timestamp;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

const EIO: i32 = 5;
const SEEDS: u64 = 300;

fn path(text: &str) -> &Path {
    Path::new(text)
}

/// A disk with one synced file `/d/f` of these bytes.
fn disk_with(bytes: &[u8]) -> (SimVfs, Box<dyn File>) {
    let vfs = SimVfs::new(1);
    vfs.create_dir_durable(path("/d")).unwrap();
    let file = vfs.create(path("/d/f")).unwrap();
    file.write_all_at(bytes, 0).unwrap();
    file.sync_data().unwrap();
    vfs.sync_dir(path("/d")).unwrap();
    (vfs, file)
}

fn content(vfs: &SimVfs, name: &str) -> Option<Vec<u8>> {
    vfs.read(path(name), 1 << 20).ok()
}

#[test]
fn synced_bytes_and_names_survive_every_crash() {
    let (vfs, _file) = disk_with(&[7; 2000]);
    for seed in 0..SEEDS {
        assert_eq!(content(&vfs.after_crash(seed), "/d/f"), Some(vec![7; 2000]), "seed {seed}");
    }
}

#[test]
fn unsynced_writes_survive_whole_torn_reordered_or_not_at_all() {
    let (vfs, file) = disk_with(&[]);
    file.write_all_at(&[1; 512], 0).unwrap();
    file.write_all_at(&[2; 512], 512).unwrap();
    let images: Vec<_> =
        (0..SEEDS).map(|seed| content(&vfs.after_crash(seed), "/d/f").unwrap()).collect();
    let whole = [[1_u8; 512], [2; 512]].concat();
    let reordered = [[0_u8; 512], [2; 512]].concat();
    assert!(images.iter().any(Vec::is_empty), "nothing survives");
    assert!(images.contains(&whole), "all survives");
    assert!(images.contains(&reordered), "the later write alone survives");
    assert!(images.contains(&vec![0; 1024]), "the length alone survives");
    let torn = |image: &Vec<u8>| !image.len().is_multiple_of(512);
    assert!(images.iter().any(torn), "a write is torn");
    for image in &images {
        let honest = |(at, byte): (usize, &u8)| *byte == 0 || *byte == whole[at];
        assert!(image.iter().enumerate().all(honest), "no byte was invented");
    }
}

#[test]
fn a_name_needs_its_directory_synced() {
    let (vfs, _file) = disk_with(b"old");
    let file = vfs.create(path("/d/new")).unwrap();
    file.write_all_at(b"x", 0).unwrap();
    file.sync_data().unwrap();
    let seen = |vfs: &SimVfs| vfs.exists(path("/d/new")).unwrap();
    let kept = (0..SEEDS).filter(|seed| seen(&vfs.after_crash(*seed))).count();
    assert!(kept > 0 && kept < 300, "{kept}");
    vfs.sync_dir(path("/d")).unwrap();
    assert!((0..SEEDS).all(|seed| seen(&vfs.after_crash(seed))));
}

#[test]
fn a_directory_is_a_name_too() {
    let vfs = SimVfs::new(1);
    vfs.create_dir_all(path("/a/b")).unwrap();
    vfs.sync_dir(path("/a")).unwrap();
    assert!((0..SEEDS).any(|seed| !vfs.after_crash(seed).exists(path("/a/b")).unwrap()));
    vfs.create_dir_durable(path("/a/b")).unwrap();
    assert!((0..SEEDS).all(|seed| vfs.after_crash(seed).exists(path("/a/b")).unwrap()));
}

#[test]
fn a_rename_is_atomic_across_directories() {
    let (vfs, _file) = disk_with(b"x");
    vfs.create_dir_durable(path("/e")).unwrap();
    vfs.rename(path("/d/f"), path("/e/g")).unwrap();
    for seed in 0..SEEDS {
        let after = vfs.after_crash(seed);
        let (old, new) = (content(&after, "/d/f"), content(&after, "/e/g"));
        assert!(old.is_some() != new.is_some(), "seed {seed}: {old:?} {new:?}");
    }
}

#[test]
fn a_newer_unsynced_name_is_not_undone_by_a_synced_older_one() {
    let (vfs, _file) = disk_with(b"1");
    vfs.create_dir_durable(path("/e")).unwrap();
    vfs.create(path("/e/x")).unwrap();
    vfs.rename(path("/d/f"), path("/e/x")).unwrap();
    vfs.sync_dir(path("/d")).unwrap(); // makes the rename durable in both directories
    for seed in 0..SEEDS {
        assert_eq!(content(&vfs.after_crash(seed), "/e/x"), Some(b"1".to_vec()), "seed {seed}");
    }
}

#[test]
fn replace_leaves_the_old_or_the_new_bytes_at_every_crash_point() {
    let points = {
        let (vfs, _file) = disk_with(b"old");
        let before = vfs.operations();
        vfs.replace(path("/d/f"), b"new content").unwrap();
        before..=vfs.operations()
    };
    for point in points.clone() {
        for seed in 0..50 {
            let (vfs, _file) = disk_with(b"old");
            vfs.crash_at(point);
            let outcome = vfs.replace(path("/d/f"), b"new content");
            let after = content(&vfs.after_crash(seed), "/d/f").unwrap();
            let old_or_new = after == b"old" || after == b"new content";
            assert!(old_or_new, "point {point} seed {seed}: {after:?}");
            assert_eq!(outcome.is_ok(), point == *points.end());
        }
    }
}

#[test]
fn after_the_crash_point_everything_fails_with_the_marker() {
    let (vfs, file) = disk_with(b"x");
    vfs.crash_at(vfs.operations());
    assert!(is_crash(&file.write_at(b"y", 0).unwrap_err()));
    assert!(vfs.crashed());
    assert!(is_crash(&file.read_at(&mut [0], 0).unwrap_err()));
    assert!(is_crash(&file.len().unwrap_err()));
    assert!(is_crash(&file.sync_data().unwrap_err()));
    assert!(is_crash(&vfs.read_dir(path("/d")).unwrap_err()));
    assert!(is_crash(&vfs.create(path("/d/g")).map(|_| ()).unwrap_err()));
    assert!(!is_crash(&io::Error::other("something else")));
    assert!(content(&vfs.after_crash(1), "/d/f").is_some(), "the next image works");
}

#[test]
fn a_kill_keeps_the_page_cache_and_frees_locks() {
    let (vfs, file) = disk_with(b"x");
    let lock = vfs.lock(path("/d/LOCK")).unwrap();
    assert_eq!(vfs.lock(path("/d/LOCK")).map(|_| ()).unwrap_err().kind(), ErrorKind::WouldBlock);
    file.write_all_at(b"unsynced", 0).unwrap();
    let killed = vfs.after_kill(1);
    assert_eq!(content(&killed, "/d/f"), Some(b"unsynced".to_vec()));
    assert!(killed.lock(path("/d/LOCK")).is_ok());
    let lost = |seed| content(&killed.after_crash(seed), "/d/f") == Some(b"x".to_vec());
    assert!((0..SEEDS).any(lost), "what was not synced before the kill is still not synced");
    drop(lock);
    assert!(vfs.lock(path("/d/LOCK")).is_ok());
}

#[test]
fn a_failed_sync_loses_bytes_that_a_second_sync_does_not_bring_back() {
    let mut lost = 0;
    for seed in 0..SEEDS {
        let vfs = SimVfs::new(seed);
        let file = vfs.create(path("/f")).unwrap();
        vfs.sync_dir(path("/")).unwrap();
        file.write_all_at(&[1; 100], 0).unwrap();
        vfs.fail(OpKind::SyncData, 0, 1, EIO);
        assert_eq!(file.sync_data().unwrap_err().raw_os_error(), Some(EIO));
        file.sync_data().unwrap();
        lost += usize::from(content(&vfs.after_crash(seed), "/f") != Some(vec![1; 100]));
    }
    assert!(lost > 0 && lost < 300, "{lost}");
}

#[test]
fn faults_come_after_so_many_passes_and_so_many_times() {
    let (vfs, file) = disk_with(b"x");
    vfs.fail(OpKind::Read, 2, 2, EIO);
    let read = || file.read_at(&mut [0], 0).is_ok();
    assert_eq!([read(), read(), read(), read(), read()], [true, true, false, false, true]);
    vfs.fail(OpKind::Create, 0, u64::MAX, EIO);
    assert!(vfs.create(path("/d/g")).is_err());
    vfs.heal(OpKind::Create);
    assert!(vfs.create(path("/d/g")).is_ok());
}

#[test]
fn a_full_disk_takes_what_fits_and_then_says_so() {
    let (vfs, file) = disk_with(&[]);
    vfs.set_available(1024);
    file.set_len(4096).unwrap();
    assert_eq!(vfs.space(path("/d")).unwrap().available, 1024, "holes cost nothing");
    assert_eq!(file.write_at(&[1; 3000], 0).unwrap(), 1024);
    assert_eq!(file.write_at(&[1; 10], 1024).unwrap_err().kind(), ErrorKind::StorageFull);
    assert_eq!(file.write_at(&[2; 10], 0).unwrap(), 10, "rewriting needs no room");
    file.set_len(512).unwrap();
    assert_eq!(vfs.space(path("/d")).unwrap().available, 512);
    drop(file);
    vfs.remove_file(path("/d/f")).unwrap();
    assert_eq!(vfs.space(path("/d")).unwrap().available, 1024);
}

#[test]
fn a_second_name_keeps_the_space() {
    let (vfs, _file) = disk_with(&[1; 512]);
    vfs.set_available(0);
    vfs.hard_link(path("/d/f"), path("/d/g")).unwrap();
    vfs.remove_file(path("/d/f")).unwrap();
    assert_eq!(vfs.space(path("/d")).unwrap().available, 0);
    vfs.remove_dir_all(path("/d")).unwrap();
    assert_eq!(vfs.space(path("/")).unwrap().available, 512);
}

#[test]
fn a_file_without_a_name_gives_its_space_back_once() {
    let (vfs, file) = disk_with(&[1; 1024]);
    vfs.set_available(0);
    vfs.remove_file(path("/d/f")).unwrap();
    assert_eq!(vfs.space(path("/d")).unwrap().available, 1024);
    file.set_len(0).unwrap();
    assert_eq!(vfs.space(path("/d")).unwrap().available, 1024);
}

#[test]
fn short_io_is_short_but_gets_there() {
    let (vfs, file) = disk_with(&[]);
    vfs.set_short_io(1000);
    let bytes: Vec<u8> = (0..=255).collect();
    assert!(file.write_at(&bytes, 0).unwrap() < 256);
    file.write_all_at(&bytes, 0).unwrap();
    assert_eq!(content(&vfs, "/d/f"), Some(bytes));
}

#[test]
fn interrupted_calls_are_repeated() {
    const EINTR: i32 = 4;
    let (vfs, file) = disk_with(b"ab");
    vfs.fail(OpKind::Write, 0, 2, EINTR);
    vfs.fail(OpKind::Read, 0, 2, EINTR);
    file.write_all_at(b"xy", 0).unwrap();
    assert_eq!(content(&vfs, "/d/f"), Some(b"xy".to_vec()));
}

#[test]
fn bits_flip_at_rest() {
    let (vfs, _file) = disk_with(&[0; 4]);
    vfs.flip_bit(path("/d/f"), 2, 7).unwrap();
    assert_eq!(content(&vfs.after_crash(3), "/d/f"), Some(vec![0, 0, 128, 0]));
    assert_eq!(vfs.durable_bytes(path("/d/f")).unwrap(), [0, 0, 128, 0]);
}

#[test]
fn reading_handles_cannot_write() {
    let (vfs, _file) = disk_with(&[0; 4]);
    let file = vfs.open(path("/d/f")).unwrap();
    assert_eq!(file.write_at(b"x", 0).unwrap_err().kind(), ErrorKind::PermissionDenied);
    assert_eq!(file.set_len(0).unwrap_err().kind(), ErrorKind::PermissionDenied);
}

#[test]
fn the_same_seed_gives_the_same_trace_and_image() {
    let run = |seed| {
        let vfs = SimVfs::new(seed);
        vfs.start_trace();
        vfs.set_short_io(300);
        vfs.crash_at(150);
        let mut rng = SimRng::new(seed);
        for _ in 0..250 {
            drop(random_step(&vfs, path("/"), &mut rng));
        }
        let after = vfs.after_crash(seed);
        let bytes: Vec<_> =
            after.listing().into_iter().map(|(name, _)| (content(&after, &name), name)).collect();
        (vfs.trace(), bytes)
    };
    for seed in 0..20 {
        assert_eq!(run(seed), run(seed), "seed {seed}");
    }
    assert_ne!(run(1).0, run(2).0);
}

#[test]
fn it_answers_like_the_real_filesystem() {
    for seed in 0..40 {
        let real_dir = tempfile::tempdir().unwrap();
        let sim = SimVfs::new(seed);
        let (mut sim_rng, mut real_rng) = (SimRng::new(seed), SimRng::new(seed));
        for step in 0..120 {
            let expected = random_step(&OsVfs, real_dir.path(), &mut real_rng);
            let found = random_step(&sim, path("/"), &mut sim_rng);
            assert_eq!(found, expected, "seed {seed} step {step}");
        }
    }
}

/// One random operation under `root`; gives what a caller could see of it.
fn random_step(vfs: &dyn Vfs, root: &Path, rng: &mut SimRng) -> Result<String, ErrorKind> {
    let names = ["a", "b", "dir", "dir/a", "dir/b", "dir/sub", "dir/sub/a"];
    let pick = |rng: &mut SimRng| -> PathBuf { root.join(names[rng.index(names.len())]) };
    let (one, two) = (pick(rng), pick(rng));
    let (offset, len) = (rng.below(2000), rng.index(1500));
    let kind = |error: io::Error| error.kind();
    match rng.below(11) {
        0 | 1 => vfs.create(&one).map(|_| "created".into()).map_err(kind),
        2 | 3 => {
            let file = vfs.open_for_write(&one).map_err(kind)?;
            file.write_all_at(&vec![1; len], offset).map_err(kind)?;
            file.sync_data().map_err(kind)?;
            Ok(format!("{} bytes", file.len().map_err(kind)?))
        }
        4 => {
            let file = vfs.open_for_write(&one).map_err(kind)?;
            file.set_len(offset).map_err(kind)?;
            Ok(format!("{:?}", vfs.read(&one, 1000).map_err(kind)?))
        }
        5 if vfs.read_dir(&one).is_err() && vfs.read_dir(&two).is_err() => {
            vfs.rename(&one, &two).map(|()| "renamed".into()).map_err(kind)
        }
        6 if vfs.read_dir(&one).is_err() => {
            vfs.hard_link(&one, &two).map(|()| "linked".into()).map_err(kind)
        }
        7 if vfs.read_dir(&one).is_err() => {
            vfs.remove_file(&one).map(|()| "removed".into()).map_err(kind)
        }
        8 => vfs.remove_dir_all(&one).map(|()| "removed".into()).map_err(kind),
        9 => vfs.create_dir_all(&one).map(|()| "made".into()).map_err(kind),
        _ => {
            let entries = vfs.read_dir(&root.join("dir")).map_err(kind)?;
            vfs.sync_dir(root).map_err(kind)?;
            Ok(format!("{entries:?}"))
        }
    }
}

#[test]
fn clocks_jump_apart() {
    let clock = SimClock::new(Timestamp::from_ms(1000));
    clock.advance(Duration::from_millis(5));
    clock.jump_wall(Timestamp::from_ms(-7));
    clock.advance_monotonic(Duration::from_millis(1));
    assert_eq!((clock.now().ms(), clock.monotonic()), (-7, Duration::from_millis(6)));
}

#[test]
fn entropy_follows_from_its_seed_and_equals_the_generator() {
    let (entropy, mut rng) = (SimEntropy::new(42), SimRng::new(42));
    for _ in 0..100 {
        assert_eq!(entropy.next_u64(), rng.next_u64());
    }
    // First output of SplitMix64 for seed 0, from its authors' reference code.
    assert_eq!(SimRng::new(0).next_u64(), 0xe220_a839_7b1d_cdaf);
}
