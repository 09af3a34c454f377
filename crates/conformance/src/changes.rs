//! What changed in PromQL between Prometheus 2.42, the witness that Debian ships, and 3.14.
//! The one list: the oracle can undo each change, so that a difference between witness and Flyball
//! is explained exactly when undoing changes makes the oracle agree with the witness.

/// A change that can alter an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Windows and lookback exclude what is exactly as old as they reach.
    LeftOpenWindows,
    /// Extrapolation: the zero point of a counter is looked at after the threshold, not before it.
    ZeroPointAfterThreshold,
    /// `sum_over_time` of infinities is infinite, and so is a deviation that overflows.
    SumsOfInfinities,
    /// `stddev` and `stdvar` of one infinite value or NaN are NaN, not 0.
    DeviationOfOne,
    /// Tiny differences between classic buckets are rounding errors.
    BucketPrecision,
    /// Pairs that a comparison filters out still count as matches.
    FilteredPairsCount,
    /// `atan2` makes another metric of its left side, as other arithmetic does.
    NameOfAtan2,
    /// `predict_linear` over a selector with `@` sees the same window at every step.
    PinnedPrediction,
    /// Negation joins series that differ in their names alone and never meet.
    JoinedNegation,
    /// Label names are any text.
    Utf8Names,
}

impl Change {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::LeftOpenWindows,
        Self::ZeroPointAfterThreshold,
        Self::SumsOfInfinities,
        Self::DeviationOfOne,
        Self::BucketPrecision,
        Self::FilteredPairsCount,
        Self::NameOfAtan2,
        Self::PinnedPrediction,
        Self::JoinedNegation,
        Self::Utf8Names,
    ];

    /// What it means, as a sentence of the documentation.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::LeftOpenWindows => {
                "windows and lookback exclude what is exactly as old as they reach (3.0)"
            }
            Self::ZeroPointAfterThreshold => {
                "`rate` and `increase` take the zero point of a counter after the threshold"
            }
            Self::SumsOfInfinities => {
                "`sum_over_time` of infinities and deviations that overflow are infinite, not NaN"
            }
            Self::DeviationOfOne => "`stddev` and `stdvar` of a single NaN or infinity are NaN",
            Self::BucketPrecision => {
                "`histogram_quantile` takes tiny differences between buckets for rounding errors"
            }
            Self::FilteredPairsCount => "pairs that a comparison filters out count as matches",
            Self::NameOfAtan2 => "`atan2` drops the metric name",
            Self::PinnedPrediction => {
                "`predict_linear` over a selector with `@` sees the same samples at every step"
            }
            Self::JoinedNegation => {
                "negation joins series that differ in their names alone and never meet"
            }
            Self::Utf8Names => "`label_replace` and `label_join` take any label name (3.0)",
        }
    }
}
