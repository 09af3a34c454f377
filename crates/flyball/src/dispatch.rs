//! Carries the effects of the alert dispatcher: what happened goes to the disk, then messages go
//! out, one task per delivery. A loop without decisions: when and to whom, `alerts` knows; how,
//! `notify` knows.

use crate::supervise::Stop;
use alerts::{
    Alert, AlertLog, AlertSelection, AlertStatus, Change, DeadLetter, Decision, Delivery,
    Dispatcher, DispatcherStats, Effect, Event, GroupStatus, IntegrationStatus, Moment,
    Notification, RouteError, RouteView, Sample, Saved, Settings, Silence, SilenceError, Ticket,
};
use journal::JournalError;
use model::{Labels, Matcher};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use sys::{Clock, Entropy};
use tokio::sync::{Notify, mpsc};
use tokio::task::block_in_place;

/// Longest sleep, so that clock jumps are noticed soon.
const SLEEP_MAX: Duration = Duration::from_secs(5);
/// Wait after the alert log could not be folded, for example because the disk is full.
const FOLD_AGAIN_AFTER: Duration = Duration::from_secs(5);
/// Outcomes waiting for the owner; a delivery waits when it is full.
const OUTCOMES_MAX: usize = 256;
/// Events that are written down at once.
const EVENTS_MAX: usize = 64;

/// Delivers notifications of one receiver, one integration after another in its list.
pub(crate) trait Deliver: Send + Sync {
    /// Delivers one message within `timeout`; says what went wrong, if something did.
    fn deliver(
        &self,
        notification: Notification,
        timeout: Duration,
    ) -> std::pin::Pin<Box<dyn Future<Output = (Delivery, String)> + Send + '_>>;
}

/// Integrations by receiver name.
pub(crate) type Integrations = HashMap<String, Vec<Arc<dyn Deliver>>>;

/// Why alerts that came in are not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotKept {
    /// People are told of them, but a crash would forget them.
    #[error("alerts cannot be written down; they are in memory only")]
    Disk,
    /// So many were not taken at all.
    #[error("{0} alerts were not taken: as many are held as there may be")]
    TooMany(u64),
}

type Outcome = (Ticket, Delivery, String);

/// The dispatcher with what it needs to act.
pub(crate) struct Dispatch {
    /// Whoever steps the dispatcher holds this first: changes reach the disk in their order.
    log: Mutex<Log>,
    dispatcher: Mutex<Dispatcher>,
    integrations: Mutex<Arc<Integrations>>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    report: mpsc::Sender<Outcome>,
    outcomes: tokio::sync::Mutex<mpsc::Receiver<Outcome>>,
    /// Timers may have changed.
    stepped: Notify,
    log_failures: AtomicU64,
}

/// The alert log, and whether it lacks something that is in memory.
struct Log {
    file: AlertLog,
    lacks_something: bool,
    /// Folding failed; not tried again before this monotonic time.
    no_fold_before: Duration,
}

impl Dispatch {
    /// Goes on from what a former process wrote down. Nobody is told before `start_delay` has
    /// passed.
    pub(crate) fn new(
        settings: &Settings,
        integrations: Integrations,
        (file, saved): (AlertLog, Saved),
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        start_delay: Duration,
    ) -> Result<Self, RouteError> {
        let mut dispatcher = Dispatcher::new(settings)?;
        dispatcher.hold_until(clock.now().saturating_add(start_delay));
        dispatcher.restore(moment(&*clock), saved);
        let (report, outcomes) = mpsc::channel(OUTCOMES_MAX);
        Ok(Self {
            log: Mutex::new(Log { file, lacks_something: false, no_fold_before: Duration::ZERO }),
            dispatcher: Mutex::new(dispatcher),
            integrations: Mutex::new(Arc::new(integrations)),
            clock,
            entropy,
            report,
            outcomes: tokio::sync::Mutex::new(outcomes),
            stepped: Notify::new(),
            log_failures: AtomicU64::new(0),
        })
    }

    /// Works by another configuration from now on; nothing that receivers were told is forgotten.
    pub(crate) fn replace(
        &self,
        settings: &Settings,
        integrations: Integrations,
    ) -> Result<(), RouteError> {
        let now = self.moment();
        self.dispatcher().reroute(now, settings)?;
        *lock(&self.integrations) = Arc::new(integrations);
        self.stepped.notify_one();
        Ok(())
    }

