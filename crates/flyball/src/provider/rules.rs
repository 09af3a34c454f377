//! Rule groups in the shape the API asks for.

use crate::evaluate::Evaluator;
use api::{
    AlertInstance, AlertState, AlertingRule, AlertmanagerUrls, RecordingRule, Rule, RuleGroup,
    RuleHealth,
};
use rules::{ActiveAlert, Group, Health, RuleSpec, RuleStatus};
use std::sync::Arc;

/// Answers `/api/v1/rules` and `/api/v1/alerts` from the running groups.
pub(crate) struct Rules(pub(crate) Arc<Evaluator>);

impl api::RulesProvider for Rules {
    fn groups(&self) -> Vec<RuleGroup> {
        let mut groups: Vec<RuleGroup> = self.0.snapshot().iter().map(shown).collect();
        groups.sort_by(|a, b| (&a.file, &a.name).cmp(&(&b.file, &b.name)));
        groups
    }

    fn alertmanagers(&self) -> AlertmanagerUrls {
        let notify::alertmanager::AlertmanagerUrls { active, dropped } =
            self.0.outlets().outside().urls();
        AlertmanagerUrls { active, dropped }
    }
}

fn shown(group: &Group) -> RuleGroup {
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
        annotations: alert.annotations.clone(),
        state,
        active_at: Some(alert.active_at),
        keep_firing_since: alert.keep_firing_since,
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
