//! The rooms behind the API as small fakes; shared by unit tests and by `tests/it`.
//! Data are fixed, so that answers can be compared as text.

mod alerting;
mod querier;
pub(crate) mod rooms;

pub(crate) use alerting::Alerting;
pub(crate) use querier::sample_store;
pub(crate) use rooms::{Rooms, state};
