//! Keys of alerting rules that go beyond Prometheus: hysteresis, n of m, missing data, flapping.
//! They stand directly on the rule. Prometheus refuses files that have them; a file without them
//! means there what it means here.

use super::{Context, PlacedText};
use crate::read::Section;
use std::time::Duration;

const KEYS: [&str; 4] = ["recover_expr", "fire_after", "on_missing", "flap_damping"];
/// Evaluations that `fire_after` looks back at most.
const EVALUATIONS_MAX: u32 = 64;
/// Changes that `flap_damping` counts at most.
const CHANGES_MAX: u32 = 60;

/// What a rule says beyond Prometheus; the default is Prometheus' behaviour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertExtras {
    /// `recover_expr`: a firing alert goes on until this expression has a result for it.
    pub recover: Option<PlacedText>,
    /// `fire_after`: fires when the series was there in so many of the last evaluations.
    pub fire_after: Option<FireAfter>,
    /// `on_missing`: what becomes of an alert whose target is down.
    pub on_missing: OnMissing,
    /// `flap_damping`: an alert that comes and goes fires on until it is quiet.
    pub flap_damping: Option<FlapDamping>,
}

/// `3 of 5`: in three of the last five evaluations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FireAfter {
    /// Evaluations with a result, at least 1.
    pub hits: u32,
    /// Evaluations looked at, at least `hits`, at most 64.
    pub evaluations: u32,
}

/// What becomes of an alert whose target is down or gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnMissing {
    /// It ends, as in Prometheus.
    #[default]
    Resolve,
    /// It stays as it is.
    Keep,
    /// It goes on as if its series was still there: a pending one fires in time.
    Alert,
}

impl OnMissing {
    /// The word in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Keep => "keep",
            Self::Alert => "alert",
        }
    }
}

/// An alert that came or went more than `changes` times within `within` fires on until it was gone
/// for `quiet`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlapDamping {
    /// Comings and goings that are no flapping yet, at most 60.
    pub changes: u32,
    /// Time in which they are counted, above zero.
    pub within: Duration,
    /// Time without the series that ends the alert, above zero.
    pub quiet: Duration,
}

impl Default for FlapDamping {
    fn default() -> Self {
        let (within, quiet) = (Duration::from_hours(1), Duration::from_mins(10));
        Self { changes: 4, within, quiet }
    }
}

/// Reads the keys of an alerting rule.
pub(super) fn read(section: &Section<'_>, context: &Context<'_>) -> AlertExtras {
    let recover = section.get("recover_expr").filter(|node| !node.is_null()).and_then(|node| {
        let text = section.reader.text(node, "recover_expr")?;
        if text.is_empty() {
            section.problem("recover_expr", context.describe("`recover_expr` is empty"));
        }
        Some(PlacedText::new(node, text))
    });
    let expected = format!("`N of M` with 1 <= N <= M <= {EVALUATIONS_MAX}");
    let fire_after =
        section.parsed("fire_after", &expected, None, |text| parse_fire_after(text).map(Some));
    let fire_after = fire_after.flatten();
    if fire_after.is_some() && section.is_filled("for") {
        let message = context.describe("`fire_after` and `for` exclude each other");
        section.reader.problem(section.key_place("fire_after"), message);
    }
    let ways = [OnMissing::Resolve, OnMissing::Keep, OnMissing::Alert];
    let on_missing = section.choice("on_missing", &ways.map(|way| (way.as_str(), way)));
    AlertExtras {
        recover,
        fire_after,
        on_missing: on_missing.unwrap_or_default(),
        flap_damping: flap_damping(section, context),
    }
}

/// A recording rule has none of these keys.
pub(super) fn refuse(section: &Section<'_>, context: &Context<'_>) {
    for key in KEYS.into_iter().filter(|key| section.has(key)) {
        section.get(key);
        let message = context.describe(&format!("a recording rule has no `{key}`"));
        section.reader.problem(section.key_place(key), message);
    }
}

fn parse_fire_after(text: &str) -> Result<FireAfter, String> {
    let wrong = || {
        let text = model::quote(text);
        format!("found {text}, expected `N of M` with 1 <= N <= M <= {EVALUATIONS_MAX}")
    };
    let (hits, evaluations) = text.split_once(" of ").ok_or_else(wrong)?;
    let number = |text: &str| text.trim().parse::<u32>().ok();
    match (number(hits), number(evaluations)) {
        (Some(hits), Some(evaluations))
            if (1..=evaluations).contains(&hits) && evaluations <= EVALUATIONS_MAX =>
        {
            Ok(FireAfter { hits, evaluations })
        }
        _ => Err(wrong()),
    }
}

fn flap_damping(section: &Section<'_>, context: &Context<'_>) -> Option<FlapDamping> {
    if !section.has("flap_damping") {
        return None;
    }
    let damping = section.section("flap_damping", "groups.rules.flap_damping")?;
    let default = FlapDamping::default();
    let read = FlapDamping {
        changes: damping.number("changes").unwrap_or(default.changes),
        within: damping.duration("within").unwrap_or(default.within),
        quiet: damping.duration("quiet").unwrap_or(default.quiet),
    };
    if !(1..=CHANGES_MAX).contains(&read.changes) {
        let message = format!("`changes` is a number from 1 to {CHANGES_MAX}");
        damping.problem("changes", context.describe(&message));
    }
    for (key, time) in [("within", read.within), ("quiet", read.quiet)] {
        if time.is_zero() {
            damping.problem(key, context.describe(&format!("`{key}` must be above 0")));
        }
    }
    damping.finish();
    Some(read)
}

#[cfg(test)]
mod tests;
