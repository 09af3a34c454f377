//! Remote write: every stored sample goes to other systems, in versions 1.0 and 2.0 of the
//! protocol. What waits is the storage's own journal (docs/decisions/0027), so an outage of hours
//! costs disk and no memory. `core` decides, `remote` reads and remembers, `run` makes requests;
//! this file begins and ends them as the configuration says.

mod answer;
mod core;
mod counts;
mod demand;
mod families;
mod feed;
mod mark;
mod progress;
mod remote;
mod request;
mod run;
#[cfg(test)]
mod simulation;

use config::RemoteWriteConfig;
use exposition::Family;
use families::Told;
use model::{GroupKey, Labels};
use net::ClientOptions;
use parking_lot::Mutex;
use remote::Remote;
use run::{Endpoint, Shown};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use sys::Clock;
use tokio::sync::watch;
use tsdb::Db;

/// Bytes kept for endpoints beyond the journal itself, unless the configuration says otherwise;
/// when there are more, the oldest go unsent and are counted.
pub const BACKLOG_BYTES_MAX: u64 = 4 << 30;
/// After trouble with its own files an endpoint begins anew this much later.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// All endpoints.
pub struct Senders {
    db: Arc<Db>,
    clock: Arc<dyn Clock>,
    options: ClientOptions,
    /// Where progress is kept, a directory an endpoint.
    dir: PathBuf,
    backlog_bytes_max: AtomicU64,
    running: Mutex<Vec<Running>>,
}

