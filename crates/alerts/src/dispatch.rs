//! The dispatcher: takes alerts and outcomes, flushes groups when their timers run out.
//! One owner, one `step`; the shell writes down what [`Effect::Remember`] says, then delivers what
//! [`Effect::Notify`] asks for and reports back.
//! INV-51: two notifications of one group to one integration are never under way at once.
//! INV-52: an end is told as long as the receiver was told of the beginning.
//! INV-53: what happened is to be written down before anybody is told of it.

mod deliver;
mod elsewhere;
mod flush;
mod letters;
mod reroute;
mod restore;
mod sample;
mod view;

use crate::alert::{Alert, Moment, StoredAlert};
use crate::change::{Change, LogKey, NotificationLog, What};
use crate::delivery::Deliveries;
use crate::group::AlertGroup;
use crate::group_index::{GroupHash, GroupIndex};
use crate::history::{Decision, History, Verdict};
use crate::inhibit::Inhibitor;
use crate::letter::DeadLetters;
use crate::notification::Notification;
use crate::past::PastAlerts;
use crate::route::{Receiver, RouteError, Tree, group_labels, group_pairs};
use crate::silence::{DURING, Silence, SilenceError, Silences};
use crate::table::AlertTable;
use config::alertmanager::{InhibitRule, Route, TimeInterval};
use foldhash::fast::RandomState;
use model::{Labels, Timestamp};
pub use sample::Sample;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;
pub use view::{AlertSelection, AlertState, AlertStatus, GroupStatus};

/// Alerts kept at most; further new ones are refused and counted.
const ALERTS_MAX: usize = 100_000;
/// Wall and monotonic clocks may drift this far apart between steps before it is a jump.
const JUMP_TOLERANCE_MS: i64 = 10_000;
/// Groups that one step flushes when many are due; the next step follows at once.
const GROUPS_PER_STEP: usize = 16;
/// Groups that the first of these steps flushes; each further one takes twice as many. The first
/// messages leave before the others are written down.
const GROUPS_AT_FIRST: usize = 2;
/// How often old silences and log entries are forgotten.
const TIDY_EVERY: Duration = Duration::from_mins(1);

/// Whose behaviour counts where Alertmanager's has hurt its users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compat {
    /// Nobody misses a page or an end: docs/alert.md lists the differences.
    #[default]
    Improved,
    /// Exactly Alertmanager's.
    Strict,
}

/// What a configuration says about who is told of what when.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Root of the routing tree.
    pub route: Route,
    /// Receivers; every route names one of them.
    pub receivers: Vec<Receiver>,
    /// What explains what.
    pub inhibit_rules: Vec<InhibitRule>,
    /// Time intervals by the names that routes use.
    pub time_intervals: BTreeMap<String, Vec<TimeInterval>>,
    /// Whose behaviour counts.
    pub compat: Compat,
}

/// Names a delivery between [`Effect::Notify`] and [`Event::Delivered`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(u64);

/// Outcome of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The receiver has it.
    Accepted {
        /// What the integration wants to know the next time it tells this group.
        receiver_data: BTreeMap<String, String>,
    },
    /// It may work later (connection refused, 5xx, 429).
    Retry {
        /// When the receiver asked to be tried again.
        after: Option<Duration>,
    },
    /// It will never work like this (other 4xx, bad address).
    Refused,
}

/// What happens to the dispatcher.
#[derive(Clone, Debug)]
pub enum Event {
    /// Alerts arrived.
    Alerts(Vec<Alert>),
    /// Alerts went to external Alertmanagers, and nobody is to be told of them from here.
    Elsewhere(Vec<Alert>),
    /// A delivery ended; the text says what went wrong, if something did.
    Delivered(Ticket, Delivery, String),
    /// Time passed.
    Tick,
}

/// What the shell must do, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Write this down, to survive a power cut before the next effect is carried out: see
    /// [`crate::AlertLog`].
    Remember(Vec<Change>),
    /// Deliver and report with [`Event::Delivered`].
    Notify {
        /// To be returned with the outcome.
        ticket: Ticket,
        /// The message.
        notification: Box<Notification>,
        /// How long the delivery may take.
        timeout: Duration,
    },
    /// An integration will not be tried again before the group's next flush.
    GaveUp {
        /// Name of the receiver.
        receiver: String,
        /// Identity of the group.
        group_key: String,
    },
}

