//! What of an alerting rule survives the process, and its bytes in the state log.
//! Format: docs/formats/alert-state.md. Decoding bounds every length by the bytes that are there.

use crate::alert::{ActiveAlert, AlertState};
use crate::spec::{GroupSpec, RuleSpec};
use model::{Labels, Timestamp};
use std::collections::BTreeMap;

/// Identity of an alerting rule across processes: file, group, name, and labels as written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleKey {
    /// File of the group.
    pub file: String,
    /// Name of the group.
    pub group: String,
    /// Name of the alert.
    pub alert: String,
    /// Labels of the rule as written, sorted.
    pub labels: Vec<(String, String)>,
}

impl RuleKey {
    /// The key of a rule of a group.
    pub fn of(group: &GroupSpec, rule: &RuleSpec) -> Self {
        let mut labels = rule.labels();
        labels.sort();
        let (file, group) = (group.file.clone(), group.name.clone());
        Self { file, group, alert: rule.name().to_owned(), labels }
    }
}

/// Alerts of rules by identity.
pub type SavedAlerts = BTreeMap<Labels, ActiveAlert>;

/// An alert as it is now, or `None` when it is forgotten.
pub type AlertChange = (Labels, Option<ActiveAlert>);

/// What became of the alerts of a rule since it was last remembered.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleChanges {
    /// The rule.
    pub key: RuleKey,
    /// Alerts that changed.
    pub alerts: Vec<AlertChange>,
}

/// A record of the state log.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Record {
    /// The process is alive at this instant.
    Alive(Timestamp),
    /// Alerts changed.
    Changes(RuleChanges),
    /// All there is; what came before does not count any more.
    Snapshot(Timestamp, BTreeMap<RuleKey, SavedAlerts>),
}

const ALIVE: u8 = 1;
const CHANGES: u8 = 2;
const SNAPSHOT: u8 = 3;

impl Record {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::Alive(at) => {
                out.push(ALIVE);
                put_time(&mut out, *at);
            }
            Self::Changes(changes) => {
                out.push(CHANGES);
                put_key(&mut out, &changes.key);
                put_count(&mut out, changes.alerts.len());
                for (labels, alert) in &changes.alerts {
                    put_pairs(&mut out, labels.iter());
                    put_alert(&mut out, alert.as_ref());
                }
            }
            Self::Snapshot(at, rules) => {
                out.push(SNAPSHOT);
                put_time(&mut out, *at);
                put_count(&mut out, rules.len());
                for (key, alerts) in rules {
                    put_key(&mut out, key);
                    put_count(&mut out, alerts.len());
                    for (labels, alert) in alerts {
                        put_pairs(&mut out, labels.iter());
                        put_alert(&mut out, Some(alert));
                    }
                }
            }
        }
        out
    }

    /// `None` when the bytes are no record.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        let record = match bytes.byte()? {
            ALIVE => Self::Alive(bytes.time()?),
            CHANGES => {
                let key = bytes.key()?;
                let alerts = bytes.many(|bytes| {
                    let labels = bytes.labels()?;
                    let alert = bytes.alert(&labels)?;
                    Some((labels, alert))
                })?;
                Self::Changes(RuleChanges { key, alerts })
            }
            SNAPSHOT => {
                let at = bytes.time()?;
                let rules = bytes.many(|bytes| {
                    let key = bytes.key()?;
                    let alerts = bytes.many(|bytes| {
                        let labels = bytes.labels()?;
                        let alert = bytes.alert(&labels)??;
                        Some((labels, alert))
                    })?;
                    Some((key, alerts.into_iter().collect()))
                })?;
                Self::Snapshot(at, rules.into_iter().collect())
            }
            _ => return None,
        };
        bytes.0.is_empty().then_some(record)
    }
}

fn put_count(out: &mut Vec<u8>, count: usize) {
    let count = u32::try_from(count).expect("a record is shorter than 4 GiB: the journal says so");
    out.extend(count.to_le_bytes());
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_count(out, text.len());
    out.extend(text.as_bytes());
}

