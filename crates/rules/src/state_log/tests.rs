//! The state log on a disk that dies at any operation.

use super::*;
use crate::alert::AlertState;
use crate::saved::tests::{alert, key};
use model::Labels;
use sys::sim::{OpKind, SimVfs};

const EIO: i32 = 5;
const DIR: &str = "/data/alerts";

fn open(vfs: &SimVfs) -> StateLog {
    let (mut log, recovery) = StateLog::open(Arc::new(vfs.clone()), Path::new(DIR)).unwrap();
    assert_eq!(recovery.damage_total, 0, "{recovery:?}");
    log.fold_bytes_min = 600;
    log
}

/// The steps of a life: rule, instance, and what becomes of it.
fn changes(step: u64) -> RuleChanges {
    let states = [AlertState::Pending, AlertState::Firing, AlertState::Inactive];
    let instance = ["a", "b", "c", "d"][usize::try_from(step % 4).unwrap()];
    let state = states.get(usize::try_from(step / 4 % 4).unwrap());
    let (labels, alert) = alert(instance, state.copied().unwrap_or(AlertState::Firing));
    let name = if step.is_multiple_of(3) { "A" } else { "B" };
    RuleChanges { key: key(name), alerts: vec![(labels, state.map(|_| alert))] }
}

type Rules = BTreeMap<RuleKey, SavedAlerts>;

/// Lives until the disk dies: what was acknowledged, and the same with what was under way.
fn live(vfs: &SimVfs, steps: u64) -> (Rules, Rules) {
    let (mut known, mut hoped) = (Rules::new(), Rules::new());
    let Ok((mut log, _)) = StateLog::open(Arc::new(vfs.clone()), Path::new(DIR)) else {
        return (known, hoped);
    };
    log.fold_bytes_min = 600;
    for step in 0..steps {
        let now = Timestamp::from_ms(i64::try_from(step).unwrap());
        let done = if step % 7 == 6 {
            log.note_alive(now)
        } else if step % 23 == 22 {
            hoped.retain(|known, _| *known == key("A"));
            log.retain(now, |known| *known == key("A"))
        } else {
            apply(&mut hoped, changes(step));
            log.remember(now, changes(step))
        };
        if done.is_err() {
            break;
        }
        known.clone_from(&hoped);
    }
    (known, hoped)
}

#[test]
fn inv_42_a_crash_at_any_operation_loses_nothing_that_was_acknowledged() {
    const STEPS: u64 = 70;
    let whole = SimVfs::new(1);
    let (expected, _) = live(&whole, STEPS);
    assert_eq!(open(&whole).rules, expected);
    let operations = whole.operations();
    assert!(operations > 200, "{operations}");
    for operation in 0..operations {
        for seed in 0..4 {
            let vfs = SimVfs::new(1);
            vfs.crash_at(operation);
            let (known, hoped) = live(&vfs, STEPS);
            let disk = if seed == 0 { vfs.after_kill(seed) } else { vfs.after_crash(seed) };
            let found = open(&disk).rules;
            assert!(found == known || found == hoped, "operation {operation}, seed {seed}");
            assert_eq!(open(&disk).rules, found, "opened twice");
        }
    }
}

#[test]
fn the_log_is_folded_and_stays_short() {
    let vfs = SimVfs::new(1);
    let mut log = open(&vfs);
    for step in 0..2_000 {
        log.remember(Timestamp::from_ms(0), changes(step)).unwrap();
        assert!(log.journal.len_bytes() < 4_000 + 3 * log.snapshot_bytes);
    }
    let alerts = log.rules.clone();
    assert_eq!(open(&vfs).rules, alerts);
}

/// A snapshot that is too long for a record is left out, and costs nothing that was written before.
#[test]
fn a_state_too_long_for_one_record_stays_in_the_log() {
    let vfs = SimVfs::new(1);
    let mut log = open(&vfs);
    log.record_bytes_max = 300;
    for step in 0..200 {
        log.remember(Timestamp::from_ms(0), changes(step)).unwrap();
    }
    assert_eq!(log.snapshot_bytes, 0, "never folded");
    assert_eq!(open(&vfs.after_crash(1)).rules, log.rules);
    let snapshot = Record::Snapshot(Timestamp::from_ms(1), log.rules.clone()).encode().len();
    log.record_bytes_max = snapshot;
    log.fold(Timestamp::from_ms(1)).unwrap();
    assert_eq!(log.snapshot_bytes, snapshot as u64, "one that just fits is written");
    assert_eq!(open(&vfs.after_crash(1)).rules, log.rules);
}

