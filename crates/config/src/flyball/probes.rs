//! Scheduled probes of flyball.yml: defaults, and checks that the schema cannot make.

use super::ScheduledProbe;
use super::load::key_places;
use super::schema::Probe;
use crate::Place;
use crate::read::Reader;
use crate::yaml::Node;
use std::collections::BTreeSet;
use std::time::Duration;

const INTERVAL_DEFAULT: Duration = Duration::from_secs(30);
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(10);
/// Targets of all probes at most.
const TARGETS_MAX: usize = 100_000;
/// Labels that say where a series comes from.
const OWN_LABELS: [&str; 2] = ["job", "instance"];

pub(super) fn resolve(probes: Vec<Probe>, root: &Node, reader: &Reader<'_>) -> Vec<ScheduledProbe> {
    let place = key_places(root, "probes");
    let mut names = BTreeSet::new();
    let mut targets = 0;
    let mut resolved = Vec::new();
    for (index, probe) in probes.into_iter().enumerate() {
        let at = |key: &str| place(index, key);
        let probe = one(probe, &at, reader);
        if !names.insert(probe.name.clone()) {
            let quoted = model::quote(&probe.name);
            reader.problem(at("name"), format!("there are two probes with the name {quoted}"));
        }
        targets += probe.targets.len();
        if targets > TARGETS_MAX {
            reader.problem(at("targets"), format!("more than {TARGETS_MAX} targets in total"));
            break;
        }
        resolved.push(probe);
    }
    resolved
}

fn one(probe: Probe, at: &impl Fn(&str) -> Place, reader: &Reader<'_>) -> ScheduledProbe {
    let interval = probe.interval.map_or(INTERVAL_DEFAULT, |interval| interval.0);
    let timeout = probe.timeout.map_or(TIMEOUT_DEFAULT.min(interval), |timeout| timeout.0);
    let problem = |key: &str, message: &str| reader.problem(at(key), message);
    let name = probe.name.unwrap_or_default();
    if name.is_empty() {
        problem("name", "a probe needs `name`");
    }
    let targets = probe.targets.unwrap_or_default();
    if targets.is_empty() || targets.iter().any(String::is_empty) {
        problem("targets", "a probe needs `targets`, none of them empty");
    }
    let unique: BTreeSet<&String> = targets.iter().collect();
    if unique.len() < targets.len() {
        problem("targets", "a target is there twice");
    }
    if interval.is_zero() {
        problem("interval", "`interval` must be above 0");
    }
    if timeout.is_zero() || timeout > interval {
        problem("timeout", "`timeout` must be above 0 and at most `interval`");
    }
    let (healthy, unhealthy) = (probe.healthy.unwrap_or(2), probe.unhealthy.unwrap_or(2));
    for (key, count) in [("healthy", healthy), ("unhealthy", unhealthy)] {
        if count == 0 {
            problem(key, "at least 1 probe decides");
        }
    }
    let labels: Vec<(String, String)> = probe.labels.unwrap_or_default().into_iter().collect();
    for (label, _) in &labels {
        if !model::is_legacy_label_name(label) || OWN_LABELS.contains(&label.as_str()) {
            problem("labels", &format!("{} cannot be a label here", model::quote(label)));
        }
    }
    ScheduledProbe {
        name,
        module: probe.module.unwrap_or_else(|| "http_2xx".to_owned()),
        targets,
        interval,
        timeout,
        labels,
        healthy,
        unhealthy,
    }
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::*;
    use crate::Outside;

    fn read(text: &str) -> Result<Vec<ScheduledProbe>, Vec<String>> {
        let loaded = load("flyball.yml", text, &Outside::nothing());
        loaded.map(|loaded| loaded.config.probes).map_err(|error| {
            error.problems().iter().map(|p| format!("{}: {}", p.place, p.message)).collect()
        })
    }

    #[test]
    fn probes_have_defaults() {
        let probes = read("probes:\n- {name: web, targets: [a.example]}\n").unwrap();
        let expected = ScheduledProbe {
            name: "web".into(),
            module: "http_2xx".into(),
            targets: vec!["a.example".into()],
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(10),
            labels: Vec::new(),
            healthy: 2,
            unhealthy: 2,
        };
        assert_eq!(probes, [expected]);
        let quick = read("probes:\n- {name: web, targets: [a], interval: 5s}\n").unwrap();
        assert_eq!(quick[0].timeout, Duration::from_secs(5));
    }

    #[test]
    fn mistakes_are_told_with_their_places() {
        let text = "probes:\n- {name: web, targets: [a, a]}\n- {name: web, targets: [b]}\n\
            - name: x\n  targets: [c]\n  interval: 1s\n  timeout: 2s\n  healthy: 0\n  \
            labels: {job: y}\n- {}\n";
        assert_eq!(
            read(text).unwrap_err(),
            [
                "2:24: a target is there twice",
                "3:10: there are two probes with the name \"web\"",
                "7:12: `timeout` must be above 0 and at most `interval`",
                "8:12: at least 1 probe decides",
                "9:11: \"job\" cannot be a label here",
                "10:3: a probe needs `name`",
                "10:3: a probe needs `targets`, none of them empty",
            ]
        );
    }
}
