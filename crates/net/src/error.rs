//! The one error of this crate. Its text never holds a password, token or key.

use std::fmt::{self, Write as _};

/// What kind of trouble ended an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The settings cannot work: unreadable files, keys that do not parse, bad URLs.
    Config,
    /// The address policy forbids the address.
    Forbidden,
    /// The name has no address.
    Resolve,
    /// No connection.
    Connect,
    /// The TLS handshake failed.
    Tls,
    /// The deadline passed.
    Timeout,
    /// The peer broke HTTP or hung up.
    Protocol,
    /// Too many redirects, or one to nowhere.
    Redirect,
    /// The body is larger than allowed.
    BodySize,
    /// The body cannot be decompressed.
    Decode,
    /// A setting that this version does not act on.
    Unsupported,
}

/// An exchange that failed.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    pub(crate) fn caused_by(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Kind, for callers that decide.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The sentence with all its causes, for people who read it in a list of targets.
    pub fn describe(&self) -> String {
        let mut text = self.message.clone();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let _infallible = write!(text, ": {error}");
            cause = error.source();
        }
        text
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.source {
            Some(source) => Some(source.as_ref()),
            None => None,
        }
    }
}

/// Finds an own error among the causes of a foreign one (a connector's error inside hyper's).
pub(crate) fn own_cause(
    error: Box<dyn std::error::Error + Send + Sync>,
) -> Result<Error, Box<dyn std::error::Error + Send + Sync>> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error.as_ref());
    while let Some(found) = cause {
        if let Some(own) = found.downcast_ref::<Error>() {
            return Ok(Error::new(own.kind, own.describe()));
        }
        cause = found.source();
    }
    Err(error)
}
