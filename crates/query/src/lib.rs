//! PromQL evaluation over a `Querier`.
