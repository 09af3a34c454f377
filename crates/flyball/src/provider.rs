//! Adapters: what the API asks, answered by the rooms behind it.
//! Plain conversions; a decision here would be in the wrong place.

mod alerts;
mod orders;
pub(crate) mod rules;
mod status;
mod targets;

pub(crate) use alerts::Alerts;
pub(crate) use orders::{Admin, Lifecycle, Metrics};
pub(crate) use rules::Rules;
pub(crate) use status::{Facts, Status, parts};
pub(crate) use targets::Targets;
