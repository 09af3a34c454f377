//! Which devices a collector shows: all but the excluded, or none but the included.

use super::device_pattern;
use crate::Error;
use regex::bytes::Regex;

/// A pair of patterns over names, unanchored; an empty one is none at all.
pub(super) struct Filter {
    include: Option<Regex>,
    exclude: Option<Regex>,
}

impl Filter {
    /// From an option's name and its patterns to include and to exclude.
    pub(super) fn new((option, include, exclude): (&str, &str, &str)) -> Result<Self, Error> {
        Ok(Self {
            include: device_pattern(&format!("{option}-include"), include)?,
            exclude: device_pattern(&format!("{option}-exclude"), exclude)?,
        })
    }

    /// Is a name to be shown?
    pub(super) fn admits(&self, name: &[u8]) -> bool {
        self.include.as_ref().is_none_or(|include| include.is_match(name))
            && !self.exclude.as_ref().is_some_and(|exclude| exclude.is_match(name))
    }
}