/// Counters since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct DispatcherStats {
    /// Alerts held now.
    pub alerts: usize,
    /// Groups held now.
    pub groups: usize,
    /// Alerts refused because too many are held.
    pub refused_alerts: u64,
    /// Deliveries accepted by receivers.
    pub accepted: u64,
    /// Deliveries that failed and were or will be tried again.
    pub retried: u64,
    /// Deliveries given up.
    pub refused: u64,
    /// Dead letters held now.
    pub letters: usize,
    /// Dead letters that were forgotten because there were too many.
    pub letters_dropped: u64,
}

/// Where an alert belongs at a route.
#[derive(Clone, Copy)]
struct Place {
    leaf: usize,
    hash: GroupHash,
    /// The group, if there is one already.
    group: Option<u64>,
}

/// Alerts, routes, groups and their timers, silences, notification log.
#[derive(Clone, Debug)]
pub struct Dispatcher {
    tree: Tree,
    receivers: HashMap<String, Receiver>,
    inhibitor: Inhibitor,
    time_intervals: BTreeMap<String, Vec<TimeInterval>>,
    compat: Compat,
    alerts: AlertTable,
    silences: Silences,
    groups: HashMap<u64, AlertGroup, RandomState>,
    group_ids: GroupIndex,
    next_group: u64,
    /// When which group wants to be stepped.
    timers: BTreeSet<(Timestamp, u64)>,
    groups_this_step: usize,
    log: NotificationLog,
    history: History,
    letters: DeadLetters,
    past: PastAlerts,
    /// Alerts that external Alertmanagers know as firing, and since when.
    elsewhere: HashMap<u64, Timestamp>,
    deliveries: Deliveries,
    underway: BTreeMap<Ticket, u64>,
    /// Dead letters under way whose groups are gone.
    resent: BTreeMap<Ticket, String>,
    next_ticket: u64,
    last: Option<Moment>,
    next_tidy: Timestamp,
    /// Groups flush for the first time after this.
    hold_until: Timestamp,
    stats: DispatcherStats,
    /// To be written down before this step's effects.
    changes: Vec<Change>,
}

impl Dispatcher {
    /// A dispatcher without alerts; fails when the tree names unknown receivers or intervals.
    pub fn new(settings: &Settings) -> Result<Self, RouteError> {
        let has_interval = |name: &str| settings.time_intervals.contains_key(name);
        Ok(Self {
            tree: Tree::new(&settings.route, &settings.receivers, has_interval)?,
            receivers: by_name(&settings.receivers),
            inhibitor: Inhibitor::new(&settings.inhibit_rules),
            time_intervals: settings.time_intervals.clone(),
            compat: settings.compat,
            alerts: AlertTable::default(),
            silences: Silences::default(),
            groups: HashMap::default(),
            group_ids: GroupIndex::default(),
            next_group: 0,
            timers: BTreeSet::new(),
            groups_this_step: GROUPS_AT_FIRST,
            log: HashMap::new(),
            history: History::default(),
            letters: DeadLetters::default(),
            past: PastAlerts::default(),
            elsewhere: HashMap::new(),
            deliveries: Deliveries::default(),
            underway: BTreeMap::new(),
            resent: BTreeMap::new(),
            next_ticket: 0,
            last: None,
            next_tidy: Timestamp::MIN,
            hold_until: Timestamp::MIN,
            stats: DispatcherStats::default(),
            changes: Vec::new(),
        })
    }

    /// No group flushes for the first time before this: sources of inhibition may still be on their
    /// way (`--dispatch.start-delay`).
    pub fn hold_until(&mut self, at: Timestamp) {
        self.hold_until = at;
    }

    /// Counters.
    pub fn stats(&self) -> DispatcherStats {
        let (alerts, groups) = (self.alerts.len(), self.groups.len());
        DispatcherStats { alerts, groups, letters: self.letters.iter().len(), ..self.stats }
    }

