//! What a component's own evidence costs it, in whole points.
//! Every rule is a sum, a mean or a limit that grows with what is wrong, so INV-101 holds rule by
//! rule: worse evidence never raises a score.

use crate::account::{Account, Line};
use crate::share::share;
use crate::{Component, Evidence, Finding, Kind, Reach, Severity};
use model::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Points while a vital target is down, at most.
const VITAL_DOWN_MOST: u8 = 20;
/// Points while anything is unknown, at most: one less than healthy (INV-102).
const UNKNOWN_MOST: u8 = 89;
/// Points off for a component of which nothing is known; half of that of one that is down.
const UNKNOWN_COST: u64 = 50;
/// Points off as soon as one of many targets is down: it is not better than unknown.
const DOWN_COST_LEAST: u64 = 100 - UNKNOWN_MOST as u64;
/// Points off for a resource at its hard limit, and for all of them.
const LEVEL_COST: f64 = 20.0;
const LEVELS_COST_MOST: u8 = 40;
/// Rate at which an objective's budget is gone in two days of thirty, and what it costs.
const BURN_RATE_WORST: f64 = 14.4;
const BURN_COST: f64 = 50.0;
const BUDGET_COST: f64 = 20.0;
/// Points off for a collector without data, and for all of them.
const GAP_COST: u8 = 2;
const GAPS_COST_MOST: u8 = 10;
/// Reasons that are told apart among targets that are down, and subjects named in one line.
const REASONS_MAX: usize = 10;
const SUBJECTS_NAMED_MAX: usize = 3;
const UNASKED: &str = "not asked yet";
const STALE: &str = "no news of it for too long";

/// What a component has by its own evidence.
pub(crate) struct Own {
    pub(crate) account: Account,
    /// Is anything known at all?
    pub(crate) is_known: bool,
    /// Targets, services and probes.
    pub(crate) subjects: usize,
}

/// Judges a component by its own evidence alone.
pub(crate) fn own(component: &Component, evidence: &[&Evidence], now: Timestamp) -> Own {
    let reached = reached(evidence, now);
    let is_silent = reached.is_empty();
    let mut own = of_evidence(component, evidence, &reached);
    let all_unknown = reached.values().all(|(reach, _)| *reach == Reach::Unknown);
    own.is_known = !all_unknown || evidence.iter().any(|one| !is_reach(one));
    if is_silent {
        let reason = "nothing is known of it: no target, service or probe has its labels";
        let line = Line::new(Kind::Unknown, &component.name, reason);
        let remedy = "Correct its labels in the configuration, or watch something that has them.";
        let line = Line { remedy: remedy.to_owned(), ..line };
        own.account.take(u8::try_from(UNKNOWN_COST).unwrap_or(u8::MAX), line);
    }
    own
}

/// Judges the whole by what belongs to no component.
pub(crate) fn of_whole(whole: &Component, evidence: &[&Evidence], now: Timestamp) -> Own {
    of_evidence(whole, evidence, &reached(evidence, now))
}

type Reached<'a> = BTreeMap<&'a str, (Reach, &'a Evidence)>;

fn of_evidence(component: &Component, evidence: &[&Evidence], reached: &Reached<'_>) -> Own {
    let mut account = Account::default();
    take_unreached(&mut account, reached);
    take_alerts(&mut account, evidence);
    take_objectives(&mut account, evidence);
    take_levels(&mut account, evidence);
    take_gaps(&mut account, evidence);
    limit_vital(&mut account, component, reached);
    if let Some((_, unknown)) = reached.values().find(|(reach, _)| *reach == Reach::Unknown) {
        let reason = "what is not known is not healthy: at most 89 points";
        account.limit(UNKNOWN_MOST, Line::new(Kind::Unknown, &unknown.subject, reason));
    }
    Own { account, is_known: true, subjects: reached.len() }
}

fn is_reach(evidence: &Evidence) -> bool {
    matches!(evidence.finding, Finding::Reach(_))
}

/// Each subject once, as the worst of what is said of it.
fn reached<'a>(evidence: &[&'a Evidence], now: Timestamp) -> Reached<'a> {
    let mut reached: Reached<'a> = BTreeMap::new();
    for one in evidence {
        let Finding::Reach(reach) = one.finding else { continue };
        let reach = if one.is_expired(now) { reach.max(Reach::Unknown) } else { reach };
        let known = reached.entry(&one.subject).or_insert((reach, one));
        if reach > known.0 {
            *known = (reach, one);
        }
    }
    reached
}

