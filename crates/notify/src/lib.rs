//! Receivers: turns notifications into the messages that their receivers understand and delivers
//! them. Fed by `alerts`, which decides what is told when and what is tried again.
//! One file per kind of receiver; templates, redaction, counting and sending are shared.

pub mod alertmanager;
mod failure;
mod integration;
mod metrics;
mod payload;
mod post;
mod receivers;
mod redaction;
mod rehearsal;
mod templates;
mod text;
mod tree;
mod view;

pub use failure::{DeliveryError, FailureReason};
pub use integration::{Integration, Surroundings};
pub use metrics::Metrics;
pub use payload::{template_data, webhook_message};
pub use redaction::Redaction;
pub use rehearsal::rehearse;
pub use templates::Templates;
pub use view::TemplateProblem;
