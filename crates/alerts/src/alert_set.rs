//! Alerts by their fingerprints, each with when its occurrence began, as a sorted list that never
//! changes: a flush, the notification log and what is written down share one. 16 bytes an alert.

use model::Timestamp;
use std::sync::Arc;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AlertSet(Arc<[(u64, Timestamp)]>);

impl AlertSet {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn contains(&self, alert: u64) -> bool {
        self.get(alert).is_some()
    }

    /// When the occurrence of an alert began.
    pub(crate) fn get(&self, alert: u64) -> Option<Timestamp> {
        let place = self.0.binary_search_by_key(&alert, |(known, _)| *known);
        place.ok().map(|place| self.0[place].1)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, Timestamp)> {
        self.0.iter().copied()
    }

    pub(crate) fn alerts(&self) -> impl Iterator<Item = u64> {
        self.iter().map(|(alert, _)| alert)
    }

    /// With those of another set; of an alert in both the other's occurrence.
    pub(crate) fn with(&self, other: &Self) -> Self {
        if self.is_empty() { other.clone() } else { self.iter().chain(other.iter()).collect() }
    }
}

/// In any order; of a repeated alert the last occurrence stays.
impl FromIterator<(u64, Timestamp)> for AlertSet {
    fn from_iter<I: IntoIterator<Item = (u64, Timestamp)>>(alerts: I) -> Self {
        let mut alerts: Vec<(u64, Timestamp)> = alerts.into_iter().collect();
        alerts.sort_by_key(|(alert, _)| *alert);
        alerts.dedup_by(|later, kept| {
            let is_same = later.0 == kept.0;
            if is_same {
                kept.1 = later.1;
            }
            is_same
        });
        Self(alerts.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(pairs: &[(u64, i64)]) -> AlertSet {
        pairs.iter().map(|(alert, ms)| (*alert, Timestamp::from_ms(*ms))).collect()
    }

    #[test]
    fn of_a_repeated_alert_the_last_occurrence_stays() {
        let alerts = set(&[(3, 1), (1, 2), (3, 4), (2, 9), (3, 3)]);
        assert_eq!(alerts, set(&[(1, 2), (2, 9), (3, 3)]));
        assert_eq!((alerts.get(3), alerts.get(4)), (Some(Timestamp::from_ms(3)), None));
        assert!(alerts.contains(1) && !set(&[]).contains(1));
    }

    #[test]
    fn sets_are_joined() {
        let (a, b) = (set(&[(1, 1), (2, 2)]), set(&[(2, 7), (3, 3)]));
        assert_eq!(a.with(&b), set(&[(1, 1), (2, 7), (3, 3)]));
        assert_eq!((a.with(&set(&[])), set(&[]).with(&a)), (a.clone(), a.clone()));
        assert_eq!(a.alerts().collect::<Vec<_>>(), [1, 2]);
    }
}
