//! Receivers: delivers notifications to the outside.
