//! The task of one job: turns snapshots of discovery into running loops.
//! It alone starts and ends the loops of its targets; orders come from `Pools`.

use crate::fetch::Job;
use crate::pools::Context;
use crate::run::{Assignment, Command, Runner};
use crate::target::{Populated, Target, populate};
use crate::view::{PoolEntry, PoolState, Shared, TargetView};
use config::ScrapeConfig;
use discovery::{Discovery, Snapshot};
use model::Labels;
use net::{Client, ClientOptions};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

#[cfg(test)]
mod tests;

/// Dropped targets that are remembered when the configuration sets no limit.
const DROPPED_MAX: u64 = 10_000;
/// How long stopping loops are waited for.
pub(crate) const STOP_MAX: Duration = Duration::from_secs(5);

/// What a pool is told.
pub(crate) enum Order {
    /// Go on under another configuration.
    Configure(Arc<ScrapeConfig>),
    /// The job is gone: end all targets, after the fact.
    Retire,
    /// The server stops.
    Stop,
}

/// A loop that runs.
struct Running {
    commands: watch::Sender<Command>,
    task: JoinHandle<()>,
    shared: Arc<Shared>,
    ending: bool,
}

pub(crate) struct Pool {
    context: Arc<Context>,
    entry: Arc<PoolEntry>,
    job: Arc<Job>,
    discovery: Discovery,
    running: BTreeMap<u64, Running>,
    invalid: BTreeSet<String>,
    retired: bool,
}

/// What relabelling made of a snapshot.
#[derive(Default)]
struct Sorted {
    kept: BTreeMap<u64, Target>,
    dropped: Vec<Labels>,
    dropped_count: u64,
    invalid: BTreeSet<String>,
}

impl Pool {
    pub(crate) fn new(
        context: Arc<Context>,
        entry: Arc<PoolEntry>,
        config: Arc<ScrapeConfig>,
    ) -> Self {
        let discovery = Discovery::start(&config.discovery, &options(&context));
        let client = Arc::new(client(&context, &config));
        Self {
            context,
            entry,
            job: Arc::new(Job::new(config, client)),
            discovery,
            running: BTreeMap::new(),
            invalid: BTreeSet::new(),
            retired: false,
        }
    }

