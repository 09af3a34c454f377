//! Silences: who is not told of what, from when until when.
//! Source: Alertmanager 0.34 `silence/silence.go`: states follow from the times; a silence whose
//! matchers change, or that began differently, is replaced by a new one.
//! Ours: annotations with which a silence recurs or ends with the alerts that it mutes.

mod weekly;

use self::weekly::Weekly;
use crate::change::{as_ms, as_triples};
use model::{Labels, MatchOp, Matcher, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Silences kept at most, expired ones included; further ones are refused.
pub const SILENCES_MAX: usize = 10_000;
/// How long an expired silence is kept and shown.
const RETENTION: Duration = Duration::from_hours(120);

/// Annotation: names of time intervals, separated by commas, during which the silence mutes.
/// Between them it does not, so that it recurs until its end.
pub const DURING: &str = "flyball/during";
/// Annotation: hours of some days of every week during which the silence mutes, as
/// `mon-fri 22:00-06:00 Europe/Berlin`. With [`DURING`], one of both is enough.
pub const WEEKLY: &str = "flyball/weekly";
/// Annotation: the silence ends early when ([`RESOLVED`]) all alerts that it muted have ended.
pub const UNTIL: &str = "flyball/until";
/// The one value of [`UNTIL`].
pub const RESOLVED: &str = "resolved";

/// A silence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Silence {
    /// Identity, a UUID.
    pub id: String,
    /// All must match; at least one does not match the empty text.
    #[serde(with = "as_triples")]
    pub matchers: Vec<Matcher>,
    /// When it begins.
    #[serde(with = "as_ms")]
    pub starts_at: Timestamp,
    /// When it ends, after its beginning.
    #[serde(with = "as_ms")]
    pub ends_at: Timestamp,
    /// When it was changed last.
    #[serde(with = "as_ms")]
    pub updated_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// Why.
    pub comment: String,
    /// More texts of tools, sorted by name.
    #[serde(default)]
    pub annotations: Vec<(String, String)>,
}

/// Where a silence stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SilenceState {
    /// It mutes.
    Active,
    /// It will mute.
    Pending,
    /// It is over.
    Expired,
}

impl SilenceState {
    /// The name in Alertmanager's API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Expired => "expired",
        }
    }
}

/// A silence that is refused; the texts are Alertmanager's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SilenceError {
    /// There is none with this identity.
    #[error("silence not found")]
    NotFound,
    /// It is over already.
    #[error("silence {0} already expired")]
    AlreadyExpired(String),
    /// It cannot be as it is.
    #[error("invalid silence: {0}")]
    Invalid(String),
    /// There are too many.
    #[error("exceeded maximum number of silences: {SILENCES_MAX} (limit: {SILENCES_MAX})")]
    TooMany,
}

impl Silence {
    /// Where it stands at this time.
    pub fn state(&self, now: Timestamp) -> SilenceState {
        if now < self.starts_at {
            SilenceState::Pending
        } else if now >= self.ends_at {
            SilenceState::Expired
        } else {
            SilenceState::Active
        }
    }

    /// Time intervals during which it mutes; empty: always.
    pub fn during(&self) -> impl Iterator<Item = &str> {
        let names = self.annotation(DURING).unwrap_or_default().split(',').map(str::trim);
        names.filter(|name| !name.is_empty())
    }

    /// Does it end with the alerts that it mutes?
    pub fn ends_when_resolved(&self) -> bool {
        self.annotation(UNTIL) == Some(RESOLVED)
    }

    fn annotation(&self, wanted: &str) -> Option<&str> {
        let found = self.annotations.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str())
    }

    /// Does it mute now, as far as time intervals and hours of the week say?
    fn recurs_at(&self, now: Timestamp, holds: impl Fn(&str) -> bool) -> bool {
        let weekly = self.annotation(WEEKLY);
        let mut during = self.during().peekable();
        if during.peek().is_none() && weekly.is_none() {
            return true;
        }
        // What cannot be read was never accepted.
        let is_hour = |text: &str| Weekly::parse(text).is_ok_and(|weekly| weekly.contains(now));
        during.any(holds) || weekly.is_some_and(is_hour)
    }

    /// Do all its matchers match?
    pub fn matches(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| matcher.matches_labels(labels))
    }

    fn check(&self) -> Result<(), SilenceError> {
        let invalid = |text: &str| Err(SilenceError::Invalid(text.to_owned()));
        if self.matchers.is_empty() {
            return invalid("at least one matcher required");
        }
        if let Some(index) = self.matchers.iter().position(|m| m.name().is_empty()) {
            return invalid(&format!("invalid label matcher {index}: invalid label name \"\""));
        }
        // As upstream: one that excludes something is enough, though it matches the empty text.
        let says_nothing = |matcher: &Matcher| {
            matches!(matcher.op(), MatchOp::Equal | MatchOp::Regex) && matcher.matches_empty()
        };
        if self.matchers.iter().all(says_nothing) {
            return invalid("at least one matcher must not match the empty string");
        }
        if self.ends_at < self.starts_at {
            return invalid("end time must not be before start time");
        }
        if let Some(Err(error)) = self.annotation(WEEKLY).map(Weekly::parse) {
            return invalid(&format!("annotation {WEEKLY}: {error}"));
        }
        match self.annotation(UNTIL) {
            None | Some(RESOLVED) => Ok(()),
            Some(other) => invalid(&format!(
                "annotation {UNTIL}: found {}, expected {RESOLVED}",
                model::quote(other)
            )),
        }
    }

    fn has_matchers_of(&self, other: &Self) -> bool {
        let parts = |matcher: &Matcher| {
            (matcher.name().to_owned(), matcher.op().as_str(), matcher.value().to_owned())
        };
        self.matchers.iter().map(parts).eq(other.matchers.iter().map(parts))
    }

    /// Can `self` become `next` under the same identity?
    fn can_become(&self, next: &Self, now: Timestamp) -> bool {
        if !self.has_matchers_of(next) {
            return false;
        }
        match self.state(now) {
            SilenceState::Active => next.starts_at == self.starts_at && next.ends_at >= now,
            SilenceState::Pending => next.starts_at >= now,
            SilenceState::Expired => false,
        }
    }
}

