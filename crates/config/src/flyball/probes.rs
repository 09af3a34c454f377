//! Scheduled probes of flyball.yml: defaults, and checks that the schema cannot make.

use super::load::key_places;
use super::schema::{Probe, ProbeLocation as LocationText, ProbeProfile, ProbeStep as StepText};
use super::services::read::Entry;
use super::{HERE, ProbeLocation, ProbeStep, ScheduledProbe};
use crate::read::Reader;
use crate::yaml::Node;
use crate::{Place, urls};
use std::collections::BTreeSet;
use std::time::Duration;

const INTERVAL_DEFAULT: Duration = Duration::from_secs(30);
const INTERVAL_LOW_NOISE: Duration = Duration::from_mins(5);
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(10);
/// Targets of all probes at most.
const TARGETS_MAX: usize = 100_000;
/// Steps of a suite, and conditions of a probe or step, at most.
const STEPS_MAX: usize = 100;
const CONDITIONS_MAX: usize = 100;
/// Workers at most.
const LOCATIONS_MAX: usize = 100;
/// Labels that say where a series comes from.
const OWN_LABELS: [&str; 3] = ["job", "instance", "location"];

/// Workers, each name once.
pub(super) fn locations(
    texts: Option<Vec<LocationText>>,
    root: &Node,
    reader: &Reader<'_>,
) -> Vec<ProbeLocation> {
    let (texts, mut names) = (texts.unwrap_or_default(), BTreeSet::new());
    let items = root.value("probe_locations").map_or(&[][..], Node::items);
    if texts.len() > LOCATIONS_MAX {
        let message = format!("more than {LOCATIONS_MAX} locations");
        reader.problem(root.place_below(&["probe_locations"]), message);
    }
    let mut resolved = Vec::new();
    for (index, text) in texts.into_iter().enumerate() {
        let entry = Entry::new(reader, items.get(index), root.place);
        let location = location(text, &entry);
        if !names.insert(location.name.clone()) {
            let quoted = model::quote(&location.name);
            entry.problem("name", format!("there are two locations with the name {quoted}"));
        }
        resolved.push(location);
    }
    resolved
}

fn location(text: LocationText, entry: &Entry<'_>) -> ProbeLocation {
    let (name, url) = (text.name.unwrap_or_default(), text.url.unwrap_or_default());
    if name.is_empty() || name == HERE {
        entry.problem("name", "a location needs `name`, which is not `here`: that is this server");
    }
    if let Err(error) = urls::parse_http(&url) {
        entry.problem("url", format!("`url`: {error}"));
    } else if url.contains(['@', '?', '#']) {
        // It may hold a password, so it is not repeated.
        entry.problem("url", "`url` of a location has neither user nor query; use `username`");
    }
    let password = entry.secret(("password", "password_file"), text.password, text.password_file);
    if password.is_some() != text.username.is_some() {
        entry.problem("username", "`username` and `password` of a location go together");
    }
    let tls = text.tls.map(|tls| entry.tls(tls)).unwrap_or_default();
    ProbeLocation { name, url, username: text.username, password, tls }
}

pub(super) fn resolve(
    probes: Vec<Probe>,
    locations: &[ProbeLocation],
    root: &Node,
    reader: &Reader<'_>,
) -> Vec<ScheduledProbe> {
    let place = key_places(root, "probes");
    let mut names = BTreeSet::new();
    let mut targets = 0;
    let mut resolved = Vec::new();
    for (index, probe) in probes.into_iter().enumerate() {
        let at = |key: &str| place(index, key);
        let node = root.value("probes").and_then(|list| list.items().get(index));
        let node = node.unwrap_or(root);
        let probe = one(probe, node, &at, reader);
        if !names.insert(probe.name.clone()) {
            let quoted = model::quote(&probe.name);
            reader.problem(at("name"), format!("there are two probes with the name {quoted}"));
        }
        let known = |name: &String| *name == HERE || locations.iter().any(|at| at.name == *name);
        if let Some(unknown) = probe.locations.iter().find(|name| !known(name)) {
            let quoted = model::quote(unknown);
            reader.problem(at("locations"), format!("{quoted} is not among `probe_locations`"));
        }
        targets += probe.targets.len() * probe.locations.len().max(1);
        if targets > TARGETS_MAX {
            reader.problem(at("targets"), format!("more than {TARGETS_MAX} targets in total"));
            break;
        }
        resolved.push(probe);
    }
    resolved
}

