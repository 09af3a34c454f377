//! Integration tests of the loaders: conformance with upstream's files, and whole-file errors.

mod conformance;
mod prometheus_config;
mod verdicts;