/// All silences.
#[derive(Clone, Debug, Default)]
pub(crate) struct Silences {
    by_id: BTreeMap<String, Silence>,
    /// Silences that end with their alerts and have muted one in this process.
    have_muted: BTreeSet<String>,
}

impl Silences {
    /// All of them, by identity.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Silence> {
        self.by_id.values()
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Silence> {
        self.by_id.get(id)
    }

    /// Puts one there that was checked before.
    pub(crate) fn insert(&mut self, silence: Silence) {
        self.by_id.insert(silence.id.clone(), silence);
    }

    /// Identities of the silences that mute an alert now; `holds` knows time intervals.
    pub(crate) fn muting<'a>(
        &'a self,
        labels: &'a Labels,
        now: Timestamp,
        holds: &'a dyn Fn(&str) -> bool,
    ) -> impl Iterator<Item = &'a str> {
        let is_active = move |silence: &&Silence| silence.state(now) == SilenceState::Active;
        let meant = self.by_id.values().filter(is_active).filter(|s| s.matches(labels));
        meant.filter(move |silence| silence.recurs_at(now, holds)).map(|s| s.id.as_str())
    }

    /// Ends the silences whose alerts have all ended; gives them. `has_alerts` knows whether an
    /// alert that matches fires.
    pub(crate) fn end_with_alerts(
        &mut self,
        now: Timestamp,
        has_alerts: impl Fn(&Silence) -> bool,
    ) -> Vec<Silence> {
        let is_active = |silence: &&Silence| silence.state(now) == SilenceState::Active;
        let bound = self.by_id.values().filter(|silence| silence.ends_when_resolved());
        let mut over = Vec::new();
        for silence in bound.filter(is_active) {
            if has_alerts(silence) {
                self.have_muted.insert(silence.id.clone());
            } else if self.have_muted.remove(&silence.id) {
                over.push(silence.clone().expired(now));
            }
        }
        for silence in &over {
            self.insert(silence.clone());
        }
        over
    }

    /// Makes or changes a silence. With an empty identity, or when the one that is there cannot
    /// become this one, it gets `new_id`, and what it replaces expires. The silences that changed
    /// are the result; the last one is the one that was asked for.
    ///
    /// # Errors
    /// When the silence is invalid, unknown, or one too many; nothing changes then.
    pub(crate) fn set(
        &mut self,
        mut silence: Silence,
        new_id: String,
        now: Timestamp,
    ) -> Result<Vec<Silence>, SilenceError> {
        silence.updated_at = now;
        let former = match silence.id.as_str() {
            "" => None,
            id => Some(self.by_id.get(id).cloned().ok_or(SilenceError::NotFound)?),
        };
        let mut changed = Vec::new();
        match former {
            Some(former) if former.can_become(&silence, now) => silence.check()?,
            former => {
                silence.starts_at = silence.starts_at.max(now);
                silence.id = new_id;
                silence.check()?;
                if silence.ends_at < now {
                    let text = "end time must not be in the past".to_owned();
                    return Err(SilenceError::Invalid(text));
                }
                if self.by_id.len() >= SILENCES_MAX {
                    return Err(SilenceError::TooMany);
                }
                let former = former.filter(|former| former.state(now) != SilenceState::Expired);
                changed.extend(former.map(|former| former.expired(now)));
            }
        }
        changed.push(silence);
        for silence in &changed {
            self.insert(silence.clone());
        }
        Ok(changed)
    }

    /// Ends a silence now; the ended silence is the result.
    ///
    /// # Errors
    /// When there is none or it is over.
    pub(crate) fn expire(&mut self, id: &str, now: Timestamp) -> Result<Silence, SilenceError> {
        let silence = self.by_id.get(id).ok_or(SilenceError::NotFound)?;
        if silence.state(now) == SilenceState::Expired {
            return Err(SilenceError::AlreadyExpired(id.to_owned()));
        }
        let silence = silence.clone().expired(now);
        self.insert(silence.clone());
        Ok(silence)
    }

    /// Forgets what has been over for long.
    pub(crate) fn forget_old(&mut self, now: Timestamp) {
        self.by_id.retain(|_, silence| silence.ends_at.saturating_add(RETENTION) > now);
    }
}

impl Silence {
    /// The same, ended now: a pending one never begins.
    fn expired(mut self, now: Timestamp) -> Self {
        if self.state(now) == SilenceState::Pending {
            self.starts_at = now;
        }
        (self.ends_at, self.updated_at) = (now, now);
        self
    }
}

#[cfg(test)]
mod tests;
