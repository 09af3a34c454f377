//! Relabelling rules applied to label sets.
