//! Damaged, missing, empty and foreign files: what is hit goes to quarantine, the rest is served,
//! nothing is invented, nothing is deleted.

use crate::world::{DIR, HOUR, Machine, Seen, T0, dump, labels, put, tenant};
use journal::{Journal, JournalOptions, Position, Replayed};
use model::{Labels, Querier, SampleBuf, SelectHints, Timestamp};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use sys::Vfs;
use sys::sim::SimRng;
use tsdb::{Db, DbErrorKind, DbOptions};

type Dump = BTreeMap<Labels, Vec<Seen>>;

/// Three segments, a checkpoint, and a journal with rows behind it.
fn filled() -> (Machine, Dump) {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    for window in 0..3 {
        for step in 0..150_i64 {
            let now = T0 + window * 2 * HOUR + step * 30_000;
            machine.at(now);
            for n in 0..4 {
                put(&db, &labels("m", n), now, (step * 13 + window) as f64 / 7.0);
            }
        }
        if window < 2 {
            db.flush().unwrap();
        }
    }
    db.sync().unwrap();
    let all = dump(&db);
    (machine, all)
}

fn is_part_of(found: &Dump, all: &Dump) -> bool {
    found.iter().all(|(labels, rows)| {
        let known = all.get(labels);
        rows.iter().all(|row| known.is_some_and(|known| known.binary_search(row).is_ok()))
    })
}

fn count(dump: &Dump) -> usize {
    dump.values().map(Vec::len).sum()
}

fn files(machine: &Machine) -> Vec<(PathBuf, u64)> {
    let listing = machine.vfs.listing().into_iter();
    listing.map(|(name, len)| (PathBuf::from(name), len)).collect()
}

fn warnings(db: &Db) -> Vec<String> {
    let (start, end) = (Timestamp::MIN, Timestamp::MAX);
    let selection = db.select(start, end, &[], &SelectHints::default()).unwrap();
    let mut samples = SampleBuf::default();
    for index in 0..selection.len() {
        selection.read(index, &mut samples).unwrap();
    }
    selection.warnings()
}

#[test]
fn a_flipped_bit_anywhere_costs_little_and_is_reported() {
    let (machine, all) = filled();
    drop(machine.open().0);
    let mut rng = SimRng::new(5);
    let targets: Vec<(PathBuf, u64)> = files(&machine)
        .into_iter()
        .filter(|(path, len)| *len > 0 && !path.ends_with("LOCK") && !path.ends_with("FORMAT"))
        .collect();
    assert!(targets.len() >= 5, "{targets:?}");
    for round in 0..400 {
        let vfs = machine.vfs.after_kill(round);
        let machine = Machine { vfs, clock: machine.clock.clone() };
        let (path, len) = &targets[rng.index(targets.len())];
        let (byte, bit) = (rng.below(*len), u8::try_from(rng.below(8)).unwrap());
        machine.vfs.flip_bit(path, byte, bit).unwrap();
        let context = format!("round {round}: bit {bit} of byte {byte} of {}", path.display());
        let (db, report) = machine.open();
        let found = dump(&db);
        assert!(is_part_of(&found, &all), "INV-16: invented samples; {context}");
        let told = !report.damage.is_empty() || report.orphans > 0 || !warnings(&db).is_empty();
        let lost = count(&all) - count(&found);
        assert!(
            lost == 0 || told || report.torn_bytes > 0,
            "{lost} samples lost silently; {context}"
        );
        put(&db, &labels("after", 1), machine.now().ms() + 1, 1.0);
        db.compact_now(true).unwrap();
        let later = count(&dump(&db));
        assert!(later == count(&found) + 1, "{later} after compaction; {context}");
        if lost > 0 && path.strip_prefix(Path::new(DIR).join("tenants/anonymous/segments")).is_ok()
        {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let quarantine = Path::new(DIR).join("tenants/anonymous/quarantine");
            let kept = machine.vfs.read_dir(&quarantine).unwrap();
            assert!(
                kept.iter().any(|e| e.name.starts_with(&name)),
                "not kept: {kept:?}; {context}"
            );
        }
        let before = dump(&db);
        drop(db);
        assert_eq!(dump(&machine.open().0), before, "INV-21: {context}");
    }
}

