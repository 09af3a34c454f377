//! Collectors beside the exporters whose names they take, on real servers; faults of the servers.

mod compare;
mod hostile;
mod postgres;
mod redis;
mod world;
