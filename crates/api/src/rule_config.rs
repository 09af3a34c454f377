//! `/config/v1/rules`: rule groups that users create, change and delete over HTTP.
//! Paths, methods and YAML are those of Mimir's ruler, so that its tools and Grafana can edit
//! rules; mistakes are told with their line and column.

use crate::Permission;
use crate::provider::{ProviderError, ProviderErrorKind};
use crate::routes::Mount;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Longest body: a group of a few thousand rules.
const BODY_BYTES_MAX: usize = 1 << 20;
/// Longest time for a body.
const BODY_TIME_MAX: Duration = Duration::from_mins(1);

/// Rule groups kept for users; calls block on the disk.
pub trait RuleConfigProvider: Send + Sync {
    /// Groups by namespace, both in their order; each group as a YAML map.
    fn namespaces(&self) -> Result<Vec<(String, Vec<RuleConfig>)>, ProviderError>;

    /// Creates or replaces the group that a YAML map describes. What is refused says where and why.
    fn put(&self, namespace: &str, group: &str) -> Result<(), ProviderError>;

    /// Deletes a group, or without a name all groups of a namespace; false when there is none.
    fn delete(&self, namespace: &str, group: Option<&str>) -> Result<bool, ProviderError>;
}

/// A group as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleConfig {
    /// Name, unique in its namespace.
    pub name: String,
    /// The group as a YAML map.
    pub text: String,
}

type Provider = Arc<dyn RuleConfigProvider>;

/// The routes. Reading and changing have permissions of their own.
pub fn rule_config_mounts(provider: &Provider) -> Vec<Mount> {
    let mount = |path, permission, methods: axum::routing::MethodRouter<Provider>, described| {
        Mount { path, permission, methods: methods.with_state(Arc::clone(provider)), described }
    };
    let (read, write) = (Permission::ReadMetrics, Permission::Write);
    let [all, space, group] = [
        "/config/v1/rules",
        "/config/v1/rules/{namespace}",
        "/config/v1/rules/{namespace}/{group}",
    ];
    vec![
        mount(all, read, get(list), vec![("get", "Rule groups of all namespaces, as YAML")]),
        mount(space, read, get(list_one), vec![("get", "Rule groups of a namespace, as YAML")]),
        mount(
            space,
            write,
            post(put).delete(delete_namespace),
            vec![
                ("post", "Creates or replaces the rule group in the body, a YAML map"),
                ("delete", "Deletes all rule groups of a namespace"),
            ],
        ),
        mount(group, read, get(show), vec![("get", "A rule group, as YAML")]),
        mount(group, write, delete(delete_group), vec![("delete", "Deletes a rule group")]),
    ]
}

async fn list(State(provider): State<Provider>) -> Response {
    answer(provider, |provider| namespaces(provider, |_| true)).await
}

async fn list_one(State(provider): State<Provider>, Path(wanted): Path<String>) -> Response {
    answer(provider, move |provider| namespaces(provider, |known| known == wanted)).await
}

async fn show(
    State(provider): State<Provider>,
    Path((namespace, name)): Path<(String, String)>,
) -> Response {
    let find = move |provider: &dyn RuleConfigProvider| {
        let all = provider.namespaces()?;
        let groups = all.into_iter().find(|(known, _)| *known == namespace);
        let mut groups = groups.into_iter().flat_map(|(_, groups)| groups);
        let group = groups.find(|group| group.name == name);
        group.map(|group| yaml(group.text)).ok_or_else(|| absent("group does not exist"))
    };
    answer(provider, find).await
}

async fn put(
    State(provider): State<Provider>,
    Path(namespace): Path<String>,
    request: Request,
) -> Response {
    match body(request).await {
        Ok(text) => {
            let put = move |provider: &dyn RuleConfigProvider| {
                provider.put(&namespace, &text)?;
                Ok(accepted())
            };
            answer(provider, put).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

async fn delete_namespace(
    State(provider): State<Provider>,
    Path(namespace): Path<String>,
) -> Response {
    answer(provider, move |provider| remove(provider, &namespace, None)).await
}

async fn delete_group(
    State(provider): State<Provider>,
    Path((namespace, group)): Path<(String, String)>,
) -> Response {
    answer(provider, move |provider| remove(provider, &namespace, Some(&group))).await
}

fn remove(
    provider: &dyn RuleConfigProvider,
    namespace: &str,
    group: Option<&str>,
) -> Result<Response, Refusal> {
    match provider.delete(namespace, group)? {
        true => Ok(accepted()),
        false if group.is_some() => Err(absent("group does not exist")),
        false => Err(absent("no rule groups found")),
    }
}

/// The namespaces that pass, as one YAML map of lists.
fn namespaces(
    provider: &dyn RuleConfigProvider,
    passes: impl Fn(&str) -> bool,
) -> Result<Response, Refusal> {
    let mut text = String::new();
    for (namespace, groups) in provider.namespaces()? {
        if !passes(&namespace) || groups.is_empty() {
            continue;
        }
        text.push_str(&json!(namespace).to_string());
        text.push_str(":\n");
        for group in groups {
            for (index, line) in group.text.lines().enumerate() {
                let lead = if index == 0 { "    - " } else { "      " };
                text.extend([lead, line, "\n"]);
            }
        }
    }
    if text.is_empty() { Err(absent("no rule groups found")) } else { Ok(yaml(text)) }
}

/// Runs what may wait for the disk on a thread that may.
async fn answer(
    provider: Provider,
    work: impl FnOnce(&dyn RuleConfigProvider) -> Result<Response, Refusal> + Send + 'static,
) -> Response {
    let done = tokio::task::spawn_blocking(move || work(&*provider)).await;
    match done {
        Ok(Ok(response)) => response,
        Ok(Err(refusal)) => refusal.into_response(),
        Err(_panicked) => {
            let text = "the request could not be handled";
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
        }
    }
}

async fn body(request: Request) -> Result<String, Refusal> {
    let collected = Limited::new(request.into_body(), BODY_BYTES_MAX).collect();
    let bytes = match tokio::time::timeout(BODY_TIME_MAX, collected).await {
        Ok(Ok(collected)) => collected.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let text = format!("the body is longer than {BODY_BYTES_MAX} bytes");
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, text));
        }
        Ok(Err(error)) => return Err(Refusal::new(StatusCode::BAD_REQUEST, error.to_string())),
        Err(_elapsed) => {
            return Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "the body came too slowly"));
        }
    };
    String::from_utf8(bytes.into())
        .map_err(|_not_text| Refusal::new(StatusCode::BAD_REQUEST, "the body is not UTF-8"))
}

/// What is answered when nothing is done: a status and a line of text.
struct Refusal {
    status: StatusCode,
    text: String,
}

impl Refusal {
    fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, text: text.into() }
    }
}

impl From<ProviderError> for Refusal {
    fn from(error: ProviderError) -> Self {
        let status = match error.kind() {
            ProviderErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            ProviderErrorKind::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            ProviderErrorKind::Refused => StatusCode::BAD_REQUEST,
        };
        Self::new(status, error.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, self.text + "\n").into_response()
    }
}

fn absent(text: &'static str) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, text)
}

/// As Mimir says that a change was taken.
fn accepted() -> Response {
    let body = json!({"status": "success", "data": null, "errorType": "", "error": ""});
    (StatusCode::ACCEPTED, Json(body)).into_response()
}

fn yaml(text: String) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/yaml"));
    (headers, text).into_response()
}

#[cfg(test)]
mod tests;
