//! `metadata`: kind, help and unit of metric families.

use crate::App;
use crate::params::Params;
use crate::queries::{Caller, QueryKind, Ticket};
use crate::reply::{ApiError, ErrorBody, Success, success};
use axum::extract::State;
use axum::response::Response;
use model::{Metadata, MetricMetadata};
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::HashMap;
use utoipa::ToSchema;

/// What is known about a metric family.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MetadataBody {
    /// `counter`, `gauge`, ... or `unknown`.
    #[serde(rename = "type")]
    kind: &'static str,
    help: String,
    unit: String,
}

impl From<Metadata> for MetadataBody {
    fn from(metadata: Metadata) -> Self {
        let Metadata { kind, help, unit } = metadata;
        Self { kind: kind.as_str(), help, unit }
    }
}

/// Metadata by metric family.
#[utoipa::path(get, path = "/api/v1/metadata", tag = "metadata",
    params(
        ("metric" = Option<String>, Query, description = "Only this metric family"),
        ("limit" = Option<i64>, Query, description = "Most metric families in the answer"),
        ("limit_per_metric" = Option<i64>, Query, description = "Most entries per family")),
    responses((status = 200, description = "By name",
        body = Success<HashMap<String, Vec<MetadataBody>>>),
        (status = "default", description = "No answer", body = ErrorBody)))]
pub(crate) async fn metadata(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let limit = params.number("limit", "limit must be a number")?;
    // One entry per family is all there is, so any accepted value is obeyed.
    params.number("limit_per_metric", "limit_per_metric must be a number")?;
    let metric = params.get("metric").map(str::to_owned);
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    let inner = App::clone(&app);
    let question = caller.asks(QueryKind::Metadata, metric.as_deref().unwrap_or_default());
    let work = move |_: &Ticket| Ok(inner.state.querier.metadata(metric.as_deref(), limit)?);
    let found = app.pool.run(question, None, work).await?;
    let mut by_name: BTreeMap<String, Vec<MetadataBody>> = BTreeMap::new();
    for MetricMetadata { metric, metadata } in found {
        by_name.entry(metric).or_default().push(metadata.into());
    }
    Ok(success(by_name))
}
