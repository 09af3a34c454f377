//! `/probe?target=&module=`, as `blackbox_exporter` answers it. A page of another site may not make
//! a browser ask for it: the request makes this server dial a target that the asker names.

use crate::world::TIMEOUT_DEFAULT;
use crate::{Modules, Outcome, Variation};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use exposition::{Family, TEXT_CONTENT_TYPE, render_text};
use model::Labels;
use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit, TryAcquireError};
use url::form_urlencoded;

/// Where Prometheus asks.
pub const PROBE_PATH: &str = "/probe";
/// Time that is left for the answer's way back, as upstream's `--timeout-offset`.
const TIMEOUT_OFFSET: Duration = Duration::from_millis(500);
/// Longest time that a caller may give: ten minutes.
pub(crate) const TIMEOUT_MAX: Duration = Duration::from_mins(10);
/// Probes at the same time at most; more are refused.
const PROBES_MAX: usize = 1000;
pub(crate) const PLAIN: &str = "text/plain; charset=utf-8";

/// Answers requests for probes with the modules in force.
pub struct Service {
    /// Held only to compare and to clone; never over an await.
    modules: Mutex<Option<Arc<Modules>>>,
    places: Semaphore,
    succeeded: AtomicU64,
    failed: AtomicU64,
    unknown_modules: AtomicU64,
}

impl Default for Service {
    fn default() -> Self {
        Self {
            modules: Mutex::default(),
            places: Semaphore::new(PROBES_MAX),
            succeeded: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            unknown_modules: AtomicU64::new(0),
        }
    }
}

impl Service {
    /// Puts modules in force; without any, requests are refused.
    pub fn set(&self, modules: Option<Arc<Modules>>) {
        *self.modules.lock().unwrap_or_else(PoisonError::into_inner) = modules;
    }

    /// The modules in force.
    pub(crate) fn modules(&self) -> Option<Arc<Modules>> {
        self.modules.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Room for so many probes at the same time.
    pub(crate) fn places(&self, count: u32) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        self.places.try_acquire_many(count)
    }

    /// Counts a probe that was made.
    pub(crate) fn count(&self, success: bool) {
        let counter = if success { &self.succeeded } else { &self.failed };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// What was asked for so far.
    pub fn families(&self) -> Vec<Family> {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed) as f64;
        let mut probes = Family::counter("flyball_probe_requests_total", "Probes made on request.");
        let result = |result| Labels::from_pairs([("result", result)]);
        probes.push(result("failure"), count(&self.failed));
        probes.push(result("success"), count(&self.succeeded));
        let unknown = Family::counter(
            "blackbox_module_unknown_total",
            "Count of unknown modules requested by probes",
        );
        let under_way = PROBES_MAX - self.places.available_permits();
        let help = "Probes on request that are under way.";
        vec![
            unknown.with(count(&self.unknown_modules)),
            probes,
            Family::gauge("flyball_probe_requests_in_flight", help).with(under_way as f64),
        ]
    }

    async fn answer(&self, query: &str, headers: &HeaderMap) -> Result<Response, Refusal> {
        if let Some(site) = headers.get("sec-fetch-site")
            && site != "same-origin"
            && site != "none"
        {
            let text = "probes are not made for pages of other sites";
            return Err(Refusal(StatusCode::FORBIDDEN, text.to_owned()));
        }
        let Some(modules) = self.modules() else {
            let text = "No modules: name a blackbox.yml with `blackbox` in flyball.yml or with \
                        --blackbox.config.file";
            return Err(Refusal(StatusCode::NOT_FOUND, text.to_owned()));
        };
        let asked = Asked::read(query, headers);
        let name = asked.module.as_deref().unwrap_or("http_2xx");
        let Ok(module) = modules.module(name) else {
            self.unknown_modules.fetch_add(1, Ordering::Relaxed);
            return Err(bad(format!("Unknown module {}", model::quote(name))));
        };
        let timeout = asked.timeout?;
        let Some(target) = asked.target.filter(|target| !target.is_empty()) else {
            return Err(bad("Target parameter is missing"));
        };
        let Ok(_place) = self.places.try_acquire() else {
            let text = format!("{PROBES_MAX} probes are under way");
            return Err(Refusal(StatusCode::SERVICE_UNAVAILABLE, text));
        };
        let variation = Variation { hostname: asked.hostname, ..Variation::default() };
        let outcome = module.probe(&target, timeout, &variation).await;
        let outcome = outcome.map_err(|error| bad(error.to_string()))?;
        self.count(outcome.success);
        let metrics = render_text(&outcome.families);
        if asked.debug {
            let text = debug(&outcome, &metrics, &module.config.shown);
            return Ok(([(header::CONTENT_TYPE, PLAIN)], text).into_response());
        }
        Ok(([(header::CONTENT_TYPE, TEXT_CONTENT_TYPE)], metrics).into_response())
    }
}

