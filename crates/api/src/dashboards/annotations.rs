//! Annotations: what people and deployments tell, and what the server knows itself, for example
//! that alerts fired.

use super::describe::{AnnotationBody, AnnotationCreated, AnnotationDraft, AnnotationsBody};
use super::{ask, happenings, read_json};
use crate::params::Params;
use crate::queries::Caller;
use crate::reply::{ApiError, ErrorBody, json};
use crate::{App, Principal};
use ::dashboards::{Annotation, Error, Wanted};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{Request, StatusCode};

/// Annotations in a range of time.
#[utoipa::path(get, path = "/api/flyball/v1/annotations", tag = "dashboards",
    params(
        ("from" = Option<i64>, Query, description = "Milliseconds since 1970"),
        ("to" = Option<i64>, Query, description = "Milliseconds since 1970"),
        ("tags" = Option<Vec<String>>, Query, description = "Tags that it must have"),
        ("matchAny" = Option<bool>, Query, description = "One of the tags is enough"),
        ("dashboardUID" = Option<String>, Query, description = "Those of a dashboard, or of all"),
        ("type" = Option<String>, Query,
            description = "`annotation`: what was told; without it also when alerts fired"),
        ("panelId" = Option<i64>, Query, description = "Those of a panel, or of all")),
    responses((status = 200, description = "Annotations by time", body = AnnotationsBody),
        (status = "default", description = "No answer", body = ErrorBody)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let wanted = wanted(&params)?;
    let firing = match params.get("type") {
        Some("annotation") => Vec::new(),
        _ => happenings::firing(&app, &caller, &wanted).await?,
    };
    let mut annotations = ask(&app, move |library| Ok(library.annotations(&wanted))).await?;
    annotations.extend(firing);
    annotations.sort_by_key(|annotation| annotation.at_ms);
    let annotations = annotations.into_iter().map(AnnotationBody::new).collect();
    Ok(json(StatusCode::OK, &AnnotationsBody { annotations }))
}

/// What the parameters ask for.
pub(crate) fn wanted(params: &Params) -> Result<Wanted, ApiError> {
    let number = |name: &str| params.number(name, &format!("{name} is no whole number"));
    // As Grafana: one parameter each; a list in one parameter is understood as well.
    let tags = params.all("tags").flat_map(|tags| tags.split(','));
    let any_tag = params.truth("matchAny");
    Ok(Wanted {
        from_ms: number("from")?,
        to_ms: number("to")?,
        tags: tags.map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
        any_tag: any_tag.map_err(|error| ApiError::invalid_parameter("matchAny", error))?,
        dashboard: params.get("dashboardUID").map(str::to_owned),
        panel: number("panelId")?,
    })
}

/// Tells that something happened.
#[utoipa::path(post, path = "/api/flyball/v1/annotations", tag = "dashboards",
    request_body = AnnotationDraft,
    responses((status = 200, description = "It is kept", body = AnnotationCreated),
        (status = "default", description = "It is not kept", body = ErrorBody)))]
pub(crate) async fn create(
    State(app): State<App>,
    principal: Principal,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let draft: AnnotationDraft = read_json(request, &app).await?;
    let annotation = of_draft(draft, &app, &principal);
    let id = ask(&app, move |library| library.annotate(annotation)).await?;
    Ok(json(StatusCode::OK, &AnnotationCreated { id }))
}

pub(crate) fn of_draft(draft: AnnotationDraft, app: &App, principal: &Principal) -> Annotation {
    let at_ms = draft.time.unwrap_or_else(|| app.state.clock.now().ms());
    Annotation {
        id: 0,
        at_ms,
        end_ms: draft.time_end.filter(|end| *end != at_ms && *end != 0),
        tags: draft.tags,
        text: draft.text,
        dashboard: draft.dashboard_uid.filter(|uid| !uid.is_empty()),
        panel: draft.panel_id.filter(|id| *id > 0),
        author: principal.name().to_owned(),
    }
}

/// Deletes an annotation.
#[utoipa::path(delete, path = "/api/flyball/v1/annotations/{id}", tag = "dashboards",
    params(("id" = u64, Path, description = "Identity")),
    responses((status = 204, description = "It is gone"),
        (status = 404, description = "There is none", body = ErrorBody),
        (status = "default", description = "It is still there", body = ErrorBody)))]
pub(crate) async fn remove(
    State(app): State<App>,
    Path(id): Path<u64>,
) -> Result<Response, ApiError> {
    ask(&app, move |library| -> Result<(), Error> { library.delete_annotation(id) }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
