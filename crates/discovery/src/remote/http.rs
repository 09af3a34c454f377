//! `http_sd_configs`: target groups as JSON behind a URL.

use super::{ANSWER_BYTES_MAX, shown};
use crate::group::{ADDRESS_LABEL, Group};
use ::http::StatusCode;
use ::http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use config::HttpSdConfig;
use model::{Labels, LabelsBuilder};
use net::{BodyLimits, Client, ClientOptions, Request};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;
use url::Url;

/// Label with the URL that named a target.
const URL_LABEL: &str = "__meta_url";
/// Tells the server how soon it is asked again.
const INTERVAL_HEADER: HeaderName =
    HeaderName::from_static("x-prometheus-refresh-interval-seconds");

pub(super) struct Source {
    client: Client,
    url: String,
    interval: Duration,
}

impl Source {
    pub(super) fn new(config: &HttpSdConfig, options: &ClientOptions) -> Self {
        let client = Client::new(config.http.clone(), options.clone());
        Self { client, url: config.url.clone(), interval: config.refresh_interval }
    }
}

impl super::Source for Source {
    async fn ask(&mut self) -> Result<Vec<Group>, String> {
        let url = Url::parse(&self.url).map_err(|error| format!("not a URL: {error}"))?;
        let mut request = Request::get(url, self.interval);
        let seconds = self.interval.as_secs_f64().to_string();
        let seconds = HeaderValue::from_str(&seconds).expect("digits and a point are ASCII");
        request.headers = HeaderMap::from_iter([
            (ACCEPT, HeaderValue::from_static("application/json")),
            (INTERVAL_HEADER, seconds),
        ]);
        request.limits = BodyLimits::whole(ANSWER_BYTES_MAX);
        let mut body = Vec::new();
        let answer = self.client.send(request, &mut body).await;
        let answer = answer.map_err(|error| error.describe())?;
        if answer.status != StatusCode::OK {
            return Err(format!("server returned HTTP status {}", answer.status));
        }
        let kind = answer.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        let kind = String::from_utf8_lossy(kind);
        if !is_json(&kind) {
            let expected = "expected `application/json`";
            return Err(format!("unsupported content type {:?}, {expected}", kind.trim()));
        }
        groups(&self.url, &body)
    }
}

/// Upstream: `^(?i:application/json(;\s*charset=("utf-8"|utf-8))?)$`
fn is_json(content_type: &str) -> bool {
    let lower = content_type.trim().to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("application/json") else { return false };
    let Some(parameter) = rest.strip_prefix(';') else { return rest.is_empty() };
    matches!(parameter.trim_start(), "charset=utf-8" | "charset=\"utf-8\"")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    #[serde(default)]
    targets: Option<Vec<String>>,
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
}

/// Groups of an answer.
pub(super) fn groups(url: &str, body: &[u8]) -> Result<Vec<Group>, String> {
    let answered: Option<Vec<Option<Answered>>> = serde_json::from_slice(body)
        .map_err(|error| format!("no list of target groups: {error}"))?;
    let group = |(index, group): (usize, Option<Answered>)| {
        let group = group.ok_or_else(|| format!("target group {index} is null"))?;
        let mut labels = LabelsBuilder::default();
        for (name, value) in group.labels.unwrap_or_default() {
            if name.is_empty() {
                return Err(format!("target group {index} has a label without name"));
            }
            labels.set(&name, &value);
        }
        labels.set(URL_LABEL, &shown(url));
        let target = |address| Labels::from_pairs([(ADDRESS_LABEL, address)]);
        Ok(Group {
            source: format!("{}:{index}", shown(url)),
            targets: group.targets.unwrap_or_default().iter().map(target).collect(),
            labels: labels.build(),
        })
    };
    answered.unwrap_or_default().into_iter().enumerate().map(group).collect()
}
