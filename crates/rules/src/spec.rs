//! What a rule file says, after its expressions were parsed.
//! Source of the semantics: Prometheus 3.14, `model/rulefmt` and `rules/`.

use crate::extras::Extras;
use gotemplate::Error;
use gotemplate::rules::AlertText;
use model::Labels;
use promql::ast::Expr;
use std::sync::Arc;
use std::time::Duration;

/// The query of a rule. The text gives annotations of its result their line and column.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleQuery {
    /// As parsed.
    pub expr: Expr,
    /// As written in the file, unfolded from YAML.
    pub text: String,
}

/// A rule group; file and name together identify it across reloads.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupSpec {
    /// File the group stands in, as shown to users.
    pub file: String,
    /// Name, unique in its file.
    pub name: String,
    /// Distance of evaluations, above zero.
    pub interval: Duration,
    /// Most alerts or series one rule may produce; 0 means no limit.
    pub limit: usize,
    /// How far before the evaluation the queries look.
    pub query_offset: Duration,
    /// Rules in the order of the file.
    pub rules: Vec<RuleSpec>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub enum RuleSpec {
    /// Stores the result of a query under a new name.
    Recording(RecordingSpec),
    /// Turns the elements of a query result into alerts.
    Alerting(AlertingSpec),
}

/// A recording rule.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordingSpec {
    /// Name of the new metric.
    pub record: String,
    /// Its result is stored.
    pub query: Arc<RuleQuery>,
    /// Labels set on the result; an empty value removes a label.
    pub labels: Vec<(String, String)>,
}

/// An alerting rule.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertingSpec {
    /// Name of the alert.
    pub alert: String,
    /// Each element of its result is an alert.
    pub query: Arc<RuleQuery>,
    /// `for`: how long an element must be there before it fires.
    pub hold: Duration,
    /// `keep_firing_for`: how long it keeps firing after the element is gone.
    pub keep_firing: Duration,
    /// Labels added to each alert, expanded; an empty value removes a label.
    pub labels: Vec<Text>,
    /// Texts for people, expanded.
    pub annotations: Vec<Text>,
    /// What goes beyond Prometheus.
    pub extras: Extras,
}

/// A label or annotation of an alerting rule: a name and a template. Equal when written equally.
#[derive(Clone, Debug)]
pub struct Text {
    name: String,
    source: String,
    template: AlertText,
}

impl Text {
    /// Reads the template of a label or annotation of the alert named `alert`.
    ///
    /// # Errors
    /// When it is no template.
    pub fn parse(alert: &str, name: &str, source: &str) -> Result<Self, Error> {
        let template = AlertText::parse(alert, source)?;
        Ok(Self { name: name.to_owned(), source: source.to_owned(), template })
    }

    /// Name of the label or annotation.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// As written in the file.
    pub fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn template(&self) -> &AlertText {
        &self.template
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.source == other.source
    }
}

/// Names and unexpanded texts, for people and comparisons.
fn sources(texts: &[Text]) -> Vec<(String, String)> {
    texts.iter().map(|text| (text.name.clone(), text.source.clone())).collect()
}

impl AlertingSpec {
    /// Annotations as written in the file.
    pub fn annotation_sources(&self) -> Vec<(String, String)> {
        sources(&self.annotations)
    }
}

impl RuleSpec {
    /// Name of the metric or alert.
    pub fn name(&self) -> &str {
        match self {
            Self::Recording(rule) => &rule.record,
            Self::Alerting(rule) => &rule.alert,
        }
    }

    /// Query of the rule.
    pub fn query(&self) -> &Arc<RuleQuery> {
        match self {
            Self::Recording(rule) => &rule.query,
            Self::Alerting(rule) => &rule.query,
        }
    }

    /// Labels the rule sets, as written in the file.
    pub fn labels(&self) -> Vec<(String, String)> {
        match self {
            Self::Recording(rule) => rule.labels.clone(),
            Self::Alerting(rule) => sources(&rule.labels),
        }
    }

    /// Same kind, name and labels: state may move from one to the other on a reload.
    pub(crate) fn continues(&self, other: &Self) -> bool {
        let same_kind = matches!(
            (self, other),
            (Self::Recording(_), Self::Recording(_)) | (Self::Alerting(_), Self::Alerting(_))
        );
        same_kind && self.name() == other.name() && self.labels() == other.labels()
    }
}

/// Adds or, with an empty value, removes labels of a result.
pub(crate) fn with_labels(base: &Labels, extra: &[(String, String)]) -> Labels {
    let mut builder = base.to_builder();
    for (name, value) in extra {
        builder.set(name, value);
    }
    builder.build()
}