struct Running {
    key: String,
    config: RemoteWriteConfig,
    external: Labels,
    shown: Arc<Shown>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Senders {
    /// Sends nothing until [`Senders::apply`].
    pub fn new(
        db: Arc<Db>,
        clock: Arc<dyn Clock>,
        options: ClientOptions,
        dir: PathBuf,
    ) -> Arc<Self> {
        let backlog_bytes_max = AtomicU64::new(BACKLOG_BYTES_MAX);
        Arc::new(Self { db, clock, options, dir, backlog_bytes_max, running: Mutex::default() })
    }

    /// Bounds what waits for endpoints besides the journal, from the next request on.
    pub fn bound_backlog(&self, bytes_max: u64) {
        self.backlog_bytes_max.store(bytes_max, Ordering::Relaxed);
    }

    /// Sends to these endpoints from now on. One that is the same goes on; one that changed goes on
    /// from where it was. Blocks for the end of those that go.
    pub fn apply(self: &Arc<Self>, configs: &[RemoteWriteConfig], external: &Labels) {
        let mut running = self.running.lock();
        let keys: Vec<String> = configs.iter().map(key).collect();
        let (stay, go): (Vec<Running>, Vec<Running>) = running.drain(..).partition(|one| {
            let same = |(config, key): (&RemoteWriteConfig, &String)| {
                *key == one.key && *config == one.config && *external == one.external
            };
            configs.iter().zip(&keys).any(same)
        });
        end(go);
        *running = stay;
        self.forget_others(&keys);
        for (config, key) in configs.iter().zip(keys) {
            if !running.iter().any(|one| one.key == key) {
                running.push(self.begin(key, config, external));
            }
        }
        self.keep(&running);
    }

    /// Ends all; what is not sent by then is sent by the next process.
    pub fn stop(&self) {
        let all = std::mem::take(&mut *self.running.lock());
        end(all);
    }

    /// What all endpoints count.
    pub fn families(&self) -> Vec<Family> {
        let told: Vec<Told> = self.running.lock().iter().map(Running::told).collect();
        let mut families =
            families::families(&told, self.db.newest().map(model::Timestamp::seconds));
        if !told.is_empty() {
            let stats = self.db.outbox_stats();
            let help = "Bytes that wait for remote endpoints besides the journal.";
            let waiting = Family::gauge("flyball_remote_write_backlog_bytes", help);
            families.push(waiting.with(stats.bytes as f64));
            let help = "Bytes that no endpoint got because too many waited.";
            let lost = Family::counter("flyball_remote_write_backlog_lost_bytes_total", help);
            families.push(lost.with(stats.lost_bytes as f64));
        }
        families
    }

    fn begin(
        self: &Arc<Self>,
        key: String,
        config: &RemoteWriteConfig,
        external: &Labels,
    ) -> Running {
        let (stop, mut told_to_stop) = watch::channel(false);
        let shown = Arc::new(Shown::default());
        let weak = Arc::downgrade(self);
        let endpoint = Arc::new(Endpoint {
            name: name(config, &key),
            config: config.clone(),
            db: Arc::clone(&self.db),
            clock: Arc::clone(&self.clock),
            options: self.options.clone(),
            shown: Arc::clone(&shown),
            moved: Arc::new(move || {
                // Whoever holds the list looks at all floors at its end.
                if let Some(senders) = weak.upgrade()
                    && let Some(running) = senders.running.try_lock()
                {
                    senders.keep(&running);
                }
            }),
        });
        let dir = self.dir.join(&key);
        let labels = external.clone();
        let work = move || {
            while !*told_to_stop.borrow() {
                let attempt = || send(&endpoint, &dir, &labels, &mut told_to_stop);
                let Err(error) = catch_unwind(AssertUnwindSafe(attempt))
                    .unwrap_or_else(|_| Err("it panicked".into()))
                else {
                    return;
                };
                let name = &endpoint.name;
                tracing::error!(name, %error, "remote write begins anew");
                std::thread::sleep(AGAIN_AFTER);
            }
        };
        let thread = std::thread::Builder::new().name("remote-write".to_owned()).spawn(work);
        let thread = thread.map_err(|error| {
            tracing::error!(%error, "remote write has no thread");
        });
        let (config, external) = (config.clone(), external.clone());
        Running { key, config, external, shown, stop, thread: thread.ok() }
    }

    /// Keeps of the journal what the slowest still needs.
    fn keep(&self, running: &[Running]) {
        let floor = running.iter().map(|one| *one.shown.floor.lock()).min();
        if let Err(error) = self.db.keep_tail(floor, self.backlog_bytes_max.load(Ordering::Relaxed))
        {
            tracing::warn!(%error, "what was sent cannot be removed; it is tried again");
        }
    }

    /// Removes the progress of endpoints that are gone, so that one that comes back begins anew.
    fn forget_others(&self, keys: &[String]) {
        let vfs = &self.options.vfs;
        let Ok(entries) = vfs.read_dir(&self.dir) else { return };
        for entry in entries.iter().filter(|entry| entry.is_dir && !keys.contains(&entry.name)) {
            if let Err(error) = vfs.remove_dir_all(&self.dir.join(&entry.name)) {
                tracing::warn!(%error, "the progress of a former endpoint cannot be removed");
            }
        }
    }
}

impl Running {
    fn told(&self) -> Told {
        Told {
            name: name(&self.config, &self.key),
            url: shown_url(&self.config.url),
            queue: self.config.queue,
            counts: self.shown.counts.lock().clone(),
        }
    }
}

/// Opens an endpoint and sends until told to stop.
fn send(
    endpoint: &Arc<Endpoint>,
    dir: &std::path::Path,
    external: &Labels,
    stop: &mut watch::Receiver<bool>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let (db, vfs) = (&endpoint.db, &endpoint.options.vfs);
    let remote = Remote::open(db, vfs, dir, &endpoint.config, external, endpoint.now())?;
    *endpoint.shown.floor.lock() = remote.floor();
    (endpoint.moved)();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(endpoint.run(remote, stop));
    // A name that is still being resolved keeps nobody waiting.
    runtime.shutdown_timeout(Duration::from_millis(100));
    outcome
}

/// All are told first, then awaited.
fn end(mut running: Vec<Running>) {
    for one in &running {
        one.stop.send_replace(true);
    }
    for thread in running.iter_mut().filter_map(|one| one.thread.take()) {
        // A panic of the thread was logged where it was caught.
        drop(thread.join());
    }
}

/// Names the directory of an endpoint: its name if it has one, otherwise its URL.
fn key(config: &RemoteWriteConfig) -> String {
    let identity = config.name.as_ref().map_or(("url", &config.url), |name| ("name", name));
    format!("{:016x}", GroupKey::of(&identity).0)
}

fn name(config: &RemoteWriteConfig, key: &str) -> String {
    config.name.clone().unwrap_or_else(|| key[..6].to_owned())
}

/// The URL without user and password.
fn shown_url(url: &str) -> String {
    url::Url::parse(url).map_or_else(
        |_| String::new(),
        |mut url| {
            // A URL without host has no user either.
            let _cleared = url.set_username("").and_then(|()| url.set_password(None));
            url.to_string()
        },
    )
}
