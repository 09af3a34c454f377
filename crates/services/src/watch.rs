//! All watched instances as one kind of thing: who they are, how often they are asked, what is said
//! in the log when a part loses its data and when it has it again.

use crate::{Fault, NginxCollector, PartOutcome, PostgresCollector, RedisCollector, World};
use config::{InstanceSettings, ServiceSettings};
use exposition::Family;
use model::Timestamp;
use std::collections::BTreeMap;

/// A watched instance.
pub struct Instance {
    /// Label `job`.
    pub job: &'static str,
    settings: InstanceSettings,
    collector: Collector,
    /// Faults that were told, by part.
    told: BTreeMap<&'static str, Fault>,
}

enum Collector {
    Redis(Box<RedisCollector>),
    Postgres(Box<PostgresCollector>),
    Nginx(Box<NginxCollector>),
}

/// Every instance of a configuration.
pub fn instances(settings: &ServiceSettings, world: &World) -> Vec<Instance> {
    let redis = settings.redis.iter().map(|one| {
        let collector = Box::new(RedisCollector::new(one.clone(), world.clone()));
        Instance::new("redis", &one.common, Collector::Redis(collector))
    });
    let postgres = settings.postgres.iter().map(|one| {
        let collector = Box::new(PostgresCollector::new(one.clone(), world.clone()));
        Instance::new("postgres", &one.common, Collector::Postgres(collector))
    });
    let nginx = settings.nginx.iter().map(|one| {
        let collector = Box::new(NginxCollector::new(one.clone(), world.clone()));
        Instance::new("nginx", &one.common, Collector::Nginx(collector))
    });
    redis.chain(postgres).chain(nginx).collect()
}

impl Instance {
    fn new(job: &'static str, settings: &InstanceSettings, collector: Collector) -> Self {
        Self { job, settings: settings.clone(), collector, told: BTreeMap::new() }
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
