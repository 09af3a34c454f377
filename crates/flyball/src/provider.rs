//! Adapters: what the API asks, answered by the rooms behind it.
//! Plain conversions; a decision here would be in the wrong place.

mod rules;

pub(crate) use rules::Rules;
