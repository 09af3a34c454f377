//! `/federate`: the latest sample of each selected series, for another server to scrape.
//! Semantics: Prometheus 3.14 `web/federate.go`. Series come in the order of their names and
//! labels; an empty `instance` is written so that the scraper with `honor_labels` adds none.

mod form;
mod names;

use crate::limits::{Egress, Refusal};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use form::Form;
use model::{
    Histogram, INSTANCE_LABEL, Labels, METRIC_NAME, Matcher, SampleBuf, SelectHints, Watch as _,
    is_stale,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where servers federate from.
pub const FEDERATE_PATH: &str = "/federate";
/// Most selectors of a request.
const SELECTORS_MAX: usize = 1000;

/// The handler of [`FEDERATE_PATH`], for whoever owns the table of routes.
pub fn federate_route(egress: Arc<Egress>) -> MethodRouter {
    get(move |request: Request| {
        let egress = Arc::clone(&egress);
        async move { answer(egress, request).await.unwrap_or_else(IntoResponse::into_response) }
    })
}

async fn answer(egress: Arc<Egress>, request: Request) -> Result<Response, Refusal> {
    let selectors = selectors(request.uri().query().unwrap_or_default())?;
    let form = Form::of(request.headers());
    let turn = egress.turn().await?;
    let work = tokio::task::spawn_blocking(move || {
        let body = egress.federate(&selectors, form);
        drop(turn);
        body
    });
    let failed = |_| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "a bug in the server");
    let body = work.await.map_err(failed)??;
    Ok(([(header::CONTENT_TYPE, form.content_type())], body).into_response())
}

fn selectors(query: &str) -> Result<Vec<Vec<Matcher>>, Refusal> {
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let texts = pairs.filter(|(name, _)| name == "match[]").map(|(_, text)| text);
    let mut selectors = Vec::new();
    for text in texts {
        let refuse = |error: String| Refusal::new(StatusCode::BAD_REQUEST, error);
        if selectors.len() >= SELECTORS_MAX {
            return Err(refuse(format!("more than {SELECTORS_MAX} match[] parameters")));
        }
        let selector = promql::parse_selector(&text)
            .map_err(|error| refuse(format!("match[]: `{text}`: {error}")))?;
        selectors.push(selector);
    }
    Ok(selectors)
}

/// The latest sample of a series.
#[derive(Clone, Debug)]
pub(crate) struct Latest {
    at_ms: i64,
    value: f64,
    histogram: Option<Arc<Histogram>>,
}

impl Egress {
    fn federate(&self, selectors: &[Vec<Matcher>], form: Form) -> Result<Vec<u8>, Refusal> {
        let end = self.clock.now();
        let start = end.saturating_sub(self.options.lookback);
        let bounds = self.bounds();
        let mut found: BTreeMap<(String, Labels), Latest> = BTreeMap::new();
        let mut samples = SampleBuf::default();
        for matchers in selectors {
            let hints = SelectHints { any_order: true, watch: &bounds, ..SelectHints::default() };
            let selection = self.querier.select(start, end, matchers, &hints)?;
            for index in 0..selection.len() {
                bounds.tick(1)?;
                let labels = selection.labels(index);
                // Without a name there is no family to write it in (as upstream).
                let Some(name) = labels.metric_name() else { continue };
                selection.read(index, &mut samples)?;
                let Some(latest) = latest(&samples) else { continue };
                bounds.hold(2 * (labels.text_len() + name.len()) + 128)?;
                found.insert((name.to_owned(), labels.clone()), latest);
            }
        }
        Ok(self.write(&found, form))
    }

    fn write(&self, found: &BTreeMap<(String, Labels), Latest>, form: Form) -> Vec<u8> {
        let external = self.external_labels();
        let mut writer = form.writer();
        for ((name, labels), latest) in found {
            let own = labels.iter().filter(|(name, _)| *name != METRIC_NAME);
            let mut shown: Vec<(&str, &str)> = own.collect();
            let missing = external.iter().filter(|(name, _)| labels.get(name).is_none());
            shown.extend(missing);
            if labels.get(INSTANCE_LABEL).or(external.get(INSTANCE_LABEL)).is_none() {
                shown.push((INSTANCE_LABEL, ""));
            }
            writer.add(name, &shown, latest);
        }
        writer.finish()
    }
}

/// The last sample, unless it says that the series is gone.
fn latest(samples: &SampleBuf) -> Option<Latest> {
    let last = samples.len().checked_sub(1)?;
    let (at_ms, value) = (samples.timestamps[last], samples.values[last]);
    let histogram = samples.histograms.last().filter(|(index, _)| *index == last);
    let histogram = histogram.map(|(_, histogram)| Arc::clone(histogram));
    let gone = histogram.as_ref().map_or(is_stale(value), |histogram| is_stale(histogram.sum));
    (!gone).then_some(Latest { at_ms, value, histogram })
}

/// The first `Accept` header.
fn accepted(headers: &HeaderMap) -> String {
    let all = headers.get_all(header::ACCEPT).iter();
    all.map(|value| String::from_utf8_lossy(value.as_bytes())).collect::<Vec<_>>().join(",")
}
