//! Which alerts a question is about: its parameters, read as go-swagger reads them.

use super::reply::Complaint;
use super::written::Receivers;
use crate::params::Params;
use alerts::{AlertState, AlertStatus};
use config::MatcherMode;
use model::{Labels, Matcher, Pattern};
use std::sync::Arc;

/// Words that mean yes; every other word means no.
const YES: [&str; 10] =
    ["true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled"];

/// Which alerts are wanted.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a parameter of the request")]
pub(super) struct Wanted {
    /// On labels of alerts.
    pub(super) matchers: Vec<Matcher>,
    pub(super) receivers: WantedReceivers,
    active: bool,
    silenced: bool,
    inhibited: bool,
    unprocessed: bool,
    pub(super) muted: bool,
}

impl Wanted {
    /// Reads the parameters; states that are not named are wanted.
    pub(super) fn read(params: &Params, mode: MatcherMode) -> Result<Self, Complaint> {
        let flag = |name| params.get(name).is_none_or(|text| YES.contains(&&*text.to_lowercase()));
        Ok(Self {
            matchers: matchers(params, "filter", mode)?,
            receivers: WantedReceivers::read(params, mode)?,
            active: flag("active"),
            silenced: flag("silenced"),
            inhibited: flag("inhibited"),
            unprocessed: flag("unprocessed"),
            muted: flag("muted"),
        })
    }

    /// Is its state wanted? Matchers and receivers are asked elsewhere.
    pub(super) fn has_state_of(&self, alert: &AlertStatus) -> bool {
        let state = match alert.state {
            AlertState::Active => self.active,
            AlertState::Unprocessed => self.unprocessed,
            AlertState::Suppressed => true,
        };
        state
            && (self.silenced || alert.silenced_by.is_empty())
            && (self.inhibited || alert.inhibited_by.is_empty())
    }
}

/// Which receivers are wanted.
#[derive(Debug)]
pub(super) struct WantedReceivers {
    /// On the whole name.
    name: Option<Pattern>,
    /// On the labels.
    matchers: Vec<Matcher>,
}

impl WantedReceivers {
    pub(super) fn read(params: &Params, mode: MatcherMode) -> Result<Self, Complaint> {
        let name = params.get("receiver").map(Pattern::new).transpose();
        let name = name
            .map_err(|error| Complaint::bad(format!("failed to parse receiver param: {error}")))?;
        Ok(Self { name, matchers: matchers(params, "receiver_matchers", mode)? })
    }

    /// By their labels alone.
    pub(super) fn by_labels(params: &Params, mode: MatcherMode) -> Result<Self, Complaint> {
        Ok(Self { name: None, matchers: matchers(params, "receiver_matchers", mode)? })
    }

    /// Is the receiver with this name wanted?
    pub(super) fn have(&self, name: &str, receivers: &Receivers) -> bool {
        let by_name = self.name.as_ref().is_none_or(|pattern| pattern.is_match(name));
        by_name && (self.matchers.is_empty() || self.match_labels(name, receivers))
    }

    fn match_labels(&self, name: &str, receivers: &Receivers) -> bool {
        let labels = Labels::from_pairs(receivers.labels(name).iter());
        self.matchers.iter().all(|matcher| matcher.matches_labels(&labels))
    }

    /// Is one of the receivers wanted?
    pub(super) fn have_any(&self, names: &[Arc<str>], receivers: &Receivers) -> bool {
        let wants_all = self.name.is_none() && self.matchers.is_empty();
        wants_all || names.iter().any(|name| self.have(name, receivers))
    }
}

/// All values of a parameter, each one matcher.
pub(super) fn matchers(
    params: &Params,
    name: &str,
    mode: MatcherMode,
) -> Result<Vec<Matcher>, Complaint> {
    params
        .all(name)
        .map(|text| mode.matcher(text))
        .collect::<Result<_, _>>()
        .map_err(Complaint::bad)
}
