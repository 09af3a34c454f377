//! `targets`, `targets/metadata`, `scrape_pools`: what is scraped and how that goes.

use crate::App;
use crate::params::Params;
use crate::provider::{ActiveTarget, DroppedTarget, TargetHealth, TargetMetadata};
use crate::queries::{Caller, QueryKind, Ticket};
use crate::reply::{ApiError, ErrorBody, Success, success};
use crate::shape::{LabelMap, duration_text, rfc3339};
use axum::extract::State;
use axum::response::Response;
use model::{METRIC_NAME, Matcher};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A target that is scraped.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TargetBody {
    /// Before relabelling.
    #[schema(value_type = HashMap<String, String>)]
    discovered_labels: LabelMap,
    /// After relabelling.
    #[schema(value_type = HashMap<String, String>)]
    labels: LabelMap,
    scrape_pool: String,
    scrape_url: String,
    global_url: String,
    last_error: String,
    /// RFC 3339.
    last_scrape: String,
    /// Seconds.
    last_scrape_duration: f64,
    /// `up`, `down` or `unknown`.
    health: &'static str,
    scrape_interval: String,
    scrape_timeout: String,
}

impl From<ActiveTarget> for TargetBody {
    fn from(target: ActiveTarget) -> Self {
        Self {
            discovered_labels: LabelMap(target.discovered_labels),
            labels: LabelMap(target.labels),
            scrape_pool: target.scrape_pool,
            scrape_url: target.scrape_url,
            global_url: target.global_url,
            last_error: target.last_error,
            last_scrape: rfc3339(target.last_scrape),
            last_scrape_duration: target.last_scrape_duration.as_secs_f64(),
            health: match target.health {
                TargetHealth::Unknown => "unknown",
                TargetHealth::Up => "up",
                TargetHealth::Down => "down",
            },
            scrape_interval: duration_text(target.scrape_interval),
            scrape_timeout: duration_text(target.scrape_timeout),
        }
    }
}

/// A target that relabelling dropped.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DroppedTargetBody {
    #[schema(value_type = HashMap<String, String>)]
    discovered_labels: LabelMap,
    scrape_pool: String,
}

/// All targets.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TargetsBody {
    active_targets: Vec<TargetBody>,
    dropped_targets: Vec<DroppedTargetBody>,
    /// Dropped targets per pool, remembered or not; `null` when they were not asked for.
    dropped_target_counts: Option<BTreeMap<String, u64>>,
}

/// Targets, active and dropped.
#[utoipa::path(get, path = "/api/v1/targets", tag = "targets",
    params(
        ("state" = Option<String>, Query, description = "`active`, `dropped` or `any`"),
        ("scrapePool" = Option<String>, Query, description = "Only this scrape pool")),
    responses((status = 200, description = "Targets", body = Success<TargetsBody>)))]
pub(crate) async fn targets(State(app): State<App>, params: Params) -> Response {
    let state = params.get("state").unwrap_or_default().to_ascii_lowercase();
    let shows = |kind: &str| state.is_empty() || state == "any" || state == kind;
    let pool = params.get("scrapePool");
    let in_pool = |name: &str| pool.is_none_or(|pool| pool == name);
    let mut body = TargetsBody {
        active_targets: Vec::new(),
        dropped_targets: Vec::new(),
        dropped_target_counts: None,
    };
    if shows("active") {
        let active = app.state.targets.active().into_iter();
        body.active_targets =
            active.filter(|target| in_pool(&target.scrape_pool)).map(TargetBody::from).collect();
    }
    if shows("dropped") {
        let dropped = app.state.targets.dropped();
        body.dropped_targets = dropped
            .targets
            .into_iter()
            .filter(|target| in_pool(&target.scrape_pool))
            .map(|DroppedTarget { discovered_labels, scrape_pool }| DroppedTargetBody {
                discovered_labels: LabelMap(discovered_labels),
                scrape_pool,
            })
            .collect();
        body.dropped_target_counts = Some(dropped.counts);
    }
    success(body)
}

/// Metadata of one metric at one target.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TargetMetadataBody {
    #[schema(value_type = HashMap<String, String>)]
    target: LabelMap,
    /// Left out when one metric was asked for.
    #[serde(skip_serializing_if = "String::is_empty")]
    metric: String,
    #[serde(rename = "type")]
    kind: &'static str,
    help: String,
    unit: String,
}

/// Metadata that targets expose.
#[utoipa::path(get, path = "/api/v1/targets/metadata", tag = "targets",
    params(
        ("match_target" = Option<String>, Query, description = "Selector of target labels"),
        ("metric" = Option<String>, Query, description = "Only this metric"),
        ("limit" = Option<i64>, Query, description = "Most targets in the answer")),
    responses((status = 200, description = "Metadata", body = Success<Vec<TargetMetadataBody>>),
        (status = "default", description = "No answer", body = ErrorBody)))]
pub(crate) async fn metadata(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let limit = params.number("limit", "limit must be a number")?;
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    let matchers = match params.get("match_target").map(str::to_owned) {
        Some(text) => {
            let question = caller.asks(QueryKind::Syntax, &text);
            let work = move |_: &Ticket| {
                promql::parse_selector(&text)
                    .map_err(|error| ApiError::invalid_parameter("match_target", error))
            };
            app.pool.run(question, None, work).await?
        }
        None => Vec::new(),
    };
    let metric = params.get("metric");
    let mut targets_seen: Vec<model::Labels> = Vec::new();
    let mut found = Vec::new();
    for TargetMetadata { target, metric: known } in app.state.targets.metadata() {
        if metric.is_some_and(|metric| metric != known.metric)
            || !matches_target(&matchers, &target)
        {
            continue;
        }
        if targets_seen.last() != Some(&target) {
            if limit.is_some_and(|limit| targets_seen.len() >= limit) {
                break;
            }
            targets_seen.push(target.clone());
        }
        found.push(TargetMetadataBody {
            target: LabelMap(target),
            metric: if metric.is_some() { String::new() } else { known.metric },
            kind: known.metadata.kind.as_str(),
            help: known.metadata.help,
            unit: known.metadata.unit,
        });
    }
    Ok(success(found))
}

/// Targets have no metric name, so a matcher on it (`{__name__=""}` aside) selects none.
fn matches_target(matchers: &[Matcher], target: &model::Labels) -> bool {
    let on_name = |matcher: &Matcher| matcher.name() == METRIC_NAME;
    matchers.iter().all(|matcher| {
        if on_name(matcher) { matcher.matches_empty() } else { matcher.matches_labels(target) }
    })
}

/// Names of the scrape pools.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScrapePoolsBody {
    scrape_pools: Vec<String>,
}

/// Names of the scrape pools, sorted.
#[utoipa::path(get, path = "/api/v1/scrape_pools", tag = "targets",
    responses((status = 200, description = "Names", body = Success<ScrapePoolsBody>)))]
pub(crate) async fn scrape_pools(State(app): State<App>) -> Response {
    success(ScrapePoolsBody { scrape_pools: app.state.targets.scrape_pools() })
}
