//! A world with a sender, a dispatcher on a simulated disk that loses its power now and then, and
//! a receiver; at the end the receiver must know the truth.
//! The sender repeats itself until it is acknowledged, and renews what fires.

use super::{AlertLog, CONFIG, dir};
use crate::stage::{alert, settings};
use crate::{
    Compat, Delivery, Dispatcher, Effect, Event, Moment, Notification, Saved, Settings, Silence,
};
use model::{Matcher, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;
use sys::sim::{SimRng, SimVfs};

const NAMES: [&str; 2] = ["HostDown", "DiskFull"];
const INSTANCES: [&str; 3] = ["a", "b", "c"];
type Key = (&'static str, &'static str);

/// What the sender knows of an alert.
#[derive(Clone, Copy, Debug)]
struct Truth {
    starts_at: Timestamp,
    ended_at: Option<Timestamp>,
    acknowledged: bool,
}

pub(super) struct World {
    seed: u64,
    rng: SimRng,
    vfs: SimVfs,
    log: AlertLog,
    dispatcher: Dispatcher,
    settings: Settings,
    ms: i64,
    truth: BTreeMap<Key, Truth>,
    /// What the receiver heard last of each alert: does it fire?
    told: BTreeMap<(String, String), bool>,
    /// Messages as texts, to find those that came twice.
    messages: BTreeSet<String>,
    twice: u64,
    crashes: u64,
    silences: u64,
    receiver_fails: u32,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let vfs = SimVfs::new(seed);
        let settings =
            Settings { compat: Compat::Improved, ..settings(&CONFIG.replace("1h", "30d")) };
        let (log, _, _) = AlertLog::open(Arc::new(vfs.clone()), dir()).unwrap();
        Self {
            seed,
            rng: SimRng::new(seed),
            vfs,
            log,
            dispatcher: Dispatcher::new(&settings).unwrap(),
            settings,
            ms: 0,
            truth: BTreeMap::new(),
            told: BTreeMap::new(),
            messages: BTreeSet::new(),
            twice: 0,
            crashes: 0,
            silences: 0,
            receiver_fails: 0,
        }
    }

    pub(super) fn run(&mut self) {
        for _ in 0..120 {
            self.something_happens();
        }
        self.receiver_fails = 0;
        let ids: Vec<String> = self.dispatcher.silences().into_iter().map(|s| s.id).collect();
        for id in ids {
            let mut effects = Vec::new();
            // Those that are over already cannot be ended.
            drop(self.dispatcher.expire_silence(self.moment(), &id, &mut effects));
            self.carry_out(effects);
        }
        self.heal();
        for _ in 0..60 {
            self.pass(1000);
            self.send_all();
        }
        self.check();
    }

    fn moment(&self) -> Moment {
        Moment { wall: self.now(), monotonic: Duration::from_millis(self.ms.unsigned_abs()) }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_ms(1_700_000_000_000 + self.ms)
    }

    fn something_happens(&mut self) {
        match self.rng.below(16) {
            0..=3 => self.begin(),
            4..=6 => self.end(),
            7 => self.silence(),
            8 => self.receiver_fails = 200,
            9 => self.receiver_fails = 0,
            10 => self.vfs.crash_at(self.vfs.operations() + self.rng.below(6)),
            11 => self.dispatcher.reroute(self.moment(), &self.settings.clone()).unwrap(),
            12 => {
                let all = self.dispatcher.save();
                if self.log.fold(&all).is_err() {
                    self.restart();
                }
            }
            _ => {}
        }
        let waits = self.rng.below(1500);
        self.pass(i64::try_from(waits).unwrap());
        self.send_all();
    }

    fn any(&mut self) -> Key {
        (NAMES[self.rng.index(2)], INSTANCES[self.rng.index(3)])
    }

    fn begin(&mut self) {
        let key = self.any();
        let fires = self.truth.get(&key).is_some_and(|truth| truth.ended_at.is_none());
        if !fires && self.truth.get(&key).is_none_or(|truth| truth.acknowledged) {
            let truth = Truth { starts_at: self.now(), ended_at: None, acknowledged: false };
            self.truth.insert(key, truth);
        }
    }

    fn end(&mut self) {
        let (key, now) = (self.any(), self.now());
        let Some(truth) = self.truth.get_mut(&key) else { return };
        if truth.ended_at.is_none() && truth.acknowledged {
            (truth.ended_at, truth.acknowledged) = (Some(now), false);
        }
    }

    /// Sends what is not acknowledged, and renews what fires: one request after another, or some
    /// at once, which then share a sync.
    fn send_all(&mut self) {
        let is_wanted = |truth: &Truth| !truth.acknowledged || truth.ended_at.is_none();
        let wanted = self.truth.iter().filter(|(_, truth)| is_wanted(truth));
        let wanted: Vec<(Key, Truth)> = wanted.map(|(key, truth)| (*key, *truth)).collect();
        let at_once = 1 + self.rng.index(3);
        for requests in wanted.chunks(at_once) {
            let now = self.now();
            let mut effects = Vec::new();
            let all_written = requests.iter().all(|(key, truth)| {
                let later = || now.saturating_add(Duration::from_mins(4));
                let labels = [("alertname", key.0), ("instance", key.1)];
                let ends_at = truth.ended_at.unwrap_or_else(later);
                let alert = alert(&labels, truth.starts_at, Some(ends_at), now);
                self.write_down(Event::Alerts(vec![alert]), &mut effects)
            });
            if all_written && self.sync_and_tell(effects) {
                for (key, _) in requests {
                    self.truth.get_mut(key).unwrap().acknowledged = true;
                }
            }
        }
    }

    fn silence(&mut self) {
        self.silences += 1;
        let (instance, lasts) = (INSTANCES[self.rng.index(3)], self.rng.below(10_000));
        let silence = Silence {
            id: String::new(),
            matchers: vec![Matcher::equal("instance", instance)],
            starts_at: self.now(),
            ends_at: self.now().saturating_add(Duration::from_millis(lasts + 1)),
            updated_at: self.now(),
            created_by: "ops".into(),
            comment: String::new(),
            annotations: Vec::new(),
        };
        let mut effects = Vec::new();
        let id = format!("silence-{}", self.silences);
        self.dispatcher.set_silence(self.moment(), silence, id, &mut effects).unwrap();
        self.carry_out(effects);
    }

    fn pass(&mut self, ms: i64) {
        let end = self.ms + ms;
        while let Some(wake) = self.dispatcher.next_wake() {
            let wake = (wake.ms() - 1_700_000_000_000).max(self.ms);
            if wake > end {
                break;
            }
            self.ms = wake;
            self.step(Event::Tick);
        }
        self.ms = end;
        self.step(Event::Tick);
    }

    /// Was everything carried out?
    fn step(&mut self, event: Event) -> bool {
        let mut effects = Vec::new();
        self.write_down(event, &mut effects) && self.sync_and_tell(effects)
    }

    fn carry_out(&mut self, effects: Vec<Effect>) -> bool {
        let mut messages = Vec::new();
        self.append(effects, &mut messages) && self.sync_and_tell(messages)
    }

    /// Steps and appends the changes; what is left of the effects waits for the sync.
    fn write_down(&mut self, event: Event, left: &mut Vec<Effect>) -> bool {
        let mut effects = Vec::new();
        self.dispatcher.step(self.moment(), event, &mut effects);
        self.append(effects, left)
    }

    fn append(&mut self, effects: Vec<Effect>, left: &mut Vec<Effect>) -> bool {
        for effect in effects {
            match effect {
                Effect::Remember(changes) => {
                    if self.log.append(&changes).is_err() {
                        self.restart();
                        return false;
                    }
                }
                Effect::Notify { .. } | Effect::GaveUp { .. } => left.push(effect),
            }
        }
        true
    }

    fn sync_and_tell(&mut self, effects: Vec<Effect>) -> bool {
        if self.log.syncer().sync().is_err() {
            self.restart();
            return false;
        }
        for effect in effects {
            let Effect::Notify { ticket, notification, .. } = effect else { continue };
            let delivery = self.receive(&notification);
            if !self.step(Event::Delivered(ticket, delivery, String::new())) {
                return false;
            }
        }
        true
    }

    fn receive(&mut self, notification: &Notification) -> Delivery {
        if self.rng.chance(self.receiver_fails) {
            let again = Delivery::Retry { after: None };
            return if self.rng.coin() { again } else { Delivery::Refused };
        }
        let mut text = notification.group_key.clone();
        for alert in &notification.alerts {
            let key = |name: &str| alert.labels.value(name).to_owned();
            self.told.insert((key("alertname"), key("instance")), alert.firing);
            let (labels, starts, ends) = (&alert.labels, alert.starts_at, alert.ends_at);
            write!(text, " {labels} {starts:?} {ends:?}").unwrap();
        }
        if !self.messages.insert(text) {
            self.twice += 1;
        }
        Delivery::Accepted { receiver_data: BTreeMap::new() }
    }

    fn restart(&mut self) {
        assert!(self.vfs.crashed(), "seed {}: nothing else may fail", self.seed);
        self.crashes += 1;
        self.vfs = self.vfs.after_crash(self.rng.next_u64());
        // What was under way may be torn; what was acknowledged must be there, as `check` will see.
        let (log, saved, _) = AlertLog::open(Arc::new(self.vfs.clone()), dir()).unwrap();
        self.log = log;
        self.start(saved);
    }

    fn start(&mut self, saved: Saved) {
        self.dispatcher = Dispatcher::new(&self.settings).unwrap();
        self.dispatcher.restore(self.moment(), saved);
    }

    fn heal(&mut self) {
        self.vfs.crash_at(u64::MAX);
    }

    /// The receiver knows the truth, and hardly heard anything twice.
    fn check(&self) {
        let seed = self.seed;
        for ((name, instance), truth) in &self.truth {
            let told = self.told.get(&((*name).to_owned(), (*instance).to_owned()));
            match (truth.ended_at, told) {
                // It came and went while it was silenced.
                (Some(_), None) => {
                    assert!(self.silences > 0, "seed {seed}: {name}/{instance} unheard");
                }
                (ended, told) => {
                    let fires = ended.is_none();
                    assert_eq!(told, Some(&fires), "seed {seed}: {name}/{instance} {truth:?}");
                }
            }
        }
        let allowed = self.crashes * u64::try_from(NAMES.len()).unwrap();
        assert!(self.twice <= allowed, "seed {seed}: {} messages came twice", self.twice);
    }
}
