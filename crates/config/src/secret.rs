//! Passwords and tokens: a text that prints as `<secret>` wherever it could leak.
//! Used by every section that authenticates; `net` and `notify` reveal it at the last moment.
//! INV-70: no output of this crate contains the text of a `Secret`.

use std::fmt;

/// What stands for a secret in every output, as in Prometheus' own configuration dump.
pub const REDACTED: &str = "<secret>";

/// What stands for a secret address where amtool 0.25 wants to read one: `<secret>` it takes for
/// addresses that were secrets in its time, and those of webhooks were none.
pub const REDACTED_URL: &str = "http://<secret>";

/// A text that must not be shown; not even its length is printed.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Is there no text at all?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl serde::Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(REDACTED)
    }
}

/// Where a secret comes from: written in the configuration, or a file that is read at each use,
/// so that it can be rotated without a reload.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SecretSource {
    /// The text itself.
    Inline(Secret),
    /// Path of a file; surrounding white space of its content is not part of the secret.
    File(String),
}
