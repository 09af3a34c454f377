//! Section `health` of flyball.yml: components, what they depend on, and limits of one's own.
//! Names, dependencies and limits are checked here, with their places; expressions by the binary.

use super::load::key_places;
use super::schema::{DurationText, OneOrMany};
use crate::Place;
use crate::read::Reader;
use crate::yaml::Node;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const INTERVAL_DEFAULT: Duration = Duration::from_secs(15);
const INTERVAL_MIN: Duration = Duration::from_secs(1);
/// Components and checks at most.
const COMPONENTS_MAX: usize = 1000;
const CHECKS_MAX: usize = 200;
/// Name of the whole.
const WHOLE: &str = "system";

/// What is judged, and how often.
#[derive(Clone, Debug, PartialEq)]
pub struct HealthSettings {
    /// Time between two judgements, from 1 second.
    pub interval: Duration,
    /// Components in the order of the file, each name once; dependencies make no ring.
    pub components: Vec<HealthComponent>,
    /// Limits on expressions.
    pub checks: Vec<HealthCheck>,
}

impl Default for HealthSettings {
    fn default() -> Self {
        Self { interval: INTERVAL_DEFAULT, components: Vec::new(), checks: Vec::new() }
    }
}

/// Something that can be well or ill.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct HealthComponent {
    /// Its name, also in series.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// How much it is needed.
    pub criticality: HealthCriticality,
    /// Names of other components.
    pub depends_on: Vec<String>,
    /// Labels of its targets, probes and alerts: each must have one of the values.
    pub matches: Vec<(String, Vec<String>)>,
    /// Instances of which none may be down.
    pub vital: Vec<String>,
    /// Address of the page that says what to do.
    pub runbook: Option<String>,
}

/// How much a component is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HealthCriticality {
    /// Nice to have: alone it never makes the whole ill.
    Minor,
    /// As any.
    #[default]
    Normal,
    /// Nothing works without it.
    Critical,
}

/// A limit on an expression.
#[derive(Clone, Debug, PartialEq)]
pub struct HealthCheck {
    /// Its name for people.
    pub name: String,
    /// The component it counts for; without one, the samples' labels decide.
    pub component: Option<String>,
    /// PromQL.
    pub expr: String,
    /// Where the expression stands in the file.
    pub expr_place: Place,
    /// Nothing is wrong up to here.
    pub soft: f64,
    /// From here on it cannot be worse; other than `soft`. Lower than it where less is worse.
    pub hard: f64,
    /// What to do.
    pub remedy: String,
}

/// What is healthy. Without this section every job is a component.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Health {
    /// Time between two judgements; 15 seconds by default.
    pub(super) interval: Option<DurationText>,
    /// Components with a place in the whole. Jobs that none of them claims are components of their
    /// own, under the job's name.
    pub(super) components: Option<Vec<Component>>,
    /// Limits on expressions, besides the built-in ones on disks, memory, connections and the like.
    pub(super) checks: Option<Vec<Check>>,
}

/// Something that can be well or ill.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Component {
    /// Label `component` of its series; each name once.
    name: Option<String>,
    /// Its name for people; `name` by default.
    title: Option<String>,
    /// How much it is needed: `critical`, `normal` (the default) or `minor`.
    criticality: Option<HealthCriticality>,
    /// Names of the components it needs; they must be listed, too.
    depends_on: Option<OneOrMany>,
    /// Labels of its targets, probes and alerts, each with a value or a list of values;
    /// `{job: NAME}` by default.
    #[serde(rename = "match")]
    matches: Option<BTreeMap<String, OneOrMany>>,
    /// Instances of which none may be down: the component has at most 20 points then.
    vital: Option<OneOrMany>,
    /// Address of the page that says what to do when it is ill.
    runbook: Option<String>,
}

/// A limit on an expression.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Check {
    /// Its name for people; each name once.
    name: Option<String>,
    /// The component it counts for; without one, the labels of each sample decide. No sample at
    /// all makes a component that is named here unknown.
    component: Option<String>,
    /// PromQL; each of its samples is held against the limits.
    expr: Option<String>,
    /// Nothing is wrong up to this value.
    soft: Option<f64>,
    /// From this value on it cannot be worse; below `soft` where less is worse.
    hard: Option<f64>,
    /// What to do about it.
    remedy: Option<String>,
}

/// Fills in defaults and checks what the schema cannot.
pub(super) fn resolve(health: Health, root: &Node, reader: &Reader<'_>) -> HealthSettings {
    let section = root.value("health").unwrap_or(root);
    let interval = health.interval.map_or(INTERVAL_DEFAULT, |interval| interval.0);
    if interval < INTERVAL_MIN {
        reader.problem(section.place_below(&["interval"]), "`interval` must be 1s or more");
    }
    let components = health.components.unwrap_or_default();
    let places = key_places(section, "components");
    if components.len() > COMPONENTS_MAX {
        let message = format!("more than {COMPONENTS_MAX} components");
        reader.problem(section.place_below(&["components"]), message);
    }
    let named = |(index, component)| one(component, &|key| places(index, key), reader);
    let components: Vec<HealthComponent> = components.into_iter().enumerate().map(named).collect();
    check_graph(&components, &places, reader);
    let checks = health.checks.unwrap_or_default();
    let places = key_places(section, "checks");
    if checks.len() > CHECKS_MAX {
        let message = format!("more than {CHECKS_MAX} checks");
        reader.problem(section.place_below(&["checks"]), message);
    }
    let names: BTreeSet<&str> = components.iter().map(|one| one.name.as_str()).collect();
    let mut seen = BTreeSet::new();
    let mut resolved = Vec::new();
    for (index, check) in checks.into_iter().enumerate() {
        let at = |key: &str| places(index, key);
        let check = self::check(check, &at, reader);
        if let Some(missing) = check.component.as_deref().filter(|name| !names.contains(name)) {
            reader.problem(at("component"), no_component(missing));
        }
        if !seen.insert(check.name.clone()) {
            let quoted = model::quote(&check.name);
            reader.problem(at("name"), format!("there are two checks with the name {quoted}"));
        }
        resolved.push(check);
    }
    HealthSettings { interval, components, checks: resolved }
}