fn take_unreached(account: &mut Account, reached: &Reached<'_>) {
    let of = |wanted: Reach| -> Vec<&Evidence> {
        reached.values().filter(|(reach, _)| *reach == wanted).map(|(_, one)| *one).collect()
    };
    let (down, unknown, all) = (of(Reach::Down), of(Reach::Unknown), reached.len());
    let (d, u, n) = (down.len() as u64, unknown.len() as u64, all.max(1) as u64);
    let mut cost = (100 * d + UNKNOWN_COST * u).div_ceil(n);
    let mut cost_of_down = (100 * d).div_ceil(n);
    if d > 0 {
        // Less than all cannot cost everything, and one of thousands must be seen.
        let most = if d == n { 100 } else { 99 };
        cost = cost.clamp(DOWN_COST_LEAST, most);
        cost_of_down = cost_of_down.clamp(DOWN_COST_LEAST, cost);
    }
    let points = |cost: u64| u8::try_from(cost).expect("costs are at most 100");
    let lines = by_reason(Kind::Down, &down, all);
    let weights: Vec<u64> = lines.iter().map(|line| line.keys.len() as u64).collect();
    for (line, part) in lines.into_iter().zip(share(points(cost_of_down), &weights)) {
        account.take(part, line);
    }
    if u > 0 {
        account.take(points(cost - cost_of_down), told(Kind::Unknown, &unknown, all));
    }
}

/// One line for each reason, those with most subjects first.
fn by_reason(kind: Kind, evidence: &[&Evidence], all: usize) -> Vec<Line> {
    let mut groups: BTreeMap<&str, Vec<&Evidence>> = BTreeMap::new();
    for one in evidence {
        groups.entry(&one.reason).or_default().push(one);
    }
    let mut groups: Vec<Vec<&Evidence>> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    if groups.len() > REASONS_MAX {
        let rest = groups.split_off(REASONS_MAX - 1);
        groups.push(rest.into_iter().flatten().collect());
    }
    groups.iter().map(|group| told(kind, group, all)).collect()
}

/// One line for several subjects with one reason.
fn told(kind: Kind, group: &[&Evidence], all: usize) -> Line {
    let first = group.first().expect("a group has at least one piece of evidence");
    let names: Vec<&str> = group.iter().map(|one| one.subject.as_str()).collect();
    let more = names.len().saturating_sub(SUBJECTS_NAMED_MAX);
    let named = names[..names.len() - more].join(", ");
    let subject = if more > 0 { format!("{named} and {more} more") } else { named };
    let (state, why) = match (kind, first.finding) {
        (Kind::Unknown, Finding::Reach(Reach::Up | Reach::Down)) => ("unknown", STALE),
        (Kind::Unknown, _) if first.reason.is_empty() => ("unknown", UNASKED),
        (Kind::Unknown, _) => ("unknown", first.reason.as_str()),
        _ => ("down", first.reason.as_str()),
    };
    let count = if all == 1 { String::new() } else { format!("{} of {all} {state}", group.len()) };
    let between = if count.is_empty() || why.is_empty() { "" } else { ": " };
    Line {
        keys: names.iter().map(|name| (*name).to_owned()).collect(),
        subject,
        reason: format!("{count}{between}{why}"),
        ..Line::of(kind, first)
    }
}

