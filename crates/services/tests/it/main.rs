//! Collectors beside the exporters whose names they take, on real servers; faults of the servers.

mod compare;
mod containers;
mod hostile;
mod nginx;
mod postgres;
mod redis;
mod rules;
mod world;
