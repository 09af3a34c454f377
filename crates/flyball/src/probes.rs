//! Probes as the binary runs them: modules in force, the route that asks for probes, and the probes
//! of flyball.yml on their schedule, whose series are stored like those of any target.

use crate::load::Configuration;
use crate::own::OwnMetrics;
use api::{Mount, Permission};
use config::ScheduledProbe;
use model::{Labels, Timestamp};
use net::{AddressPolicy, ClientOptions};
use probe::{Modules, PROBE_PATH, Plan, Service, Thresholds, Watch, World, probe_route};
use scrape::{OwnWaitingSource, SourceError, Told, WaitingSource};
use std::sync::{Arc, Mutex, PoisonError};
use sys::{Entropy, Vfs};

/// The modules that scheduled probes use; a reload puts others in.
type Current = Arc<Mutex<Arc<Modules>>>;

/// What probes need, shared by all who touch them.
#[derive(Clone)]
pub(crate) struct Probes {
    world: World,
    service: Arc<Service>,
    current: Current,
}

impl Probes {
    pub(crate) fn new(
        policy: &Arc<AddressPolicy>,
        vfs: &Arc<dyn Vfs>,
        entropy: &Arc<dyn Entropy>,
    ) -> Self {
        let options = ClientOptions { policy: Arc::clone(policy), vfs: Arc::clone(vfs) };
        let world = World { options, entropy: Arc::clone(entropy) };
        let current = Arc::new(Modules::new(&probe::built_in(), &world));
        Self { world, service: Arc::default(), current: Arc::new(Mutex::new(current)) }
    }

    /// Puts the modules of a configuration in force and gives its scheduled probes. Requests are
    /// answered only where a file names modules; the schedule has built-in ones without.
    pub(crate) fn apply(&self, configuration: &Configuration) -> Vec<OwnWaitingSource> {
        let file = configuration.blackbox.as_ref();
        let modules = file.map(|file| Arc::new(Modules::new(file, &self.world)));
        self.service.set(modules.clone());
        let built_in = || Arc::new(Modules::new(&probe::built_in(), &self.world));
        let modules = modules.unwrap_or_else(built_in);
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = modules;
        let jobs = &configuration.flyball.probes;
        jobs.iter().flat_map(|job| self.scheduled(job)).collect()
    }

    fn scheduled(&self, job: &ScheduledProbe) -> Vec<OwnWaitingSource> {
        let thresholds = Thresholds { healthy: job.healthy, unhealthy: job.unhealthy };
        let plans = probe::plans(job, &self.world).unwrap_or_else(|error| {
            tracing::error!(job = job.name, error, "a probe that was checked cannot be made");
            Vec::new()
        });
        let judged = format!("{:?} {:?} {:?}", job.conditions, job.steps, job.context);
        let one = |(instance, plan): (String, Plan)| {
            let url = format!("probe:{instance}");
            let source = Box::new(Scheduled {
                current: Arc::clone(&self.current),
                job: job.name.clone(),
                instance: instance.clone(),
                plan,
                watch: Watch::new(thresholds),
            });
            OwnWaitingSource {
                job: job.name.clone(),
                instance,
                labels: Labels::from_pairs(job.labels.iter().map(|(name, value)| (name, value))),
                interval: job.interval,
                timeout: job.timeout,
                url,
                identity: format!("{:?} {thresholds:?} {judged}", job.module),
                source,
            }
        };
        plans.into_iter().map(one).collect()
    }

    /// The route, and what it counts among the server's own metrics.
    pub(crate) fn mount(&self, own: &OwnMetrics) -> Mount {
        let service = Arc::clone(&self.service);
        own.add(Box::new(move || service.families()));
        Mount {
            path: PROBE_PATH,
            permission: Permission::Probe,
            methods: probe_route(Arc::clone(&self.service)),
            described: vec![("get", "Probes a target with a module of blackbox.yml")],
        }
    }
}

/// A target that is probed again and again.
struct Scheduled {
    current: Current,
    job: String,
    instance: String,
    plan: Plan,
    watch: Watch,
}

impl WaitingSource for Scheduled {
    fn collect(&mut self, now: Timestamp) -> Told<'_> {
        let modules = Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner));
        Box::pin(async move {
            let asked = self.plan.turn(&modules, now).await;
            let mut outcome = asked.map_err(|error| SourceError(error.to_string()))?;
            let (before, why) = (self.watch.healthy(), outcome.findings.why.take());
            let families = self.watch.note(now, outcome);
            let (job, instance) = (&self.job, &self.instance);
            match self.watch.healthy() {
                Some(false) if before != Some(false) => {
                    let why = why.unwrap_or_default();
                    tracing::warn!(job, instance, why, "a probed target is not healthy");
                }
                Some(true) if before == Some(false) => {
                    tracing::info!(job, instance, "a probed target is healthy again");
                }
                Some(_) | None => {}
            }
            Ok(families)
        })
    }
}