    /// Time of the next timer, if any runs.
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Takes one event, then does what is due; [`Self::next_wake`] tells whether more is.
    pub fn step(&mut self, now: Moment, event: Event, out: &mut Vec<Effect>) {
        self.notice_jump(now);
        let now = now.wall;
        let mut effects = Vec::new();
        match event {
            Event::Alerts(alerts) => self.take_all(now, alerts),
            Event::Elsewhere(alerts) => self.note_elsewhere(now, &alerts),
            Event::Delivered(ticket, delivery, why) => {
                self.delivered(now, ticket, (delivery, &why), &mut effects);
            }
            Event::Tick => {}
        }
        for id in self.due(now) {
            self.wake(now, id, &mut effects);
        }
        self.tidy(now);
        self.remember(out);
        out.append(&mut effects);
    }

    /// Groups whose timers have run out, as many as this step takes.
    fn due(&mut self, now: Timestamp) -> Vec<u64> {
        let due = self.timers.iter().take_while(|(at, _)| *at <= now).map(|(_, id)| *id);
        let due: Vec<u64> = due.take(self.groups_this_step).collect();
        let may_be_more = due.len() == self.groups_this_step;
        let next = if may_be_more { 2 * self.groups_this_step } else { GROUPS_AT_FIRST };
        self.groups_this_step = next.min(GROUPS_PER_STEP);
        due
    }

    /// Makes or changes a silence; gives its identity, `new_id` when it is a new one.
    ///
    /// # Errors
    /// When the silence is invalid, unknown, or one too many; nothing changes then.
    pub fn set_silence(
        &mut self,
        now: Moment,
        silence: Silence,
        new_id: String,
        out: &mut Vec<Effect>,
    ) -> Result<String, SilenceError> {
        if let Some(unknown) =
            silence.during().find(|name| !self.time_intervals.contains_key(*name))
        {
            let known: Vec<&str> = self.time_intervals.keys().map(String::as_str).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            let undefined = format!("annotation {DURING}: undefined time interval `{unknown}`");
            let text = format!("{undefined}; alertmanager.yml has: {known}");
            return Err(SilenceError::Invalid(text));
        }
        let changed = self.silences.set(silence, new_id, now.wall)?;
        let id = changed.last().map(|silence| silence.id.clone()).unwrap_or_default();
        self.changes.extend(changed.into_iter().map(|silence| Change(What::Silence(silence))));
        self.remember(out);
        Ok(id)
    }

    /// Ends a silence.
    ///
    /// # Errors
    /// When there is none or it is over.
    pub fn expire_silence(
        &mut self,
        now: Moment,
        id: &str,
        out: &mut Vec<Effect>,
    ) -> Result<(), SilenceError> {
        let ended = self.silences.expire(id, now.wall)?;
        self.changes.push(Change(What::Silence(ended)));
        self.remember(out);
        Ok(())
    }

    fn remember(&mut self, out: &mut Vec<Effect>) {
        if !self.changes.is_empty() {
            out.push(Effect::Remember(std::mem::take(&mut self.changes)));
        }
    }

    /// Notes what becomes of alerts of a group at its receiver, and why.
    fn decide(
        &mut self,
        at: Timestamp,
        (group_key, receiver): LogKey,
        stored: &[Arc<StoredAlert>],
        verdict: Verdict,
    ) {
        let alerts = stored.iter().map(|stored| stored.alert.labels.clone()).collect();
        let fingerprints = stored.iter().map(|stored| stored.fingerprint).collect();
        let decision = Decision { at, group_key, receiver, alerts, verdict };
        self.changes.push(Change::decided(&decision, fingerprints));
        self.history.push(decision);
    }

    /// A jump of the wall clock must neither end alerts nor start nor stop timers: they move along.
    /// Silences do not: their times were chosen by people.
    fn notice_jump(&mut self, now: Moment) {
        if let Some(last) = self.last {
            let waited = now.monotonic.saturating_sub(last.monotonic).as_millis();
            let waited_ms = i64::try_from(waited).unwrap_or(i64::MAX);
            let jump_ms = now.wall.ms().saturating_sub(last.wall.ms()).saturating_sub(waited_ms);
            if jump_ms.saturating_abs() > JUMP_TOLERANCE_MS {
                self.shift(last.wall, jump_ms);
            }
        }
        self.last = Some(now);
    }

