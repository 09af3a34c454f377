//! Prometheus' HTTP API below `/api/v1`, in the shapes of Prometheus 3.14.
//! One file per family of routes; parsing in `params`, rendering in `render`.

pub(crate) mod alerting;
pub(crate) mod exemplars;
pub(crate) mod labels;
pub(crate) mod metadata;
pub(crate) mod query;
pub(crate) mod status;
pub(crate) mod syntax;
pub(crate) mod targets;

use crate::Permission;
use crate::routes::Route;
use axum::routing::get;

pub(crate) fn routes() -> Vec<Route> {
    let read = |path, methods| Route::new(path, Permission::ReadMetrics, methods);
    vec![
        read("/api/v1/query", get(query::instant).post(query::instant)),
        read("/api/v1/query_range", get(query::range).post(query::range)),
        read("/api/v1/query_exemplars", get(exemplars::query).post(exemplars::query)),
        read("/api/v1/format_query", get(syntax::format).post(syntax::format)),
        read("/api/v1/parse_query", get(syntax::tree).post(syntax::tree)),
        read("/api/v1/series", get(labels::series).post(labels::series)),
        read("/api/v1/labels", get(labels::names).post(labels::names)),
        read("/api/v1/label/{name}/values", get(labels::values)),
        read("/api/v1/metadata", get(metadata::metadata)),
        read("/api/v1/targets", get(targets::targets)),
        read("/api/v1/targets/metadata", get(targets::metadata)),
        read("/api/v1/scrape_pools", get(targets::scrape_pools)),
        read("/api/v1/rules", get(alerting::rules)),
        read("/api/v1/alerts", get(alerting::alerts)),
        read("/api/v1/alertmanagers", get(alerting::alertmanagers)),
        read("/api/v1/status/config", get(status::config)),
        read("/api/v1/status/flags", get(status::flags)),
        read("/api/v1/status/runtimeinfo", get(status::runtime)),
        read("/api/v1/status/buildinfo", get(status::build)),
        read("/api/v1/status/tsdb", get(status::tsdb)),
        // Shows the progress of loading, so it cannot wait for its end.
        read("/api/v1/status/walreplay", get(status::replay)).always(),
        read("/api/v1/notifications", get(status::notifications)).always(),
        read("/api/v1/features", get(status::features)).always(),
    ]
}
