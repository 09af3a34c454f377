//! Alerting rules of `conformance/rules` on data that make them fire and on data that do not, beside
//! Debian's promtool: the same states, labels and expanded annotations at the same instants.
//! A part of the rules runs always; all of them with `FLYBALL_RULE_STATES=all`.

mod series;

use crate::server::binary;
use config::rules::{PlacedText, RuleDefinition, RuleKind};
use relabel::NameScheme;
use serde_json::json;
use series::{DataSet, DataSets, STEP_MS, search};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use testkit::{conformance_dir, find_program, skip};

const SUITE: &str = "rule states";
/// Every so many rules run always.
const SMOKE_STEP: usize = 24;
/// Rules that wait longer than this are only seen pending.
const HOLD_MAX: Duration = Duration::from_hours(2);

/// Rules whose values differ, though not their states: `increase` takes the zero point of a counter
/// after the threshold (`Change::ZeroPointAfterThreshold`), and their windows begin before the
/// counters do.
const EXPLAINED: &[&str] = &[
    "grafana-mimir__embedded-exporter:MimirCompactorHasConsecutiveFailures",
    "litellm__embedded-exporter:LitellmProviderSpendOverBudget",
];
/// Sums over several series agree so far: 2.42 adds them in any order and does not compensate.
const SUMS_MAX_RELATIVE: f64 = 1e-12;
/// Alerting rules whose expression compares something, as docs/compat.md tells.
const RULES: usize = 580;
const LIMIT: &str = "the left side has no label `limit` and the right side always has one";
const ITSELF: &str = "a series divided by itself is 1, never below 0.2";
/// Rules that no data make fire, and why; in the order of the files.
const NEVER: &[(&str, &str)] = &[
    ("grafana-mimir__embedded-exporter:MimirBadRuntimeConfig", "a sum of zeros is not above 0"),
    ("grafana-mimir__embedded-exporter:MimirIngesterReachingSeriesLimitWarning", LIMIT),
    ("grafana-mimir__embedded-exporter:MimirIngesterReachingSeriesLimitCritical", LIMIT),
    ("grafana-mimir__embedded-exporter:MimirIngesterReachingTenantsLimitWarning", LIMIT),
    ("grafana-mimir__embedded-exporter:MimirIngesterReachingTenantsLimitCritical", LIMIT),
    ("grafana-mimir__embedded-exporter:MimirDistributorInflightRequestsHigh", LIMIT),
    (
        "mongodb__percona-mongodb-exporter:MongodbTooManyConnections(percona)",
        "it adds series that differ in `conn_type`, which never meet",
    ),
    ("netdata__embedded-exporter:NetdataHighMemoryUsage", ITSELF),
    ("netdata__embedded-exporter:NetdataLowDiskSpace", ITSELF),
    ("traefik__embedded-exporter-v2:TraefikServiceDown", "a count is never 0"),
    // The second of two rules of that name.
    ("alertmanager.rules:AlertmanagerClusterFailedToSendAlerts", "nothing matches `!~\".*\"`"),
];

/// An alerting rule with what the search found.
struct Case {
    name: String,
    rule: RuleDefinition,
    data: DataSets,
}

/// Comparisons among the alerting rules, in the order of files; every so many of them.
fn cases(folder: &Path, step: usize) -> Vec<Case> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for part in ["community", "kube-prometheus"] {
        let entries = fs::read_dir(folder.join(part)).unwrap();
        paths.extend(entries.map(|entry| entry.unwrap().path()));
    }
    paths.sort();
    let mut all = Vec::new();
    let mut number = 0;
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let loaded = config::rules::load("r.yml", &text, NameScheme::Utf8).unwrap();
        let rules = loaded.config.groups.into_iter().flat_map(|group| group.rules);
        for rule in rules {
            let RuleKind::Alert { name, .. } = &rule.kind else { continue };
            let expr = promql::parse(&rule.expr.text).unwrap();
            if !compares(&expr) {
                continue;
            }
            number += 1;
            if number % step != 0 {
                continue;
            }
            let stem = path.file_stem().unwrap().to_str().unwrap();
            let (name, seed) = (format!("{stem}:{name}"), number as u64);
            let wait = i64::try_from(wait_minutes(&rule)).unwrap();
            let data = search(&expr, &rule.expr.text, seed, wait);
            all.push(Case { name, rule, data });
        }
    }
    all
}

fn compares(expr: &promql::ast::Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |part| {
        if let promql::ast::ExprKind::Binary(binary) = &part.kind {
            found |= binary.op.is_comparison();
        }
    });
    found
}

/// The rule alone in a file, its texts in quotes.
fn rule_file(rule: &RuleDefinition) -> String {
    let RuleKind::Alert { name, hold, keep_firing_for, annotations, .. } = &rule.kind else {
        unreachable!("an alerting rule")
    };
    let map = |texts: &[(String, PlacedText)]| {
        let pairs = texts.iter().map(|(name, text)| (name.clone(), json!(text.text)));
        serde_json::Value::Object(pairs.collect())
    };
    let time = config::format_duration;
    let rule = json!({
        "alert": name, "expr": rule.expr.text, "for": time(*hold),
        "keep_firing_for": time(*keep_firing_for),
        "labels": map(&rule.labels), "annotations": map(annotations),
    });
    json!({"groups": [{"name": "g", "rules": [rule]}]}).to_string()
}

