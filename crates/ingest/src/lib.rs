//! HTTP receivers for pushed samples.
