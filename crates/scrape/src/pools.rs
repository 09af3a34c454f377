//! All jobs: starts, reconfigures and ends their pools; the one owner of everything that scrapes.
//! A reload leaves unchanged jobs alone and lets changed ones go on with what they remember.

use crate::bodies::Bodies;
use crate::counters::Counters;
use crate::pool::{Order, Pool, STOP_MAX};
use crate::probing::{self, OwnWaitingSource};
use crate::source::{self, OwnSource};
use crate::view::{PoolEntry, PoolState, PoolsView, Shared};
use config::ScrapeConfig;
use model::Appender;
use net::AddressPolicy;
use std::sync::{Arc, PoisonError};
use sys::{Clock, Vfs};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

#[cfg(test)]
pub(crate) mod tests;

/// Orders waiting for a pool; it takes them at once, so a full queue means it hangs: wait.
const ORDERS_MAX: usize = 4;

/// What scraping needs of the world.
#[derive(Clone)]
pub struct Options {
    /// Where samples go.
    pub appender: Arc<dyn Appender>,
    /// Wall clock for timestamps, monotonic clock for durations.
    pub clock: Arc<dyn Clock>,
    /// Files of service discovery, secrets and certificates.
    pub vfs: Arc<dyn Vfs>,
    /// Which addresses may be scraped.
    pub policy: Arc<AddressPolicy>,
    /// Shifts the phases of all targets, so that two servers scrape at different times; derive it
    /// from the host name and the external labels.
    pub offset_seed: u64,
    /// Runs the loops of targets. With a thread of its own a page goes from its connection to the
    /// storage without waking another thread.
    pub loops: Handle,
    /// The storage answers after a sync: pages are stored on threads that may wait.
    pub storing_waits: bool,
}

/// What all loops share.
pub(crate) struct Context {
    pub(crate) appender: Arc<dyn Appender>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) vfs: Arc<dyn Vfs>,
    pub(crate) policy: Arc<AddressPolicy>,
    pub(crate) offset_seed: u64,
    pub(crate) loops: Handle,
    pub(crate) storing_waits: bool,
    pub(crate) counters: Arc<Counters>,
    pub(crate) bodies: Bodies,
}

/// A pool as its owner sees it.
struct PoolHandle {
    entry: Arc<PoolEntry>,
    config: Arc<ScrapeConfig>,
    orders: mpsc::Sender<Order>,
    task: JoinHandle<()>,
    retired: bool,
}

/// An in-process source as its owner sees it.
struct SourceHandle {
    entry: Arc<PoolEntry>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// A probe as its owner sees it.
struct ProbeHandle {
    entry: Arc<PoolEntry>,
    key: String,
    orders: watch::Sender<probing::Order>,
    task: JoinHandle<()>,
}

/// All scrape pools and in-process sources.
pub struct Pools {
    context: Arc<Context>,
    view: PoolsView,
    jobs: Vec<PoolHandle>,
    sources: Vec<SourceHandle>,
    probes: Vec<ProbeHandle>,
}

impl Pools {
    /// No pools yet.
    pub fn new(options: Options) -> Self {
        let view = PoolsView::default();
        let context = Arc::new(Context {
            appender: options.appender,
            clock: options.clock,
            vfs: options.vfs,
            policy: options.policy,
            offset_seed: options.offset_seed,
            loops: options.loops,
            storing_waits: options.storing_waits,
            counters: Arc::clone(&view.counters),
            bodies: Bodies::default(),
        });
        Self { context, view, jobs: Vec::new(), sources: Vec::new(), probes: Vec::new() }
    }

    /// Brings the pools in line with a configuration: jobs that did not change are not touched,
    /// changed ones go on, missing ones end. Cannot fail: configurations are checked before.
    pub async fn apply(&mut self, configs: &[ScrapeConfig]) {
        self.jobs.retain(|pool| !pool.task.is_finished());
        for pool in &mut self.jobs {
            let stays = configs.iter().any(|config| config.job_name == pool.entry.name);
            if !stays {
                pool.retired = true;
                pool.order(Order::Retire).await;
            }
        }
        for config in configs {
            self.apply_job(config).await;
        }
        // In the order of the configuration; retired pools are not shown.
        let place = |pool: &PoolHandle| configs.iter().position(|c| c.job_name == pool.entry.name);
        self.jobs.sort_by_key(|pool| place(pool).unwrap_or(usize::MAX));
        self.publish();
    }