/// Each name of an alert counts once, as the worst of its alerts. The limits enclose each other, so
/// that a worse severity never costs less.
fn take_alerts(account: &mut Account, evidence: &[&Evidence]) {
    let mut names: BTreeMap<&str, (Severity, Vec<&Evidence>)> = BTreeMap::new();
    for one in evidence {
        let Finding::Alert(severity) = one.finding else { continue };
        let known = names.entry(&one.subject).or_insert((severity, Vec::new()));
        if severity > known.0 {
            *known = (severity, Vec::new());
        }
        if severity == known.0 {
            known.1.push(one);
        }
    }
    let mut spent = 0;
    for (severity, cost, most) in
        [(Severity::Info, 3, 6), (Severity::Warning, 15, 30), (Severity::Critical, 40, 80)]
    {
        for (_, alerts) in names.values().filter(|(found, _)| *found == severity) {
            let first = alerts.first().expect("a name is noted with an alert");
            let mut line = Line::of(Kind::Alert, first);
            let count: usize = alerts.iter().map(|one| one.count).sum();
            if count > 1 {
                line.reason = format!("{count} alerts; {}", line.reason);
            }
            let points = u8::min(cost, most - u8::min(spent, most));
            spent += points;
            account.take(points, line);
        }
    }
}

/// So much above a whole point is an error of rounding.
const ROUNDING: f64 = 1e-9;

/// Points of a share, rounded up to whole ones.
fn points(cost: f64, share: f64) -> u8 {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
    let points = (cost * share - ROUNDING).ceil() as u8;
    points
}

/// The worst objective counts: the others are often the same trouble seen from elsewhere.
fn take_objectives(account: &mut Account, evidence: &[&Evidence]) {
    let worst = |cost: &dyn Fn(Finding) -> Option<u8>| {
        let costs = evidence.iter().filter_map(|one| Some((cost(one.finding)?, *one)));
        costs.filter(|(points, _)| *points > 0).max_by_key(|(points, _)| *points)
    };
    let burn = worst(&|finding| {
        let Finding::Burn(rate) = finding else { return None };
        // An infinite rate is as bad as can be; one that is no number is not known to be bad.
        let rate = if rate.is_nan() { 0.0 } else { rate.clamp(0.0, BURN_RATE_WORST) };
        Some(points(BURN_COST, rate.ln() / BURN_RATE_WORST.ln()))
    });
    if let Some((points, one)) = burn {
        account.take(points, Line::of(Kind::Burn, one));
    }
    let budget = worst(&|finding| {
        let Finding::Budget(left) = finding else { return None };
        let left = if left.is_nan() { 1.0 } else { left.clamp(0.0, 1.0) };
        Some(points(BUDGET_COST, 1.0 - left))
    });
    if let Some((points, one)) = budget {
        account.take(points, Line::of(Kind::Budget, one));
    }
}

/// Each resource counts once, as the worst of its levels.
fn take_levels(account: &mut Account, evidence: &[&Evidence]) {
    let mut worst: BTreeMap<&str, (u8, &Evidence)> = BTreeMap::new();
    for one in evidence {
        let Finding::Level(level) = one.finding else { continue };
        let cost = points(LEVEL_COST, level.pressure());
        let known = worst.entry(&one.subject).or_insert((cost, one));
        if cost > known.0 {
            *known = (cost, one);
        }
    }
    let mut costs: Vec<(u8, &Evidence)> =
        worst.into_values().filter(|(cost, _)| *cost > 0).collect();
    costs.sort_by_key(|(cost, _)| std::cmp::Reverse(*cost));
    let mut left = LEVELS_COST_MOST;
    for (cost, one) in costs {
        let cost = cost.min(left);
        left -= cost;
        account.take(cost, Line::of(Kind::Saturation, one));
    }
}

fn take_gaps(account: &mut Account, evidence: &[&Evidence]) {
    let mut seen = BTreeSet::new();
    let mut left = GAPS_COST_MOST;
    for one in evidence.iter().filter(|one| one.finding == Finding::Gap) {
        if seen.insert(&one.subject) {
            let cost = GAP_COST.min(left);
            left -= cost;
            account.take(cost, Line::of(Kind::Collector, one));
        }
    }
}

fn limit_vital(account: &mut Account, component: &Component, reached: &Reached<'_>) {
    for subject in &component.vital {
        let Some((Reach::Down, one)) = reached.get(subject.as_str()) else { continue };
        let reason = format!("vital and down, so at most 20 points: {}", one.reason);
        account.limit(VITAL_DOWN_MOST, Line { reason, ..Line::of(Kind::Vital, one) });
    }
}

#[cfg(test)]
mod tests;
