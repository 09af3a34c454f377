//! What others know, as plain values.

use health::Reach;
use model::{Labels, Timestamp};
use std::time::Duration;

/// Asked at every judgement; answers at once.
pub trait World: Send + Sync {
    /// Targets, services and probes.
    fn targets(&self) -> Vec<TargetState>;
    /// Shows alerts that fire, each once, in any order: there may be a hundred thousand.
    fn alerts(&self, see: &mut dyn FnMut(&FiringAlert<'_>));
    /// Parts of the server itself.
    fn parts(&self) -> Vec<OwnPart>;
}

/// A target as of its last scrape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetState {
    /// Labels of its samples.
    pub labels: Labels,
    /// Did the last scrape succeed?
    pub reach: Reach,
    /// Why not; empty after success.
    pub error: String,
    /// When it was scraped last.
    pub last_scrape: Option<Timestamp>,
    /// Time between two scrapes.
    pub interval: Duration,
    /// Is it a probe? Then a scrape that succeeds says only that a probe was made.
    pub is_probe: bool,
}

/// An alert that fires, as it is looked at.
pub struct FiringAlert<'a> {
    /// Identity.
    pub labels: &'a Labels,
    /// The annotation of a name, if there is one.
    pub annotation: &'a dyn Fn(&str) -> Option<String>,
}

/// A part of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPart {
    /// Its name.
    pub name: String,
    /// Does it work?
    pub works: bool,
    /// What it says.
    pub message: String,
}
