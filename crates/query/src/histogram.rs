//! Arithmetic of native histograms: addition, scaling, resolution, resets, quantiles, trimming.
//! Semantics: Prometheus 3.14, `model/histogram/float_histogram.go`; storage only keeps the bits.
//! Work happens on sorted (index, count) pairs; spans are rebuilt at the end.

mod arithmetic;
mod buckets;
mod compare;
mod quantile;
mod text;
mod trim;

pub(crate) use arithmetic::{Incompatible, Merge, Sum, divide, scale};
pub(crate) use buckets::{compact, is_custom, sample_weight};
pub(crate) use compare::{detect_reset, equals};
pub(crate) use quantile::{NanNote, average, fraction, quantile, variance};
pub(crate) use text::describe;
pub(crate) use trim::{TrimSide, trim};

#[cfg(test)]
mod tests;
