//! Alerts that have ended and that routing has forgotten: the last ones, so that templates can be
//! tried on what really happened. About 500 KiB.

use crate::alert::StoredAlert;
use std::collections::VecDeque;
use std::sync::Arc;

/// Alerts kept at most; the one that was forgotten first goes first.
const PAST_MAX: usize = 1000;

/// The last occurrence of each alert, in the order in which they were forgotten.
#[derive(Clone, Debug, Default)]
pub(crate) struct PastAlerts {
    /// With their fingerprints.
    alerts: VecDeque<(u64, Arc<StoredAlert>)>,
}

impl PastAlerts {
    pub(crate) fn push(&mut self, stored: Arc<StoredAlert>) {
        let same = |(fingerprint, _): &(u64, _)| *fingerprint == stored.fingerprint;
        if let Some(place) = self.alerts.iter().position(same) {
            self.alerts.remove(place);
        }
        self.alerts.push_back((stored.fingerprint, stored));
        while self.alerts.len() > PAST_MAX {
            self.alerts.pop_front();
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<StoredAlert>> {
        self.alerts.iter().map(|(_, stored)| stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::{Stage, alert};

    #[test]
    fn the_last_occurrence_of_the_last_alerts_is_kept() {
        let mut past = PastAlerts::default();
        let at = Stage::at(0.0);
        let stored = |number: usize| {
            let number = number.to_string();
            Arc::new(StoredAlert::new(alert(&[("a", number.as_str())], at, Some(at), at), at))
        };
        for number in 0..PAST_MAX {
            past.push(stored(number));
        }
        past.push(stored(0));
        let first = |past: &PastAlerts| {
            past.iter().next().map(|stored| stored.alert.labels.value("a").to_owned())
        };
        assert_eq!((past.iter().count(), first(&past)), (PAST_MAX, Some("1".to_owned())));
        past.push(stored(PAST_MAX));
        assert_eq!((past.iter().count(), first(&past)), (PAST_MAX, Some("2".to_owned())));
    }
}
