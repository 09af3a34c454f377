//! The shell of discovery: one task per configuration that polls its files, hears what servers
//! say and publishes snapshots. Polling instead of inotify: it works on every filesystem, network
//! ones included, and a few reads of small files cost nothing.

use crate::files::FileSet;
use crate::group::{Fault, Group, Snapshot, static_groups};
use crate::remote::{self, Report};
use config::{DiscoveryConfig, RemoteSdConfig};
use net::ClientOptions;
use std::sync::Arc;
use std::time::Duration;
use sys::Vfs;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

#[cfg(test)]
mod tests;

/// Longest time until a changed file is seen; shorter when `refresh_interval` is.
pub const POLL: Duration = Duration::from_secs(3);

/// How long the first snapshot waits for servers that have not answered yet.
pub const FIRST_ANSWER_WAIT_MAX: Duration = Duration::from_secs(5);
/// Reports of servers that wait to be published; those who report wait then.
const REPORTS_MAX: usize = 64;

/// Watches the sources of one configuration; ends with its task when dropped.
#[derive(Debug)]
pub struct Discovery {
    receiver: watch::Receiver<Option<Arc<Snapshot>>>,
    task: Option<JoinHandle<()>>,
}

impl Discovery {
    /// Starts watching. Static groups alone are there at once and need no task.
    pub fn start(config: &DiscoveryConfig, options: &ClientOptions) -> Self {
        let groups = static_groups(&config.static_configs);
        let first = Snapshot { groups, faults: Vec::new() };
        if config.file_sd_configs.is_empty() && config.remote.is_empty() {
            let (_, receiver) = watch::channel(Some(Arc::new(first)));
            return Self { receiver, task: None };
        }
        let (sender, receiver) = watch::channel(None);
        let sets: Vec<FileSet> = config.file_sd_configs.iter().map(FileSet::new).collect();
        let refresh = config.file_sd_configs.iter().map(|files| files.refresh_interval);
        let period = refresh.min().map_or(POLL, |shortest| shortest.clamp(MILLISECOND, POLL));
        let known = vec![None; config.remote.len()];
        let sources = Sources { files: Files { sets }, fixed: first, known };
        let task = run(sources, config.remote.clone(), options.clone(), period, sender);
        Self { receiver, task: Some(tokio::spawn(task)) }
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

/// All files of a configuration.
struct Files {
    sets: Vec<FileSet>,
}

impl Files {
    /// Reads everything; answers whether there is news.
    fn refresh(&mut self, vfs: &dyn Vfs) -> bool {
        // No short circuit: every set must be read.
        self.sets.iter_mut().fold(false, |news, set| set.refresh(vfs) | news)
    }
}

/// What is known of all sources.
struct Sources {
    files: Files,
    fixed: Snapshot,
    /// By entry; `None` until its server was asked once.
    known: Vec<Option<Known>>,
}

/// What a server said.
#[derive(Clone, Default)]
struct Known {
    groups: Vec<Group>,
    fault: Option<Fault>,
}

impl Sources {
    /// Takes a report; answers whether it is news.
    fn take(&mut self, entry: usize, report: Report) -> bool {
        let is_first = self.known[entry].is_none();
        let known = self.known[entry].get_or_insert_default();
        let groups_changed = report.groups.as_ref().is_some_and(|groups| *groups != known.groups);
        let fault_changed = report.fault != known.fault;
        if let Some(groups) = report.groups {
            known.groups = groups;
        }
        known.fault = report.fault;
        is_first || groups_changed || fault_changed
    }

    fn all_answered(&self) -> bool {
        self.known.iter().all(Option::is_some)
    }

    fn snapshot(&self) -> Snapshot {
        let mut snapshot = self.fixed.clone();
        for set in &self.files.sets {
            snapshot.groups.extend(set.groups().cloned());
            snapshot.faults.extend(set.faults().iter().cloned());
        }
        for known in self.known.iter().flatten() {
            snapshot.groups.extend(known.groups.iter().cloned());
            snapshot.faults.extend(known.fault.iter().cloned());
        }
        snapshot
    }
}

async fn run(
    mut sources: Sources,
    remote: Vec<RemoteSdConfig>,
    options: ClientOptions,
    period: Duration,
    sender: watch::Sender<Option<Arc<Snapshot>>>,
) {
    // Ends with this task, and its tasks with it.
    let mut tasks = JoinSet::new();
    let (reporter, mut reports) = mpsc::channel(REPORTS_MAX);
    for entry in remote.iter().enumerate() {
        remote::spawn(&mut tasks, entry, &options, reporter.clone());
    }
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let wait_over = tokio::time::sleep(FIRST_ANSWER_WAIT_MAX);
    tokio::pin!(wait_over);
    let (mut are_files_read, mut waits) = (false, true);
    loop {
        let news = tokio::select! {
            // Without files nothing is to be read again.
            _ = ticks.tick(), if !are_files_read || !sources.files.sets.is_empty() => {
                let Some(news) = read_files(&mut sources, &options).await else { return };
                are_files_read = true;
                news
            }
            Some((entry, report)) = reports.recv() => sources.take(entry, report),
            () = &mut wait_over, if waits => {
                waits = false;
                false
            }
        };
        let is_first = sender.borrow().is_none();
        let is_complete = are_files_read && (sources.all_answered() || !waits);
        if is_complete && (news || is_first) {
            let snapshot = sources.snapshot();
            report(&sender, &snapshot);
            sender.send_replace(Some(Arc::new(snapshot)));
        }
    }
}

/// Reads all files on a thread that may wait: they may lie on a disk that hangs. Answers whether
/// there is news; `None` when reading failed for good.
async fn read_files(sources: &mut Sources, options: &ClientOptions) -> Option<bool> {
    let mut files = Files { sets: std::mem::take(&mut sources.files.sets) };
    let vfs = Arc::clone(&options.vfs);
    let read = tokio::task::spawn_blocking(move || {
        let news = files.refresh(vfs.as_ref());
        (files, news)
    });
    let Ok((read, news)) = read.await else {
        tracing::error!("reading files of service discovery failed; targets stay as they are");
        return None;
    };
    sources.files = read;
    Some(news)
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