#[test]
fn missing_empty_and_cut_files_are_reported_and_the_rest_is_served() {
    let (machine, all) = filled();
    drop(machine.open().0);
    let targets: Vec<(PathBuf, u64)> = files(&machine)
        .into_iter()
        .filter(|(path, len)| *len > 0 && !path.ends_with("LOCK"))
        .collect();
    for (path, len) in &targets {
        for cut in [None, Some(0), Some(1), Some(len / 2), Some(len - 1)] {
            let vfs = machine.vfs.after_kill(1);
            let machine = Machine { vfs, clock: machine.clock.clone() };
            match cut {
                None => machine.vfs.remove_file(path).unwrap(),
                Some(cut) => {
                    let cut = usize::try_from(cut).unwrap();
                    machine.vfs.edit(path, |bytes| bytes.truncate(cut)).unwrap();
                }
            }
            let context = format!("{} cut to {cut:?}", path.display());
            if path.ends_with("FORMAT") && cut.is_some() {
                let vfs = Arc::new(machine.vfs.clone());
                let error = Db::open(Machine::options(), vfs, machine.clock.clone()).err().unwrap();
                assert_eq!(error.kind(), DbErrorKind::WrongFormat, "{context}");
                continue;
            }
            let (db, report) = machine.open();
            let found = dump(&db);
            assert!(is_part_of(&found, &all), "invented samples; {context}");
            let lost = count(&all) - count(&found);
            let told = !report.damage.is_empty() || report.torn_bytes > 0 || report.orphans > 0;
            // Nothing names the last file of a journal, so nobody can miss it, or its header.
            let unnamed =
                cut.is_none_or(|len| len < 64) && path.extension().is_some_and(|e| e == "journal");
            assert!(lost == 0 || told || unnamed, "{lost} samples lost silently; {context}");
            assert!(count(&found) * 2 > count(&all), "{} left; {context}", count(&found));
            put(&db, &labels("after", 1), machine.now().ms() + 1, 1.0);
            assert_eq!(count(&dump(&db)), count(&found) + 1, "{context}");
        }
    }
}

#[test]
fn a_lost_manifest_loses_no_sample() {
    let (machine, all) = filled();
    let manifest = Path::new(DIR).join("tenants/anonymous/MANIFEST");
    for damage in 0..3 {
        let vfs = machine.vfs.after_kill(damage);
        let machine = Machine { vfs, clock: machine.clock.clone() };
        match damage {
            0 => machine.vfs.remove_file(&manifest).unwrap(),
            1 => machine.vfs.flip_bit(&manifest, 30, 2).unwrap(),
            _ => machine.vfs.edit(&manifest, Vec::clear).unwrap(),
        }
        let (db, _) = machine.open();
        assert_eq!(dump(&db), all, "way {damage}");
        drop(db);
        let (db, _) = machine.open();
        assert_eq!(dump(&db), all, "INV-21: way {damage}");
        db.compact_now(true).unwrap();
        assert_eq!(dump(&db), all, "INV-23: way {damage}");
    }
}

#[test]
fn unknown_files_are_set_aside_and_unfinished_ones_removed() {
    let (machine, all) = filled();
    let dir = Path::new(DIR).join("tenants/anonymous/segments");
    for name in ["notes.txt", "0000000000000001.seg.bak", "0000000000009999.seg", "x.tmp"] {
        machine.vfs.replace(&dir.join(name), b"whatever").unwrap();
    }
    let after = Machine { vfs: machine.vfs.after_kill(1), clock: machine.clock.clone() };
    let (db, report) = after.open();
    assert_eq!(dump(&db), all);
    assert_eq!(report.quarantined.len(), 2, "{report:?}");
    let names: Vec<String> =
        after.vfs.read_dir(&dir).unwrap().into_iter().map(|entry| entry.name).collect();
    assert!(!names.iter().any(|name| name.contains("tmp") || name.contains("9999")), "{names:?}");
}

