//! Rule groups and the states of alerting rules as pure state machines in virtual time.
//! Fed with ticks and query results, emits queries, samples and alerts; the shell carries them.
//! Pure: no clock, no files, no network; it never evaluates an expression itself.

mod alert;
mod group;
mod rule;
mod schedule;
mod spec;

pub use alert::{ActiveAlert, AlertState};
pub use group::{Effect, Event, Group, GroupOptions, QueryAnswer, SentAlert};
pub use rule::{Health, RuleStatus};
pub use schedule::Schedule;
pub use spec::{AlertingSpec, GroupSpec, RecordingSpec, RuleQuery, RuleSpec};
