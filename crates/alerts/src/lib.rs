//! Between an alert and its notification: routing tree, groups, timers, deduplication, retries.
//! Fed by `rules`, drained by `notify`. Pure: time comes in, notifications go out as effects.
//! INV-50: an alert that matches no child stays with its parent; it is never dropped.

mod alert;
mod dedup;
mod dispatch;
mod group;
mod notification;
mod retry;
mod route;

pub use alert::{Alert, Moment};
pub use dispatch::{Delivery, Dispatcher, DispatcherStats, Effect, Event, Ticket};
pub use notification::{Notification, NotifiedAlert, Reason};
pub use route::{GroupBy, Receiver, Route, RouteError, RouteOptions};
