//! What the evaluation of rules counts, per group under upstream's label `rule_group`.

use crate::evaluate::Evaluator;
use exposition::Family;
use model::Labels;
use rules::{Group, GroupCounts};
use std::sync::atomic::{AtomicU64, Ordering};

/// Name, help, and what a group has to say about it.
type Measure = (&'static str, &'static str, fn(&Group, &GroupCounts) -> f64);

const COUNTERS: [Measure; 4] = [
    ("flyball_rule_evaluations_total", "Rule evaluations.", |_, counts| {
        counts.rule_evaluations as f64
    }),
    ("flyball_rule_evaluation_failures_total", "Rule evaluations that failed.", |_, counts| {
        counts.failures as f64
    }),
    ("flyball_rule_group_iterations_total", "Evaluations of rule groups.", |_, counts| {
        counts.evaluations as f64
    }),
    (
        "flyball_rule_group_iterations_missed_total",
        "Evaluations of rule groups that could not happen in time.",
        |_, counts| counts.missed as f64,
    ),
];

const GAUGES: [Measure; 5] = [
    ("flyball_rule_group_rules", "Rules of a group.", |group, _| group.spec().rules.len() as f64),
    ("flyball_rule_group_interval_seconds", "Time between evaluations of a group.", |group, _| {
        group.spec().interval.as_secs_f64()
    }),
    (
        "flyball_rule_group_last_duration_seconds",
        "Time that the queries of a group's last evaluation took.",
        |_, counts| counts.last_took.as_secs_f64(),
    ),
    (
        "flyball_rule_group_last_evaluation_samples",
        "Samples that a group's last evaluation wrote.",
        |_, counts| counts.last_samples as f64,
    ),
    (
        "flyball_rule_group_last_evaluation_timestamp_seconds",
        "When a group was evaluated last.",
        |group, _| group.last_evaluation().map_or(0.0, model::Timestamp::seconds),
    ),
];

pub(super) fn families(evaluator: &Evaluator) -> Vec<Family> {
    let groups = evaluator.snapshot();
    let mut families: Vec<Family> = Vec::new();
    let counters = COUNTERS.iter().map(|(name, help, of)| (Family::counter(*name, *help), of));
    let gauges = GAUGES.iter().map(|(name, help, of)| (Family::gauge(*name, *help), of));
    for (mut family, measure) in counters.chain(gauges) {
        for group in &groups {
            let key = format!("{};{}", group.spec().file, group.spec().name);
            let labels = Labels::from_pairs([("rule_group", key)]);
            family.push(labels, measure(group, &group.counts()));
        }
        families.push(family);
    }
    let counters = evaluator.counters();
    let dropped_count = evaluator.outlets().dropped() as f64;
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed) as f64;
    let refused = "Samples written by rules that storage refused.";
    let dropped = "Alerts dropped before routing because its queue was full.";
    families.push(
        Family::counter("flyball_rule_samples_refused_total", refused)
            .with(read(&counters.refused_samples)),
    );
    let unremembered = "Changes of alerts that could not be written to disk.";
    families.push(
        Family::counter("flyball_alert_state_write_failures_total", unremembered)
            .with(read(&counters.unremembered)),
    );
    families.push(Family::counter("flyball_alerts_dropped_total", dropped).with(dropped_count));
    families
}