/// The handler of [`PROBE_PATH`], with its state, for whoever owns the table of routes.
pub fn probe_route(service: Arc<Service>) -> MethodRouter {
    get(move |uri: Uri, headers: HeaderMap| answer(Arc::clone(&service), uri, headers))
}

pub(crate) async fn answer(service: Arc<Service>, uri: Uri, headers: HeaderMap) -> Response {
    match service.answer(uri.query().unwrap_or_default(), &headers).await {
        Ok(response) => response,
        Err(Refusal(status, text)) => {
            (status, [(header::CONTENT_TYPE, PLAIN)], format!("{text}\n")).into_response()
        }
    }
}

/// A request that leads to no probe.
struct Refusal(StatusCode, String);

fn bad(text: impl Into<String>) -> Refusal {
    Refusal(StatusCode::BAD_REQUEST, text.into())
}

/// What a request asks; of several parameters of a name the first one counts.
struct Asked {
    target: Option<String>,
    module: Option<String>,
    hostname: Option<String>,
    debug: bool,
    timeout: Result<Option<Duration>, Refusal>,
}

impl Asked {
    fn read(query: &str, headers: &HeaderMap) -> Self {
        let first = |wanted: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find(|(name, _)| name == wanted).map(|(_, value)| Cow::into_owned(value))
        };
        let filled = |wanted| first(wanted).filter(|value| !value.is_empty());
        Self {
            target: first("target"),
            module: filled("module"),
            hostname: filled("hostname"),
            debug: first("debug").as_deref() == Some("true"),
            timeout: timeout(headers),
        }
    }
}

/// The time that Prometheus waits, less the way back.
fn timeout(headers: &HeaderMap) -> Result<Option<Duration>, Refusal> {
    let Some(value) = headers.get("x-prometheus-scrape-timeout-seconds") else {
        return Ok(Some(TIMEOUT_DEFAULT.saturating_sub(TIMEOUT_OFFSET)));
    };
    let text = String::from_utf8_lossy(value.as_bytes());
    let seconds = text.parse::<f64>().ok().and_then(|s| Duration::try_from_secs_f64(s).ok());
    let Some(given) = seconds else {
        let text = format!(
            "Failed to parse timeout from Prometheus header: {} is no number of seconds",
            model::quote(&text)
        );
        return Err(Refusal(StatusCode::INTERNAL_SERVER_ERROR, text));
    };
    let given = if given.is_zero() { TIMEOUT_DEFAULT } else { given.min(TIMEOUT_MAX) };
    // So little that the way back takes it all: the module's own time counts.
    Ok(Some(given.saturating_sub(TIMEOUT_OFFSET)).filter(|left| !left.is_zero()))
}

fn debug(outcome: &Outcome, metrics: &str, module: &str) -> String {
    format!(
        "Logs for the probe:\n{}\n\n\nMetrics that would have been returned:\n{metrics}\n\n\n\
         Module configuration:\n{module}",
        outcome.log
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[expect(clippy::option_option, reason = "refused, the module's own time, a time")]
    fn given(text: &'static str) -> Option<Option<Duration>> {
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_static(text);
        headers.insert("x-prometheus-scrape-timeout-seconds", value);
        timeout(&headers).ok()
    }

    #[test]
    fn the_scrape_timeout_leaves_time_for_the_way_back() {
        assert_eq!(given("5"), Some(Some(Duration::from_millis(4500))));
        assert_eq!(given("0"), Some(Some(Duration::from_millis(119_500))));
        assert_eq!(given("0.4"), Some(None), "the module's own time counts");
        assert_eq!(given("1e9"), Some(Some(TIMEOUT_MAX.saturating_sub(TIMEOUT_OFFSET))));
        for wrong in ["", "five", "-1", "NaN"] {
            assert_eq!(given(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_first_parameter_of_a_name_counts() {
        let asked = Asked::read("target=a%3A1&target=b&module=&debug=true", &HeaderMap::new());
        assert_eq!(asked.target.as_deref(), Some("a:1"));
        assert_eq!((asked.module, asked.debug), (None, true));
    }
}