#[test]
fn a_newer_manifest_or_format_is_refused() {
    let (machine, _) = filled();
    let machine = Machine { vfs: machine.vfs.after_kill(1), clock: machine.clock.clone() };
    let manifest = Path::new(DIR).join("tenants/anonymous/MANIFEST");
    let text = b"flyball-manifest 3\nnews yes\n";
    let mut bytes = text.to_vec();
    bytes.extend(format!("crc32c {:08x}\n", crc32c::crc32c(text)).into_bytes());
    machine.vfs.replace(&manifest, &bytes).unwrap();
    let vfs = Arc::new(machine.vfs.clone());
    let options = DbOptions { dir: DIR.into(), ..Machine::options() };
    let error = Db::open(options, vfs, machine.clock.clone()).err().unwrap();
    assert_eq!(error.kind(), DbErrorKind::WrongFormat);
    assert!(error.to_string().contains("newer flyball"), "{error}");
}

/// Adds a record with a right checksum to the journal.
fn append_record(machine: &Machine, bytes: &[u8]) {
    let dir = Path::new(DIR).join("tenants/anonymous/journal");
    let vfs = Arc::new(machine.vfs.clone());
    let options = JournalOptions::default();
    let take = &mut |_: Position, _: &[u8]| Ok(Replayed::Taken);
    let (mut journal, _) = Journal::open(vfs, &dir, options, take).unwrap();
    journal.append(bytes).unwrap();
    journal.sync().unwrap();
}

#[test]
fn a_record_of_a_newer_kind_stops_the_opening() {
    let (machine, _) = filled();
    let after = Machine { vfs: machine.vfs.after_kill(1), clock: machine.clock.clone() };
    append_record(&after, &[99, 1, 2, 3]);
    let vfs = Arc::new(after.vfs.clone());
    let error = Db::open(Machine::options(), vfs, after.clock.clone()).err().unwrap();
    assert_eq!(error.kind(), DbErrorKind::WrongFormat);
    assert!(error.to_string().contains("newer flyball"), "{error}");
}

#[test]
fn a_record_that_cannot_be_read_is_kept_and_the_rest_served() {
    let (machine, all) = filled();
    let after = Machine { vfs: machine.vfs.after_kill(1), clock: machine.clock.clone() };
    append_record(&after, &[1, 2, 3]);
    let (db, report) = after.open();
    assert_eq!(dump(&db), all);
    assert!(report.damage[0].contains("cannot be understood"), "{report:?}");
    db.flush().unwrap();
    let kept = Path::new(DIR).join("tenants/anonymous/journal/quarantine");
    let kept = after.vfs.read_dir(&kept).unwrap();
    assert_eq!(kept.len(), 1, "{kept:?}");
}

#[test]
fn verify_looks_into_both_checkpoints() {
    let (machine, _) = filled();
    let dir = Path::new(DIR).join("tenants/anonymous/segments");
    let names = machine.vfs.read_dir(&dir).unwrap().into_iter().map(|entry| entry.name);
    let checkpoints: Vec<_> = names.filter(|name| name.contains(".ckp")).collect();
    assert_eq!(checkpoints.len(), 2);
    for name in checkpoints {
        let vfs = machine.vfs.after_kill(1);
        vfs.flip_bit(&dir.join(&name), 30, 1).unwrap();
        let vfs: Arc<dyn Vfs> = Arc::new(vfs);
        let report = tsdb::inspect::verify(&vfs, Path::new(DIR)).unwrap();
        assert!(report.damage.iter().any(|text| text.contains(&name)), "{name}: {report:?}");
    }
}

#[test]
fn a_lost_journal_does_not_hide_what_comes_later() {
    let (machine, _) = filled();
    assert!(machine.open().0.flush().unwrap());
    let after = Machine { vfs: machine.vfs.after_kill(1), clock: machine.clock.clone() };
    let held = dump(&after.open().0);
    for (path, _) in files(&after) {
        if path.extension().is_some_and(|e| e == "journal") {
            after.vfs.remove_file(&path).unwrap();
        }
    }
    let (db, _) = after.open();
    assert_eq!(dump(&db), held);
    put(&db, &labels("later", 1), after.now().ms() + 1, 1.0);
    drop(db);
    assert_eq!(count(&dump(&after.open().0)), count(&held) + 1);
}

