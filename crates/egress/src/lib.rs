//! What leaves for other servers: they read by federation (`/federate`) and remote read, and are
//! sent every stored sample by remote write.
//! Questions go to any `model::Querier`, `api` mounts the routes; senders read the tail of `tsdb`.

mod federate;
mod limits;
mod read;
mod sender;

pub use federate::{FEDERATE_PATH, federate_route};
pub use limits::{Egress, EgressOptions};
pub use read::{READ_PATH, read_route};
pub use sender::{BACKLOG_BYTES_MAX, Senders};
