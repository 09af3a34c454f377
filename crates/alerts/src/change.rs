//! What of alerts, silences and notifications survives the process.
//! Written by [`crate::AlertLog`] as JSON, because people look into it and volumes are small;
//! format: docs/formats/alert-log.md.

use crate::alert::{StoredAlert, fingerprint};
use crate::dedup::LogEntry;
use crate::history::{Decision, History, Verdict};
use crate::letter::{DeadLetter, DeadLetters};
use crate::past::PastAlerts;
use crate::silence::{Silence, Silences};
use crate::table::AlertTable;
use model::{Labels, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// Something that happened and must not be forgotten.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Change(pub(crate) What);

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum What {
    /// An alert is new, or more changed about it than that it is still alive.
    Alert(Arc<StoredAlert>),
    /// An alert ended, and everybody who was to be told knows.
    Forgotten(#[serde(with = "as_map")] Labels),
    /// A silence is new or changed.
    Silence(Silence),
    /// An integration was told about a group.
    Told(Box<Told>),
    /// A message did not arrive.
    DeadLetter(Box<DeadLetter>),
    /// It has arrived, or nobody is to be told any more.
    LetterGone(String),
    /// Labels of an alert that is forgotten but named by decisions.
    Named(#[serde(with = "as_map")] Labels),
    /// Why alerts were told, or were not.
    Decision(DecisionRecord),
}

/// A decision; its alerts by their fingerprints, because their labels were written before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DecisionRecord {
    #[serde(with = "as_ms")]
    pub(crate) at: Timestamp,
    pub(crate) group_key: Arc<str>,
    pub(crate) receiver: Arc<str>,
    pub(crate) alerts: Vec<u64>,
    pub(crate) verdict: Verdict,
}

impl DecisionRecord {
    fn new(decision: &Decision, alerts: Vec<u64>) -> Self {
        Self {
            at: decision.at,
            group_key: Arc::clone(&decision.group_key),
            receiver: Arc::clone(&decision.receiver),
            alerts,
            verdict: decision.verdict.clone(),
        }
    }
}

impl Change {
    /// A decision about the alerts with these fingerprints.
    pub(crate) fn decided(decision: &Decision, alerts: Vec<u64>) -> Self {
        Self(What::Decision(DecisionRecord::new(decision, alerts)))
    }
}

/// What an integration of a receiver knows of a group now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) group_key: Arc<str>,
    pub(crate) receiver: Arc<str>,
    /// Which way: `webhook[0]`.
    pub(crate) integration: String,
    pub(crate) entry: LogEntry,
}

/// Group key, receiver.
pub(crate) type LogKey = (Arc<str>, Arc<str>);
/// What integrations, by their names, were told last.
pub(crate) type NotificationLog = HashMap<LogKey, BTreeMap<String, LogEntry>>;

/// The state that changes lead to.
#[derive(Clone, Debug, Default)]
pub struct Saved {
    pub(crate) alerts: AlertTable,
    pub(crate) silences: Silences,
    pub(crate) log: NotificationLog,
    pub(crate) history: History,
    pub(crate) letters: DeadLetters,
    /// What is forgotten by all of the above.
    pub(crate) past: PastAlerts,
    /// Labels of alerts by fingerprint, as far as decisions may name them.
    names: HashMap<u64, Labels>,
}

impl Saved {
    /// Goes on by one change.
    pub(crate) fn apply(&mut self, change: Change) {
        match change.0 {
            What::Named(labels) => {
                self.names.insert(fingerprint(&labels), labels);
            }
            What::Alert(stored) => {
                self.names.insert(stored.fingerprint, stored.alert.labels.clone());
                self.alerts.insert(stored);
            }
            What::Forgotten(labels) => {
                if let Some(stored) = self.alerts.remove(&labels) {
                    self.past.push(stored);
                }
            }
            What::Silence(silence) => self.silences.insert(silence),
            What::Told(told) => {
                let entries = self.log.entry((told.group_key, told.receiver)).or_default();
                entries.insert(told.integration, told.entry);
            }
            What::DeadLetter(letter) => self.letters.insert(*letter),
            What::LetterGone(id) => {
                self.letters.remove(&id);
            }
            What::Decision(record) => {
                let alerts = record.alerts.iter().filter_map(|alert| self.names.get(alert));
                self.history.push(Decision {
                    at: record.at,
                    group_key: record.group_key,
                    receiver: record.receiver,
                    alerts: alerts.cloned().collect(),
                    verdict: record.verdict,
                });
            }
        }
    }

    /// Number of alerts.
    pub fn alerts(&self) -> usize {
        self.alerts.len()
    }

    /// Number of silences.
    pub fn silences(&self) -> usize {
        self.silences.iter().count()
    }
}

/// A state, to be written down as the changes that lead to it from nothing.
pub(crate) struct Everything<'s> {
    pub(crate) alerts: Vec<&'s Arc<StoredAlert>>,
    pub(crate) past: &'s PastAlerts,
    pub(crate) silences: &'s Silences,
    pub(crate) log: &'s NotificationLog,
    pub(crate) history: &'s History,
    pub(crate) letters: &'s DeadLetters,
}

