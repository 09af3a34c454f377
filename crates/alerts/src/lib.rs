//! Between an alert and its notification: routing tree, groups, timers, inhibition, silences, time
//! intervals, deduplication, retries, and the memory of all that.
//! Fed by `rules` and the API, drained by `notify`. Pure: time comes in, notifications go out as
//! effects. Semantics: Alertmanager 0.34; what is better is switched off by [`Compat::Strict`].
//! INV-50: an alert that matches no child stays with its parent; it is never dropped.

mod alert;
mod alert_log;
mod alert_set;
mod change;
mod dedup;
mod delivery;
mod dispatch;
mod group;
mod group_index;
mod history;
mod inhibit;
mod interval;
mod letter;
mod notification;
mod past;
mod record;
mod retry;
mod route;
mod silence;
#[cfg(test)]
mod stage;
mod table;
mod texts;

pub use alert::{Alert, KeptAlert, Moment, fingerprint};
pub use alert_log::AlertLog;
pub use change::{Change, Saved};
pub use delivery::{DeliveryCounts, IntegrationStatus};
pub use dispatch::{
    AlertSelection, AlertState, AlertStatus, Compat, Delivery, Dispatcher, DispatcherStats, Effect,
    Event, GroupStatus, Sample, Settings, Ticket,
};
pub use history::{Decision, Verdict};
pub use letter::DeadLetter;
pub use notification::{Notification, NotifiedAlert, Reason};
pub use route::{Integration, Receiver, RouteError, RouteView, Way};
pub use silence::{
    DURING, RESOLVED, SILENCES_MAX, Silence, SilenceError, SilenceState, UNTIL, WEEKLY,
};
pub use texts::Texts;
