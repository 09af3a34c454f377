//! The log over a simulated disk: power cuts at any moment, with a receiver who notes what it hears.

mod world;

use super::*;
use crate::change::Everything;
use crate::stage::{Stage, settings};
use crate::{Dispatcher, Event};
use sys::sim::{OpKind, SimVfs};
use world::World;

const CONFIG: &str = "
route: {receiver: ops, group_by: [alertname], group_wait: 1s, group_interval: 2s, repeat_interval: 1h}
receivers:
- name: ops
  webhook_configs: [{url: 'http://ops'}]
";

fn dir() -> &'static Path {
    Path::new("/data/alertmanager")
}

fn open(vfs: &SimVfs) -> (AlertLog, Saved) {
    let (log, saved, recovery) = AlertLog::open(Arc::new(vfs.clone()), dir()).unwrap();
    assert_eq!(recovery.damage_total, 0);
    (log, saved)
}

fn remember(log: &mut AlertLog, changes: &[Change]) -> Result<(), JournalError> {
    log.append(changes)?;
    log.syncer().sync().map(drop)
}

/// The changes of an alert that fires, is told of, silenced and ends.
fn changes() -> Vec<Change> {
    let mut stage = Stage::new(CONFIG);
    stage.fire(&[("alertname", "Down"), ("instance", "a\"b")]);
    stage.run_until(2.0);
    stage.silence("alertname=~\"Do.*\", instance!=\"b\"", 100.0);
    stage.resolve(&[("alertname", "Down"), ("instance", "a\"b")]);
    stage.run_until(10.0);
    stage.written
}

#[test]
fn what_is_read_is_what_was_written() {
    let vfs = SimVfs::new(1);
    let (mut log, _) = open(&vfs);
    let changes = changes();
    assert!(changes.len() >= 6, "{changes:?}");
    for change in &changes {
        remember(&mut log, std::slice::from_ref(change)).unwrap();
    }
    let mut expected = Saved::default();
    for change in changes {
        expected.apply(change);
    }
    let (_, saved) = open(&vfs.after_crash(2));
    assert_eq!(all(&saved), all(&expected));
    assert_eq!((saved.alerts(), saved.silences()), (1, 1));
}

fn all(saved: &Saved) -> Vec<Change> {
    let Saved { alerts, silences, log, history, letters, past, .. } = saved;
    let alerts = alerts.values().collect();
    Everything { alerts, past, silences, log, history, letters }.changes()
}

#[test]
fn a_log_that_is_long_is_folded_and_leads_to_the_same_state() {
    let vfs = SimVfs::new(1);
    let (mut log, _) = open(&vfs);
    log.fold_bytes_min = 20_000;
    let changes = changes();
    let mut saved = Saved::default();
    for _ in 0..1000 {
        remember(&mut log, &changes).unwrap();
        changes.iter().cloned().for_each(|change| saved.apply(change));
        // Decisions are the only thing here that grows without an end.
        saved.history = crate::history::History::default();
        if log.is_long() {
            log.fold(&all(&saved)).unwrap();
        }
    }
    let bytes: u64 = vfs.listing().iter().map(|(_, bytes)| bytes).sum();
    assert!(bytes < 200_000, "{:?}", vfs.listing());
    let (_, read) = open(&vfs.after_crash(2));
    assert_eq!((read.alerts(), read.silences()), (1, 1));
}

/// A snapshot that is too long for a record is left out, and costs nothing that was written before.
#[test]
fn a_state_too_long_for_one_record_stays_in_the_log() {
    let vfs = SimVfs::new(1);
    let (mut log, _) = open(&vfs);
    remember(&mut log, &changes()).unwrap();
    let (_, saved) = open(&vfs);
    let snapshot = record::encode(true, &all(&saved)).len();
    log.record_bytes_max = snapshot - 1;
    log.fold(&all(&saved)).unwrap();
    assert_eq!(log.snapshot_bytes, 0, "it was not written");
    assert_eq!(all(&open(&vfs.after_crash(2)).1), all(&saved));
    log.record_bytes_max = snapshot;
    log.fold(&all(&saved)).unwrap();
    assert_eq!(log.snapshot_bytes, snapshot as u64, "one that just fits is");
    assert_eq!(all(&open(&vfs.after_crash(2)).1), all(&saved));
}

#[test]
fn a_failed_write_is_told() {
    let vfs = SimVfs::new(1);
    let (mut log, _) = open(&vfs);
    vfs.fail(OpKind::SyncData, 0, u64::MAX, 5);
    assert!(remember(&mut log, &changes()).is_err());
    assert!(log.fold(&changes()).is_err());
    vfs.heal(OpKind::SyncData);
    let (mut log, _) = open(&vfs);
    vfs.fail(OpKind::Write, 0, 1, 5);
    assert!(remember(&mut log, &changes()).is_err(), "INV-53");
    assert!(remember(&mut log, &changes()).is_ok());
}

/// What came before a snapshot does not count any more, also where the files of it are still there.
#[test]
fn a_snapshot_begins_anew() {
    let vfs = SimVfs::new(1);
    let (mut log, _) = open(&vfs);
    remember(&mut log, &changes()).unwrap();
    log.journal.append(&record::encode(true, &[])).unwrap();
    log.journal.sync().unwrap();
    let (log, saved) = open(&vfs);
    assert_eq!((saved.alerts(), log.snapshot_bytes > 0), (0, true));
}

#[test]
fn a_record_that_is_none_is_set_aside() {
    let vfs = SimVfs::new(1);
    let options = JournalOptions { segment_bytes_max: 4 << 20, ..JournalOptions::default() };
    let mut none = |_, _: &[u8]| Ok(Replayed::Taken);
    let (mut journal, _) = Journal::open(Arc::new(vfs.clone()), dir(), options, &mut none).unwrap();
    journal.append(b"{\"changes\":[{\"nothing\":1}]}").unwrap();
    journal.sync().unwrap();
    let (_, saved, recovery) = AlertLog::open(Arc::new(vfs), dir()).unwrap();
    assert_eq!((saved.alerts(), recovery.damage_total), (0, 1));
}

#[test]
fn inv_53_no_power_cut_loses_a_page_or_an_end() {
    for seed in 0..seeds() {
        World::new(seed).run();
    }
}

fn seeds() -> u64 {
    std::env::var("FLYBALL_SIM_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(400)
}

/// A dispatcher that goes on from what is on the disk.
fn restored(stage: &Stage, saved: Saved) -> Dispatcher {
    let mut dispatcher = Dispatcher::new(&settings(CONFIG)).unwrap();
    dispatcher.restore(stage.moment(), saved);
    dispatcher
}

#[test]
fn a_kill_between_two_steps_repeats_nothing() {
    let vfs = SimVfs::new(1);
    let (mut log, _) = open(&vfs);
    let mut stage = Stage::new(CONFIG);
    stage.fire(&[("alertname", "Down")]);
    stage.run_until(2.0);
    remember(&mut log, &stage.written).unwrap();
    let (_, saved) = open(&vfs.after_crash(7));
    stage.dispatcher = restored(&stage, saved);
    stage.step(Event::Tick);
    stage.run_until(100.0);
    assert_eq!(stage.heard, ["1s ops +Down (first notification)"]);
}
