//! Probes of real servers, beside Debian's `blackbox_exporter` where it is installed.

mod beside;
mod databases;
mod dns;
mod exporter;
mod fuzz;
mod grpc;
mod hostile;
mod mail;
mod policy;
mod secure_dns;
mod servers;
mod websocket;
