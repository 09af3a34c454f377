//! The shell of discovery: one task per configuration that polls its files and publishes
//! snapshots. Polling instead of inotify: it works on every filesystem, network ones included,
//! and a few reads of small files cost nothing.

use crate::files::FileSet;
use crate::group::{Snapshot, static_groups};
use config::DiscoveryConfig;
use std::sync::Arc;
use std::time::Duration;
use sys::Vfs;
use tokio::sync::watch;
use tokio::task::JoinHandle;

#[cfg(test)]
mod tests;

/// Longest time until a changed file is seen; shorter when `refresh_interval` is.
pub const POLL: Duration = Duration::from_secs(3);

/// Watches the sources of one configuration; ends with its task when dropped.
#[derive(Debug)]
pub struct Discovery {
    receiver: watch::Receiver<Option<Arc<Snapshot>>>,
    task: Option<JoinHandle<()>>,
}

impl Discovery {
    /// Starts watching. Static groups alone are there at once and need no task.
    pub fn start(config: &DiscoveryConfig, vfs: Arc<dyn Vfs>) -> Self {
        let groups = static_groups(&config.static_configs);
        let first = Snapshot { groups, faults: Vec::new() };
        if config.file_sd_configs.is_empty() {
            let (_, receiver) = watch::channel(Some(Arc::new(first)));
            return Self { receiver, task: None };
        }
        let (sender, receiver) = watch::channel(None);
        let sets = config.file_sd_configs.iter().map(FileSet::new).collect();
        let refresh = config.file_sd_configs.iter().map(|files| files.refresh_interval);
        let period = refresh.min().map_or(POLL, |shortest| shortest.clamp(MILLISECOND, POLL));
        let task = tokio::spawn(poll(Files { fixed: first, sets }, vfs, period, sender));
        Self { receiver, task: Some(task) }
    }

    /// The latest snapshot and its successors; `None` until every source was read once, so that
    /// nobody mistakes "not read yet" for "no targets".
    pub fn snapshots(&self) -> watch::Receiver<Option<Arc<Snapshot>>> {
        self.receiver.clone()
    }

    /// Stops and waits for the task.
    pub async fn stop(mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            // The only error is the cancellation just asked for.
            let _cancelled = task.await;
        }
    }
}

impl Drop for Discovery {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

const MILLISECOND: Duration = Duration::from_millis(1);

/// All files of a configuration and the groups that never change.
struct Files {
    fixed: Snapshot,
    sets: Vec<FileSet>,
}

impl Files {
    /// Reads everything; a snapshot when there is news.
    fn refresh(&mut self, vfs: &dyn Vfs) -> Option<Snapshot> {
        // No short circuit: every set must be read.
        let changed = self.sets.iter_mut().fold(false, |news, set| set.refresh(vfs) | news);
        changed.then(|| self.snapshot())
    }

    fn snapshot(&self) -> Snapshot {
        let mut snapshot = self.fixed.clone();
        for set in &self.sets {
            snapshot.groups.extend(set.groups().cloned());
            snapshot.faults.extend(set.faults().iter().cloned());
        }
        snapshot
    }
}

async fn poll(
    mut files: Files,
    vfs: Arc<dyn Vfs>,
    period: Duration,
    sender: watch::Sender<Option<Arc<Snapshot>>>,
) {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let vfs = Arc::clone(&vfs);
        // Files may lie on a disk that hangs; that must not stop the runtime's threads.
        let read = tokio::task::spawn_blocking(move || {
            let news = files.refresh(vfs.as_ref());
            (files, news)
        });
        let Ok((read, news)) = read.await else {
            tracing::error!("reading files of service discovery failed; targets stay as they are");
            return;
        };
        files = read;
        let is_first = sender.borrow().is_none();
        if let Some(snapshot) = news.or_else(|| is_first.then(|| files.snapshot())) {
            report(&sender, &snapshot);
            sender.send_replace(Some(Arc::new(snapshot)));
        }
    }
}

/// Logs faults that are news.
fn report(sender: &watch::Sender<Option<Arc<Snapshot>>>, snapshot: &Snapshot) {
    let known = sender.borrow().clone().unwrap_or_default();
    for fault in snapshot.faults.iter().filter(|fault| !known.faults.contains(fault)) {
        tracing::warn!(
            source = fault.source,
            problem = fault.message,
            "cannot use a source of targets; its previous targets stay"
        );
    }
}
