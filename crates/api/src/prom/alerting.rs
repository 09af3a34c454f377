//! `rules`, `alerts`, `alertmanagers`: what is judged and what came of it.

use crate::App;
use crate::params::{Params, parse_selectors};
use crate::provider::{
    AlertInstance, AlertState, AlertingRule, AlertmanagerUrls, RecordingRule, Rule, RuleGroup,
    RuleHealth,
};
use crate::queries::{Caller, QueryKind, Ticket};
use crate::render::go_float_exponent;
use crate::reply::{ApiError, ErrorBody, Success, success};
use crate::shape::{LabelMap, TextMap, rfc3339};
use axum::extract::State;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{Labels, Matcher};
use serde::Serialize;
use utoipa::ToSchema;

/// One alert.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AlertBody {
    #[schema(value_type = HashMap<String, String>)]
    labels: LabelMap,
    #[schema(value_type = HashMap<String, String>)]
    annotations: TextMap,
    /// `pending`, `firing` or `inactive`.
    state: &'static str,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    active_at: Option<String>,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_firing_since: Option<String>,
    /// In exponent notation.
    value: String,
    /// RFC 3339: since when its data is missing because its target is down; with `on_missing`.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing_since: Option<String>,
    /// It comes and goes, and fires on until it is quiet; with `flap_damping`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    flapping: bool,
}

impl From<AlertInstance> for AlertBody {
    fn from(alert: AlertInstance) -> Self {
        Self {
            labels: LabelMap(alert.labels),
            annotations: TextMap(alert.annotations),
            state: state_name(alert.state),
            active_at: alert.active_at.map(|at| rfc3339(Some(at))),
            keep_firing_since: alert.keep_firing_since.map(|at| rfc3339(Some(at))),
            value: go_float_exponent(alert.value),
            missing_since: alert.missing_since.map(|at| rfc3339(Some(at))),
            flapping: alert.is_flapping,
        }
    }
}

fn state_name(state: AlertState) -> &'static str {
    match state {
        AlertState::Inactive => "inactive",
        AlertState::Unknown => "unknown",
        AlertState::Pending => "pending",
        AlertState::Firing => "firing",
    }
}

fn health_name(health: RuleHealth) -> &'static str {
    match health {
        RuleHealth::Unknown => "unknown",
        RuleHealth::Ok => "ok",
        RuleHealth::Err => "err",
    }
}

/// A rule; the field `type` says which kind.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum RuleBody {
    /// `type` is `alerting`.
    Alerting(AlertingRuleBody),
    /// `type` is `recording`.
    Recording(RecordingRuleBody),
}

/// A rule that raises alerts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AlertingRuleBody {
    /// Worst state of its alerts.
    state: &'static str,
    name: String,
    query: String,
    /// `for` in seconds.
    duration: f64,
    /// Seconds.
    keep_firing_for: f64,
    #[schema(value_type = HashMap<String, String>)]
    labels: TextMap,
    #[schema(value_type = HashMap<String, String>)]
    annotations: TextMap,
    alerts: Vec<AlertBody>,
    /// What the rule says beyond Prometheus: `recover_expr`, `fire_after`, `on_missing`,
    /// `flap_damping`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<HashMap<String, String>>)]
    extras: Option<TextMap>,
    /// `ok`, `err` or `unknown`.
    health: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
    /// Seconds.
    evaluation_time: f64,
    /// RFC 3339.
    last_evaluation: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// A rule that records a series.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecordingRuleBody {
    name: String,
    query: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<HashMap<String, String>>)]
    labels: Option<TextMap>,
    /// `ok`, `err` or `unknown`.
    health: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
    /// Seconds.
    evaluation_time: f64,
    /// RFC 3339.
    last_evaluation: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl From<AlertingRule> for AlertingRuleBody {
    fn from(rule: AlertingRule) -> Self {
        Self {
            state: state_name(rule.state),
            name: rule.name,
            query: rule.query,
            duration: rule.hold.as_secs_f64(),
            keep_firing_for: rule.keep_firing_for.as_secs_f64(),
            labels: TextMap(rule.labels),
            annotations: TextMap(rule.annotations),
            alerts: rule.alerts.into_iter().map(AlertBody::from).collect(),
            extras: extras(rule.extras),
            health: health_name(rule.health),
            last_error: rule.last_error,
            evaluation_time: rule.evaluation_time.as_secs_f64(),
            last_evaluation: rfc3339(rule.last_evaluation),
            kind: "alerting",
        }
    }
}