    pub(crate) fn stats(&self) -> DispatcherStats {
        self.dispatcher().stats()
    }

    /// Number of messages that did not arrive, by receiver.
    pub(crate) fn dead_letters_by_receiver(&self) -> BTreeMap<String, u32> {
        self.dispatcher().dead_letters_by_receiver()
    }

    /// How often changes could not be written down.
    pub(crate) fn log_failures(&self) -> u64 {
        self.log_failures.load(Ordering::Relaxed)
    }

    /// Takes alerts and timers until it is time to stop.
    pub(crate) async fn run(
        self: Arc<Self>,
        inbox: Arc<tokio::sync::Mutex<mpsc::Receiver<Event>>>,
        mut stop: Stop,
    ) {
        let mut inbox = inbox.lock().await;
        let mut outcomes = self.outcomes.lock().await;
        while !stop.is_given() {
            let first = tokio::select! {
                Some(event) = inbox.recv() => event,
                Some(outcome) = outcomes.recv() => delivered(outcome),
                () = tokio::time::sleep(self.until_next_wake()) => Event::Tick,
                () = self.stepped.notified() => continue,
                () = stop.wait() => break,
            };
            // Outcomes that have come meanwhile are written down together with the first.
            let others = std::iter::from_fn(|| outcomes.try_recv().ok()).map(delivered);
            let events: Vec<Event> = [first].into_iter().chain(others).take(EVENTS_MAX).collect();
            block_in_place(|| {
                self.act(|dispatcher, now, effects| {
                    for event in events {
                        dispatcher.step(now, event, effects);
                    }
                });
            });
        }
    }

    fn until_next_wake(&self) -> Duration {
        let wake = self.dispatcher().next_wake();
        let left = wake.map(|wake| wake.since(self.clock.now()));
        left.unwrap_or(SLEEP_MAX).min(SLEEP_MAX)
    }

    /// Steps the dispatcher and carries out what follows from it; is everything on the disk now?
    ///
    /// Changes are appended in the order of the steps; the sync is outside of the lock, so that
    /// those who wait for the disk at the same time share one.
    fn act_kept<T>(
        &self,
        step: impl FnOnce(&mut Dispatcher, Moment, &mut Vec<Effect>) -> T,
    ) -> (T, bool) {
        let mut log = lock(&self.log);
        let (result, effects) = self.step(step);
        let (changes, messages) = sorted(effects);
        if !changes.is_empty() {
            let appended = log.file.append(&changes);
            self.note_written(&mut log, appended);
        }
        self.fold(&mut log);
        let lacked_something = log.lacks_something;
        let syncer = log.file.syncer();
        drop(log);
        let is_kept = if lacked_something && changes.is_empty() {
            false
        } else {
            // Also without changes: what this step found may be on its way to the disk still.
            let synced = syncer.sync();
            synced.map_or_else(|error| self.note_unsynced(error), |_| !lacked_something)
        };
        for (ticket, notification, timeout) in messages {
            self.deliver(ticket, notification, timeout);
        }
        (result, is_kept)
    }

    /// Steps the dispatcher; wakes its owner when a timer runs out earlier than any did before.
    fn step<T>(
        &self,
        step: impl FnOnce(&mut Dispatcher, Moment, &mut Vec<Effect>) -> T,
    ) -> (T, Vec<Effect>) {
        let mut effects = Vec::new();
        let mut dispatcher = self.dispatcher();
        let before = dispatcher.next_wake();
        let result = step(&mut dispatcher, self.moment(), &mut effects);
        let wake = dispatcher.next_wake();
        drop(dispatcher);
        if wake.is_some_and(|wake| before.is_none_or(|before| wake < before)) {
            self.stepped.notify_one();
        }
        (result, effects)
    }

    /// The same, whether or not the disk takes it.
    fn act<T>(&self, step: impl FnOnce(&mut Dispatcher, Moment, &mut Vec<Effect>) -> T) -> T {
        self.act_kept(step).0
    }

    /// A sync failed: all is written anew, if the disk takes that.
    fn note_unsynced(&self, error: JournalError) -> bool {
        let mut log = lock(&self.log);
        self.note_written(&mut log, Err(error));
        self.fold(&mut log);
        !log.lacks_something
    }

