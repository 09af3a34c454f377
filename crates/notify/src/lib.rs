//! Receivers: turns notifications into the messages that their receivers understand and delivers
//! them. Fed by `alerts`, which decides what is told when and what is tried again.
//! One file per kind of receiver.

pub mod alertmanager;
mod failure;
pub mod webhook;

pub use failure::DeliveryError;
