use super::{Context, Options, Order, Pools, SourceHandle};
use crate::memory::Memory;
use crate::view::PoolEntry;
use config::{Outside, ScrapeConfig};
use model::Appender;
use net::AddressPolicy;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use sys::{OsVfs, SystemClock};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

fn pools() -> Pools {
    pools_over(Arc::new(Memory::default()), true)
}

fn pools_over(appender: Arc<dyn Appender>, storing_waits: bool) -> Pools {
    Pools::new(Options {
        appender,
        clock: Arc::new(SystemClock::new()),
        vfs: Arc::new(OsVfs),
        policy: Arc::new(AddressPolicy::default()),
        offset_seed: 0,
        loops: Handle::current(),
        storing_waits,
    })
}

/// What loops share, over a storage in memory.
pub(crate) fn context() -> Arc<Context> {
    pools().context
}

/// What loops share, over a storage that waits or not.
pub(crate) fn context_over(appender: Arc<dyn Appender>, storing_waits: bool) -> Arc<Context> {
    pools_over(appender, storing_waits).context
}

/// A job without targets.
pub(crate) fn job() -> Arc<ScrapeConfig> {
    let text = "scrape_configs:\n- job_name: j\n";
    let loaded = config::prometheus::load("prometheus.yml", text, &Outside::nothing()).unwrap();
    Arc::new(loaded.config.scrape_configs.into_iter().next().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_source_that_hangs_does_not_keep_the_server_from_stopping() {
    let mut pools = pools();
    let (stop, _stopped) = watch::channel(false);
    let entry = PoolEntry::new("hanging");
    pools.sources.push(SourceHandle { entry, stop, task: tokio::spawn(pending()) });
    tokio::time::timeout(Duration::from_mins(1), pools.stop()).await.unwrap();
}

#[tokio::test]
async fn a_pool_that_died_is_started_again_by_the_next_reload() {
    let mut pools = pools();
    pools.apply(&[ScrapeConfig::clone(&job())]).await;
    pools.jobs[0].task.abort();
    while !pools.jobs[0].task.is_finished() {
        tokio::task::yield_now().await;
    }
    pools.apply(&[ScrapeConfig::clone(&job())]).await;
    assert_eq!(pools.jobs.len(), 1);
    assert!(!pools.jobs[0].task.is_finished());
    pools.stop().await;
}

#[tokio::test]
async fn a_pool_that_takes_no_orders_is_replaced() {
    let mut pools = pools();
    let config = ScrapeConfig::clone(&job());
    pools.apply(std::slice::from_ref(&config)).await;
    // It ends between the look at it and the order.
    pools.jobs[0].orders = mpsc::channel(1).0;
    let changed = ScrapeConfig { honor_labels: !config.honor_labels, ..config };
    pools.apply(&[changed]).await;
    assert_eq!(pools.jobs.len(), 1);
    assert!(pools.jobs[0].order(Order::Stop).await, "the new one listens");
    pools.stop().await;
}
