//! Probes from elsewhere: the server asks a worker (the same binary), which probes and forgets.
//! What stands between the two is `wire`; thresholds, certificates and conditions' history stay
//! with the server. A worker that does not answer leaves a target unknown, never down (INV-102).

mod location;
mod route;
mod wire;

pub use location::{Location, Unanswered, Unknown};
pub use route::{Worker, worker_metrics, worker_route};
pub use wire::Question;
