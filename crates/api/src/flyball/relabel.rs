//! `/api/flyball/v1/targets/relabel`: what the rules of a job make of a target, rule by rule, and
//! of a sample that it exposes. The rules are applied by the code that scrapes with them.

use crate::App;
use crate::params::{Params, parse_selectors};
use crate::provider::{JobRules, PlacedRule};
use crate::reply::{ApiError, ErrorBody, ErrorType, Success, success};
use crate::shape::LabelMap;
use axum::extract::State;
use axum::response::Response;
use model::{INSTANCE_LABEL, Labels, MatchOp};
use relabel::Rule;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Labels that begin so never become labels of samples.
const RESERVED_PREFIX: &str = "__";
/// Where a target is found, and what it is called unless its labels say otherwise.
const ADDRESS_LABEL: &str = "__address__";
/// In front of a label of a sample whose name the target has already.
const EXPORTED_PREFIX: &str = "exported_";

/// What the rules of a job do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RelabelBody {
    job: String,
    /// File with the rules.
    file: String,
    /// `relabel_configs` on the target; null when no labels were given.
    target: Option<WayBody>,
    /// `metric_relabel_configs` on a sample; null when none was given.
    sample: Option<WayBody>,
}

/// The way of a label set through rules.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WayBody {
    /// Before the first rule.
    #[schema(value_type = HashMap<String, String>)]
    before: LabelMap,
    /// Rules that were applied, up to the one that dropped it.
    steps: Vec<StepBody>,
    /// Rules behind the one that dropped it.
    not_applied: usize,
    kept: bool,
    /// What is stored: without the labels that are only for rules. Null when it was dropped.
    #[schema(value_type = Option<HashMap<String, String>>)]
    stored: Option<LabelMap>,
}

/// What one rule did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepBody {
    /// Line of the file in which the rule begins.
    line: usize,
    /// The rule on one line, without what is the default.
    rule: String,
    /// False: this rule dropped it.
    kept: bool,
    /// The labels behind it.
    #[schema(value_type = HashMap<String, String>)]
    after: LabelMap,
}

/// Applies the rules of a job step by step to the labels that discovery found, and to a sample.
#[utoipa::path(method(get, post), path = "/api/flyball/v1/targets/relabel", tag = "flyball",
    params(
        ("job" = String, Query, description = "Name of the scrape configuration"),
        ("labels" = Option<String>, Query,
            description = "Labels before relabelling, a JSON object with texts"),
        ("metric" = Option<String>, Query, description = "A sample: `name{label=\"value\"}`")),
    responses((status = 200, description = "Rule by rule", body = Success<RelabelBody>),
        (status = 400, description = "The labels cannot be read", body = ErrorBody),
        (status = 404, description = "There is no such job", body = ErrorBody)))]
pub(crate) async fn explain(State(app): State<App>, params: Params) -> Result<Response, ApiError> {
    let job = params.get("job").unwrap_or_default().to_owned();
    let labels = labels(&params, "labels")?;
    let metric = params.get("metric").map(sample).transpose();
    let metric = metric.map_err(|error| ApiError::invalid_parameter("metric", error))?;
    let Some(rules) = app.state.targets.rules(&job) else {
        let message = format!("there is no scrape configuration {}", model::quote(&job));
        return Err(ApiError::new(ErrorType::NotFound, message));
    };
    let target = labels.map(|labels| Way::through(&rules.relabel, labels));
    let of_target = target.as_ref().and_then(Way::target_labels).unwrap_or_else(Labels::empty);
    let sample = metric.map(|metric| {
        let labels = exposed(&metric, &of_target, rules.honor_labels);
        Way::through(&rules.metric_relabel, labels)
    });
    let JobRules { file, .. } = rules;
    Ok(success(RelabelBody {
        job,
        file,
        target: target.map(|way| {
            let stored = way.target_labels();
            way.shown(stored)
        }),
        sample: sample.map(|way| {
            let stored = way.end.clone().filter(|_| way.kept);
            way.shown(stored)
        }),
    }))
}

/// A parameter that is a JSON object with texts.
pub(super) fn labels(params: &Params, name: &str) -> Result<Option<Labels>, ApiError> {
    let Some(text) = params.get(name) else { return Ok(None) };
    let pairs: BTreeMap<String, String> = serde_json::from_str(text).map_err(|error| {
        let expected = "expected a JSON object with texts, like {\"job\": \"node\"}";
        ApiError::invalid_parameter(name, format!("{error}; {expected}"))
    })?;
    Ok(Some(Labels::from_pairs(pairs)))
}

/// A series written as a selector whose matchers all are equalities.
fn sample(text: &str) -> Result<Labels, String> {
    let selectors = parse_selectors(&[text.to_owned()])?;
    let matchers = selectors.into_iter().flatten().map(|matcher| match matcher.op() {
        MatchOp::Equal => Ok((matcher.name().to_owned(), matcher.value().to_owned())),
        _ => Err(format!("{matcher} names no single series, expected label=\"value\"")),
    });
    Ok(Labels::from_pairs(matchers.collect::<Result<Vec<_>, _>>()?))
}

/// Labels of a sample with those of its target, before `metric_relabel_configs`.
fn exposed(sample: &Labels, target: &Labels, honor_labels: bool) -> Labels {
    let mut labels = sample.to_builder();
    for (name, value) in target.iter() {
        let own = sample.get(name).filter(|own| !own.is_empty());
        match own {
            Some(_) if honor_labels => {}
            Some(own) => {
                let mut exported = format!("{EXPORTED_PREFIX}{name}");
                while sample.get(&exported).is_some() || target.get(&exported).is_some() {
                    exported.insert_str(0, EXPORTED_PREFIX);
                }
                labels.set(&exported, own);
                labels.set(name, value);
            }
            None => {
                labels.set(name, value);
            }
        }
    }
    labels.build()
}

/// A label set with what rules did to it.
struct Way {
    before: Labels,
    steps: Vec<StepBody>,
    not_applied: usize,
    kept: bool,
    /// After the last rule.
    end: Option<Labels>,
}

impl Way {
    fn through(placed: &[PlacedRule], before: Labels) -> Self {
        let rules: Vec<Rule> = placed.iter().map(|placed| placed.rule.clone()).collect();
        let steps = relabel::explain(&rules, &before);
        let kept = steps.last().is_none_or(|step| step.kept);
        let end = steps.last().map_or_else(|| before.clone(), |step| step.labels.clone());
        let not_applied = placed.len() - steps.len();
        let steps = steps.into_iter().map(|step| StepBody {
            line: placed[step.rule].line,
            rule: placed[step.rule].rule.to_string(),
            kept: step.kept,
            after: LabelMap(step.labels),
        });
        Self { before, steps: steps.collect(), not_applied, kept, end: Some(end) }
    }

    /// Labels that samples of the target get.
    fn target_labels(&self) -> Option<Labels> {
        let end = self.end.as_ref().filter(|_| self.kept)?;
        let mut labels = end.to_builder();
        if end.get(INSTANCE_LABEL).is_none() {
            labels.set(INSTANCE_LABEL, end.value(ADDRESS_LABEL));
        }
        Some(labels.build().without(|name| name.starts_with(RESERVED_PREFIX)))
    }

    fn shown(self, stored: Option<Labels>) -> WayBody {
        let Self { before, steps, not_applied, kept, .. } = self;
        let before = LabelMap(before);
        WayBody { before, steps, not_applied, kept, stored: stored.map(LabelMap) }
    }
}
