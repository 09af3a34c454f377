//! Alerts of which external Alertmanagers tell people: that they were handed on is remembered, so
//! that whoever asks why they were not told from here gets an answer.

use super::{ALERTS_MAX, Dispatcher, Timestamp};
use crate::alert::Alert;
use crate::change::{Change, What};
use crate::history::{Decision, Verdict};

/// Stands in the place of a receiver.
const WHO: &str = "external Alertmanagers";

impl Dispatcher {
    /// Notes alerts that begin or end; they come again and again meanwhile, and some time after.
    pub(super) fn note_elsewhere(&mut self, now: Timestamp, alerts: &[Alert]) {
        for ended in [false, true] {
            let news: Vec<&Alert> =
                alerts.iter().filter(|alert| alert.is_resolved_at(now) == ended).collect();
            let news: Vec<&Alert> =
                news.into_iter().filter(|alert| self.is_news_elsewhere(alert, ended)).collect();
            if news.is_empty() {
                continue;
            }
            let labels = || news.iter().map(|alert| alert.labels.clone());
            self.changes.extend(labels().map(|labels| Change(What::Named(labels))));
            let (group_key, receiver) = ("".into(), WHO.into());
            let verdict = Verdict::External { ended };
            let alerts = labels().collect();
            let decision = Decision { at: now, group_key, receiver, alerts, verdict };
            let fingerprints = news.iter().map(|alert| alert.fingerprint()).collect();
            self.changes.push(Change::decided(&decision, fingerprints));
            self.history.push(decision);
        }
    }

    fn is_news_elsewhere(&mut self, alert: &Alert, ended: bool) -> bool {
        let fingerprint = alert.fingerprint();
        if ended {
            return self.elsewhere.remove(&fingerprint).is_some();
        }
        let is_full = self.elsewhere.len() >= ALERTS_MAX;
        if is_full && !self.elsewhere.contains_key(&fingerprint) {
            return false;
        }
        self.elsewhere.insert(fingerprint, alert.starts_at) != Some(alert.starts_at)
    }
}
