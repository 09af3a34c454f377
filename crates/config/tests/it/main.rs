//! Integration tests of the loaders: conformance with upstream's files, and whole-file errors.

#[cfg(test)]
mod alertmanager;
#[cfg(test)]
mod amtool;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod prometheus_config;
#[cfg(test)]
mod verdicts;