fn put_pairs<'t>(out: &mut Vec<u8>, pairs: impl ExactSizeIterator<Item = (&'t str, &'t str)>) {
    put_count(out, pairs.len());
    for (name, value) in pairs {
        put_text(out, name);
        put_text(out, value);
    }
}

fn put_key(out: &mut Vec<u8>, key: &RuleKey) {
    for text in [&key.file, &key.group, &key.alert] {
        put_text(out, text);
    }
    put_pairs(out, key.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
}

fn put_time(out: &mut Vec<u8>, at: Timestamp) {
    out.extend(at.ms().to_le_bytes());
}

/// Added to the state of an alert with more to remember: see docs/formats/alert-state.md.
const WITH_EXTRAS: u8 = 4;

/// State 0 is a forgotten alert; a time that is not there is the smallest instant.
fn put_alert(out: &mut Vec<u8>, alert: Option<&ActiveAlert>) {
    let Some(alert) = alert else { return out.push(0) };
    let has_extras =
        alert.missing_since.is_some() || alert.window != 0 || !alert.changes.is_empty();
    let state = match alert.state {
        AlertState::Inactive => 1,
        AlertState::Pending => 2,
        AlertState::Firing => 3,
    };
    out.push(if has_extras { state + WITH_EXTRAS } else { state });
    put_time(out, alert.active_at);
    for at in [alert.fired_at, alert.resolved_at, alert.keep_firing_since] {
        put_time(out, at.unwrap_or(Timestamp::MIN));
    }
    out.extend(alert.value.to_bits().to_le_bytes());
    let texts = alert.annotations.iter();
    put_pairs(out, texts.map(|(name, value)| (name.as_str(), value.as_str())));
    if has_extras {
        put_time(out, alert.missing_since.unwrap_or(Timestamp::MIN));
        out.extend(alert.window.to_le_bytes());
        put_count(out, alert.changes.len());
        for at in &alert.changes {
            put_time(out, *at);
        }
    }
}

/// A time, unless it stands for none.
fn if_any(at: Timestamp) -> Option<Timestamp> {
    (at != Timestamp::MIN).then_some(at)
}

/// Bytes that are left.
struct Bytes<'b>(&'b [u8]);

