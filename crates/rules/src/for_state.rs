//! Since when alerts have been active before a restart: read back from `ALERTS_FOR_STATE`.
//! Source: Prometheus 3.14, `rules/group.go` (`RestoreForState`). Used when no durable state of the
//! rule exists, for example after a move from Prometheus.

use crate::alert::ActiveAlert;
use crate::rule::{ALERT_NAME, ALERTS_FOR_STATE};
use crate::spec::AlertingSpec;
use model::{Labels, METRIC_NAME, Matcher, Querier, SampleBuf, SelectHints, Timestamp, is_stale};
use std::collections::BTreeMap;
use std::time::Duration;

/// Last sample of an `ALERTS_FOR_STATE` series.
#[derive(Clone, Debug, PartialEq)]
pub struct ForState {
    /// Labels of the series.
    pub labels: Labels,
    /// When it was written: the alert was active then.
    pub at: Timestamp,
    /// Since when, in seconds since 1970; a staleness marker when the alert was not active.
    pub since_seconds: f64,
}

/// Selects the series of a rule. Labels whose values are templates are left open.
pub(crate) fn matchers(rule: &AlertingSpec) -> Vec<Matcher> {
    let plain = rule.labels.iter().filter_map(|label| Some((label, label.template().plain()?)));
    let mut matchers = vec![
        Matcher::equal(METRIC_NAME, ALERTS_FOR_STATE),
        Matcher::equal(ALERT_NAME, &rule.alert),
    ];
    matchers.extend(
        plain
            .filter(|(label, _)| label.name() != ALERT_NAME)
            .map(|(label, value)| Matcher::equal(label.name(), value)),
    );
    matchers
}

/// Reads the last samples of the series that satisfy the matchers.
///
/// # Errors
/// The store's, in words.
pub fn last_for_states(
    querier: &dyn Querier,
    matchers: &[Matcher],
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<ForState>, String> {
    let selection = querier
        .select(from, until, matchers, &SelectHints::default())
        .map_err(|error| error.to_string())?;
    let (mut states, mut samples) = (Vec::new(), SampleBuf::default());
    for index in 0..selection.len() {
        selection.read(index, &mut samples).map_err(|error| error.to_string())?;
        let (Some(at), Some(value)) = (samples.timestamps.last(), samples.values.last()) else {
            continue;
        };
        states.push(ForState {
            labels: selection.labels(index).clone(),
            at: Timestamp::from_ms(*at),
            since_seconds: *value,
        });
    }
    Ok(states)
}

/// Moves the beginnings of alerts back to where they were before the restart.
pub(crate) fn restore(
    alerts: &mut BTreeMap<Labels, ActiveAlert>,
    states: &[ForState],
    now: Timestamp,
    hold: Duration,
    grace_period: Duration,
) {
    for state in states.iter().filter(|state| !is_stale(state.since_seconds)) {
        let identity = state.labels.without(|name| name == METRIC_NAME);
        if let Some(alert) = alerts.get_mut(&identity) {
            alert.active_at = restored(state, now, hold, grace_period);
        }
    }
}

/// The downtime does not count as time spent pending, and a pending alert stays so for a while.
fn restored(state: &ForState, now: Timestamp, hold: Duration, grace: Duration) -> Timestamp {
    #[expect(clippy::cast_possible_truncation, reason = "seconds of a timestamp; others saturate")]
    let since = Timestamp::from_ms((state.since_seconds as i64).saturating_mul(1000));
    let remaining = hold.saturating_sub(state.at.since(since));
    if remaining.is_zero() {
        // It was firing; the next evaluation makes it fire again.
        since
    } else if remaining < grace {
        now.saturating_add(grace).saturating_sub(hold)
    } else {
        since.saturating_add(now.since(state.at))
    }
}
