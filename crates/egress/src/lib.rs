//! What other servers read from this one: federation (`/federate`) and remote read.
//! Questions go to any `model::Querier`; `api` mounts the routes.
//! A shell: it decides nothing about samples, only about requests (forms, limits, waiting).

mod federate;
mod limits;
mod read;

pub use federate::{FEDERATE_PATH, federate_route};
pub use limits::{Egress, EgressOptions};
pub use read::{READ_PATH, read_route};
