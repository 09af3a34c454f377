//! Matchers as alertmanager.yml, amtool and the API write them: `severity="page", team=~"a|b"`.
//! Two grammars, as in Alertmanager 0.34: UTF-8 first (names and values are bare words or
//! Go-quoted texts, braces around the list are optional), then the classic one, which also takes
//! texts that are not quoted properly. Where both read a text differently, the classic one counts.

mod classic;
mod utf8;

use model::{Matcher, quote};

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

/// Reads a list of matchers; the error says what is wrong and at which character, from 1.
pub fn parse_matchers(text: &str) -> Result<Vec<Matcher>, String> {
    parse_noted_matchers(text).map(|noted| noted.matchers)
}

/// Reads exactly one matcher, without braces: what amtool and the API's filters take.
pub fn parse_matcher(text: &str) -> Result<Matcher, String> {
    let wrong = |what: &str| format!("matcher {}: {what}", quote(text));
    if text.starts_with('{') || text.ends_with('}') {
        return Err(wrong("braces are not expected around a single matcher"));
    }
    // The classic grammar for one matcher knows no commas: they belong to the value.
    let (new, old) = (utf8::parse(text), classic::parse_one(text));
    let new = new.and_then(|matchers| match <[Matcher; 1]>::try_from(matchers) {
        Ok([matcher]) => Ok(matcher),
        Err(matchers) => Err(wrong(&format!("expected one matcher, found {}", matchers.len()))),
    });
    match (new, old) {
        (Ok(_) | Err(_), Ok(old)) => Ok(old),
        (Ok(new), Err(_)) => Ok(new),
        (Err(error), Err(_)) => Err(error),
    }
}

/// Reads a list of matchers and notes what its author should know.
pub fn parse_noted_matchers(text: &str) -> Result<NotedMatchers, String> {
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
