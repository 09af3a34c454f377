//! Modules that ask databases: PostgreSQL and Redis. Flyball's own; the exporter has none.
//! Read here, used by the probe shell, which asks through the clients of the collectors.

use super::read::{ip_choice, regex_of, tls_section};
use super::{IpChoice, SearchRegex};
use crate::read::Section;
use crate::{SecretSource, SslMode, TlsConfig};
use model::units;
use std::time::Duration;

/// Who asks a database, and how the way there is encrypted.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DatabaseAccess {
    /// Which address is probed.
    pub ip: IpChoice,
    /// User or role; empty: Redis' default user.
    pub username: String,
    /// Password.
    pub password: Option<SecretSource>,
    /// TLS towards the server.
    pub tls_config: TlsConfig,
}

/// What a server of a replicated database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DatabaseRole {
    /// It takes writes.
    Primary,
    /// It follows another one.
    Replica,
}

impl DatabaseRole {
    /// Name in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Replica => "replica",
        }
    }
}

/// A login at PostgreSQL, and what must hold then.
#[derive(Clone, Debug, PartialEq)]
pub struct PostgresProbe {
    /// Who asks.
    pub access: DatabaseAccess,
    /// Database; that of the user's name by default.
    pub database: Option<String>,
    /// How much TLS is wanted.
    pub ssl_mode: SslMode,
    /// A query, which may change nothing.
    pub query: Option<String>,
    /// What the first value of its first row must be like.
    pub expect: Option<SearchRegex>,
    /// What the server must be.
    pub role: Option<DatabaseRole>,
    /// How far a replica may be behind.
    pub lag_max: Option<Duration>,
}

impl Default for PostgresProbe {
    fn default() -> Self {
        let (access, ssl_mode) = (DatabaseAccess::default(), SslMode::Prefer);
        let (database, query, expect, role, lag_max) = Default::default();
        Self { access, database, ssl_mode, query, expect, role, lag_max }
    }
}

/// A login at Redis and PING, and what must hold then.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct RedisProbe {
    /// Who asks.
    pub access: DatabaseAccess,
    /// Speak TLS.
    pub tls: bool,
    /// What the server must be.
    pub role: Option<DatabaseRole>,
    /// How far a replica may be behind.
    pub lag_max: Option<Duration>,
}

const ROLES: [(&str, DatabaseRole); 3] = [
    ("primary", DatabaseRole::Primary),
    ("master", DatabaseRole::Primary),
    ("replica", DatabaseRole::Replica),
];

/// Modes of libpq; `allow` and `verify-ca` are taken for the stricter ones beside them.
const SSL_MODES: [(&str, SslMode); 6] = [
    ("disable", SslMode::Disable),
    ("allow", SslMode::Prefer),
    ("prefer", SslMode::Prefer),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::Verify),
    ("verify-full", SslMode::Verify),
];

fn access(section: &Section<'_>) -> DatabaseAccess {
    DatabaseAccess {
        ip: ip_choice(section),
        username: section.filled("username").unwrap_or_default(),
        password: section.secret_or_file("password", "password_file"),
        tls_config: tls_section(section),
    }
}

/// Role and delay; a server that must be a primary has no delay.
fn replication(section: &Section<'_>) -> (Option<DatabaseRole>, Option<Duration>) {
    let role = section.choice("role", &ROLES);
    let parse = units::parse_go_duration;
    let lag = section.parsed("max_replication_lag", "a duration", Duration::ZERO, parse);
    if lag.is_some() && role == Some(DatabaseRole::Primary) {
        section.problem("max_replication_lag", "it is for replicas; `role` says `primary`");
    }
    (role, lag)
}

pub(super) fn postgres(section: Section<'_>) -> PostgresProbe {
    let access = access(&section);
    if access.username.is_empty() {
        section.problem_here("a module of PostgreSQL needs `username`");
    }
    let expect = section.get("expect").filter(|_| section.is_filled("expect"));
    let expect = expect.and_then(|node| regex_of(section.reader, node, "expect"));
    let query = section.filled("query");
    if expect.is_some() && query.is_none() {
        section.problem("expect", "`expect` looks at what `query` gives; it is missing");
    }
    let (role, lag_max) = replication(&section);
    let (database, ssl_mode) = (section.filled("database"), section.choice("sslmode", &SSL_MODES));
    section.finish();
    let ssl_mode = ssl_mode.unwrap_or(SslMode::Prefer);
    PostgresProbe { access, database, ssl_mode, query, expect, role, lag_max }
}

pub(super) fn redis(section: Section<'_>) -> RedisProbe {
    let access = access(&section);
    if !access.username.is_empty() && access.password.is_none() {
        section.problem("username", "`username` needs `password` or `password_file`");
    }
    let tls = section.flag("tls").unwrap_or_default();
    let (role, lag_max) = replication(&section);
    section.finish();
    RedisProbe { access, tls, role, lag_max }
}