fn one(
    probe: Probe,
    node: &Node,
    at: &impl Fn(&str) -> Place,
    reader: &Reader<'_>,
) -> ScheduledProbe {
    let (interval, decide) = match probe.profile.unwrap_or_default() {
        ProbeProfile::Normal => (INTERVAL_DEFAULT, 2),
        ProbeProfile::LowNoise => (INTERVAL_LOW_NOISE, 3),
    };
    let interval = probe.interval.map_or(interval, |interval| interval.0);
    let timeout = probe.timeout.map_or(TIMEOUT_DEFAULT.min(interval), |timeout| timeout.0);
    let problem = |key: &str, message: &str| reader.problem(at(key), message);
    let name = probe.name.unwrap_or_default();
    if name.is_empty() {
        problem("name", "a probe needs `name`");
    }
    let targets = probe.targets.unwrap_or_default();
    let conditions = conditions(probe.conditions, node, reader);
    let steps = steps(probe.steps.unwrap_or_default(), node, reader);
    let is_suite = !steps.is_empty();
    if !is_suite && (targets.is_empty() || targets.iter().any(String::is_empty)) {
        problem("targets", "a probe needs `targets`, none of them empty");
    }
    if is_suite && (!targets.is_empty() || probe.module.is_some() || !conditions.is_empty()) {
        problem("steps", "with `steps`, URL, module and conditions stand in each step");
    }
    if !is_suite && probe.context.is_some() {
        problem("context", "`context` is for `steps`");
    }
    let unique: BTreeSet<&String> = targets.iter().collect();
    if unique.len() < targets.len() {
        problem("targets", "a target is there twice");
    }
    let locations = probe.locations.unwrap_or_default();
    if locations.iter().collect::<BTreeSet<_>>().len() < locations.len() {
        problem("locations", "a location is there twice");
    }
    if interval.is_zero() {
        problem("interval", "`interval` must be above 0");
    }
    if timeout.is_zero() || timeout > interval {
        problem("timeout", "`timeout` must be above 0 and at most `interval`");
    }
    let (healthy, unhealthy) = (probe.healthy.unwrap_or(decide), probe.unhealthy.unwrap_or(decide));
    for (key, count) in [("healthy", healthy), ("unhealthy", unhealthy)] {
        if count == 0 {
            problem(key, "at least 1 probe decides");
        }
    }
    let labels: Vec<(String, String)> = probe.labels.unwrap_or_default().into_iter().collect();
    for (label, _) in &labels {
        // Labels with two underscores are for relabelling, which probes do not have.
        let is_hidden = label.starts_with("__");
        let is_own = OWN_LABELS.contains(&label.as_str());
        if !model::is_legacy_label_name(label) || is_hidden || is_own {
            problem("labels", &format!("{} cannot be a label here", model::quote(label)));
        }
    }
    let needs_module = conditions.is_empty() && !is_suite;
    ScheduledProbe {
        name,
        module: probe.module.or_else(|| needs_module.then(|| "http_2xx".to_owned())),
        targets,
        locations,
        conditions,
        steps,
        context: probe.context.unwrap_or_default().into_iter().collect(),
        interval,
        timeout,
        labels,
        healthy,
        unhealthy,
    }
}

/// Conditions with their places.
fn conditions(
    texts: Option<Vec<String>>,
    node: &Node,
    reader: &Reader<'_>,
) -> Vec<(String, Place)> {
    let texts = texts.unwrap_or_default();
    if texts.len() > CONDITIONS_MAX {
        let message = format!("more than {CONDITIONS_MAX} conditions");
        reader.problem(node.place_below(&["conditions"]), message);
    }
    let items = node.value("conditions").map_or(&[][..], Node::items);
    let place = |index: usize| items.get(index).map_or(node.place, |item| item.place);
    texts.into_iter().enumerate().map(|(index, text)| (text, place(index))).collect()
}

fn steps(texts: Vec<StepText>, node: &Node, reader: &Reader<'_>) -> Vec<ProbeStep> {
    let items = node.value("steps").map_or(&[][..], Node::items);
    if texts.len() > STEPS_MAX {
        let message = format!("more than {STEPS_MAX} steps");
        reader.problem(node.place_below(&["steps"]), message);
    }
    let mut names = BTreeSet::new();
    let mut steps = Vec::new();
    for (index, text) in texts.into_iter().enumerate() {
        let item = items.get(index).unwrap_or(node);
        let step = step(text, item, reader);
        if step.name.is_empty() || !names.insert(step.name.clone()) {
            let message = "a step needs `name`, and each name stands once";
            reader.problem(item.place_below(&["name"]), message);
        }
        if step.url.is_empty() {
            reader.problem(item.place_below(&["url"]), "a step needs `url`");
        }
        steps.push(step);
    }
    steps
}

fn step(text: StepText, node: &Node, reader: &Reader<'_>) -> ProbeStep {
    // Who may read the configuration need not know what a step authenticates with.
    for (_, value) in node.value("headers").map_or(&[][..], Node::entries) {
        reader.hide(value);
    }
    ProbeStep {
        name: text.name.unwrap_or_default(),
        url: text.url.unwrap_or_default(),
        place: node.place_below(&["url"]),
        module: text.module,
        method: text.method,
        headers: text.headers.unwrap_or_default().into_iter().collect(),
        body: text.body,
        conditions: conditions(text.conditions, node, reader),
        store: text.store.unwrap_or_default().into_iter().collect(),
        always_run: text.always_run.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
