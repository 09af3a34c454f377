//! A metric family as values: what in-process sources hand to `scrape` and what `render` writes.
//! Names are those of text 0.0.4: a counter's family carries its `_total`.

use model::{Labels, MetricKind, Timestamp};

/// One metric with all its points.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// Name of the family; a counter's ends in `_total`, a histogram's has no suffix.
    pub name: String,
    /// Kind.
    pub kind: MetricKind,
    /// Help, unescaped.
    pub help: String,
    /// Unit (a suffix of the name without `_total`), empty when there is none.
    pub unit: String,
    /// Points in the order in which they are written.
    pub points: Vec<Point>,
}

/// One sample of a family.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// What follows the family's name: empty, `_bucket`, `_sum` or `_count`.
    pub suffix: &'static str,
    /// Labels without the metric name.
    pub labels: Labels,
    /// Value.
    pub value: f64,
    /// When it was observed; `None`: now.
    pub timestamp: Option<Timestamp>,
}

impl Family {
    /// A family without points.
    pub fn new(name: impl Into<String>, kind: MetricKind, help: impl Into<String>) -> Self {
        Self { name: name.into(), kind, help: help.into(), unit: String::new(), points: Vec::new() }
    }

    /// A counter; its name ends in `_total` by convention.
    pub fn counter(name: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(name, MetricKind::Counter, help)
    }

    /// A gauge.
    pub fn gauge(name: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(name, MetricKind::Gauge, help)
    }

    /// Adds a point with labels.
    pub fn push(&mut self, labels: Labels, value: f64) {
        self.push_part("", labels, value);
    }

    /// Adds a point of a histogram or summary: suffix `_bucket`, `_sum` or `_count`.
    pub fn push_part(&mut self, suffix: &'static str, labels: Labels, value: f64) {
        self.points.push(Point { suffix, labels, value, timestamp: None });
    }

    /// The family with one more point without labels.
    pub fn with(mut self, value: f64) -> Self {
        self.push(Labels::empty(), value);
        self
    }
}
