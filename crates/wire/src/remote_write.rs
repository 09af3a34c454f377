//! Remote write 1.0 (`prometheus.WriteRequest`): decoded without copies, encoded for senders and
//! tests. Field numbers and rules: prometheus/prompb `remote.proto` and `types.proto`.
//! The decoder hands out label bytes as they came, so that receivers can recognise a series by
//! comparing bytes and parse labels of new series only.

pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod histogram;

pub use decode::{HistogramSample, Item, LabelPairs, Request, Sample, Series, SeriesItem};
pub use encode::{TimeSeries, encode, encode_snappy, put_label};
pub use histogram::BUCKETS_MAX;
