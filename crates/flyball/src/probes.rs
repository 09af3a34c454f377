//! Probes as the binary runs them: modules and workers in force, the route that asks for probes,
//! and the probes of flyball.yml on their schedule, whose series are stored like those of any
//! target.

use crate::load::Configuration;
use crate::own::OwnMetrics;
use api::{Mount, Permission};
use config::{HERE, ScheduledProbe};
use exposition::Family;
use model::{Labels, Timestamp};
use net::{AddressPolicy, ClientOptions};
use probe::{
    Location, Modules, Outcome, PROBE_PATH, Place, Plan, Question, RESULTS_PATH, Results, Service,
    Thresholds, Unanswered, Unknown, Watch, World, probe_route, results_route,
};
use scrape::{OwnWaitingSource, SourceError, Told, WaitingSource};
use std::sync::{Arc, Mutex, PoisonError};
use sys::{Entropy, Vfs};

/// Label of the place that probes.
const LOCATION_LABEL: &str = "location";

/// What scheduled probes use.
struct InForce {
    modules: Arc<Modules>,
    locations: Vec<Location>,
}

/// A reload puts other modules and workers in.
type Current = Arc<Mutex<Arc<InForce>>>;

fn in_force(current: &Current) -> Arc<InForce> {
    Arc::clone(&current.lock().unwrap_or_else(PoisonError::into_inner))
}

/// What probes need, shared by all who touch them.
#[derive(Clone)]
pub(crate) struct Probes {
    world: World,
    service: Arc<Service>,
    current: Current,
    results: Arc<Results>,
}

impl Probes {
    pub(crate) fn new(
        policy: &Arc<AddressPolicy>,
        vfs: &Arc<dyn Vfs>,
        entropy: &Arc<dyn Entropy>,
    ) -> Self {
        let world = world(policy, vfs, entropy);
        let modules = Arc::new(Modules::new(&probe::built_in(), &world));
        let current = Arc::new(InForce { modules, locations: Vec::new() });
        let current = Arc::new(Mutex::new(current));
        Self { world, service: Arc::default(), current, results: Arc::default() }
    }

    /// Puts the modules and workers of a configuration in force and gives its scheduled probes.
    /// Requests are answered only where a file names modules; the schedule has built-in ones
    /// without.
    pub(crate) fn apply(&self, configuration: &Configuration) -> Vec<OwnWaitingSource> {
        let file = configuration.blackbox.as_ref();
        let modules = file.map(|file| Arc::new(Modules::new(file, &self.world)));
        self.service.set(modules.clone());
        let built_in = || Arc::new(Modules::new(&probe::built_in(), &self.world));
        let modules = modules.unwrap_or_else(built_in);
        let options = &self.world.options;
        let locations = configuration.flyball.probe_locations.iter();
        let locations = locations.map(|location| Location::new(location, options)).collect();
        let next = Arc::new(InForce { modules, locations });
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = next;
        let jobs = &configuration.flyball.probes;
        jobs.iter().flat_map(|job| self.scheduled(job)).collect()
    }

    fn scheduled(&self, job: &ScheduledProbe) -> Vec<OwnWaitingSource> {
        if job.locations.is_empty() {
            return self
                .here(job)
                .map(|(instance, way)| self.source(job, instance, way, None))
                .collect();
        }
        let mut sources = Vec::new();
        for location in &job.locations {
            let mut add = |(instance, way)| {
                sources.push(self.source(job, instance, way, Some(location)));
            };
            if location == HERE {
                self.here(job).for_each(&mut add);
                continue;
            }
            for (instance, question) in Question::all(job) {
                add((instance, Way::There { location: location.clone(), question }));
            }
        }
        sources
    }

    /// What this server probes itself.
    fn here(&self, job: &ScheduledProbe) -> impl Iterator<Item = (String, Way)> {
        let plans = probe::plans(job, &self.world).unwrap_or_else(|error| {
            tracing::error!(job = job.name, error, "a probe that was checked cannot be made");
            Vec::new()
        });
        plans.into_iter().map(|(instance, plan)| (instance, Way::Here(Box::new(plan))))
    }

