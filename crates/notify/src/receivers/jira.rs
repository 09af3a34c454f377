//! Jira: an issue per group, found again by a label with the group's hash; created, changed and
//! moved by transitions. Source: Alertmanager 0.34 `notify/jira`.

use super::{Delivering, Receive, Stored};
use crate::post::{Answer, Deadline, Poster, join_path, parse_url};
use crate::text::cut_chars;
use crate::view::View;
use crate::{DeliveryError, tree};
use config::{JiraApiType, JiraConfig};
use http::Method;
use http::header::{ACCEPT_LANGUAGE, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

/// Longest title and text in characters.
const SUMMARY_CHARS_MAX: usize = 255;
const DESCRIPTION_CHARS_MAX: usize = 32_767;

pub(crate) struct Jira {
    pub(crate) config: JiraConfig,
    pub(crate) poster: Poster,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    issues: Vec<Issue>,
}

#[derive(Deserialize)]
struct Issue {
    #[serde(default)]
    key: String,
    fields: Option<Fields>,
}

#[derive(Deserialize)]
struct Fields {
    status: Option<Status>,
}

#[derive(Deserialize)]
struct Status {
    #[serde(rename = "statusCategory")]
    category: Category,
}

#[derive(Deserialize)]
struct Category {
    key: String,
}

#[derive(Deserialize)]
struct Transitions {
    #[serde(default)]
    transitions: Vec<Transition>,
}

#[derive(Deserialize)]
struct Transition {
    id: String,
    #[serde(default)]
    name: String,
}

impl Issue {
    fn is_done(&self) -> Option<bool> {
        Some(self.fields.as_ref()?.status.as_ref()?.category.key == "done")
    }
}

impl Jira {
    fn base(&self) -> Result<Url, DeliveryError> {
        parse_url("Jira's URL", &self.config.api_url)
    }

    fn label(view: &View<'_>) -> String {
        format!("ALERT{{{}}}", view.key_hash())
    }

    /// Which issues belong to the group and may be used again.
    fn search_text(&self, view: &View<'_>) -> Result<String, DeliveryError> {
        let config = &self.config;
        let unwanted = match config.wont_fix_resolution.as_str() {
            "" => String::new(),
            resolution => format!("resolution != {} and ", quoted(resolution)),
        };
        let minutes = config.reopen_duration.map_or(0, |duration| duration.as_secs() / 60);
        let reopens = view.is_firing() && !config.reopen_transition.is_empty() && minutes > 0;
        let state = if reopens {
            format!("(resolutiondate is EMPTY OR resolutiondate >= -{minutes}m)")
        } else {
            "statusCategory != Done".to_owned()
        };
        let project = quoted(&view.address("project", &config.project)?);
        let label = quoted(&Self::label(view));
        Ok(format!(
            "{unwanted}{state} and project={project} and labels={label} \
             order by status ASC,resolutiondate DESC"
        ))
    }

    /// Cloud has another search than Data Center.
    fn search_url(&self, base: &Url) -> Url {
        let is_cloud = match self.config.api_type {
            JiraApiType::Cloud => true,
            JiraApiType::DataCenter => false,
            JiraApiType::Auto => base.host_str().is_some_and(|h| h.ends_with("atlassian.net")),
        };
        if !is_cloud {
            return join_path(base, "search");
        }
        let mut url = join_path(base, "search/jql");
        let path = url.path().replacen("/rest/api/2/", "/rest/api/3/", 1);
        url.set_path(&path);
        url
    }

    /// Fields of the issue; some are not written again when it exists already.
    fn fields(&self, view: &View<'_>, exists: bool) -> Result<Value, DeliveryError> {
        let config = &self.config;
        let mut fields = Map::new();
        let mut put = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
        put("project", json!({"key": view.address("project", &config.project)?}));
        put("issuetype", json!({"name": view.address("issue_type", &config.issue_type)?}));
        if !exists || config.summary.enable_update {
            let summary = view.text("summary", &config.summary.template);
            put("summary", cut_chars(summary, SUMMARY_CHARS_MAX).into());
        }
        if (!exists || config.description.enable_update)
            && let Some(description) = self.description(view)
        {
            put("description", description);
        }
        if !exists || config.labels.enable_update {
            let own = config.labels.values.iter().map(|label| view.ornament("labels", label));
            let mut labels: Vec<String> = own.chain([Self::label(view)]).collect();
            labels.sort_unstable();
            put("labels", labels.into());
        }
        let priority = view.ornament("priority", &config.priority);
        if !priority.is_empty() {
            put("priority", json!({"name": priority}));
        }
        fields.extend(tree::render_values(view, "fields", &config.fields));
        Ok(json!({"fields": fields}))
    }

    /// The text; version 3 of the API wants a document (ADF), which a template may be, and into
    /// which any other text is wrapped.
    fn description(&self, view: &View<'_>) -> Option<Value> {
        let text = view.text("description", &self.config.description.template);
        let text = cut_chars(text, DESCRIPTION_CHARS_MAX);
        if !self.config.api_url.trim_end_matches('/').ends_with("/3") {
            return (!text.is_empty()).then(|| text.into());
        }
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let document = serde_json::from_str::<Value>(text).ok();
        Some(document.unwrap_or_else(|| {
            let paragraph =
                json!({"type": "paragraph", "content": [{"type": "text", "text": text}]});
            json!({"type": "doc", "version": 1, "content": [paragraph]})
        }))
    }

    async fn call(
        &self,
        method: Method,
        url: Url,
        body: Option<&Value>,
        deadline: Deadline,
    ) -> Result<Answer, DeliveryError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static("en"));
        let what = format!("{method} {}", url.path());
        let answer = match body {
            Some(body) => self.poster.send_json(method, url, headers, body, deadline).await,
            None => self.poster.send(method, url, headers, bytes::Bytes::new(), deadline).await,
        };
        let judged = answer.and_then(|answer| answer.success(&[]));
        judged.map_err(|error| error.while_doing(&what))
    }

    async fn find(
        &self,
        view: &View<'_>,
        deadline: Deadline,
    ) -> Result<Option<Issue>, DeliveryError> {
        let search = json!({
            "fields": ["status"],
            "jql": self.search_text(view)?,
            "maxResults": 2,
        });
        let url = self.search_url(&self.base()?);
        let answer = self.call(Method::POST, url, Some(&search), deadline).await?;
        Ok(answer.json::<Found>()?.issues.into_iter().next())
    }

    /// Opens a closed issue again or resolves an open one.
    async fn transition(
        &self,
        issue: &Issue,
        firing: bool,
        deadline: Deadline,
    ) -> Result<(), DeliveryError> {
        let wanted = match issue.is_done() {
            Some(true) if firing => &self.config.reopen_transition,
            Some(false) if !firing => &self.config.resolve_transition,
            _ => return Ok(()),
        };
        if wanted.is_empty() || issue.key.is_empty() {
            return Ok(());
        }
        let url = join_path(&self.base()?, &format!("issue/{}/transitions", issue.key));
        let answer = self.call(Method::GET, url.clone(), None, deadline).await?;
        let known = answer.json::<Transitions>()?.transitions;
        let Some(transition) = known.iter().find(|transition| transition.name == *wanted) else {
            let message = format!("issue {} has no transition {wanted:?}", issue.key);
            return Err(DeliveryError::rejected(message));
        };
        let body = json!({"transition": {"id": transition.id}});
        self.call(Method::POST, url, Some(&body), deadline).await?;
        Ok(())
    }

    async fn send(&self, view: &View<'_>, deadline: Deadline) -> Result<Stored, DeliveryError> {
        let found = self.find(view, deadline).await?;
        let (method, path) = match &found {
            Some(issue) => (Method::PUT, format!("issue/{}", issue.key)),
            // An end that nobody was told the beginning of opens no issue.
            None if !view.is_firing() => return Ok(Stored::new()),
            None => (Method::POST, "issue".to_owned()),
        };
        let fields = self.fields(view, found.is_some())?;
        let url = join_path(&self.base()?, &path);
        self.call(method, url, Some(&fields), deadline).await?;
        if let Some(issue) = &found {
            self.transition(issue, view.is_firing(), deadline).await?;
        }
        Ok(Stored::new())
    }
}

/// A text in the search language's quotes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

impl Receive for Jira {
    fn deliver<'a>(&'a self, view: &'a View<'a>, deadline: Deadline) -> Delivering<'a> {
        Box::pin(self.send(view, deadline))
    }

    fn rehearse(&self, view: &View<'_>) -> Result<(), DeliveryError> {
        self.search_text(view)?;
        self.fields(view, false).map(drop)
    }
}
