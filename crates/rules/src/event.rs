//! What happens to a group and what its shell must do for it.

use crate::for_state::ForState;
use crate::saved::RuleChanges;
use crate::spec::RuleQuery;
use model::{Labels, Matcher, Timestamp, Value};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Elements of a query's result; a scalar is one element without labels.
pub type Elements = Vec<(Labels, Value)>;

/// A sample to be written.
pub type Written = (Labels, Value);

/// What happens to a group.
#[derive(Clone, Debug)]
pub enum Event {
    /// The evaluation of the grid instant `at` is due.
    Tick {
        /// Instant on the group's grid.
        at: Timestamp,
        /// Monotonic time now.
        monotonic: Duration,
    },
    /// The answer to the last [`Effect::Query`].
    Answer(QueryAnswer),
    /// The answer to the last [`Effect::Restore`].
    Restored(Result<Vec<ForState>, String>),
    /// The group was removed: its series end.
    Retire {
        /// Time of the markers.
        at: Timestamp,
        /// Series that other groups write now; they go on.
        kept: BTreeSet<Labels>,
    },
}

/// Result of a query.
#[derive(Clone, Debug)]
pub struct QueryAnswer {
    /// Elements of the result, or the error.
    pub result: Result<Elements, String>,
    /// How long it took.
    pub took: Duration,
}

/// What the shell must do, in this order.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Evaluate the query and answer with [`Event::Answer`].
    Query {
        /// Query of a rule or of a template.
        query: Arc<RuleQuery>,
        /// Instant to evaluate at.
        at: Timestamp,
    },
    /// Look up the last samples of series and answer with [`Event::Restored`]: see
    /// [`crate::last_for_states`].
    Restore {
        /// Which series.
        matchers: Vec<Matcher>,
        /// Earliest instant.
        from: Timestamp,
        /// Latest instant.
        until: Timestamp,
    },
    /// Remember alerts on disk before anybody is told of them: see [`crate::StateLog::remember`].
    Remember(RuleChanges),
    /// Store samples; they must be visible to the next query.
    Append {
        /// Label sets and values.
        samples: Vec<Written>,
        /// Time of the samples.
        at: Timestamp,
    },
    /// Hand alerts to routing.
    Alerts(Vec<SentAlert>),
    /// Tell people that an evaluation of a rule failed.
    Failed {
        /// Name of the rule.
        rule: String,
        /// Why.
        error: String,
    },
    /// The evaluation is finished.
    Done,
}

/// An alert as routing and external receivers see it.
#[derive(Clone, Debug, PartialEq)]
pub struct SentAlert {
    /// Identity, with external labels, relabelled.
    pub labels: Labels,
    /// Texts for people.
    pub annotations: Vec<(String, String)>,
    /// When it began to fire.
    pub starts_at: Timestamp,
    /// When it ended, or when it ends unless it is sent again.
    pub ends_at: Timestamp,
    /// Has it ended?
    pub resolved: bool,
    /// Expression that led to it.
    pub expr: String,
}
