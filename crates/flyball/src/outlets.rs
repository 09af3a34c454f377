//! Where alerts of rules go: routing inside, external Alertmanagers, or both.
//! External ones named by prometheus.yml stand in for routing, unless this server is told whom to
//! tell, too.

use crate::load::Configuration;
use alerts::{Alert, Event};
use notify::alertmanager::Alertmanagers;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::mpsc;

/// The ways out of rule evaluation.
pub(crate) struct Outlets {
    /// A full queue drops alerts: firing ones are sent again within a minute.
    inside: mpsc::Sender<Event>,
    routes_inside: AtomicBool,
    outside: Arc<Alertmanagers>,
    dropped: AtomicU64,
}

impl Outlets {
    pub(crate) fn new(inside: mpsc::Sender<Event>, outside: Arc<Alertmanagers>) -> Self {
        let (routes_inside, dropped) = (AtomicBool::new(true), AtomicU64::new(0));
        Self { inside, routes_inside, outside, dropped }
    }

    /// Goes the ways that a configuration wants. Must be called within the runtime.
    pub(crate) fn apply(&self, configuration: &Configuration) {
        self.routes_inside.store(routes_inside(configuration), Ordering::Relaxed);
        self.outside.apply(&configuration.prometheus.alerting.alertmanagers);
    }

    /// Hands alerts on; never waits.
    pub(crate) fn send(&self, alerts: Vec<Alert>) {
        let shared: Vec<Arc<Alert>> = alerts.iter().cloned().map(Arc::new).collect();
        self.outside.send(&shared);
        let count = u64::try_from(alerts.len()).unwrap_or(u64::MAX);
        let routes_inside = self.routes_inside();
        let event = if routes_inside { Event::Alerts(alerts) } else { Event::Elsewhere(alerts) };
        let sent = self.inside.try_send(event);
        if let Err(error) = sent
            && routes_inside
        {
            self.dropped.fetch_add(count, Ordering::Relaxed);
            tracing::error!(%error, count, "alerts were dropped before routing");
        }
    }

    /// Does this server tell somebody itself?
    pub(crate) fn routes_inside(&self) -> bool {
        self.routes_inside.load(Ordering::Relaxed)
    }

    /// External Alertmanagers.
    pub(crate) fn outside(&self) -> &Alertmanagers {
        &self.outside
    }

    /// Alerts dropped before routing.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// Is anybody to be told by this server itself?
fn routes_inside(configuration: &Configuration) -> bool {
    let flyball = &configuration.flyball;
    configuration.prometheus.alerting.alertmanagers.is_empty()
        || flyball.alertmanager.is_some()
        || !flyball.webhooks.is_empty()
}
