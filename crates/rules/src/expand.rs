//! Expands the labels and annotations of an alerting rule for every element of its result.
//! A template may ask queries: then expansion stops, names the query and goes on with its answer.
//! Pure. A text begins anew with each answer, so a text with n queries is rendered n + 1 times;
//! answers are shared by all elements of the evaluation.

use crate::event::Elements;
use crate::options::Surroundings;
use crate::spec::{AlertingSpec, Text};
use gotemplate::rules::{Functions, Sample, data};
use gotemplate::{Limits, Value as TemplateValue};
use model::{Labels, METRIC_NAME, Timestamp, Value};
use promql::series::SeriesHistogram;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most different queries of one text.
pub(crate) const QUERIES_PER_TEXT_MAX: usize = 16;
/// Answers kept for other texts; at least those of one text fit.
const ANSWERS_MAX: usize = 64;
const _: () = assert!(ANSWERS_MAX >= QUERIES_PER_TEXT_MAX, "a text must be able to end");

/// An element with its expanded texts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Instance {
    /// Labels of the element without the metric name, with the rule's.
    pub(crate) labels: Labels,
    pub(crate) annotations: Vec<(String, String)>,
    pub(crate) value: f64,
}

/// How far an expansion came.
pub(crate) enum Progress {
    /// It needs the answer of this query.
    Asks(String),
    /// All elements are expanded.
    Done(Vec<Instance>),
}

/// The expansion of all texts of one evaluation.
#[derive(Clone, Debug)]
pub(crate) struct Expansion {
    /// Instant of the evaluation.
    at: Timestamp,
    elements: Elements,
    done: Vec<Instance>,
    /// Texts of the element that comes next, labels before annotations.
    texts: Vec<String>,
    /// What the templates of that element see, once one of them wants to know.
    seen: Option<TemplateValue>,
    /// Queries that the text under way has asked.
    asked: usize,
    answers: BTreeMap<String, Result<Vec<Sample>, String>>,
    waiting_for: Option<String>,
}

impl Expansion {
    pub(crate) fn new(at: Timestamp, elements: Elements) -> Self {
        let (done, texts, answers) = Default::default();
        let (seen, waiting_for) = Default::default();
        Self { at, elements, done, texts, seen, asked: 0, answers, waiting_for }
    }

    /// Takes the answer of the query that was asked for last.
    pub(crate) fn answer(&mut self, result: Result<Elements, String>) {
        if let Some(query) = self.waiting_for.take() {
            let samples = result.map(|elements| elements.iter().map(sample).collect());
            self.answers.insert(query, samples);
        }
    }

    /// Expands as far as the answers allow.
    pub(crate) fn advance(&mut self, rule: &AlertingSpec, around: &Surroundings) -> Progress {
        while let Some((labels, value)) = self.elements.get(self.done.len()) {
            let (labels, value) = (labels.clone(), value.clone());
            for text in rule.labels.iter().chain(&rule.annotations).skip(self.texts.len()) {
                match self.expand(text, &labels, &value, around) {
                    Ok(expanded) => self.texts.push(expanded),
                    Err(query) => {
                        self.waiting_for = Some(query.clone());
                        return Progress::Asks(query);
                    }
                }
                self.asked = 0;
                if self.answers.len() >= ANSWERS_MAX {
                    self.answers.clear();
                }
            }
            let texts = std::mem::take(&mut self.texts);
            self.seen = None;
            self.done.push(instance(rule, &labels, &value, texts));
        }
        Progress::Done(std::mem::take(&mut self.done))
    }

    /// The text, or the query whose answer it needs.
    fn expand(
        &mut self,
        text: &Text,
        labels: &Labels,
        value: &Value,
        around: &Surroundings,
    ) -> Result<String, String> {
        if let Some(plain) = text.template().plain() {
            return Ok(plain.to_owned());
        }
        let seen = self.seen.get_or_insert_with(|| visible(labels, value, around));
        let mut missing = None;
        let (answers, asked) = (&self.answers, self.asked);
        let mut query = |query: &str| {
            if let Some(answer) = answers.get(query) {
                return answer.clone();
            }
            if asked >= QUERIES_PER_TEXT_MAX {
                return Err(format!("asks more than {QUERIES_PER_TEXT_MAX} queries"));
            }
            missing = Some(query.to_owned());
            Err("the answer is not there yet".to_owned())
        };
        let mut functions = Functions {
            query: &mut query,
            now_seconds: self.at.seconds(),
            external_url: &around.external_url,
        };
        let expanded = text.template().expand(seen, &mut functions, Limits::default());
        if let Some(query) = missing {
            self.asked += 1;
            return Err(query);
        }
        Ok(expanded.unwrap_or_else(|error| text.template().failure(&error)))
    }
}

fn instance(rule: &AlertingSpec, labels: &Labels, value: &Value, texts: Vec<String>) -> Instance {
    let mut builder = labels.to_builder();
    builder.remove(METRIC_NAME);
    let mut texts = texts.into_iter();
    for (label, text) in rule.labels.iter().zip(texts.by_ref()) {
        builder.set(label.name(), &text);
    }
    let names = rule.annotations.iter().map(|annotation| annotation.name().to_owned());
    Instance {
        labels: builder.build(),
        annotations: names.zip(texts).collect(),
        value: number(value),
    }
}

/// `$labels`, `$externalLabels`, `$externalURL` and `$value`.
fn visible(labels: &Labels, value: &Value, around: &Surroundings) -> TemplateValue {
    let value = match value {
        Value::Float(value) => TemplateValue::from(*value),
        Value::Histogram(histogram) => {
            let histogram = Arc::clone(histogram);
            SeriesHistogram { histogram, hint_written: false }.to_string().into()
        }
    };
    let external = TemplateValue::string_map(around.external_labels.iter());
    data(TemplateValue::string_map(labels.iter()), external, &around.external_url, value)
}

fn sample((labels, value): &(Labels, Value)) -> Sample {
    let pairs = labels.iter().map(|(name, value)| (Arc::from(name), Arc::from(value)));
    Sample { labels: pairs.collect(), value: number(value) }
}

/// The number of a sample; a histogram has none, which upstream shows as 0.
fn number(value: &Value) -> f64 {
    match value {
        Value::Float(value) => *value,
        Value::Histogram(_) => 0.0,
    }
}
