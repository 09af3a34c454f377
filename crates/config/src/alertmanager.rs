//! alertmanager.yml: routing tree, inhibition, time intervals, receivers and their templates.
//! Read by `load`; used by `alerts` (routes, inhibition, intervals) and `notify` (receivers).
//! Semantics: Alertmanager 0.34. Plain data: globals are merged into the receivers already.

mod read;
pub(crate) mod receivers;
mod unsupported;

use model::Matcher;
use receivers::Receiver;
use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};
use std::time::Duration;

pub use model::{MatcherMode, MatcherNote, NotedMatchers};
pub use read::{load, load_in};
pub use unsupported::unsupported_keys;

/// A whole alertmanager.yml.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertmanagerFile {
    /// How long an alert without end stays firing after its last sign of life.
    pub resolve_timeout: Duration,
    /// The tree of routes; its root matches every alert.
    pub route: Route,
    /// Receivers; names are unique, every route names one of them.
    pub receivers: Vec<Receiver>,
    /// Which alerts mute which.
    pub inhibit_rules: Vec<InhibitRule>,
    /// Named times (`time_intervals` and `mute_time_intervals`); each is a list of alternatives.
    pub time_intervals: BTreeMap<String, Vec<TimeInterval>>,
    /// Files with templates: paths joined with the directory of the file, each may be a glob.
    pub templates: Vec<String>,
}

/// A node of the routing tree, with everything inherited from its parent filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Name of the receiver.
    pub receiver: String,
    /// What makes alerts one group.
    pub group_by: GroupBy,
    /// Wait before the first notification of a group; 30 seconds by default.
    pub group_wait: Duration,
    /// Wait before a changed group is notified again; 5 minutes by default.
    pub group_interval: Duration,
    /// Wait before an unchanged group is notified again; 4 hours by default.
    pub repeat_interval: Duration,
    /// Conditions, all of which an alert must satisfy; empty: every alert. Sorted by name, value
    /// and operator, as upstream's group keys have them.
    pub matchers: Vec<Matcher>,
    /// Try the next sibling too after this route matched.
    pub continue_matching: bool,
    /// Nothing is sent while one of these named times lasts. Not inherited.
    pub mute_time_intervals: Vec<String>,
    /// When not empty, something is sent only while one of these named times lasts. Not inherited.
    pub active_time_intervals: Vec<String>,
    /// Labels of the route for templates (0.33); values are templates themselves. A child has its
    /// parent's labels and its own, which win.
    pub labels: BTreeMap<String, String>,
    /// Children, in the order in which they are tried.
    pub routes: Vec<Route>,
    /// Line in which the route begins, from 1; 0: in no file.
    pub line: usize,
    /// Keys among `receiver`, `group_by`, `group_wait`, `group_interval` and `repeat_interval` that
    /// the route has itself; the others are its parent's.
    pub own: Vec<&'static str>,
}

/// What makes alerts one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// `[...]`: every distinct label set is a group of its own.
    AllLabels,
    /// Equal values of these labels; none: all alerts of the route are one group.
    Labels(Vec<String>),
}

/// Alerts that mute others while they fire.
#[derive(Clone, Debug, PartialEq)]
pub struct InhibitRule {
    /// Name for logs and metrics.
    pub name: Option<String>,
    /// What must fire: for each source some alert, not necessarily the same one. Never empty;
    /// the form with `source_matchers` and `equal` is one source.
    pub sources: Vec<InhibitSource>,
    /// Which alerts are muted; empty: every alert.
    pub target: Vec<Matcher>,
}

/// One alert that must fire for an inhibition.
#[derive(Clone, Debug, PartialEq)]
pub struct InhibitSource {
    /// Conditions on the alert; empty: every alert.
    pub matchers: Vec<Matcher>,
    /// Labels that must have the same value, or be absent, in it and in the muted alert.
    pub equal: Vec<String>,
}

/// A set of times: an instant is in it when it satisfies every field that is not empty.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TimeInterval {
    /// Minutes of the day, the end excluded; 1440 is midnight at the day's end.
    pub times: Vec<Range<u16>>,
    /// Days of the week, Sunday is 0.
    pub weekdays: Vec<RangeInclusive<u8>>,
    /// Days of the month from 1; negative ones count from its end, -1 is the last day. Never 0.
    /// A range that leaves the month ends with it.
    pub days_of_month: Vec<RangeInclusive<i8>>,
    /// Months, January is 1.
    pub months: Vec<RangeInclusive<u8>>,
    /// Years.
    pub years: Vec<RangeInclusive<i32>>,
    /// Time zone of all fields; absent: UTC.
    pub location: Option<jiff::tz::TimeZone>,
}
