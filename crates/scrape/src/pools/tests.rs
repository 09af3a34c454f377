use super::{Context, Options, Pools, SourceHandle};
use crate::heard::Heard;
use crate::memory::Memory;
use crate::view::PoolEntry;
use crate::{OwnSource, OwnWaitingSource, Source, SourceError, Told, WaitingSource};
use config::{Outside, ScrapeConfig};
use exposition::Family;
use model::{AppendError, Appender, Batch, BatchReport, GroupKey, Labels, SeriesRef, Timestamp};
use net::AddressPolicy;
use std::collections::BTreeSet;
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
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
        offset_seed: 7,
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
    job_of("")
}

/// The same with further keys.
pub(crate) fn job_of(more: &str) -> Arc<ScrapeConfig> {
    let text = format!("scrape_configs:\n- job_name: j\n{more}");
    let loaded = config::prometheus::load("prometheus.yml", &text, &Outside::nothing()).unwrap();
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
    assert!(!pools.jobs[0].orders.is_closed(), "the new one listens");
    pools.stop().await;
}

#[tokio::test]
async fn a_probe_that_died_is_started_again_by_the_next_reload() {
    let mut pools = pools();
    pools.apply_waiting(vec![probe(Duration::from_hours(1))]);
    pools.probes[0].task.abort();
    while !pools.probes[0].task.is_finished() {
        tokio::task::yield_now().await;
    }
    pools.apply_waiting(vec![probe(Duration::from_hours(1))]);
    assert_eq!(pools.probes.len(), 1);
    assert!(!pools.probes[0].task.is_finished());
    pools.stop().await;
}

/// Has nothing to say.
struct Silent;

impl Source for Silent {
    fn collect(&mut self, _: Timestamp) -> Result<&[Family], SourceError> {
        Ok(&[])
    }
}

impl WaitingSource for Silent {
    fn collect(&mut self, _: Timestamp) -> Told<'_> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

fn probe(interval: Duration) -> OwnWaitingSource {
    OwnWaitingSource {
        job: "probe".into(),
        instance: "here".into(),
        labels: Labels::empty(),
        interval,
        timeout: interval,
        url: "probe:here".into(),
        identity: String::new(),
        source: Box::new(Silent),
    }
}

#[test]
fn a_probe_is_another_one_when_anything_of_it_changes() {
    let second = Duration::from_secs(1);
    let same = || probe(second);
    let labels = Labels::from_pairs([("zone", "z")]);
    let all = [
        same(),
        OwnWaitingSource { job: "other".into(), ..same() },
        OwnWaitingSource { instance: "there".into(), ..same() },
        OwnWaitingSource { labels, ..same() },
        OwnWaitingSource { interval: 2 * second, ..same() },
        OwnWaitingSource { timeout: second / 2, ..same() },
        OwnWaitingSource { identity: "other".into(), ..same() },
    ];
    let keys: BTreeSet<String> = all.iter().map(OwnWaitingSource::key).collect();
    assert_eq!(keys.len(), all.len(), "{keys:?}");
    assert!(keys.contains(&same().key()));
}

/// A storage that takes its time, and nothing until it may.
#[derive(Default)]
struct Slow {
    is_asked: AtomicBool,
    may: Mutex<bool>,
    news: Condvar,
}

impl Slow {
    fn wait(&self) {
        self.is_asked.store(true, Ordering::SeqCst);
        let may = self.news.wait_while(self.may.lock().unwrap(), |may| !*may);
        drop(may.unwrap());
    }

    fn go_on(&self) {
        *self.may.lock().unwrap() = true;
        self.news.notify_all();
    }
}

impl Appender for Slow {
    fn resolve(&self, _: GroupKey, _: &Labels) -> Result<SeriesRef, AppendError> {
        self.wait();
        Ok(SeriesRef(1))
    }

    fn commit(&self, _: &Batch) -> Result<BatchReport, AppendError> {
        self.wait();
        Ok(BatchReport::default())
    }
}

#[tokio::test]
async fn a_stop_waits_for_what_is_being_stored() {
    let interval = Duration::from_millis(20);
    for kind in ["job", "source", "probe"] {
        let storage = Arc::new(Slow::default());
        let mut pools = pools_over(storage.clone(), true);
        match kind {
            "job" => {
                let failing = "  scrape_interval: 20ms\n  scrape_timeout: 20ms\n  target_limit: 1\n  \
                               static_configs: [{targets: ['a:1', 'b:1']}]\n";
                pools.apply(&[ScrapeConfig::clone(&job_of(failing))]).await;
            }
            "source" => pools.start_source(OwnSource {
                job: "own".into(),
                instance: "here".into(),
                interval,
                source: Box::new(Silent),
            }),
            _ => pools.apply_waiting(vec![probe(interval)]),
        }
        while !storage.is_asked.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let stopping = tokio::spawn(pools.stop());
        // Time to end for one that does not wait.
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!stopping.is_finished(), "{kind}");
        storage.go_on();
        tokio::time::timeout(Duration::from_mins(1), stopping).await.unwrap().unwrap();
    }
}

/// Waits until something is logged, and gives it.
async fn first_line(told: &Heard) -> String {
    loop {
        if let Some(line) = told.take().into_iter().next() {
            return line;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn what_a_probe_or_a_source_cannot_store_is_told_of() {
    let memory = Arc::new(Memory::default());
    let mut pools = pools_over(memory.clone(), true);
    let told = Heard::listen();
    let interval = Duration::from_millis(20);
    let begin = async |pools: &mut Pools| {
        let before = memory.batches();
        pools.apply_waiting(vec![probe(interval)]);
        while memory.batches() == before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    begin(&mut pools).await;
    memory.refuse_commits(true);
    pools.apply_waiting(Vec::new());
    let line = first_line(&told).await;
    assert!(line.starts_with("WARN message=cannot mark the series of a probe as gone"), "{line}");
    memory.refuse_commits(false);
    begin(&mut pools).await;
    memory.panic_next();
    let line = first_line(&told).await;
    assert!(line.starts_with("ERROR message=storing a probe panicked; it is not probed again"));
    memory.panic_next();
    let (job, instance, source) = ("own".into(), "here".into(), Box::new(Silent));
    pools.start_source(OwnSource { job, instance, interval, source });
    let line = first_line(&told).await;
    assert!(line.starts_with("ERROR message=storing a collection panicked"), "{line}");
    pools.stop().await;
}