/// Keys that are used, or nothing.
fn extras(extras: Vec<(&'static str, String)>) -> Option<TextMap> {
    let extras: Vec<_> = extras.into_iter().map(|(key, text)| (key.to_owned(), text)).collect();
    (!extras.is_empty()).then_some(TextMap(extras))
}

impl From<RecordingRule> for RecordingRuleBody {
    fn from(rule: RecordingRule) -> Self {
        Self {
            name: rule.name,
            query: rule.query,
            labels: (!rule.labels.is_empty()).then_some(TextMap(rule.labels)),
            health: health_name(rule.health),
            last_error: rule.last_error,
            evaluation_time: rule.evaluation_time.as_secs_f64(),
            last_evaluation: rfc3339(rule.last_evaluation),
            kind: "recording",
        }
    }
}

/// Rules that are evaluated together.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RuleGroupBody {
    name: String,
    file: String,
    rules: Vec<RuleBody>,
    /// Seconds.
    interval: f64,
    /// 0: no limit.
    limit: u64,
    /// Seconds.
    evaluation_time: f64,
    /// RFC 3339.
    last_evaluation: String,
}

/// All groups, or a page of them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RulesBody {
    groups: Vec<RuleGroupBody>,
    /// Present when there are more groups: value of `group_next_token` for the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    group_next_token: Option<String>,
}

/// Rule groups with their rules and alerts.
#[utoipa::path(get, path = "/api/v1/rules", tag = "rules",
    params(
        ("type" = Option<String>, Query, description = "`alert` or `record`"),
        ("rule_name[]" = Option<Vec<String>>, Query, description = "Only rules with these names"),
        ("rule_group[]" = Option<Vec<String>>, Query, description = "Only these groups"),
        ("file[]" = Option<Vec<String>>, Query, description = "Only groups of these files"),
        ("match[]" = Option<Vec<String>>, Query, description = "Selectors of rule labels"),
        ("exclude_alerts" = Option<bool>, Query, description = "Leave the alerts out"),
        ("group_limit" = Option<u64>, Query, description = "Groups per page"),
        ("group_next_token" = Option<String>, Query, description = "Where the next page begins")),
    responses((status = 200, description = "Groups", body = Success<RulesBody>),
        (status = "default", description = "No answer", body = ErrorBody)))]
pub(crate) async fn rules(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let filter = Filter::new(&app, &caller, &params).await?;
    let page = Page::new(&params)?;
    let groups = page.begin(app.state.rules.groups())?;
    let mut shown: Vec<RuleGroupBody> = Vec::new();
    let mut next = None;
    for body in groups.into_iter().filter_map(|group| filter.apply(group)) {
        if page.limit.is_some_and(|limit| shown.len() >= limit) {
            // As upstream's, the token names the first group of the next page.
            next = Some(token(&body.file, &body.name));
            break;
        }
        shown.push(body);
    }
    Ok(success(RulesBody { groups: shown, group_next_token: next }))
}

struct Filter {
    alerting: bool,
    recording: bool,
    names: Vec<String>,
    groups: Vec<String>,
    files: Vec<String>,
    selectors: Vec<Vec<Matcher>>,
    exclude_alerts: bool,
}

impl Filter {
    async fn new(app: &App, caller: &Caller, params: &Params) -> Result<Self, ApiError> {
        let list = |name| params.all(name).map(str::to_owned).collect();
        let kind = params.get("type").unwrap_or_default().to_ascii_lowercase();
        if !["", "alert", "record"].contains(&kind.as_str()) {
            let reason = format!("not supported value {}", model::quote(&kind));
            return Err(ApiError::invalid_parameter("type", reason));
        }
        let exclude_alerts = params.truth("exclude_alerts").map_err(|reason| {
            let reason = format!("error converting exclude_alerts: {reason}");
            ApiError::invalid_parameter("exclude_alerts", reason)
        })?;
        Ok(Self {
            alerting: kind != "record",
            recording: kind != "alert",
            names: list("rule_name[]"),
            groups: list("rule_group[]"),
            files: list("file[]"),
            selectors: rule_selectors(app, caller, params).await?,
            exclude_alerts,
        })
    }

    /// The group with the rules that pass, if any do.
    fn apply(&self, group: RuleGroup) -> Option<RuleGroupBody> {
        let listed = |list: &[String], text: &String| list.is_empty() || list.contains(text);
        if !listed(&self.groups, &group.name) || !listed(&self.files, &group.file) {
            return None;
        }
        let rules: Vec<RuleBody> = group.rules.into_iter().filter_map(|r| self.rule(r)).collect();
        (!rules.is_empty()).then_some(RuleGroupBody {
            name: group.name,
            file: group.file,
            rules,
            interval: group.interval.as_secs_f64(),
            limit: group.limit,
            evaluation_time: group.evaluation_time.as_secs_f64(),
            last_evaluation: rfc3339(group.last_evaluation),
        })
    }

