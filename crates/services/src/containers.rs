//! Containers and pods: what the kernel counts for their cgroups, under cAdvisor's names.
//! Files of the host are read below a root; Docker is asked for names, images and labels where its
//! socket is configured. Without it a container has its identifier for a name.

mod cgroup;
mod identity;
mod machine;
mod names;
mod series;
mod usage;

use crate::report::{Names as ReportNames, Round};
use crate::{Fault, Page, PartOutcome, Reason, World};
use cgroup::{Cgroup, Found, Hierarchies};
use config::{ContainersSettings, HttpClientConfig};
use discovery::DockerEngine;
use exposition::Family;
use identity::Kind;
use machine::Machine;
use model::Timestamp;
use names::{Files, Names};
use net::ClientOptions;
use series::Writer;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use usage::{Devices, Reader};

/// Series about the parts.
const NAMES: ReportNames = ReportNames {
    service: "containers",
    duration: ("container_scrape_collector_duration_seconds", "Duration of a collector scrape."),
    success: ("container_scrape_collector_success", "Whether a collector succeeded."),
};

/// Names of all metrics, for tables of what exists.
pub(crate) fn metric_names() -> impl Iterator<Item = &'static str> {
    series::ALL.iter().map(|metric| metric.name)
}

/// Are there containers or pods on this machine?
pub fn found(root: &Path) -> bool {
    let walked = Hierarchies::find(root).and_then(|hierarchies| hierarchies.walk(false));
    let is_own = |cgroup: &Cgroup| cgroup.identity.kind != Kind::Machine;
    walked.is_ok_and(|found| found.cgroups.iter().any(is_own))
}

/// The containers of this machine.
pub struct ContainersCollector {
    settings: ContainersSettings,
    world: World,
    machine: Machine,
    files: Files,
    docker: Option<DockerEngine>,
    /// What Docker told last, by identifier.
    told: HashMap<String, Names>,
    /// Paths of the containers that have series: they keep them when there are too many.
    shown: BTreeSet<String>,
}

impl ContainersCollector {
    /// A collector of this machine.
    pub fn new(settings: ContainersSettings, world: World) -> Self {
        let options =
            ClientOptions { policy: Arc::clone(&world.policy), vfs: Arc::clone(&world.vfs) };
        let engine =
            |host: &String| DockerEngine::new(host, &HttpClientConfig::default(), &options);
        let root = Path::new(&settings.root);
        Self {
            machine: Machine::new(root),
            files: Files::new(root),
            docker: settings.docker.as_ref().map(engine),
            told: HashMap::new(),
            shown: BTreeSet::new(),
            settings,
            world,
        }
    }

    /// Reads the machine once; takes at most its timeout.
    pub async fn collect(&mut self, now: Timestamp) -> (Vec<Family>, Vec<PartOutcome>) {
        let deadline = Instant::now() + self.settings.common.timeout;
        let mut round = Round::new(&NAMES, self.settings.common.series_max);
        let mut docker = None;
        if let Some(engine) = &self.docker {
            let began = self.world.clock.monotonic();
            let told = ask(engine, deadline, self.settings.labels.as_deref()).await;
            docker = Some((self.since(began), told));
        }
        if let Some((took, told)) = docker {
            // What was told before still names those that are left.
            let outcome = told.map(|told| self.told = told);
            let empty = Page::default();
            round.take("docker", took, outcome.map(|()| &empty));
        }
        let began = self.world.clock.monotonic();
        let mut page = Page::default();
        let outcome = self.read(now, deadline, &mut page);
        let error = f64::from(u8::from(outcome.is_err()));
        Writer::new(round.page(), std::iter::empty()).put(series::SCRAPE_ERROR, error);
        let (outcome, lack) = match outcome {
            Ok(lack) => (Ok(&page), lack),
            Err(fault) => (Err(fault), None),
        };
        round.take("cgroups", self.since(began), outcome);
        if let Some(fault) = lack {
            round.lacks(fault);
        }
        let (page, parts) = round.finish();
        (page.into_families(), parts)
    }

    fn since(&self, began: Duration) -> Duration {
        self.world.clock.monotonic().saturating_sub(began)
    }

    /// Fills the page; tells what it lacks.
    fn read(
        &mut self,
        now: Timestamp,
        deadline: Instant,
        page: &mut Page,
    ) -> Result<Option<Fault>, Fault> {
        let hierarchies = Hierarchies::find(Path::new(&self.settings.root))?;
        let found = hierarchies.walk(self.settings.units)?;
        let lack = self.too_many(&found);
        let shown = self.choose(found);
        let ids: BTreeSet<&str> = shown.iter().filter_map(identifier).collect();
        self.files.refresh(|id| ids.contains(id));
        self.machine.write(&mut Writer::new(page, std::iter::empty()));
        let networks = self.networks(&hierarchies, &shown);
        let place = Place { hierarchies, devices: self.machine.devices(), networks, now };
        for cgroup in &shown {
            if Instant::now() >= deadline {
                let message = "read cgroups: the time allowed is over before all were read";
                return Err(Fault::new(Reason::Timeout, message));
            }
            self.write(cgroup, &place, page);
        }
        Ok(lack)
    }

    fn too_many(&self, found: &Found) -> Option<Fault> {
        let (count, max) = (found.cgroups.len(), self.settings.containers_max);
        if found.is_cut {
            let message = "there are more cgroups than are looked at";
            return Some(Fault::new(Reason::Limit, message));
        }
        // The machine itself is no container.
        (count > max + 1).then(|| {
            let message = format!(
                "{} containers, pods and units were found, containers_max is {max}: those that \
                 came last have no series",
                count - 1
            );
            Fault::new(Reason::Limit, message)
        })
    }

