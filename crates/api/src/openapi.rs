//! The `OpenAPI` 3.1 document: generated from the handlers, plus one entry per mounted route.
//! A test compares it with the table of routes, in both directions.

use crate::routes::Mount;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathItem};
use utoipa::openapi::{ResponseBuilder, ServerBuilder};
use utoipa::{OpenApi, ToSchema};

/// Answer of `query` and `query_range`. Written by hand while it is sent; this is its description.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueryResponse {
    /// Always `success`.
    status: String,
    data: QueryData,
    /// The result may be wrong or is not complete.
    warnings: Option<Vec<String>>,
    /// The question may not mean what it says.
    infos: Option<Vec<String>>,
}

/// A value of PromQL.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QueryData {
    /// `vector`, `matrix`, `scalar` or `string`.
    result_type: String,
    /// `vector`: objects with `metric` and `value` `[seconds, "1.5"]` or `histogram`; `matrix`:
    /// objects with `metric` and `values` or `histograms`; else `[seconds, "text"]`.
    result: Vec<serde_json::Value>,
    /// `timings` in seconds and counts of `samples`, when `stats` was given.
    stats: Option<HashMap<String, HashMap<String, serde_json::Value>>>,
}

/// Exemplars of one series.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExemplarSeriesBody {
    series_labels: HashMap<String, String>,
    exemplars: Vec<ExemplarBody>,
}

/// An observation that names a trace.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExemplarBody {
    labels: HashMap<String, String>,
    /// A float as text.
    value: String,
    /// Seconds.
    timestamp: f64,
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Flyball", description = "APIs in the dialects of Prometheus and Flyball."),
    paths(
        crate::prom::query::instant,
        crate::prom::query::range,
        crate::prom::syntax::format,
        crate::prom::syntax::tree,
        crate::prom::exemplars::query,
        crate::prom::labels::series,
        crate::prom::labels::names,
        crate::prom::labels::values,
        crate::prom::metadata::metadata,
        crate::prom::targets::targets,
        crate::prom::targets::metadata,
        crate::prom::targets::scrape_pools,
        crate::prom::alerting::rules,
        crate::prom::alerting::alerts,
        crate::prom::alerting::alertmanagers,
        crate::prom::status::config,
        crate::prom::status::flags,
        crate::prom::status::runtime,
        crate::prom::status::build,
        crate::prom::status::tsdb,
        crate::prom::status::replay,
        crate::prom::status::notifications,
        crate::prom::status::features,
        crate::alertmanager::alerts::list,
        crate::alertmanager::alerts::receive,
        crate::alertmanager::groups::list,
        crate::alertmanager::silences::list,
        crate::alertmanager::silences::set,
        crate::alertmanager::silences::show,
        crate::alertmanager::silences::expire,
        crate::alertmanager::status::status,
        crate::alertmanager::status::receivers,
        crate::admin::snapshot,
        crate::admin::delete_series,
        crate::admin::clean_tombstones,
        crate::admin::compact,
        crate::dashboards::read::list,
        crate::dashboards::read::show,
        crate::dashboards::read::versions,
        crate::dashboards::read::version,
        crate::dashboards::read::difference,
        crate::dashboards::read::difference_of_draft,
        crate::dashboards::read::export,
        crate::dashboards::write::create,
        crate::dashboards::write::import,
        crate::dashboards::write::save,
        crate::dashboards::write::remove,
        crate::dashboards::write::restore,
        crate::dashboards::write::star,
        crate::dashboards::write::unstar,
        crate::dashboards::folders::list,
        crate::dashboards::folders::create,
        crate::dashboards::folders::rename,
        crate::dashboards::folders::remove,
        crate::dashboards::annotations::list,
        crate::dashboards::annotations::create,
        crate::dashboards::annotations::remove,
        crate::flyball::explain::explain,
        crate::flyball::why::why,
        crate::flyball::sample::sample,
        crate::flyball::routing::routes,
        crate::flyball::routing::receivers,
        crate::flyball::relabel::explain,
        crate::flyball::letters::list,
        crate::flyball::letters::resend,
        crate::flyball::letters::resend_all,
        crate::flyball::letters::forget,
        crate::flyball::live::live,
        crate::flyball::status,
        crate::flyball::queries::list,
        crate::flyball::queries::cancel,
        crate::flyball::document,
        crate::grafana::health,
        crate::grafana::sources::list,
        crate::grafana::sources::show,
        crate::grafana::boards::save,
        crate::grafana::boards::show,
        crate::grafana::boards::remove,
        crate::grafana::boards::search,
        crate::grafana::folders::list,
        crate::grafana::folders::show,
        crate::grafana::folders::create,
        crate::grafana::folders::rename,
        crate::grafana::folders::remove,
        crate::grafana::annotations::list,
        crate::grafana::annotations::create,
        crate::grafana::annotations::remove,
        crate::health::healthy,
        crate::health::ready,
        crate::health::livez,
        crate::health::readyz,
        crate::health::healthz,
        crate::lifecycle::reload,
        crate::lifecycle::quit,
        crate::lifecycle::metrics,
        crate::page::home,
    )
)]
struct Document;

/// The document as JSON, for a server below `prefix` with these mounts.
pub(crate) fn document(prefix: &str, mounts: &[Mount]) -> String {
    let mut document = Document::openapi();
    let url = if prefix.is_empty() { "/" } else { prefix };
    document.servers = Some(vec![ServerBuilder::new().url(url).build()]);
    for (path, _) in crate::page::VIEWS {
        let page = ResponseBuilder::new().description("The page, or the way to its part");
        let operation = OperationBuilder::new()
            .tag("page")
            .summary(Some("A view of the page."))
            .response("default", page);
        document.paths.add_path_operation(*path, vec![HttpMethod::Get], operation);
    }
    for mount in mounts {
        for (method, summary) in &mount.described {
            let method =
                http_method(method).expect("mounts describe methods of HTTP in lower case");
            let operation = OperationBuilder::new()
                .summary(Some(*summary))
                .response("default", ResponseBuilder::new().description("See the route's manual"));
            document.paths.add_path_operation(mount.path, vec![method], operation);
        }
    }
    for (path, item) in &mut document.paths.paths {
        name_operations(path, item);
    }
    document.to_json().expect("the document has text keys only")
}

/// Names operations after method and path, because one handler may answer several methods.
fn name_operations(path: &str, item: &mut PathItem) {
    let slug: String =
        path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let operations = [
        ("get", &mut item.get),
        ("post", &mut item.post),
        ("put", &mut item.put),
        ("delete", &mut item.delete),
        ("patch", &mut item.patch),
    ];
    for (method, operation) in operations {
        if let Some(operation) = operation {
            operation.operation_id = Some(format!("{method}{slug}"));
        }
    }
}

fn http_method(name: &str) -> Option<HttpMethod> {
    Some(match name {
        "get" => HttpMethod::Get,
        "post" => HttpMethod::Post,
        "put" => HttpMethod::Put,
        "delete" => HttpMethod::Delete,
        "patch" => HttpMethod::Patch,
        _ => return None,
    })
}