#[test]
fn inv_18_a_rebuilt_manifest_names_nothing_that_a_power_cut_could_take() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    put(&db, &labels("m", 1), T0, 1.0);
    db.flush().unwrap();
    drop(db);
    let segment = machine.segment_files().remove(0);
    // A name that only the page cache shows.
    machine.vfs.hard_link(&segment, &segment.with_file_name("0000000000000099.seg")).unwrap();
    machine.vfs.edit(&tenant("MANIFEST"), |bytes| bytes.truncate(3)).unwrap();
    let before = machine.vfs.operations();
    drop(machine.killed().open());
    for point in 0..40 {
        let opening = machine.killed();
        opening.vfs.crash_at(opening.vfs.operations() + point);
        let vfs = Arc::new(opening.vfs.clone());
        drop(Db::open(Machine::options(), vfs, opening.clock.clone()));
        for seed in 0..10 {
            let (_, report) = opening.without_power(seed).open();
            let of_manifest = |text: &String| text.contains("MANIFEST");
            let context = format!("crash at {point}, seed {seed}: {:?}", report.damage);
            assert!(report.damage.iter().all(of_manifest), "{context}");
        }
    }
    assert_eq!(machine.vfs.operations(), before, "each opening had its own disk");
}

/// Flips a bit of the first record.
fn damage_first_record(machine: &Machine) {
    let journal = machine.files("journal").into_iter().find(|name| name.contains(".journal"));
    machine.vfs.flip_bit(&tenant("journal").join(journal.unwrap()), 64 + 16 + 9, 1).unwrap();
}

fn takes_late() -> DbOptions {
    DbOptions { out_of_order_window: Duration::from_hours(1), ..Machine::options() }
}

#[test]
fn rows_of_a_series_whose_birth_was_damaged_are_counted() {
    let machine = Machine::new(1);
    let (db, _) = machine.open_with(takes_late());
    put(&db, &labels("m", 1), T0 + 1000, 1.0);
    // From here on no record repeats the birth.
    db.sync().unwrap();
    put(&db, &labels("m", 1), T0 + 2000, 1.0);
    put(&db, &labels("m", 1), T0 + 500, 1.0);
    db.sync().unwrap();
    drop(db);
    damage_first_record(&machine);
    let (db, report) = machine.open();
    assert_eq!((report.rows, report.orphans, report.damage.len()), (0, 2, 1), "{report:?}");
    assert_eq!(dump(&db), Dump::new());
}

/// A late row is in order again when the sample that it came behind is lost.
#[test]
fn late_rows_behind_a_damaged_record_are_replayed() {
    let machine = Machine::new(1);
    let (db, _) = machine.open_with(takes_late());
    for ms in [1000, 500, 700, 300] {
        put(&db, &labels("m", 1), T0 + ms, 1.0);
    }
    drop(db);
    damage_first_record(&machine);
    let (db, report) = machine.open();
    assert_eq!((report.rows, report.orphans), (3, 0), "{report:?}");
    let times: Vec<i64> = dump(&db)[&labels("m", 1)].iter().map(|row| row.0 - T0).collect();
    assert_eq!(times, [300, 500, 700]);
}

/// No series ever has the id 0, so no record of ours brings one.
#[test]
fn a_birth_below_all_ids_does_not_stop_the_opening() {
    let (machine, all) = filled();
    let machine = machine.killed();
    let birth = [1, 0, 0, 1, 0, 1, b'a', 0, 1, b'b'];
    append_record(&machine, &[&[1][..], &[0; 8], &birth, &[0, 0, 0]].concat());
    let (db, report) = machine.open();
    assert_eq!((dump(&db), report.damage), (all, Vec::new()));
}

