//! Matchers as alertmanager.yml, amtool and the API write them: `severity="page", team=~"a|b"`.
//! Two grammars, as in Alertmanager 0.34: UTF-8 first (names and values are bare words or
//! Go-quoted texts, braces around the list are optional), then the classic one, which also takes
//! texts that are not quoted properly. Where both read a text differently, the classic one counts.

mod classic;
mod utf8;

use crate::{Matcher, quote};

/// Matchers of a text, and what its author should know about it.
#[derive(Clone, Debug, PartialEq)]
pub struct NotedMatchers {
    /// The matchers, in the order of the text.
    pub matchers: Vec<Matcher>,
    /// What to know; absent: both grammars agree, or only UTF-8 reads it.
    pub note: Option<MatcherNote>,
}

/// What the author of matchers should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MatcherNote {
    /// Only the classic grammar reads the text; `suggestion` is read by both.
    ClassicOnly {
        /// The same matchers, properly quoted.
        suggestion: String,
    },
    /// The grammars read different matchers; the classic reading was taken.
    Disagreement {
        /// The matchers that were taken, properly quoted.
        suggestion: String,
    },
}

impl std::fmt::Display for MatcherNote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ClassicOnly { suggestion } => {
                write!(f, "read in the classic way, since names and values are not quoted; ")?;
                write!(f, "better write `{suggestion}`")
            }
            Self::Disagreement { suggestion } => {
                write!(f, "the classic and the UTF-8 way to read this differ; ")?;
                write!(f, "it is taken as `{suggestion}`")
            }
        }
    }
}

/// Which grammars read matchers, and which label names there are (upstream's
/// `--enable-feature=classic-mode` and `utf8-strict-mode`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MatcherMode {
    /// Both grammars; any text is a label name.
    #[default]
    Fallback,
    /// Only the classic grammar, and names of the legacy alphabet.
    Classic,
    /// Only the UTF-8 grammar.
    Utf8Strict,
}

impl MatcherMode {
    /// Reads a list of matchers; the error says what is wrong and, from the UTF-8 grammar, at
    /// which character, from 1.
    ///
    /// # Errors
    /// When no grammar of the mode reads it.
    pub fn matchers(self, text: &str) -> Result<Vec<Matcher>, String> {
        self.noted_matchers(text).map(|noted| noted.matchers)
    }

    /// Reads a list of matchers and notes what its author should know.
    ///
    /// # Errors
    /// When no grammar of the mode reads it.
    pub fn noted_matchers(self, text: &str) -> Result<NotedMatchers, String> {
        let read = match self {
            Self::Fallback => return both(text),
            Self::Classic => classic::parse(text),
            Self::Utf8Strict => utf8::parse(text),
        };
        read.map(|matchers| NotedMatchers { matchers, note: None })
    }

    /// Reads exactly one matcher, without braces: what amtool and the API's filters take.
    ///
    /// # Errors
    /// When no grammar of the mode reads it as one matcher.
    pub fn matcher(self, text: &str) -> Result<Matcher, String> {
        // The classic grammar for one matcher knows no commas: they belong to the value.
        let old = || classic::parse_one(text);
        if self == Self::Classic {
            return old();
        }
        let wrong = |what: &str| format!("matcher {}: {what}", quote(text));
        if text.starts_with('{') || text.ends_with('}') {
            return Err(wrong("braces are not expected around a single matcher"));
        }
        let new = utf8::parse(text).and_then(|matchers| {
            <[Matcher; 1]>::try_from(matchers).map(|[matcher]| matcher).map_err(|matchers| {
                wrong(&format!("expected one matcher, found {}", matchers.len()))
            })
        });
        match self {
            Self::Utf8Strict => new,
            Self::Fallback | Self::Classic => old().or(new),
        }
    }

    /// May a label have this name?
    pub fn takes_name(self, name: &str) -> bool {
        match self {
            Self::Classic => crate::is_legacy_label_name(name),
            Self::Fallback | Self::Utf8Strict => !name.is_empty(),
        }
    }
}

/// Where both grammars read a text differently, the classic reading is taken.
fn both(text: &str) -> Result<NotedMatchers, String> {
    match (utf8::parse(text), classic::parse(text)) {
        (Ok(matchers), Err(_)) => Ok(NotedMatchers { matchers, note: None }),
        (Ok(new), Ok(old)) if new == old => Ok(NotedMatchers { matchers: new, note: None }),
        (Ok(_), Ok(old)) => {
            let note = MatcherNote::Disagreement { suggestion: written(&old) };
            Ok(NotedMatchers { matchers: old, note: Some(note) })
        }
        (Err(_), Ok(old)) => {
            let note = MatcherNote::ClassicOnly { suggestion: written(&old) };
            Ok(NotedMatchers { matchers: old, note: Some(note) })
        }
        (Err(error), Err(_)) => Err(error),
    }
}

fn written(matchers: &[Matcher]) -> String {
    matchers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests;
