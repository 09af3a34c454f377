//! Words of the command line as labels and matchers. A first word without an operator is the name
//! of the alert.

use config::MatcherMode;
use model::{MatchOp, Matcher};
use std::collections::BTreeMap;

/// The words, with `alertname=` before a first one that is no matcher.
pub(super) fn with_alert_name(mode: MatcherMode, words: &[String]) -> Vec<String> {
    let mut words = words.to_vec();
    if let Some(first) = words.first_mut().filter(|first| mode.matcher(first).is_err()) {
        *first = format!("alertname={}", model::quote(first));
    }
    words
}

/// Matchers as they are given.
pub(super) fn matchers(mode: MatcherMode, words: &[String]) -> Result<Vec<Matcher>, String> {
    words.iter().map(|word| mode.matcher(word)).collect()
}

/// Names and values; `what` they are is told when one is none.
pub(super) fn pairs(
    mode: MatcherMode,
    words: &[String],
    what: &str,
) -> Result<BTreeMap<String, String>, String> {
    let mut pairs = BTreeMap::new();
    for matcher in matchers(mode, words)? {
        if matcher.op() != MatchOp::Equal {
            return Err(format!("{what} must be specified as key=value pairs, found {matcher}"));
        }
        pairs.insert(matcher.name().to_owned(), matcher.value().to_owned());
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests;
