//! What the rooms know of everything that is watched, for `vitals` to have it judged.
//! Plain conversions; a decision here would be in the wrong place.

use crate::dispatch::Dispatch;
use crate::evaluate::Evaluator;
use crate::own::OwnMetrics;
use crate::provider::parts;
use alerts::AlertSelection;
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

    fn alerts(&self) -> Vec<FiringAlert> {
        let mut all = Vec::new();
        for group in self.evaluator.snapshot() {
            for (_, _, alerts) in group.rules() {
                all.extend(alerts.into_iter().filter_map(firing));
            }
        }
        // Own alerts come back from routing with other labels: external ones are added there.
        let own = self.external_url.trim_end_matches('/');
        let foreign = |alert: &alerts::Alert| !alert.generator_url.starts_with(own);
        let routed = self.dispatch.alerts(&AlertSelection::matching(&[]));
        all.extend(routed.into_iter().filter(|routed| foreign(&routed.alert)).map(|routed| {
            let texts = routed.alert.annotations.iter();
            FiringAlert {
                labels: routed.alert.labels.clone(),
                annotations: texts.map(|(name, text)| (name.to_owned(), text.to_owned())).collect(),
            }
        }));
        all
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
    // Targets that are down for one reason are told together, so it must be the same in words.
    let mut error = target.last_error.replace(&target.url, "the target");
    if let Some(instance) = target.labels.get(model::INSTANCE_LABEL).filter(|i| !i.is_empty()) {
        error = error.replace(instance, "its address");
    }
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

fn firing(alert: &ActiveAlert) -> Option<FiringAlert> {
    match alert.state {
        AlertState::Inactive | AlertState::Pending => None,
        AlertState::Firing => Some(FiringAlert {
            labels: alert.labels.clone(),
            annotations: alert.told_annotations(),
        }),
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
