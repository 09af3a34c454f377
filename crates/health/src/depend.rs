//! What ill dependencies cost: a component is hardly better than what it needs, and the whole is
//! never better than its dead parts allow.

use crate::account::{Account, Line};
use crate::share::share;
use crate::{Component, Criticality, Kind};

/// Points by which something may be better than the mean of what it depends on.
const MEAN_BONUS: u8 = 20;
/// Points by which something may be better than a critical part.
const CRITICAL_BONUS: u8 = 20;
/// Points by which something may be better than a normal part.
const NORMAL_BONUS: u8 = 60;
/// A part with so many points or less is dead or unknown (which costs half of everything), and
/// what needs it is not healthy.
const DEAD_FROM: u8 = 50;
const DEAD_MOST: u8 = 89;

/// A part that was judged.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    pub(crate) component: &'a Component,
    /// Points that are left; also of parts of which nothing is known.
    pub(crate) value: u8,
    pub(crate) is_known: bool,
}

impl Part<'_> {
    fn missing(&self) -> u64 {
        u64::from(100 - self.value)
    }

    fn weight(&self) -> u64 {
        u64::from(self.component.criticality.weight())
    }

    fn line(&self, reason: &str) -> Line {
        let Component { name, runbook, .. } = self.component;
        let line = Line::new(Kind::Dependency, name, reason);
        Line { remedy: runbook.clone(), ..line }
    }

    fn state(&self) -> String {
        if self.is_known { format!("at {} points", self.value) } else { "unknown".to_owned() }
    }
}

/// Takes what a component's dependencies cost it.
pub(crate) fn of_component(account: &mut Account, parts: &[Part<'_>]) {
    if parts.is_empty() {
        return;
    }
    let most = mean(parts).saturating_add(MEAN_BONUS).min(100);
    if account.left() > most {
        spread(account, account.left() - most, parts, "it needs this, ");
    }
    limit(account, parts);
}

/// Takes what the parts cost the whole.
pub(crate) fn of_whole(account: &mut Account, parts: &[Part<'_>]) {
    if parts.is_empty() {
        return;
    }
    spread(account, 100 - mean(parts), parts, "");
    limit(account, parts);
}

/// The weighted mean, rounded down.
fn mean(parts: &[Part<'_>]) -> u8 {
    let weights: u64 = parts.iter().map(Part::weight).sum();
    let sum: u64 = parts.iter().map(|part| part.weight() * u64::from(part.value)).sum();
    u8::try_from(sum / weights.max(1)).expect("a mean of values up to 100 is at most 100")
}

/// Takes points for several parts, each its share of what is missing.
fn spread(account: &mut Account, points: u8, parts: &[Part<'_>], why: &str) {
    let points = points.min(account.left());
    let ill: Vec<&Part<'_>> = parts.iter().filter(|part| part.missing() > 0).collect();
    let weights: Vec<u64> = ill.iter().map(|part| part.weight() * part.missing()).collect();
    for (part, points) in ill.iter().zip(share(points, &weights)) {
        account.take(points, part.line(&format!("{why}{}", part.state())));
    }
}

/// Keeps a component near its worst parts. The limits depend on the parts' points alone.
fn limit(account: &mut Account, parts: &[Part<'_>]) {
    for part in parts {
        let bonus = match part.component.criticality {
            Criticality::Critical => CRITICAL_BONUS,
            Criticality::Normal => NORMAL_BONUS,
            Criticality::Minor => continue,
        };
        let word = part.component.criticality.as_str();
        let reason = format!("{word} and {}: at most {bonus} points more", part.state());
        account.limit(part.value.saturating_add(bonus).min(100), part.line(&reason));
        if part.value <= DEAD_FROM {
            let reason = format!("{}: nothing that needs it is healthy", part.state());
            account.limit(DEAD_MOST, part.line(&reason));
        }
    }
}
