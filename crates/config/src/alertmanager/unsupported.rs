//! The keys of alertmanager.yml that are checked but not acted on: one table, from which the
//! warnings of the loader and the list in docs/compat.md are made.

use crate::read::{UnsupportedKey, later, never};

/// Keys of alertmanager.yml that Flyball accepts and checks but does not act on.
pub fn unsupported_keys() -> &'static [UnsupportedKey] {
    UNSUPPORTED
}

/// What `notify` says, too, when such a receiver is to be used.
const NO_KEYS: &str = "a server does not start with it; keys come from `access_key` and \
    `secret_key`";

pub(super) const UNSUPPORTED: &[UnsupportedKey] = &[
    never("event_recorder", "events are not written elsewhere; Flyball keeps its own"),
    never("http.*_ref", "there is no secret manager; use the `*_file` key"),
    never("http.oauth2.client_certificate_key", "tokens are asked for with `client_secret`"),
    never("http.proxy_url", "of SOCKS proxies; requests through one fail"),
    never("sns_configs.sigv4.profile", NO_KEYS),
    never("sns_configs.sigv4.role_arn", NO_KEYS),
    never("sns_configs.use_aws_http_client", "requests are made by Flyball's own client"),
    never("storage", "alerts are stored in Flyball's data directory"),
    later("tracing", "Flyball's own traces are not exported"),
];

#[cfg(test)]
mod tests;
