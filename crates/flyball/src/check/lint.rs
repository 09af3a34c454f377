//! What is allowed but hardly ever meant: rules that write the same series, intervals longer than
//! queries look back. promtool's lint under promtool's names.

use crate::cli::Lint;
use crate::load::Configuration;
use ::rules::{GroupSpec, RuleSpec};
use std::collections::BTreeMap;
use std::time::Duration;

/// A rule's kind, name and labels: what its series have in common.
type Identity<'g> = (&'static str, &'g str, Vec<(String, String)>);

/// Sentences about rules that write the same series.
pub(super) fn duplicates(file: &str, groups: &[&GroupSpec]) -> Vec<String> {
    let mut seen: BTreeMap<Identity<'_>, Vec<String>> = BTreeMap::new();
    for group in groups {
        for (index, rule) in group.rules.iter().enumerate() {
            let place = format!("rule {} of group `{}`", index + 1, group.name);
            seen.entry(identity(rule)).or_default().push(place);
        }
    }
    let several = seen.into_iter().filter(|(_, places)| places.len() > 1);
    several.map(|(identity, places)| sentence(file, &identity, &places)).collect()
}

fn identity(rule: &RuleSpec) -> Identity<'_> {
    let kind = match rule {
        RuleSpec::Recording(_) => "record",
        RuleSpec::Alerting(_) => "alert",
    };
    let mut labels = rule.labels();
    labels.sort();
    (kind, rule.name(), labels)
}

fn sentence(file: &str, (kind, name, labels): &Identity<'_>, places: &[String]) -> String {
    let pairs: Vec<String> =
        labels.iter().map(|(name, value)| format!("{name}={}", model::quote(value))).collect();
    let labels = if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(", ")) };
    let number = places.len();
    let places = places.join(", ");
    format!(
        "{file}: {number} rules have `{kind}: {name}{labels}`: {places};\n  \
         where their results overlap, one of them is lost"
    )
}

/// Sentences about intervals above which a series seems to come and go.
pub(super) fn long_intervals(
    configuration: &Configuration,
    lint: Lint,
    lookback: Duration,
) -> Vec<String> {
    if !lint.long_intervals {
        return Vec::new();
    }
    let prometheus = &configuration.prometheus;
    let jobs = prometheus.scrape_configs.iter().filter(|job| job.scrape_interval >= lookback);
    let sentence = |job: &config::ScrapeConfig| {
        format!(
            "job `{}` is scraped every {}, queries look back {}: its series will have gaps",
            job.job_name,
            config::format_duration(job.scrape_interval),
            config::format_duration(lookback)
        )
    };
    jobs.map(sentence).collect()
}
