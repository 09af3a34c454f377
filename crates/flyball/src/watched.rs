//! What the rooms know of everything that is watched, for `vitals` to have it judged.
//! Plain conversions; a decision here would be in the wrong place.

use crate::dispatch::Dispatch;
use crate::evaluate::Evaluator;
use crate::own::OwnMetrics;
use crate::provider::parts;
use api::{Mount, Permission};
use health::Reach;
use rules::{ActiveAlert, AlertState};
use scrape::{Health, PoolsView, TargetView};
use std::sync::Arc;
use vitals::{FiringAlert, OwnPart, TargetState, Vitals, World};

/// The rooms that know something.
pub(crate) struct Watched {
    pub(crate) view: PoolsView,
    pub(crate) evaluator: Arc<Evaluator>,
    pub(crate) dispatch: Arc<Dispatch>,
    pub(crate) own: Arc<OwnMetrics>,
    /// Where users reach this server; links of its own alerts begin so.
    pub(crate) external_url: String,
}

impl World for Watched {
    fn targets(&self) -> Vec<TargetState> {
        self.view.active().into_iter().map(target).collect()
    }

    fn alerts(&self, see: &mut dyn FnMut(&FiringAlert<'_>)) {
        self.evaluator.look(&mut |group| {
            for (_, _, alerts) in group.rules() {
                alerts.into_iter().filter(|alert| fires(alert)).for_each(|alert| {
                    let told = || alert.told_annotations().into_iter();
                    let found = |name: &str| told().find(|(known, _)| known == name);
                    let annotation = |name: &str| found(name).map(|(_, text)| text);
                    see(&FiringAlert { labels: &alert.labels, annotation: &annotation });
                });
            }
        });
        // Own alerts come back from routing with other labels: external ones are added there.
        let own = self.external_url.trim_end_matches('/');
        self.dispatch.look_at_firing(&mut |alert| {
            if !alert.generator_url.starts_with(own) {
                let annotation = |name: &str| alert.annotations.get(name).map(str::to_owned);
                see(&FiringAlert { labels: &alert.labels, annotation: &annotation });
            }
        });
    }

    fn parts(&self) -> Vec<OwnPart> {
        let part = |part: api::Component| OwnPart {
            name: part.name,
            works: part.healthy,
            message: part.message,
        };
        parts(&self.own).into_iter().map(part).collect()
    }
}

fn target(target: TargetView) -> TargetState {
    let instance = target.labels.get(model::INSTANCE_LABEL).unwrap_or_default();
    let error = vitals::plain(&target.last_error, &target.url, instance);
    TargetState {
        reach: match target.health {
            Health::Up => Reach::Up,
            Health::Unknown => Reach::Unknown,
            Health::Down => Reach::Down,
        },
        error,
        last_scrape: target.last_scrape,
        interval: target.interval,
        is_probe: target.url.starts_with("probe:"),
        labels: target.labels,
    }
}

fn fires(alert: &ActiveAlert) -> bool {
    match alert.state {
        AlertState::Inactive | AlertState::Pending => false,
        AlertState::Firing => true,
    }
}

/// The routes of health.
pub(crate) fn mounts(vitals: &Arc<Vitals>) -> [Mount; 3] {
    let mount = |path, permission, methods, described| Mount {
        path,
        permission,
        methods,
        described: vec![("get", described)],
    };
    let vitals = || Arc::clone(vitals);
    let (all, verdict) = (
        "Health of everything that is watched, with reasons",
        "The verdict on everything that is watched",
    );
    [
        mount(vitals::HEALTH_PATH, Permission::Health, vitals::health_route(vitals()), all),
        mount(vitals::LATEST_PATH, Permission::Health, vitals::latest_route(vitals()), verdict),
        mount(vitals::PAGE_PATH, Permission::ReadMetrics, vitals::page_route(vitals()), all),
    ]
}
