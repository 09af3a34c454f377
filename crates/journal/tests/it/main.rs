//! The journal against a simulated disk: use, damage, faults, thousands of crashes.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod basics;
mod damage;
mod durability;
mod faults;
mod simulation;
mod world;
