//! Why the server could not start or stopped serving.
//! Requests have their own errors (`reply`): they answer a client, this one answers the operator.

use std::io;

/// What kind of trouble stopped the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// An option contradicts another one or cannot be understood.
    Options,
    /// Listening without authentication on an address that others can reach.
    Exposure,
    /// The address is taken or not ours.
    Bind,
    /// The web configuration file or a certificate cannot be used.
    WebConfig,
}

/// The server cannot start.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// Kind, for callers that decide.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    pub(crate) fn bind(address: &str, source: io::Error) -> Self {
        let message = format!("cannot listen on {address}: {source}");
        Self { kind: ErrorKind::Bind, message, source: Some(source.into()) }
    }
}