/// So long the rule is watched after the judged instant.
fn wait_minutes(rule: &RuleDefinition) -> u64 {
    let RuleKind::Alert { hold, .. } = &rule.kind else { unreachable!("an alerting rule") };
    (*hold).min(HOLD_MAX).as_secs().div_ceil(60)
}

/// A test that expects nothing, so that everything that is there is printed.
fn test_file(rule: &RuleDefinition, data: &DataSet) -> String {
    let RuleKind::Alert { name, .. } = &rule.kind else { unreachable!("an alerting rule") };
    let judged_at = data.judged_at_minutes.unsigned_abs() + 1;
    let last = judged_at + wait_minutes(rule);
    let samples = i64::try_from(last).unwrap() * 60_000 / STEP_MS;
    let notations = data.notations(samples);
    let input = notations.map(|(series, values)| json!({"series": series, "values": values}));
    let input: Vec<_> = input.collect();
    let at = |minutes: u64| format!("{minutes}m");
    let alerts = json!([{"eval_time": at(last), "alertname": name, "exp_alerts": []}]);
    let queries: Vec<_> = [5, judged_at, last]
        .map(|minutes| json!({"expr": "ALERTS", "eval_time": at(minutes), "exp_samples": []}))
        .to_vec();
    json!({
        "rule_files": ["rule.yml"], "evaluation_interval": "1m",
        "tests": [{
            "interval": format!("{STEP_MS}ms"), "input_series": input,
            "alert_rule_test": alerts, "promql_expr_test": queries,
        }],
    })
    .to_string()
}

/// What a program says about the test in a folder.
fn said(mut command: Command, folder: &Path) -> String {
    let output = command.current_dir(folder).args(["test", "rules", "test.yml"]).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    format!("{:?}\n{}{}", output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn rules_fire_on_the_data_on_which_they_fire_in_prometheus() {
    let Some(promtool) = find_program("promtool") else {
        return skip(SUITE, "promtool is not installed");
    };
    let Some(folder) = conformance_dir(SUITE, "rules") else { return };
    let is_whole = std::env::var("FLYBALL_RULE_STATES").is_ok_and(|value| value == "all");
    let all = cases(&folder, if is_whole { 1 } else { SMOKE_STEP });
    let work = tempfile::tempdir().unwrap();
    let (mut fired, mut quiet, mut unexplained) = (0, 0, String::new());
    // Names of rules, and whether their data was made to fire.
    let (mut without, mut astray) = (Vec::new(), Vec::new());
    for case in &all {
        fs::write(work.path().join("rule.yml"), rule_file(&case.rule)).unwrap();
        for (data, is_meant_to_fire) in [(&case.data.firing, true), (&case.data.quiet, false)] {
            let Some(data) = data else {
                without.push((case.name.as_str(), is_meant_to_fire));
                continue;
            };
            fs::write(work.path().join("test.yml"), test_file(&case.rule, data)).unwrap();
            let theirs = said(Command::new(&promtool), work.path());
            let ours = said(binary(), work.path());
            let known = EXPLAINED.contains(&case.name.as_str());
            let same = alike(&ours, &theirs);
            let is_explained = known && states(case, &ours) == states(case, &theirs);
            if !same && !is_explained {
                writeln!(unexplained, "{}\ntheirs: {theirs}\nours: {ours}", case.name).unwrap();
            }
            if known && is_meant_to_fire && same {
                writeln!(unexplained, "{} differs no longer", case.name).unwrap();
            }
            match (is_meant_to_fire, !states(case, &ours).is_empty()) {
                (true, true) => fired += 1,
                (false, false) => quiet += 1,
                (_, fires) => {
                    let verb = if fires { "fires" } else { "is quiet" };
                    astray.push(format!("{} {verb} on {data:?}", case.name));
                }
            }
        }
    }
    println!("{} rules: {fired} fire, {quiet} are quiet; no data for {without:?}", all.len());
    assert!(unexplained.is_empty(), "{unexplained}");
    let never: Vec<_> = NEVER
        .iter()
        .filter(|(name, _)| is_whole || without.contains(&(*name, true)))
        .map(|(name, _)| (*name, true))
        .collect();
    assert_eq!(without, never, "a data set for every rule but those that cannot fire");
    assert!(astray.is_empty(), "{astray:#?}");
    assert_eq!((fired, quiet), (all.len() - never.len(), all.len()));
    assert!(!is_whole || all.len() == RULES, "{} rules", all.len());
}

/// The lines with series `ALERTS` of a rule; data sets can have such series of others.
fn states<'s>(case: &Case, said: &'s str) -> Vec<&'s str> {
    let name = case.name.rsplit(':').next().unwrap_or_default();
    said.lines().filter(|line| line.contains("alertstate=") && line.contains(name)).collect()
}

/// The same words, and numbers that are near enough.
fn alike(ours: &str, theirs: &str) -> bool {
    let ends_word = |c: char| c.is_whitespace() || "\"\\:[](){}=,%$".contains(c);
    let near = |(ours, theirs): (&str, &str)| match (ours.parse::<f64>(), theirs.parse::<f64>()) {
        (Ok(a), Ok(b)) => (a - b).abs() <= SUMS_MAX_RELATIVE * a.abs().max(b.abs()),
        _ => false,
    };
    let (mut ours, mut theirs) = (ours.split(ends_word), theirs.split(ends_word));
    loop {
        match (ours.next(), theirs.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b || near((a, b)) => {}
            _ => return false,
        }
    }
}
