//! Scrape targets in the shape the API asks for.

use crate::own::Live;
use api::{
    ActiveTarget, DroppedTarget, DroppedTargets, JobRules, PlacedRule, TargetHealth, TargetMetadata,
};
use relabel::Rule;
use scrape::{Health, PoolsView, TargetView};
use std::sync::Arc;

/// Answers `/api/v1/targets` and its kin.
pub(crate) struct Targets {
    pub(crate) view: PoolsView,
    pub(crate) live: Arc<Live>,
    /// Replaces loopback names in URLs that are shown to other hosts.
    pub(crate) hostname: String,
}

impl api::TargetsProvider for Targets {
    fn active(&self) -> Vec<ActiveTarget> {
        self.view.active().into_iter().map(|target| self.shown(target)).collect()
    }

    fn dropped(&self) -> DroppedTargets {
        let dropped = self.view.dropped();
        let target = |target: scrape::DroppedTarget| DroppedTarget {
            discovered_labels: target.discovered,
            scrape_pool: target.pool,
        };
        let targets = dropped.targets.into_iter().map(target).collect();
        DroppedTargets { targets, counts: dropped.counts }
    }

    fn scrape_pools(&self) -> Vec<String> {
        self.view.pools()
    }

    fn rules(&self, job: &str) -> Option<JobRules> {
        let jobs = self.live.jobs();
        let config = jobs.iter().find(|config| config.job_name == job)?;
        let placed = |rules: &[Rule], lines: &[usize]| {
            let placed = rules.iter().zip(lines);
            placed.map(|(rule, line)| PlacedRule { line: *line, rule: rule.clone() }).collect()
        };
        let places = &config.rule_places;
        Some(JobRules {
            file: places.file.clone(),
            relabel: placed(&config.relabel_configs, &places.relabel),
            metric_relabel: placed(&config.metric_relabel_configs, &places.metric_relabel),
            honor_labels: config.honor_labels,
        })
    }

    fn metadata(&self) -> Vec<TargetMetadata> {
        let entry = |entry: scrape::TargetMetadata| TargetMetadata {
            target: entry.target,
            metric: entry.metric,
        };
        self.view.metadata().into_iter().map(entry).collect()
    }
}

impl Targets {
    fn shown(&self, target: TargetView) -> ActiveTarget {
        ActiveTarget {
            global_url: self.global_url(&target.url),
            discovered_labels: target.discovered,
            labels: target.labels,
            scrape_pool: target.pool,
            scrape_url: target.url,
            last_error: target.last_error,
            last_scrape: target.last_scrape,
            last_scrape_duration: target.last_duration,
            health: health(target.health),
            scrape_interval: target.interval,
            scrape_timeout: target.timeout,
        }
    }

    fn global_url(&self, url: &str) -> String {
        let Ok(mut parsed) = url::Url::parse(url) else { return url.to_owned() };
        let loopback = matches!(parsed.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if loopback && parsed.set_host(Some(&self.hostname)).is_ok() {
            return parsed.to_string();
        }
        url.to_owned()
    }
}

fn health(health: Health) -> TargetHealth {
    match health {
        Health::Unknown => TargetHealth::Unknown,
        Health::Up => TargetHealth::Up,
        Health::Down => TargetHealth::Down,
    }
}
