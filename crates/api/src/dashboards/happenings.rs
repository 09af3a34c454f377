//! What the server knows itself and shows on the time axis: when alerts fired, read from the series
//! that rules record. Asked like any other query, within its limits.

use crate::App;
use crate::queries::{Caller, QueryKind, Ticket};
use crate::reply::ApiError;
use ::dashboards::{Annotation, Wanted};
use model::{Labels, Timestamp};
use query::{Query, QueryValue, StepRange};
use std::time::Duration;

/// What fired when.
const FIRING: &str = "ALERTS{alertstate=\"firing\"}";
/// The word by which these are found.
const TAG: &str = "alert";
/// Steps over the range that is asked for; what is shorter than a step may be missed.
const STEPS: i64 = 500;
/// Shortest step.
const STEP_MS_MIN: i64 = 5_000;
/// Stretches that are told at most; the newest stay.
const STRETCHES_MAX: usize = 1_000;

/// Stretches of time in which alerts fired, when such are wanted. Without both ends of a range
/// nothing is.
pub(super) async fn firing(
    app: &App,
    caller: &Caller,
    wanted: &Wanted,
) -> Result<Vec<Annotation>, ApiError> {
    let (Some(from), Some(to)) = (wanted.from_ms, wanted.to_ms) else { return Ok(Vec::new()) };
    let is_wanted = wanted.tags.is_empty() || wanted.tags.iter().any(|tag| tag == TAG);
    if !is_wanted || to < from {
        return Ok(Vec::new());
    }
    let step_ms = (to.saturating_sub(from) / STEPS).max(STEP_MS_MIN);
    let steps = StepRange {
        start: Timestamp::from_ms(from),
        end: Timestamp::from_ms(to),
        step: Duration::from_millis(step_ms.unsigned_abs()),
    };
    let inner = App::clone(app);
    let question = caller.asks_at(QueryKind::Range, FIRING, steps);
    let work = move |ticket: &Ticket| {
        let expr = crate::prom::query::parse(&inner, FIRING)?;
        let query = Query { expr: &expr, text: FIRING };
        let output =
            inner.state.engine.range(&*inner.state.querier, query, &steps, ticket.cancel())?;
        ticket.evaluated(&output);
        Ok(output)
    };
    let output = app.pool.run(question, None, work).await?;
    let mut found = Vec::new();
    if let QueryValue::Matrix(series) = output.value {
        for one in &series {
            let times = one.points.iter().map(|(at, _)| at.ms());
            found.extend(stretches(times, step_ms).map(|ends| annotation(&one.labels, ends)));
        }
    }
    found.retain(|annotation| wanted.has_tags(&annotation.tags));
    found.sort_by_key(|annotation| annotation.at_ms);
    Ok(found.split_off(found.len().saturating_sub(STRETCHES_MAX)))
}

/// First and last time of every run of times that are a step apart.
fn stretches(times: impl Iterator<Item = i64>, step_ms: i64) -> impl Iterator<Item = (i64, i64)> {
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for at in times {
        match runs.last_mut() {
            Some((_, end)) if at - *end <= step_ms => *end = at,
            _ => runs.push((at, at)),
        }
    }
    runs.into_iter()
}

fn annotation(labels: &Labels, (at_ms, end_ms): (i64, i64)) -> Annotation {
    let name = labels.value("alertname");
    let others: Vec<String> = labels
        .iter()
        .filter(|(name, _)| !matches!(*name, "__name__" | "alertname" | "alertstate"))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let tags = [TAG, name, labels.value("severity")];
    Annotation {
        id: 0,
        at_ms,
        end_ms: Some(end_ms).filter(|end| *end > at_ms),
        tags: tags.into_iter().filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
        text: format!("{name} fires: {}", others.join(", ")),
        dashboard: None,
        panel: None,
        author: "flyball".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_times_become_stretches() {
        let found: Vec<_> = stretches([0, 5, 10, 25, 40, 45].into_iter(), 5).collect();
        assert_eq!(found, [(0, 10), (25, 25), (40, 45)]);
        assert_eq!(stretches([].into_iter(), 5).count(), 0);
    }

    #[test]
    fn an_alert_is_told_with_its_labels() {
        let labels = Labels::from_pairs([
            ("__name__", "ALERTS"),
            ("alertname", "Down"),
            ("alertstate", "firing"),
            ("instance", "a:1"),
            ("severity", "page"),
        ]);
        let annotation = annotation(&labels, (5, 10));
        assert_eq!(annotation.text, "Down fires: instance=a:1, severity=page");
        assert_eq!(annotation.tags, ["alert", "Down", "page"]);
        assert_eq!(annotation.end_ms, Some(10));
    }
}
