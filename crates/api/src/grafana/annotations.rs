//! Annotations as Grafana's clients leave and read them.

use super::Refusal;
use super::describe::{AnnotationBody, AnnotationCreated, Said};
use crate::dashboards::annotations::{of_draft, wanted};
use crate::dashboards::describe::AnnotationDraft;
use crate::dashboards::{ask, read_json};
use crate::params::Params;
use crate::reply::json;
use crate::{App, Principal};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{Request, StatusCode};

/// Annotations that are told unless the client says how many; Grafana's own bound.
const LIMIT: usize = 100;

/// Annotations in a range of time, newest first.
#[utoipa::path(get, path = "/grafana/api/annotations", tag = "grafana",
    params(
        ("from" = Option<i64>, Query, description = "Milliseconds since 1970"),
        ("to" = Option<i64>, Query, description = "Milliseconds since 1970"),
        ("tags" = Option<Vec<String>>, Query, description = "Tags that it must have"),
        ("matchAny" = Option<bool>, Query, description = "One of the tags is enough"),
        ("dashboardUID" = Option<String>, Query, description = "Those of a dashboard"),
        ("limit" = Option<u64>, Query, description = "Most annotations; 100 by default")),
    responses((status = 200, description = "Annotations", body = Vec<AnnotationBody>),
        (status = "default", description = "No answer", body = Said)))]
pub(crate) async fn list(State(app): State<App>, params: Params) -> Result<Response, Refusal> {
    let (wanted, limit) = (wanted(&params)?, params.limit()?.unwrap_or(LIMIT));
    let found = ask(&app, move |library| Ok(library.annotations(&wanted))).await?;
    let newest = found.into_iter().rev().take(limit);
    let body: Vec<AnnotationBody> = newest.map(AnnotationBody::new).collect();
    Ok(json(StatusCode::OK, &body))
}

/// Leaves an annotation, for example the mark of a deployment.
#[utoipa::path(post, path = "/grafana/api/annotations", tag = "grafana",
    request_body = AnnotationDraft,
    responses((status = 200, description = "It is kept", body = AnnotationCreated),
        (status = "default", description = "It is not kept", body = Said)))]
pub(crate) async fn create(
    State(app): State<App>,
    principal: Principal,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let draft: AnnotationDraft = read_json(request, &app).await?;
    let annotation = of_draft(draft, &app, &principal);
    let id = ask(&app, move |library| library.annotate(annotation)).await?;
    Ok(json(StatusCode::OK, &AnnotationCreated { id, message: "Annotation added" }))
}

/// Deletes an annotation.
#[utoipa::path(delete, path = "/grafana/api/annotations/{id}", tag = "grafana",
    params(("id" = u64, Path, description = "Identity")),
    responses((status = 200, description = "It is gone"),
        (status = "default", description = "It is still there", body = Said)))]
pub(crate) async fn remove(
    State(app): State<App>,
    Path(id): Path<u64>,
) -> Result<Response, Refusal> {
    ask(&app, move |library| library.delete_annotation(id)).await?;
    let body = serde_json::json!({"message": "Annotation deleted"});
    Ok(json(StatusCode::OK, &body))
}
