//! What steps of a suite leave to the next ones, under names with dots, and texts that use it.

use super::json;
use serde_json::{Map, Value};

/// Bytes of one value at most; longer ones are not kept.
const VALUE_BYTES_MAX: usize = 64 << 10;
/// The placeholder.
const CONTEXT: &str = "[CONTEXT]";

/// Values of a suite.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory(Map<String, Value>);

impl Memory {
    /// What is known before the first step.
    pub fn new(values: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(values.into_iter().map(|(name, value)| (name, Value::String(value))).collect())
    }

    /// A value, if there is one under this path.
    pub(super) fn get(&self, path: &str) -> Option<&Value> {
        let (first, rest) = path.split_once('.').map_or((path, None), |(a, b)| (a, Some(b)));
        let value = self.0.get(first)?;
        rest.map_or(Some(value), |rest| {
            rest.split('.').try_fold(value, |value, key| value.as_object()?.get(key))
        })
    }

    /// Keeps a value; `false` if it is too long.
    pub fn set(&mut self, name: &str, value: Value) -> bool {
        let fits = value.to_string().len() <= VALUE_BYTES_MAX;
        if fits {
            self.0.insert(name.to_owned(), value);
        }
        fits
    }

    /// A text with values in the place of `[CONTEXT].name`.
    ///
    /// # Errors
    /// The placeholder whose value is not there.
    pub fn fill(&self, template: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = template;
        while let Some(at) = rest.find(CONTEXT) {
            out.push_str(&rest[..at]);
            let tail = rest[at + CONTEXT.len()..].strip_prefix('.').unwrap_or("");
            let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
            let end = tail.find(|c| !is_name(c)).unwrap_or(tail.len());
            // A full stop at the end of a sentence belongs to the sentence.
            let name = tail[..end].trim_end_matches('.');
            let value = self.get(name).filter(|value| !value.is_null());
            let value = value.ok_or_else(|| format!("{CONTEXT}.{name}"))?;
            out.push_str(&json::text(value));
            rest = &tail[name.len()..];
        }
        out.push_str(rest);
        Ok(out)
    }
}
