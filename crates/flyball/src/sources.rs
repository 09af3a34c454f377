//! In-process sources: the host collector, services and Flyball's own metrics, stored like any
//! target.

use crate::own::{Contribution, OwnMetrics};
use collect::{HostCollector, Options, OsHost, Roots};
use config::{HostSettings, ServiceSettings};
use exposition::Family;
use model::{Labels, Timestamp};
use scrape::{OwnSource, Source, SourceError};
use services::Offer;
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

/// Watched services, each as a target of its own. Call it on the runtime that is to carry them.
pub(crate) fn services(
    settings: &ServiceSettings,
    world: &services::World,
) -> impl Iterator<Item = OwnSource> {
    let runtime = Handle::current();
    services::instances(settings, world).into_iter().map(move |instance| {
        let (job, common) = (instance.job.into(), instance.settings());
        let (name, interval) = (common.name.clone(), common.interval);
        let source = Service { instance, families: Vec::new(), runtime: runtime.clone() };
        OwnSource { job, instance: name, interval, source: Box::new(source) }
    })
}

/// Services that listen here and are not watched: told in the log with the line that would watch
/// them, and as a series. They are never asked unasked.
pub(crate) fn offer(offers: Vec<Offer>) -> Contribution {
    let help = "Services that listen on this host and are not watched, value is always 1.";
    let mut family = Family::gauge("flyball_service_offered", help);
    for Offer { service, address, line } in offers {
        let what = "a service listens here and is not watched; a line of flyball.yml would do it";
        tracing::info!(service, address, line, "{what}");
        family.push(Labels::from_pairs([("service", service), ("address", &address)]), 1.0);
    }
    Box::new(move || vec![family.clone()])
}

struct Service {
    instance: services::Instance,
    families: Vec<Family>,
    runtime: Handle,
}

impl Source for Service {
    fn collect(&mut self, now: Timestamp) -> Result<&[Family], SourceError> {
        self.families = self.runtime.block_on(self.instance.collect(now));
        Ok(&self.families)
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