fn one(component: Component, at: &impl Fn(&str) -> Place, reader: &Reader<'_>) -> HealthComponent {
    let name = component.name.unwrap_or_default();
    if name.is_empty() {
        reader.problem(at("name"), "a component needs `name`");
    } else if name == WHOLE {
        reader.problem(at("name"), format!("`{WHOLE}` is the name of the whole"));
    }
    let own_job = || BTreeMap::from([("job".to_owned(), OneOrMany::One(name.clone()))]);
    let matches = component.matches.unwrap_or_else(own_job);
    if matches.is_empty() {
        reader.problem(at("match"), "`match` without a label would match everything");
    }
    let runbook = component.runbook;
    if let Some(Err(error)) = runbook.as_deref().map(crate::urls::parse_http) {
        reader.problem(at("runbook"), format!("`runbook`: {error}"));
    }
    let list = |list: Option<OneOrMany>| list.map(OneOrMany::into_vec).unwrap_or_default();
    HealthComponent {
        title: component.title,
        criticality: component.criticality.unwrap_or_default(),
        depends_on: list(component.depends_on),
        matches: matches.into_iter().map(|(label, values)| (label, values.into_vec())).collect(),
        vital: list(component.vital),
        runbook,
        name,
    }
}

/// Names once, dependencies that are there, no ring.
fn check_graph(
    components: &[HealthComponent],
    places: &impl Fn(usize, &str) -> Place,
    reader: &Reader<'_>,
) {
    let names: BTreeSet<&str> = components.iter().map(|one| one.name.as_str()).collect();
    let mut seen = BTreeSet::new();
    let problem = |index: usize, key: &str, message: String| {
        reader.problem(places(index, key), message);
    };
    for (index, component) in components.iter().enumerate() {
        if !seen.insert(component.name.as_str()) {
            let quoted = model::quote(&component.name);
            let message = format!("there are two components with the name {quoted}");
            problem(index, "name", message);
        }
        for missing in component.depends_on.iter().filter(|name| !names.contains(name.as_str())) {
            problem(index, "depends_on", no_component(missing));
        }
    }
    if let Some(ring) = ring(components) {
        let of = |name: &str| components.iter().position(|component| component.name == name);
        let index = ring.first().and_then(|name| of(name)).unwrap_or_default();
        let message = format!("components depend on each other in a ring: {}", ring.join(" -> "));
        problem(index, "depends_on", message);
    }
}

fn no_component(name: &str) -> String {
    let quoted = model::quote(name);
    format!("{quoted} is no component of this list; add `- name: {name}` for a job of that name")
}

/// The names on a ring, the first one again at the end.
fn ring(components: &[HealthComponent]) -> Option<Vec<&str>> {
    // What needs nothing that is open goes, again and again; the rest is on a ring or leads there.
    let mut open: BTreeMap<&str, BTreeSet<&str>> = components
        .iter()
        .map(|one| (one.name.as_str(), one.depends_on.iter().map(String::as_str).collect()))
        .collect();
    loop {
        let is_open: BTreeSet<&str> = open.keys().copied().collect();
        for needs in open.values_mut() {
            needs.retain(|need| is_open.contains(need));
        }
        let before = open.len();
        open.retain(|_, needs| !needs.is_empty());
        if open.len() == before {
            break;
        }
    }
    let mut way = vec![*open.keys().next()?];
    loop {
        let next = *open.get(way.last()?)?.first()?;
        let start = way.iter().position(|name| *name == next);
        way.push(next);
        if let Some(start) = start {
            return Some(way.split_off(start));
        }
    }
}

fn check(check: Check, at: &impl Fn(&str) -> Place, reader: &Reader<'_>) -> HealthCheck {
    let name = check.name.unwrap_or_default();
    if name.is_empty() {
        reader.problem(at("name"), "a check needs `name`");
    }
    let expr = check.expr.unwrap_or_default();
    if expr.trim().is_empty() {
        reader.problem(at("expr"), "a check needs `expr`");
    }
    let (soft, hard) = (check.soft.unwrap_or(f64::NAN), check.hard.unwrap_or(f64::NAN));
    for (key, value) in [("soft", soft), ("hard", hard)] {
        if !value.is_finite() {
            reader.problem(at(key), format!("a check needs `{key}`, a number"));
        }
    }
    if soft == hard {
        reader.problem(at("hard"), "`soft` and `hard` must differ");
    }
    HealthCheck {
        name,
        component: check.component,
        expr,
        expr_place: at("expr"),
        soft,
        hard,
        remedy: check.remedy.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
