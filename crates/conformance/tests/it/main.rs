//! Differential tests of the query engine: against the oracle, and of the oracle itself.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod document;
mod model;
mod scripts;
mod witness;

/// A number from the environment.
fn number(name: &str, default: usize) -> usize {
    let given = std::env::var(name).ok();
    given.map_or(default, |text| text.parse().unwrap())
}