impl Everything<'_> {
    /// The changes. What is past comes first, because the same alert may fire again.
    pub(crate) fn changes(&self) -> Vec<Change> {
        let past = self.past.iter().flat_map(|stored| {
            let forgotten = What::Forgotten(stored.alert.labels.clone());
            [What::Alert(Arc::clone(stored)), forgotten]
        });
        let alerts = self.alerts.iter().map(|stored| What::Alert(Arc::clone(stored)));
        let silences = self.silences.iter().cloned().map(What::Silence);
        let letters = self.letters.iter().cloned();
        let letters = letters.map(|letter| What::DeadLetter(Box::new(letter)));
        let decisions = self.history.iter().map(|decision| {
            let alerts = decision.alerts.iter().map(fingerprint).collect();
            What::Decision(DecisionRecord::new(decision, alerts))
        });
        let before = past.chain(alerts).chain(self.named());
        let after = silences.chain(self.told()).chain(decisions).chain(letters);
        before.chain(after).map(Change).collect()
    }

    /// Labels that decisions name and that nothing else tells.
    fn named(&self) -> Vec<What> {
        let told = self.past.iter().chain(self.alerts.iter().copied());
        let mut known: HashSet<u64> = told.map(|stored| stored.fingerprint).collect();
        let named = self.history.iter().flat_map(|decision| &decision.alerts);
        let unknown = named.filter(|labels| known.insert(fingerprint(labels)));
        unknown.map(|labels| What::Named(labels.clone())).collect()
    }

    fn told(&self) -> impl Iterator<Item = What> {
        self.log.iter().flat_map(|((group_key, receiver), entries)| {
            entries.iter().map(|(integration, entry)| {
                What::Told(Box::new(Told {
                    group_key: Arc::clone(group_key),
                    receiver: Arc::clone(receiver),
                    integration: integration.clone(),
                    entry: entry.clone(),
                }))
            })
        })
    }
}

/// Instants as milliseconds since 1970.
pub(crate) mod as_ms {
    use model::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(crate) fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_i64(at.ms())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        i64::deserialize(from).map(Timestamp::from_ms)
    }
}

/// Label sets as maps.
pub(crate) mod as_map {
    use model::Labels;
    use serde::{Deserialize, Deserializer, Serializer};
    use std::collections::BTreeMap;

    pub(crate) fn serialize<S: Serializer>(labels: &Labels, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(labels.iter())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Labels, D::Error> {
        BTreeMap::<String, String>::deserialize(from).map(Labels::from_pairs)
    }
}

/// Lists of label sets as lists of maps.
pub(crate) mod as_maps {
    use model::Labels;
    use serde::{Deserialize, Deserializer, Serializer};
    use std::collections::BTreeMap;

    pub(crate) fn serialize<S: Serializer>(sets: &[Labels], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(sets.iter().map(|labels| labels.iter().collect::<BTreeMap<_, _>>()))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Labels>, D::Error> {
        let sets = Vec::<BTreeMap<String, String>>::deserialize(from)?;
        Ok(sets.into_iter().map(Labels::from_pairs).collect())
    }
}

/// Matchers as lists of name, operator and value.
pub(crate) mod as_triples {
    use model::{MatchOp, Matcher};
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    const OPERATORS: [MatchOp; 4] =
        [MatchOp::Equal, MatchOp::NotEqual, MatchOp::Regex, MatchOp::NotRegex];

    pub(crate) fn serialize<S: Serializer>(matchers: &[Matcher], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(matchers.iter().map(|m| (m.name(), m.op().as_str(), m.value())))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<Matcher>, D::Error> {
        let triples = Vec::<(String, String, String)>::deserialize(from)?;
        let matcher = |(name, op, value): (String, String, String)| {
            let op = OPERATORS.into_iter().find(|known| known.as_str() == op);
            let op = op.ok_or_else(|| D::Error::custom("no such operator of a matcher"))?;
            Matcher::new(op, &name, &value).map_err(D::Error::custom)
        };
        triples.into_iter().map(matcher).collect()
    }
}

/// Alerts of the notification log as pairs of fingerprint and occurrence.
pub(crate) mod as_pairs {
    use crate::alert_set::AlertSet;
    use model::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(told: &AlertSet, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(told.iter().map(|(alert, occurrence)| (alert, occurrence.ms())))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<AlertSet, D::Error> {
        let pairs = Vec::<(u64, i64)>::deserialize(from)?;
        Ok(pairs.into_iter().map(|(alert, ms)| (alert, Timestamp::from_ms(ms))).collect())
    }
}
