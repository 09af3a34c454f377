//! One condition on one label, as written in a selector: `job=~"node|api"`.
//! Semantics: Prometheus data model; an absent label has the empty value.

use crate::{Labels, Pattern, PatternError};
use std::fmt;

/// How a matcher compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MatchOp {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Regex,
    /// `!~`
    NotRegex,
}

impl MatchOp {
    /// The operator as written in PromQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Regex => "=~",
            Self::NotRegex => "!~",
        }
    }
}

/// A condition on the value of one label.
#[derive(Clone, Debug)]
pub struct Matcher {
    name: Box<str>,
    value: Box<str>,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    Equal,
    NotEqual,
    Regex(Pattern),
    NotRegex(Pattern),
}

/// A matcher whose regular expression does not compile.
#[derive(Clone, Debug, thiserror::Error)]
#[error("matcher {name}{}{value:?}: {source}", op.as_str())]
pub struct MatcherError {
    name: String,
    op: MatchOp,
    value: String,
    source: PatternError,
}

impl Matcher {
    /// Builds a matcher; fails when a regular expression does not compile or is too large.
    pub fn new(op: MatchOp, name: &str, value: &str) -> Result<Self, MatcherError> {
        let compile = || {
            Pattern::new(value).map_err(|source| MatcherError {
                name: name.into(),
                op,
                value: value.into(),
                source,
            })
        };
        let test = match op {
            MatchOp::Equal => Test::Equal,
            MatchOp::NotEqual => Test::NotEqual,
            MatchOp::Regex => Test::Regex(compile()?),
            MatchOp::NotRegex => Test::NotRegex(compile()?),
        };
        Ok(Self { name: name.into(), value: value.into(), test })
    }

    /// The matcher `name="value"`, which cannot fail.
    pub fn equal(name: &str, value: &str) -> Self {
        Self { name: name.into(), value: value.into(), test: Test::Equal }
    }

    /// Label the matcher looks at.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Text or expression it compares with.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// How it compares.
    pub fn op(&self) -> MatchOp {
        match self.test {
            Test::Equal => MatchOp::Equal,
            Test::NotEqual => MatchOp::NotEqual,
            Test::Regex(_) => MatchOp::Regex,
            Test::NotRegex(_) => MatchOp::NotRegex,
        }
    }

    /// The compiled expression of `=~` and `!~`.
    pub fn pattern(&self) -> Option<&Pattern> {
        match &self.test {
            Test::Regex(pattern) | Test::NotRegex(pattern) => Some(pattern),
            Test::Equal | Test::NotEqual => None,
        }
    }

    /// Does a label value (empty: absent) satisfy the matcher?
    pub fn matches(&self, value: &str) -> bool {
        match &self.test {
            Test::Equal => *self.value == *value,
            Test::NotEqual => *self.value != *value,
            Test::Regex(pattern) => pattern.is_match(value),
            Test::NotRegex(pattern) => !pattern.is_match(value),
        }
    }

    /// Does the label set satisfy the matcher?
    pub fn matches_labels(&self, labels: &Labels) -> bool {
        self.matches(labels.value(&self.name))
    }

    /// Would a series without the label pass?
    pub fn matches_empty(&self) -> bool {
        self.matches("")
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.op() == other.op() && self.name == other.name && self.value == other.value
    }
}

impl Eq for Matcher {}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let op = self.op().as_str();
        if crate::is_legacy_label_name(&self.name) {
            write!(f, "{}{op}{}", self.name, crate::quote(&self.value))
        } else {
            write!(f, "{}{op}{}", crate::quote(&self.name), crate::quote(&self.value))
        }
    }
}
