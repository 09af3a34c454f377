//! HTTP APIs in the dialects of Prometheus and Flyball.
