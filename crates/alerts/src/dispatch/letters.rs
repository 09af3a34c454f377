//! Dead letters: written when an integration is given up, forgotten when it hears of the group
//! again, sent again when somebody asks for that.

use super::deliver::TIMEOUT_MIN;
use super::{Delivery, Dispatcher, Effect, Moment, Ticket, Timestamp};
use crate::change::{Change, What};
use crate::delivery::IntegrationStatus;
use crate::group::{AlertGroup, Pending};
use crate::letter::{DeadLetter, identity};
use crate::notification::Notification;
use crate::route::{Integration, Receiver};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Dispatcher {
    /// Messages that did not arrive, the one that was given up last first.
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        let mut letters: Vec<DeadLetter> = self.letters.iter().cloned().collect();
        letters.sort_by(|a, b| (b.at, &a.id).cmp(&(a.at, &b.id)));
        letters
    }

    /// Number of dead letters by receiver.
    pub fn dead_letters_by_receiver(&self) -> BTreeMap<String, u32> {
        let mut counts = BTreeMap::new();
        for letter in self.letters.iter() {
            *counts.entry(letter.receiver().to_owned()).or_default() += 1;
        }
        counts
    }

    /// Tries a dead letter again. While its group is there the group has its turn at once, so that
    /// what is told is true now; otherwise the message goes out as it was. Is there such a letter,
    /// and a receiver for it?
    pub fn resend(&mut self, now: Moment, id: &str, out: &mut Vec<Effect>) -> bool {
        self.notice_jump(now);
        let Some(letter) = self.letters.get(id).cloned() else { return false };
        let mut effects = Vec::new();
        let is_tried = match self.group_of_letter(&letter) {
            Some(group) => {
                self.flush_now(now.wall, group, &mut effects);
                true
            }
            None => self.send_letter(&letter, &mut effects),
        };
        self.remember(out);
        out.append(&mut effects);
        is_tried
    }

    /// Forgets a dead letter; was there one?
    pub fn forget_dead_letter(&mut self, id: &str, out: &mut Vec<Effect>) -> bool {
        let was_there = self.drop_letter(id);
        self.remember(out);
        was_there
    }

    fn group_of_letter(&self, letter: &DeadLetter) -> Option<u64> {
        let is_its = |group: &AlertGroup| {
            *group.key == *letter.group_key()
                && *self.tree.node(group.node).receiver == *letter.receiver()
        };
        self.groups.iter().find(|(_, group)| is_its(group)).map(|(id, _)| *id)
    }

    fn flush_now(&mut self, now: Timestamp, id: u64, out: &mut Vec<Effect>) {
        if let Some(group) = self.groups.get_mut(&id) {
            group.next_flush = now;
            self.wake(now, id, out);
        }
    }

    /// Sends a letter whose group is gone.
    fn send_letter(&mut self, letter: &DeadLetter, out: &mut Vec<Effect>) -> bool {
        let receiver = self.receivers.get(letter.receiver());
        let integrations = receiver.map_or(&[][..], |receiver| &receiver.integrations);
        let place = integrations.iter().position(|one| one.name == letter.integration);
        let Some(integration) = place else { return false };
        let notification = Notification { integration, ..letter.notification() };
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.resent.insert(ticket, letter.id.clone());
        let notification = Box::new(notification);
        out.push(Effect::Notify { ticket, notification, timeout: TIMEOUT_MIN });
        true
    }

    /// Counts the try of a letter whose group is gone.
    pub(super) fn note_resent(&mut self, now: Timestamp, id: &str, outcome: (&Delivery, &str)) {
        let Some(letter) = self.letters.get(id) else { return };
        self.deliveries.note(now, (letter.receiver(), &letter.integration), outcome);
    }

    /// Integrations by receiver, and what became of the messages to each.
    pub fn integrations(&self) -> Vec<IntegrationStatus> {
        let mut dead: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for letter in self.letters.iter() {
            *dead.entry((letter.receiver(), &letter.integration)).or_default() += 1;
        }
        let of_receiver = |receiver: &'_ Receiver| -> Vec<IntegrationStatus> {
            let status = |integration: &Integration| IntegrationStatus {
                receiver: receiver.name.clone(),
                integration: integration.name.clone(),
                send_resolved: integration.send_resolved,
                counts: self.deliveries.of(&receiver.name, &integration.name),
                dead_letters: dead
                    .get(&(receiver.name.as_str(), integration.name.as_str()))
                    .copied()
                    .unwrap_or_default(),
            };
            receiver.integrations.iter().map(status).collect()
        };
        let mut all: Vec<IntegrationStatus> =
            self.receivers.values().flat_map(of_receiver).collect();
        all.sort_by(|a, b| (&a.receiver, &a.integration).cmp(&(&b.receiver, &b.integration)));
        all
    }

    /// A letter was tried again without its group; `why` it failed, if it did.
    pub(super) fn resent(&mut self, now: Timestamp, id: &str, why: Option<&str>) {
        let Some(why) = why else {
            self.drop_letter(id);
            return;
        };
        let Some(letter) = self.letters.get(id) else { return };
        let integration = letter.integration.clone();
        self.keep_letter(DeadLetter::new(letter.notification(), &integration, why, now));
    }

    /// An integration is not tried again before the group's next turn.
    pub(super) fn bury(
        &mut self,
        now: Timestamp,
        group: &AlertGroup,
        pending: &Pending,
        why: &str,
    ) {
        let Some(integration) = self.integration(group, pending.integration) else { return };
        let receiver = &*self.tree.node(group.node).receiver;
        self.deliveries.note_failed(receiver, &integration.name);
        let notification = self.notification(group, pending, integration.send_resolved);
        self.keep_letter(DeadLetter::new(notification, &integration.name, why, now));
    }

    fn keep_letter(&mut self, letter: DeadLetter) {
        let (letter, gone) = self.letters.keep(letter);
        self.changes.push(Change(What::DeadLetter(Box::new(letter))));
        self.stats.letters_dropped += gone.len() as u64;
        self.changes.extend(gone.into_iter().map(|id| Change(What::LetterGone(id))));
    }

    /// The integration has heard of the group.
    pub(super) fn forget_letter_of(&mut self, group: &AlertGroup, integration: &str) {
        let receiver = Arc::clone(&self.tree.node(group.node).receiver);
        self.drop_letter(&identity(&receiver, integration, &group.key));
    }

    fn drop_letter(&mut self, id: &str) -> bool {
        let was_there = self.letters.remove(id);
        if was_there {
            self.changes.push(Change(What::LetterGone(id.to_owned())));
        }
        was_there
    }

    pub(super) fn forget_old_letters(&mut self, now: Timestamp) {
        let old = self.letters.forget_old(now);
        self.changes.extend(old.into_iter().map(|id| Change(What::LetterGone(id))));
    }
}