    /// People are told even when the disk takes nothing: a second page is better than none.
    fn note_written(&self, log: &mut Log, written: Result<(), JournalError>) {
        let Err(error) = written else { return };
        let failures = self.log_failures.fetch_add(1, Ordering::Relaxed);
        if !log.lacks_something || failures.is_multiple_of(1000) {
            let what = "alerts and silences cannot be written down; they are in memory";
            tracing::error!(%error, "{what}");
        }
        log.lacks_something = true;
    }

    /// Writes everything when the log is long, or when it lacks what could not be written before.
    fn fold(&self, log: &mut Log) {
        let now = self.clock.monotonic();
        if now < log.no_fold_before || !log.lacks_something && !log.file.is_long() {
            return;
        }
        let all = self.dispatcher().save();
        match log.file.fold(&all) {
            Ok(()) if log.lacks_something => {
                log.lacks_something = false;
                tracing::info!("alerts and silences are written down again");
            }
            Ok(()) => {}
            Err(error) => {
                log.no_fold_before = now + FOLD_AGAIN_AFTER;
                tracing::debug!(%error, "the alert log cannot be folded");
            }
        }
    }

    fn deliver(&self, ticket: Ticket, notification: Notification, timeout: Duration) {
        let all = Arc::clone(&lock(&self.integrations));
        let list = all.get(&notification.receiver);
        let integration = list.and_then(|list| list.get(notification.integration)).cloned();
        let report = self.report.clone();
        tokio::spawn(async move {
            let (delivery, why) = match integration {
                Some(integration) => integration.deliver(notification, timeout).await,
                None => (Delivery::Refused, "the receiver has no such integration".to_owned()),
            };
            // A closed channel means the owner has stopped: nobody is left to be told.
            drop(report.send((ticket, delivery, why)).await);
        });
    }

    fn moment(&self) -> Moment {
        moment(&*self.clock)
    }

    fn dispatcher(&self) -> MutexGuard<'_, Dispatcher> {
        lock(&self.dispatcher)
    }
}

/// What the HTTP API asks and orders.
#[expect(dead_code, reason = "the HTTP API is the caller")]
impl Dispatch {
    /// Takes alerts; when this returns without an error they survive a crash. Blocks.
    ///
    /// # Errors
    /// When the disk does not take them, though people are told of them, or when there were too
    /// many. Their sender had better send them again.
    pub(crate) fn put_alerts(&self, alerts: Vec<Alert>) -> Result<(), NotKept> {
        let step = |dispatcher: &mut Dispatcher, now: Moment, effects: &mut Vec<Effect>| {
            let before = dispatcher.stats().refused_alerts;
            dispatcher.step(now, Event::Alerts(alerts), effects);
            dispatcher.stats().refused_alerts - before
        };
        let (refused, is_kept) = self.act_kept(step);
        match (refused, is_kept) {
            (0, true) => Ok(()),
            (0, false) => Err(NotKept::Disk),
            (count, _) => Err(NotKept::TooMany(count)),
        }
    }

    /// Makes or changes a silence; gives its identity, and whether it is on the disk. Blocks.
    ///
    /// # Errors
    /// When the silence is invalid, unknown, or one too many.
    pub(crate) fn set_silence(&self, silence: Silence) -> Result<(String, bool), SilenceError> {
        let id = uuid(&*self.entropy);
        let (set, is_kept) = self
            .act_kept(|dispatcher, now, effects| dispatcher.set_silence(now, silence, id, effects));
        Ok((set?, is_kept))
    }

    /// Ends a silence; is that on the disk? Blocks.
    ///
    /// # Errors
    /// When there is none or it is over.
    pub(crate) fn expire_silence(&self, id: &str) -> Result<bool, SilenceError> {
        let (ended, is_kept) =
            self.act_kept(|dispatcher, now, effects| dispatcher.expire_silence(now, id, effects));
        ended.map(|()| is_kept)
    }

    /// Messages that did not arrive, the one that was given up last first.
    pub(crate) fn dead_letters(&self) -> Vec<DeadLetter> {
        self.dispatcher().dead_letters()
    }

    /// Tries a dead letter again; is there such a letter and its receiver? Blocks.
    pub(crate) fn resend(&self, id: &str) -> bool {
        self.act(|dispatcher, now, effects| dispatcher.resend(now, id, effects))
    }

