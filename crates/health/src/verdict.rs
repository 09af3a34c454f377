//! What a judgement says: per component and for the whole a score, a word, and where each missing
//! point went.

use crate::{Band, Criticality};
use model::Timestamp;

/// What a deduction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A vital target is down: a limit.
    Vital,
    /// Targets are down.
    Down,
    /// Nothing is known, or not enough.
    Unknown,
    /// An alert fires.
    Alert,
    /// An objective burns its budget.
    Burn,
    /// An objective has used up its budget.
    Budget,
    /// Something fills up.
    Saturation,
    /// What it depends on is ill.
    Dependency,
    /// A collector has no data.
    Collector,
}

impl Kind {
    /// The word in answers and series.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vital => "vital",
            Self::Down => "down",
            Self::Unknown => "unknown",
            Self::Alert => "alert",
            Self::Burn => "burn",
            Self::Budget => "budget",
            Self::Saturation => "saturation",
            Self::Dependency => "dependency",
            Self::Collector => "collector",
        }
    }
}

/// Points that are missing, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deduction {
    /// Points off; 0 where something is wrong but nothing was left to take.
    pub points: u8,
    /// What for.
    pub kind: Kind,
    /// What it is about: an instance, an alert, another component.
    pub subject: String,
    /// What is wrong, as a clause.
    pub reason: String,
    /// What to do next; may be empty.
    pub remedy: String,
    /// Path of the page that shows more; may be empty.
    pub link: String,
    /// Since when it has been wrong, as far as is remembered.
    pub since: Timestamp,
}

/// How a component is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Name of the component; [`crate::WHOLE`] for the whole.
    pub component: String,
    /// Its name for people.
    pub title: String,
    /// How much it is needed.
    pub criticality: Criticality,
    /// What it depends on.
    pub depends_on: Vec<String>,
    /// Where it says what to do; may be empty.
    pub runbook: String,
    /// 0 to 100; none while nothing is known.
    pub score: Option<u8>,
    /// The score in a word, with hysteresis.
    pub band: Band,
    /// Since when the word is this one.
    pub since: Timestamp,
    /// Targets, services and probes that belong to it.
    pub subjects: usize,
    /// Missing points, most first; with the score they sum to 100. Of a component of which nothing
    /// is known, what it is counted with in the whole.
    pub deductions: Vec<Deduction>,
}

/// All verdicts of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// When it was judged.
    pub at: Timestamp,
    /// The whole.
    pub whole: Verdict,
    /// Components, each after those it depends on.
    pub components: Vec<Verdict>,
}
