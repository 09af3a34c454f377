//! A simulated outside world for tests of every crate: files that crash, clocks that jump, seeded
//! chance. `SimVfs` stands where `OsVfs` stands; tests alone build it, no production path does.
//! Deterministic: equal seeds and equal calls give equal bytes, errors and traces.

mod clock;
mod disk;
mod fault;
mod names;
mod pages;
mod rng;
mod vfs;

#[cfg(test)]
mod tests;

pub use clock::SimClock;
pub use fault::{OpKind, is_crash};
pub use rng::{SimEntropy, SimRng};
pub use vfs::SimVfs;
