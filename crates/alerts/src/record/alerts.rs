//! A list of alerts: each says what differs from the one before. A label that is not there any more
//! has the empty value, which no label has (INV-1).

use super::field;
use crate::alert::{Alert, StoredAlert, fingerprint};
use crate::change::{Change, What};
use crate::texts::Texts;
use model::{Labels, Timestamp};
use serde::de::{Error, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Changes that are all alerts.
pub(super) struct AlertList<'r>(pub(super) &'r [Change]);

impl Serialize for AlertList<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut list = to.serialize_seq(None)?;
        let mut before = None;
        for change in self.0 {
            let What::Alert(now) = &change.0 else { continue };
            list.serialize_element(&NextAlert { before, now })?;
            before = Some(&**now);
        }
        list.end()
    }
}

struct NextAlert<'r> {
    before: Option<&'r StoredAlert>,
    now: &'r StoredAlert,
}

impl Serialize for NextAlert<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let (before, now) = (self.before, self.now);
        let (old, new) = (before.map(|stored| &stored.alert), &now.alert);
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("labels", &NextLabels(old.map(|alert| &alert.labels), &new.labels))?;
        match old.filter(|old| have_same_names(&old.annotations, &new.annotations)) {
            Some(old) if old.annotations == new.annotations => {}
            Some(old) => {
                map.serialize_entry("texts", &NextTexts(&old.annotations, &new.annotations))?;
            }
            None => map.serialize_entry("annotations", &new.annotations)?,
        }
        let old_ms = |ms: fn(&Alert) -> Timestamp| old.map(|alert| ms(alert).ms());
        field(&mut map, "starts_at", old_ms(|a| a.starts_at), new.starts_at.ms())?;
        field(&mut map, "ends_at", old_ms(|a| a.ends_at), new.ends_at.ms())?;
        field(&mut map, "updated_at", old_ms(|a| a.updated_at), new.updated_at.ms())?;
        let url = old.map(|alert| &*alert.generator_url);
        field(&mut map, "generator_url", url, &*new.generator_url)?;
        let by_timeout = old.map(|alert| alert.ends_by_timeout);
        field(&mut map, "ends_by_timeout", by_timeout, new.ends_by_timeout)?;
        let occurrence = before.map(|stored| stored.occurrence.ms());
        field(&mut map, "occurrence", occurrence, now.occurrence.ms())?;
        let end_is_saved = before.map(|stored| stored.end_is_saved);
        field(&mut map, "end_is_saved", end_is_saved, now.end_is_saved)?;
        map.end()
    }
}

/// Labels that were not there or had another value, and those that are gone.
struct NextLabels<'r>(Option<&'r Labels>, &'r Labels);

impl Serialize for NextLabels<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Self(Some(before), now) = self else { return to.collect_map(self.1.iter()) };
        let mut map = to.serialize_map(None)?;
        let (mut before, mut now) = (before.iter().peekable(), now.iter().peekable());
        loop {
            let order = match (before.peek(), now.peek()) {
                (None, None) => return map.end(),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((old, _)), Some((new, _))) => old.cmp(new),
            };
            let old = before.next_if(|_| order.is_le());
            let new = now.next_if(|_| order.is_ge());
            match (old, new) {
                (Some((gone, _)), None) => map.serialize_entry(gone, "")?,
                (old, Some((name, value))) if old != new => map.serialize_entry(name, value)?,
                _ => {}
            }
        }
    }
}

fn have_same_names(before: &Texts, now: &Texts) -> bool {
    before.len() == now.len() && before.iter().zip(now.iter()).all(|((a, _), (b, _))| a == b)
}

/// The texts of the same names in their order; null is one that stays.
struct NextTexts<'r>(&'r Texts, &'r Texts);

impl Serialize for NextTexts<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let pairs = self.0.iter().zip(self.1.iter());
        to.collect_seq(pairs.map(|((_, old), (_, new))| (old != new).then_some(new)))
    }
}

/// What a list says of an alert.
#[derive(Deserialize)]
struct AlertParts {
    labels: BTreeMap<String, String>,
    annotations: Option<Texts>,
    texts: Option<Vec<Option<String>>>,
    starts_at: Option<i64>,
    ends_at: Option<i64>,
    updated_at: Option<i64>,
    generator_url: Option<Arc<str>>,
    ends_by_timeout: Option<bool>,
    occurrence: Option<i64>,
    end_is_saved: Option<bool>,
}

/// The alerts of a list that was read.
pub(super) struct ReadAlerts(pub(super) Vec<Arc<StoredAlert>>);

impl<'de> Deserialize<'de> for ReadAlerts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(ListVisitor)
    }
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = ReadAlerts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of alerts, of which the first is told whole")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ReadAlerts, A::Error> {
        let mut read: Vec<Arc<StoredAlert>> = Vec::new();
        while let Some(parts) = list.next_element::<AlertParts>()? {
            let stored = parts.after(read.last().map(|stored| &**stored));
            let stored = stored.ok_or_else(|| A::Error::custom("an alert lacks something"))?;
            read.push(Arc::new(stored));
        }
        Ok(ReadAlerts(read))
    }
}

impl AlertParts {
    fn after(self, before: Option<&StoredAlert>) -> Option<StoredAlert> {
        let old = before.map(|stored| &stored.alert);
        let at = |ms: Option<i64>, old: Option<Timestamp>| ms.map(Timestamp::from_ms).or(old);
        let labels = match old {
            Some(old) => {
                let mut labels = old.labels.to_builder();
                for (name, value) in &self.labels {
                    labels.set(name, value);
                }
                labels.build()
            }
            None => Labels::from_pairs(self.labels),
        };
        let known = old.map(|alert| &alert.annotations);
        let annotations = match self.texts {
            Some(texts) => with_texts(known?, &texts)?,
            None => self.annotations.or_else(|| known.cloned())?,
        };
        let url = old.map(|alert| &alert.generator_url);
        let alert = Alert {
            labels,
            annotations,
            starts_at: at(self.starts_at, old.map(|alert| alert.starts_at))?,
            ends_at: at(self.ends_at, old.map(|alert| alert.ends_at))?,
            updated_at: at(self.updated_at, old.map(|alert| alert.updated_at))?,
            generator_url: self.generator_url.or_else(|| url.cloned())?,
            ends_by_timeout: self.ends_by_timeout.or(old.map(|alert| alert.ends_by_timeout))?,
        };
        Some(StoredAlert {
            fingerprint: fingerprint(&alert.labels),
            alert,
            occurrence: at(self.occurrence, before.map(|stored| stored.occurrence))?,
            end_is_saved: self.end_is_saved.or(before.map(|stored| stored.end_is_saved))?,
        })
    }
}

fn with_texts(before: &Texts, texts: &[Option<String>]) -> Option<Texts> {
    let pair = |((name, old), new): ((_, _), &Option<String>)| {
        (name, new.clone().unwrap_or_else(|| str::to_owned(old)))
    };
    (before.len() == texts.len()).then(|| before.iter().zip(texts).map(pair).collect())
}