#[test]
fn verify_names_records_that_cannot_be_decoded_and_a_damaged_manifest() {
    let (machine, _) = filled();
    let machine = machine.killed();
    append_record(&machine, &[1, 2, 3]);
    let vfs: Arc<dyn Vfs> = Arc::new(machine.vfs.clone());
    let verify = || tsdb::inspect::verify(&vfs, Path::new(DIR)).unwrap();
    let report = verify();
    assert_eq!((report.segments, report.damage.len()), (2, 1), "{report:?}");
    assert!(report.damage[0].contains("cannot be decoded"), "{report:?}");
    machine.vfs.flip_bit(&tenant("MANIFEST"), 30, 1).unwrap();
    let report = verify();
    assert_eq!((report.segments, report.damage.len()), (0, 1), "{report:?}");
    assert!(report.damage[0].contains("cannot read manifest"), "{report:?}");
}

/// Two metrics over several pages of series, and a window more.
fn many_series() -> (Machine, Dump) {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    for n in 0..6000 {
        let metric = if n < 3000 { "first" } else { "second" };
        let mut pairs: Vec<(String, String)> =
            ('a'..='h').map(|name| (name.to_string(), format!("{n}"))).collect();
        pairs.push(("__name__".to_owned(), metric.to_owned()));
        put(&db, &Labels::from_pairs(pairs), T0, f64::from(n));
    }
    db.flush().unwrap();
    machine.at(T0 + 2 * HOUR);
    put(&db, &labels("first", 1), machine.now().ms(), 1.0);
    db.flush().unwrap();
    let all = dump(&db);
    (machine, all)
}

/// What was read before stays as it was; what cannot be read any more is told, kept and left out.
#[test]
fn inv_16_files_that_rot_while_they_are_open_cost_little_and_are_reported() {
    let (machine, all) = many_series();
    let segment = machine.segment_files().remove(0);
    let len = files(&machine).into_iter().find(|(path, _)| *path == segment).unwrap().1;
    let mut rng = SimRng::new(6);
    let mut left_out = 0;
    for round in 0..40 {
        let vfs = machine.vfs.after_kill(round);
        let machine = Machine { vfs, clock: machine.clock.clone() };
        let cache_bytes_max = [0, 300_000, 16 << 20][rng.index(3)];
        let (db, _) = machine.open_with(DbOptions { cache_bytes_max, ..Machine::options() });
        let first = [model::Matcher::equal("__name__", "first")];
        let (start, end) = (Timestamp::MIN, Timestamp::MAX);
        let before = db.select(start, end, &first, &SelectHints::default()).unwrap();
        let byte = rng.below(len);
        machine.vfs.flip_bit(&segment, byte, 3).unwrap();
        let context = format!("round {round}: byte {byte}");
        let found = dump(&db);
        assert!(is_part_of(&found, &all), "INV-16: invented samples; {context}");
        let told = warnings(&db);
        assert!(count(&found) == count(&all) || !told.is_empty(), "lost silently; {context}");
        left_out += usize::from(told.iter().any(|text| text.contains("was left out")));
        let mut samples = SampleBuf::default();
        for index in 0..before.len() {
            let labels = before.labels(index).clone();
            before.read(index, &mut samples).unwrap();
            let rows = all[&labels].iter().map(|row| row.0).collect::<Vec<_>>();
            let lost = samples.is_empty() && !before.warnings().is_empty();
            assert!(lost || samples.timestamps == rows, "INV-20: {labels}; {context}");
        }
        drop(before);
        // The attempt that meets the damage ends there.
        if db.compact_now(true).is_err() {
            db.compact_now(true).unwrap();
        }
        let later = dump(&db);
        assert!(is_part_of(&later, &found), "INV-16: {context}");
        let quarantine = tenant("quarantine");
        let kept = machine.vfs.read_dir(&quarantine).is_ok_and(|files| !files.is_empty());
        assert!(kept || count(&later) == count(&all), "not in quarantine; {context}");
    }
    assert!(left_out > 3, "{left_out} of 40 rounds hit the index");
}
