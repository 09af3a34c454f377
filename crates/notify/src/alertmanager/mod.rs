//! External Alertmanagers: every alert goes to all of them, each with a queue of its own.
//! Fed by rules, told by `config` where they are, by `discovery` which of them exist now.
//! Semantics: Prometheus 3.14 `notifier`. A batch that fails is dropped; rules send again.

mod endpoint;
mod lane;
mod message;
mod queue;
mod set;
#[cfg(test)]
mod tests;

use alerts::Alert;
use config::AlertmanagerConfig;
use net::AddressPolicy;
use set::Set;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use sys::{Clock, Vfs};

/// How alerts are sent to external Alertmanagers.
#[derive(Clone)]
pub struct SenderOptions {
    /// Alerts that wait for one Alertmanager at most; then the oldest are dropped.
    pub queue_max: usize,
    /// Alerts of one request at most.
    pub batch_max: usize,
    /// Are waiting alerts sent before the end? Otherwise they are dropped.
    pub drains: bool,
    /// Which addresses may be dialled.
    pub policy: Arc<AddressPolicy>,
    /// Files of service discovery, secrets and certificates.
    pub vfs: Arc<dyn Vfs>,
    /// Measures deliveries.
    pub clock: Arc<dyn Clock>,
}

/// What is known of the deliveries to one Alertmanager.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SenderStats {
    /// Alerts that it accepted.
    pub sent: u64,
    /// Alerts of batches that it did not accept.
    pub errors: u64,
    /// Alerts that it will not get: those of failed batches and those that found no room.
    pub dropped: u64,
    /// Alerts that wait.
    pub queued: usize,
    /// Batches that it accepted.
    pub batches: u64,
    /// How long these took together.
    pub took: Duration,
}

impl SenderStats {
    fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.errors += other.errors;
        self.dropped += other.dropped;
        self.queued += other.queued;
        self.batches += other.batches;
        self.took += other.took;
    }
}

/// URLs of external Alertmanagers, in the order of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertmanagerUrls {
    /// Those that get alerts.
    pub active: Vec<String>,
    /// Those that relabelling dropped.
    pub dropped: Vec<String>,
}

/// All external Alertmanagers.
pub struct Alertmanagers {
    options: SenderOptions,
    /// Locked before the locks of sets and lanes, never over an await.
    sets: Mutex<Vec<Set>>,
}

impl Alertmanagers {
    /// No Alertmanagers yet.
    pub fn new(options: SenderOptions) -> Self {
        Self { options, sets: Mutex::default() }
    }

    /// Brings the senders in line with a configuration: groups that did not change go on, others
    /// end as at a shutdown. Must be called within the runtime.
    pub fn apply(&self, configs: &[AlertmanagerConfig]) {
        let mut sets = lock(&self.sets);
        let mut former = std::mem::take(&mut *sets);
        for config in configs {
            let kept = former.iter().position(|set| set.config() == config);
            let kept = kept.map(|index| former.remove(index));
            sets.push(kept.unwrap_or_else(|| Set::start(config.clone(), &self.options)));
        }
        for set in former {
            tokio::spawn(set.stop());
        }
    }

    /// Queues alerts for every Alertmanager; never waits.
    pub fn send(&self, alerts: &[Arc<Alert>]) {
        for set in lock(&self.sets).iter() {
            set.send(alerts);
        }
    }

    /// Where alerts go at this moment.
    pub fn urls(&self) -> AlertmanagerUrls {
        let mut urls = AlertmanagerUrls::default();
        for set in lock(&self.sets).iter() {
            set.list(&mut urls);
        }
        urls
    }

    /// What is known of the deliveries, by URL.
    pub fn stats(&self) -> BTreeMap<String, SenderStats> {
        let mut all: BTreeMap<String, SenderStats> = BTreeMap::new();
        for set in lock(&self.sets).iter() {
            for (url, stats) in set.stats() {
                all.entry(url).or_default().add(stats);
            }
        }
        all
    }

    /// Alerts that wait for one Alertmanager at most.
    pub fn queue_max(&self) -> usize {
        self.options.queue_max
    }

    /// Ends all senders; what waits is sent or dropped, as the options say, within `deadline`.
    pub async fn stop(&self, deadline: Duration) {
        let sets = std::mem::take(&mut *lock(&self.sets));
        let all = async {
            let ends: Vec<_> = sets.into_iter().map(|set| tokio::spawn(set.stop())).collect();
            for end in ends {
                // A task that panicked has ended, too; the runtime has logged it.
                let _ended = end.await;
            }
        };
        if tokio::time::timeout(deadline, all).await.is_err() {
            tracing::warn!("not all alerts reached their Alertmanagers within {deadline:?}");
        }
    }
}

/// A poisoned lock only says that a task panicked; queues and lists are whole between steps.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
