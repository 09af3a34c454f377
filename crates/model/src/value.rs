//! What a sample carries: a float or a histogram, and the two NaN patterns that mean something.
//! Comparisons of special NaNs go by bits: an ordinary NaN must survive as itself.

use crate::Histogram;
use std::sync::Arc;

/// Staleness marker of Prometheus 2.0 and later: a signalling NaN with payload 2.
pub const STALE_NAN_BITS: u64 = 0x7ff0_0000_0000_0002;
/// The ordinary quiet NaN as Prometheus writes it.
pub const NORMAL_NAN_BITS: u64 = 0x7ff8_0000_0000_0001;

/// The staleness marker as a float.
pub fn stale_marker() -> f64 {
    f64::from_bits(STALE_NAN_BITS)
}

/// Is this float the staleness marker (and not an ordinary NaN)?
pub fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE_NAN_BITS
}

/// Is one of the floats a staleness marker? Looks at all of them, because that is done several at a
/// time.
pub fn has_stale(values: &[f64]) -> bool {
    values.iter().fold(false, |found, value| found | is_stale(*value))
}

/// Value of one sample.
#[derive(Clone, Debug)]
pub enum Value {
    /// Any of the 2^64 float patterns; all survive storage.
    Float(f64),
    /// Native histogram (exponential or custom buckets).
    Histogram(Arc<Histogram>),
}

impl Value {
    /// Does the value mark its series as gone? Histograms carry the marker in their sum.
    pub fn is_stale(&self) -> bool {
        match self {
            Self::Float(value) => is_stale(*value),
            Self::Histogram(histogram) => is_stale(histogram.sum),
        }
    }

    /// Same kind and same bits, NaN payloads included.
    pub fn bits_eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::Histogram(a), Self::Histogram(b)) => a.bits_eq(b),
            (Self::Float(_), Self::Histogram(_)) | (Self::Histogram(_), Self::Float(_)) => false,
        }
    }
}
