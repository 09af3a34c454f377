//! Why a probe failed, as one of a few words: a label must not grow with the texts of errors.

use net::ErrorKind;

/// Why a probe failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The target is not written as the prober needs it, or a setting cannot work.
    Config,
    /// The name has no address.
    Resolve,
    /// The policy forbids the address.
    Forbidden,
    /// No connection, or no socket.
    Connect,
    /// The TLS handshake failed; most often the certificate.
    Tls,
    /// The time was up.
    Timeout,
    /// The peer did not keep to the protocol or hung up.
    Protocol,
    /// Too many redirects, or one to nowhere.
    Redirect,
    /// A status code that is not accepted.
    Status,
    /// A version of the protocol that is not accepted.
    Version,
    /// A header is not as it must be.
    Header,
    /// The body is not as it must be, too long, or cannot be read.
    Body,
    /// What was expected did not come.
    Expect,
    /// TLS where there must be none, or none where there must be TLS.
    Encryption,
    /// A response code of DNS that is not accepted.
    Rcode,
    /// Records are not as they must be.
    Records,
    /// The service says that it does not serve.
    NotServing,
    /// A condition does not hold.
    Condition,
    /// User name or password were refused, or a right is missing.
    Auth,
    /// A database refused the query.
    Query,
    /// A database is not what it must be: primary or replica.
    Role,
    /// A replica is too far behind, or cannot say how far.
    Lag,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 22] = [
        Self::Config,
        Self::Resolve,
        Self::Forbidden,
        Self::Connect,
        Self::Tls,
        Self::Timeout,
        Self::Protocol,
        Self::Redirect,
        Self::Status,
        Self::Version,
        Self::Header,
        Self::Body,
        Self::Expect,
        Self::Encryption,
        Self::Rcode,
        Self::Records,
        Self::NotServing,
        Self::Condition,
        Self::Auth,
        Self::Query,
        Self::Role,
        Self::Lag,
    ];

    /// Value of the label `reason`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Resolve => "resolve",
            Self::Forbidden => "forbidden",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Protocol => "protocol",
            Self::Redirect => "redirect",
            Self::Status => "status",
            Self::Version => "version",
            Self::Header => "header",
            Self::Body => "body",
            Self::Expect => "expect",
            Self::Encryption => "encryption",
            Self::Rcode => "rcode",
            Self::Records => "records",
            Self::NotServing => "not_serving",
            Self::Condition => "condition",
            Self::Auth => "auth",
            Self::Query => "query",
            Self::Role => "role",
            Self::Lag => "lag",
        }
    }

    /// The reason of a name; what a newer worker knows is a failure all the same.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    pub(crate) fn of_fault(fault: &services::Fault) -> Self {
        use services::Reason as Fault;
        match fault.reason {
            Fault::Config | Fault::Io => Self::Config,
            Fault::Connect => Self::Connect,
            Fault::Tls => Self::Tls,
            Fault::Auth | Fault::Permission => Self::Auth,
            Fault::Timeout => Self::Timeout,
            Fault::NotReady => Self::NotServing,
            Fault::Protocol | Fault::Limit => Self::Protocol,
            Fault::Refused | Fault::Unsupported => Self::Query,
        }
    }

    pub(crate) fn of(error: &net::Error) -> Self {
        match error.kind() {
            ErrorKind::Forbidden => Self::Forbidden,
            ErrorKind::Resolve => Self::Resolve,
            ErrorKind::Connect => Self::Connect,
            ErrorKind::Tls => Self::Tls,
            ErrorKind::Timeout => Self::Timeout,
            ErrorKind::Redirect => Self::Redirect,
            ErrorKind::BodySize | ErrorKind::Decode => Self::Body,
            ErrorKind::Config | ErrorKind::Unsupported => Self::Config,
            _ => Self::Protocol,
        }
    }
}