impl<'b> Bytes<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn word(&mut self) -> Option<[u8; 8]> {
        self.take(8)?.try_into().ok()
    }

    fn count(&mut self) -> Option<usize> {
        let bytes: [u8; 4] = self.take(4)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    }

    fn text(&mut self) -> Option<&'b str> {
        let count = self.count()?;
        std::str::from_utf8(self.take(count)?).ok()
    }

    /// A list; nothing is reserved, so a count that lies costs nothing.
    fn many<T>(&mut self, mut read: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut items = Vec::new();
        for _ in 0..self.count()? {
            items.push(read(self)?);
        }
        Some(items)
    }

    fn pairs(&mut self) -> Option<Vec<(String, String)>> {
        self.many(|bytes| Some((bytes.text()?.to_owned(), bytes.text()?.to_owned())))
    }

    fn labels(&mut self) -> Option<Labels> {
        Some(Labels::from_pairs(self.pairs()?))
    }

    fn key(&mut self) -> Option<RuleKey> {
        let mut text = || self.text().map(str::to_owned);
        let (file, group, alert) = (text()?, text()?, text()?);
        Some(RuleKey { file, group, alert, labels: self.pairs()? })
    }

    fn time(&mut self) -> Option<Timestamp> {
        Some(Timestamp::from_ms(i64::from_le_bytes(self.word()?)))
    }

    /// The alert, or within it `None` for a forgotten one.
    #[expect(clippy::option_option, reason = "no record, or a record of an alert that is gone")]
    fn alert(&mut self, labels: &Labels) -> Option<Option<ActiveAlert>> {
        let byte = self.byte()?;
        let (state, has_extras) = match byte {
            0 => return Some(None),
            1 | 5 => (AlertState::Inactive, byte > WITH_EXTRAS),
            2 | 6 => (AlertState::Pending, byte > WITH_EXTRAS),
            3 | 7 => (AlertState::Firing, byte > WITH_EXTRAS),
            _ => return None,
        };
        let mut alert = ActiveAlert::new(labels.clone(), self.time()?);
        alert.state = state;
        alert.fired_at = if_any(self.time()?);
        alert.resolved_at = if_any(self.time()?);
        alert.keep_firing_since = if_any(self.time()?);
        alert.value = f64::from_bits(u64::from_le_bytes(self.word()?));
        alert.annotations = self.pairs()?;
        if has_extras {
            alert.missing_since = if_any(self.time()?);
            alert.window = u64::from_le_bytes(self.word()?);
            alert.changes = self.many(Self::time)?;
        }
        Some(Some(alert))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn key(alert: &str) -> RuleKey {
        let labels = vec![("severity".to_owned(), "{{ $value }}".to_owned())];
        RuleKey { file: "r.yml".into(), group: "g".into(), alert: alert.into(), labels }
    }

    pub(crate) fn alert(instance: &str, state: AlertState) -> (Labels, ActiveAlert) {
        let labels = Labels::from_pairs([("alertname", "A"), ("instance", instance)]);
        let mut alert = ActiveAlert::new(labels.clone(), Timestamp::from_ms(1_000));
        alert.state = state;
        alert.fired_at = (state != AlertState::Pending).then(|| Timestamp::from_ms(2_000));
        alert.resolved_at = (state == AlertState::Inactive).then(|| Timestamp::from_ms(3_000));
        alert.annotations = vec![("summary".into(), "ä".into())];
        alert.value = f64::INFINITY;
        if instance == "c" {
            alert.missing_since = Some(Timestamp::from_ms(4_000));
            alert.window = 0b1011;
            alert.changes = vec![Timestamp::from_ms(2_500), Timestamp::from_ms(3_500)];
        }
        (labels, alert)
    }

    fn records() -> Vec<Record> {
        let (a, firing) = alert("a", AlertState::Firing);
        let (b, inactive) = alert("b", AlertState::Inactive);
        let with_extras = alert("c", AlertState::Firing);
        let changes = RuleChanges {
            key: key("A"),
            alerts: vec![(a.clone(), Some(firing.clone())), (b.clone(), None)],
        };
        let alerts = SavedAlerts::from([(a, firing), (b, inactive), with_extras]);
        let rules = BTreeMap::from([(key("A"), alerts), (key("B"), SavedAlerts::new())]);
        let at = Timestamp::from_ms(-5);
        vec![Record::Alive(at), Record::Changes(changes), Record::Snapshot(at, rules)]
    }

    #[test]
    fn what_was_encoded_is_decoded() {
        for record in records() {
            assert_eq!(Record::decode(&record.encode()), Some(record));
        }
    }

    #[test]
    fn each_thing_that_extras_remember_comes_back_alone() {
        let (labels, plain) = alert("a", AlertState::Firing);
        let (missing_since, changes) = (plain.fired_at, vec![Timestamp::from_ms(1)]);
        for alert in [
            ActiveAlert { missing_since, ..plain.clone() },
            ActiveAlert { window: 1, ..plain.clone() },
            ActiveAlert { changes, ..plain },
        ] {
            let alerts = vec![(labels.clone(), Some(alert))];
            let record = Record::Changes(RuleChanges { key: key("A"), alerts });
            assert_eq!(Record::decode(&record.encode()), Some(record));
        }
    }

    #[test]
    fn damaged_bytes_are_no_record_or_another_one_but_never_a_panic() {
        for record in records() {
            let bytes = record.encode();
            for end in 0..bytes.len() {
                assert_eq!(Record::decode(&bytes[..end]), None, "cut at {end}");
            }
            for index in 0..bytes.len() {
                let mut damaged = bytes.clone();
                damaged[index] ^= 0xff;
                assert_ne!(Record::decode(&damaged), Some(record.clone()), "byte {index}");
            }
            assert_eq!(Record::decode(&[&bytes[..], &[0]].concat()), None);
        }
    }
}
