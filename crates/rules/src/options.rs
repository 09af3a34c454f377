//! What a group needs to know besides its file: settings of the server and what lies outside.

use crate::event::SentAlert;
use model::Labels;
use promql::ParserOptions;
use relabel::Rule as RelabelRule;
use std::sync::Arc;
use std::time::Duration;

/// Settings shared by all groups.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupOptions {
    /// A firing alert is handed on again after this time (upstream `--rules.alert.resend-delay`).
    pub resend_delay: Duration,
    /// How old a state of alerts may be to be restored (`--rules.alert.for-outage-tolerance`).
    pub outage_tolerance: Duration,
    /// Rules with a shorter `for` are not restored; restored alerts stay pending for at least this
    /// long (`--rules.alert.for-grace-period`).
    pub grace_period: Duration,
    /// The query of a rule and the queries of its templates may take this long together; then
    /// templates are refused further ones.
    pub query_time_max: Duration,
    /// Parts of PromQL that queries in templates may use.
    pub syntax: ParserOptions,
    /// What lies outside.
    pub around: Arc<Surroundings>,
}

impl Default for GroupOptions {
    fn default() -> Self {
        Self {
            resend_delay: Duration::from_mins(1),
            outage_tolerance: Duration::from_hours(1),
            grace_period: Duration::from_mins(10),
            query_time_max: Duration::from_mins(2),
            syntax: ParserOptions::default(),
            around: Arc::default(),
        }
    }
}

/// What templates see of this server, and what its alerts look like outside.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surroundings {
    /// Labels of this server (`external_labels`): added to alerts that are handed on, below the
    /// alerts' own.
    pub external_labels: Labels,
    /// Where users reach this server.
    pub external_url: String,
    /// Applied to alerts that are handed on (`alert_relabel_configs`).
    pub alert_relabel: Vec<RelabelRule>,
}

impl Surroundings {
    /// The alert as others see it; `None` when relabelling drops it.
    pub(crate) fn outgoing(&self, alert: SentAlert) -> Option<SentAlert> {
        if self.external_labels.is_empty() && self.alert_relabel.is_empty() {
            return Some(alert);
        }
        let mut labels = alert.labels.to_builder();
        for (name, value) in self.external_labels.iter() {
            if alert.labels.get(name).is_none() {
                labels.set(name, value);
            }
        }
        let kept = relabel::apply(&self.alert_relabel, &mut labels);
        kept.then(|| SentAlert { labels: labels.build(), ..alert })
    }
}
