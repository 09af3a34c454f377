//! After a restart: goes on with what was written down.

use super::reroute::Knowledge;
use super::{Change, Dispatcher, Moment};
use crate::alert::StoredAlert;
use crate::change::{Everything, Saved};
use std::collections::HashSet;
use std::sync::Arc;

impl Dispatcher {
    /// Takes over the state of a former process; for a dispatcher that has seen no event yet.
    ///
    /// Alerts that fired get a new lease: their sources could not renew them meanwhile. Groups that
    /// flushed before flush at once, others when their wait is over.
    pub fn restore(&mut self, now: Moment, saved: Saved) {
        self.last = Some(now);
        let now = now.wall;
        self.silences = saved.silences;
        self.log = saved.log;
        self.history = saved.history;
        self.letters = saved.letters;
        self.past = saved.past;
        self.alerts = saved.alerts;
        self.alerts.change_all(|stored| {
            if !stored.end_is_saved {
                let alert = &mut Arc::make_mut(stored).alert;
                let lease = alert.ends_at.since(alert.updated_at);
                alert.ends_at = alert.ends_at.max(now.saturating_add(lease));
            }
        });
        self.regroup(now, &Knowledge::new());
        for group in self.groups.values_mut() {
            let node = self.tree.node(group.node);
            let key = (Arc::clone(&group.key), Arc::clone(&node.receiver));
            group.has_flushed = self.log.contains_key(&key);
            let began = group.alerts.values().map(|stored| stored.occurrence).min().unwrap_or(now);
            let due = if group.has_flushed { now } else { began.saturating_add(node.group_wait) };
            group.next_flush = due.max(now).max(self.hold_until);
        }
        let ids: Vec<u64> = self.groups.keys().copied().collect();
        for id in ids {
            self.schedule(id);
        }
        self.forget_groupless();
    }

    /// Forgets alerts whose end nobody is to be told any more.
    pub(super) fn forget_groupless(&mut self) {
        let held: HashSet<u64> =
            self.groups.values().flat_map(|group| group.alerts.keys()).copied().collect();
        let all = self.alerts.values();
        let groupless: Vec<Arc<StoredAlert>> =
            all.filter(|stored| !held.contains(&stored.fingerprint)).cloned().collect();
        for stored in groupless {
            self.forget_unheld(stored);
        }
    }

    /// Changes that lead to this state from nothing, for [`crate::AlertLog::fold`].
    pub fn save(&self) -> Vec<Change> {
        let everything = Everything {
            alerts: self.alerts.values().collect(),
            past: &self.past,
            silences: &self.silences,
            log: &self.log,
            history: &self.history,
            letters: &self.letters,
        };
        everything.changes()
    }
}