    fn rule(&self, rule: Rule) -> Option<RuleBody> {
        match rule {
            Rule::Alerting(mut rule) => {
                if self.exclude_alerts {
                    rule.alerts.clear();
                }
                let passes = self.alerting && self.passes(&rule.name, &rule.labels);
                passes.then(|| RuleBody::Alerting(rule.into()))
            }
            Rule::Recording(rule) => {
                let passes = self.recording && self.passes(&rule.name, &rule.labels);
                passes.then(|| RuleBody::Recording(rule.into()))
            }
        }
    }

    fn passes(&self, name: &str, labels: &[(String, String)]) -> bool {
        let labels = Labels::from_pairs(labels.iter().map(|(name, value)| (name, value)));
        let all_match = |set: &Vec<Matcher>| set.iter().all(|m| m.matches_labels(&labels));
        (self.names.is_empty() || self.names.iter().any(|wanted| wanted == name))
            && (self.selectors.is_empty() || self.selectors.iter().any(all_match))
    }
}

/// `match[]`, parsed where that may take its time.
async fn rule_selectors(
    app: &App,
    caller: &Caller,
    params: &Params,
) -> Result<Vec<Vec<Matcher>>, ApiError> {
    let texts = params.selector_texts()?;
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let question = caller.asks(QueryKind::Syntax, &texts.join(", "));
    let work = move |_: &Ticket| parse_selectors(&texts).map_err(ApiError::bad_data);
    app.pool.run(question, None, work).await
}

/// Which groups a page shows.
struct Page {
    limit: Option<usize>,
    from: Option<String>,
}

impl Page {
    fn new(params: &Params) -> Result<Self, ApiError> {
        let from = params.get("group_next_token").map(str::to_owned);
        let Some(text) = params.get("group_limit") else {
            if from.is_some() {
                let reason = "group_limit needs to be present in order to paginate over the groups";
                return Err(ApiError::invalid_parameter("group_next_token", reason));
            }
            return Ok(Self { limit: None, from });
        };
        let limit = text.parse::<usize>().ok().filter(|limit| *limit > 0);
        let Some(limit) = limit else {
            let reason = format!("{} is not a number above 0", model::quote(text));
            return Err(ApiError::invalid_parameter("group_limit", reason));
        };
        Ok(Self { limit: Some(limit), from })
    }

    /// Groups from the one on that the token names.
    fn begin(&self, mut groups: Vec<RuleGroup>) -> Result<Vec<RuleGroup>, ApiError> {
        let Some(from) = &self.from else { return Ok(groups) };
        let first = groups.iter().position(|group| token(&group.file, &group.name) == *from);
        let Some(first) = first else {
            let reason = format!("invalid group_next_token '{from}'. were rule groups changed?");
            return Err(ApiError::invalid_parameter("group_next_token", reason));
        };
        Ok(groups.split_off(first))
    }
}

/// Names a group without telling its file; equal across restarts.
fn token(file: &str, name: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, format!("{file};{name}").as_bytes());
    URL_SAFE_NO_PAD.encode(digest)
}

/// Pending and firing alerts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertsBody {
    alerts: Vec<AlertBody>,
}

/// Pending and firing alerts of all rules.
#[utoipa::path(get, path = "/api/v1/alerts", tag = "alerts",
    responses((status = 200, description = "Alerts", body = Success<AlertsBody>)))]
pub(crate) async fn alerts(State(app): State<App>) -> Response {
    let groups = app.state.rules.groups();
    let rules = groups.into_iter().flat_map(|group| group.rules);
    let alerts = rules.flat_map(|rule| match rule {
        Rule::Alerting(rule) => rule.alerts,
        Rule::Recording(_) => Vec::new(),
    });
    success(AlertsBody { alerts: alerts.map(AlertBody::from).collect() })
}

/// External Alertmanagers; none when alerts are routed inside.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AlertmanagersBody {
    active_alertmanagers: Vec<AlertmanagerBody>,
    dropped_alertmanagers: Vec<AlertmanagerBody>,
}

/// An external Alertmanager.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertmanagerBody {
    url: String,
}

/// External Alertmanagers that alerts are sent to.
#[utoipa::path(get, path = "/api/v1/alertmanagers", tag = "alerts",
    responses((status = 200, description = "Alertmanagers", body = Success<AlertmanagersBody>)))]
pub(crate) async fn alertmanagers(State(app): State<App>) -> Response {
    let AlertmanagerUrls { active, dropped } = app.state.rules.alertmanagers();
    let bodies = |urls: Vec<String>| urls.into_iter().map(|url| AlertmanagerBody { url }).collect();
    success(AlertmanagersBody {
        active_alertmanagers: bodies(active),
        dropped_alertmanagers: bodies(dropped),
    })
}
