//! Rule groups and the states of alerting rules as pure state machines in virtual time.
//! Fed with ticks and query results, emits queries, samples and alerts; the shell carries them.
//! Pure: no clock, no files, no network; it never evaluates an expression itself.

mod alert;
mod event;
mod expand;
mod extras;
mod for_state;
mod group;
mod options;
mod rule;
mod saved;
mod schedule;
mod spec;
mod state_log;

pub use alert::{ActiveAlert, AlertState};
pub use event::{Effect, Elements, Event, QueryAnswer, SentAlert, Written};
pub use extras::{Extras, FireAfter, FlapDamping, OnMissing};
pub use for_state::{ForState, last_for_states};
pub use group::{Group, GroupCounts};
pub use options::{GroupOptions, Surroundings};
pub use rule::{Health, RuleStatus};
pub use saved::{AlertChange, RuleChanges, RuleKey, SavedAlerts};
pub use schedule::Schedule;
pub use spec::{AlertingSpec, GroupSpec, RecordingSpec, RuleQuery, RuleSpec, Text};
pub use state_log::{ALIVE_EVERY, StateLog};
