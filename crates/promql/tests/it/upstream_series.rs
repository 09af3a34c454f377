//! upstream_series
