//! Rule groups in the shape the API asks for.

use crate::evaluate::Evaluator;
use api::{
    AlertInstance, AlertState, AlertingRule, AlertmanagerUrls, RecordingRule, Rule, RuleGroup,
    RuleHealth,
};
use rules::{ActiveAlert, Extras, Group, Health, OnMissing, RuleSpec, RuleStatus};
use std::sync::Arc;

/// Answers `/api/v1/rules` and `/api/v1/alerts` from the running groups.
pub(crate) struct Rules {
    pub(crate) evaluator: Arc<Evaluator>,
    /// Where this server is reached.
    pub(crate) own_url: String,
}

impl api::RulesProvider for Rules {
    fn groups(&self) -> Vec<RuleGroup> {
        let mut groups: Vec<RuleGroup> = self.evaluator.snapshot().iter().map(shown).collect();
        groups.sort_by(|a, b| (&a.file, &a.name).cmp(&(&b.file, &b.name)));
        groups
    }

    fn alertmanagers(&self) -> AlertmanagerUrls {
        let outlets = self.evaluator.outlets();
        let notify::alertmanager::AlertmanagerUrls { mut active, dropped } =
            outlets.outside().urls();
        if outlets.routes_inside() {
            active.insert(0, format!("{}/api/v2/alerts", self.own_url.trim_end_matches('/')));
        }
        AlertmanagerUrls { active, dropped }
    }
}

/// A group as `/api/v1/rules` shows it.
pub(crate) fn shown(group: &Group) -> RuleGroup {
    let spec = group.spec();
    RuleGroup {
        name: spec.name.clone(),
        file: spec.file.clone(),
        rules: group.rules().map(|(spec, status, alerts)| rule(spec, status, &alerts)).collect(),
        interval: spec.interval,
        limit: spec.limit as u64,
        evaluation_time: group.counts().last_took,
        last_evaluation: group.last_evaluation(),
    }
}

fn rule(spec: &RuleSpec, status: &RuleStatus, alerts: &[&ActiveAlert]) -> Rule {
    let (name, query) = (spec.name().to_owned(), spec.query().expr.to_string());
    let labels = spec.labels();
    let RuleStatus { last_error, last_evaluation, evaluation_time, .. } = status.clone();
    let health = health(status.health);
    match spec {
        RuleSpec::Recording(_) => Rule::Recording(RecordingRule {
            name,
            query,
            labels,
            health,
            last_error,
            evaluation_time,
            last_evaluation,
        }),
        RuleSpec::Alerting(alerting) => {
            let alerts: Vec<AlertInstance> = alerts.iter().filter_map(|a| instance(a)).collect();
            Rule::Alerting(AlertingRule {
                name,
                query,
                hold: alerting.hold,
                keep_firing_for: alerting.keep_firing,
                extras: extras(&alerting.extras),
                labels,
                annotations: alerting.annotation_sources(),
                state: worst(&alerts, last_evaluation.is_some()),
                alerts,
                health,
                last_error,
                evaluation_time,
                last_evaluation,
            })
        }
    }
}

/// What a rule says beyond Prometheus, in the words of its file.
fn extras(extras: &Extras) -> Vec<(&'static str, String)> {
    let recover = extras.recover.as_ref().map(|query| query.expr.to_string());
    let fire_after = extras.fire_after.map(|n| format!("{} of {}", n.hits, n.evaluations));
    let on_missing = Some(extras.on_missing).filter(|way| *way != OnMissing::Resolve);
    let damping = extras.flap_damping.map(|damping| {
        let time = config::format_duration;
        let (within, quiet) = (time(damping.within), time(damping.quiet));
        format!("changes: {}, within: {within}, quiet: {quiet}", damping.changes)
    });
    let all = [
        ("recover_expr", recover),
        ("fire_after", fire_after),
        ("on_missing", on_missing.map(|way| way.as_str().to_owned())),
        ("flap_damping", damping),
    ];
    all.into_iter().filter_map(|(key, text)| Some((key, text?))).collect()
}

/// State of a rule: that of its worst alert, unknown before its first evaluation.
fn worst(alerts: &[AlertInstance], evaluated: bool) -> AlertState {
    let none = if evaluated { AlertState::Inactive } else { AlertState::Unknown };
    alerts.iter().map(|alert| alert.state).max().unwrap_or(none)
}

/// Pending and firing alerts are shown; resolved ones are only remembered for routing.
fn instance(alert: &ActiveAlert) -> Option<AlertInstance> {
    let state = match alert.state {
        rules::AlertState::Inactive => return None,
        rules::AlertState::Pending => AlertState::Pending,
        rules::AlertState::Firing => AlertState::Firing,
    };
    Some(AlertInstance {
        labels: alert.labels.clone(),
        annotations: alert.told_annotations(),
        state,
        active_at: Some(alert.active_at),
        keep_firing_since: alert.keep_firing_since,
        missing_since: alert.missing_since,
        is_flapping: alert.flapping.is_some(),
        value: alert.value,
    })
}

fn health(health: Health) -> RuleHealth {
    match health {
        Health::Unknown => RuleHealth::Unknown,
        Health::Good => RuleHealth::Ok,
        Health::Bad => RuleHealth::Err,
    }
}
