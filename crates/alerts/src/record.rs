//! Records of the alert log as JSON. Alerts and decisions that follow one another are written as
//! lists in which each says only what differs from the one before: the alerts of a batch share most
//! of their labels and texts. Format: docs/formats/alert-log.md.
//! A new alert takes about 120 bytes, and whatever of its texts is its own.

mod alerts;
mod decisions;

use crate::alert::StoredAlert;
use crate::change::{Change, DecisionRecord, Told, What, as_map};
use crate::letter::DeadLetter;
use crate::silence::Silence;
use alerts::{AlertList, ReadAlerts};
use decisions::{DecisionList, DecisionParts, Places};
use model::Labels;
use serde::ser::SerializeSeq;
use serde::{Deserialize, Serialize, Serializer};
use std::sync::Arc;

/// The changes of one step as bytes, or, as a snapshot, all that lead to the state from nothing.
pub(crate) fn encode(is_snapshot: bool, changes: &[Change]) -> Vec<u8> {
    let record = Record { snapshot: is_snapshot, changes: Changes(changes) };
    let mut bytes = Vec::with_capacity(64 + 160 * changes.len());
    serde_json::to_writer(&mut bytes, &record)
        .expect("texts, numbers and maps of texts always become JSON");
    bytes
}

/// Is a record a snapshot, and its changes.
///
/// # Errors
/// When the bytes are no record.
pub(crate) fn decode(bytes: &[u8]) -> serde_json::Result<(bool, Vec<Change>)> {
    let record: ReadRecord = serde_json::from_slice(bytes)?;
    let mut read = ReadChanges::default();
    for element in record.changes {
        read.add(element).map_err(serde::de::Error::custom)?;
    }
    Ok((record.snapshot, read.changes))
}

#[derive(Serialize)]
struct Record<'r> {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    snapshot: bool,
    changes: Changes<'r>,
}

struct Changes<'r>(&'r [Change]);

/// Changes that are written as one.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum List<'r> {
    Alerts(AlertList<'r>),
    Decisions(DecisionList<'r>),
}

impl Serialize for Changes<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut places = Places::new(self.0);
        let mut list = to.serialize_seq(None)?;
        for run in self.0.chunk_by(|a, b| are_listed_together(&a.0, &b.0)) {
            match run[0].0 {
                What::Alert(_) => {
                    places.note(run);
                    list.serialize_element(&List::Alerts(AlertList(run)))?;
                }
                What::Decision(_) => {
                    let decisions = DecisionList { run, places: &places };
                    list.serialize_element(&List::Decisions(decisions))?;
                }
                _ => list.serialize_element(&run[0])?,
            }
        }
        list.end()
    }
}

fn are_listed_together(a: &What, b: &What) -> bool {
    matches!((a, b), (What::Alert(_), What::Alert(_)) | (What::Decision(_), What::Decision(_)))
}

#[derive(Deserialize)]
struct ReadRecord {
    #[serde(default)]
    snapshot: bool,
    changes: Vec<Element>,
}

/// What stands in a record: a change, or a list of them.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Element {
    Alerts(ReadAlerts),
    Decisions(Vec<DecisionParts>),
    /// As earlier versions wrote it.
    Alert(Arc<StoredAlert>),
    /// As earlier versions wrote it.
    Decision(DecisionRecord),
    Forgotten(#[serde(with = "as_map")] Labels),
    Silence(Silence),
    Told(Box<Told>),
    DeadLetter(Box<DeadLetter>),
    LetterGone(String),
    Named(#[serde(with = "as_map")] Labels),
}

#[derive(Default)]
struct ReadChanges {
    changes: Vec<Change>,
    /// Fingerprints of the alerts among them.
    alerts: Vec<u64>,
}

impl ReadChanges {
    fn add(&mut self, element: Element) -> Result<(), &'static str> {
        let what = match element {
            Element::Alerts(list) => {
                list.0.into_iter().for_each(|stored| self.add_alert(stored));
                return Ok(());
            }
            Element::Decisions(list) => {
                let list = decisions::read(list, &self.alerts)?.into_iter();
                self.changes.extend(list.map(|record| Change(What::Decision(record))));
                return Ok(());
            }
            Element::Alert(stored) => {
                self.add_alert(stored);
                return Ok(());
            }
            Element::Decision(record) => What::Decision(record),
            Element::Forgotten(labels) => What::Forgotten(labels),
            Element::Silence(silence) => What::Silence(silence),
            Element::Told(told) => What::Told(told),
            Element::DeadLetter(letter) => What::DeadLetter(letter),
            Element::LetterGone(id) => What::LetterGone(id),
            Element::Named(labels) => What::Named(labels),
        };
        self.changes.push(Change(what));
        Ok(())
    }

    fn add_alert(&mut self, stored: Arc<StoredAlert>) {
        self.alerts.push(stored.fingerprint);
        self.changes.push(Change(What::Alert(stored)));
    }
}

/// Writes a field if it differs from the one before.
fn field<M: serde::ser::SerializeMap, T: Copy + Serialize + PartialEq>(
    map: &mut M,
    name: &'static str,
    before: Option<T>,
    now: T,
) -> Result<(), M::Error> {
    if before == Some(now) { Ok(()) } else { map.serialize_entry(name, &now) }
}

#[cfg(test)]
mod tests;
