//! In-process collectors under node_exporter's names.
