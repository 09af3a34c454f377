use super::{Context, Options, Pools, SourceHandle};
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
use tokio::sync::watch;

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
