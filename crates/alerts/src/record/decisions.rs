//! A list of decisions: each says what differs from the one before, and names its alerts by their
//! places among the alerts of the record when they are all there, else by their fingerprints.

use super::field;
use crate::change::{Change, DecisionRecord, What};
use crate::history::Verdict;
use foldhash::fast::RandomState;
use model::Timestamp;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Serialize, Serializer};
use std::collections::HashMap;
use std::sync::Arc;

/// Alerts that stand in a record so far, by their fingerprints: the how many-th each is.
pub(super) struct Places {
    /// Does any decision of the record ask?
    are_wanted: bool,
    count: usize,
    known: HashMap<u64, usize, RandomState>,
}

impl Places {
    /// For a record of these changes.
    pub(super) fn new(changes: &[Change]) -> Self {
        let are_wanted = changes.iter().any(|change| matches!(change.0, What::Decision(_)));
        Self { are_wanted, count: 0, known: HashMap::default() }
    }

    /// Alerts follow in the record.
    pub(super) fn note(&mut self, run: &[Change]) {
        if !self.are_wanted {
            return;
        }
        self.known.reserve(run.len());
        for change in run {
            let What::Alert(stored) = &change.0 else { continue };
            self.known.insert(stored.fingerprint, self.count);
            self.count += 1;
        }
    }

    /// Those of all alerts with these fingerprints.
    fn all(&self, alerts: &[u64]) -> Option<Vec<usize>> {
        alerts.iter().map(|alert| self.known.get(alert).copied()).collect()
    }
}

/// Changes that are all decisions.
pub(super) struct DecisionList<'r> {
    pub(super) run: &'r [Change],
    pub(super) places: &'r Places,
}

impl Serialize for DecisionList<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut list = to.serialize_seq(None)?;
        let mut before = None;
        for change in self.run {
            let What::Decision(now) = &change.0 else { continue };
            list.serialize_element(&NextDecision { before, now, places: self.places })?;
            before = Some(now);
        }
        list.end()
    }
}

struct NextDecision<'r> {
    before: Option<&'r DecisionRecord>,
    now: &'r DecisionRecord,
    places: &'r Places,
}

impl Serialize for NextDecision<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let (old, new) = (self.before, self.now);
        let mut map = to.serialize_map(None)?;
        field(&mut map, "at", old.map(|d| d.at.ms()), new.at.ms())?;
        field(&mut map, "group_key", old.map(|d| &*d.group_key), &*new.group_key)?;
        field(&mut map, "receiver", old.map(|d| &*d.receiver), &*new.receiver)?;
        match self.places.all(&new.alerts) {
            Some(places) => map.serialize_entry("here", &places)?,
            None => map.serialize_entry("alerts", &new.alerts)?,
        }
        field(&mut map, "verdict", old.map(|d| &d.verdict), &new.verdict)?;
        map.end()
    }
}

/// What a list says of a decision.
#[derive(Deserialize)]
pub(super) struct DecisionParts {
    at: Option<i64>,
    group_key: Option<Arc<str>>,
    receiver: Option<Arc<str>>,
    alerts: Option<Vec<u64>>,
    here: Option<Vec<usize>>,
    verdict: Option<Verdict>,
}

/// The decisions of a list that was read; `here` are the alerts of the record so far.
///
/// # Errors
/// When the first one lacks something, or an alert is not there.
pub(super) fn read(
    list: Vec<DecisionParts>,
    here: &[u64],
) -> Result<Vec<DecisionRecord>, &'static str> {
    let mut read: Vec<DecisionRecord> = Vec::with_capacity(list.len());
    for parts in list {
        let record = parts.after(read.last(), here);
        read.push(record.ok_or("a decision lacks something")?);
    }
    Ok(read)
}

impl DecisionParts {
    fn after(self, before: Option<&DecisionRecord>, here: &[u64]) -> Option<DecisionRecord> {
        let alert = |place: usize| here.get(place).copied();
        let alerts = match self.here {
            Some(places) => places.into_iter().map(alert).collect(),
            None => self.alerts,
        };
        Some(DecisionRecord {
            at: self.at.map(Timestamp::from_ms).or(before.map(|d| d.at))?,
            group_key: self.group_key.or_else(|| before.map(|d| Arc::clone(&d.group_key)))?,
            receiver: self.receiver.or_else(|| before.map(|d| Arc::clone(&d.receiver)))?,
            alerts: alerts?,
            verdict: self.verdict.or_else(|| before.map(|d| d.verdict.clone()))?,
        })
    }
}