    fn shift(&mut self, last: Timestamp, jump_ms: i64) {
        let shifted = |at: Timestamp| Timestamp::from_ms(at.ms().saturating_add(jump_ms));
        self.alerts.change_all(|stored| {
            if !stored.alert.is_resolved_at(last) {
                let alert = &mut Arc::make_mut(stored).alert;
                alert.ends_at = shifted(alert.ends_at);
            }
        });
        for group in self.groups.values_mut() {
            for held in group.alerts.values_mut() {
                if let Some(stored) = self.alerts.get(&held.alert.labels) {
                    *held = Arc::clone(stored);
                }
            }
            group.shift(jump_ms);
        }
        for entry in self.log.values_mut().flat_map(BTreeMap::values_mut) {
            entry.at = shifted(entry.at);
            entry.expires_at = shifted(entry.expires_at);
        }
        self.next_tidy = shifted(self.next_tidy);
        let ids: Vec<u64> = self.groups.keys().copied().collect();
        for id in ids {
            self.schedule(id);
        }
    }

    fn schedule(&mut self, id: u64) {
        let Some(group) = self.groups.get_mut(&id) else { return };
        self.timers.remove(&(group.scheduled, id));
        group.scheduled = group.next_wake();
        self.timers.insert((group.scheduled, id));
    }

    fn take_all(&mut self, now: Timestamp, alerts: Vec<Alert>) {
        let mut begun: BTreeMap<u64, Vec<Arc<StoredAlert>>> = BTreeMap::new();
        for alert in alerts {
            self.take(now, alert, &mut begun);
        }
        for (id, alerts) in begun {
            let Some(group) = self.groups.get(&id) else { continue };
            let (place, until) = (self.log_key(group), group.next_flush);
            self.decide(now, place, &alerts, Verdict::Held { until });
        }
    }

    /// Takes an alert into the groups of its routes; `begun` gets the groups in which it is new.
    fn take(
        &mut self,
        now: Timestamp,
        alert: Alert,
        begun: &mut BTreeMap<u64, Vec<Arc<StoredAlert>>>,
    ) {
        let labels = alert.labels.clone();
        let slot = self.alerts.slot(&labels);
        let old = self.alerts.get_at(slot, &labels).cloned();
        let leaves = self.tree.leaves(&labels);
        let ended = alert.is_resolved_at(now);
        if old.is_none() {
            let is_told = |&leaf: &usize| self.is_told(leaf, &labels, alert.fingerprint());
            if ended && !leaves.iter().any(is_told) {
                return; // The end of something nobody was told of.
            }
            if self.alerts.len() >= ALERTS_MAX {
                self.stats.refused_alerts += 1;
                return;
            }
        }
        let mut stored = match &old {
            Some(old) => old.updated(alert, now),
            None => StoredAlert::new(alert, now),
        };
        let is_renewed = old.as_ref().is_some_and(|old| old.is_renewed_by(&stored, now));
        let is_same = old.as_deref() == Some(&stored);
        stored.end_is_saved = stored.alert.is_resolved_at(now);
        let is_new = old.as_ref().is_none_or(|old| old.occurrence != stored.occurrence);
        let stored = Arc::new(stored);
        if !is_renewed && !is_same {
            self.changes.push(Change(What::Alert(Arc::clone(&stored))));
        }
        if old.is_none() {
            self.inhibitor.note(&labels);
        }
        self.alerts.insert_at(slot, Arc::clone(&stored));
        for leaf in leaves {
            self.put(now, leaf, &stored, is_new && !ended, begun);
        }
    }

    fn put(
        &mut self,
        now: Timestamp,
        leaf: usize,
        stored: &Arc<StoredAlert>,
        is_new: bool,
        begun: &mut BTreeMap<u64, Vec<Arc<StoredAlert>>>,
    ) {
        let labels = &stored.alert.labels;
        let ended = stored.alert.is_resolved_at(now);
        let place = self.place_of(leaf, labels);
        let is_there = || {
            let group = place.group.and_then(|id| self.groups.get(&id));
            group.is_some_and(|group| group.alerts.contains_key(&stored.fingerprint))
        };
        if ended && !is_there() && !self.is_told(leaf, labels, stored.fingerprint) {
            return;
        }
        self.put_there(now, place, stored, is_new, begun);
    }

