//! Remote write 2.0 (`io.prometheus.write.v2.Request`): every text of a request stands once in its
//! table of symbols, series refer to it by number. Samples, histograms and exemplars are those of
//! version 1.0 with the instant at which they began. Field numbers: prompb `write/v2/types.proto`.

mod decode;
mod encode;

pub use decode::{LabelRefs, Metadata, Request, SYMBOLS_MAX, Series};
pub use encode::{TimeSeries, encode, encode_snappy};
