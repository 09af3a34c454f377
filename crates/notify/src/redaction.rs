//! What a receiver may know: labels and annotations are left out, masked or replaced by keyed
//! hashes before anything is rendered, so that no template can show them.

use crate::DeliveryError;
use crate::post::read_secret;
use crate::text::hex;
use alerts::{Notification, NotifiedAlert};
use config::{Secret, SecretSource};
use model::Labels;
use ring::hmac;
use std::collections::BTreeSet;
use std::sync::Arc;
use sys::Vfs;

#[cfg(test)]
mod tests;

/// Stands in the place of a masked value.
const MASK: &str = "***";
/// Hexadecimal digits of a hash: 64 bits, enough to tell values apart.
const HASH_DIGITS: usize = 16;

/// What becomes of the labels and annotations of a receiver's notifications.
///
/// A name is hashed, else masked, else kept if it is allowed (or if there is no list of allowed
/// names), else left out. `alertname` is always kept unless it is hashed or masked by name. The
/// URL where an alert comes from holds its expression and is left out when names are allowed by
/// list and `generatorURL` is not among them.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Redaction {
    /// Names that are shown; `None`: all that are not hashed or masked.
    pub allow: Option<BTreeSet<String>>,
    /// Names whose values are replaced by asterisks.
    pub mask: BTreeSet<String>,
    /// Names whose values are replaced by a keyed hash: equal values stay equal.
    pub hash: BTreeSet<String>,
    /// Key of the hashes; needed when `hash` names anything.
    pub hash_key: Option<SecretSource>,
}

impl Redaction {
    /// The notification as its receiver may see it.
    ///
    /// # Errors
    /// When the key of the hashes cannot be read: nothing is sent then.
    pub(crate) async fn apply(
        &self,
        notification: &Notification,
        vfs: &Arc<dyn Vfs>,
    ) -> Result<Notification, DeliveryError> {
        let key = match &self.hash_key {
            Some(source) => read_secret(vfs, "the key of hashes", source).await?,
            None => Secret::default(),
        };
        if !self.hash.is_empty() && key.is_empty() {
            let message = "cannot redact: the key of hashes is empty";
            return Err(DeliveryError::refused(message));
        }
        Ok(self.redacted(notification, &key))
    }

    fn redacted(&self, notification: &Notification, key: &Secret) -> Notification {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.reveal().as_bytes());
        let of_alert = |alert: &NotifiedAlert| {
            let annotations = alert
                .annotations
                .iter()
                .filter_map(|(name, value)| Some((name, self.value(name, value, &key)?)));
            let keeps_url = self.value("generatorURL", "", &key).is_some_and(|v| v.is_empty());
            let generator_url =
                if keeps_url { Arc::clone(&alert.generator_url) } else { "".into() };
            NotifiedAlert {
                labels: self.labels(&alert.labels, &key),
                annotations: annotations.collect(),
                generator_url,
                ..alert.clone()
            }
        };
        let route_labels = notification.route_labels.iter();
        Notification {
            group_key: self.group_key(notification, &key),
            group_labels: self.labels(&notification.group_labels, &key),
            route_labels: route_labels
                .filter_map(|(name, value)| Some((name.clone(), self.value(name, value, &key)?)))
                .collect(),
            ..notification.with_alerts(notification.alerts.iter().map(of_alert).collect())
        }
    }

    fn labels(&self, labels: &Labels, key: &hmac::Key) -> Labels {
        let shown = labels.iter().filter_map(|(n, v)| Some((n.to_owned(), self.value(n, v, key)?)));
        Labels::from_pairs(shown)
    }

    /// The group's key holds values of its labels: if any of them is not shown as it is, the
    /// receiver gets a name that is as stable and tells nothing.
    fn group_key(&self, notification: &Notification, key: &hmac::Key) -> String {
        let shown = self.labels(&notification.group_labels, key);
        if shown == notification.group_labels {
            return notification.group_key.clone();
        }
        let digest = ring::digest::digest(&ring::digest::SHA256, notification.group_key.as_bytes());
        let tag = hmac::sign(key, digest.as_ref());
        format!("redacted:{}", hex(tag.as_ref()))
    }

    fn value(&self, name: &str, value: &str, key: &hmac::Key) -> Option<String> {
        if self.hash.contains(name) {
            let tag = hmac::sign(key, value.as_bytes());
            return Some(hex(tag.as_ref())[..HASH_DIGITS].to_owned());
        }
        if self.mask.contains(name) {
            return Some(MASK.to_owned());
        }
        let allowed = self.allow.as_ref().is_none_or(|allow| allow.contains(name));
        (allowed || name == "alertname").then(|| value.to_owned())
    }
}
