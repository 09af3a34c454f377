//! The built-in rules: packs of rule files whose thresholds come from the configuration. A pack's
//! first rule records `flyball_rule_pack_active{pack=...}` as soon as its metrics are there; until
//! then its other rules have nothing to look at.

use config::{RulePack, RulePacks};
use model::Labels;

/// What a pack records while its metrics are there.
const ACTIVE: &str = "flyball_rule_pack_active";

/// Every pack with its rule file, in which thresholds stand as `${name}`.
const PACKS: [(RulePack, &str); 9] = [
    (RulePack::Host, include_str!("packs/host.yml")),
    (RulePack::Flyball, include_str!("packs/flyball.yml")),
    (RulePack::Http, include_str!("packs/http.yml")),
    (RulePack::Queues, include_str!("packs/queues.yml")),
    (RulePack::Cache, include_str!("packs/cache.yml")),
    (RulePack::Database, include_str!("packs/database.yml")),
    (RulePack::Locks, include_str!("packs/locks.yml")),
    (RulePack::Redis, include_str!("packs/redis.yml")),
    (RulePack::Certificates, include_str!("packs/certificates.yml")),
];

/// Rule files of the packs that are not switched off, thresholds filled in.
pub(crate) fn texts(packs: &RulePacks) -> impl Iterator<Item = String> {
    let wanted = PACKS.iter().filter(|(pack, _)| !packs.off.contains(pack));
    wanted.map(|(_, text)| with_thresholds(text, &packs.thresholds))
}

/// Says that a pack is on, when a series that is new to its group is the one that tells so.
pub(crate) fn tell_when_on(labels: &Labels) {
    if labels.value("__name__") == ACTIVE {
        let pack = labels.value("pack");
        tracing::info!(pack, "rule pack is on: its metrics are there");
    }
}

fn with_thresholds(text: &str, thresholds: &[(&'static str, f64)]) -> String {
    thresholds.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("${{{name}}}"), &value.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{GroupDefaults, parse_rules};
    use config::{GlobalConfig, UnknownKeys};
    use promql::ParserOptions;
    use rules::RuleSpec;

    const RUNBOOKS: &str = include_str!("../../../docs/runbooks.md");

    fn groups(text: &str) -> Vec<rules::GroupSpec> {
        let global = GlobalConfig::default();
        let defaults = GroupDefaults {
            interval: global.evaluation_interval,
            query_offset: global.rule_query_offset,
            scheme: global.name_scheme,
            syntax: ParserOptions::default(),
            unknown_keys: UnknownKeys::Refused,
        };
        let (groups, warnings) = parse_rules("pack.yml", text, defaults).expect("good rules");
        assert!(warnings.is_empty(), "{warnings:?}");
        groups
    }

    #[test]
    fn every_alert_has_a_severity_a_remedy_and_a_section_in_the_runbooks() {
        for text in texts(&RulePacks::default()) {
            assert!(!text.contains("${"), "a threshold is unknown in {text}");
            for group in groups(&text) {
                for rule in &group.rules {
                    let RuleSpec::Alerting(alert) = rule else { continue };
                    let text = |list: &[rules::Text], name: &str| {
                        let found = list.iter().find(|text| text.name() == name);
                        found.map_or_else(String::new, |text| text.source().to_owned())
                    };
                    let name = &alert.alert;
                    let severity = text(&alert.labels, "severity");
                    let known = ["critical", "high", "medium", "low"].contains(&severity.as_str());
                    assert!(known, "{name}: {severity}");
                    for annotation in ["summary", "remediation"] {
                        assert!(!text(&alert.annotations, annotation).is_empty(), "{name}");
                    }
                    let runbook = format!("docs/runbooks.md#{}", name.to_lowercase());
                    assert_eq!(text(&alert.annotations, "runbook"), runbook);
                    assert!(RUNBOOKS.contains(&format!("\n### {name}\n")), "{name} has a runbook");
                }
            }
        }
    }

    #[test]
    fn every_pack_records_when_its_metrics_are_there() {
        for text in texts(&RulePacks::default()) {
            let groups = groups(&text);
            let RuleSpec::Recording(first) = &groups[0].rules[0] else { panic!("{text}") };
            assert_eq!(first.record, ACTIVE);
        }
    }

    #[test]
    fn every_threshold_is_used() {
        let all: String = PACKS.iter().map(|(_, text)| *text).collect();
        for (name, _) in RulePacks::default().thresholds {
            assert!(all.contains(&format!("${{{name}}}")), "{name}");
        }
    }

    #[test]
    fn packs_are_switched_off_and_thresholds_filled_in() {
        let mut packs = RulePacks { off: vec![RulePack::Host], ..RulePacks::default() };
        let redis = packs.thresholds.iter_mut().find(|(name, _)| *name == "redis_lag_seconds");
        redis.unwrap().1 = 2.5;
        let found: Vec<String> = texts(&packs).collect();
        assert_eq!(found.len(), PACKS.len() - 1);
        assert!(found.iter().any(|text| text.contains("redis_connected_slave_lag_seconds > 2.5")));
        assert!(!found.iter().any(|text| text.contains("HostCpuHigh")));
    }

    #[test]
    fn the_templates_for_business_rules_are_good() {
        let groups = groups(include_str!("../../../docs/examples/business-rules.yml"));
        assert!(groups.iter().map(|group| group.rules.len()).sum::<usize>() >= 6);
    }
}
