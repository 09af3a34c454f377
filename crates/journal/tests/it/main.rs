//! The journal against a simulated disk: use, damage, faults, thousands of crashes.

mod basics;
mod damage;
mod faults;
mod simulation;
mod world;
