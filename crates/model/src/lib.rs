//! The words every room shares: label sets, samples, histograms, matchers, `Appender`, `Querier`.
//! Everybody's neighbour: rooms meet only through these types, never through each other's insides.
//! Pure: no clock, no files, no network, no logging.

mod appender;
mod histogram;
mod label;
mod matcher;
mod matcher_text;
mod metadata;
mod name;
mod number;
mod pattern;
mod querier;
mod quote;
mod timestamp;
pub mod units;
mod value;

pub use appender::{
    AppendError, AppendErrorKind, Appender, Batch, BatchReport, GroupKey, Rejection, Row, RowFault,
    SeriesRef,
};
pub use histogram::{CUSTOM_BUCKETS_SCHEMA, CounterReset, Histogram, HistogramCounts, Span};
pub use label::{Labels, LabelsBuilder, sort_by_labels};
pub use matcher::{MatchOp, Matcher, MatcherError};
pub use matcher_text::{MatcherMode, MatcherNote, NotedMatchers};
pub use metadata::{EXEMPLAR_CHARS_MAX, Exemplar, Metadata, MetricKind, MetricMetadata};
pub use name::{
    BUCKET_LABEL, INSTANCE_LABEL, JOB_LABEL, METRIC_NAME, QUANTILE_LABEL, is_legacy_label_name,
    is_legacy_metric_name,
};
pub use number::{go_decimal, go_exponent, go_general};
pub use pattern::{Pattern, PatternError, expand_captures, search_pattern};
pub use querier::{
    LabelQuery, Querier, QuerierError, QuerierErrorKind, SampleBuf, SelectHints, Selection,
    SeriesReader, TimelineId, Unwatched, Watch,
};
pub use quote::quote;
pub use timestamp::Timestamp;
pub use value::{NORMAL_NAN_BITS, STALE_NAN_BITS, Value, has_stale, is_stale, stale_marker};
