//! upstream_expressions