    /// Forgets a dead letter; was there one? Blocks.
    pub(crate) fn forget_dead_letter(&self, id: &str) -> bool {
        self.act(|dispatcher, _, effects| dispatcher.forget_dead_letter(id, effects))
    }

    /// All silences that are kept.
    pub(crate) fn silences(&self) -> Vec<Silence> {
        self.dispatcher().silences()
    }

    /// Silences that end soon and mute alerts that fire.
    pub(crate) fn silences_ending(&self, within: Duration) -> Vec<Silence> {
        let now = self.clock.now();
        self.dispatcher().silences_ending(now, within)
    }

    /// The silence with this identity.
    pub(crate) fn silence(&self, id: &str) -> Option<Silence> {
        self.dispatcher().silence(id)
    }

    /// Alerts that have not ended and are selected, by fingerprint.
    pub(crate) fn alerts(&self, selection: &AlertSelection<'_>) -> Vec<AlertStatus> {
        let now = self.clock.now();
        self.dispatcher().alerts(now, selection)
    }

    /// Shows alerts that have not ended; nothing is dispatched meanwhile.
    pub(crate) fn look_at_firing(&self, see: &mut dyn FnMut(&Alert)) {
        self.dispatcher().firing(self.clock.now()).for_each(see);
    }

    /// Groups with alerts that have not ended and match.
    pub(crate) fn groups(&self, matchers: &[Matcher]) -> Vec<GroupStatus> {
        let now = self.clock.now();
        self.dispatcher().groups(now, matchers)
    }

    /// A message about alerts that fire or fired not long ago.
    pub(crate) fn sample(&self, wanted: &Sample<'_>) -> Option<Notification> {
        let now = self.clock.now();
        self.dispatcher().sample(now, wanted)
    }

    /// All routes; with labels, the way of an alert that has them.
    pub(crate) fn routes(&self, labels: Option<&Labels>) -> Vec<RouteView> {
        self.dispatcher().routes(labels)
    }

    /// What became of the messages to each integration.
    pub(crate) fn integrations(&self) -> Vec<IntegrationStatus> {
        self.dispatcher().integrations()
    }

    /// Names of the receivers that would be told of an alert.
    pub(crate) fn receivers_of(&self, labels: &Labels) -> Vec<Arc<str>> {
        self.dispatcher().receivers_of(labels)
    }

    /// The last decisions about alerts that match.
    pub(crate) fn decisions(&self, matchers: &[Matcher], count: usize) -> Vec<Decision> {
        self.dispatcher().decisions(matchers, count)
    }
}

/// A message that is to go out.
type Message = (Ticket, Notification, Duration);

/// Effects by what is to be done: written down first, told then.
fn sorted(effects: Vec<Effect>) -> (Vec<Change>, Vec<Message>) {
    let (mut changes, mut messages) = (Vec::new(), Vec::new());
    for effect in effects {
        match effect {
            Effect::Remember(more) if changes.is_empty() => changes = more,
            Effect::Remember(more) => changes.extend(more),
            Effect::Notify { ticket, notification, timeout } => {
                messages.push((ticket, *notification, timeout));
            }
            Effect::GaveUp { receiver, group_key } => {
                tracing::error!(receiver, group_key, "receiver refused a notification");
            }
        }
    }
    (changes, messages)
}

fn delivered((ticket, delivery, why): Outcome) -> Event {
    Event::Delivered(ticket, delivery, why)
}

fn moment(clock: &dyn Clock) -> Moment {
    Moment { wall: clock.now(), monotonic: clock.monotonic() }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A random UUID, version 4 (RFC 9562).
fn uuid(entropy: &dyn Entropy) -> String {
    let version = |high: u64| high & !0xf000 | 0x4000;
    let variant = |low: u64| low & !(0b11 << 62) | 0b10 << 62;
    let (high, low) = (version(entropy.next_u64()), variant(entropy.next_u64()));
    let hex = format!("{high:016x}{low:016x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use sys::sim::SimEntropy;

    #[test]
    fn identities_are_uuids_of_version_4() {
        let id = uuid(&SimEntropy::new(1));
        assert_eq!(id.len(), 36);
        assert_eq!(&id[14..15], "4");
        assert!(["8", "9", "a", "b"].contains(&&id[19..20]), "{id}");
        assert_ne!(id, uuid(&SimEntropy::new(2)));
    }
}