    fn put_there(
        &mut self,
        now: Timestamp,
        place: Place,
        stored: &Arc<StoredAlert>,
        is_new: bool,
        begun: &mut BTreeMap<u64, Vec<Arc<StoredAlert>>>,
    ) {
        let begin = || self.begin_group(now, place, &stored.alert.labels);
        let id = place.group.unwrap_or_else(begin);
        let wait = self.tree.node(place.leaf).group_wait;
        let Some(group) = self.groups.get_mut(&id) else { return };
        group.alerts.insert(stored.fingerprint, Arc::clone(stored));
        let old_enough = stored.alert.starts_at.saturating_add(wait) < now;
        if self.compat == Compat::Strict && !group.has_flushed && old_enough {
            group.next_flush = now.max(self.hold_until);
            self.schedule(id);
        }
        if is_new {
            begun.entry(id).or_default().push(Arc::clone(stored));
        }
    }

    /// Where the notification log keeps what a group's receiver was told.
    fn log_key(&self, group: &AlertGroup) -> LogKey {
        (Arc::clone(&group.key), Arc::clone(&self.tree.node(group.node).receiver))
    }

    /// Where an alert with these labels belongs at a route.
    fn place_of(&self, leaf: usize, labels: &Labels) -> Place {
        let group_by = &self.tree.node(leaf).group_by;
        let hash = self.group_ids.hash(leaf, group_by, labels);
        let group = self.group_ids.find(hash, |id| {
            let group = self.groups.get(&id).filter(|group| group.node == leaf);
            group.is_some_and(|group| group.labels.iter().eq(group_pairs(group_by, labels)))
        });
        Place { leaf, hash, group }
    }

    /// A new group for labels.
    fn begin_group(&mut self, now: Timestamp, place: Place, labels: &Labels) -> u64 {
        let id = self.next_group;
        self.next_group += 1;
        let node = self.tree.node(place.leaf);
        let labels = group_labels(&node.group_by, labels);
        let shown: Arc<str> = format!("{}:{labels}", node.key).into();
        let next_flush = now.saturating_add(node.group_wait).max(self.hold_until);
        self.groups.insert(id, AlertGroup::new(place.leaf, labels, shown, next_flush));
        self.group_ids.insert(place.hash, id);
        self.schedule(id);
        id
    }

    /// Was an integration of a route told that an alert fires, and not yet that it ended?
    fn is_told(&self, leaf: usize, labels: &Labels, fingerprint: u64) -> bool {
        let node = self.tree.node(leaf);
        let key: Arc<str> = format!("{}:{}", node.key, group_labels(&node.group_by, labels)).into();
        let entries = self.log.get(&(key, Arc::clone(&node.receiver)));
        entries.is_some_and(|entries| entries.values().any(|entry| entry.may_fire(fingerprint)))
    }

    /// Forgets an alert that its last group has forgotten.
    fn forget_unheld(&mut self, stored: Arc<StoredAlert>) {
        let labels = &stored.alert.labels;
        let holds = |leaf: usize| {
            let group = self.place_of(leaf, labels).group.and_then(|id| self.groups.get(&id));
            group.is_some_and(|group| group.alerts.contains_key(&stored.fingerprint))
        };
        if !self.tree.leaves(labels).into_iter().any(holds) {
            self.alerts.remove(labels);
            self.inhibitor.forget(labels);
            self.changes.push(Change(What::Forgotten(labels.clone())));
            self.past.push(stored);
        }
    }

    /// Ends silences that have nothing left to mute, forgets silences and log entries whose time is
    /// over.
    fn tidy(&mut self, now: Timestamp) {
        if now < self.next_tidy {
            return;
        }
        self.next_tidy = now.saturating_add(TIDY_EVERY);
        let alerts = &self.alerts;
        let has_alerts = |silence: &Silence| {
            let mut firing = alerts.values().filter(|stored| !stored.alert.is_resolved_at(now));
            firing.any(|stored| silence.matches(&stored.alert.labels))
        };
        let over = self.silences.end_with_alerts(now, has_alerts);
        self.changes.extend(over.into_iter().map(|silence| Change(What::Silence(silence))));
        self.silences.forget_old(now);
        self.forget_old_letters(now);
        let live: BTreeSet<&str> = self.groups.values().map(|group| &*group.key).collect();
        self.log.retain(|(group, _), entries| {
            if !live.contains(&**group) {
                entries.retain(|_, entry| entry.expires_at > now);
            }
            !entries.is_empty()
        });
    }
}

fn by_name(receivers: &[Receiver]) -> HashMap<String, Receiver> {
    receivers.iter().map(|receiver| (receiver.name.clone(), receiver.clone())).collect()
}

#[cfg(test)]
mod tests;
