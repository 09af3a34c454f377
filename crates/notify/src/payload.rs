//! What templates and messages see of a notification: Alertmanager's `template.Data`.
//! Source: Alertmanager 0.34 `template.Template.Data`; receivers compare the keys of [`Message`].

use alerts::{Notification, NotifiedAlert, fingerprint};
use gotemplate::{Time, notifications};
use model::{Labels, Timestamp};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Version of the messages that webhooks get.
pub(crate) const VERSION: &str = "4";

/// The data of a notification for templates; `external_url` is where users reach this server.
pub fn template_data(notification: &Notification, external_url: &str) -> notifications::Data {
    let pairs = |labels: &Labels| labels.iter().map(|(n, v)| (n.into(), v.into())).collect();
    let common_annotations = notification.common_annotations();
    notifications::Data {
        receiver: quote_pattern(&notification.receiver),
        status: status(notification.is_firing()).to_owned(),
        alerts: notification.alerts.iter().map(template_alert).collect(),
        notification_reason: notification.reason.as_str().to_owned(),
        group_labels: pairs(&notification.group_labels),
        common_labels: pairs(&notification.common_labels()),
        common_annotations: common_annotations
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect(),
        external_url: external_url.to_owned(),
        route_labels: route_labels(notification),
    }
}

/// Labels of the route that a notification took.
pub(crate) fn route_labels(notification: &Notification) -> Vec<(String, String)> {
    notification.route_labels.iter().map(|(n, v)| (n.clone(), v.clone())).collect()
}

fn template_alert(alert: &NotifiedAlert) -> notifications::Alert {
    notifications::Alert {
        status: status(alert.firing).to_owned(),
        labels: alert.labels.iter().map(|(n, v)| (n.into(), v.into())).collect(),
        annotations: alert.annotations.iter().map(|(n, v)| (n.into(), v.into())).collect(),
        starts_at: Time::utc(instant(alert.starts_at)),
        ends_at: alert.ends_at.map_or(Time::ZERO, |at| Time::utc(instant(at))),
        generator_url: alert.generator_url.to_string(),
        fingerprint: format!("{:016x}", fingerprint(&alert.labels)),
    }
}

/// A notification with at most so many alerts (0: all), and how many were left out.
///
/// As upstream, what the alerts have in common and whether any fires is judged by those that stay.
pub(crate) fn with_alerts_max(
    notification: &Notification,
    alerts_max: usize,
) -> (Cow<'_, Notification>, usize) {
    let count = notification.alerts.len();
    if alerts_max == 0 || count <= alerts_max {
        return (Cow::Borrowed(notification), 0);
    }
    let alerts = notification.alerts[..alerts_max].to_vec();
    (Cow::Owned(notification.with_alerts(alerts)), count - alerts_max)
}

/// What webhooks get of a notification, as JSON; labels of the route as they stand in the
/// configuration. `external_url` is where users reach this server.
pub fn webhook_message(notification: &Notification, external_url: &str) -> serde_json::Value {
    let message = Message::new(notification, external_url, VERSION, 0);
    serde_json::to_value(message).expect("texts, numbers and maps of texts always become JSON")
}

/// A notification as JSON: what webhooks get.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message<'a> {
    receiver: String,
    status: &'static str,
    alerts: Vec<Alert<'a>>,
    #[serde(rename = "notification_reason")]
    notification_reason: &'static str,
    group_labels: BTreeMap<&'a str, &'a str>,
    common_labels: BTreeMap<String, String>,
    common_annotations: BTreeMap<&'a str, &'a str>,
    #[serde(rename = "externalURL")]
    external_url: &'a str,
    route_labels: &'a BTreeMap<String, String>,
    version: &'static str,
    group_key: &'a str,
    truncated_alerts: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Alert<'a> {
    status: &'static str,
    labels: BTreeMap<&'a str, &'a str>,
    annotations: BTreeMap<&'a str, &'a str>,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: &'a str,
    fingerprint: String,
}

impl<'a> Message<'a> {
    /// The message of a notification from which `truncated` alerts were left out already.
    pub(crate) fn new(
        notification: &'a Notification,
        external_url: &'a str,
        version: &'static str,
        truncated: usize,
    ) -> Self {
        let common = notification.common_labels();
        Self {
            receiver: quote_pattern(&notification.receiver),
            status: status(notification.is_firing()),
            alerts: notification.alerts.iter().map(alert).collect(),
            notification_reason: notification.reason.as_str(),
            group_labels: notification.group_labels.iter().collect(),
            common_labels: common.iter().map(|(n, v)| (n.into(), v.into())).collect(),
            common_annotations: notification.common_annotations().into_iter().collect(),
            external_url,
            route_labels: &notification.route_labels,
            version,
            group_key: &notification.group_key,
            truncated_alerts: truncated,
        }
    }

    /// Leaves out all alerts but the first; everything else stays as it is.
    pub(crate) fn keep_first_alert(&mut self) {
        self.alerts.truncate(1);
    }
}

fn alert(alert: &NotifiedAlert) -> Alert<'_> {
    Alert {
        status: status(alert.firing),
        labels: alert.labels.iter().collect(),
        annotations: alert.annotations.iter().collect(),
        starts_at: rfc3339(alert.starts_at),
        ends_at: alert.ends_at.map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), rfc3339),
        generator_url: &alert.generator_url,
        fingerprint: format!("{:016x}", fingerprint(&alert.labels)),
    }
}

/// `firing` or `resolved`.
pub(crate) fn status(firing: bool) -> &'static str {
    if firing { "firing" } else { "resolved" }
}

/// A name as a pattern that matches only it (Go's `regexp.QuoteMeta`): links into the page filter
/// by receivers with a regular expression.
fn quote_pattern(name: &str) -> String {
    let mut quoted = String::with_capacity(name.len());
    for c in name.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted
}

/// RFC 3339 in UTC, with a fraction only where there is one, as Go prints it.
fn rfc3339(at: Timestamp) -> String {
    instant(at).to_string()
}

/// An instant within the years 1 to 9999.
pub(crate) fn instant(at: Timestamp) -> jiff::Timestamp {
    let at = jiff::Timestamp::from_millisecond(at.ms().clamp(MIN_MS, MAX_MS));
    at.expect("clamped to the years 1 to 9999")
}

/// 0001-01-01T00:00:00Z and 9999-12-30T00:00:00Z.
const MIN_MS: i64 = -62_135_596_800_000;
const MAX_MS: i64 = 253_402_128_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receivers_are_quoted_as_patterns() {
        assert_eq!(quote_pattern("web.hook (a+b)"), r"web\.hook \(a\+b\)");
        assert_eq!(quote_pattern("team-a_1/ü"), "team-a_1/ü");
    }
}
