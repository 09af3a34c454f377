//! Native histograms: exponential buckets (schema -4..=8) or custom bounds (schema -53).
//! Shape follows the Prometheus native histogram specification: spans of populated buckets with
//! absolute counts. Arithmetic on histograms belongs to `query`; storage only keeps the bits.

/// Schema number that says: bounds are listed in `custom_values`.
pub const CUSTOM_BUCKETS_SCHEMA: i32 = -53;

/// A run of consecutive populated buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// Gap to the previous span (first span: index of its first bucket; may be negative then).
    pub offset: i32,
    /// Number of consecutive buckets, at least 1 in compact form.
    pub length: u32,
}

/// What is known about a counter reset before this histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum CounterReset {
    /// Nothing is known; compare with the predecessor.
    #[default]
    Unknown,
    /// A reset happened.
    Reset,
    /// No reset happened.
    NotReset,
    /// Gauge histogram: resets have no meaning.
    Gauge,
}

/// Whether the counts arrived as integers; decides which form is sent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum HistogramCounts {
    /// All counts are integers (scraped histograms).
    Integer,
    /// Counts may be fractions (results of rates, recording rules).
    #[default]
    Float,
}

/// A native histogram with absolute bucket counts.
///
/// Counts are `f64` in both forms; integer counts above 2^53 are refused where they enter.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Histogram {
    /// Form in which the counts arrived.
    pub counts: HistogramCounts,
    /// Counter-reset knowledge.
    pub counter_reset: CounterReset,
    /// Resolution -4..=8, or [`CUSTOM_BUCKETS_SCHEMA`].
    pub schema: i32,
    /// Width of the zero bucket: |x| <= threshold.
    pub zero_threshold: f64,
    /// Observations in the zero bucket.
    pub zero_count: f64,
    /// All observations.
    pub count: f64,
    /// Sum of observations; carries the staleness marker when the series is gone.
    pub sum: f64,
    /// Populated positive buckets.
    pub positive_spans: Vec<Span>,
    /// Counts of the positive buckets, as many as the spans' lengths add up to.
    pub positive_buckets: Vec<f64>,
    /// Populated negative buckets.
    pub negative_spans: Vec<Span>,
    /// Counts of the negative buckets.
    pub negative_buckets: Vec<f64>,
    /// Upper bounds for schema -53, strictly increasing, without +Inf.
    pub custom_values: Vec<f64>,
}

impl Histogram {
    /// A histogram that only marks its series as gone.
    pub fn stale() -> Self {
        Self { sum: crate::stale_marker(), ..Self::default() }
    }

    /// Are the bounds listed instead of exponential?
    pub fn uses_custom_buckets(&self) -> bool {
        self.schema == CUSTOM_BUCKETS_SCHEMA
    }

    /// Equal in every bit, NaN payloads included.
    pub fn bits_eq(&self, other: &Self) -> bool {
        self.counts == other.counts
            && self.counter_reset == other.counter_reset
            && self.schema == other.schema
            && self.positive_spans == other.positive_spans
            && self.negative_spans == other.negative_spans
            && self.scalars() == other.scalars()
            && same_bits(&self.positive_buckets, &other.positive_buckets)
            && same_bits(&self.negative_buckets, &other.negative_buckets)
            && same_bits(&self.custom_values, &other.custom_values)
    }

    fn scalars(&self) -> [u64; 4] {
        [self.zero_threshold, self.zero_count, self.count, self.sum].map(f64::to_bits)
    }
}

fn same_bits(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}
