//! Why a part of a collection has no data: a bounded word for a label, a sentence for people.

use std::fmt;

/// What kind of trouble a service or its answer made; few, because each becomes a label value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// A setting or a file it names cannot be used.
    Config,
    /// No connection: the name, the address or the peer refuses.
    Connect,
    /// The TLS handshake failed.
    Tls,
    /// User name or password were refused, or are missing.
    Auth,
    /// The role may not do what the part needs.
    Permission,
    /// No answer within the time allowed.
    Timeout,
    /// The service is there and cannot answer now: it starts, or loads its data.
    NotReady,
    /// The answer is not what the protocol promises.
    Protocol,
    /// The service refused a request.
    Refused,
    /// The service does not have what the part reads.
    Unsupported,
    /// The answer or its number of series is beyond its limit.
    Limit,
    /// A file could not be read.
    Io,
}

impl Reason {
    /// The word, for a label.
    pub fn word(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Auth => "auth",
            Self::Permission => "permission",
            Self::Timeout => "timeout",
            Self::NotReady => "not_ready",
            Self::Protocol => "protocol",
            Self::Refused => "refused",
            Self::Unsupported => "unsupported",
            Self::Limit => "limit",
            Self::Io => "io",
        }
    }
}

/// Trouble of one part of a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Kind.
    pub reason: Reason,
    /// The sentence for people; holds no secret.
    pub message: String,
    /// The server said so itself: the connection stays in order.
    answered: bool,
}

impl Fault {
    /// A fault with its sentence: what was attempted, where, what was found.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), answered: false }
    }

    /// A fault that is the server's answer.
    pub(crate) fn answered(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), answered: true }
    }

    /// Is the connection of no more use?
    pub(crate) fn ends_connection(&self) -> bool {
        !self.answered
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl From<net::Error> for Fault {
    fn from(error: net::Error) -> Self {
        use net::ErrorKind as Kind;
        let reason = match error.kind() {
            Kind::Config | Kind::Forbidden | Kind::Unsupported => Reason::Config,
            Kind::Tls => Reason::Tls,
            Kind::Timeout => Reason::Timeout,
            Kind::BodySize => Reason::Limit,
            Kind::Protocol | Kind::Redirect | Kind::Decode => Reason::Protocol,
            _ => Reason::Connect,
        };
        Self::new(reason, error.describe())
    }
}
