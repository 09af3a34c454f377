//! The one data source: this server, which speaks Prometheus' API. Tools look it up to fill in
//! `${DS_PROMETHEUS}` of what they import.

use super::Refusal;
use crate::App;
use crate::reply::json;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// Identity and name of the source; imports take every source of Prometheus for it.
const UID: &str = "flyball";
const NAME: &str = "Flyball";

/// A data source in Grafana's shape.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SourceBody {
    id: u64,
    uid: &'static str,
    org_id: u64,
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    type_name: &'static str,
    access: &'static str,
    url: String,
    is_default: bool,
    read_only: bool,
    json_data: serde_json::Map<String, serde_json::Value>,
}

impl SourceBody {
    fn new(app: &App) -> Self {
        let mut json_data = serde_json::Map::new();
        json_data.insert("httpMethod".to_owned(), "POST".into());
        Self {
            id: 1,
            uid: UID,
            org_id: 1,
            name: NAME,
            kind: "prometheus",
            type_name: "Prometheus",
            access: "proxy",
            url: if app.prefix.is_empty() { "/".to_owned() } else { app.prefix.clone() },
            is_default: true,
            read_only: true,
            json_data,
        }
    }
}

/// All data sources: this server.
#[utoipa::path(get, path = "/grafana/api/datasources", tag = "grafana",
    responses((status = 200, description = "The one there is", body = Vec<SourceBody>)))]
pub(crate) async fn list(State(app): State<App>) -> Response {
    json(StatusCode::OK, &[SourceBody::new(&app)])
}

/// The data source by its identity or name.
#[utoipa::path(get, path = "/grafana/api/datasources/{by}/{name}", tag = "grafana",
    params(("by" = String, Path, description = "`uid` or `name`"),
        ("name" = String, Path, description = "Identity or name")),
    responses((status = 200, description = "The source", body = SourceBody),
        (status = 404, description = "There is none", body = super::describe::Said)))]
pub(crate) async fn show(
    State(app): State<App>,
    Path((by, name)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    match by.as_str() {
        "uid" if name == UID => {}
        "name" if name == NAME => {}
        _ => return Err(Refusal(StatusCode::NOT_FOUND, "Data source not found".to_owned())),
    }
    Ok(json(StatusCode::OK, &SourceBody::new(&app)))
}
