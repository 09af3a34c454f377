//! A page under the names of `redis_exporter`: prefix and help text come from here.

use super::names::HELPS;
use crate::Page;
use model::MetricKind;

/// What most metrics say of themselves: their name.
fn help(name: &str) -> String {
    let own = HELPS.iter().find(|(known, _)| *known == name);
    own.map_or_else(|| format!("{name} metric"), |(_, help)| (*help).to_owned())
}

/// Adds a gauge; `name` is without `redis_`.
pub(super) fn gauge(page: &mut Page, name: &str, labels: &[(&str, &str)], value: f64) {
    page.gauge(&format!("redis_{name}"), &help(name), labels, value);
}

/// Adds a counter; `name` is without `redis_`.
pub(super) fn counter(page: &mut Page, name: &str, labels: &[(&str, &str)], value: f64) {
    page.counter(&format!("redis_{name}"), &help(name), labels, value);
}

/// Adds a part of a summary or histogram.
pub(super) fn part(
    page: &mut Page,
    (name, kind): (&str, MetricKind),
    suffix: &'static str,
    labels: &[(&str, &str)],
    value: f64,
) {
    page.part((&format!("redis_{name}"), kind, &help(name)), suffix, labels, value);
}

/// A number as Redis writes it in texts.
pub(super) fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}