    fn source(
        &self,
        job: &ScheduledProbe,
        instance: String,
        way: Way,
        location: Option<&String>,
    ) -> OwnWaitingSource {
        let thresholds = Thresholds { healthy: job.healthy, unhealthy: job.unhealthy };
        let judged = format!("{:?} {:?} {:?}", job.conditions, job.steps, job.context);
        let own = job.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let place = location.map(|location| (LOCATION_LABEL, location.as_str()));
        let source = Box::new(Scheduled {
            current: Arc::clone(&self.current),
            job: job.name.clone(),
            instance: instance.clone(),
            location: location.cloned(),
            way,
            watch: Watch::new(thresholds),
            place: self.results.place(&job.name, &instance, location.map(String::as_str)),
        });
        OwnWaitingSource {
            job: job.name.clone(),
            url: format!("probe:{instance}"),
            instance,
            labels: Labels::from_pairs(own.chain(place)),
            interval: job.interval,
            timeout: job.timeout,
            identity: format!("{:?} {thresholds:?} {judged}", job.module),
            source,
        }
    }

    /// The routes, and what they and the workers count among the server's own metrics.
    pub(crate) fn mounts(&self, own: &OwnMetrics) -> [Mount; 2] {
        let (service, current) = (Arc::clone(&self.service), Arc::clone(&self.current));
        own.add(Box::new(move || {
            let mut families = service.families();
            families.extend(Location::families(in_force(&current).locations.iter()));
            families
        }));
        let probe = Mount {
            path: PROBE_PATH,
            permission: Permission::Probe,
            methods: probe_route(Arc::clone(&self.service)),
            described: vec![("get", "Probes a target with a module of blackbox.yml")],
        };
        let results = Mount {
            path: RESULTS_PATH,
            permission: Permission::ReadMetrics,
            methods: results_route(Arc::clone(&self.results)),
            described: Vec::new(),
        };
        [probe, results]
    }
}

/// What probes need of the outside.
pub(crate) fn world(
    policy: &Arc<AddressPolicy>,
    vfs: &Arc<dyn Vfs>,
    entropy: &Arc<dyn Entropy>,
) -> World {
    let options = ClientOptions { policy: Arc::clone(policy), vfs: Arc::clone(vfs) };
    World { options, entropy: Arc::clone(entropy) }
}

/// Who probes.
enum Way {
    Here(Box<Plan>),
    There { location: String, question: Question },
}

/// A target that is probed again and again.
struct Scheduled {
    current: Current,
    job: String,
    instance: String,
    location: Option<String>,
    way: Way,
    watch: Watch,
    place: Arc<Place>,
}

impl Scheduled {
    /// One probe: what it found, or why nobody could ask.
    async fn ask(&mut self, now: Timestamp) -> Result<Result<Outcome, Unanswered>, SourceError> {
        let in_force = in_force(&self.current);
        match &mut self.way {
            Way::Here(plan) => {
                let asked = plan.turn(&in_force.modules, now).await;
                asked.map(Ok).map_err(|error| SourceError(error.to_string()))
            }
            Way::There { location, question } => {
                let worker = in_force.locations.iter().find(|worker| worker.name() == location);
                Ok(match worker {
                    Some(worker) => worker.ask(question).await,
                    // Between two configurations; the next one does not have this probe.
                    None => Err(Unanswered { reason: Unknown::Config, why: String::new() }),
                })
            }
        }
    }

    fn note(&mut self, now: Timestamp, outcome: Outcome) -> Vec<Family> {
        let before = self.watch.healthy();
        let why = outcome.findings.why.clone().unwrap_or_default();
        let kept = Place::kept(&outcome);
        let families = self.watch.note(now, outcome);
        self.place.note(now, self.watch.healthy(), kept);
        let (job, instance, location) = (&self.job, &self.instance, self.location.as_deref());
        match self.watch.healthy() {
            Some(false) if before != Some(false) => {
                tracing::warn!(job, instance, location, why, "a probed target is not healthy");
            }
            Some(true) if before == Some(false) => {
                tracing::info!(job, instance, location, "a probed target is healthy again");
            }
            Some(_) | None => {}
        }
        families
    }

    fn note_unknown(&mut self, now: Timestamp, unanswered: &Unanswered) -> Vec<Family> {
        let Unanswered { reason, why } = unanswered;
        let (job, instance, location) = (&self.job, &self.instance, self.location.as_deref());
        // What befalls all targets of a worker is told once, with the worker.
        if *reason == Unknown::Refused && !self.watch.is_unknown() {
            tracing::warn!(job, instance, location, why, "a worker cannot make this probe");
        }
        self.place.note_unknown(now, unanswered);
        self.watch.note_unknown(now, *reason)
    }
}

impl WaitingSource for Scheduled {
    fn collect(&mut self, now: Timestamp) -> Told<'_> {
        Box::pin(async move {
            Ok(match self.ask(now).await? {
                Ok(outcome) => self.note(now, outcome),
                Err(unanswered) => self.note_unknown(now, &unanswered),
            })
        })
    }
}
