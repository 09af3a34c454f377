//! Electronic mail.

use super::built_in;
use crate::{SecretSource, TlsConfig};

/// Mail through one SMTP server.
#[derive(Clone, Debug, PartialEq)]
pub struct EmailConfig {
    /// Addresses to notify, comma separated.
    pub to: String,
    /// Address of the sender.
    pub from: String,
    /// Name for the `EHLO` greeting; empty: the library's own.
    pub hello: String,
    /// Server that takes the mail.
    pub smarthost: HostPort,
    /// User for CRAM-MD5, PLAIN and LOGIN; empty: no authentication. Not a template.
    pub auth_username: String,
    /// Password for PLAIN and LOGIN.
    pub auth_password: Option<SecretSource>,
    /// Secret for CRAM-MD5.
    pub auth_secret: Option<SecretSource>,
    /// Identity for PLAIN. Not a template.
    pub auth_identity: String,
    /// Headers, names in canonical form, sorted; `From`, `Subject` and `To` are always there.
    pub headers: Vec<(String, String)>,
    /// HTML body; empty: none.
    pub html: String,
    /// Plain text body; empty: none.
    pub text: String,
    /// Refuse to send without TLS; true by default.
    pub require_tls: bool,
    /// TLS from the first byte: always, never, or (absent) only on port 465.
    pub force_implicit_tls: Option<bool>,
    /// TLS towards the server.
    pub tls: TlsConfig,
    /// How the mails of a group are tied together; absent: not at all.
    pub threading: Option<EmailThreading>,
}

impl Default for EmailConfig {
    fn default() -> Self {
        Self {
            to: String::new(),
            from: String::new(),
            hello: "localhost".to_owned(),
            smarthost: HostPort::default(),
            auth_username: String::new(),
            auth_password: None,
            auth_secret: None,
            auth_identity: String::new(),
            headers: Vec::new(),
            html: built_in("email.default.html"),
            text: String::new(),
            require_tls: true,
            force_implicit_tls: None,
            tls: TlsConfig::default(),
            threading: None,
        }
    }
}

impl EmailConfig {
    /// The subject of a mail whose file names none.
    pub(crate) fn default_subject() -> String {
        built_in("email.default.subject")
    }
}

/// How the mails of a group are tied together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EmailThreading {
    /// One thread for ever (`none`).
    Forever,
    /// A new thread each day (`daily`).
    Daily,
}

/// A host with a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct HostPort {
    /// Name or address, without brackets; empty: this machine.
    pub host: String,
    /// Port; 0 only where none was configured.
    pub port: u16,
}
