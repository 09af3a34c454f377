//! Asks the storage: which services and probes are well, which collectors lack data, which limits
//! are near. A question that fails is told as a gap; what it would have said stays unsaid.

use crate::forecasts::FORECASTS;
use crate::gather::{Gathered, LOCATION_LABEL, VERDICT, Whom, instance, whom};
use crate::homes::Homes;
use crate::limits::{LIMITS, Limit, Unit};
use crate::settings::Check;
use health::{Evidence, Finding, Level, Reach, WHOLE};
use model::{Labels, METRIC_NAME, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::BTreeMap;

/// Samples of one question that are looked at; resources beyond them are not judged.
const SAMPLES_MAX: usize = 20_000;

/// Probes of other servers that failed.
const PROBES_ELSEWHERE: &str =
    "probe_success == 0 unless on (job, instance, location) flyball_probe_healthy";
/// Targets that nobody could ask, because a worker gave no answer.
const PROBES_UNKNOWN: &str = "flyball_probe_unknown == 1";
/// Services whose exporter answers and which do not.
const SERVICES: &str = "redis_up == 0 or pg_up == 0 or nginx_up == 0 or mysql_up == 0 \
    or mongodb_up == 0 or memcached_up == 0 or rabbitmq_up == 0 or haproxy_up == 0";
/// Why a collector of services has no data.
const FAULTS: &str = "flyball_service_collector_fault";
/// Why a probe failed.
const FAILURES: &str = "flyball_probe_failure == 1";
/// Collectors of hosts that lost their data; most of those without data never had any.
const HOST_GAPS: &str = "node_scrape_collector_success == 0 \
    and node_scrape_collector_success offset 1h == 1";

/// Samples of an answer.
pub(crate) type Samples = Vec<(Labels, f64)>;

/// Answers PromQL at the moment of the judgement.
pub(crate) trait Ask {
    /// The moment.
    fn now(&self) -> Timestamp;
    /// Samples of a vector, or why there are none.
    fn ask(&self, expr: &str) -> Result<Samples, String>;
    /// The same for an expression that was read before.
    fn ask_check(&self, check: &Check) -> Result<Samples, String>;
}

/// Adds all that the storage knows.
pub(crate) fn gather(ask: &dyn Ask, checks: &[Check], homes: &Homes<'_>, all: &mut Gathered) {
    let reasons = reasons(ask, all);
    probes(ask, homes, &reasons, all);
    let down = services(ask, homes, &reasons, all);
    gaps(ask, homes, &down, all);
    for limit in LIMITS.iter().chain(FORECASTS) {
        for (labels, value) in answered(ask.ask(limit.expr), limit.name, all) {
            all.push(level(limit, &labels, (value, ask.now()), homes));
        }
    }
    for check in checks {
        own_check(check, ask.ask_check(check), homes, all);
    }
}

/// Samples; a failure is noted and gives none.
fn answered(answer: Result<Samples, String>, what: &str, all: &mut Gathered) -> Samples {
    match answer {
        Ok(mut samples) => {
            samples.truncate(SAMPLES_MAX);
            samples
        }
        Err(error) => {
            let gap = Evidence::new(WHOLE, what, Finding::Gap);
            all.push(gap.because(format!("could not be asked: {error}"), ""));
            Vec::new()
        }
    }
}

/// Words for why, by target.
fn reasons(ask: &dyn Ask, all: &mut Gathered) -> BTreeMap<Whom, String> {
    let mut reasons: BTreeMap<Whom, String> = BTreeMap::new();
    for expr in [FAULTS, FAILURES] {
        for (labels, _) in answered(ask.ask(expr), "reasons", all) {
            if let Some(reason) = labels.get("reason") {
                reasons.entry(whom(&labels)).or_insert_with(|| reason.to_owned());
            }
        }
    }
    reasons
}

fn probes(ask: &dyn Ask, homes: &Homes<'_>, reasons: &BTreeMap<Whom, String>, all: &mut Gathered) {
    let failed = |labels: &Labels| {
        let reason = reasons.get(&whom(labels)).map_or("probe", String::as_str);
        format!("the probe fails ({reason})")
    };
    for (labels, value) in answered(ask.ask(VERDICT), "probes", all) {
        let reach = if value == 1.0 { Reach::Up } else { Reach::Down };
        all.judged_probes.insert(whom(&labels));
        let reason = if reach == Reach::Up { String::new() } else { failed(&labels) };
        all.reach(homes, &labels, reach, reason);
    }
    for (labels, _) in answered(ask.ask(PROBES_UNKNOWN), "unknown probes", all) {
        let reason = labels.get("reason").unwrap_or("worker");
        let location = labels.get(LOCATION_LABEL).unwrap_or_default();
        let why =
            format!("nobody could ask from {location}: its worker gives no answer ({reason})");
        all.unknown_probes.insert(whom(&labels), why);
    }
    for (labels, _) in answered(ask.ask(PROBES_ELSEWHERE), "probes of others", all) {
        all.reach(homes, &labels, Reach::Down, failed(&labels));
    }
}

/// Services that are down; gives their targets.
fn services(
    ask: &dyn Ask,
    homes: &Homes<'_>,
    reasons: &BTreeMap<Whom, String>,
    all: &mut Gathered,
) -> Vec<Whom> {
    let mut down = Vec::new();
    for (labels, _) in answered(ask.ask(SERVICES), "services", all) {
        let name = labels.metric_name().unwrap_or("up").to_owned();
        let why = reasons.get(&whom(&labels)).map(|reason| format!(" ({reason})"));
        let reason = format!("does not answer: {name} is 0{}", why.unwrap_or_default());
        all.reach(homes, &labels, Reach::Down, reason);
        down.push(whom(&labels));
    }
    down
}

fn gaps(ask: &dyn Ask, homes: &Homes<'_>, down: &[Whom], all: &mut Gathered) {
    for (expr, what) in [(FAULTS, "collectors"), (HOST_GAPS, "collectors of hosts")] {
        for (labels, _) in answered(ask.ask(expr), what, all) {
            // A service that is down says nothing through any of its collectors.
            if down.contains(&whom(&labels)) {
                continue;
            }
            let collector = labels.get("collector").unwrap_or("collector");
            let subject = format!("{collector} of {}", instance(&labels));
            let reason = match labels.get("reason") {
                Some(reason) => format!("has no data, or not all: {reason}"),
                None => "had data an hour ago and has none now".to_owned(),
            };
            let remedy = "The log says why, with the grant that helps where one is missing.";
            let gap = Evidence::new(homes.of(&labels), &subject, Finding::Gap);
            all.push(gap.because(reason, remedy));
        }
    }
}

fn level(
    limit: &Limit,
    labels: &Labels,
    (value, now): (f64, Timestamp),
    homes: &Homes<'_>,
) -> Evidence {
    let mut subject = limit.name.to_owned();
    for name in limit.labels {
        if let Some(value) = labels.get(name) {
            subject.push(' ');
            subject.push_str(value);
        }
    }
    let instance = instance(labels);
    if !instance.is_empty() {
        subject.push_str(" of ");
        subject.push_str(instance);
    }
    let &Limit { soft, hard, .. } = limit;
    let finding = match limit.unit {
        Unit::Used | Unit::DaysLeft | Unit::HoursLeft => {
            Finding::Level(Level { value, soft, hard })
        }
        Unit::Burn => Finding::Burn(value),
        Unit::BudgetLeft => Finding::Budget(value),
    };
    let counts = limit.unit.soft_words(soft).map(|words| format!("; {words}"));
    let reason = format!("{}{}", limit.unit.words(value, now), counts.unwrap_or_default());
    let evidence = Evidence::new(homes.of(labels), &subject, finding);
    let link = explore(limit.expr);
    Evidence { link, ..evidence.because(reason, limit.remedy) }
}

/// A check of the configuration. Its component is unknown while it says nothing.
fn own_check(
    check: &Check,
    answer: Result<Samples, String>,
    homes: &Homes<'_>,
    all: &mut Gathered,
) {
    let Check { name, soft, hard, remedy, .. } = check;
    let link = explore(&check.text);
    if let Some(component) = &check.component {
        let unknown = |reason: String| {
            let evidence = Evidence::new(component, name, Finding::Reach(Reach::Unknown));
            Evidence { link: link.clone(), ..evidence.because(reason, "Try the expression.") }
        };
        all.push(match &answer {
            Ok(samples) if samples.is_empty() => unknown("the check finds no samples".to_owned()),
            Ok(_) => Evidence::new(component, name, Finding::Reach(Reach::Up)),
            Err(error) => unknown(format!("the check could not be asked: {error}")),
        });
    }
    let samples = match (&check.component, answer) {
        (Some(_), answer) => answer.unwrap_or_default(),
        (None, answer) => answered(answer, name, all),
    };
    for (labels, value) in samples.into_iter().take(SAMPLES_MAX) {
        let component = check.component.as_deref().unwrap_or_else(|| homes.of(&labels));
        let rest = labels.without(|name| name == METRIC_NAME);
        let subject = if rest.is_empty() { name.clone() } else { format!("{name} {rest}") };
        let level = Level { value, soft: *soft, hard: *hard };
        let direction = if hard > soft { "above" } else { "below" };
        let reason = format!("is {value}; counts {direction} {soft}, {hard} is the worst");
        let evidence = Evidence::new(component, &subject, Finding::Level(level));
        all.push(Evidence { link: link.clone(), ..evidence.because(reason, remedy) });
    }
}

/// The page that shows an expression.
fn explore(expr: &str) -> String {
    format!("/graph?g0.expr={}", utf8_percent_encode(expr, NON_ALPHANUMERIC))
}
