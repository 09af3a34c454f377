use super::*;
use crate::load::{Files, GroupDefaults, load, parse_rules};
use commands::features::Syntax;
use config::{GlobalConfig, UnknownKeys};
use promql::ParserOptions;
use rules::RuleSpec;
use std::path::Path;

const RUNBOOKS: &str = include_str!("../../../../docs/runbooks.md");

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
fn beside_a_bare_prometheus_yml_silences_announce_their_end_where_somebody_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let bare = write("prometheus.yml", "global: {scrape_interval: 10s}\n");
    let off = write("flyball.yml", "default_rules: false\n");
    let routes = write("alertmanager.yml", "route: {receiver: r}\nreceivers: [{name: r}]\n");
    let found = |main: &Path, alertmanager: Option<&Path>| {
        let (main, alertmanager) = (Some(main.into()), alertmanager.map(Into::into));
        let files = Files { main, alertmanager, blackbox: None };
        let groups = load(&files, Syntax::default()).unwrap().groups;
        let alerts = groups.iter().flat_map(|group| &group.rules).map(|rule| match rule {
            RuleSpec::Alerting(rule) => rule.alert.clone(),
            RuleSpec::Recording(rule) => rule.record.clone(),
        });
        alerts.collect::<Vec<String>>()
    };
    assert_eq!(found(&bare, Some(&routes)), ["SilenceEndsSoon"]);
    assert!(found(&bare, None).is_empty(), "nobody is told of anything");
    assert!(found(&off, Some(&routes)).is_empty(), "built-in rules are not wanted");
}

#[test]
fn the_templates_for_business_rules_are_good() {
    let groups = groups(include_str!("../../../../docs/examples/business-rules.yml"));
    assert!(groups.iter().map(|group| group.rules.len()).sum::<usize>() >= 6);
}