    async fn apply_job(&mut self, config: &ScrapeConfig) {
        let known = self.jobs.iter_mut().find(|pool| pool.entry.name == config.job_name);
        let Some(pool) = known else {
            let pool = self.start(Arc::new(config.clone()));
            self.jobs.push(pool);
            return;
        };
        if *pool.config == *config && !pool.retired {
            return;
        }
        pool.config = Arc::new(config.clone());
        pool.retired = false;
        if !pool.order(Order::Configure(Arc::clone(&pool.config))).await {
            // It ended (retired) between the check above and the order.
            let fresh = Arc::clone(&pool.config);
            let name = config.job_name.clone();
            self.jobs.retain(|pool| pool.entry.name != name);
            let pool = self.start(fresh);
            self.jobs.push(pool);
        }
    }

    fn start(&self, config: Arc<ScrapeConfig>) -> PoolHandle {
        let entry = PoolEntry::new(&config.job_name);
        let (orders, receiver) = mpsc::channel(ORDERS_MAX);
        let context = Arc::clone(&self.context);
        let pool = Pool::new(context, Arc::clone(&entry), Arc::clone(&config));
        let task = tokio::spawn(pool.run(receiver));
        PoolHandle { entry, config, orders, task, retired: false }
    }

    /// Starts an in-process source; it runs until everything stops.
    pub fn start_source(&mut self, own: OwnSource) {
        let entry = PoolEntry::new(&own.job);
        let shared = Arc::new(Shared::new(own.view()));
        let targets = vec![Arc::clone(&shared)];
        entry.set(PoolState { targets, ..PoolState::default() });
        let (stop, stopped) = watch::channel(false);
        let run = source::run(own, Arc::clone(&self.context), shared, stopped);
        self.sources.push(SourceHandle { entry, stop, task: tokio::spawn(run) });
        self.publish();
    }

    /// Brings probes and watched services in line with a configuration: those that did not change
    /// go on, others begin, missing ones end and their series with them.
    pub fn apply_waiting(&mut self, wanted: Vec<OwnWaitingSource>) {
        let mut former = std::mem::take(&mut self.probes);
        for probe in wanted {
            let key = probe.key();
            let known = former.iter().position(|handle| handle.key == key);
            let alive = known.map(|index| former.swap_remove(index));
            let handle = alive.filter(|handle| !handle.task.is_finished());
            let handle = handle.unwrap_or_else(|| self.start_probe(key, probe));
            self.probes.push(handle);
        }
        for handle in former {
            // The loop marks its series and ends by itself.
            handle.orders.send_replace(probing::Order::End);
        }
        self.publish();
    }

    fn start_probe(&self, key: String, probe: OwnWaitingSource) -> ProbeHandle {
        let entry = PoolEntry::new(&probe.job);
        let shared = Arc::new(Shared::new(probe.view()));
        let targets = vec![Arc::clone(&shared)];
        entry.set(PoolState { targets, ..PoolState::default() });
        let (orders, receiver) = watch::channel(probing::Order::Run);
        let run = probing::run(probe, Arc::clone(&self.context), shared, receiver);
        ProbeHandle { entry, key, orders, task: tokio::spawn(run) }
    }

    /// A window on targets and counters that stays current.
    pub fn view(&self) -> PoolsView {
        self.view.clone()
    }

    /// Stops everything within seconds; writes no staleness markers, because a server that comes
    /// back goes on where it was.
    pub async fn stop(self) {
        for pool in &self.jobs {
            pool.order(Order::Stop).await;
        }
        for source in &self.sources {
            source.stop.send_replace(true);
        }
        for probe in &self.probes {
            probe.orders.send_replace(probing::Order::Stop);
        }
        for pool in self.jobs {
            join(pool.task).await;
        }
        let sources = async {
            for source in self.sources {
                join(source.task).await;
            }
            for probe in self.probes {
                join(probe.task).await;
            }
        };
        if tokio::time::timeout(STOP_MAX, sources).await.is_err() {
            tracing::warn!("in-process sources did not stop within {STOP_MAX:?}");
        }
    }

    fn publish(&self) {
        let sources = self.sources.iter().map(|source| &source.entry);
        let pools = self.jobs.iter().filter(|pool| !pool.retired).map(|pool| &pool.entry);
        let probes = self.probes.iter().map(|probe| &probe.entry);
        let entries = sources.chain(pools).chain(probes).cloned().collect();
        *self.view.pools.lock().unwrap_or_else(PoisonError::into_inner) = entries;
    }
}

impl PoolHandle {
    /// Gives an order; false when the pool has ended.
    async fn order(&self, order: Order) -> bool {
        self.orders.send(order).await.is_ok()
    }
}

async fn join(task: JoinHandle<()>) {
    if let Err(error) = task.await {
        tracing::error!(%error, "a scrape task failed");
    }
}
