//! In-process sources: the host collector, services and Flyball's own metrics, stored like any
//! target.

use crate::own::OwnMetrics;
use collect::{HostCollector, Options, OsHost, Roots};
use config::{HostSettings, ServiceSettings};
use exposition::Family;
use model::{Labels, Timestamp};
use scrape::{OwnSource, OwnWaitingSource, Source, SourceError, Told, WaitingSource};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use sys::SystemClock;
use tokio::runtime::Handle;

/// How often own metrics are stored.
const OWN_INTERVAL: Duration = Duration::from_secs(15);

/// The host as `job="node"`.
pub(crate) fn host(
    hostname: &str,
    interval: Duration,
    settings: &HostSettings,
) -> Result<OwnSource, collect::Error> {
    let mut options = Options {
        switches: settings.collectors.clone(),
        intervals: settings.intervals.clone(),
        timeouts: settings.timeouts.clone(),
        ..Options::default()
    };
    options.timeout = settings.timeout.unwrap_or(options.timeout);
    for (flag, values) in &settings.flags {
        options.set_flag(flag, values)?;
    }
    let clock = Arc::new(SystemClock::new());
    let collector = HostCollector::new(Arc::new(OsHost::new()), clock, Roots::default(), &options)?;
    let source = Box::new(Host(collector));
    Ok(OwnSource { job: "node".into(), instance: hostname.into(), interval, source })
}

struct Host(HostCollector);

impl Source for Host {
    fn collect(&mut self, now: Timestamp) -> Result<&[Family], SourceError> {
        Ok(self.0.collect(now))
    }
}

/// Where watched services are asked from.
pub(crate) struct Services {
    pub(crate) world: services::World,
    pub(crate) hostname: String,
    /// Is this host watched? Who does not want it does not want its containers unasked.
    pub(crate) with_host: bool,
    /// Carries the questions.
    pub(crate) runtime: Handle,
}

impl Services {
    /// All services of a configuration, each as a target of its own.
    pub(crate) fn of(&self, settings: &ServiceSettings) -> Vec<OwnWaitingSource> {
        let mut settings = settings.clone();
        if !self.with_host {
            settings.containers.enabled.get_or_insert(false);
        }
        let one = |instance: services::Instance| {
            let common = instance.settings();
            // Only what is of this host has no name of its own.
            let name = if common.name.is_empty() { &self.hostname } else { &common.name };
            OwnWaitingSource {
                job: instance.job.into(),
                instance: name.clone(),
                labels: Labels::empty(),
                interval: common.interval,
                timeout: common.timeout,
                url: format!("internal:{}", instance.job),
                identity: instance.identity().to_owned(),
                source: Box::new(Service(Some(instance), self.runtime.clone())),
            }
        };
        services::instances(&settings, &self.world).into_iter().map(one).collect()
    }
}

/// A service and who carries its questions; it is away while it is asked.
struct Service(Option<services::Instance>, Handle);

impl WaitingSource for Service {
    fn collect(&mut self, now: Timestamp) -> Told<'_> {
        let Self(place, runtime) = self;
        Box::pin(async move {
            let Some(mut instance) = place.take() else {
                return Err(SourceError("its last collection was interrupted".to_owned()));
            };
            let runtime = runtime.clone();
            // Collectors read logs and files of the kernel between their questions.
            let asked = tokio::task::spawn_blocking(move || {
                let ask = || runtime.block_on(instance.collect(now));
                let families = catch_unwind(AssertUnwindSafe(ask));
                (instance, families)
            });
            let (instance, families) =
                asked.await.map_err(|error| SourceError(error.to_string()))?;
            *place = Some(instance);
            // The cause of a panic is in the log.
            families.ok().ok_or_else(|| SourceError("panicked".to_owned()))
        })
    }
}

/// Flyball itself as `job="flyball"`.
pub(crate) fn own(hostname: &str, metrics: Arc<OwnMetrics>) -> OwnSource {
    let source = Box::new(Own { metrics, families: Vec::new() });
    OwnSource { job: "flyball".into(), instance: hostname.into(), interval: OWN_INTERVAL, source }
}

struct Own {
    metrics: Arc<OwnMetrics>,
    families: Vec<Family>,
}

impl Source for Own {
    fn collect(&mut self, _now: Timestamp) -> Result<&[Family], SourceError> {
        self.families = self.metrics.families();
        Ok(&self.families)
    }
}

/// Name of this host, for the label `instance`.
pub(crate) fn hostname() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if name.is_empty() { "localhost".to_owned() } else { name }
}
