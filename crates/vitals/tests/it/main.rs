//! What `vitals` makes of targets, alerts and samples: the whole way from a store to the answer.
#![expect(clippy::unwrap_used, reason = "a step that cannot be made is a failed test")]

mod answers;
mod forecasts;
mod start;
mod town;
