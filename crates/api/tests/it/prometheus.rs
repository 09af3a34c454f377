//! A real Prometheus as a model.
