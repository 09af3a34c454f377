//! Thousands of lives of a journal, each ended by a power cut or a kill at a random operation,
//! checked against an oracle that remembers what was acknowledged.
//! A failure prints its seed; `run(seed)` repeats it byte for byte.

use crate::world::{EIO, Opened, try_open};
use journal::{Damage, Journal, JournalOptions, Position};
use std::collections::BTreeMap;
use sys::sim::{OpKind, SimRng, SimVfs};

/// Seeds of an ordinary run; `FLYBALL_SIM_SEEDS` asks for another number.
const SEEDS: u64 = 4000;

fn seeds() -> u64 {
    let wanted = std::env::var("FLYBALL_SIM_SEEDS").ok();
    wanted.and_then(|text| text.parse().ok()).unwrap_or(SEEDS)
}

/// What is known about a record, by its number; numbers grow in the order of appending.
#[derive(Clone, Copy, Debug)]
struct Fate {
    /// The process that appended it.
    life: u32,
    acknowledged: bool,
    synced: bool,
    /// A truncation may have removed it.
    expendable: bool,
    position: Position,
}

#[derive(Default)]
struct Oracle {
    fates: BTreeMap<u64, Fate>,
    next: u64,
    life: u32,
    /// A sync failed and none succeeded since: the page cache may have lost what was not synced.
    shaky: bool,
    /// Places that earlier power cuts damaged: unsynced records lost before later ones.
    damage: Vec<Damage>,
}

fn payload(number: u64) -> Vec<u8> {
    let mut bytes = number.to_le_bytes().to_vec();
    let mut rng = SimRng::new(number);
    let filler = rng.index(90);
    bytes.extend((0..filler).map(|_| rng.next_u64().to_le_bytes()[0]));
    bytes
}

impl Oracle {
    fn append(&mut self, journal: &mut Journal, count: usize) {
        let numbers: Vec<u64> = (self.next..).take(count).collect();
        self.next += count as u64;
        let payloads: Vec<_> = numbers.iter().map(|number| payload(*number)).collect();
        let slices: Vec<&[u8]> = payloads.iter().map(Vec::as_slice).collect();
        let failures = journal.stats().sync_failures;
        let outcome = journal.append_all(&slices);
        self.notice(outcome.is_ok(), journal.stats().sync_failures > failures);
        for number in numbers {
            let fate = Fate {
                life: self.life,
                acknowledged: outcome.is_ok(),
                synced: false,
                expendable: false,
                position: outcome.as_ref().copied().unwrap_or_default(),
            };
            self.fates.insert(number, fate);
        }
    }

    fn sync(&mut self, journal: &Journal) {
        let failures = journal.stats().sync_failures;
        let outcome = journal.sync();
        self.notice(outcome.is_ok(), journal.stats().sync_failures > failures);
        if outcome.is_ok() {
            self.fates.values_mut().for_each(|fate| fate.synced |= fate.acknowledged);
        }
    }

    /// Whoever succeeds has saved the records of a failed sync first.
    fn notice(&mut self, succeeded: bool, sync_failed: bool) {
        self.shaky = !succeeded && (self.shaky || sync_failed);
    }

    fn truncate(&mut self, journal: &mut Journal, rng: &mut SimRng) {
        let places: Vec<_> = self.fates.values().map(|fate| fate.position).collect();
        if places.is_empty() {
            return;
        }
        let border = places[rng.index(places.len())];
        for fate in self.fates.values_mut() {
            fate.expendable |= fate.position.segment < border.segment;
        }
        drop(journal.truncate_before(border)); // partial work is covered by `expendable`
    }

    /// Compares what a new process found with what the dead one was told.
    fn check(&mut self, opened: &Opened, power_cut: bool, context: &str) {
        let mut found = Vec::new();
        for (position, bytes) in &opened.records {
            let number = u64::from_le_bytes(bytes[..8].try_into().unwrap());
            assert_eq!(bytes, &payload(number), "{context}: invented bytes");
            assert!(self.fates.contains_key(&number), "{context}: invented record {number}");
            assert!(found.last() < Some(&number), "{context}: {number} doubled or out of order");
            found.push(number);
            self.fates.get_mut(&number).unwrap().position = *position;
        }
        for (number, fate) in &self.fates {
            let promised = fate.synced || (fate.acknowledged && !power_cut && !self.shaky);
            let is_there = found.binary_search(number).is_ok();
            assert!(is_there || !promised || fate.expendable, "{context}: lost {number} {fate:?}");
            if is_there && !fate.acknowledged {
                let later =
                    |other: &&u64| **other > *number && self.fates[*other].life == fate.life;
                let later = found.iter().find(|n| later(n) && self.fates[*n].acknowledged);
                assert_eq!(later, None, "{context}: failed record {number} before a later one");
            }
        }
        let new_damage = opened.recovery.damage.iter().find(|place| !self.damage.contains(place));
        if !power_cut && !self.shaky {
            assert_eq!(new_damage, None, "{context}: a kill damages nothing");
        }
        self.damage.clone_from(&opened.recovery.damage);
        self.fates.retain(|number, _| found.binary_search(number).is_ok());
        for fate in self.fates.values_mut() {
            // Opening synced what it read; but pages that a failed sync left behind are clean to
            // the kernel and on no disk, and no later process can know.
            let expendable = fate.expendable || (self.shaky && !fate.synced);
            *fate = Fate { acknowledged: true, synced: true, expendable, ..*fate };
        }
        self.shaky = false;
        self.life += 1;
    }
}

