//! The web configuration in use: users, headers, TLS; read again when one of its files changes.
//! Format and rules of web-config.yml are `config`'s; this module builds what the server needs.

mod clients;
mod limiter;
mod tls;
mod watch;

pub(crate) use limiter::Limiter;
pub(crate) use watch::{Active, WebWatch};

#[cfg(test)]
mod tests;
