//! The database through its doors: appending, asking, restarting, maintaining, and everything that
//! a disk can do to it.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod basics;
mod concurrency;
mod damage;
mod delete;
mod faults;
mod import;
mod inspection;
mod late;
mod opening;
mod oracle;
mod questions;
mod refusals;
mod rest;
mod simulated_answers;
mod simulation;
mod tail;
mod upkeep;
mod world;