    /// The cgroups that have series: those that had them before, then others while there is room.
    fn choose(&mut self, found: Found) -> Vec<Cgroup> {
        let (mut old, new): (Vec<_>, Vec<_>) =
            found.cgroups.into_iter().partition(|cgroup| self.shown.contains(&cgroup.path));
        let is_machine = |cgroup: &Cgroup| cgroup.identity.kind == Kind::Machine;
        let room = (self.settings.containers_max + 1).saturating_sub(old.len());
        old.extend(
            new.into_iter().take(room.max(1)).filter(|cgroup| room > 0 || is_machine(cgroup)),
        );
        old.sort_by(|a, b| a.path.cmp(&b.path));
        self.shown = old.iter().map(|cgroup| cgroup.path.clone()).collect();
        old
    }

    /// Which cgroup tells of a network, and through which process: each namespace once, that of a
    /// pod with the pod, that of the host with the machine alone.
    fn networks(&self, hierarchies: &Hierarchies, shown: &[Cgroup]) -> BTreeMap<String, u32> {
        let mut seen: BTreeSet<_> = self.machine.network("1").into_iter().collect();
        let mut out = BTreeMap::new();
        for cgroup in shown.iter().filter(|cgroup| identifier(cgroup).is_some()) {
            let Some(process) = hierarchies.processes(&cgroup.path).first().copied() else {
                continue;
            };
            let Some(network) = self.machine.network(&process.to_string()) else { continue };
            if !seen.insert(network) {
                continue;
            }
            let is_pod = |other: &&Cgroup| {
                other.identity.kind == Kind::Pod && other.identity.pod == cgroup.identity.pod
            };
            let pod = shown.iter().filter(|_| cgroup.identity.pod.is_some()).find(is_pod);
            out.insert(pod.unwrap_or(cgroup).path.clone(), process);
        }
        out
    }

    fn write(&mut self, cgroup: &Cgroup, place: &Place, page: &mut Page) {
        let names = self.names(cgroup);
        let own = [
            ("id", cgroup.path.as_str()),
            ("name", &names.name),
            ("image", &names.image),
            ("namespace", &names.namespace),
            ("pod", &names.pod),
            ("container", &names.container),
        ];
        let labels = names.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut out = Writer::new(page, own.into_iter().chain(labels));
        let (hierarchies, path) = (&place.hierarchies, cgroup.path.as_str());
        Reader { hierarchies, path, devices: &place.devices }.write(&mut out);
        let processes = hierarchies.processes(path);
        out.put(series::PROCESSES, processes.len() as f64);
        let is_machine = cgroup.identity.kind == Kind::Machine;
        let began = match processes.first() {
            _ if is_machine => self.machine.booted(),
            first => first.and_then(|process| self.machine.began(*process)),
        };
        out.put_some(series::START_TIME, began.or_else(|| hierarchies.changed(path)));
        out.put(series::LAST_SEEN, (place.now.ms() / 1000) as f64);
        if is_machine {
            self.machine.write_network("1", &mut out);
            if hierarchies.is_unified() {
                out.put_some(series::MEMORY_USAGE, self.machine.used());
            }
        } else if let Some(process) = place.networks.get(path) {
            self.machine.write_network(&process.to_string(), &mut out);
        }
    }

    /// What is known of a cgroup, from Docker before files.
    fn names(&mut self, cgroup: &Cgroup) -> Names {
        let mut names = match &cgroup.identity.kind {
            Kind::Container(id) => match self.told.get(id) {
                Some(told) => told.clone(),
                None => self.files.container(id),
            },
            Kind::Machine | Kind::Pod | Kind::Unit => Names::default(),
        };
        if let Some((namespace, pod)) =
            cgroup.identity.pod.as_ref().and_then(|uid| self.files.pod(uid))
        {
            namespace.clone_into(&mut names.namespace);
            pod.clone_into(&mut names.pod);
        }
        if let (true, Some(id)) = (names.name.is_empty(), identifier(cgroup)) {
            id.clone_into(&mut names.name);
        }
        names
    }
}

/// What is the same for all cgroups of a round.
struct Place {
    hierarchies: Hierarchies,
    devices: Devices,
    networks: BTreeMap<String, u32>,
    now: Timestamp,
}

/// The identifier of a container.
fn identifier(cgroup: &Cgroup) -> Option<&str> {
    match &cgroup.identity.kind {
        Kind::Container(id) => Some(id),
        Kind::Machine | Kind::Pod | Kind::Unit => None,
    }
}

/// Asks Docker what its containers are called.
async fn ask(
    engine: &DockerEngine,
    deadline: Instant,
    labels: Option<&[String]>,
) -> Result<HashMap<String, Names>, Fault> {
    let left = deadline.saturating_duration_since(Instant::now());
    // Files of cgroups need time of their own.
    let deadline = Instant::now() + left / 2;
    let filters = BTreeMap::new();
    let asked = async {
        let told = engine.containers(&filters, left).await;
        told.map_err(|message| Fault::new(Reason::Connect, format!("ask Docker: {message}")))
    };
    let told = World::within(deadline, "ask Docker for its containers", asked).await?;
    let named = told.iter().map(|one| (one.id.clone(), Names::of_docker(one, labels)));
    Ok(named.collect())
}
