//! Restarts with the state log: nothing that was remembered is forgotten.

use super::*;
use crate::StateLog;
use std::path::Path;
use sys::sim::SimVfs;

/// A group whose changes are remembered, on a disk that outlives it.
pub(super) struct Life {
    pub(super) stage: Stage,
    disk: SimVfs,
    log: StateLog,
    rules: Vec<RuleSpec>,
}

fn open(disk: &SimVfs) -> StateLog {
    StateLog::open(Arc::new(disk.clone()), Path::new("/alerts")).unwrap().0
}

impl Life {
    pub(super) fn new(rules: Vec<RuleSpec>) -> Self {
        let disk = SimVfs::new(1);
        let log = open(&disk);
        Self { stage: Stage::new(rules.clone()), disk, log, rules }
    }

    pub(super) fn round(&mut self, instances: Vec<&str>) -> Vec<Effect> {
        let effects = self.stage.round(&Ok(instances));
        for effect in &effects {
            if let Effect::Remember(changes) = effect {
                self.log.remember(self.stage.at(), changes.clone()).unwrap();
            }
        }
        self.log.note_alive(self.stage.at()).unwrap();
        effects
    }

    /// A power cut; the machine is back after so many intervals.
    pub(super) fn restart(&mut self, intervals: u32) {
        self.disk = self.disk.after_kill(7);
        self.log = open(&self.disk);
        self.stage.round += intervals;
        let options = GroupOptions::default();
        let spec = spec(self.rules.clone());
        self.stage.group = Group::resumed(spec, options, &self.log, self.stage.at());
    }

    fn alert(&self) -> ActiveAlert {
        let (_, _, alerts) = self.stage.group.rules().next().unwrap();
        alerts[0].clone()
    }
}

#[test]
fn inv_42_a_change_is_remembered_before_anybody_is_told() {
    let mut life = Life::new(vec![alerting("Down", 0, 0)]);
    let effects = life.round(vec!["a"]);
    let told = effects.iter().position(|effect| matches!(effect, Effect::Alerts(_)));
    let remembered = effects.iter().position(|effect| matches!(effect, Effect::Remember(_)));
    assert!(remembered.unwrap() < told.unwrap());
    let same = life.round(vec!["a"]);
    assert!(!same.iter().any(|effect| matches!(effect, Effect::Remember(_))), "nothing changed");
}

#[test]
fn a_pending_alert_goes_on_without_the_downtime() {
    let mut life = Life::new(vec![alerting("Down", 75, 0)]);
    life.round(vec!["a"]);
    life.round(vec!["a"]);
    life.restart(4);
    assert_eq!(life.stage.states(), ["a pending"]);
    // 15 s before the restart, the downtime of 60 s does not count, 60 s after it.
    for _ in 0..3 {
        life.round(vec!["a"]);
        assert_eq!(life.stage.states(), ["a pending"]);
    }
    assert_eq!(sent(&life.round(vec!["a"])).len(), 1);
    assert_eq!(life.stage.states(), ["a firing"]);
}

#[test]
fn a_firing_alert_keeps_its_beginning_and_is_told_again() {
    let mut life = Life::new(vec![alerting("Down", 0, 0)]);
    let first = life.round(vec!["a"]);
    let began = sent(&first)[0].starts_at;
    life.restart(2);
    let again = life.round(vec!["a"]);
    let told = sent(&again);
    assert_eq!((told.len(), told[0].starts_at, told[0].resolved), (1, began, false));
    assert_eq!(written(&again).len(), 2, "its series go on at once");
}

#[test]
fn what_is_not_scraped_yet_is_not_resolved_and_later_it_is() {
    let mut life = Life::new(vec![alerting("Down", 0, 0)]);
    life.round(vec!["a"]);
    life.restart(1);
    for _ in 0..4 {
        let effects = life.round(vec![]);
        assert!(sent(&effects).iter().all(|alert| !alert.resolved));
        assert_eq!(life.stage.states(), ["a firing"]);
    }
    let effects = life.round(vec![]);
    assert!(sent(&effects)[0].resolved);
    assert_eq!(life.stage.states(), ["a inactive"]);
}

#[test]
fn an_alert_kept_firing_goes_on_being_kept() {
    let mut life = Life::new(vec![alerting("Down", 0, 600)]);
    life.round(vec!["a"]);
    life.round(vec![]);
    let since = life.alert().keep_firing_since;
    life.restart(2);
    assert_eq!((life.alert().keep_firing_since, life.alert().state), (since, AlertState::Firing));
    for _ in 0..36 {
        life.round(vec![]);
    }
    assert_eq!(life.stage.states(), ["a firing"]);
    for _ in 0..4 {
        life.round(vec![]);
    }
    assert_eq!(life.stage.states(), ["a inactive"]);
}

#[test]
fn an_end_that_was_not_told_is_told_after_any_downtime() {
    let mut life = Life::new(vec![alerting("Down", 0, 0)]);
    life.round(vec!["a"]);
    life.round(vec![]);
    let ended = life.alert().resolved_at.unwrap();
    life.restart(10_000);
    let effects = life.round(vec![]);
    let told = sent(&effects);
    assert_eq!((told.len(), told[0].resolved, told[0].ends_at), (1, true, ended));
    for _ in 0..6 {
        life.round(vec![]);
    }
    assert_eq!(life.stage.states(), Vec::<String>::new(), "and then forgotten");
    life.restart(1);
    assert_eq!(life.stage.states(), Vec::<String>::new(), "also on disk");
}

#[test]
fn after_a_long_outage_nobody_waits_on() {
    let mut life = Life::new(vec![alerting("Down", 600, 0)]);
    life.round(vec!["a"]);
    life.restart(300);
    assert_eq!(life.stage.states(), Vec::<String>::new());
    life.round(vec!["a"]);
    assert_eq!(life.alert().active_at, life.stage.at());
}

#[test]
fn above_its_limit_a_rule_forgets_on_disk_too() {
    let mut life = Life::new(vec![alerting("Down", 0, 0)]);
    let limited = GroupSpec { limit: 1, ..spec(life.rules.clone()) };
    life.stage.group = Group::new(limited, GroupOptions::default());
    life.round(vec!["a"]);
    life.round(vec!["a", "b"]);
    life.restart(1);
    assert_eq!(life.stage.states(), Vec::<String>::new());
}
