//! From files to what runs: reads, parses and checks everything a configuration names.

mod rules;

pub(crate) use rules::{GroupDefaults, parse as parse_rules};