    /// Runs until stopped, or retired with nothing left to end.
    pub(crate) async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut snapshots = self.discovery.snapshots();
        let mut may_change = true;
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(Order::Configure(config)) => {
                        if self.configure(config).await {
                            snapshots = self.discovery.snapshots();
                            may_change = true;
                        }
                        self.synchronise(&snapshots);
                    }
                    Some(Order::Retire) => self.retire(),
                    Some(Order::Stop) | None => break,
                },
                changed = snapshots.changed(), if may_change => {
                    // Static targets have no sender: they are there, and never change.
                    may_change = changed.is_ok();
                    self.synchronise(&snapshots);
                }
                () = self.ended(), if self.retired => return,
            }
        }
        self.stop().await;
    }

    /// Takes over a configuration; answers whether discovery began anew.
    async fn configure(&mut self, config: Arc<ScrapeConfig>) -> bool {
        self.retired = false;
        let old = Arc::clone(&self.job.config);
        let client = if old.http == config.http {
            Arc::clone(&self.job.client)
        } else {
            Arc::new(client(&self.context, &config))
        };
        self.job = Arc::new(Job::new(Arc::clone(&config), client));
        if old.discovery == config.discovery {
            return false;
        }
        let fresh = Discovery::start(&config.discovery, &options(&self.context));
        std::mem::replace(&mut self.discovery, fresh).stop().await;
        true
    }

    /// Brings the loops in line with the latest snapshot, if there is one: until a new discovery
    /// has read everything, the targets of the old one go on.
    fn synchronise(&mut self, snapshots: &watch::Receiver<Option<Arc<Snapshot>>>) {
        let Some(snapshot) = snapshots.borrow().clone() else { return };
        if self.retired {
            return;
        }
        let sorted = self.sort(&snapshot);
        for message in sorted.invalid.difference(&self.invalid) {
            tracing::warn!(job = self.entry.name, "cannot make a target: {message}");
        }
        self.invalid = sorted.invalid;
        let forced_error = self.too_many(sorted.kept.len());
        self.end_all_but(&sorted.kept);
        for (identity, target) in sorted.kept {
            let job = Arc::clone(&self.job);
            let forced_error = forced_error.clone();
            self.assign(identity, Assignment { target, job, forced_error });
        }
        self.publish(sorted.dropped, sorted.dropped_count);
    }

    fn sort(&self, snapshot: &Snapshot) -> Sorted {
        let config = &self.job.config;
        let remembered = config.limits.keep_dropped_targets.unwrap_or(DROPPED_MAX);
        let mut sorted = Sorted::default();
        for group in &snapshot.groups {
            for target in &group.targets {
                match populate(config, target, &group.labels) {
                    Populated::Kept(target) => {
                        sorted.kept.entry(target.identity).or_insert(*target);
                    }
                    Populated::Dropped { discovered } => {
                        sorted.dropped_count += 1;
                        if sorted.dropped_count <= remembered {
                            sorted.dropped.push(discovered);
                        }
                    }
                    Populated::Invalid { discovered, reason } => {
                        sorted.invalid.insert(format!("{discovered}: {reason}"));
                    }
                }
            }
        }
        sorted
    }

    fn too_many(&self, count: usize) -> Option<String> {
        let limit = self.job.config.limits.target_limit?;
        (count as u64 > limit)
            .then(|| format!("target_limit exceeded (number of targets: {count}, limit: {limit})"))
    }

    /// Gives a target its assignment; starts a loop when there is none.
    fn assign(&mut self, identity: u64, assignment: Assignment) {
        let view = view(&self.entry.name, &assignment.target);
        let command = Command::Run(Arc::new(assignment));
        if let Some(running) = self.running.get_mut(&identity)
            && !running.task.is_finished()
        {
            running.shared.describe(|shown| {
                shown.discovered = view.discovered;
                shown.interval = view.interval;
                shown.timeout = view.timeout;
            });
            running.ending = false;
            running.commands.send_replace(command);
            return;
        }
        let shared = Arc::new(Shared::new(view));
        let (commands, receiver) = watch::channel(command);
        let runner = Runner::new(Arc::clone(&self.context), Arc::clone(&shared), receiver);
        let task = self.context.loops.spawn(runner.run());
        self.running.insert(identity, Running { commands, task, shared, ending: false });
    }

    fn end_all_but(&mut self, kept: &BTreeMap<u64, Target>) {
        self.running.retain(|_, running| !running.task.is_finished());
        for (identity, running) in &mut self.running {
            if !kept.contains_key(identity) && !running.ending {
                running.ending = true;
                running.commands.send_replace(Command::End);
            }
        }
    }

    fn publish(&self, dropped: Vec<Labels>, dropped_count: u64) {
        let active = self.running.values().filter(|running| !running.ending);
        let mut targets: Vec<_> = active.map(|running| Arc::clone(&running.shared)).collect();
        targets.sort_by_cached_key(|shared| shared.sort_key());
        self.entry.set(PoolState { targets, dropped, dropped_count });
    }

    fn retire(&mut self) {
        self.retired = true;
        self.end_all_but(&BTreeMap::new());
    }

    /// Waits until all loops have ended.
    async fn ended(&mut self) {
        // Each is removed as soon as it was awaited: this wait may be cancelled and begin again.
        while let Some(mut running) = self.running.first_entry() {
            // A loop that panicked has ended, too; the runtime has logged it.
            let _ended = (&mut running.get_mut().task).await;
            running.remove();
        }
    }

    async fn stop(self) {
        self.discovery.stop().await;
        for running in self.running.values() {
            running.commands.send_replace(Command::Stop);
        }
        let all = async {
            for running in self.running.into_values() {
                let _ended = running.task.await;
            }
        };
        if tokio::time::timeout(STOP_MAX, all).await.is_err() {
            tracing::warn!(job = self.entry.name, "scrape loops did not stop within {STOP_MAX:?}");
        }
    }
}

fn options(context: &Context) -> ClientOptions {
    ClientOptions { policy: Arc::clone(&context.policy), vfs: Arc::clone(&context.vfs) }
}

fn client(context: &Context, config: &ScrapeConfig) -> Client {
    Client::new(config.http.clone(), options(context))
}

fn view(pool: &str, target: &Target) -> TargetView {
    TargetView {
        pool: pool.to_owned(),
        discovered: target.discovered.clone(),
        labels: target.labels.clone(),
        url: target.url.to_string(),
        interval: target.interval,
        timeout: target.timeout,
        ..TargetView::default()
    }
}