fn step(oracle: &mut Oracle, journal: &mut Journal, vfs: &SimVfs, rng: &mut SimRng) {
    match rng.below(32) {
        0 => vfs.fail(OpKind::Write, rng.below(3), 1 + rng.below(2), EIO),
        1 => vfs.fail(OpKind::SyncData, rng.below(2), 1 + rng.below(3), EIO),
        2 => vfs.fail(OpKind::SetLen, 0, 1, EIO),
        3 => vfs.set_available(rng.below(2000)),
        4 | 5 => vfs.set_capacity(None),
        6 => vfs.fail(OpKind::Create, 0, 1, EIO),
        7 => vfs.fail(OpKind::SyncDir, 0, 1, EIO),
        8 => vfs.fail(OpKind::Rename, 0, 1, EIO),
        9 => journal.rotate(),
        10 => oracle.truncate(journal, rng),
        11..=15 => oracle.sync(journal),
        16..=18 => oracle.append(journal, 1 + rng.index(6)),
        _ => oracle.append(journal, 1),
    }
}

fn run(seed: u64) -> Vec<String> {
    let mut rng = SimRng::new(seed);
    let options = JournalOptions {
        segment_bytes_max: 100 + rng.below(1000),
        record_bytes_max: 1000,
        unsynced_bytes_max: 200 + rng.below(2000),
        reserve_bytes: [0, 3000][rng.index(2)],
    };
    let mut vfs = SimVfs::new(seed);
    let mut oracle = Oracle::default();
    let mut traces = Vec::new();
    for life in 0..3 {
        vfs.start_trace();
        vfs.set_short_io([0, 300][rng.index(2)]);
        let crash_point = vfs.operations() + rng.below(120);
        vfs.crash_at(crash_point);
        if let Ok(mut opened) = try_open(&vfs, options) {
            for _ in 0..200 {
                if vfs.crashed() {
                    break;
                }
                step(&mut oracle, &mut opened.journal, &vfs, &mut rng);
            }
        }
        traces.push(vfs.trace());
        let power_cut = rng.coin();
        let image = rng.next_u64();
        vfs = if power_cut { vfs.after_crash(image) } else { vfs.after_kill(image) };
        vfs.set_capacity(None);
        let context = format!("seed {seed} life {life} power cut {power_cut}");
        let opened = try_open(&vfs, options).expect(&context);
        oracle.check(&opened, power_cut, &context);
        let listing = vfs.listing();
        let again = try_open(&vfs, options).expect(&context);
        assert_eq!(again.records, opened.records, "{context}: reopened");
        assert_eq!(again.recovery, opened.recovery, "{context}: reopened");
        assert_eq!(vfs.listing(), listing, "{context}: reopened");
    }
    traces
}

#[test]
fn what_was_acknowledged_is_there_after_every_crash() {
    for seed in 0..seeds() {
        run(seed);
    }
}

#[test]
fn a_seed_is_a_whole_life() {
    for seed in 0..20 {
        assert_eq!(run(seed), run(seed), "seed {seed}");
    }
}

/// One fixed life, cut at every single operation it has, with many surviving images each.
#[test]
fn every_crash_point_of_an_ordinary_life() {
    let life = |vfs: &SimVfs| {
        let mut oracle = Oracle::default();
        let options = JournalOptions { segment_bytes_max: 300, ..crate::world::small() };
        if let Ok(mut opened) = try_open(vfs, options) {
            for round in 0..8 {
                oracle.append(&mut opened.journal, 3);
                oracle.append(&mut opened.journal, 1);
                if round == 2 {
                    vfs.set_available(100);
                }
                if round == 4 {
                    vfs.set_capacity(None);
                    vfs.fail(OpKind::SyncData, 0, 1, EIO);
                }
                oracle.sync(&opened.journal);
            }
        }
        oracle
    };
    let whole = SimVfs::new(1);
    life(&whole);
    for point in 0..=whole.operations() {
        for seed in 0..40 {
            for power_cut in [false, true] {
                let vfs = SimVfs::new(1);
                vfs.crash_at(point);
                let mut oracle = life(&vfs);
                let vfs = if power_cut { vfs.after_crash(seed) } else { vfs.after_kill(seed) };
                vfs.set_capacity(None);
                let context = format!("point {point} seed {seed} power cut {power_cut}");
                let opened = try_open(&vfs, crate::world::small()).expect(&context);
                oracle.check(&opened, power_cut, &context);
            }
        }
    }
}
