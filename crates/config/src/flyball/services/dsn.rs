//! Data source names of PostgreSQL: URLs and `name=value` pairs, as libpq reads them.
//! Messages name what is wrong and repeat nothing of it: a DSN may hold a password.

use super::ServiceAddress;
use crate::{Secret, SecretSource, TextSource, TlsConfig};

#[cfg(test)]
mod tests;

/// Directory of the socket on Debian, where no host is named.
const SOCKET_DIRECTORY: &str = "/var/run/postgresql";

/// Where a PostgreSQL server is and who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dsn {
    /// Where it listens.
    pub address: ServiceAddress,
    /// Role.
    pub user: String,
    /// Password.
    pub password: Option<Secret>,
    /// Database.
    pub database: String,
    /// Name that the server shows for the session.
    pub application_name: String,
    /// How much TLS is wanted.
    pub ssl_mode: SslMode,
    /// TLS towards the server.
    pub tls: TlsConfig,
}

/// How much TLS is wanted, as libpq's `sslmode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SslMode {
    /// None.
    Disable,
    /// If the server can; its certificate is not checked.
    Prefer,
    /// Nothing goes without; its certificate is not checked.
    Require,
    /// Nothing goes without; certificate and name are checked.
    Verify,
}

/// Parameters as they are found.
#[derive(Default)]
struct Found {
    host: String,
    port: Option<u16>,
    user: String,
    password: Option<Secret>,
    database: String,
    application_name: Option<String>,
    ssl_mode: Option<SslMode>,
    tls: TlsConfig,
}

impl Dsn {
    /// Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=...` or
    /// `host=... user=... dbname=...`.
    ///
    /// # Errors
    /// A sentence that repeats nothing of the text but names of parameters.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut found = Found::default();
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            from_url(text, &mut found)?;
        } else {
            from_pairs(text, &mut found)?;
        }
        found.resolve()
    }
}

/// A part of a URL with its escapes (`%40`) resolved.
fn decoded(text: &str) -> Result<String, String> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let escape = (*first == b'%').then(|| after.get(..2)).flatten();
        let escape = escape.and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = escape.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if *first == b'%' && byte.is_none() {
            return Err("the DSN has a `%` without two hexadecimal digits".to_owned());
        }
        bytes.push(byte.unwrap_or(*first));
        rest = &after[if byte.is_some() { 2 } else { 0 }..];
    }
    // The cause of a failed conversion holds the bytes, so it stays out of the message.
    String::from_utf8(bytes).ok().ok_or_else(|| "a part of the DSN is not UTF-8".to_owned())
}

/// `SCHEME://USER:PASSWORD@HOST:PORT/DATABASE?NAME=VALUE&...`
fn from_url(text: &str, found: &mut Found) -> Result<(), String> {
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    let (who, place) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = who.split_once(':').map_or((who, None), |(u, p)| (u, Some(p)));
    found.user = decoded(user)?;
    found.password = password.map(decoded).transpose()?.map(Secret::new);
    found.database = decoded(database)?;
    let behind = place.rfind(']').unwrap_or_default();
    let (host, port) = match place[behind..].rfind(':') {
        Some(at) => (&place[..behind + at], Some(&place[behind + at + 1..])),
        None => (place, None),
    };
    found.host = decoded(host)?;
    if let Some(port) = port {
        found.set("port", port)?;
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or("the DSN has a name without `=`")?;
        found.set(&decoded(name)?, &decoded(value)?)?;
    }
    Ok(())
}

/// `name=value` with spaces between; values with spaces stand in single quotes.
fn from_pairs(text: &str, found: &mut Found) -> Result<(), String> {
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or("the DSN has a name without `=`")?;
        let after = after.trim_start();
        let (mut value, mut end) = (String::new(), after.len());
        let quoted = after.starts_with('\'');
        let mut chars = after.char_indices().skip(usize::from(quoted));
        let mut closed = !quoted;
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => value.extend(chars.next().map(|(_, c)| c)),
                '\'' if quoted => {
                    (end, closed) = (at + 1, true);
                    break;
                }
                c if c.is_whitespace() && !quoted => {
                    end = at;
                    break;
                }
                c => value.push(c),
            }
        }
        if !closed {
            return Err("the DSN has a quote that is not closed".to_owned());
        }
        found.set(name.trim(), &value)?;
        rest = after[end..].trim_start();
    }
    Ok(())
}

impl Found {
    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let file = || TextSource::File(value.to_owned());
        match name {
            "host" => value.clone_into(&mut self.host),
            "port" => {
                let port = value.parse().ok().filter(|port| *port != 0);
                self.port = Some(port.ok_or("`port` of the DSN is no port")?);
            }
            "user" => value.clone_into(&mut self.user),
            "password" => self.password = Some(Secret::new(value)),
            "dbname" => value.clone_into(&mut self.database),
            "application_name" => self.application_name = Some(value.to_owned()),
            "sslmode" => {
                self.ssl_mode = Some(match value {
                    "disable" => SslMode::Disable,
                    "allow" | "prefer" => SslMode::Prefer,
                    "require" => SslMode::Require,
                    "verify-ca" | "verify-full" => SslMode::Verify,
                    _ => return Err("`sslmode` of the DSN is none of libpq's".to_owned()),
                });
            }
            "sslrootcert" => self.tls.ca = Some(file()),
            "sslcert" => self.tls.cert = Some(file()),
            "sslkey" => self.tls.key = Some(SecretSource::File(value.to_owned())),
            // Waiting is bounded by the timeout of the instance.
            "connect_timeout" => {}
            other => {
                let quoted = model::quote(&other[..other.floor_char_boundary(40)]).to_string();
                return Err(format!("{quoted} is no parameter of a DSN that is known"));
            }
        }
        Ok(())
    }

    fn resolve(mut self) -> Result<Dsn, String> {
        if self.host.contains(',') {
            return Err("the DSN names several hosts; list them as instances".to_owned());
        }
        if self.tls.cert.is_some() != self.tls.key.is_some() {
            return Err("`sslcert` and `sslkey` of the DSN go together".to_owned());
        }
        let port = self.port.unwrap_or(5432);
        if self.host.is_empty() {
            SOCKET_DIRECTORY.clone_into(&mut self.host);
        }
        let address = if self.host.starts_with('/') {
            ServiceAddress::Unix(format!("{}/.s.PGSQL.{port}", self.host.trim_end_matches('/')))
        } else {
            let bare = self.host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
            ServiceAddress::Tcp { host: bare.unwrap_or(&self.host).to_owned(), port }
        };
        if self.user.is_empty() {
            return Err("the DSN names no user".to_owned());
        }
        if self.database.is_empty() {
            self.user.clone_into(&mut self.database);
        }
        let ssl_mode = self.ssl_mode.unwrap_or(SslMode::Prefer);
        // As libpq: a root certificate is checked, whatever the mode says.
        let checks = ssl_mode == SslMode::Verify || self.tls.ca.is_some();
        let tls = TlsConfig { insecure_skip_verify: !checks, ..self.tls };
        Ok(Dsn {
            address,
            user: self.user,
            password: self.password,
            database: self.database,
            application_name: self.application_name.unwrap_or_else(|| "flyball".to_owned()),
            ssl_mode,
            tls,
        })
    }
}
