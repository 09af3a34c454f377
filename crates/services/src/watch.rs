//! All watched instances as one kind of thing: who they are, how often they are asked, what is said
//! in the log when a part loses its data and when it has it again.

use crate::containers;
use crate::{
    ContainersCollector, Fault, NginxCollector, PartOutcome, PostgresCollector, RedisCollector,
    World,
};
use config::{InstanceSettings, PostgresDsn, Secret, SecretSource, ServiceSettings};
use exposition::Family;
use model::{GroupKey, Timestamp};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::Path;

/// A watched instance.
pub struct Instance {
    /// Label `job`.
    pub job: &'static str,
    settings: InstanceSettings,
    /// All that makes it what it is; secrets are in it as digests.
    identity: String,
    collector: Collector,
    /// Faults that were told, by part.
    told: BTreeMap<&'static str, Fault>,
}

enum Collector {
    Redis(Box<RedisCollector>),
    Postgres(Box<PostgresCollector>),
    Nginx(Box<NginxCollector>),
    Containers(Box<ContainersCollector>),
}

/// Every instance of a configuration.
pub fn instances(settings: &ServiceSettings, world: &World) -> Vec<Instance> {
    let redis = settings.redis.iter().map(|one| {
        let identity = identity(one, [inline(one.password.as_ref())]);
        let collector = Box::new(RedisCollector::new(one.clone(), world.clone()));
        Instance::new("redis", &one.common, identity, Collector::Redis(collector))
    });
    let postgres = settings.postgres.iter().map(|one| {
        let of_dsn = match &one.dsn {
            PostgresDsn::Inline(dsn) => dsn.password.as_ref(),
            PostgresDsn::File(_) => None,
        };
        let identity = identity(one, [inline(one.password.as_ref()), of_dsn]);
        let collector = Box::new(PostgresCollector::new(one.clone(), world.clone()));
        Instance::new("postgres", &one.common, identity, Collector::Postgres(collector))
    });
    let nginx = settings.nginx.iter().map(|one| {
        let identity = identity(one, [inline(one.password.as_ref())]);
        let collector = Box::new(NginxCollector::new(one.clone(), world.clone()));
        Instance::new("nginx", &one.common, identity, Collector::Nginx(collector))
    });
    redis.chain(postgres).chain(nginx).chain(containers(settings, world)).collect()
}

/// Containers are of this host, so they are watched where there are any, unless told otherwise.
fn containers(settings: &ServiceSettings, world: &World) -> Option<Instance> {
    let one = &settings.containers;
    let is_on = one.enabled.unwrap_or_else(|| containers::found(Path::new(&one.root)));
    is_on.then(|| {
        let collector = Box::new(ContainersCollector::new(one.clone(), world.clone()));
        let identity = identity(one, []);
        Instance::new("cadvisor", &one.common, identity, Collector::Containers(collector))
    })
}

/// Settings as text. They do not show secrets, so these come as digests.
fn identity<const N: usize>(settings: &impl Debug, secrets: [Option<&Secret>; N]) -> String {
    let digests = secrets.map(|secret| secret.map(|s| GroupKey::of(&s.reveal()).0));
    format!("{settings:?} {digests:?}")
}

fn inline(source: Option<&SecretSource>) -> Option<&Secret> {
    match source? {
        SecretSource::Inline(secret) => Some(secret),
        SecretSource::File(_) => None,
    }
}

impl Instance {
    fn new(
        job: &'static str,
        settings: &InstanceSettings,
        identity: String,
        collector: Collector,
    ) -> Self {
        Self { job, settings: settings.clone(), identity, collector, told: BTreeMap::new() }
    }

    /// All that makes it what it is: one with the same text need not begin anew.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// Label `instance`, pace and time.
    pub fn settings(&self) -> &InstanceSettings {
        &self.settings
    }

    /// Asks the instance once; takes at most its timeout. Families of an instance that does not
    /// answer say so; there are always some.
    pub async fn collect(&mut self, now: Timestamp) -> Vec<Family> {
        let (families, parts) = match &mut self.collector {
            Collector::Redis(collector) => collector.collect(now).await,
            Collector::Postgres(collector) => collector.collect().await,
            Collector::Nginx(collector) => collector.collect().await,
            Collector::Containers(collector) => collector.collect(now).await,
        };
        self.tell(parts);
        families
    }

    /// One line when a part's reason changes, one when it is over.
    fn tell(&mut self, parts: Vec<PartOutcome>) {
        let (service, instance) = (self.job, self.settings.name.as_str());
        let mut now = BTreeMap::new();
        for PartOutcome { part, fault, .. } in parts {
            let Some(fault) = fault else { continue };
            let known = self.told.get(part).is_some_and(|told| told.reason == fault.reason);
            if !known {
                let reason = fault.reason.word();
                let what = "a collector of a service lacks data";
                let error = fault.to_string();
                tracing::warn!(service, instance, collector = part, reason, error, "{what}");
            }
            now.insert(part, fault);
        }
        for part in self.told.keys().filter(|part| !now.contains_key(*part)) {
            tracing::info!(service, instance, collector = part, "the collector has its data again");
        }
        self.told = now;
    }
}
