//! What is known about a metric besides its samples: kind, help, unit; and exemplars.

use crate::{Labels, Timestamp};

/// Kind of a metric as exposition formats and remote write name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum MetricKind {
    /// Not declared; `untyped` in text 0.0.4, `unknown` in OpenMetrics and in the API.
    #[default]
    Unknown,
    /// Monotonic counter.
    Counter,
    /// Value that goes up and down.
    Gauge,
    /// Classic or native histogram.
    Histogram,
    /// Histogram whose buckets go up and down.
    GaugeHistogram,
    /// Client-side quantiles.
    Summary,
    /// Labels as information, value 1.
    Info,
    /// A set of boolean states.
    StateSet,
}

impl MetricKind {
    /// The name in OpenMetrics and in Prometheus' API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::GaugeHistogram => "gaugehistogram",
            Self::Summary => "summary",
            Self::Info => "info",
            Self::StateSet => "stateset",
        }
    }
}

/// Kind, help and unit of a metric family.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Metadata {
    /// Declared kind.
    pub kind: MetricKind,
    /// Help text, unescaped.
    pub help: String,
    /// Unit, empty when not declared.
    pub unit: String,
}

/// Metadata together with the metric family it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct MetricMetadata {
    /// Name of the metric family.
    pub metric: String,
    /// What is known about it.
    pub metadata: Metadata,
}

/// Most characters of an exemplar's label names and values together (OpenMetrics 1.0, "Exemplars");
/// longer ones are dropped where they come in, as upstream's storage does.
pub const EXEMPLAR_CHARS_MAX: usize = 128;

/// A single observation that links a sample to a trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    /// Labels of the exemplar itself, `trace_id` among them.
    pub labels: Labels,
    /// Observed value.
    pub value: f64,
    /// When it was observed.
    pub timestamp: Timestamp,
}

impl Exemplar {
    /// Are its labels short enough to be kept ([`EXEMPLAR_CHARS_MAX`])?
    pub fn fits(&self) -> bool {
        let chars = |(name, value): (&str, &str)| name.chars().count() + value.chars().count();
        self.labels.iter().map(chars).sum::<usize>() <= EXEMPLAR_CHARS_MAX
    }
}