#[test]
fn a_failed_write_is_told_and_the_change_comes_with_the_next_snapshot() {
    let vfs = SimVfs::new(1);
    let mut log = open(&vfs);
    log.remember(Timestamp::from_ms(0), changes(0)).unwrap();
    vfs.fail(OpKind::Write, 0, 1, EIO);
    assert!(log.remember(Timestamp::from_ms(1), changes(1)).is_err());
    vfs.heal(OpKind::Write);
    log.fold(Timestamp::from_ms(2)).unwrap();
    assert_eq!(open(&vfs).rules, log.rules);
    assert_eq!(log.alerts(&key("B")).map(BTreeMap::len), Some(1));
}

#[test]
fn the_time_of_the_last_sign_of_life_is_known() {
    let vfs = SimVfs::new(1);
    let mut log = open(&vfs);
    assert_eq!(log.alive_at(), None);
    log.note_alive(Timestamp::from_ms(5_000)).unwrap();
    assert_eq!(open(&vfs.after_kill(1)).alive_at(), Some(Timestamp::from_ms(5_000)));
    assert!(log.alerts(&key("A")).is_none());
    let unknown = Labels::empty();
    log.remember(Timestamp::MIN, RuleChanges { key: key("A"), alerts: vec![(unknown, None)] })
        .unwrap();
    assert!(open(&vfs).alerts(&key("A")).is_some_and(BTreeMap::is_empty));
}

/// Whichever operation of the disk fails: it is told.
#[test]
fn inv_42_nothing_is_acknowledged_that_is_not_on_the_disk() {
    type Step = fn(&mut StateLog) -> Result<(), JournalError>;
    let now = Timestamp::from_ms(9);
    let remember: Step = |log| log.remember(Timestamp::from_ms(9), changes(1));
    let steps: [(OpKind, Step); 4] = [
        (OpKind::SyncData, remember),
        (OpKind::Write, |log| log.note_alive(Timestamp::from_ms(9))),
        (OpKind::Write, |log| log.retain(Timestamp::from_ms(9), |_| false)),
        (OpKind::SyncData, |log| log.fold(Timestamp::from_ms(9))),
    ];
    for (kind, step) in steps {
        let vfs = SimVfs::new(1);
        let mut log = open(&vfs);
        log.fold_bytes_min = 1 << 20;
        log.remember(now, changes(0)).unwrap();
        vfs.fail(kind, 0, 1000, EIO);
        assert!(step(&mut log).is_err(), "INV-42: {kind:?}");
    }
}

#[test]
fn rules_that_are_gone_are_forgotten_on_disk_too() {
    let vfs = SimVfs::new(1);
    let mut log = open(&vfs);
    log.fold_bytes_min = 1 << 20;
    for step in 0..4 {
        log.remember(Timestamp::from_ms(0), changes(step)).unwrap();
    }
    let operations = vfs.operations();
    log.retain(Timestamp::from_ms(1), |_| true).unwrap();
    assert_eq!(vfs.operations(), operations, "nothing was to be forgotten");
    log.retain(Timestamp::from_ms(1), |rule| *rule == key("A")).unwrap();
    for log in [&log, &open(&vfs)] {
        assert!(log.alerts(&key("A")).is_some() && log.alerts(&key("B")).is_none());
    }
    log.note_alive(Timestamp::from_ms(7)).unwrap();
    assert_eq!(log.alive_at(), Some(Timestamp::from_ms(7)));
}

/// Folding less often than the snapshot doubles keeps the writing in proportion.
#[test]
fn a_log_is_folded_when_it_is_twice_as_long_as_its_snapshot() {
    let vfs = SimVfs::new(1);
    let mut log = open(&vfs);
    log.fold_bytes_min = 0;
    let mut folds = 0;
    for step in 0..400 {
        let before = log.journal.len_bytes();
        log.remember(Timestamp::from_ms(0), changes(step)).unwrap();
        folds += usize::from(log.journal.len_bytes() < before);
    }
    assert!((10..200).contains(&folds), "{folds}");
}
